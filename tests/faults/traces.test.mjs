// Also on PostgreSQL.
// What is told of requests that went well: transactions with their spans, and how requests ended.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { get, POSTGRES, SANITIZED, startServer, temporaryFolder, TEST_PROGRAM, until } from '../http/harness.mjs';
import { startReceiver } from '../http/receiver.mjs';
import { startLoad } from './load.mjs';

const skip = SANITIZED ? 'a sanitizer takes the signals itself' : false;
const start = (t, receiver, env = {}) => startServer({
  t, program: TEST_PROGRAM,
  env: { WEB_CONCURRENCY: '1', SENTRY_DSN: receiver.dsn, SENTRY_TRACES_SAMPLE_RATE: '1', SENTRY_RELEASE: 'site@1', ...env },
});
const TRACE = '0123456789abcdef0123456789abcdef';
const SPAN = 'fedcba9876543210';
const of = (transactions, route) => transactions.filter(({ transaction }) => transaction === route);
/** Of that route, once there are so many. */
const taken = (receiver, route, count) => until(() => of(receiver.payloads('transaction'), route).length >= count
  && of(receiver.payloads('transaction'), route), 10_000, () => `${of(receiver.payloads('transaction'), route).length} of ${count}`);
const micros = (moment) => Date.parse(`${moment.slice(0, 23)}Z`) * 1000 + Number(moment.slice(23, 26));

test('a page is a transaction with a span of each step, statement and template', { skip }, async (t) => {
  const receiver = await startReceiver(t);
  const server = await start(t, receiver);
  await get(`${server.url}/probe/page/`);
  const [transaction] = await taken(receiver, '/probe/page/', 1);
  const { trace } = transaction.contexts;
  assert.equal(transaction.type, 'transaction');
  assert.equal(transaction.transaction_info.source, 'route');
  assert.equal(transaction.release, 'site@1');
  assert.equal(trace.op, 'http.server');
  assert.equal(trace.status, 'ok');
  assert.equal(trace.parent_span_id, undefined);
  assert.equal(transaction.contexts.response.status_code, 200);
  assert.equal(transaction.request.method, 'GET');
  assert.match(transaction.request.url, /^http:\/\/127\.0\.0\.1:\d+\/probe\/page\/$/);
  const spans = new Map(transaction.spans.map((span) => [span.span_id, span]));
  assert.equal(spans.size, transaction.spans.length, 'each with an id of its own');
  const ops = transaction.spans.map(({ op }) => op);
  for (const op of ['middleware.handle', 'view.render', 'db', 'template.render']) assert.ok(ops.includes(op), op);
  const query = transaction.spans.find(({ description }) => description.startsWith('SELECT first_name'));
  assert.equal(query.op, 'db');
  assert.deepEqual(query.data, { 'db.system': POSTGRES ? 'postgresql' : 'sqlite', 'db.operation': 'SELECT' });
  assert.equal(spans.get(query.parent_span_id).op, 'view.render');
  const page = transaction.spans.find(({ op }) => op === 'template.render');
  assert.equal(page.description, 'site/error.html');
  for (const span of transaction.spans) {
    assert.equal(span.trace_id, trace.trace_id);
    assert.ok(span.parent_span_id === trace.span_id || spans.has(span.parent_span_id));
    assert.ok(micros(transaction.start_timestamp) <= micros(span.start_timestamp));
    assert.ok(micros(span.start_timestamp) <= micros(span.timestamp));
    assert.ok(micros(span.timestamp) <= micros(transaction.timestamp));
  }
  const { header } = receiver.all.find(({ items }) => items[0].payload === transaction);
  assert.equal(header.event_id, transaction.event_id);
  assert.deepEqual({ ...header.trace, sample_rand: undefined }, {
    trace_id: trace.trace_id, public_key: 'key0', release: 'site@1', environment: 'production', transaction: '/probe/page/',
    sample_rate: '1', sampled: 'true', sample_rand: undefined,
  });
  assert.match(header.trace.sample_rand, /^0\.\d{6}$/);
});

