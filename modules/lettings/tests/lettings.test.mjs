// Also on PostgreSQL.
// The lettings: their list, page by page, and the page of each.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { get, startServer } from '../../../tests/http/harness.mjs';
import { checkCommand, checkMissing, checkPage, describeDatabases, emptyDatabase, escaped, linksOf, quoted,
  range, sql, withoutReferences } from '../../../tests/http/support.mjs';
import { manyLettings } from './many.mjs';

const LETTINGS = [
  [1, 'Joshua Tree Green Haus /w Hot Tub', ['7217 Bedford Street', 'Brunswick, GA 31525', 'USA']],
  [2, 'Oceanview Retreat', ['4 Military Street', 'Willoughby, OH 44094', 'USA']],
  [3, '&#x27;Silo Studio&#x27; Cottage', ['340 Wintergreen Avenue', 'Newport News, VA 23601',
  'USA']],
  [4, 'Pirates of the Caribbean Getaway', ['9230 E. Joy Ridge Street', 'Marquette, MI 49855',
  'USA']],
  [5, 'The Mushroom Dome Retreat &amp; LAND of Paradise Suite',
  ['9606 Harvard Street', 'Aliquippa, PA 15001', 'USA']],
  [6, 'Underground Hygge', ['588 Argyle Avenue', 'East Meadow, NY 11554', 'USA']],
];

describeDatabases((server) => {
  test('the list has one link to each', async () => {
    const answer = await get(`${server().url}/lettings/`);
    checkPage(answer, { title: 'Lettings', texts: LETTINGS.map(([, title]) => `>${title}</a>`) });
    assert.deepEqual(linksOf(answer.text, /class="letting_link"/), LETTINGS.map(([id]) => `/lettings/${id}/`));
  });

  for (const [id, title, texts] of LETTINGS) {
    test(`/lettings/${id}/ shows ${title}`,
      async () => checkPage(await get(`${server().url}/lettings/${id}/`), { title, texts }));
  }

  for (const path of ['/lettings/7/', '/lettings/0/']) {
    test(`${path} is a 404 page`, async () => checkMissing(await get(server().url + path)));
  }
});

test('routes lists both', () => {
  checkCommand(['routes'], { out: /^GET, HEAD +\/lettings\/ +public +lettings:index\nGET, HEAD +\/lettings\/<int:letting_id>\/ +public +lettings:letting$/m });
});

