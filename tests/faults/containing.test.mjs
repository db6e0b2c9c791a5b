// Only on SQLite: it is about what a view does; no engine takes part in that.
// A fault in a view is that visitor's 500: who else notices, what is left behind, and which faults end the worker.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { get, ROOT, runCommand, SANITIZED, startServer, temporaryFolder, TEST_PROGRAM, until } from '../http/harness.mjs';
import { events, keptEvents } from './kept.mjs';
import { startLoad } from './load.mjs';

const skip = SANITIZED ? 'a sanitizer takes the signals itself' : false;
const start = (t, workers = 1, env = {}) => startServer({
  t, program: TEST_PROGRAM, env: { WEB_CONCURRENCY: String(workers), ...env },
});
const answer = (server, path) => get(server.url + path).catch((error) => ({ status: error.code }));
const steady = (server, count) => until(() => server.workers().length === count && server.workers(), 15_000);

/** Of a spool: but for those in which the workers count. */
const files = (folder) => readdirSync(folder).filter((name) => !name.startsWith('ring-'));

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
      assert.match(exception.value, /^division by zero: FPE_INTDIV at 0x[0-9a-f]+$/);
      assert.deepEqual(exception.mechanism.meta, { signal: { number: 8, code: 1, name: 'SIGFPE', code_name: 'FPE_INTDIV' } });
      assert.match(frame.function, /sentry_debug|fault/);
      assert.match(frame.filename, /^(src\/site\/module|tests\/server\/probe)\.c$/);
      assert.equal(event.transaction.replace(/<.*>/, 'divide'), path);
      assert.match(event.debug_meta.images[0].debug_id, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    }
  });
}

for (const [kind, [signal, words]] of Object.entries({
  null: ['SIGSEGV', /^null pointer: SEGV_MAPERR at 0x0$/],
  wild: ['SIGSEGV', /^an address that cannot be: SI_KERNEL|^nothing is mapped there: SEGV_MAPERR at 0x5eed5eed5eed0$/],
  illegal: ['SIGILL', /^illegal instruction: ILL_ILLOPN at 0x/],
  abort: ['SIGABRT', /^abort: SI_TKILL$/],
  overflow: ['SIGSEGV', /SEGV_(ACCERR|MAPERR) at 0x/],
  call: ['SIGSEGV', /^null pointer: SEGV_MAPERR at 0x0$/],
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
    for (const event of await events(server, 2)) {
      assert.equal(told(event).exception.type, signal);
      assert.match(told(event).exception.value, words);
      assert.match(told(event).frame.function, kind === 'overflow' ? /^descend$/ : new RegExp(`^fault_${kind}$`));
      assert.equal(new URL(event.request.url).pathname, `/probe/fault/${kind}/`);
    }
  });
}

for (const [where, path, method] of [
  ['the executor', '/probe/fault-on-executor/overflow/', 'GET'],
  ['what computes for long', '/probe/fault-slowly/overflow/', 'POST'],
  ['what makes streamed answers', '/probe/stream/?kb=1&fault=overflow', 'GET'],
]) {
  test(`a stack overflow on the thread for ${where} is contained`, { skip }, async (t) => {
    const server = await start(t);
    await steady(server, 1);
    const { status } = await get(server.url + path, { method }).catch((error) => ({ status: error.code }));
    assert.equal(status, path.includes('stream') ? 'ECONNRESET' : 500);
    const [event] = await events(server, 1);
    assert.equal(told(event).exception.type, 'SIGSEGV');
    assert.equal(told(event).frame.function, 'descend');
    assert.ok(!server.log().some((line) => /a process (ended|was ended)/.test(line)));
  });
}

test('a stack overflow in a job ends the clerk, is an event, and the next clerk goes on', { skip }, async (t) => {
  const server = await start(t);
  writeFileSync(join(server.dir, 'fault-job'), '');
  await server.logged(/msg="a process ended" role=clerk .*exit=139/);
  rmSync(join(server.dir, 'fault-job'));
  const event = await until(async () => keptEvents(server)[0], 10_000);
  assert.equal(told(event).exception.type, 'SIGSEGV');
  assert.equal(told(event).frame.function, 'descend');
  assert.equal(event.transaction, 'clerk');
  const ran = join(server.dir, 'job-ran');
  await until(() => existsSync(ran), 15_000);
});

