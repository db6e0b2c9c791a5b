// Also on PostgreSQL.
// Every page that `routes` lists, whatever modules are installed.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { get, raw, startServer } from './harness.mjs';
import { publicPages, withoutData } from './support.mjs';

let server;
before(async () => { server = await startServer(); });
after(() => server?.stop());

for (const path of publicPages()) {
  test(`${path} is a page without styles and scripts of its own`, async () => {
    const { status, headers, text } = await get(server.url + path);
    assert.equal(status, 200);
    assert.equal(headers['content-type'], 'text/html; charset=utf-8');
    assert.match(text, /<title>[^<]+<\/title>[^]*<h1>[^<]+<\/h1>[^]*<\/html>/);
    assert.doesNotMatch(withoutData(text, server.url),
      /<script|<style|\sstyle=|\son[a-z]+\s*=|javascript:|https?:\/\//i);
  });
}

test('a page that is not there is a 404', async () => {
  assert.equal((await get(`${server.url}/no-such-page/`)).status, 404);
});

test('a request without a Host is refused', async () => {
  const answer = await raw(server.port, 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n');
  assert.match(answer, /^HTTP\/1\.1 400 /);
});
