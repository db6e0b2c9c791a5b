// Only on SQLite: the answers come of no row.
// Connections, conditional requests, encodings and the headers of every answer.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { get, startServer, TEST_PROGRAM } from './harness.mjs';
import { ask, bytesOf, publicPages, sql, Wire, withoutData } from './support.mjs';

let server;
before(async () => { server = await startServer({ program: TEST_PROGRAM }); });
after(() => server?.stop());

const PAGES = ['/', '/probe/users/', '/probe/users/2/', '/probe/users/3/'];
const VARY = 'Accept-Language, Cookie, Accept-Encoding';
const KEEP = { Connection: 'keep-alive' };

describe('connections', () => {
  test('one connection takes many requests, also after errors and bodies', async () => {
    const wire = await Wire.open(server.port);
    const rows = [['GET /', 200], ['GET /probe/users/1/', 200], ['GET /nothing/', 404],
      ['HEAD /', 200], ['GET /probe/users', 301], ['DELETE /', 405], ['GET /probe/fail/', 500],
      ['POST /probe/echo/', 200, { 'Content-Length': 5 }, 'hello'], ['GET /probe/slow/?ms=1', 200],
        ['GET /static/site/site.css', 200], ['GET /probe/denied/', 403]];
    for (let round = 0; round < 5; round++) {
      for (const [line, status, headers, body] of rows) {
        wire.send(bytesOf(line, { ...KEEP, ...headers }, body));
        const answer = await wire.answer({ bodiless: line.startsWith('HEAD') });
        assert.equal(answer?.status, status, line);
        assert.notEqual(answer.headers.connection?.toLowerCase(), 'close');
      }
    }
    assert.equal(wire.received, '');
    wire.close();
  });

  test('requests sent at once are answered in order, also those that wait', async () => {
    const wire = await Wire.open(server.port);
    const lines = Array.from({ length: 60 }, (_, i) => ['GET /probe/int/N/',
      'GET /probe/slow/?ms=N', 'GET /probe/users/1/', 'POST /probe/echo/',
      'GET /probe/str/N/'][i % 5].replace('N', String(i % 30)));
    wire.send(lines.map((line) => bytesOf(line, { ...KEEP, ...(line.startsWith('POST')
      ? { 'Content-Length': 4 } : {}) }, line.startsWith('POST') ? 'GET ' : '')).join(''));
    for (const line of lines) {
      const answer = await wire.answer();
      assert.equal(answer?.status, 200, line);
      const number = /(?:int|str)\/(\d+)/.exec(line)?.[1];
      if (number) assert.equal(answer.body, `${number}\n`);
      else assert.match(answer.body, line.includes('slow') ? /^slept\n$/ : line.includes('echo')
        ? /^GET $/ : /<h1><\/h1>/);
    }
    wire.close();
  });

  test('a request may come byte by byte, or in any parts', async () => {
    const bytes = bytesOf('POST /probe/echo/', { ...KEEP, 'Content-Length': 11 }, 'hello world');
    for (const size of [1, 2, 7, 64]) {
      const wire = await Wire.open(server.port);
      for (let i = 0; i < bytes.length; i += size) {
        wire.send(bytes.slice(i, i + size));
        await new Promise(setImmediate);
      }
      assert.equal((await wire.answer()).body, 'hello world');
      wire.close();
    }
  });

  for (const [name, line, headers, closes] of [
    ['HTTP/1.1 keeps the connection', 'GET / HTTP/1.1', { Connection: undefined }, false],
    ['Connection: close ends it', 'GET / HTTP/1.1', {}, true],
    ['HTTP/1.0 ends it', 'GET / HTTP/1.0', { Connection: undefined }, true],
    ['HEAD over HTTP/1.0 ends it', 'HEAD / HTTP/1.0', { Connection: undefined }, true],
  ]) {
    test(name, async () => {
      const wire = await Wire.open(server.port);
      wire.send(bytesOf(line, headers));
      assert.equal((await wire.answer({ bodiless: line.startsWith('HEAD') })).status, 200);
      if (closes) {
        await wire.ended(1000);
      } else {
        wire.send(bytesOf('GET /healthz'));
        assert.equal((await wire.answer()).body, 'ok\n');
      }
      wire.close();
    });
  }

  test('clients that hang up in the middle hurt nobody', async () => {
    for (const bytes of ['G', 'GET / HTTP/1.1\r\nHo', bytesOf('POST /probe/echo/',
      { 'Content-Length': 500 }, 'half'), bytesOf('GET /probe/slow/?ms=100'),
      bytesOf('GET /probe/large/?kb=2000'), Array(50).fill(bytesOf('GET /probe/users/',
        KEEP)).join('')]) {
      for (let i = 0; i < 5; i++) {
        const wire = await Wire.open(server.port);
        wire.send(bytes);
        await new Promise((done) => setTimeout(done, 2));
        wire.close();
      }
    }
    assert.equal((await get(`${server.url}/probe/slow/?ms=1`)).status, 200);
    assert.equal(server.workers().length, 2);
  });
});

