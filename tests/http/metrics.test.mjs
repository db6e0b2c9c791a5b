// Also on PostgreSQL.
// /metrics: what it says is what happened, of the whole instance, and nobody else reads it.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { get, POSTGRES, ROOT, runCommand, SANITIZED, skipWithoutModule, startServer, TEST_PROGRAM, until } from './harness.mjs';
import { sql } from './support.mjs';

const TOKEN = 'a-token-of-twenty-characters';
const OPEN = 'application/openmetrics-text; version=1.0.0; charset=utf-8';
const PLAIN = 'text/plain; version=0.0.4; charset=utf-8';

/** The samples, as Prometheus's own parsers take them. */
function parse(format, text) {
  const { status, stdout, stderr } = spawnSync('/usr/bin/python3', [join(ROOT, 'tests/http/exposition.py'), format], { input: text, encoding: 'utf8' });
  assert.equal(status, 0, `${stderr}\n${text}`);
  return JSON.parse(stdout);
}

class Samples {
  constructor(all) { this.all = all; }

  /** The sum of those of a name that have these labels; undefined where there is none. */
  of(name, labels = {}) {
    const found = this.all.filter(([each, its]) => each === name && Object.entries(labels).every(([key, value]) => its[key] === value));
    return found.length ? found.reduce((sum, [, , value]) => sum + value, 0) : undefined;
  }
}

async function read(server) {
  const { status, text } = await get(`${server.url}/metrics`);
  assert.equal(status, 200);
  return new Samples(parse('text', text));
}
const requests = (samples, route, status = '2xx') => samples.of('oc_http_requests_total', { route, status }) ?? 0;

test('both formats are well formed, and chosen by Accept', async (t) => {
  const server = await startServer({ program: TEST_PROGRAM, t });
  for (const path of ['/', '/healthz', '/probe/fail/', '/probe/str/a%22b/']) await get(server.url + path);
  for (const [accept, type, format] of [[undefined, PLAIN, 'text'], ['text/plain', PLAIN, 'text'],
    ['application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.2', OPEN, 'openmetrics']]) {
    const answer = await get(`${server.url}/metrics`, { headers: accept ? { Accept: accept } : {} });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers['content-type'], type);
    assert.equal(answer.headers['cache-control'], 'no-store');
    const samples = new Samples(parse(format, answer.text));
    assert.equal(samples.of('oc_http_requests_total', { route: '/probe/fail/', status: '5xx' }), 1);
    assert.equal(samples.of('oc_build_info'), 1);
  }
});

test('requests are counted by route, class and duration', async (t) => {
  const server = await startServer({ program: TEST_PROGRAM, t });
  const paths = ['/probe/slow/?ms=60', '/probe/slow/?ms=60', '/probe/slow/?ms=x', '/no/such/', '/probe/users', '/probe/stream/?kb=64', '/healthz'];
  const before = await read(server);
  for (const path of paths) await get(server.url + path);
  const rows = [['/probe/slow/', '2xx', 2], ['/probe/slow/', '4xx', 1], ['(none)', '4xx', 1], ['(none)', '3xx', 1], ['/probe/stream/', '2xx', 1], ['/healthz', '2xx', 1]];
  const after = await until(async () => {
    const samples = await read(server);
    return requests(samples, '/probe/stream/') === 1 && samples;
  });
  for (const [route, status, count] of rows) assert.equal(requests(after, route, status) - requests(before, route, status), count, `${route} ${status}`);
  const slow = (name, le) => after.of(`oc_http_request_duration_seconds_${name}`, { route: '/probe/slow/', ...(le ? { le } : {}) });
  assert.deepEqual([slow('count'), slow('bucket', '0.05'), slow('bucket', '5.0'), slow('bucket', '+Inf')], [3, 1, 3, 3]);
  assert.ok(slow('sum') >= 0.12 && slow('sum') < 5, slow('sum'));
});

test('pages, connections, executors and processes', { skip: skipWithoutModule('lettings', 'mail', 'issues') }, async (t) => {
  const server = await startServer({ program: TEST_PROGRAM, env: { WEB_CONCURRENCY: '1' }, t });
  await until(async () => (await read(server)).of('oc_database_up') === 1, 15_000);
  const before = await read(server);
  for (let i = 0; i < 3; i++) await get(`${server.url}/lettings/1/`);
  sql(server.database, "UPDATE auth_user SET first_name = 'other' WHERE id = 1;");
  await get(`${server.url}/lettings/1/`);
  const under = get(`${server.url}/probe/slow/?ms=700`);
  const during = await until(async () => {
    const samples = await read(server);
    return samples.of('oc_executor_running', { executor: 'requests' }) === 1 && samples;
  });
  const more = (how) => during.of('oc_pages_total', { how }) - before.of('oc_pages_total', { how });
  assert.deepEqual([more('rendered'), more('fresh'), more('same')], POSTGRES ? [1, 0, 3] : [1, 2, 1]); // there without PAGE_CACHE_LISTEN
  assert.equal(during.of('oc_kept_pages'), 1);
  assert.ok(during.of('oc_kept_pages_bytes') > 3000);
  assert.ok(during.of('oc_http_connections') >= 2);
  assert.ok(during.of('oc_database_connections') >= 2);
  assert.equal(during.of('oc_workers'), 1);
  assert.ok(Math.abs(during.of('oc_start_time_seconds') - Date.now() / 1000) < 60);
  assert.equal(during.of('oc_mails', { state: 'waiting' }), 0);
  assert.equal(during.of('oc_issues_unresolved'), 0);
  assert.equal(during.of('oc_spool_files', { waits_for: 'sentry' }), 0);
  await under;
  await until(async () => (await read(server)).of('oc_executor_running', { executor: 'requests' }) === 0);
});

