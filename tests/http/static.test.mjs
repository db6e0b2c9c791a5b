// Only on SQLite: the answers come of no row.
// Static files: names, caching, encodings, ranges, and what is not served.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { get, ROOT, startServer } from './harness.mjs';
import { ask } from './support.mjs';

let server;
let css; // the stylesheet's name as pages write it
let bytes;
const PLAIN = '/static/site/site.css';
const FOREVER = 'public, max-age=31536000, immutable';

before(async () => {
  server = await startServer();
  [css] = /\/static\/[^"]*\.css/.exec((await get(`${server.url}/`)).text);
  bytes = readFileSync(join(ROOT, 'src/site/static/site/site.css'));
});
after(() => server?.stop());

const fetch = (path, headers, method = 'GET') => ask(server.port, `${method} ${path}`, headers);
const buffer = ({ body }) => Buffer.from(body, 'latin1');

/** The file of "/static/<module>/…". */
const sourceOf = (name) => {
  const module = name.split('/')[2];
  return join(ROOT, module === 'site' ? 'src' : 'modules', module, name);
};

test('a page names its files by their content, and these are kept for ever', async () => {
  const { text } = await get(`${server.url}/`);
  const names = [...new Set(text.match(/\/static\/[^"]+/g))];
  assert.ok(names.length >= 2);
  for (const name of names) {
    assert.match(name, /\.[0-9a-f]{12}\.\w+$/);
    const answer = await fetch(name);
    assert.equal(answer.status, 200);
    assert.equal(answer.headers['cache-control'], FOREVER);
    assert.deepEqual(buffer(answer), readFileSync(sourceOf(name.replace(/\.[0-9a-f]{12}\./, '.'))));
  }
});

for (const [path, type] of [[PLAIN, 'text/css; charset=utf-8'],
  ['/static/site/favicon.svg', 'image/svg+xml'], ['/favicon.ico',
  /^image\/(x-icon|vnd\.microsoft\.icon)$/],
  ['/robots.txt', 'text/plain; charset=utf-8'], ['/static/site/robots.txt',
    'text/plain; charset=utf-8']]) {
  test(`${path} is asked for again each time`, async () => {
    const answer = await fetch(path);
    assert.equal(answer.status, 200);
    assert.match(answer.headers['content-type'], type instanceof RegExp ? type
      : new RegExp(`^${type.replace(/[+.]/g, '\\$&')}$`));
    assert.equal(answer.headers['cache-control'], 'no-cache');
    assert.equal((await fetch(path, { 'If-None-Match': answer.headers.etag })).status, 304);
  });
}

describe('what is no file is 404', () => {
  const NAMES = ['/static/site/nothing.css', '/static/site/site.css.map',
    '/static/site/site.000000000000.css', '/static/site/site.0123456789ab.css',
    '/static/site/site..css', '/static/site/.css',
    '/static/site/SITE.css', '/static/site.css', '/static/site/site.css.gz',
    '/static/site/site.css.br', '/static/static/site/site.css', '/static/./site/site.css',
    '/static/auth/',
    '/static/../src/main.c', '/static/%2e%2e/templates/base.html',
    '/static/site%2f..%2f..%2f..%2ftemplates/base.html', '/static/..%5ctemplates%5cbase.html',
    '/static//site/site.css',
    '/static/site//site.css', '/static/templates/base.html',
    '/static/migrations/auth/0001_initial.sql', '/favicon.ico/', '/favicon', '/robots.txt/'];
  for (const name of NAMES) {
    test(name, async () => {
      const answer = await fetch(name);
      assert.ok([400, 404].includes(answer.status), `${answer.status}`);
      assert.match(answer.body, /<h1>(Page not found|Bad request)<\/h1>/);
      assert.doesNotMatch(answer.headers['cache-control'] ?? '', /immutable|max-age/);
    });
  }

  test('a name with another file\'s hash', async () => {
    const [hash] = /[0-9a-f]{12}/.exec(css);
    assert.equal((await fetch(`/static/site/favicon.${hash}.svg`)).status, 404);
    assert.equal((await fetch(css.replace(hash, `${hash}.${hash}`))).status, 404);
    assert.equal((await fetch(css.replace(hash, hash.toUpperCase()))).status,
      /[a-f]/.test(hash) ? 404 : 200);
  });
});

describe('encodings', () => {
  const UNPACK = { br: brotliDecompressSync, gzip: gunzipSync };
  const ROWS = [
    ['br', 'br'], ['gzip, deflate, br', 'br'], ['gzip', 'gzip'], ['gzip;q=1, br;q=0.1', 'br'],
      ['br;q=0, gzip', 'gzip'], ['*', 'br'], ['br;q=0, *', 'gzip'],
    [undefined, undefined], ['', undefined], ['identity', undefined], ['deflate', undefined],
    ['br;q=0, gzip;q=0', undefined], ['*;q=0', undefined], ['brotli', undefined],
  ];
  for (const [accepted, encoding] of ROWS) {
    test(`Accept-Encoding: ${accepted ?? '(none)'} gives ${encoding ?? 'the plain bytes'}`,
      async () => {
      for (const path of [css, PLAIN]) {
        const answer = await fetch(path, { 'Accept-Encoding': accepted });
        assert.equal(answer.headers['content-encoding'], encoding);
        assert.equal(answer.headers.vary, 'Accept-Encoding');
        assert.equal(Number(answer.headers['content-length']), answer.body.length);
        assert.deepEqual((UNPACK[encoding] ?? ((whole) => whole))(buffer(answer)), bytes);
        if (encoding) assert.ok(answer.body.length < bytes.length);
      }
    });
  }

  test('each encoding has a tag of its own, and is known by no other', async () => {
    const encodings = ['identity', 'gzip', 'br'];
    const tags = [];
    for (const encoding of encodings) tags.push((await fetch(css,
      { 'Accept-Encoding': encoding })).headers.etag);
    assert.equal(new Set(tags).size, 3);
    for (const [i, tag] of tags.entries()) {
      assert.match(tag, /^"[^"]+"$/);
      for (const [k, encoding] of encodings.entries()) {
        for (const method of ['GET', 'HEAD']) {
          const answer = await fetch(css, { 'Accept-Encoding': encoding, 'If-None-Match': tag },
            method);
          assert.equal(answer.status, i === k ? 304 : 200);
          assert.equal(answer.headers.etag, tags[k]);
          assert.equal(answer.headers['cache-control'], FOREVER);
          if (i === k) assert.equal(answer.body, '');
        }
      }
    }
    assert.equal((await fetch(css, { 'If-None-Match': '*' })).status, 304);
    assert.equal((await fetch(css, { 'If-None-Match': '"nothing"' })).status, 200);
  });
});

describe('ranges', () => {
  // [range, first byte, last byte] of N bytes; without them: 416, or with null the whole file
  const rows = (n) => [
    ['bytes=0-0', 0, 0], ['bytes=0-9', 0, 9], ['bytes=10-19', 10, 19], ['bytes=100-', 100, n - 1],
      ['bytes=-1', n - 1, n - 1], ['bytes=-10', n - 10, n - 1], [`bytes=-${n + 100}`, 0, n - 1],
    [`bytes=0-${n + 100}`, 0, n - 1], [`bytes=${n - 1}-`, n - 1, n - 1],
    [`bytes=0-${n - 1}`, 0, n - 1], ['bytes=0-9223372036854775807', 0, n - 1],
    ['bytes= 0 - 9', 0, 9],
    [`bytes=${n}-`], [`bytes=${n}-${n + 1}`], ['bytes=-0'], ['bytes=9223372036854775807-'],
    ['bytes=5-4', null], ['bytes=', null], ['bytes=-', null], ['bytes=a-b', null],
      ['bytes=0-9,20-29', null], ['bytes=--1', null], ['bytes=1', null], ['lines=0-9', null],
      ['0-9', null], ['', null],
    ['bytes=0x1-2', null], ['bytes=99999999999999999999-', null],
      ['bytes=0-99999999999999999999', null], ['bytes=-99999999999999999999', null],
      ['bytes 0-9', null],
  ];

  test('one range is sent, one that lies outside is refused, what is none is ignored', async () => {
    for (const [range, first, last] of rows(bytes.length)) {
      const answer = await fetch(css, { Range: range, 'Accept-Encoding': 'br, gzip' });
      const [status, from, to] = first === undefined ? [416] : first === null ? [200] : [206, first,
        last];
      assert.equal(answer.status, status, range);
      if (status === 206) {
        assert.equal(answer.headers['content-range'], `bytes ${from}-${to}/${bytes.length}`);
        assert.deepEqual(buffer(answer), bytes.subarray(from, to + 1));
        assert.equal(answer.headers['content-encoding'], undefined);
      } else if (status === 416) {
        assert.equal(answer.headers['content-range'], `bytes */${bytes.length}`);
      } else {
        assert.equal(answer.headers['content-range'], undefined);
        assert.deepEqual(brotliDecompressSync(buffer(answer)), bytes);
      }
    }
  });

  test('a range of the file the client has part of, only if it is still that file', async () => {
    const { headers: { etag } } = await fetch(css, { 'Accept-Encoding': 'identity' });
    for (const [condition, status] of [[etag, 206], [`W/${etag}`, 200], ['"other"', 200],
      [etag.slice(1, -1), 200], ['*', 200], ['Sun, 06 Nov 1994 08:49:37 GMT', 200]]) {
      const answer = await fetch(css, { Range: 'bytes=0-9', 'If-Range': condition });
      assert.equal(answer.status, status, condition);
      assert.equal(answer.body.length, status === 206 ? 10 : bytes.length);
    }
  });

  test('parts put together are the whole', async () => {
    const parts = [];
    for (let at = 0; at < bytes.length; at += 1000) parts.push(buffer(await fetch(css,
      { Range: `bytes=${at}-${at + 999}` })));
    assert.deepEqual(Buffer.concat(parts), bytes);
  });

  test('files say that they can be had in parts, pages are whole', async () => {
    assert.equal((await fetch(css)).headers['accept-ranges'], 'bytes');
    assert.equal((await fetch(css, { Range: 'bytes=0-9' }, 'HEAD')).status, 200);
    const page = await fetch('/', { Range: 'bytes=0-9' });
    assert.equal(page.status, 200);
    assert.match(page.body, /<\/html>/);
  });
});
