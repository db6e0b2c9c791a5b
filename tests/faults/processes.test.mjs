// Only on SQLite: connections are closed and processes renewed in the same way; tests/faults/balancer does it on PostgreSQL.
// What happens to requests when processes are killed, stopped and renewed.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, readdirSync, readFileSync, readlinkSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { get, PROGRAM, skipWithoutModule, startServer, temporaryFolder, TEST_PROGRAM, until } from '../http/harness.mjs';
import { startLoad } from './load.mjs';

// Reads the database, where there is the module for it.
const LIST = skipWithoutModule('lettings') ? '/' : '/lettings/';

const isAlive = (pid) => {
  try {
    process.kill(pid, 0);
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
};

/** The clients' ports of the established connections a process has (proc(5): /proc/PID/fd, /proc/net/tcp). */
function clientPortsOf(pid) {
  const sockets = new Set();
  for (const fd of readdirSync(`/proc/${pid}/fd`)) {
    try {
      sockets.add(/^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1]);
    } catch { /* closed meanwhile */ }
  }
  return readFileSync(`/proc/${pid}/net/tcp`, 'utf8').trim().split('\n').slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((columns) => columns[3] === '01' && sockets.has(columns[9]))
    .map((columns) => parseInt(columns[2].split(':')[1], 16));
}

const clerksOf = (server) => server.children().filter(({ command }) => command.includes('clerk')).map(({ pid }) => pid);
const clerkOf = (server) => clerksOf(server)[0];
const bothWorkers = (server) => until(() => server.workers().length === 2 && server.workers());

// What a worker or a clerk does first; files and variables of the test decide.
const GATE = `#!/bin/sh
while [ -e "hold-$SITE_NAME" ]; do sleep 0.05; done
if [ "$1" = clerk ] && [ -e no-clerk ]; then exit 3; fi
exec '${PROGRAM}' "$@"
`;

/** Puts a program in another's place in one step, as an upgrade does. */
function replaceProgram(path, put) {
  put(`${path}.new`);
  chmodSync(`${path}.new`, 0o755);
  renameSync(`${path}.new`, path);
}

/** Starts a server from a copy of the program. gate(): the processes that follow come through GATE. */
async function startCopy({ files = {}, ...options }) {
  const dir = temporaryFolder();
  const program = join(dir, 'program');
  copyFileSync(PROGRAM, program);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text);
  const server = await startServer({ ...options, dir, program });
  const gate = () => replaceProgram(program, (path) => writeFileSync(path, GATE));
  return { server, program, gate };
}

const pageHas = async (server, word) => (await get(server.url + LIST)).text.includes(word);

test('a killed worker is replaced within 100 ms', async (t) => {
  const server = await startServer({ t, env: { WEB_CONCURRENCY: '1' } });
  const times = [];
  for (let i = 0; i < 5; i++) {
    const [worker] = await until(() => server.workers().length === 1 && server.workers());
    const from = performance.now();
    process.kill(worker, 'SIGKILL');
    const { status } = await get(server.url + LIST);
    times.push(performance.now() - from);
    assert.equal(status, 200);
    await sleep(2100); // an older worker's death is no crash loop
  }
  t.diagnostic(`from kill to answer: ${times.map((time) => time.toFixed(0)).join(', ')} ms`);
  times.sort((a, b) => a - b);
  assert.ok(times[2] < 100, `the median of ${times} is not under 100 ms`);
});

test('with a killed worker only its own requests fail', async (t) => {
  const server = await startServer({ t, env: { WEB_CONCURRENCY: '2' } });
  await until(() => server.workers().length === 2);
  const load = startLoad(server.port, { clients: 16 });
  await sleep(500);
  const [victim] = server.workers();
  const its = clientPortsOf(victim);
  const from = performance.now();
  process.kill(victim, 'SIGKILL');
  await sleep(700);
  await load.stop();
  assert.ok(load.answers.length > 200, `only ${load.answers.length} answers`);
  assert.ok(load.answers.every(({ status }) => status === 200));
  assert.deepEqual(load.refusals, []);
  for (const { localPort, at } of load.failures) {
    assert.ok(its.includes(localPort), 'a request of the other worker failed');
    assert.ok(at - from < 100, 'a request failed later than the kill');
  }
  t.diagnostic(`${load.failures.length} of the ${its.length} connections of the killed worker lost a request`);
});

