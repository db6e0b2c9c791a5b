// Also on PostgreSQL.
// Places beside the list: how many lettings each has of what is searched, and that what is chosen is shown so.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { get, startServer, urlOf, skipOnPostgres } from '../../../tests/http/harness.mjs';
import { checkCommand, emptyDatabase, range, sql, unescaped, untranslated, dropTrigger } from '../../../tests/http/support.mjs';
import { insertLetting, titlesOf } from './many.mjs';

/** The chips of a page: { label: { count, chosen, url } }. */
const chipsOf = (html) => Object.fromEntries([...html.matchAll(/<a class="chip" href="([^"]*)"([^>]*)>([^]*?)<\/a>/g)].map(([, url, more, inner]) => {
  const text = unescaped(inner.replace(/<span class="count">.*?<\/span>/, '').replace(/<[^>]*>/g, '')).trim();
  return [text, { count: Number(/class="count">(\d+)</.exec(inner)?.[1]) || null, chosen: /aria-current="true"/.test(more), url: unescaped(url) }];
}));
const countsOf = (html) => Object.fromEntries(Object.entries(chipsOf(html)).map(([label, { count }]) => [label, count]));
const chosenOf = (html) => Object.entries(chipsOf(html)).filter(([, { chosen }]) => chosen).map(([label]) => label);

