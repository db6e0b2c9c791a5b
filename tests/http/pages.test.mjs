// The public pages: what the Django site's users and tests find on them.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { get, makeDatabase, sharedData, skipWithoutShared, startServer,
  temporaryFolder } from './harness.mjs';
import { ask, describeUnless, emptyDatabase, escaped, linksOf, manyLettings, profileOf, quoted,
  sql } from './support.mjs';

const DJANGO = 'oc-lettings-site.sqlite3';

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
const PROFILES = [
  ['HeadlinesGazer', ['Jamie', 'Lal', 'headlinesgazer@example.com', 'Buenos Aires']],
  ['DavWin', ['Cassandra', 'Grahm', 'davwin@example.com', 'Barcelona']],
  ['AirWow', ['Ada', 'Paul', 'airwow@example.com', 'Budapest']],
  ['4meRomance', ['John', 'Rodriguez', '4meromance@example.com', 'Berlin']],
];

const PAGES = [
  { path: '/', title: 'Holiday Homes', heading: 'Welcome to Holiday Homes',
    ids: ['profiles', 'lettings'] },
  { path: '/lettings/', title: 'Lettings', heading: 'Lettings', ids: ['home', 'index_profiles'],
    texts: LETTINGS.map(([, title]) => `>${title}</a>`) },
  { path: '/profiles/', title: 'Profiles', heading: 'Profiles', ids: ['home', 'index_lettings'],
    texts: PROFILES.map(([name]) => `>${name}</a>`) },
  ...LETTINGS.map(([id, title, texts]) => ({ path: `/lettings/${id}/`, title, heading: title, texts,
    ids: ['index_lettings', 'home', 'index_profiles'] })),
  ...PROFILES.map(([name, texts]) => ({ path: `/profiles/${name}/`, title: name, heading: name,
    texts, ids: ['index_profiles', 'home', 'index_lettings'] })),
];

function checkPage({ status, headers, text }, { title, heading, texts = [], ids = [] }) {
  assert.equal(status, 200);
  assert.equal(headers['content-type'], 'text/html; charset=utf-8');
  assert.ok(text.includes(`<title>${title}</title>`), text);
  assert.ok(text.includes(`<h1>${heading}</h1>`), text);
  for (const part of texts) assert.ok(text.includes(part), `${part} is missing in ${text}`);
  for (const id of ids) assert.equal(text.split(` id="${id}"`).length, 2,
    `id="${id}" stands once in ${text}`);
}

for (const [name, source, skip] of [
  ['the demo database', () => undefined, false],
  ["the Django site's own database", () => sharedData(DJANGO), skipWithoutShared(DJANGO)],
]) {
  describeUnless(skip, `from ${name}`, () => {
    let server;
    before(async () => { server = await startServer({ database: source() }); });
    after(() => server?.stop());

    for (const page of PAGES) {
      test(`${page.path} shows ${page.title}`,
        async () => checkPage(await get(server.url + page.path), page));
    }

    test('each letting and each profile has one link that leads to it', async () => {
      const lettings = linksOf((await get(`${server.url}/lettings/`)).text, /class="letting_link"/);
      assert.deepEqual(lettings, LETTINGS.map(([id]) => `/lettings/${id}/`));
      const profiles = linksOf((await get(`${server.url}/profiles/`)).text, /class="profile_link"/);
      assert.deepEqual(profiles, PROFILES.map(([username]) => `/profiles/${username}/`));
    });

    test('the front page links to lettings and profiles', async () => {
      const { text } = await get(`${server.url}/`);
      assert.deepEqual(linksOf(text, /id="lettings"/), ['/lettings/']);
      assert.deepEqual(linksOf(text, /id="profiles"/), ['/profiles/']);
    });

    for (const path of ['/lettings/7/', '/lettings/0/', '/profiles/nobody/', '/profiles/airwow/',
      '/profiles/admin/', '/no-such-page/']) {
      test(`${path} is a 404 page`, async () => {
        const { status, headers, text } = await get(server.url + path);
        assert.equal(status, 404);
        assert.equal(headers['content-type'], 'text/html; charset=utf-8');
        assert.match(text, /<title>Page not found<\/title>/);
        assert.match(text, /<nav aria-label="Main">/);
      });
    }
  });
}

