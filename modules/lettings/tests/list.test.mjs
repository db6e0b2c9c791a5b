// Also on PostgreSQL.
// What stands around the list: the filters and their limits, titles, what search engines are told, and lettings without texts.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { get, startServer } from '../../../tests/http/harness.mjs';
import { emptyDatabase, linksOf, range, sql, unescaped } from '../../../tests/http/support.mjs';
import { insertLetting } from './many.mjs';

const letting = (id, title, city, state, country) => insertLetting(id, title, city, state, { street: '', country });
const state = (i) => String.fromCharCode(65 + i / 26, 65 + i % 26);
const count = (text, pattern) => [...text.matchAll(pattern)].length;
const titleOf = (text) => unescaped(/<title>([^<]*)<\/title>/.exec(text)[1]);
const metaOf = (text, name) => unescaped(new RegExp(`<meta [^>]*"${name}" content="([^"]*)"`).exec(text)?.[1] ?? '');

describe('around a long list', () => {
  let server;
  const ask = async (query, language = 'en') => (await get(`${server.url}/lettings/${query}`, { headers: { 'accept-language': language } })).text;
  before(async () => {
    const database = emptyDatabase();
    sql(database, range(0, 119).map((i) => letting(i + 1, `Flat ${i + 1}`, `City ${i}`, state(i % 60))).join(''));
    server = await startServer({ database });
  });
  after(() => server.stop());

  test('ten places of a kind are shown, the others when asked for', async () => {
    for (const query of ['', '?state=AA', '?q=flat']) {
      const text = await ask(query);
      const shown = text.split('<details class="places">')[1].replaceAll(/<details class="more-places">[^]*?<\/details>/g, '').split('</nav>')[0];
      assert.ok(count(shown, /class="chip"/g) <= 20, query);
    }
    assert.match(await ask(''), /<summary>50 more<\/summary>/);
    assert.match(await ask('', 'fr'), /<summary>50 de plus<\/summary>/);
  });

  test('the filters are closed, also where a place is chosen', async () => {
    for (const query of ['', '?state=AA', '?city=City+7', '?q=flat&state=AB']) assert.doesNotMatch(await ask(query), /<details[^>]* open/, query);
  });

  for (const [query, label, url] of [['?state=AA', 'AA', '/lettings/'], ['?city=City+7', 'City 7', '/lettings/'],
    ['?state=AH&city=City+7', 'City 7, AH', '/lettings/'], ['?q=flat+%26&state=AA', 'AA', '/lettings/?q=flat%20%26']]) {
    test(`${query}: one link takes the place away and leaves the words`, async () => {
      const [, href, name] = /<a class="chip chosen" href="([^"]*)"><span class="visually-hidden">Remove filter: <\/span><bdi>([^<]*)</.exec(await ask(query));
      assert.deepEqual([unescaped(href), name], [url, label]);
    });
  }
  test('where no place is chosen, nothing is to be taken away', async () => {
    for (const query of ['', '?q=flat', '?state=', '?city=%20']) assert.doesNotMatch(await ask(query), /chip chosen/, query);
  });

  const TITLES = [
    ['', 'Lettings', 'Locations'],
    ['?after=50', 'Lettings, from Flat 51 on', 'Locations, à partir de Flat 51'],
    ['?last=1', 'Lettings, from Flat 71 on', 'Locations, à partir de Flat 71'],
    ['?state=AB', 'Lettings in AB', 'Locations à AB'],
    ['?state=AH&city=City+7', 'Lettings in City 7, AH', 'Locations à City 7, AH'],
    ['?q=flat', '“flat” – Lettings', '« flat » – Locations'],
    ['?q=%3Cb%3E&state=AA', '“<b>” – Lettings in AA', '« <b> » – Locations à AA'],
    ['?q=flat&from=50', '“flat” – Lettings, from Flat 51 on', '« flat » – Locations, à partir de Flat 51'],
  ];
  for (const [query, english, french] of TITLES) {
    test(`the title of ${query || 'all'} is ${english}`, async () => {
      for (const [language, expected] of [['en', english], ['fr', french]]) {
        const text = await ask(query, language);
        assert.equal(titleOf(text), expected);
        assert.equal(metaOf(text, 'og:title'), expected);
      }
    });
  }

  test('search engines keep the list, and only follow the links of searches and filters', async () => {
    for (const query of ['', '?after=50', '?last=1', '?q=', '?state=&city=']) assert.equal(metaOf(await ask(query), 'robots'), '', query);
    for (const query of ['?q=flat', '?q=zzz', '?state=AA', '?city=City+7', '?q=flat&from=50', '?state=ZZ']) assert.equal(metaOf(await ask(query), 'robots'), 'noindex, follow', query);
  });

  test('a page has one canonical address, whichever way it was reached', async () => {
    const canonical = async (query) => unescaped(/<link rel="canonical" href="([^"]*)"/.exec(await ask(query))[1]).replace(server.url, '');
    for (const [query, expected] of [['', ''], ['?before=51', ''], ['?before=20', ''], ['?after=50', '?after=50'], ['?before=101', '?after=50'], ['?last=1', '?after=70'],
      ['?utm_source=mail', ''], ['?state=AB&x=1', '?state=AB'], ['?city=&state=AB', '?state=AB'], ['?state=AB&before=99', '?state=AB']]) {
      assert.equal(await canonical(query), `/lettings/${expected}`, query);
    }
  });
});

