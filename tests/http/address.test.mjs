// Also on PostgreSQL.
// The site's own address, where it is written out: never just what somebody sent as Host.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { get, MODULES, runCommand, startServer } from './harness.mjs';

const NAMED = { ALLOWED_HOSTS: 'localhost,127.0.0.1,www.example.com,.example.org' };
const PATTERNS = { ALLOWED_HOSTS: '127.0.0.1,.example.org' };
const PROXY = { TRUSTED_PROXIES: '127.0.0.1', SECURE_SSL_REDIRECT: '0' };
const HTTPS = { 'X-Forwarded-Proto': 'https' };
const PORT = 'PORT'; // stands for the server's

const CASES = [
  ['the first public name, whatever the visitor wrote', NAMED, [
    ['www.example.com', 'http://www.example.com'], ['WWW.Example.COM', 'http://www.example.com'], ['www.example.com.', 'http://www.example.com'],
    ['www.example.com:80', 'http://www.example.com'], ['www.example.com:1234', 'http://www.example.com'], [`www.example.com:${PORT}`, `http://www.example.com:${PORT}`],
    ['127.0.0.1', 'http://www.example.com'], ['localhost', 'http://www.example.com'], ['a.example.org', 'http://www.example.com']]],
  ['the visitor\'s, put straight, where no one name is', PATTERNS, [
    ['a.example.org', 'http://a.example.org'], ['A.Example.Org.:99', 'http://a.example.org'], [`a.example.org:${PORT}`, `http://a.example.org:${PORT}`],
    [`127.0.0.1:${PORT}`, `http://127.0.0.1:${PORT}`], ['127.0.0.1:1', 'http://127.0.0.1']]],
  ['by https where a proxy says so, without the port', { ...NAMED, ...PROXY }, [
    ['www.example.com', 'https://www.example.com', HTTPS], [`www.example.com:${PORT}`, 'https://www.example.com', HTTPS],
    ['www.example.com:443', 'https://www.example.com', HTTPS], [`www.example.com:${PORT}`, 'http://www.example.com', { 'X-Forwarded-Proto': 'http' }]]],
  ['SITE_URL above all', { ...NAMED, SITE_URL: 'https://homes.example.net:8443' }, [
    ['www.example.com', 'https://homes.example.net:8443'], ['127.0.0.1:1', 'https://homes.example.net:8443']]],
];

for (const [name, env, hosts] of CASES) {
  test(`is ${name}`, async (t) => {
    const server = await startServer({ t, env });
    const ours = (text) => text.replace(PORT, server.port);
    for (const [host, expected, headers] of hosts) {
      const read = async (path) => {
        const answer = await get(server.url + path, { headers: { Host: ours(host), ...headers } });
        assert.equal(answer.status, 200, `${path} of ${host}`);
        return answer.text;
      };
      const origin = ours(expected);
      assert.match(await read('/robots.txt'), new RegExp(`^Sitemap: ${RegExp.escape?.(origin) ?? origin.replaceAll('.', '\\.')}/sitemap\\.xml$`, 'm'), host);
      assert.ok((await read('/sitemap.xml')).includes(`<loc>${origin}/sitemap-pages.xml</loc>`), host);
      if (!MODULES.includes('home')) continue;
      const page = await read('/');
      for (const part of [`<link rel="canonical" href="${origin}/">`, `<meta property="og:url" content="${origin}/">`, `<meta property="og:image" content="${origin}/static/site/share.`]) {
        assert.ok(page.includes(part), `${host}: ${part}`);
      }
    }
  });
}

test('a page that refuses the host does not repeat it', async (t) => {
  const server = await startServer({ t, env: PATTERNS });
  const { status, text } = await get(`${server.url}/`, { headers: { Host: 'evil.example.com' } });
  assert.equal(status, 400);
  assert.ok(!text.includes('evil'), text);
});

describe('SITE_URL', () => {
  for (const value of ['www.example.com', 'ftp://www.example.com', 'https://', 'https://www.example.com/', 'https://www.example.com/homes', 'https://a b', 'https://user@www.example.com', 'https://www.example.com:port']) {
    test(`is not ${value}`, () => {
      const { status, stderr } = runCommand(['check'], { env: { SITE_URL: value } });
      assert.equal(status, 1);
      assert.match(stderr, /SITE_URL.*must be scheme and host alone, as https:\/\/www\.example\.com/);
    });
  }
});
