import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { get, raw, startServer } from './harness.mjs';

let server;
before(async () => { server = await startServer(); });
after(() => server?.stop());

const PAGES = [
  { path: '/', title: 'Holiday Homes', heading: 'Welcome to Holiday Homes' },
  { path: '/lettings/', title: 'Lettings', heading: 'Lettings' },
  { path: '/profiles/', title: 'Profiles', heading: 'Profiles' },
];

for (const { path, title, heading } of PAGES) {
  test(`${path} shows its title and heading`, async () => {
    const { status, headers, text } = await get(server.url + path);
    assert.equal(status, 200);
    assert.equal(headers['content-type'], 'text/html; charset=utf-8');
    assert.match(text, new RegExp(`<title>${title}</title>`));
    assert.match(text, new RegExp(`<h1>${heading}</h1>`));
  });
}

test('a page that is not there is a 404', async () => {
  assert.equal((await get(`${server.url}/no-such-page/`)).status, 404);
});

test('a request without a Host is refused', async () => {
  const answer = await raw(server.port, 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n');
  assert.match(answer, /^HTTP\/1\.1 400 /);
});