test('failures, faults and what is not there are told as such, by their routes', { skip }, async (t) => {
  const receiver = await startReceiver(t);
  const server = await start(t, receiver);
  await get(`${server.url}/probe/fail/`);
  await get(`${server.url}/probe/fault/divide/`);
  await get(`${server.url}/no/such/page/`);
  await get(`${server.url}/probe/users/999/`);
  await get(`${server.url}/probe/fault-behind/divide/?token=s3cret`);
  await taken(receiver, '/probe/fault-behind/<slug:kind>/', 1);
  const told = receiver.payloads('transaction').map(({ transaction, contexts }) => [transaction, contexts.trace.status]);
  for (const each of [['/probe/fail/', 'internal_error'], ['/probe/fault/<slug:kind>/', 'internal_error'], ['<unmatched>', 'not_found'], ['/probe/users/<int:id>/', 'not_found']]) {
    assert.ok(told.some((one) => one.join() === each.join()), each.join());
  }
  const sent = receiver.all.map(({ raw }) => raw.toString()).join('\n');
  assert.doesNotMatch(sent, /s3cret/);
  assert.doesNotMatch(JSON.stringify(of(receiver.payloads('transaction'), '<unmatched>')), /such/, 'it may be a key that was mistyped');
  const secret = of(receiver.payloads('transaction'), '/probe/fault-behind/<slug:kind>/')[0];
  assert.doesNotMatch(JSON.stringify(secret), /divide/);
  assert.equal(of(receiver.payloads('transaction'), '/probe/fail/')[0].contexts.trace.trace_id,
    receiver.payloads('event').find(({ transaction }) => transaction === '/probe/fail/').contexts.trace.trace_id, 'the error is of the same trace');
});

for (const [rate, header, expected] of [
  ['1', `${TRACE}-${SPAN}-0`, 0], ['0', `${TRACE}-${SPAN}-1`, 1], ['0', undefined, 0], ['1', undefined, 1], ['', `${TRACE}-${SPAN}-1`, 0],
]) {
  test(`rate "${rate}", asked with ${header ?? 'no trace'}: ${expected ? 'sampled' : 'not sampled'}`, { skip }, async (t) => {
    const receiver = await startReceiver(t);
    const server = await start(t, receiver, { SENTRY_TRACES_SAMPLE_RATE: rate });
    await get(`${server.url}/probe/users/`, { headers: header ? { 'sentry-trace': header } : {} });
    await get(`${server.url}/probe/users/`, { method: 'HEAD', headers: { 'sentry-trace': `${TRACE}-${SPAN}-1` } });
    await server.stop();
    const transactions = of(receiver.payloads('transaction'), '/probe/users/');
    assert.equal(transactions.length, expected);
    if (header && expected) {
      assert.equal(transactions[0].contexts.trace.trace_id, TRACE);
      assert.equal(transactions[0].contexts.trace.parent_span_id, SPAN);
    }
  });
}

test('a wrong rate stops the start, by name', async () => {
  const { runCommand } = await import('../http/harness.mjs');
  for (const rate of ['1.5', '-1', 'often', 'nan']) {
    const { status, stderr } = runCommand(['check'], { env: { SENTRY_TRACES_SAMPLE_RATE: rate } });
    assert.notEqual(status, 0);
    assert.match(stderr, /SENTRY_TRACES_SAMPLE_RATE.*must be from 0 to 1/);
  }
  const { stderr } = runCommand(['check'], { env: { SENTRY_SEND_DEFAULT_PII: 'perhaps' } });
  assert.match(stderr, /SENTRY_SEND_DEFAULT_PII/);
});

