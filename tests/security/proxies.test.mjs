// Only on SQLite: the answers come of no row.
// What a proxy says of the visitor is believed where TRUSTED_PROXIES names it, and nowhere else.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startServer, TEST_PROGRAM } from '../http/harness.mjs';
import { ask } from '../http/support.mjs';

// [settings, rows of [name, headers, what is expected where it is not a 200 that believes nothing]]
const SERVERS = 4; // at once
const HSTS = 'max-age=31536000; includeSubDomains; preload';
const HTTPS = { 'X-Forwarded-Proto': 'https' };
const HTTP = { 'X-Forwarded-Proto': 'http' };
const MINE = { 'X-Request-ID': 'Proxy-id_1.2' };
const LOCATION = 'https://localhost/probe/users/?a=1';
const PROXIES = [
  [{}, [
    ['a forwarded scheme is not believed', HTTPS, {}],
    ['nor is http', HTTP, {}],
    ['nor an address', { 'X-Forwarded-For': '203.0.113.9' }, { client: '127.0.0.1' }],
    ['nor a host', { 'X-Forwarded-Host': 'evil.example' }, {}],
    ['nor the id of a request', MINE, {}],
  ]],
  [{ TRUSTED_PROXIES: '10.0.0.0/8,::1' }, [
    ['what another than the proxy says is not believed', { ...HTTPS, ...MINE,
      'X-Forwarded-For': '203.0.113.9' }, { client: '127.0.0.1' }],
  ]],
  [{ TRUSTED_PROXIES: ' 127.0.0.0/8, 198.51.100.0/24 ' }, [
    ['https is', HTTPS, { hsts: HSTS }],
    ['in capitals too', { 'X-Forwarded-Proto': 'HTTPS' }, { hsts: HSTS }],
    ['http is sent to https', HTTP, { status: 301, location: LOCATION }],
    ['the scheme nearest to us counts', { 'X-Forwarded-Proto': 'https, http' },
      { status: 301, location: LOCATION }],
    ['of several, the nearest', { 'X-Forwarded-Proto': 'http, https' }, { hsts: HSTS }],
    ['without a scheme nobody is sent anywhere', {}, {}],
    ['health is asked by http', HTTP, { path: '/healthz' }],
    ['so is readiness', HTTP, { path: '/readyz' }],
    ['a missing slash is left for the next step', HTTP, { path: '/probe/users', status: 301,
      location: 'https://localhost/probe/users' }],
    ['escapes are kept', HTTP, { path: '/probe/str/a%20b/?q=%zz', status: 301,
      location: 'https://localhost/probe/str/a%20b/?q=%zz' }],
    ['a doubled slash names no host', HTTP, { path: '//evil.example/', status: 301,
      location: 'https://localhost//evil.example/' }],
    ['an address is', { 'X-Forwarded-For': '203.0.113.9' }, { client: '203.0.113.9' }],
    ['an IPv6 address too', { 'X-Forwarded-For': '2001:db8::9' }, { client: '2001:db8::9' }],
    ['what the client wrote before it is not', { 'X-Forwarded-For': '1.2.3.4, 203.0.113.9' },
      { client: '203.0.113.9' }],
    ['our own proxies are passed over', { 'X-Forwarded-For': '1.2.3.4, 203.0.113.9, 198.51.100.7' },
      { client: '203.0.113.9' }],
    ['what is no address is none', { 'X-Forwarded-For': 'unknown' }, { client: '127.0.0.1' }],
    ['nor is what could break the log', { 'X-Forwarded-For': '1.2.3.4" status=200' },
      { client: '127.0.0.1' }],
    ['a host is not', { 'X-Forwarded-Host': '127.0.0.1', ...HTTP },
      { status: 301, location: LOCATION }],
    ['nor one that is not ours', { 'X-Forwarded-Host': 'evil.example' }, {}],
    ['the id of a request is', MINE, { keepsId: true }],
    ['not one with a space', { 'X-Request-ID': 'a b' }, {}],
    ['not one with quotes', { 'X-Request-ID': '"a"' }, {}],
    ['not an empty one', { 'X-Request-ID': '' }, {}],
    ['not one that is too long', { 'X-Request-ID': 'a'.repeat(201) }, {}],
    ['a long one is', { 'X-Request-ID': 'a'.repeat(200) }, { keepsId: true }],
  ]],
  [{ TRUSTED_PROXIES: '127.0.0.1', USE_X_FORWARDED_HOST: '1' }, [
    ['a host is', { 'X-Forwarded-Host': '127.0.0.1', ...HTTP },
      { status: 301, location: 'https://127.0.0.1/probe/users/?a=1' }],
    ['of several, the nearest', { 'X-Forwarded-Host': 'evil.example, 127.0.0.1', ...HTTP },
      { status: 301, location: 'https://127.0.0.1/probe/users/?a=1' }],
    ['over one that is not ours', { 'X-Forwarded-Host': '127.0.0.1', Host: 'evil.example' }, {}],
    ['without one, Host counts', { Host: 'evil.example' }, { status: 400 }],
    ['a host that is not ours is refused', { 'X-Forwarded-Host': 'evil.example' }, { status: 400 }],
    ['before it is sent to https', { 'X-Forwarded-Host': 'evil.example', ...HTTP },
      { status: 400 }],
  ]],
  [{ TRUSTED_PROXIES: '10.0.0.0/8', USE_X_FORWARDED_HOST: '1' }, [
    ['a host of another than the proxy is not believed', { 'X-Forwarded-Host': 'evil.example' }, {}],
  ]],
  [{ USE_X_FORWARDED_HOST: '1' }, [
    ['a host of nobody is not believed', { 'X-Forwarded-Host': 'evil.example' }, {}],
  ]],
  [{ TRUSTED_PROXIES: 'heroku', SECURE_HSTS_SECONDS: '60', SECURE_HSTS_INCLUDE_SUBDOMAINS: '0',
    SECURE_HSTS_PRELOAD: '0' }, [
    ['https is', HTTPS, { hsts: 'max-age=60' }],
    ['http is sent to https', HTTP, { status: 301, location: LOCATION }],
    ['the last address is the client', { 'X-Forwarded-For': '1.2.3.4, 203.0.113.9' },
      { client: '203.0.113.9' }],
    ['also one of a private network', { 'X-Forwarded-For': '203.0.113.9, 10.0.0.1' },
      { client: '10.0.0.1' }],
    ['the id of a request is', MINE, { keepsId: true }],
  ]],
  [{ TRUSTED_PROXIES: '127.0.0.1', SECURE_HSTS_SECONDS: '0', SECURE_SSL_REDIRECT: '0' }, [
    ['https is, but browsers are told nothing', HTTPS, {}],
    ['http is served', HTTP, {}],
  ]],
  [{ TRUSTED_PROXIES: '127.0.0.1', SECURE_HSTS_PRELOAD: '0' }, [
    ['subdomains alone can be asked for', HTTPS, { hsts: 'max-age=31536000; includeSubDomains' }],
  ]],
];
describe('proxies', { concurrency: SERVERS }, () => PROXIES.forEach(([env, rows]) => {
  const words = Object.entries(env).map((pair) => pair.join('=')).join(' ') || 'no TRUSTED_PROXIES';
  describe(`with ${words}`, { concurrency: true }, () => {
    let proxied;
    before(async () => { proxied = await startServer({ program: TEST_PROGRAM, env: { WEB_CONCURRENCY: '1', PAGE_CACHE_SIZE: '0', ...env } }); });
    after(() => proxied?.stop());

    for (const [name, headers, { path = '/probe/users/?a=1', status = 200, location, hsts, client,
      keepsId = false }] of rows) {
      test(name, async () => {
        const from = proxied.log().length;
        const answer = await ask(proxied.port, `GET ${path}`, headers);
        assert.equal(answer.status, status);
        assert.equal(answer.headers.location, location);
        assert.equal(answer.headers['strict-transport-security'], hsts);
        const id = answer.headers['x-request-id'];
        assert.equal(id === headers['X-Request-ID'], keepsId);
        if (!keepsId) assert.match(id, /^[0-9a-f]{32}$/);
        if (!client && !keepsId) return;
        await ask(proxied.port, 'GET /probe/flush/');
        const line = await proxied.logged(new RegExp(`msg=request .*request_id=${id}`), { from });
        assert.match(line, new RegExp(` client=${client ?? '127\\.0\\.0\\.1'} `));
      });
    }
  });
}));