test('a worker that is killed again and again leaves the other serving', async (t) => {
  const server = await startServer({ t, env: { WEB_CONCURRENCY: '2' } });
  const [kept] = await until(() => server.workers().length === 2 && server.workers());
  const load = startLoad(server.port, { clients: 4 });
  const end = performance.now() + 1500;
  while (performance.now() < end) {
    for (const pid of server.workers()) if (pid !== kept) process.kill(pid, 'SIGKILL');
    await sleep(20);
  }
  const answersBefore = load.answers.length;
  await sleep(200);
  await load.stop();
  assert.ok(load.answers.length > answersBefore, 'nobody serves');
  assert.deepEqual(load.refusals, []);
  await until(() => server.workers().length === 2, 12_000);
});

for (const whom of ['the supervisor', 'every process at once']) {
  test(`TERM to ${whom} under load loses no request that was read`, async (t) => {
    const server = await startServer({ t, env: { WEB_CONCURRENCY: '2' } });
    await until(() => server.workers().length === 2);
    const load = startLoad(server.port, { clients: 16 });
    await sleep(500);
    const pids = [server.pid, ...server.workers(), clerkOf(server)];
    for (const pid of whom === 'the supervisor' ? [server.pid] : pids) process.kill(pid, 'SIGTERM');
    await until(() => !isAlive(server.pid), 5000);
    await load.stop();
    assert.ok(load.answers.length > 200, `only ${load.answers.length} answers`);
    assert.ok(load.answers.every(({ status }) => status === 200));
    const lost = load.failures.filter(({ answered, received }) => answered > 0 || received > 0);
    assert.deepEqual(lost, [], 'requests on accepted connections were lost');
    t.diagnostic(`${load.failures.length} requests on connections that no worker had accepted`);
    for (const pid of pids) assert.ok(!isAlive(pid), `process ${pid} is left`);
    await server.stop();
  });
}

test('TERM waits for a request that is being answered', async (t) => {
  const server = await startServer({ t, program: TEST_PROGRAM, env: { WEB_CONCURRENCY: '1' } });
  const answer = get(`${server.url}/probe/slow/?ms=800`);
  await sleep(200);
  process.kill(server.pid, 'SIGTERM');
  const { status, headers, text } = await answer;
  assert.deepEqual([status, headers.connection, text], [200, 'close', 'slept\n']);
  await until(() => !isAlive(server.pid));
  await server.stop();
});

test('a second signal ends at once what still has work', async () => {
  const server = await startServer({ program: TEST_PROGRAM });
  const pids = [...await bothWorkers(server), await until(() => clerkOf(server))];
  const answer = get(`${server.url}/probe/slow/?ms=10000`).catch(() => null);
  await until(() => server.workers().some((pid) => clientPortsOf(pid).length));
  process.kill(server.pid, 'SIGTERM');
  await until(() => get(`${server.url}/healthz`).then(() => false, () => true));
  process.kill(server.pid, 'SIGINT');
  await until(() => [server.pid, ...pids].every((pid) => !isAlive(pid)));
  assert.equal(await answer, null);
  await server.stop({ status: 1 });
});

test('TERM ends at once when connections are only kept open', async (t) => {
  const server = await startServer({ t });
  const load = startLoad(server.port, { clients: 4 });
  await sleep(200);
  load.stopping = true; // the clients keep their connections and say no more
  for (let i = 0; i < 4; i++) await sleep(50);
  const from = performance.now();
  await server.stop();
  assert.ok(performance.now() - from < 1500, 'idle connections held up the stop');
});

test('HUP under load loses no request, and every worker is new', async (t) => {
  const server = await startServer({ t, env: { WEB_CONCURRENCY: '2' } });
  await until(() => server.workers().length === 2);
  const load = startLoad(server.port, { clients: 16 });
  for (let round = 0; round < 3; round++) {
    const before = server.workers();
    await sleep(400);
    process.kill(server.pid, 'SIGHUP');
    await until(() => server.workers().length === 2 && server.workers().every((pid) => !before.includes(pid)));
  }
  await sleep(300);
  await load.stop();
  assert.ok(load.answers.length > 500, `only ${load.answers.length} answers`);
  assert.ok(load.answers.every(({ status }) => status === 200));
  assert.deepEqual(load.failures, []);
  assert.deepEqual(load.refusals, []);
});

test('HUP takes new settings from .env', async (t) => {
  const server = await startServer({ t });
  writeFileSync(join(server.dir, '.env'), 'SITE_NAME=Seaside Stays\n');
  process.kill(server.pid, 'SIGHUP');
  await until(async () => (await get(server.url + LIST)).text.includes('Seaside Stays'));
});