for (const [what, path, signal, status] of [
  ['a heap overrun that malloc finds', '/probe/fault/heap/', 'SIGABRT', 134],
  ['a fault in a function that SQLite calls', '/probe/fault/callback/', 'SIGFPE', 136],
  ['a fault while something is held', '/probe/fault/held/', 'SIGFPE', 136],
  ['a jump to where no code is', '/probe/fault/jump/', 'SIGSEGV', 139],
  ['an overwritten return address', '/probe/fault/return/', 'SIGSEGV', 139],
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
    if (path.includes('jump')) assert.equal(told(last).frame.function, 'fault_jump', 'the caller is known');
    if (/jump|return/.test(path)) assert.match(last.transaction, /^\/probe\/fault\//);
    if (path.includes('heap')) assert.match(told(last).exception.value, /^abort: .*[(:].*/, "with the C library's own words");
    if (path.includes('?')) assert.equal(last.transaction, '/probe/fault-in-rows/', 'its route is known behind the view too');
  });
}

for (const [role, others] of [['worker', 'the other worker serves'], ['clerk', 'the next clerk takes it']]) {
  test(`a ${role} that is killed, as for want of memory, is one event: ${others}`, { skip }, async (t) => {
    const server = await start(t, 2);
    const workers = await steady(server, 2);
    const [victim] = role === 'worker' ? workers
      : await until(() => server.children().filter(({ command }) => command.includes(role)).map(({ pid }) => pid), 5000);
    process.kill(victim, 'SIGKILL');
    await server.logged(new RegExp(`msg="a process was ended by a signal" role=${role} pid=${victim} `));
    assert.equal((await answer(server, '/probe/users/')).status, 200);
    const [event] = await events(server, 1);
    const [{ type, value, mechanism }] = event.exception.values;
    assert.deepEqual([type, value, event.level, event.transaction], ['SIGKILL', `${role} ended by SIGKILL`, 'fatal', role]);
    assert.equal(mechanism.meta.signal.number, 9);
  });
}

for (const [what, retire] of [
  ['is being replaced after a fault', (server) => answer(server, '/probe/fault/null/')],
  ['ends after a renewal', (server) => process.kill(server.pid, 'SIGHUP')],
]) {
  test(`a worker that ${what} and is killed meanwhile is told of as well`, { skip }, async (t) => {
    const server = await start(t);
    const [old] = await steady(server, 1);
    const cut = answer(server, '/probe/slow/?ms=9000');
    await until(() => existsSync(join(server.dir, 'slow-began')));
    await retire(server);
    await until(() => server.workers().some((pid) => pid !== old), 10_000);
    await until(async () => (await answer(server, '/probe/users/')).status === 200);
    await sleep(300); // until it has been told to end
    process.kill(old, 'SIGKILL');
    await server.logged(new RegExp(`msg="a process was ended by a signal" role=worker pid=${old} `));
    assert.ok(!Number.isInteger((await cut).status));
    await until(() => keptEvents(server).some((event) => event.exception.values[0].value === 'worker ended by SIGKILL'), 10_000);
  });
}

test('workers that are told to end, and a clerk that ends with them, are no events', { skip }, async (t) => {
  const server = await start(t, 2);
  const before = await steady(server, 2);
  process.kill(server.pid, 'SIGHUP');
  await until(() => server.workers().length === 2 && !server.workers().some((pid) => before.includes(pid)), 15_000);
  await sleep(1500);
  assert.deepEqual(keptEvents(server), []);
});

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

test('a record has no secret that is hidden deeper, and no header that says who it was', { skip }, async (t) => {
  const server = await start(t);
  const json = '{"password":"s3cret"}';
  const twice = encodeURIComponent(encodeURIComponent('/x?token=s3cret'));
  const headers = {
    Referer: `${server.url}/lettings/?next=/x?token=s3cret#access_token=s3cret`, 'X-Original-Url': `/fr/accounts/reset/MQ/s3cret/?next=${twice}`,
    'X-Rewrite-Url': `/x?next=/x?token=s3cret;password=s3cret`, 'X-Forwarded-Access': 'Bearer s3cret', 'X-Data': json,
    'X-Key-Of': '-----BEGIN PRIVATE KEY----- s3cret', 'X-Note': 'mail ann@s3cret.example', 'X-Email': 's3cret', 'X-Remote-User': 's3cret',
    'X-Forwarded': 'for=203.0.113.9', Via: '1.1 s3cret', ...Object.fromEntries(['X-Client-Ip', 'X-Cluster-Client-Ip', 'Fastly-Client-IP', 'Fly-Client-IP'].map((name) => [name, '203.0.113.9'])),
    'X-Azure-SocketIP': '203.0.113.9', 'X-Whence': '203.0.113.9', 'X-Link': '//u:s3cret@h/', 'X-Ssl-Client-S-Dn': 'CN=s3cret',
    'X-Ms-Client-Principal': 'eyJs3cret', Baggage: 'userId=s3cret', 'X-Custom': 'Digest username="x", response="s3cret"', 'X-Other': 'Token s3cret', 'X-Otp': 's3cret',
    'X-Plain': 'shown',
  };
  const queries = ['next=/x?token=s3cret', `next=${twice}`, 'a=1;password=s3cret', 'password:s3cret', `filter=${json}`, `filter=${encodeURIComponent(json)}`, encodeURIComponent('{"\\u0070assword":"s3cret"}'), 'page=2'];
  for (const query of queries) await get(`${server.url}/sentry-debug/?${query}`, { headers });
  const told = (await events(server, queries.length)).map(({ request }) => request);
  assert.doesNotMatch(JSON.stringify(told), /s3cret|203\.0\.113/);
  assert.equal(told.at(-1).query_string, 'page=2');
  assert.equal(told[0].headers['X-Plain'], 'shown');
});

for (const [what, path, junk] of [
  ['headers full of quotes', '/probe/fault/divide/?n=1', Array(10).fill('"'.repeat(900))],
  ['headers full of tabs', '/probe/fault/divide/?n=1', Array(3).fill(`a${'\t'.repeat(1900)}a`)],
  ['headers of a page that fails', '/probe/fail/?n=1', Array(10).fill('"'.repeat(900))],
]) {
  test(`a visitor cannot make a failure lose its route, trace and id: ${what}`, { skip }, async (t) => {
    const server = await start(t);
    const headers = Object.fromEntries(junk.map((value, i) => [`X-Junk-${i}`, value]));
    await get(server.url + path, { headers: { ...headers, 'X-Last': 'shown' } });
    const [event] = await events(server, 1);
    assert.match(event.transaction, /^\/probe\/fa/);
    assert.match(event.request.url, /\/probe\/fa/);
    assert.equal(event.request.query_string, 'n=1');
    assert.ok(event.tags.request_id);
    assert.match(event.contexts.trace.trace_id, /^[0-9a-f]{32}$/);
    assert.equal(event.request.headers['X-Last'], 'shown', 'what fits is there');
    assert.ok(Object.keys(event.request.headers).some((name) => name.startsWith('X-Junk-')));
  });
}

test('a record has no secret of the page that led to the request, nor of a route that is one', { skip }, async (t) => {
  const server = await start(t);
  const from = (referer) => get(`${server.url}/sentry-debug/`, { headers: { Referer: referer } });
  await from(`${server.url}/lettings/?page=2&token=s3cret1`);
  await from(`${server.url}/fr/accounts/reset/MQ/s3cret2/?page=3`);
  assert.equal((await answer(server, '/probe/fault-behind/divide/')).status, 500);
  const told = (await events(server, 3)).map(({ request }) => request);
  const referer = ({ headers }) => headers.Referer;
  assert.equal(referer(told[0]), `${server.url}/lettings/?page=2&token=[Filtered]`);
  assert.equal(referer(told[1]), `${server.url}/fr/accounts/reset/[Filtered]`);
  assert.equal(new URL(told[2].url).pathname, '/probe/fault-behind/%3Cslug:kind%3E/');
  assert.doesNotMatch(JSON.stringify(told), /s3cret|divide/);
});

test('a visitor by https through a trusted proxy stands in the event as such', { skip }, async (t) => {
  const server = await start(t, 1, { TRUSTED_PROXIES: '127.0.0.1' });
  await get(`${server.url}/sentry-debug/`, { headers: { 'X-Forwarded-Proto': 'https' } });
  const [{ request }] = await events(server, 1);
  assert.match(request.url, /^https:\/\/127\.0\.0\.1:\d+\/sentry-debug\/$/);
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
  assert.equal(exception.stacktrace.frames.at(-1).function, 'fails');
  assert.equal(event.transaction, '/probe/fail/');
});

test('a request that fails before its view is one event as well', { skip }, async (t) => {
  const server = await start(t);
  sql(server, 'ALTER TABLE django_session RENAME TO elsewhere;');
  const { status } = await get(`${server.url}/probe/users/`, { headers: { Cookie: `sessionid=${'x'.repeat(32)}` } });
  assert.ok(status >= 500);
  const found = await events(server, 1);
  assert.match(found[0].exception.values[0].value, /no such table: django_session/);
  assert.equal(found[0].transaction, '/probe/users/');
});

test('what passes the bounds of the spool goes, the oldest first', { skip }, async (t) => {
  const server = await start(t);
  const folder = join(server.dir, 'spool');
  const now = Date.now() * 1000;
  writeFileSync(join(server.dir, 'refuse-events'), '');
  for (let i = 0; i < 1010; i++) writeFileSync(join(folder, `${now + i}-1-0.site`), envelope(i));
  writeFileSync(join(folder, `${now - 31 * 86400e6}-1-0.site`), envelope(0));
  writeFileSync(join(folder, `${now + 2000}-1-0.fault`), 'no record');
  await until(() => files(folder).length <= 1000, 10_000);
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
  assert.equal(server.log().filter((line) => line.includes('an event is not kept yet')).length, 1);
  writeFileSync(join(folder, '1-1-0.site'), 'no envelope');
  rmSync(join(server.dir, 'refuse-events'));
  assert.equal((await events(server, 3)).length, 3);
  await until(() => files(folder).length === 0, 10_000);
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

/** How many the events stand for. */
const sum = (list) => list.reduce((total, { extra }) => total + 1 + (extra?.equal_events_before ?? 0), 0);

test('equal faults in great number: ten are written down whole, then fewer, and the sum is right', { skip }, async (t) => {
  const server = await start(t);
  for (let i = 0; i < 187; i++) assert.equal((await answer(server, '/sentry-debug/')).status, 500);
  for (let i = 0; i < 13; i++) assert.equal((await answer(server, '/probe/fail/')).status, 500);
  await until(async () => sum(keptEvents(server)) >= 200, 10_000, () => 'not all are counted');
  const kept = keptEvents(server);
  assert.equal(sum(kept), 200);
  assert.ok(kept.length < 50, `${kept.length} events`);
  for (const [type, count] of [['SIGFPE', 187], ['Failure', 13]]) {
    const equal = kept.filter((event) => told(event).exception.type === type);
    assert.equal(sum(equal), count);
    assert.deepEqual(equal.slice(0, 10).map(({ extra }) => extra?.equal_events_before ?? 0), Array(10).fill(0));
    assert.equal(new Set(equal.map((event) => told(event).frame.lineno)).size, 1);
  }
});

for (const [end, stop] of [
  ['another fault ends', (server) => answer(server, '/probe/fault/heap/')],
  ['HUP renews', (server) => process.kill(server.pid, 'SIGHUP')],
]) {
  test(`what was only counted is told of by a worker that ${end}`, { skip }, async (t) => {
    const server = await start(t);
    const [worker] = await steady(server, 1);
    for (let i = 0; i < 18; i++) await answer(server, '/sentry-debug/');
    await stop(server);
    await until(() => server.workers().length === 1 && server.workers()[0] !== worker, 15_000);
    const divided = async () => keptEvents(server).filter((event) => told(event).exception.type === 'SIGFPE');
    await until(async () => sum(await divided()) >= 18, 10_000);
    assert.equal(sum(await divided()), 18);
  });
}

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
  assert.equal(exception.stacktrace.frames.at(-1).function, 'mark');
  await sleep(1200);
  const known = keptEvents(server).length;

  const clerk = () => server.children().find(({ command }) => command.includes('clerk'))?.pid;
  const first = clerk();
  process.kill(first, 'SIGSEGV');
  await until(() => clerk() && clerk() !== first, 15_000);
  await until(async () => keptEvents(server).length === known + 1, 10_000);
  event = keptEvents(server).find(({ transaction }) => transaction === 'clerk');
  assert.equal(event.exception.values[0].type, 'SIGSEGV');

  const broken = join(server.dir, 'broken.sqlite3');
  writeFileSync(broken, 'no database'.repeat(1000));
  const { status } = runCommand(['migrate'], { dir: server.dir, env: { DATABASE_URL: `sqlite:///${broken}` } });
  assert.equal(status, 1);
  await until(async () => keptEvents(server).length === known + 2, 10_000);
  event = keptEvents(server).find(({ transaction }) => transaction === 'migrate');
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
