// Also on PostgreSQL.
// The profiles: their list, the page of each, and who is shown an address.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { get, startServer } from '../../../tests/http/harness.mjs';
import { checkCommand, checkMissing, checkPage, describeDatabases, emptyDatabase, escaped, linksOf, profileOf,
  range, sql, withoutReferences } from '../../../tests/http/support.mjs';

const PROFILES = [
  ['HeadlinesGazer', ['Jamie', 'Lal', 'headlinesgazer@example.com', 'Buenos Aires']],
  ['DavWin', ['Cassandra', 'Grahm', 'davwin@example.com', 'Barcelona']],
  ['AirWow', ['Ada', 'Paul', 'airwow@example.com', 'Budapest']],
  ['4meRomance', ['John', 'Rodriguez', '4meromance@example.com', 'Berlin']],
];

describeDatabases((server) => {
  test('the list has one link to each', async () => {
    const answer = await get(`${server().url}/profiles/`);
    checkPage(answer, { title: 'Profiles', texts: PROFILES.map(([name]) => `>${name}</a>`) });
    assert.deepEqual(linksOf(answer.text, /class="profile_link"/), PROFILES.map(([name]) => `/profiles/${name}/`));
  });

  for (const [name, texts] of PROFILES) {
    test(`/profiles/${name}/ shows ${name}`,
      async () => checkPage(await get(`${server().url}/profiles/${name}/`), { title: name, texts }));
  }

  for (const path of ['/profiles/nobody/', '/profiles/airwow/', '/profiles/admin/']) {
    test(`${path} is a 404 page`, async () => checkMissing(await get(server().url + path)));
  }
});

test('routes lists both', () => {
  checkCommand(['routes'], { out: /^GET, HEAD +\/profiles\/ +public +profiles:index\nGET, HEAD +\/profiles\/<str:username>\/ +public +profiles:profile$/m });
});

describe('lists and special characters', () => {
  let server;
  const change = (script) => sql(server.database,
    withoutReferences(`BEGIN; ${script} COMMIT;`));
  before(async () => { server = await startServer({ database: emptyDatabase() }); });
  after(() => server?.stop());

  test('an empty database says so', async () => {
    checkPage(await get(`${server.url}/profiles/`), { title: 'Profiles', texts: ['No profiles are available.'] });
  });

  test('a profile whose user has an empty name is named by its number', async () => {
    change(profileOf(1, '') + profileOf(2, ' ') + profileOf(3, 'ada'));
    const { text } = await get(`${server.url}/profiles/`);
    for (const name of ['>Profile 1</h2>', '<a class="profile_link" href="/profiles/%20/">Profile 2</a>', '>ada</a>']) assert.ok(text.includes(name), text);
    checkPage(await get(`${server.url}/profiles/%20/`), { title: 'Profile 2' });
    const french = await get(`${server.url}/profiles/%20/`, { headers: { 'accept-language': 'fr' } });
    checkPage(french, { title: 'Profil 2' });
    change('DELETE FROM profiles_profile; DELETE FROM auth_user;');
  });

  test("a profile's page shows the others who love its city", async () => {
    const people = async (name) => linksOf((await get(`${server.url}/profiles/${name}/`)).text, /profile_link/);
    change(profileOf(1, 'one', 'Oslo') + profileOf(2, 'two', 'Oslo') + profileOf(3, 'three', 'Paris') + profileOf(4, 'four', '') + profileOf(5, 'five', ''));
    assert.deepEqual(await people('one'), ['/profiles/two/']);
    assert.deepEqual(await people('two'), ['/profiles/one/']);
    for (const alone of ['three', 'four']) assert.deepEqual(await people(alone), []);
    change(range(10, 20).map((id) => profileOf(id, `u${id}`, 'Oslo')).join(''));
    assert.deepEqual(await people('one'), ['two', ...range(10, 16).map((id) => `u${id}`)].map((name) => `/profiles/${name}/`));
  });

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

test('settings lists who is shown an address', () => {
  checkCommand(['settings'], { out: /^PROFILES_SHOW_EMAIL=everyone\n    .*\n    one of: everyone signed-in staff; default$/m });
});

for (const value of ['nobody', '', 'everyone staff']) {
  test(`PROFILES_SHOW_EMAIL=${value} is refused`, () => {
    for (const command of ['check', 'serve']) {
      checkCommand([command], { status: 1, env: { PROFILES_SHOW_EMAIL: value },
        err: new RegExp(`^oc-lettings: PROFILES_SHOW_EMAIL is "${value}", but `) });
    }
  });
}
