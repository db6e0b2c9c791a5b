// Only on SQLite: a browser shows the same page wherever its rows were; tests/http and the modules ask for these pages on both.
// What machines read: titles, descriptions, Open Graph, schema.org, sitemap.xml and robots.txt.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { get } from '../http/harness.mjs';
import { describeUnless, emptyDatabase, profileOf, sql, unescaped } from '../http/support.mjs';
import { LANGUAGES, PAGES, skipWithoutSite, startSite } from './pages.mjs';

const DESCRIPTION = { least: 50, most: 160 };
const ADDRESS = ['streetAddress', 'addressLocality', 'addressRegion', 'postalCode', 'addressCountry'];

const found = PAGES.filter(({ status, hidden }) => !status && !hidden);
const own = found.filter(({ path }) => !path.includes('?'));

describeUnless(skipWithoutSite(), 'machines', () => {
  let server;
  before(async () => { server = await startSite(); });
  after(() => server?.stop());

  const read = async (path, language = 'en') => (await get(server.url + path, { headers: { 'Accept-Language': language } })).text;
  const titleOf = (html) => unescaped(/<title>([^<]*)<\/title>/.exec(html)[1]);
  const metaOf = (html, name) => {
    const tags = [...html.matchAll(/<meta ([^>]*)>/g)].map(([, attributes]) => attributes)
      .filter((attributes) => new RegExp(`(name|property)="${name}"`).test(attributes));
    assert.equal(tags.length, 1, `${name}: ${tags.length}`);
    return unescaped(/content="([^"]*)"/.exec(tags[0])[1]);
  };
  const canonicalOf = (html) => unescaped(/<link rel="canonical" href="([^"]*)"/.exec(html)[1]);
  const dataOf = (html) => [...html.matchAll(/<script type="application\/ld\+json">([^]*?)<\/script>/g)]
    .flatMap(([, json]) => JSON.parse(json));

  for (const language of LANGUAGES) {
    test(`titles and descriptions are each page's own (${language})`, async () => {
      const seen = new Set();
      for (const { name, path } of own) {
        const html = await read(path, language);
        const description = metaOf(html, 'description');
        assert.ok(description.length >= DESCRIPTION.least && description.length <= DESCRIPTION.most,
          `${name}: ${description.length} characters: ${description}`);
        for (const text of [titleOf(html), description]) {
          assert.ok(!seen.has(text), `${name}: ${text}`);
          seen.add(text);
        }
      }
    });

    test(`Open Graph is whole (${language})`, async () => {
      for (const { name, path } of found) {
        const html = await read(path, language);
        for (const key of ['og:title', 'og:description', 'og:type', 'og:site_name']) assert.ok(metaOf(html, key), `${name}: ${key}`);
        assert.equal(metaOf(html, 'og:url'), canonicalOf(html));
        assert.ok(canonicalOf(html).startsWith(`${server.url}/`));
        const picture = await get(metaOf(html, 'og:image'));
        assert.equal(picture.headers['content-type'], 'image/png');
      }
    });
  }

  test('descriptions of the longest and the shortest texts have the right length', async (t) => {
    const database = emptyDatabase();
    sql(database, [[1, 'T'.repeat(256), 'C'.repeat(64), 'u'.repeat(150)], [2, 'T', 'C', 'u']].map(([id, title, city, username]) => `
      INSERT INTO lettings_address VALUES (${id}, 1, 'Street', '${city}', 'GA', 31525, 'USA');
      INSERT INTO lettings_letting VALUES (${id}, '${title}', ${id});
      ${profileOf(id, username)} UPDATE profiles_profile SET favorite_city = '${city}' WHERE id = ${id};
      ${profileOf(id + 2, `${username}0`)} UPDATE profiles_profile SET favorite_city = '' WHERE id = ${id + 2};`).join(''));
    const few = await startSite({ database, t });
    for (const path of ['/lettings/1/', '/lettings/2/', ...['u'.repeat(150), 'u', `${'u'.repeat(150)}0`, 'u0'].map((name) => `/profiles/${name}/`)]) {
      for (const language of LANGUAGES) {
        const { text } = await get(few.url + path, { headers: { 'Accept-Language': language } });
        const { length } = metaOf(text, 'description');
        assert.ok(length >= DESCRIPTION.least && length <= DESCRIPTION.most, `${path} (${language}): ${length}`);
      }
    }
  });

  test('search engines are asked to leave out what only repeats other pages', async () => {
    for (const { name, path, unlisted, hidden } of PAGES.filter(({ status }) => !status)) {
      assert.equal(/<meta name="robots" content="noindex/.test(await read(path)), Boolean(unlisted || hidden), name);
    }
  });

  test('a page of its own is its own canonical address', async () => {
    for (const { path } of own) assert.equal(canonicalOf(await read(path)), server.url + path);
  });

  test('what is hidden from search engines says so', async () => {
    for (const { path } of PAGES.filter(({ hidden }) => hidden)) assert.equal(metaOf(await read(path), 'robots'), 'noindex', path);
  });

  test('the agency is described to schema.org', async () => {
    const [business] = dataOf(await read('/'));
    assert.equal(business['@context'], 'https://schema.org');
    assert.equal(business['@type'], 'LodgingBusiness');
    assert.equal(business.url, `${server.url}/`);
    for (const key of ['name', 'description', 'image']) assert.ok(business[key], key);
  });

  test('a letting is described to schema.org, with its address and the way to it', async () => {
    const [rental, trail] = dataOf(await read('/lettings/1/'));
    assert.equal(rental['@type'], 'VacationRental');
    assert.equal(rental.identifier, '1');
    assert.equal(rental.url, `${server.url}/lettings/1/`);
    assert.equal(rental.name, 'Joshua Tree Green Haus /w Hot Tub');
    assert.equal((await get(rental.image)).status, 200);
    assert.deepEqual(ADDRESS.map((key) => rental.address[key]), ['7217 Bedford Street', 'Brunswick', 'GA', '31525', 'USA']);
    assert.equal(trail['@type'], 'BreadcrumbList');
    assert.deepEqual(trail.itemListElement.map(({ position }) => position), [1, 2]);
    assert.equal(trail.itemListElement[0].item, `${server.url}/lettings/`);
  });

  test('robots.txt names the sitemap, and that every page', async () => {
    const [, url] = /^Sitemap: (http\S+)$/m.exec(await read('/robots.txt'));
    assert.equal(url, `${server.url}/sitemap.xml`);
    const locations = (xml) => {
      assert.match(xml, /^<\?xml version="1\.0" encoding="UTF-8"\?>\n<(urlset|sitemapindex) xmlns="http:\/\/www\.sitemaps\.org\/schemas\/sitemap\/0\.9">/);
      return [...xml.matchAll(/<loc>([^<]*)<\/loc>/g)].map(([, each]) => each);
    };
    const parts = locations((await get(url)).text);
    const pages = (await Promise.all(parts.map(async (part) => locations((await get(part)).text)))).flat();
    for (const { path } of own) assert.ok(pages.includes(server.url + path), path);
    assert.equal(new Set(pages).size, pages.length);
  });
});
