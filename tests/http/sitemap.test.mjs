// Also on PostgreSQL.
// sitemap.xml, its parts by key, robots.txt, and the canonical address of pages.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { get, skipWithoutModule, startServer } from './harness.mjs';
import { describeUnless, emptyDatabase, profileOf, sql } from './support.mjs';

const locations = (text) => [...text.matchAll(/<loc>([^<]*)<\/loc>/g)].map(([, url]) => url);

describeUnless(skipWithoutModule('home', 'lettings', 'profiles'), 'the sitemap', () => {
  let server;
  before(async () => {
    const path = emptyDatabase();
    const ids = [1, 2, 50_000, 50_001, 100_000, 900_001];
    sql(path, ids.map((id) => `INSERT INTO lettings_address VALUES (${id}, 1, 's', 'c', 'GA', 1, 'USA'); INSERT INTO lettings_letting VALUES (${id}, 't', ${id});`).join(''));
    sql(path, profileOf(7, "O'Neil & <sons>"));
    server = await startServer({ database: path });
  });
  after(() => server.stop());

  const part = async (name) => {
    const answer = await get(`${server.url}${name}`);
    return answer.status === 200 ? locations(answer.text).map((url) => url.replace(server.url, '')) : answer.status;
  };

  test('names the parts that have something', async () => {
    const { headers, text } = await get(`${server.url}/sitemap.xml`);
    assert.equal(headers['content-type'], 'application/xml; charset=utf-8');
    assert.match(text, /^<\?xml version="1\.0" encoding="UTF-8"\?>\n<sitemapindex xmlns="http:\/\/www\.sitemaps\.org\/schemas\/sitemap\/0\.9">/);
    assert.deepEqual(locations(text), ['pages', 'lettings-1', 'lettings-2', 'lettings-19', 'profiles-1'].map((name) => `${server.url}/sitemap-${name}.xml`));
  });

  const PARTS = [
    ['/sitemap-pages.xml', ['/', '/lettings/', '/profiles/']], ['/sitemap-lettings-1.xml', ['/lettings/1/', '/lettings/2/', '/lettings/50000/']],
    ['/sitemap-lettings-2.xml', ['/lettings/50001/', '/lettings/100000/']], ['/sitemap-lettings-19.xml', ['/lettings/900001/']],
    ['/sitemap-profiles-1.xml', ['/profiles/O&#x27;Neil%20&amp;%20%3Csons%3E/']],
    ...['lettings-0', 'lettings-3', 'lettings-9223372036854775807', 'boats-1', 'lettings'].map((name) => [`/sitemap-${name}.xml`, 404]),
  ];
  for (const [name, expected] of PARTS) test(name, async () => assert.deepEqual(await part(name), expected));
});

test('robots.txt names the sitemap, under the host that was asked', async (t) => {
  const server = await startServer({ t });
  const { text } = await get(`${server.url}/robots.txt`, { headers: { Host: 'localhost' } });
  assert.equal(text, 'User-agent: *\nAllow: /\nDisallow: /language/\nSitemap: http://localhost/sitemap.xml\n');
});