test('what a killed worker has told is not lost, and a killed clerk loses none, each under one id', { skip }, async (t) => {
  const receiver = await startReceiver(t, { answer: (request, response) => setTimeout(() => response.end(), 20) });
  const server = await start(t, receiver);
  const ids = () => new Set(of(receiver.payloads('transaction'), '/probe/users/').map(({ event_id: id }) => id)).size;
  const kill = (role) => { for (const { pid, command } of server.children()) if (command.includes(role)) process.kill(pid, 'SIGKILL'); };
  for (let i = 0; i < 20; i++) await get(`${server.url}/probe/users/`);
  kill('clerk');
  await sleep(300);
  for (let i = 0; i < 20; i++) await get(`${server.url}/probe/users/`);
  kill('worker');
  await until(() => server.workers().length === 1 && get(`${server.url}/probe/users/`).then(() => true, () => false), 10_000);
  kill('clerk');
  await until(() => ids() === 41, 15_000, () => `${ids()} of 41`);
  await until(() => readdirSync(join(server.dir, 'spool')).filter((name) => name.startsWith('ring-')).length === 1, 10_000);
});

/** How many of that the client reports say were lost. */
const lost = (receiver, category, why = 'queue_overflow') => receiver.payloads('client_report').flatMap(({ discarded_events: list }) => list)
  .filter((each) => each.category === category && each.reason === why).reduce((sum, { quantity }) => sum + quantity, 0);

const isOfUsers = ({ transaction }) => transaction === '/probe/users/';