test('a full queue is counted', async (t) => {
  const server = await startServer({ program: TEST_PROGRAM, env: { WEB_CONCURRENCY: '1', DATABASE_MAX_CONNECTIONS: POSTGRES ? '2' : '1' }, t });
  const answers = Promise.all(Array.from({ length: 40 }, () => get(`${server.url}/probe/slow/?ms=100`)));
  await until(async () => (await read(server)).of('oc_executor_waiting', { executor: 'requests' }) > 20);
  const refused = (await answers).filter(({ status }) => status === 503).length;
  assert.ok(refused > 0);
  assert.equal((await read(server)).of('oc_executor_refused_total', { executor: 'requests' }), refused);
});

test('the numbers are those of all workers, and outlive each of them', async (t) => {
  const server = await startServer({ program: TEST_PROGRAM, t });
  await until(() => server.workers().length === 2);
  for (let i = 0; i < 40; i++) await get(`${server.url}/healthz`);
  const before = await read(server);
  assert.ok(requests(before, '/healthz') >= 40);
  for (const pid of server.workers()) {
    process.kill(pid, 'SIGKILL');
    await until(() => server.workers().length === 2 && !server.workers().includes(pid));
    await until(() => get(`${server.url}/healthz`).then(({ status }) => status === 200, () => false));
  }
  const after = await until(async () => {
    const samples = await read(server).catch(() => null);
    return samples?.of('oc_workers') === 2 && samples;
  });
  assert.ok(requests(after, '/healthz') >= requests(before, '/healthz') + 2);
  assert.equal(after.of('oc_processes_replaced_total', { role: 'worker' }), 2);
  assert.ok(after.of('oc_http_connections') < 10, 'what dead processes had open is gone');
});

test('new processes go on counting', async (t) => {
  const server = await startServer({ program: TEST_PROGRAM, t });
  for (let i = 0; i < 20; i++) await get(`${server.url}/healthz`);
  const old = server.workers();
  process.kill(server.pid, 'SIGHUP');
  await until(() => server.workers().length === 2 && !server.workers().some((pid) => old.includes(pid)), 15_000);
  assert.ok(requests(await read(server), '/healthz') >= 20);
});

test('a contained fault is counted', { skip: SANITIZED ? 'sanitizers handle faults themselves' : false }, async (t) => {
  const server = await startServer({ program: TEST_PROGRAM, t });
  assert.equal((await get(`${server.url}/probe/fault/divide/`)).status, 500);
  const samples = await read(server);
  assert.equal(samples.of('oc_faults_contained_total'), 1);
});

describe('who may read it', () => {
  const PROXY = { TRUSTED_PROXIES: '127.0.0.1' };
  const ROWS = [
    ['this machine', {}, {}, 200],
    ['this machine, with any Host', {}, { Host: '10.1.2.3' }, 200],
    ['a visitor by a trusted proxy', PROXY, { 'X-Forwarded-For': '203.0.113.9' }, 403],
    ['a visitor who says to be of this machine', PROXY, { 'X-Forwarded-For': '127.0.0.1' }, 403],
    ['a visitor by a proxy that is not named', {}, { 'X-Forwarded-For': '203.0.113.9' }, 403],
    ['a visitor by a proxy that names itself', {}, { Via: '1.1 front' }, 403],
    ['who has the token', { ...PROXY, METRICS_TOKEN: TOKEN }, { 'X-Forwarded-For': '203.0.113.9', Authorization: `Bearer ${TOKEN}` }, 200],
    ['who has it, however Bearer is written', { ...PROXY, METRICS_TOKEN: TOKEN }, { 'X-Forwarded-For': '203.0.113.9', Authorization: `bearer ${TOKEN}` }, 200],
    ['a wrong token', { ...PROXY, METRICS_TOKEN: TOKEN }, { 'X-Forwarded-For': '203.0.113.9', Authorization: `Bearer ${TOKEN}x` }, 401],
    ['a part of the token', { ...PROXY, METRICS_TOKEN: TOKEN }, { 'X-Forwarded-For': '203.0.113.9', Authorization: `Bearer ${TOKEN.slice(1)}` }, 401],
    ['an empty token where none is set', PROXY, { 'X-Forwarded-For': '203.0.113.9', Authorization: 'Bearer ' }, 403],
    ['no token', { ...PROXY, METRICS_TOKEN: TOKEN }, { 'X-Forwarded-For': '203.0.113.9' }, 401],
  ];
  for (const [name, env, headers, expected] of ROWS) {
    test(`${name}: ${expected}`, async (t) => {
      const server = await startServer({ env: { WEB_CONCURRENCY: '1', ...env }, t });
      const answer = await get(`${server.url}/metrics`, { headers });
      assert.equal(answer.status, expected);
      if (expected !== 200) assert.match(answer.text, /METRICS_TOKEN/);
      assert.equal(answer.headers['www-authenticate'], expected === 401 ? 'Bearer realm="metrics"' : undefined);
      assert.equal(answer.text.includes('oc_http'), expected === 200);
    });
  }
});

for (const [token, words] of [['short', /at least 20 characters/], ['with a space in its midst', /without spaces/]]) {
  test(`refused: METRICS_TOKEN="${token}"`, () => {
    const { status, stderr } = runCommand(['check'], { env: { METRICS_TOKEN: token } });
    assert.equal(status, 1);
    assert.match(stderr, words);
  });
}
