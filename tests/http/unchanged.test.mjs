// Also on PostgreSQL.
// 304: what it says of the representation is what 200 says of it (RFC 9110, 8.6 and 15.4.5), whoever makes it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { get, MODULES, raw, startServer } from './harness.mjs';

const SAME = ['content-length', 'etag', 'vary', 'cache-control', 'content-language'];
const PAGES = MODULES.includes('home') ? ['/', '/robots.txt', '/sitemap.xml'] : ['/robots.txt', '/sitemap.xml'];
const STATIC = ['/static/site/site.css', '/static/site/share.png'];
const ENCODINGS = ['', 'gzip', 'br', 'gzip, br', 'gzip;q=0'];

const parse = (answer) => {
  const [head, body] = answer.split(/\r\n\r\n(.*)/s);
  const [line, ...fields] = head.split('\r\n');
  return { status: Number(line.split(' ')[1]), body, headers: Object.fromEntries(fields.map((field) => [field.split(':')[0].toLowerCase(), field.slice(field.indexOf(':') + 2)])) };
};

for (const [name, env, cached] of [['rendered each time', { PAGE_CACHE_SIZE: '0' }, /cache=none/], ['kept', { PAGE_CACHE_LISTEN: '1' }, /cache=hit/], ['read anew', { PAGE_CACHE_READS: '1' }, /cache=same/]]) {
  test(`304 is true to 200 of what is ${name}`, async (t) => {
    const server = await startServer({ t, env: { ...env, WEB_CONCURRENCY: '1' } });
    const ask = async (method, path, encoding, fields = '') => parse(await raw(server.port,
      `${method} ${path} HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: ${encoding}\r\n${fields}Connection: close\r\n\r\n`));
    const hashed = MODULES.includes('home') ? [/\/static\/site\/site\.[0-9a-f]+\.css/.exec((await get(`${server.url}/`)).text)[0]] : [];
    for (const path of [...PAGES, ...STATIC, ...hashed]) {
      for (const encoding of ENCODINGS) {
        const whole = await ask('GET', path, encoding);
        assert.equal(whole.status, 200);
        assert.equal(whole.body.length, Number(whole.headers['content-length']), path);
        for (const method of ['GET', 'HEAD']) {
          for (const condition of [whole.headers.etag, `"other", ${whole.headers.etag}`, '*']) {
            const { status, headers, body } = await ask(method, path, encoding, `If-None-Match: ${condition}\r\n`);
            const what = `${method} ${path} ${encoding} ${condition}`;
            assert.equal(status, 304, what);
            assert.equal(body, '', what);
            for (const field of SAME) assert.equal(headers[field], whole.headers[field], `${what}: ${field}`);
            for (const field of ['content-type', 'content-encoding', 'transfer-encoding']) assert.equal(headers[field], undefined, `${what}: ${field}`);
          }
        }
        const changed = await ask('GET', path, encoding, 'If-None-Match: W/"0"\r\n');
        assert.deepEqual([changed.status, changed.body], [200, whole.body], path);
      }
    }
    if (MODULES.includes('home')) assert.ok(server.log().some((line) => /status=304/.test(line) && cached.test(line)), server.log().slice(-9).join('\n'));
  });
}

test('304 leaves a connection ready for the next answer', async (t) => {
  const server = await startServer({ t });
  const { etag } = (await get(`${server.url}/static/site/site.css`)).headers;
  const request = (last) => `GET /static/site/site.css HTTP/1.1\r\nHost: localhost\r\nIf-None-Match: ${etag}\r\n${last ? 'Connection: close\r\n' : ''}\r\n`;
  const answers = (await raw(server.port, request() + request() + request(true))).split('HTTP/1.1 ').slice(1);
  assert.deepEqual(answers.map((answer) => [Number(answer.slice(0, 3)), answer.endsWith('\r\n\r\n')]), Array(3).fill([304, true]));
});