/** For how many requests the transactions stand that the site has kept itself. */
function weight(server, isMeant = isOfUsers) {
  const folder = join(server.dir, 'kept');
  const batches = existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith('transactions-')) : [];
  return batches.flatMap((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')).transactions)
    .filter(isMeant)
    .reduce((sum, { extra }) => sum + 1 + (extra?.equal_events_before ?? 0), 0);
}
const nothingWaits = (server) => until(() => !readdirSync(join(server.dir, 'spool')).some((name) => name.endsWith('-traces')), 20_000);

test('of a few hundred requests a second none is lost', { skip }, async (t) => {
  const receiver = await startReceiver(t);
  const server = await start(t, receiver);
  const MADE = 600;
  for (let i = 0; i < MADE; i += 20) await Promise.all([sleep(60), ...Array.from({ length: 20 }, () => get(`${server.url}/probe/users/`))]);
  await until(() => weight(server) === MADE, 10_000, () => `the site has ${weight(server)}`);
  await until(() => of(receiver.payloads('transaction'), '/probe/users/').length === MADE, 20_000, () => `${of(receiver.payloads('transaction'), '/probe/users/').length} of ${MADE} were sent`);
  await server.stop();
  assert.equal(lost(receiver, 'transaction'), 0);
});

test('of more a sample is taken, which stands for the others, and these are counted, with the reason', { skip }, async (t) => {
  const receiver = await startReceiver(t);
  const server = await start(t, receiver, { WEB_THREADS: '2' });
  let made = 0;
  const load = startLoad(server.port, { clients: 8, path: '/probe/users/' });
  await until(() => load.answers.length > 6000, 30_000, () => `${load.answers.length} answers`);
  await load.stop();
  made = load.answers.length;
  await until(() => weight(server) >= made, 10_000, () => `${weight(server)} of ${made}`).catch(() => {});
  await nothingWaits(server);
  await sleep(1200);
  const kept = weight(server, () => true);
  await server.stop();
  const transactions = receiver.payloads('transaction').length;
  assert.ok(transactions >= 100 && lost(receiver, 'transaction') > 1000, `${transactions} and ${lost(receiver, 'transaction')}`);
  assert.equal(lost(receiver, 'span'), lost(receiver, 'transaction'));
  const others = receiver.payloads('transaction').filter((each) => !isOfUsers(each)).length;
  assert.ok(Math.abs(transactions + lost(receiver, 'transaction') - made - others) < 10, `${transactions} and ${lost(receiver, 'transaction')} of ${made} and ${others}`);
  assert.ok(Math.abs(kept - made - others) < 10, `the site has ${kept} of ${made} and ${others}`);
});

test('a streamed answer is measured to its end, whole, broken off, or left by the visitor', { skip }, async (t) => {
  const receiver = await startReceiver(t);
  const server = await start(t, receiver);
  assert.equal((await get(`${server.url}/probe/stream/?kb=256&ms=100`)).status, 200);
  const took = ({ start_timestamp: from, timestamp }) => (micros(timestamp) - micros(from)) / 1000;
  const [whole] = await taken(receiver, '/probe/stream/', 1);
  assert.ok(took(whole) >= 400, `${took(whole)} ms`);
  assert.equal(whole.contexts.trace.status, 'ok');
  assert.ok(whole.spans.some(({ description }) => description === 'SELECT COUNT(*) FROM auth_user'), 'with what it does meanwhile');
  await get(`${server.url}/probe/stream/?kb=64&fail=1`).catch(() => {});
  const [, broken] = await taken(receiver, '/probe/stream/', 2);
  assert.equal(broken.contexts.trace.status, 'internal_error');
  assert.equal(broken.contexts.trace.trace_id, (await receiver.waitFor('event', 1))[0].contexts.trace.trace_id);
  await get(`${server.url}/probe/stream/?kb=20000&ms=20`, { timeout: 200 }).catch(() => {});
  await taken(receiver, '/probe/stream/', 3);
  await get(`${server.url}/probe/stream/?kb=1`, { method: 'HEAD' });
  await server.stop();
  const ends = receiver.payloads('sessions').flatMap(({ aggregates }) => aggregates);
  assert.equal(ends.reduce((sum, { crashed }) => sum + crashed, 0), 1);
});

test('how requests ended is told by minutes, once, for each release', { skip }, async (t) => {
  const receiver = await startReceiver(t);
  const dir = temporaryFolder();
  const server = await startServer({ t, dir, program: TEST_PROGRAM, env: { WEB_CONCURRENCY: '2', SENTRY_DSN: receiver.dsn, SENTRY_RELEASE: 'site@2', SENTRY_ENVIRONMENT: 'staging' } });
  const sum = () => receiver.payloads('sessions').flatMap(({ aggregates }) => aggregates)
    .reduce((all, { exited, errored, crashed }) => [all[0] + exited, all[1] + errored, all[2] + crashed], [0, 0, 0]);
  for (let i = 0; i < 10; i++) await get(`${server.url}/probe/users/`);
  await get(`${server.url}/no/such/page/`);
  await get(`${server.url}/probe/fail/`);
  await get(`${server.url}/sentry-debug/`);
  await get(`${server.url}/probe/fault/heap/`).catch(() => {});
  await until(() => server.workers().length === 2, 15_000);
  await server.stop();
  const [exited, errored, crashed] = sum();
  assert.equal(crashed, 3);
  assert.equal(errored, 0);
  assert.ok(exited >= 11 && exited < 40, `${exited}: and how the start was waited for`);
  for (const { aggregates, attrs } of receiver.payloads('sessions')) {
    assert.deepEqual(attrs, { release: 'site@2', environment: 'staging' });
    for (const { started } of aggregates) assert.match(started, /^\d{4}-\d\d-\d\dT\d\d:\d\d:00\.000000Z$/);
  }
  assert.ok(!existsSync(join(dir, 'spool')) || readdirSync(join(dir, 'spool')).every((name) => !name.startsWith('ring-')), 'nothing is left');
});

test('SENTRY_AUTO_SESSION_TRACKING=0: how requests end is not counted', { skip }, async (t) => {
  const receiver = await startReceiver(t);
  const server = await start(t, receiver, { SENTRY_AUTO_SESSION_TRACKING: '0' });
  await get(`${server.url}/probe/users/`);
  await server.stop();
  assert.ok(receiver.payloads('transaction').length > 0);
  assert.deepEqual(receiver.payloads('sessions'), []);
});
