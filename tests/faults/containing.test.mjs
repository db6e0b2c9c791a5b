// A fault in a view is that visitor's 500: who else notices, what is left behind, and which faults end the worker.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { get, ROOT, runCommand, SANITIZED, startServer, temporaryFolder, TEST_PROGRAM, until } from '../http/harness.mjs';
import { startLoad } from './load.mjs';

const skip = SANITIZED ? 'a sanitizer takes the signals itself' : false;
const start = (t, workers = 1, env = {}) => startServer({
  t, program: TEST_PROGRAM, env: { WEB_CONCURRENCY: String(workers), ...env },
});
const answer = (server, path) => get(server.url + path).catch((error) => ({ status: error.code }));
const steady = (server, count) => until(() => server.workers().length === count && server.workers(), 15_000);

/** The events that were kept, the oldest first, once there are so many. */
async function events(server, count) {
  const folder = join(server.dir, 'kept');
  const names = await until(() => {
    const found = existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith('event-')) : [];
    return found.length >= count && found;
  }, 10_000);
  if (count) assert.equal(names.length, count);
  return names.map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')))
    .sort((a, b) => (a.timestamp < b.timestamp ? -1 : 1));
}

/** Those so far. */
const all = (server) => events(server, 0);

/** A file of the spool: an event that says nothing. */
function envelope(number) {
  const payload = JSON.stringify({ event_id: String(number).padStart(32, '0'), timestamp: '2026-01-01T00:00:00Z' });
  return `{}\n{"type":"event","length":${payload.length}}\n${payload}\n`;
}

function sql(server, statement) {
  const { stdout, stderr } = spawnSync('sqlite3', ['-cmd', '.timeout 5000', server.database, statement], { encoding: 'utf8' });
  assert.equal(stderr, '');
  return stdout;
}

/** Of an event: its exception, and the frame that matters. */
function told(event) {
  const [exception] = event.exception.values;
  return { exception, frame: exception.stacktrace.frames.findLast((frame) => frame.in_app || /probe/.test(frame.filename)) };
}