describe('lettings without texts', () => {
  let server;
  before(async () => {
    const database = emptyDatabase();
    sql(database, [letting(1, '', 'Bath', 'ME'), letting(2, ' \t ', '', ''), letting(3, 'No city', '', 'ME'), letting(4, 'No state', 'Bath', '', '')].join(''));
    server = await startServer({ database });
  });
  after(() => server.stop());
  const read = async (path, language = 'en') => (await get(server.url + path, { headers: { 'accept-language': language } })).text;

  test('are named by their number, wherever they are named', async () => {
    for (const [language, name] of [['en', 'Letting'], ['fr', 'Location']]) {
      const list = await read('/lettings/', language);
      for (const id of [1, 2]) {
        assert.ok(list.includes(`<a class="letting_link" href="/lettings/${id}/">${name} ${id}</a>`), list);
        const page = await read(`/lettings/${id}/`, language);
        assert.equal(titleOf(page), `${name} ${id}`);
        assert.ok(page.includes(`<h1>${name} ${id}</h1>`));
        const [rental, { itemListElement }] = JSON.parse(/<script type="application\/ld\+json">([^]*?)<\/script>/.exec(page)[1]);
        assert.deepEqual([rental.name, itemListElement[1].name], [`${name} ${id}`, `${name} ${id}`]);
      }
      assert.match(await read('/lettings/2/', language), new RegExp(`rel="prev"[^>]*>.*<bdi>${name} 1</bdi>`));
    }
  });

  test('an empty city or state leaves no comma and no empty line', async () => {
    const list = await read('/lettings/');
    assert.deepEqual([...list.matchAll(/<p class="quiet" dir="auto">([^<]*)</g)].map(([, place]) => place), ['Bath, ME', 'ME', 'Bath']);
    for (const id of [2, 3, 4]) assert.doesNotMatch(await read(`/lettings/${id}/`), /<p>\s*<\/p>|, *<|>\s*,|in , |, \./, String(id));
    assert.equal(metaOf(await read('/lettings/2/'), 'og:description'), 'Letting 2: a holiday home. See where it is, and who loves the place.');
  });

  test('machines are told of what there is alone', async () => {
    for (const [id, expected] of [[2, {}], [3, { addressRegion: 'ME', addressCountry: 'USA' }], [4, { addressLocality: 'Bath' }]]) {
      const [{ address }] = JSON.parse(/<script type="application\/ld\+json">([^]*?)<\/script>/.exec(await read(`/lettings/${id}/`))[1]);
      const { '@type': _, streetAddress, postalCode: __, ...rest } = address;
      if (id === 2) expected.addressCountry = 'USA';
      assert.deepEqual(rest, expected);
      assert.equal(streetAddress, '1');
    }
  });

  test('their links lead to them', async () => {
    for (const path of linksOf(await read('/lettings/'), /letting_link/)) assert.equal((await get(server.url + path)).status, 200);
  });
});