const BAD_SETTINGS = {
  'that the supervisor refuses': 'PROFILES_SHOW_EMAIL=nobody\n',
  'with which workers cannot start': 'DATABASE_URL=sqlite:///nowhere/site.sqlite3\n',
};
for (const [what, file] of Object.entries(BAD_SETTINGS)) {
  test(`HUP with settings ${what} keeps the old workers and says why`, async (t) => {
    const server = await startServer({ t, env: { WEB_CONCURRENCY: '2', DATABASE_URL: undefined } });
    const before = await until(() => server.workers().length === 2 && server.workers());
    writeFileSync(join(server.dir, '.env'), file);
    process.kill(server.pid, 'SIGHUP');
    await server.logged(/the old (workers|ones) go on/);
    await server.logged(what.includes('supervisor') ? /PROFILES_SHOW_EMAIL is/ : /there is no database/);
    await until(() => server.workers().length === 2);
    assert.deepEqual(server.workers().sort(), before.sort());
    assert.equal((await get(server.url + LIST)).status, 200);
    writeFileSync(join(server.dir, '.env'), 'SITE_NAME=Seaside Stays\n');
    process.kill(server.pid, 'SIGHUP');
    await until(async () => (await get(`${server.url}/`)).text.includes('Seaside Stays'));
  });
}

test('HUP gives the clerk, too, new settings and the new program', async (t) => {
  const { server, program } = await startCopy({ t });
  const clerk = await until(() => clerkOf(server));
  assert.ok(!existsSync(join(server.dir, 'job-ran')));
  replaceProgram(program, (path) => copyFileSync(TEST_PROGRAM, path)); // has a job that leaves a mark
  writeFileSync(join(server.dir, '.env'), 'SITE_NAME=Seaside Stays\n');
  process.kill(server.pid, 'SIGHUP');
  await until(() => existsSync(join(server.dir, 'job-ran')));
  await until(() => clerksOf(server).length === 1 && clerkOf(server) !== clerk);
  assert.match(readFileSync(`/proc/${clerkOf(server)}/environ`, 'utf8'), /\0SITE_NAME=Seaside Stays\0/);
});

test('a clerk goes on while a worker of its generation has work', async (t) => {
  const server = await startServer({ t, program: TEST_PROGRAM, env: { WEB_CONCURRENCY: '1' } });
  const clerk = await until(() => clerkOf(server));
  const [worker] = server.workers();
  const answer = get(`${server.url}/probe/slow/?ms=4000`);
  await until(() => clientPortsOf(worker).length);
  process.kill(server.pid, 'SIGHUP');
  await server.logged(/the new workers serve/);
  await until(() => clerksOf(server).length === 2);
  assert.ok(isAlive(worker) && isAlive(clerk), 'the clerk ended before the worker');
  assert.equal((await answer).text, 'slept\n');
  await until(() => !isAlive(worker) && !isAlive(clerk));
});

test('a HUP during a renewal is followed by a renewal of its own', async (t) => {
  const { server, gate } = await startCopy({ t });
  await bothWorkers(server);
  gate();
  writeFileSync(join(server.dir, 'hold-First'), '');
  writeFileSync(join(server.dir, '.env'), 'SITE_NAME=First\n');
  process.kill(server.pid, 'SIGHUP');
  await until(() => server.workers().length === 4);
  writeFileSync(join(server.dir, '.env'), 'SITE_NAME=Second\n');
  process.kill(server.pid, 'SIGHUP');
  await server.logged(/a renewal waits/);
  assert.equal(server.workers().length, 4);
  rmSync(join(server.dir, 'hold-First'));
  await until(() => pageHas(server, 'Second'), 10_000);
  await until(() => server.workers().length === 2, 10_000);
});

test('new workers that are never ready are killed, and the renewal after it is begun', async (t) => {
  const { server, gate } = await startCopy({ t });
  const before = await bothWorkers(server);
  gate();
  writeFileSync(join(server.dir, 'hold-First'), '');
  writeFileSync(join(server.dir, '.env'), 'SITE_NAME=First\n');
  process.kill(server.pid, 'SIGHUP');
  const hung = await until(() => server.workers().length === 4 && server.workers().filter((pid) => !before.includes(pid)));
  process.kill(server.pid, 'SIGHUP');
  await server.logged(/a renewal waits/);
  writeFileSync(join(server.dir, '.env'), 'SITE_NAME=Second\n');
  await server.logged(/was not ready in time/, { timeout: 45_000 });
  await server.logged(/the old ones go on/);
  await until(() => hung.every((pid) => !isAlive(pid)));
  await until(() => pageHas(server, 'Second'), 10_000);
  await until(() => server.workers().length === 2, 10_000);
});

