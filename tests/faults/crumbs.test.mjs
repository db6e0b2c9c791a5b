// Also on PostgreSQL.
// What an event says of what came before, of whom and of which trace; and what is never told.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { addUser, FAST, signedIn } from '../http/accounts.mjs';
import { get, SANITIZED, skipWithoutModule, startServer, TEST_PROGRAM, until } from '../http/harness.mjs';
import { sql } from '../http/support.mjs';
import { startReceiver } from '../http/receiver.mjs';
import { events } from './kept.mjs';

const skip = SANITIZED ? 'a sanitizer takes the signals itself' : false;
const start = (t, env = {}) => startServer({ t, program: TEST_PROGRAM, env: { WEB_CONCURRENCY: '1', ...env } });

async function startPeer(t) {
  const peer = { asked: [] };
  const server = http.createServer((request, response) => {
    peer.asked.push(request.headers);
    request.resume();
    response.writeHead(202).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  peer.host = `127.0.0.1:${server.address().port}`;
  return peer;
}

for (const [what, fault] of [['a request that fails', ''], ['a fault that is contained', '&fault=null']]) {
  test(`${what} has what came before: log lines, SQL with placeholders, requests to others`, { skip }, async (t) => {
    const peer = await startPeer(t);
    const server = await start(t);
    const url = encodeURIComponent(`http://me:s3cret-url@${peer.host}/v1/?token=s3cret-query`);
    assert.equal((await get(`${server.url}/probe/crumbs/?password=s3cret&url=${url}${fault}`)).status, 500);
    const [event] = await events(server, 1);
    const crumbs = event.breadcrumbs.values;
    assert.deepEqual(crumbs.map(({ category }) => category), ['log', 'query', 'http']);
    const [line, query, asked] = crumbs;
    assert.equal(line.message, 'the probe leaves crumbs');
    assert.equal(line.level, 'warning');
    assert.equal(line.data.number, '7');
    assert.match(line.data.target, /^\/probe\/crumbs\/\?password=\[Filtered\]&/);
    assert.equal(line.data.api_token, '[Filtered]');
    assert.equal(query.message, 'SELECT count(*) FROM auth_user WHERE username = $1');
    assert.deepEqual(asked.data, { 'http.request.method': 'POST', url: `http://${peer.host}/v1/`, 'http.response.status_code': 202 });
    assert.match(line.timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    assert.ok(Math.abs(Date.parse(line.timestamp) - Date.now()) < 60_000);
    assert.ok(crumbs.every((crumb, i) => i === 0 || crumb.timestamp >= crumbs[i - 1].timestamp));
    assert.match(event.tags.request_id, /./);
    assert.doesNotMatch(JSON.stringify(event), /s3cret/);
  });
}

test('of many crumbs the newest are kept, of a request its own alone', { skip }, async (t) => {
  const server = await start(t);
  await get(`${server.url}/probe/crumbs/?ok=1&queries=20`);
  await get(`${server.url}/probe/crumbs/?queries=200`);
  await get(`${server.url}/probe/crumbs/`);
  const [many, few] = await events(server, 2);
  assert.equal(many.breadcrumbs.values.length, 63);
  assert.ok(many.breadcrumbs.values.every(({ category }) => category === 'query'));
  assert.equal(few.breadcrumbs.values.length, 2);
});

test('jobs and commands have crumbs too', { skip }, async (t) => {
  const server = await start(t);
  writeFileSync(join(server.dir, 'fail-job'), '');
  const [event] = await events(server, 1);
  assert.equal(event.transaction, 'probe.mark');
  assert.equal(event.tags.job, 'probe.mark');
  assert.equal(event.contexts.trace.op, 'job');
});

const TRACE = '0123456789abcdef0123456789abcdef';
const SPAN = 'fedcba9876543210';

test('a trace is taken over, told in the event, and passed on to whom it is for', { skip }, async (t) => {
  const peer = await startPeer(t);
  const receiver = await startReceiver(t);
  const server = await start(t, { SENTRY_DSN: receiver.dsn, SENTRY_TRACE_PROPAGATION_TARGETS: '127.0.0.1', SENTRY_RELEASE: 'site@1' });
  const url = encodeURIComponent(`http://${peer.host}/`);
  const headers = { 'sentry-trace': `${TRACE}-${SPAN}-1`, baggage: 'other=1, sentry-release=shop%402,sentry-public_key=abc' };
  await get(`${server.url}/probe/crumbs/?url=${url}`, { headers });
  await get(`${server.url}/probe/crumbs/?url=${url}`);
  await receiver.waitFor('event', 2);
  const [first, second] = [...receiver.all].sort((a, b) => (a.items[0].payload.timestamp < b.items[0].payload.timestamp ? -1 : 1));
  const trace = first.items[0].payload.contexts.trace;
  assert.equal(trace.trace_id, TRACE);
  assert.equal(trace.parent_span_id, SPAN);
  assert.match(trace.span_id, /^[0-9a-f]{16}$/);
  assert.deepEqual(first.header.trace, { trace_id: TRACE, release: 'shop@2', public_key: 'abc' });
  assert.equal(peer.asked[0]['sentry-trace'], `${TRACE}-${trace.span_id}`, 'without a decision where nothing is traced');
  assert.equal(peer.asked[0].baggage, 'sentry-release=shop%402,sentry-public_key=abc');
  const own = second.items[0].payload.contexts.trace;
  assert.notEqual(own.trace_id, TRACE);
  assert.equal(own.parent_span_id, undefined);
  assert.deepEqual(second.header.trace, { trace_id: own.trace_id, release: 'site@1', environment: 'production', public_key: 'key0' });
  assert.equal(peer.asked[1].baggage, `sentry-trace_id=${own.trace_id},sentry-public_key=key0,sentry-environment=production,sentry-release=site%401`);
});

test('who is not named is told of no trace, and what is no header of one begins one', { skip }, async (t) => {
  const peer = await startPeer(t);
  const server = await start(t, { SENTRY_TRACE_PROPAGATION_TARGETS: 'example.com' });
  await get(`${server.url}/probe/crumbs/?url=${encodeURIComponent(`http://${peer.host}/`)}`, { headers: { 'sentry-trace': `${TRACE}-${SPAN}-9` } });
  assert.equal(peer.asked[0]['sentry-trace'], undefined);
  assert.equal(peer.asked[0].baggage, undefined);
  const [event] = await events(server, 1);
  assert.notEqual(event.contexts.trace.trace_id, TRACE);
});

// Section by section what must not be told: in what is sent, in what is kept, and on the pages that show it.
const needsAuth = skip || skipWithoutModule('auth', 'issues', 'admin', 'sessions');
const IP = '203.0.113.77';

async function visit(t, env) {
  const receiver = await startReceiver(t);
  const server = await start(t, { ...FAST, SENTRY_DSN: receiver.dsn, TRUSTED_PROXIES: '127.0.0.1', SECURE_SSL_REDIRECT: '0', SENTRY_TRACES_SAMPLE_RATE: '1', ...env });
  addUser(server.database, 'margaret', { staff: 1, superuser: 1 });
  const margaret = await signedIn(server, 'margaret');
  const headers = {
    Cookie: `${margaret.cookie}; other=s3cret-cookie`, Authorization: 'Bearer s3cret-bearer', 'X-Api-Key': 's3cret-key', 'X-Forwarded-For': IP,
    Referer: 'http://me:s3cret-user@127.0.0.1/x/?token=s3cret-referer',
  };
  const path = '/probe/crumbs/?page=2&password=s3cret-query&pass%77ord=s3cret-escaped';
  const post = (type, body) => get(server.url + path, { method: 'POST', headers: { ...headers, 'Content-Type': type }, body });
  await get(server.url + path, { headers });
  await post('application/x-www-form-urlencoded', 'user=m&password=s3cret-form');
  await post('application/json', '{"password":"s3cret-json","name":"s3cret-name"}');
  await receiver.waitFor('event', 3);
  const session = margaret.cookie.split('=')[1].split(';')[0];
  return { receiver, server, margaret, session, sent: receiver.all.map(({ raw }) => raw.toString('utf8')).join('\n') };
}

test('no password, cookie or token is told, from whatever part of a request', { skip: needsAuth }, async (t) => {
  const { server, margaret, session, sent } = await visit(t, {});
  const secrets = new RegExp(`s3cret|${session}|${IP.replaceAll('.', '\\.')}`);
  assert.doesNotMatch(sent, secrets, 'in the bytes sent');
  assert.doesNotMatch(sent, /margaret/, 'nor who it was');
  assert.match(sent, /"user":\{"id":"[0-9a-f]{16}"\}/, 'but that it is the same one, by a keyed hash');
  assert.equal(new Set([...sent.matchAll(/"user":\{"id":"(.*?)"/g)].map(([, id]) => id)).size, 1);
  await until(() => Number(sql(server.database, 'SELECT count(*) FROM issues_event;')) >= 3, 10_000);
  const kept = sql(server.database, 'SELECT payload FROM issues_event; SELECT * FROM issues_tagvalue; SELECT * FROM issues_timed;');
  assert.match(kept, /the probe fails behind its crumbs/);
  assert.doesNotMatch(kept, secrets, 'in the database');
  const page = (await margaret.ask('/admin/issues/1/')).text;
  assert.match(page, /the probe leaves crumbs/);
  assert.doesNotMatch(page, secrets, 'on the page');
});

test('SENTRY_SEND_DEFAULT_PII=1: user and address are told, and what is secret is not', { skip: needsAuth }, async (t) => {
  const { receiver, session, sent } = await visit(t, { SENTRY_SEND_DEFAULT_PII: '1' });
  assert.doesNotMatch(sent, new RegExp(`s3cret-(?!cookie)|${session}`));
  const [event] = receiver.payloads('event');
  assert.equal(event.user.username, 'margaret');
  assert.equal(event.user.ip_address, IP);
  assert.match(event.user.id, /^\d+$/);
  const cookies = event.request.headers.Cookie;
  assert.match(cookies, /sessionid=\[Filtered\]; other=s3cret-cookie/);
});
