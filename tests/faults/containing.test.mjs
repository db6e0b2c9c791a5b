// A fault in a view is that visitor's 500: who else notices, what is left behind, and which faults end the worker.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { get, SANITIZED, startServer, TEST_PROGRAM, until } from '../http/harness.mjs';
import { startLoad } from './load.mjs';

const skip = SANITIZED ? 'a sanitizer takes the signals itself' : false;
const start = (t, workers = 1, env = {}) => startServer({
  t, program: TEST_PROGRAM, env: { WEB_CONCURRENCY: String(workers), ...env },
});
const answer = (server, path) => get(server.url + path).catch((error) => ({ status: error.code }));
const steady = (server, count) => until(() => server.workers().length === count && server.workers(), 15_000);

/** What the spool holds, the oldest first: { fault, request }. */
function records(server) {
  const folder = join(server.dir, 'spool');
  return readdirSync(folder).filter((name) => name.endsWith('.fault')).sort()
    .map((name) => readFileSync(join(folder, name), 'utf8').trim().split('\n').map((line) => JSON.parse(line)))
    .map(([fault, request]) => ({ fault, request }));
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
    const found = records(server);
    assert.equal(found.length, 3);
    for (const { fault, request } of found) {
      assert.equal(fault.name, 'SIGFPE');
      assert.equal(fault.contained, true);
      assert.ok(fault.frames.length > 3);
      assert.match(fault.images[0].build_id, /^[0-9a-f]{16,40}$/);
      assert.equal(request.route.replace(/<.*>/, 'divide'), path);
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
    assert.deepEqual(load.failures, []);
    const [{ fault, request }] = records(server);
    assert.equal(fault.name, signal);
    assert.equal(fault.contained, true);
    assert.equal(request.path, `/probe/fault/${kind}/`);
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
    const last = records(server).at(-1);
    assert.equal(last.fault.name, signal);
    assert.equal(last.fault.contained, false);
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
  const [{ request }] = records(server);
  assert.match(request.query, /^page=2&password=\[Filtered\]&/);
  assert.doesNotMatch(JSON.stringify(request), /s3cret|203\.0\.113/);
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
