// What happens to requests when processes are killed, stopped and renewed.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { get, startServer, TEST_PROGRAM, until } from '../http/harness.mjs';
import { startLoad } from './load.mjs';

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

const clerkOf = (server) => server.children().find(({ command }) => command.includes('clerk'))?.pid;

test('a killed worker is replaced within 100 ms', async (t) => {
  const server = await startServer({ t, env: { WEB_CONCURRENCY: '1' } });
  const times = [];
  for (let i = 0; i < 5; i++) {
    const [worker] = await until(() => server.workers().length === 1 && server.workers());
    const from = performance.now();
    process.kill(worker, 'SIGKILL');
    const { status } = await get(`${server.url}/lettings/`);
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
  await until(async () => (await get(`${server.url}/lettings/`)).text.includes('Seaside Stays'));
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
    assert.equal((await get(`${server.url}/lettings/`)).status, 200);
    writeFileSync(join(server.dir, '.env'), 'SITE_NAME=Seaside Stays\n');
    process.kill(server.pid, 'SIGHUP');
    await until(async () => (await get(`${server.url}/`)).text.includes('Seaside Stays'));
  });
}

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