describe('lists and special characters', () => {
  let server;
  const change = (script) => sql(server.database,
    withoutReferences(`BEGIN; ${script} COMMIT;`));
  before(async () => { server = await startServer({ database: emptyDatabase() }); });
  after(() => server?.stop());

  test('an empty database says so', async () => {
    const answer = await get(`${server.url}/lettings/`);
    checkPage(answer, { title: 'Lettings', texts: ['No lettings are available.'] });
    assert.deepEqual(linksOf(answer.text, /letting_link/), []);
    assert.equal((await get(`${server.url}/lettings/?last=1`)).status, 200);
    assert.equal((await get(`${server.url}/lettings/?after=0`)).status, 404);
  });

  const ADDRESSES = [
    ['a US zip code keeps its zeros', `1, 'Main', 'Holtsville', 'NY', 501, 'USA'`,
      'Holtsville, NY 00501'],
    ['the smallest too', `1, 'Main', 'Nowhere', 'NY', 0, 'USA'`, 'Nowhere, NY 00000'],
    ['elsewhere it is as it is', `1, 'Main', 'Oslo', 'OS', 501, 'NOR'`, 'Oslo, OS 501'],
    ['an address is escaped', `1, '<b>"Main" & ''Side''</b>', 'A', 'B', 12345, 'USA'`,
      '1 &lt;b&gt;&quot;Main&quot; &amp; &#x27;Side&#x27;&lt;/b&gt;'],
    ['UTF-8 stays as it is', `1, 'Große Straße 東京 🏠', 'Köln', 'NW', 12345, 'DEU'`,
      '1 Große Straße 東京 🏠'],
  ];
  for (const [name, values, expected] of ADDRESSES) {
    test(name, async () => {
      change(`${manyLettings(1)} DELETE FROM lettings_address; INSERT INTO lettings_address (id, number, street, city, state, zip_code, country_iso_code) VALUES (1, ${values});`);
      checkPage(await get(`${server.url}/lettings/1/`), { title: 'Letting 1', heading: 'Letting 1',
        texts: [expected] });
    });
  }

  for (const title of [`'Silo' & "Barn"`, '<script>alert(1)</script>', '{{ 7|add:7 }}{% now "Y" %}',
    'Café 東京 🏠', '&amp;', '<!--', 'x'.repeat(256)]) {
    test(`the title ${title.slice(0, 30)} is escaped in list and page`, async () => {
      change(`${manyLettings(1)} UPDATE lettings_letting SET title = ${quoted(title)};`);
      checkPage(await get(`${server.url}/lettings/1/`), { title: escaped(title),
        heading: escaped(title) });
      assert.ok((await get(`${server.url}/lettings/`)).text.includes(`>${escaped(title)}</a>`));
    });
  }

  const numbersOf = (text) => linksOf(text, /letting_link/).map((path) => Number(/\d+/.exec(path)));
  // Follows links of one rel or text until there is none: the numbers page by page.
  async function walk(start, pattern) {
    const pages = [];
    for (let url = new URL(start, server.url); pages.length < 10;) {
      const { status, text } = await get(url);
      assert.equal(status, 200, String(url));
      pages.push({ numbers: numbersOf(text), url });
      const [next] = linksOf(text, pattern);
      if (!next) return pages;
      url = new URL(next, url);
    }
    return assert.fail('the links go round in circles');
  }

  for (const [count, pages] of [[1, [1]], [49, [49]], [50, [50]], [51, [50, 1]], [100, [50, 50]],
    [120, [50, 50, 20]]]) {
    test(`${count} lettings are ${pages.length} page(s), and the links lead over each letting once, there and back`, async () => {
      change(manyLettings(count));
      const there = await walk('/lettings/', /rel="next"/);
      assert.deepEqual(there.map(({ numbers }) => numbers.length), pages);
      assert.deepEqual(there.flatMap(({ numbers }) => numbers), range(1, count));
      const back = await walk(there.at(-1).url, /rel="prev"/);
      assert.deepEqual(back.reverse().map(({ numbers }) => numbers),
        there.map(({ numbers }) => numbers));
      const last = numbersOf((await get(`${server.url}/lettings/?last=1`)).text);
      assert.deepEqual(last, range(Math.max(1, count - 49), count));
      const fromLast = await walk('/lettings/?last=1', /rel="prev"/);
      assert.deepEqual(fromLast.reverse().flatMap(({ numbers }) => numbers), range(1, count));
      const toLast = await walk(fromLast[0].url, /rel="next"/);
      assert.deepEqual(toLast.flatMap(({ numbers }) => numbers), range(1, count));
    });
  }

  test('first and last are linked where they lead elsewhere', async () => {
    change(manyLettings(120));
    const labels = (text) => [...text.matchAll(/<a [^>]*>(First|Previous|Next|Last)<\/a>/g)].map(([,
      label]) => label);
    for (const [query, expected] of [['', ['Next', 'Last']], ['?after=50',
      ['First', 'Previous', 'Next', 'Last']],
      ['?after=100', ['First', 'Previous']], ['?last=1', ['First', 'Previous']]]) {
      const { text } = await get(`${server.url}/lettings/${query}`);
      assert.deepEqual(labels(text), expected, query);
      if (expected.includes('First')) assert.ok(text.includes('<a href="/lettings/">First</a>'));
    }
  });

  test('behind the end there is no next page, wherever it is asked for', async () => {
    change(manyLettings(120));
    for (const [query, next] of [['before=120', true], ['before=121', false], ['before=1000000', false], ['before=9223372036854775807', false],
      ['before=1', true], ['before=-9223372036854775808', true]]) {
      const { status, text } = await get(`${server.url}/lettings/?${query}`);
      assert.equal(status, 200, query);
      const links = linksOf(text, /rel="next"/);
      assert.equal(links.length > 0, next, query);
      for (const link of links) assert.equal((await get(new URL(link, `${server.url}/lettings/`))).status, 200, query);
    }
    change('DELETE FROM lettings_letting WHERE id > 110;');
    assert.deepEqual(linksOf((await get(`${server.url}/lettings/?before=111`)).text, /rel="(next|last)"/), []);
  });

  for (const query of ['after=x', 'after=', 'after=1.5', 'after=9223372036854775808', 'after=120',
    'after=9223372036854775807', 'before=x', 'before=',
    'after=1%20', 'after=%zz', 'before=%zz', 'after=%FF', 'after=0x10', 'before=99999999999999999999',
    'after=1;DROP TABLE lettings_letting'.replaceAll(' ', '+')]) {
    test(`/lettings/?${query} is no page`, async () => {
      change(manyLettings(120));
      assert.equal((await get(`${server.url}/lettings/?${query}`)).status, 404);
    });
  }

  test('what changes in the database shows at the next request', async () => {
    change(manyLettings(1));
    for (const title of ['First', 'Second', 'Third']) {
      sql(server.database, `UPDATE lettings_letting SET title = '${title}' WHERE id = 1;`);
      checkPage(await get(`${server.url}/lettings/1/`), { title });
    }
  });
});
