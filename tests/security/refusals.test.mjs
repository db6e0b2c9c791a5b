// Only on SQLite: the answers come of no row.
// What is too large, not well formed, or not allowed, and its answer: as tables, over raw connections.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { get, MODULES, startServer, TEST_PROGRAM } from '../http/harness.mjs';
import { ask, bytesOf, Wire } from '../http/support.mjs';

let server;
before(async () => { server = await startServer({ program: TEST_PROGRAM }); });
after(() => server?.stop());

describe('sizes', () => {
  const long = (length) => `/?${'a'.repeat(length - 2)}`;
  const ROWS = [
    ['a target of 8192 bytes', `GET ${long(8192)}`, {}, '', [200]],
    ['a path of 8192 bytes', `GET /${'a'.repeat(8191)}`, {}, '', [404]],
    ['8192 bytes of escapes', `GET /${'%41'.repeat(2730)}a`, {}, '', [404]],
    ['a target of 8193 bytes', `GET ${long(8193)}`, {}, '', [414]],
    ['a target of 20 kB', `GET ${long(20_000)}`, {}, '', [414]],
    ['a target of 100 kB', `GET ${long(100_000)}`, {}, '', [414, 431]],
    ['a target of 2 MB', `GET ${long(2_000_000)}`, {}, '', [414, 431, null]],
    ['headers of 15 kB', 'GET /', { 'X-Long': 'a'.repeat(15_000) }, '', [200]],
    ['headers of 17 kB', 'GET /', { 'X-Long': 'a'.repeat(17_000) }, '', [431]],
    ['many headers of 17 kB', 'GET /', { 'X-Many': Array(850).fill('0123456789') }, '', [431]],
    ['headers of 30 kB', 'GET /', { 'X-Long': 'a'.repeat(30_000) }, '', [431]],
    ['headers of 100 kB', 'GET /', { 'X-Long': 'a'.repeat(100_000) }, '', [431]],
    ['headers of 2 MB', 'GET /', { 'X-Many': Array(20).fill('a'.repeat(100_000)) }, '',
      [431, null]],
    ['100,000 headers', 'GET /', { a: Array(100_000).fill('b') }, '', [431, null]],
    ['a method of 20 kB', `${'A'.repeat(20_000)} /`, {}, '', [405, 400, 414, 431]],
  ];
  for (const [name, line, headers, body, expected] of ROWS) {
    test(`${name}: ${expected.join(' or ')}`, async () => {
      const answer = await ask(server.port, line, headers, body);
      assert.ok(expected.includes(answer?.status ?? null), `${answer?.status}`);
    });
  }
});

describe('bodies', () => {
  const chunked = (...parts) => `${parts.map((part) => `${part.length.toString(16)}\r\n${part}\r\n`).join('')}0\r\n\r\n`;
  const CHUNKED = { 'Transfer-Encoding': 'chunked' };
  const echo = 'POST /probe/echo/';
  const text = (length) => 'abcdefghij'.repeat(length / 10 + 1).slice(0, length);
  const ROWS = [
    ['as long as the route takes', echo, { 'Content-Length': 1000 }, text(1000), 200],
    ['in chunks, as long as the route takes', echo, CHUNKED, chunked(text(300), text(1), text(699)),
      200],
    ['empty', echo, { 'Content-Length': 0 }, '', 200],
    ['empty, in chunks', echo, CHUNKED, chunked(), 200],
    ['a byte too long', echo, { 'Content-Length': 1001 }, text(1001), 413],
    ['a byte too long, in chunks', echo, CHUNKED, chunked(text(1000), text(1)), 413],
    ['far too long, in chunks', echo, CHUNKED, chunked(...Array(200).fill(text(1000))), 413],
    ['announced as far too long', echo, { 'Content-Length': 10_000_000 }, '', 413],
    ['announced as too long for a number', echo, { 'Content-Length': '99999999999999999999' }, '',
      413],
    ['too long, asking first', echo, { 'Content-Length': 5000, Expect: '100-continue' }, '', 413],
    ['where none is taken', 'GET /', { 'Content-Length': 5 }, 'hello', 413],
    ['where none is taken, in chunks', 'GET /', CHUNKED, chunked('hello'), 413],
    ['of length 0 where none is taken', 'GET /', { 'Content-Length': 0 }, '', 200],
    ['where no page is', 'POST /nothing/', { 'Content-Length': 5 }, 'hello', 404],
    ['where another method is taken', 'POST /probe/users/', { 'Content-Length': 5 }, 'hello', 405],
    ['where nobody may', 'POST /probe/denied/', { 'Content-Length': 5 }, 'hello', 403],
    ['for a host that is not ours', 'POST /', { Host: 'evil.example', 'Content-Length': 5 },
      'hello', 400],
    ['of both lengths', echo, { 'Content-Length': 5, ...CHUNKED }, chunked('hello'), 400],
    ['of both lengths, the other way round', echo, { ...CHUNKED, 'Content-Length': 5 },
      chunked('hello'), 400],
    ['of two lengths', echo, { 'Content-Length': [5, 6] }, 'hello!', 400],
    ['of negative length', echo, { 'Content-Length': -5 }, 'hello', 400],
    ['of no number', echo, { 'Content-Length': 'five' }, 'hello', 400],
    ['of a number with a sign', echo, { 'Content-Length': '+5' }, 'hello', 400],
    ['of a hexadecimal number', echo, { 'Content-Length': '0x5' }, 'hello', 400],
    ['in a chunk of no number', echo, CHUNKED, 'xyz\r\nhello\r\n0\r\n\r\n', 400],
    ['in a chunk longer than any', echo, CHUNKED, 'fffffffffffffffff\r\nhello\r\n', [400, 413]],
  ];
  for (const [name, line, headers, body, expected] of ROWS) {
    test(`a body ${name}: ${expected}`, async () => {
      const answer = await ask(server.port, line, headers, body);
      assert.ok([expected].flat().includes(answer?.status), `${answer?.status} ${answer?.body}`);
      if (expected === 200 && line === echo) assert.equal(answer.body.length,
        Number(headers['Content-Length'] ?? (body.length > 10 ? 1000 : 0)));
    });
  }

  test('a body that may be sent is asked for', async () => {
    const wire = await Wire.open(server.port);
    wire.send(bytesOf(echo, { 'Content-Length': 5, Expect: '100-continue' }));
    assert.equal((await wire.answer()).status, 100);
    wire.send('hello');
    assert.equal((await wire.answer()).body, 'hello');
    wire.close();
  });

  // What is behind an ambiguous request is never taken for another one.
  test('nothing is smuggled behind a body of both lengths', async () => {
    const wire = await Wire.open(server.port);
    wire.send(bytesOf(echo, { Connection: 'keep-alive', 'Content-Length': 4,
      'Transfer-Encoding': 'chunked' }, `5\r\nhello\r\n0\r\n\r\n${bytesOf('GET /healthz')}`));
    assert.equal((await wire.answer()).status, 400);
    const next = await wire.answer();
    assert.ok(!next || next.status === 400, `${next?.status}`);
    wire.close();
  });

  test('a refused body closes the connection, so that its bytes are no request', async () => {
    const wire = await Wire.open(server.port);
    const inner = bytesOf('GET /healthz');
    wire.send(bytesOf('GET /', { Connection: 'keep-alive', 'Content-Length': inner.length },
      inner));
    assert.equal((await wire.answer()).status, 413);
    assert.equal(await wire.answer(), null);
    wire.close();
  });
});