describe('places', () => {
  let server;
  const ask = async (query) => {
    const answer = await get(`${server.url}/lettings/${query}`);
    assert.equal(answer.status, 200, query);
    return answer.text;
  };
  const ROWS = [
    [1, 'Sunny Cottage', 'Hanover', 'NJ'], [2, 'Cottage', 'Hanover', 'MA'], [3, 'Sunny Barn', 'Ocean City', 'NJ'], [4, 'Flat', 'York', 'PA'],
    [5, 'Flat', 'New York', 'NY'], [6, 'Cottage', '', 'NJ'], [7, 'Cottage', 'Hanover', ''], [8, 'Cottage', '', ''], [9, 'Flat', 'york', 'PA'], [10, 'Flat', 'York Beach', 'ME'],
  ];

  before(async () => {
    const path = emptyDatabase();
    sql(path, ROWS.map((row) => insertLetting(...row)).join('\n'));
    server = await startServer({ database: path });
  });
  after(() => server.stop());

  for (const [query, counts] of [
    ['', { MA: 1, ME: 1, NJ: 3, NY: 1, PA: 2, 'Hanover, MA': 1, 'Hanover, NJ': 1, 'Ocean City, NJ': 1, 'New York, NY': 1, 'York, PA': 1, 'york, PA': 1, 'York Beach, ME': 1 }],
    ['?q=sunny', { NJ: 2, 'Hanover, NJ': 1, 'Ocean City, NJ': 1 }],
    ['?q=cottage', { MA: 1, NJ: 2, 'Hanover, MA': 1, 'Hanover, NJ': 1 }],
    ['?q=cott', { MA: 1, NJ: 2, 'Hanover, MA': 1, 'Hanover, NJ': 1 }],
    ['?q=sunny&state=NJ', { NJ: 2, 'Hanover, NJ': 1, 'Ocean City, NJ': 1 }],
    ['?q=cottage&state=NJ', { MA: 1, NJ: 2, 'Hanover, NJ': 1 }],
    ['?q=cottage&state=NJ&city=Hanover', { MA: 1, NJ: 2, 'Hanover, NJ': 1 }],
    ['?q=cottage&state=PA', { MA: 1, NJ: 2, PA: null }],
    ['?q=zzzz', {}],
    ['?q=new+jersey', { NJ: 3, 'Hanover, NJ': 1, 'Ocean City, NJ': 1 }],
  ]) {
    test(`${query} counts what a visitor would get`, async () => {
      const text = await ask(query);
      assert.deepEqual(countsOf(text), counts);
      for (const [label, { count, url }] of Object.entries(chipsOf(text))) {
        assert.equal(titlesOf((await get(server.url + url)).text).length, count ?? 0, `${label}: ${url}`);
      }
    });
  }

  for (const [query, chosen] of [
    ['', []], ['?state=NJ', ['NJ']], ['?state=NJ&city=Hanover', ['NJ', 'Hanover, NJ']], ['?city=Hanover', ['Hanover']], ['?city=Hanover&q=cottage', ['Hanover']],
    ['?state=ZZ', ['ZZ']], ['?state=NJ&city=Nowhere', ['NJ', 'Nowhere, NJ']], ['?state=&city=', []], ['?q=sunny&state=MA', ['MA']], ['?city=%3Cb%3E', ['<b>']],
  ]) {
    test(`${query || 'nothing'} shows as chosen: ${chosen.join(' and ') || 'nothing'}`, async () => {
      const text = await ask(query);
      assert.deepEqual(chosenOf(text), chosen);
      for (const label of Object.keys(chipsOf(text))) assert.doesNotMatch(label, /^,|,$|^$/);
    });
  }

  for (const [query, expected, name] of [
    ['?q=flat&city=York', [4], 'neither New York nor York Beach, and no other case'],
    ['?q=flat&city=york', [9], 'as it is written'],
    ['?q=flat&state=PA', [4, 9], 'of a state'],
    ['?q=flat&state=pa', [], 'as it is written'],
    ['?q=flat&state=NY&city=York', [], 'of both'],
    ['?q=cottage&city=Hanover', [1, 2, 7], 'also without a state'],
    ['?q=flat&city=%22York%22', [], 'with quotes'],
    ['?q=flat&city=York*', [], 'with what FTS5 knows'],
  ]) {
    test(`${query} finds ${expected}: ${name}`, async () => {
      const found = [...(await ask(query)).matchAll(/class="letting_link"[^>]*href="\/lettings\/(\d+)\/|href="\/lettings\/(\d+)\/"[^>]*class="letting_link"/g)];
      assert.deepEqual(found.map(([, one, other]) => Number(one ?? other)), expected);
    });
  }

  test('a place is found among any number that have its words', async (t) => {
    t.after(() => sql(server.database, 'DELETE FROM lettings_letting WHERE id >= 100; DELETE FROM lettings_address WHERE id >= 100;'));
    sql(server.database, `WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 1299) INSERT INTO lettings_address SELECT i, 1, 'Street', 'New York', 'NY', 1, 'USA' FROM n;
      INSERT INTO lettings_letting SELECT id, 'Flat', id FROM lettings_address WHERE id >= 100; ${insertLetting(1400, 'Last flat', 'York', 'NY')}`);
    assert.deepEqual(titlesOf(await ask('?q=flat&city=York')), ['Flat', 'Last flat']);
    assert.deepEqual(titlesOf(await ask('?q=flat&city=York&state=NY')), ['Last flat']);
    const text = await ask('?q=flat');
    assert.deepEqual([...new Set(Object.values(countsOf(text)))], [null], 'too many to be counted: no number');
    assert.doesNotMatch(text, /lettings found/);
    const inState = await ask('?q=flat&state=PA');
    assert.deepEqual([...new Set(Object.values(countsOf(inState)))], [null]);
    assert.match(inState, /2 lettings found/);
    assert.deepEqual(chosenOf(inState), ['PA']);
  });

  test('a full page is counted, one more is not', async (t) => {
    t.after(() => sql(server.database, 'DELETE FROM lettings_letting WHERE id >= 100; DELETE FROM lettings_address WHERE id >= 100;'));
    sql(server.database, `BEGIN; ${range(100, 149).map((id) => insertLetting(id, 'Yurt', `Town ${id % 3}`, 'UT')).join('')} COMMIT;`);
    const text = await ask('?q=yurt');
    assert.deepEqual(countsOf(text), { UT: 50, 'Town 0, UT': 16, 'Town 1, UT': 17, 'Town 2, UT': 17 });
    assert.match(text, /50 lettings found/);
    sql(server.database, insertLetting(150, 'Yurt', 'Town 0', 'UT'));
    const more = await ask('?q=yurt');
    assert.equal(countsOf(more).UT, null);
    assert.doesNotMatch(more, /lettings found/);
  });

  test('a place with spaces at its ends leads to what is counted', { skip: skipOnPostgres('PostgreSQL cuts spaces that are too many for the column') }, async (t) => {
    t.after(() => sql(server.database, 'DELETE FROM lettings_letting WHERE id >= 100; DELETE FROM lettings_address WHERE id >= 100;'));
    sql(server.database, insertLetting(100, 'Hut', ' Trailing ', 'QQ '));
    for (const { count, url } of [chipsOf(await ask('')).QQ, chipsOf(await ask('?state=QQ%20'))['Trailing , QQ']]) {
      assert.equal(count, 1);
      assert.deepEqual(titlesOf(await ask(url.slice(url.indexOf('?')))), ['Hut']);
    }
    assert.deepEqual(titlesOf(await ask('?state=%20')), titlesOf(await ask('')));
  });

  test('a state beyond the first hundred is shown when it is chosen', async (t) => {
    t.after(() => sql(server.database, 'DELETE FROM lettings_letting WHERE id >= 100; DELETE FROM lettings_address WHERE id >= 100;'));
    sql(server.database, `BEGIN; ${range(0, 119).map((i) => insertLetting(100 + i, 'Hut', 'Town', String.fromCharCode(65 + Math.floor(i / 26), 65 + (i % 26)))).join('')}
      ${insertLetting(300, 'Hut', 'Town', 'ZZ')} COMMIT;`);
    assert.equal(chipsOf(await ask('')).ZZ, undefined);
    assert.deepEqual(chipsOf(await ask('?state=ZZ')).ZZ, { count: 1, chosen: true, url: '/lettings/?state=ZZ' });
    assert.deepEqual(chipsOf(await ask('?state=ZZ&q=hut')).ZZ, { count: null, chosen: true, url: '/lettings/?q=hut&state=ZZ' });
  });
});

describe('a search that takes too long', () => {
  let server;
  before(async () => {
    const path = emptyDatabase();
    sql(path, `${dropTrigger('lettings_letting_insert', 'lettings_letting')} ${dropTrigger('lettings_address_insert', 'lettings_address')} BEGIN;
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000)
      INSERT INTO lettings_address (id, number, street, city, state, zip_code, country_iso_code) SELECT i, 1, 'Street', 'City', 'GA', 1, 'USA' FROM n;
      INSERT INTO lettings_letting (id, title, address_id) SELECT id, CASE WHEN id = 60000 THEN 'odd even' WHEN id % 2 = 1 THEN 'odd' ELSE 'even' END, id FROM lettings_address; COMMIT;`);
    checkCommand(['migrate'], { env: { DATABASE_URL: urlOf(path) } });
    server = await startServer({ database: path, env: { SEARCH_TIME_LIMIT: '1', WEB_CONCURRENCY: '1' } });
  });
  after(() => server?.stop());

  test('says so, in both languages, and is kept by nobody', async () => {
    const query = `${server.url}/lettings/?q=odd+even`;
    for (let i = 0; i < 2; i++) {
      const { status, headers, text } = await get(query);
      assert.equal(status, 503);
      assert.deepEqual([headers['cache-control'], headers['retry-after']], ['no-store', '5']);
      assert.equal(headers.etag, undefined);
      assert.match(text, /This search takes too long/);
      assert.match(text, /name="q"[^>]*value="odd even"/);
      assert.match(text, /Show all lettings/);
      assert.doesNotMatch(text, /Nothing fits/);
    }
    const french = await get(query, { headers: { 'accept-language': 'fr' } });
    assert.equal(french.status, 503);
    assert.match(french.text, /Cette recherche prend trop de temps/);
    assert.deepEqual(untranslated(french.text, (await get(query)).text, ['Holiday Homes', 'English', 'Français', 'odd even']), []);
  });

  test('and limits no other page', async () => {
    for (const path of ['/lettings/', '/lettings/?state=GA', '/lettings/1/']) assert.equal((await get(server.url + path)).status, 200, path);
  });
});

test('a search has all the time where it has no limit', async (t) => {
  const path = emptyDatabase();
  sql(path, insertLetting(1, 'Home', 'Bath', 'ME'));
  const server = await startServer({ database: path, env: { SEARCH_TIME_LIMIT: '0' }, t });
  assert.deepEqual(titlesOf((await get(`${server.url}/lettings/?q=home`)).text), ['Home']);
});