test('HEAD gives the headers of GET and no body', async () => {
  const [css] = /\/static\/[^"]*\.css/.exec((await get(`${server.url}/`)).text);
  const comparable = ({ status, headers: { date, 'x-request-id': id, ...headers } }) => ({ status,
    headers });
  for (const path of [...publicPages(), ...PAGES, '/healthz', '/readyz', '/favicon.ico',
    '/robots.txt', css, '/probe/users', '/probe/users/99/', '/%zz']) {
    for (const encoding of ['identity', 'gzip']) {
      const [whole, head] = await Promise.all(['GET', 'HEAD'].map((method) => ask(server.port,
        `${method} ${path}`, { 'Accept-Encoding': encoding })));
      assert.deepEqual(comparable(head), comparable(whole), path);
      assert.equal(head.body, '');
      assert.equal(Number(whole.headers['content-length']), whole.body.length);
    }
  }
});

describe('OPTIONS *', () => {
  test('is answered for the server as a whole', async () => {
    const answer = await ask(server.port, 'OPTIONS *');
    assert.equal(answer.status, 204);
    assert.equal(answer.headers.allow, 'GET, HEAD, POST, OPTIONS');
    assert.equal(answer.headers['content-type'], undefined);
  });

  test('is no target of another method', async () => {
    for (const method of ['GET', 'POST', 'DELETE']) {
      assert.equal((await ask(server.port, `${method} *`)).status, 400);
    }
  });
});

describe('conditional requests', () => {
  test('a page the client has is not sent again', async () => {
    const tags = new Set();
    for (const path of PAGES) {
      const { headers: { etag } } = await ask(server.port, `GET ${path}`);
      const lengths = {};
      for (const encoding of ['identity', 'gzip']) {
        lengths[encoding] = (await ask(server.port, `GET ${path}`,
          { 'Accept-Encoding': encoding })).headers['content-length'];
      }
      assert.match(etag, /^W\/"[0-9a-f]{32}"$/);
      tags.add(etag);
      const rows = [
        [etag, 304], [etag.slice(2), 304], [`"other", ${etag}`, 304], [`${etag},"other"`, 304],
        ['*', 304],
        ['"other"', 200], [`${etag}x`, 200], [etag.slice(0, -1), 200], ['', 200], ['W/', 200],
          [etag.toUpperCase().replace('W/"', 'W/"0'), 200],
      ];
      for (const [value, status] of rows) {
        for (const [method, encoding] of [['GET', 'identity'], ['GET', 'gzip'], ['HEAD', 'gzip']]) {
          const answer = await ask(server.port, `${method} ${path}`,
            { 'If-None-Match': value, 'Accept-Encoding': encoding });
          assert.equal(answer.status, status, `${method} ${path} If-None-Match: ${value}`);
          assert.equal(answer.headers.etag, etag);
          assert.equal(answer.headers.vary, path === '/' ? VARY : 'Accept-Encoding');
          if (status === 304) {
            assert.equal(answer.body, '');
            assert.equal(answer.headers['content-length'], lengths[encoding]);
            assert.equal(answer.headers['content-encoding'], undefined);
          }
        }
      }
    }
    assert.equal(tags.size, PAGES.length);
  });

  test('a changed page has another tag', async () => {
    const { headers: { etag } } = await get(`${server.url}/probe/users/2/`);
    sql(server.database, "UPDATE auth_user SET first_name = 'Changed' WHERE id = 2;");
    const answer = await get(`${server.url}/probe/users/2/`, { headers: { 'If-None-Match': etag } });
    assert.equal(answer.status, 200);
    assert.notEqual(answer.headers.etag, etag);
  });

  for (const [line, status] of [['GET /nothing/', 404], ['GET /probe/users', 301],
    ['GET /probe/fail/', 500], ['POST /', 405]]) {
    test(`If-None-Match changes nothing for ${line}`, async () => {
      const answer = await ask(server.port, line, { 'If-None-Match': '*' });
      assert.equal(answer.status, status);
      assert.equal(answer.headers.etag, undefined);
    });
  }
});

describe('encodings of pages', () => {
  const ROWS = [
    ['gzip', 'gzip'], ['gzip, deflate, br', 'gzip'], ['br;q=1.0, gzip;q=0.5', 'gzip'],
      ['GZIP', 'gzip'], ['gzip;q=0.001', 'gzip'], ['*', 'gzip'], ['identity;q=0, *', 'gzip'],
      ['gzip ; q=1', 'gzip'],
    [undefined, undefined], ['', undefined], ['identity', undefined], ['br', undefined],
    ['deflate', undefined], ['gzip;q=0', undefined], ['gzip;q=0.000', undefined],
    ['gzip; q=0', undefined],
    ['gzip;q=0, *', undefined], ['*;q=0', undefined], ['*;q=0, gzip;q=0', undefined],
      ['gzipped', undefined], ['x gzip', undefined], [',,,', undefined],
  ];
  for (const [accepted, encoding] of ROWS) {
    test(`Accept-Encoding: ${accepted ?? '(none)'} gives ${encoding ?? 'plain text'}`, async () => {
      const plain = await ask(server.port, 'GET /');
      const answer = await ask(server.port, 'GET /', { 'Accept-Encoding': accepted });
      assert.equal(answer.headers['content-encoding'], encoding);
      assert.equal(answer.headers.vary, VARY);
      const bytes = Buffer.from(answer.body, 'latin1');
      assert.equal((encoding ? gunzipSync(bytes) : bytes).toString('latin1'), plain.body);
      if (encoding) assert.ok(bytes.length < plain.body.length);
    });
  }

  test('what is short is not packed', async () => {
    assert.equal((await ask(server.port, 'GET /healthz',
      { 'Accept-Encoding': 'gzip' })).headers['content-encoding'], undefined);
  });

  test('error pages are packed too', async () => {
    const { headers, body } = await ask(server.port, 'GET /nothing/',
      { 'Accept-Encoding': 'gzip' });
    assert.equal(headers['content-encoding'], 'gzip');
    assert.match(gunzipSync(Buffer.from(body, 'latin1')).toString(), /Page not found/);
  });
});

describe('security headers', () => {
  const KINDS = [
    ['GET /', 200], ['GET /probe/users/1/', 200], ['HEAD /', 200], ['GET /healthz', 200],
      ['GET /readyz', 200], ['GET /robots.txt', 200], ['GET /static/site/site.css', 200],
      ['POST /probe/echo/', 200],
    ['GET /probe/users', 301], ['POST /probe/echo', 308], ['GET /', 304, { 'If-None-Match': '*' }],
      ['GET /static/site/site.css', 304, { 'If-None-Match': '*' }],
    ['GET /static/site/site.css', 206, { Range: 'bytes=0-1' }],
      ['GET /static/site/site.css', 416, { Range: 'bytes=999999-' }],
    ['GET /%zz', 400], ['GET /', 400, { Host: 'evil.example' }], ['GET /probe/denied/', 403],
      ['GET /nothing/', 404], ['GET /static/nothing', 404], ['PUT /', 405],
    ['POST /probe/echo/', 413, { 'Content-Length': 5000 }], [`GET /?${'a'.repeat(9000)}`, 414],
      ['GET /', 431, { 'X-Long': 'a'.repeat(17_000) }], ['GET /probe/fail/', 500],
  ];
  for (const [line, status, headers] of KINDS) {
    test(`stand on ${status} for ${line.slice(0, 40)}`, async () => {
      const answer = await ask(server.port, line, headers);
      assert.equal(answer.status, status);
      const policy = Object.fromEntries(answer.headers['content-security-policy'].split('; ').map((part) => part.split(/ (.*)/)));
      assert.equal(policy['default-src'], "'none'");
      assert.equal(policy['frame-ancestors'], "'none'");
      assert.doesNotMatch(answer.headers['content-security-policy'], /unsafe-|data:|\*/);
      assert.equal(answer.headers['x-content-type-options'], 'nosniff');
      assert.equal(answer.headers['x-frame-options'], 'DENY');
      assert.equal(answer.headers['referrer-policy'], 'same-origin');
      assert.equal(answer.headers['cross-origin-opener-policy'], 'same-origin');
      if (![200, 304].includes(status)) assert.match(answer.headers['x-request-id'], /^[0-9a-f]{32}$/); // a kept page has none
      assert.equal(answer.headers['strict-transport-security'], undefined);
      assert.equal(answer.headers['x-powered-by'] ?? answer.headers.server, undefined);
    });
  }

  test('no page has a style or script of its own', async () => {
    for (const path of ['/', '/nothing/', '/%zz', '/probe/fail/', '/probe/denied/']) {
      const { text } = await get(server.url + path);
      assert.match(text, /<\/html>/);
      assert.doesNotMatch(withoutData(text, server.url),
        /<script|<style|\sstyle=|\son[a-z]+\s*=|javascript:|https?:\/\//i, path);
    }
  });
});