describe('methods', () => {
  const ALL = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND',
    'FOO', 'get', 'Get'];
  const ROWS = [
    ['GET, HEAD', ['/', '/probe/users/', '/probe/users/1/', '/probe/str/a/', '/healthz', '/readyz',
      '/favicon.ico', '/robots.txt', '/static/site/site.css']],
    ['POST', ['/probe/echo/']],
  ];
  for (const [allow, paths] of ROWS) {
    for (const path of paths) {
      test(`${path} takes ${allow} and nothing else`, async () => {
        for (const method of ALL) {
          const answer = await ask(server.port, `${method} ${path}`);
          const allowed = allow.split(', ').includes(method);
          assert.equal(answer.status, allowed ? 200 : 405, method);
          assert.equal(answer.headers.allow, allowed ? undefined : allow, method);
        }
      });
    }
  }

  test('CONNECT names no page', async () => {
    const answer = await ask(server.port, 'CONNECT localhost:443');
    assert.ok([400, 405].includes(answer.status), `${answer.status}`);
  });

  // Where somebody can sign in, he is asked to.
  const unknown = MODULES.includes('auth') ? 302 : 403;
  for (const [path, name, expected] of [['/probe/denied/', 'no access is written down for', () => 403],
    ['/probe/staff/', 'is for staff', (method) => (['GET', 'HEAD'].includes(method) ? unknown : 405)]]) {
    test(`a route that ${name} lets nobody in, whatever the method`, async () => {
      for (const method of ALL) {
        const answer = await ask(server.port, `${method} ${path}`);
        assert.equal(answer.status, expected(method), method);
        assert.ok(!answer.body.includes('probe fails'));
      }
    });
  }
});

describe('what is no HTTP', () => {
  const ROWS = [
    ['nothing but line ends', '\r\n\r\n\r\n'],
    ['no target', 'GET\r\n\r\n'],
    ['no version', 'GET /\r\nHost: localhost\r\n\r\n'],
    ['a version of its own', 'GET / HTTP/9.9\r\nHost: localhost\r\n\r\n'],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['a TLS greeting', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'.padEnd(200,
      '\x07') + '\r\n\r\n'],
    ['a header without a colon', 'GET / HTTP/1.1\r\nHost localhost\r\n\r\n'],
    ['a space before the colon', 'GET / HTTP/1.1\r\nHost : localhost\r\n\r\n'],
    ['a NUL in the host', 'GET / HTTP/1.1\r\nHost: evil.example\0localhost\r\n\r\n'],
    ['a folded header', 'GET / HTTP/1.1\r\nX-A: a\r\n Host: localhost\r\n\r\n'],
    ['random bytes', Buffer.from(Array.from({ length: 3000 },
      (_, i) => (i * 7919 + 31) % 256)).toString('latin1')],
  ];
  for (const [name, bytes] of ROWS) {
    test(`${name}: no page, and the next client is served`, async () => {
      const wire = await Wire.open(server.port);
      wire.send(bytes);
      const answer = await Promise.race([wire.answer().catch(() => null), sleep(500, null)]);
      wire.close();
      assert.ok(!answer || answer.status >= 400, `${answer?.status}`);
      assert.equal((await get(`${server.url}/`)).status, 200);
    });
  }
});