test('after a renewal that is given up, all is as it was before', async (t) => {
  const { server, gate } = await startCopy({ t, env: { WEB_CONCURRENCY: undefined }, files: { '.env': 'WEB_CONCURRENCY=3\n' } });
  const before = await until(() => server.workers().length === 3 && server.workers());
  gate();
  writeFileSync(join(server.dir, 'hold-First'), '');
  writeFileSync(join(server.dir, '.env'), 'SITE_NAME=First\nWEB_CONCURRENCY=1\nLOG_FORMAT=json\n');
  process.kill(server.pid, 'SIGHUP');
  const held = await until(() => server.workers().find((pid) => !before.includes(pid)));
  process.kill(before[0], 'SIGKILL');
  process.kill(held, 'SIGKILL');
  assert.match(await server.logged(/the old ones go on/), /^time=.* level=error /);
  await until(() => server.workers().length === 3);
  assert.equal(server.workers().filter((pid) => before.includes(pid)).length, 2);
  const replaced = server.workers().find((pid) => !before.includes(pid));
  assert.doesNotMatch(readFileSync(`/proc/${replaced}/environ`, 'utf8'), /SITE_NAME=First/);
  const from = server.log().length;
  process.kill(replaced, 'SIGKILL');
  assert.match(await server.logged(/ended by a signal/, { from }), /^time=/);
});

test('all processes end with the supervisor', async () => {
  const server = await startServer();
  const pids = await until(() => clerkOf(server) && [...server.workers(), clerkOf(server)]);
  process.kill(server.pid, 'SIGKILL');
  await until(() => pids.every((pid) => !isAlive(pid)), 5000);
  await server.stop({ status: 'any' });
});

test('a killed clerk is replaced', async (t) => {
  const server = await startServer({ t });
  const clerk = await until(() => clerkOf(server));
  process.kill(clerk, 'SIGKILL');
  await until(() => clerkOf(server) && clerkOf(server) !== clerk);
});

test('a clerk that cannot start delays no worker', async (t) => {
  const { server, gate } = await startCopy({ t, env: { WEB_CONCURRENCY: '1' } });
  const clerk = await until(() => clerkOf(server));
  writeFileSync(join(server.dir, 'no-clerk'), '');
  gate();
  process.kill(clerk, 'SIGKILL');
  const ends = () => server.log().filter((line) => /a process ended".* role=clerk/.test(line)).length;
  await until(() => ends() >= 4);
  // A young death: counted together with the clerk's, it would wait for more than 1.5 s.
  const [worker] = server.workers();
  process.kill(worker, 'SIGKILL');
  await until(() => server.workers().some((pid) => pid !== worker), 1000);
  await until(() => ends() >= 5);
  rmSync(join(server.dir, 'no-clerk'));
  await until(() => clerkOf(server), 10_000);
});

const noPrlimit = spawnSync('prlimit', ['--version']).error ? 'no prlimit' : false;
test('what cannot be started for want of descriptors is started later', { skip: noPrlimit }, async (t) => {
  const server = await startServer({ t, env: { WEB_CONCURRENCY: '1' } });
  const limitDescriptors = (limit) => {
    const { status, stderr } = spawnSync('prlimit', ['--pid', String(server.pid), `--nofile=${limit}:`], { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
  };
  const old = [server.workers()[0], await until(() => clerkOf(server))];
  limitDescriptors(3);
  process.kill(server.pid, 'SIGHUP');
  await server.logged(/the old ones go on.*Too many open files/);
  for (const pid of old) process.kill(pid, 'SIGKILL');
  const failures = () => server.log().filter((line) => /cannot start a process.*Too many open files/.test(line)).length;
  await until(() => failures() >= 2);
  limitDescriptors(1024);
  await until(() => server.workers().length === 1 && clerkOf(server), 15_000);
  await until(async () => (await get(server.url + LIST).catch(() => null))?.status === 200);
  const [worker] = server.workers();
  process.kill(server.pid, 'SIGHUP');
  await until(() => server.workers().length === 1 && server.workers()[0] !== worker);
});