for (const path of ['/sentry-debug/', '/sentry-debug', '/probe/fault/divide/', '/probe/fault-on-executor/divide/',
  '/probe/fault-in-rows/', '/probe/fault-in-transaction/divide/']) {
  test(`${path}: a division by zero costs one visitor a 500 and the worker nothing`, { skip }, async (t) => {
    const server = await start(t);
    const [worker] = await steady(server, 1);
    for (let i = 0; i < 3; i++) {
      const response = await answer(server, path);
      assert.equal(response.status, 500);
      assert.match(response.text, /<h1/);
      assert.equal(response.headers.connection, 'close');
      assert.equal((await answer(server, '/probe/users/')).status, 200);
    }
    assert.deepEqual(server.workers(), [worker]);
    for (const event of await events(server, 3)) {
      const { exception, frame } = told(event);
      assert.equal(exception.type, 'SIGFPE');
      assert.match(frame.function, /sentry_debug|fault/);
      assert.match(frame.filename, /^(src\/site\/module|tests\/server\/probe)\.c$/);
      assert.equal(event.transaction.replace(/<.*>/, 'divide'), path);
      assert.match(event.debug_meta.images[0].debug_id, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    }
  });
}

for (const [kind, signal] of Object.entries({
  null: 'SIGSEGV', wild: 'SIGSEGV', illegal: 'SIGILL', abort: 'SIGABRT', overflow: 'SIGSEGV',
})) {
  test(`${kind}: contained, and the worker is replaced while it goes on`, { skip }, async (t) => {
    const server = await start(t);
    const [worker] = await steady(server, 1);
    const load = startLoad(server.port, { clients: 4, path: '/healthz' });
    assert.equal((await answer(server, `/probe/fault/${kind}/`)).status, 500);
    assert.equal((await answer(server, `/probe/fault/${kind}/`)).status, 500, 'a worker that is to go contains too');
    await until(() => server.workers().length === 1 && server.workers()[0] !== worker, 15_000);
    await sleep(200);
    await load.stop();
    assert.ok(load.answers.length > 50, `only ${load.answers.length} answers`);
    assert.ok(load.answers.every(({ status }) => status === 200));
    assert.deepEqual(load.refusals, []);
    // Going, it closes connections that are left alone for 100 ms: on a busy machine these clients may be that late.
    assert.deepEqual(load.failures.filter(({ waited }) => waited < 100), []);
    for (const event of await events(server, 2)) {
      assert.equal(told(event).exception.type, signal);
      assert.equal(new URL(event.request.url).pathname, `/probe/fault/${kind}/`);
    }
  });
}

for (const [what, path, signal, status] of [
  ['a heap overrun that malloc finds', '/probe/fault/heap/', 'SIGABRT', 134],
  ['a fault in a function that SQLite calls', '/probe/fault/callback/', 'SIGFPE', 136],
  ['a fault while something is held', '/probe/fault/held/', 'SIGFPE', 136],
  ['a second fault in the same request, behind the view', '/probe/fault-in-rows/?after=divide', 'SIGFPE', 136],
]) {
  test(`${what} ends the worker, and the site goes on`, { skip }, async (t) => {
    const server = await start(t, 2);
    const before = await steady(server, 2);
    const response = await answer(server, path);
    assert.equal(typeof response.status, 'string', `answered ${response.status}`);
    await server.logged(new RegExp(`msg="a process ended" role=worker .*exit=${status}`));
    assert.equal((await answer(server, '/probe/users/')).status, 200);
    const after = await steady(server, 2);
    assert.equal(after.filter((pid) => before.includes(pid)).length, 1);
    const [last] = (await events(server, path.includes('?') ? 2 : 1)).slice(-1);
    assert.equal(told(last).exception.type, signal);
  });
}

test('a transaction that a fault leaves is rolled back, and holds no lock', { skip }, async (t) => {
  const server = await start(t);
  await steady(server, 1);
  for (const kind of ['divide', 'null']) {
    assert.equal((await answer(server, `/probe/fault-in-transaction/${kind}/`)).status, 500);
    const { stdout, stderr } = spawnSync('sqlite3', [server.database, "UPDATE auth_user SET last_name = 'by another';"
      + "SELECT count(*) FROM auth_user WHERE first_name = 'half written'"], { encoding: 'utf8' });
    assert.equal(stdout + stderr, '0\n');
  }
});

test('a record has no secret of the request', { skip }, async (t) => {
  const server = await start(t);
  const headers = { Cookie: 'sessionid=s3cret1', Authorization: 'Bearer s3cret2', 'X-Forwarded-For': '203.0.113.9' };
  await get(`${server.url}/sentry-debug/?page=2&password=s3cret3&pass%77ord=s3cret4`, { headers });
  const [{ request }] = await events(server, 1);
  assert.match(request.query_string, /^page=2&password=\[Filtered\]&/);
  assert.doesNotMatch(JSON.stringify(request), /s3cret|203\.0\.113/);
});

test('a record has no secret of the page that led to the request, nor of a route that is one', { skip }, async (t) => {
  const server = await start(t);
  const from = (referer) => get(`${server.url}/sentry-debug/`, { headers: { Referer: referer } });
  await from(`${server.url}/lettings/?page=2&token=s3cret1`);
  await from(`${server.url}/fr/accounts/reset/MQ/s3cret2/?page=3`);
  assert.equal((await answer(server, '/probe/fault-behind/divide/')).status, 500);
  const told = (await events(server, 3)).map(({ request }) => request);
  const referer = ({ headers }) => headers.find(([name]) => name.toLowerCase() === 'referer')[1];
  assert.equal(referer(told[0]), `${server.url}/lettings/?page=2&token=[Filtered]`);
  assert.equal(referer(told[1]), `${server.url}/fr/accounts/reset/[Filtered]`);
  assert.equal(new URL(told[2].url).pathname, '/probe/fault-behind/%3Cslug:kind%3E/');
  assert.doesNotMatch(JSON.stringify(told), /s3cret|divide/);
});

test('/sentry-debug/ shows its line, and five around it', { skip }, async (t) => {
  const server = await start(t, 1, { SOURCE_DIR: ROOT, SENTRY_ENVIRONMENT: 'staging', SENTRY_RELEASE: 'site@1' });
  await answer(server, '/sentry-debug/');
  const [event] = await events(server, 1);
  const { frame } = told(event);
  assert.match(frame.context_line, /division_by_zero \/ zero;/);
  assert.equal(frame.pre_context.length, 5);
  assert.equal(frame.post_context.length, 5);
  assert.equal(event.environment, 'staging');
  assert.equal(event.release, 'site@1');
  await server.logged(/msg=event .*type=SIGFPE .*function=sentry_debug file=src\/site\/module.c/);
});

test('a request that fails is an event with the place that failed', { skip }, async (t) => {
  const server = await start(t);
  assert.equal((await answer(server, '/probe/fail/')).status, 500);
  const [event] = await events(server, 1);
  const [exception] = event.exception.values;
  assert.equal(exception.value, 'the probe fails as it was told to');
  assert.equal(exception.stacktrace.frames[0].function, 'fails');
  assert.equal(event.transaction, '/probe/fail/');
});

test('what passes the bounds of the spool goes, the oldest first', { skip }, async (t) => {
  const server = await start(t);
  const folder = join(server.dir, 'spool');
  const now = Date.now() * 1000;
  writeFileSync(join(server.dir, 'refuse-events'), '');
  for (let i = 0; i < 1010; i++) writeFileSync(join(folder, `${now + i}-1-0.site`), envelope(i));
  writeFileSync(join(folder, `${now - 31 * 86400e6}-1-0.site`), envelope(0));
  writeFileSync(join(folder, `${now + 2000}-1-0.fault`), 'no record');
  await until(() => readdirSync(folder).length <= 1000, 10_000);
  assert.ok(existsSync(join(folder, `${now + 1009}-1-0.site`)));
  assert.ok(!existsSync(join(folder, `${now}-1-0.site`)));
  await until(() => !existsSync(join(folder, `${now + 2000}-1-0.fault`)), 10_000);
});

test('what is not taken waits, and is given once it is', { skip }, async (t) => {
  const server = await start(t);
  const folder = join(server.dir, 'spool');
  const waiting = () => readdirSync(folder).filter((name) => name.endsWith('.site'));
  writeFileSync(join(server.dir, 'refuse-events'), '');
  for (let i = 0; i < 3; i++) await answer(server, '/sentry-debug/');
  await until(() => waiting().length === 3, 10_000);
  await sleep(1500);
  assert.equal(waiting().length, 3);
  assert.ok(!existsSync(join(server.dir, 'kept')));
  writeFileSync(join(folder, '1-1-0.site'), 'no envelope');
  rmSync(join(server.dir, 'refuse-events'));
  assert.equal((await events(server, 3)).length, 3);
  await until(() => readdirSync(folder).length === 0, 10_000);
});

test('before `migrate` has run, events wait', { skip }, async (t) => {
  const server = await start(t);
  sql(server, "DELETE FROM django_migrations WHERE app = 'auth' AND name = '0001_initial'");
  await answer(server, '/sentry-debug/');
  const waiting = () => readdirSync(join(server.dir, 'spool')).filter((name) => name.endsWith('.site'));
  await until(() => waiting().length === 1, 10_000);
  await sleep(1500);
  assert.equal(waiting().length, 1);
  sql(server, "INSERT INTO django_migrations (app, name, applied) VALUES ('auth', '0001_initial', '2020-01-01 00:00:00')");
  await events(server, 1);
});

test('equal faults in great number: ten are written down whole, then fewer, and the sum is right', { skip }, async (t) => {
  const server = await start(t);
  for (let i = 0; i < 200; i++) assert.equal((await answer(server, '/sentry-debug/')).status, 500);
  const all = await events(server, 20);
  const before = all.map(({ extra }) => extra?.equal_events_before ?? 0);
  assert.deepEqual(before.slice(0, 10), Array(10).fill(0));
  assert.equal(before.reduce((sum, count) => sum + count + 1, 0), 200);
});

test('a fault in what makes a streamed answer breaks that one off, and no other', { skip }, async (t) => {
  const server = await start(t);
  const [worker] = await steady(server, 1);
  for (let i = 0; i < 3; i++) {
    assert.equal((await answer(server, '/probe/stream/?kb=100&fault=divide')).status, 'ECONNRESET');
    assert.equal((await answer(server, '/probe/stream/?kb=100')).text.length, 102_400);
  }
  assert.deepEqual(server.workers(), [worker]);
  for (const event of await events(server, 3)) {
    assert.equal(told(event).exception.type, 'SIGFPE');
    assert.equal(event.transaction, '/probe/stream/');
  }
  assert.equal((await answer(server, '/probe/stream/?kb=1&fail=1')).status, 'ECONNRESET');
  assert.equal((await events(server, 4)).at(-1).exception.values[0].value, 'the stream fails as it was told to');
});

test('a job that fails, a command that fails and a crash of the clerk are events', { skip }, async (t) => {
  const server = await start(t);
  writeFileSync(join(server.dir, 'fail-job'), '');
  let [event] = await events(server, 1);
  rmSync(join(server.dir, 'fail-job'));
  const [exception] = event.exception.values;
  assert.equal(event.transaction, 'probe.mark');
  assert.equal(exception.mechanism.type, 'auto.job');
  assert.equal(exception.value, 'the probe fails as it was told to');
  assert.equal(exception.stacktrace.frames[0].function, 'mark');
  await sleep(1200);
  const known = (await all(server)).length;

  const clerk = () => server.children().find(({ command }) => command.includes('clerk'))?.pid;
  const first = clerk();
  process.kill(first, 'SIGSEGV');
  await until(() => clerk() && clerk() !== first, 15_000);
  await until(async () => (await all(server)).length === known + 1, 10_000);
  event = (await all(server)).find(({ transaction }) => transaction === 'clerk');
  assert.equal(event.exception.values[0].type, 'SIGSEGV');

  const broken = join(server.dir, 'broken.sqlite3');
  writeFileSync(broken, 'no database'.repeat(1000));
  const { status } = runCommand(['migrate'], { dir: server.dir, env: { DATABASE_URL: `sqlite:///${broken}` } });
  assert.equal(status, 1);
  await until(async () => (await all(server)).length === known + 2, 10_000);
  event = (await all(server)).find(({ transaction }) => transaction === 'migrate');
  assert.equal(event.exception.values[0].mechanism.type, 'auto.command');
});

test('a command that was typed wrong is no event', { skip }, () => {
  const dir = temporaryFolder();
  assert.equal(runCommand(['loaddata', 'no-such-file.json'], { dir }).status, 1);
  assert.ok(!existsSync(join(dir, 'spool')));
});

test('workers that fault again and again leave the site serving', { skip }, async (t) => {
  const server = await start(t, 2);
  await steady(server, 2);
  const load = startLoad(server.port, { clients: 4, path: '/healthz' });
  for (let i = 0; i < 20; i++) {
    await answer(server, i % 2 ? '/probe/fault/heap/' : '/probe/fault/null/');
    await sleep(50);
  }
  const before = load.answers.length;
  await sleep(1000);
  await load.stop();
  assert.ok(load.answers.length > before + 20, 'nobody serves');
  assert.deepEqual(load.refusals, []);
});