describe('lists and special characters', () => {
  let server;
  const change = (script) => sql(server.database,
    `PRAGMA foreign_keys = OFF; BEGIN; ${script} COMMIT;`);
  before(async () => { server = await startServer({ database: emptyDatabase() }); });
  after(() => server?.stop());

  test('an empty database says so', async () => {
    const lettings = await get(`${server.url}/lettings/`);
    checkPage(lettings, { title: 'Lettings', heading: 'Lettings',
      texts: ['No lettings are available.'] });
    assert.deepEqual(linksOf(lettings.text, /letting_link/), []);
    checkPage(await get(`${server.url}/profiles/`), { title: 'Profiles', heading: 'Profiles',
      texts: ['No profiles are available.'] });
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
      change(`${manyLettings(1)} REPLACE INTO lettings_address (id, number, street, city, state, zip_code, country_iso_code) VALUES (1, ${values});`);
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

  // [username, its path as Django's reverse() writes it]
  const USERNAMES = [
    ['plain', '/profiles/plain/'], ['o\'brien@example.com', "/profiles/o'brien@example.com/"],
      ['a.b+c-d_e', '/profiles/a.b+c-d_e/'],
    ['josé', '/profiles/jos%C3%A9/'], ['東京', '/profiles/%E6%9D%B1%E4%BA%AC/'],
      ['🏠', '/profiles/%F0%9F%8F%A0/'], ['a b', '/profiles/a%20b/'],
    ['50%', '/profiles/50%25/'], ['%41', '/profiles/%2541/'], ['q?x=1#y', '/profiles/q%3Fx=1%23y/'],
      ['<i>&"', '/profiles/%3Ci%3E&%22/'],
    ['n'.repeat(150), `/profiles/${'n'.repeat(150)}/`],
  ];
  for (const [username, path] of USERNAMES) {
    test(`the profile of ${username.slice(0, 20)} is linked and found, however it is written`,
      async () => {
      change(`DELETE FROM profiles_profile; DELETE FROM auth_user; ${profileOf(1, username)}`);
      assert.deepEqual(linksOf((await get(`${server.url}/profiles/`)).text, /profile_link/),
        [path]);
      const all = [...Buffer.from(username)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
      for (const each of [path, `/profiles/${all}/`]) {
        checkPage(await get(server.url + each), { title: escaped(username),
          heading: escaped(username) });
      }
    });
  }

  const numbersOf = (text) => linksOf(text, /letting_link/).map((path) => Number(/\d+/.exec(path)));
  const range = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
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

  for (const query of ['after=x', 'after=', 'after=1.5', 'after=9223372036854775808', 'after=120',
    'after=9223372036854775807', 'before=x', 'before=',
    'after=1%20', 'after=%zz', 'before=%zz', 'after=%FF', 'after=0x10', 'before=99999999999999999999',
    'after=1;DROP TABLE lettings_letting'.replaceAll(' ', '+')]) {
    test(`/lettings/?${query} is no page`, async () => {
      change(manyLettings(120));
      assert.equal((await get(`${server.url}/lettings/?${query}`)).status, 404);
    });
  }

  test('profiles are paged too', async () => {
    change(`DELETE FROM profiles_profile; DELETE FROM auth_user; ${range(1, 51).map((i) => profileOf(i, `user${i}`)).join('')}`);
    const { text } = await get(`${server.url}/profiles/`);
    assert.equal(linksOf(text, /profile_link/).length, 50);
    const [next] = linksOf(text, /rel="next"/);
    assert.deepEqual(linksOf((await get(new URL(next, `${server.url}/profiles/`))).text,
      /profile_link/), ['/profiles/user51/']);
  });
});

for (const [value, isShown] of [[undefined, true], ['everyone', true], ['signed-in', false],
  ['staff', false]]) {
  test(`PROFILES_SHOW_EMAIL=${value ?? '(unset)'} ${isShown ? 'shows' : 'keeps'} the address`,
    async (t) => {
    const server = await startServer({ env: { PROFILES_SHOW_EMAIL: value }, t });
    const { status, text } = await get(`${server.url}/profiles/AirWow/`);
    assert.equal(status, 200);
    assert.equal(text.includes('airwow@example.com'), isShown);
    assert.equal(text.includes('mailto:'), isShown);
    assert.ok(text.includes('Budapest'));
  });
}

test('HEAD gives the headers of GET and no body', async (t) => {
  const server = await startServer({ t });
  const [css] = /\/static\/[^"]*\.css/.exec((await get(`${server.url}/`)).text);
  const comparable = ({ status, headers: { date, 'x-request-id': id, ...headers } }) => ({ status,
    headers });
  for (const path of [...PAGES.map((page) => page.path), '/healthz', '/readyz', '/favicon.ico',
    '/robots.txt', css, '/lettings', '/lettings/99/', '/%zz']) {
    for (const encoding of ['identity', 'gzip']) {
      const [whole, head] = await Promise.all(['GET', 'HEAD'].map((method) => ask(server.port,
        `${method} ${path}`, { 'Accept-Encoding': encoding })));
      assert.deepEqual(comparable(head), comparable(whole), path);
      assert.equal(head.body, '');
      assert.equal(Number(whole.headers['content-length']), whole.body.length);
    }
  }
});

test('what changes in the database shows at the next request', async (t) => {
  const server = await startServer({ database: makeDatabase(temporaryFolder()), t });
  for (const title of ['First', 'Second', 'Third']) {
    sql(server.database, `UPDATE lettings_letting SET title = '${title}' WHERE id = 1;`);
    checkPage(await get(`${server.url}/lettings/1/`), { title, heading: title });
  }
});
