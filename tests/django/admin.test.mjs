// Also on PostgreSQL.
// The admin of both sites on one database: what is done at one is seen and gone on with at the other.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { addUser, FAST, hashOf, PASSWORD, signedIn, Visitor } from '../http/accounts.mjs';
import { databaseOf, runCommand, skipWithoutModule, startServer, temporaryFolder } from '../http/harness.mjs';
import { describeUnless, sql, unescaped } from '../http/support.mjs';
import { skipWithoutDjango, startDjango } from './django.mjs';

const KEY = 'one-key-for-both-0123456789abcdefghijklmnopqrstuvwxyz';
const USERS = '/admin/auth/user/';
const ADDRESSES = '/admin/lettings/address/';
const ADDRESS = { number: '7', street: 'Pier "Nord" <b>', city: 'Salcombe', state: 'FL', zip_code: '1', country_iso_code: 'USA' };
/** As Django's hasher has it, so that it keeps it. */
const HASH = hashOf(PASSWORD, 260000, 'seasaltseasaltseasalt0');

describeUnless(skipWithoutDjango() || skipWithoutModule('lettings', 'profiles', 'admin'), "with Django's admin", () => {
  let database;
  let django;
  let site;
  let boss;
  const one = (query) => sql(database, query).trim();

  before(async () => {
    const dir = temporaryFolder();
    database = databaseOf(dir);
    const { status, stderr } = runCommand(['migrate'], { dir, env: { ...FAST, SECRET_KEY: KEY } });
    assert.equal(status, 0, stderr);
    site = await startServer({ dir, database: null, env: { ...FAST, SECRET_KEY: KEY } });
    django = await startDjango(database, { key: KEY });
    addUser(database, 'boss', { staff: 1, superuser: 1, hash: HASH });
    boss = await signedIn(site, 'boss');
    assert.equal(await django.signIn({ username: 'boss', password: PASSWORD }), 302);
  });
  after(async () => {
    await django?.stop();
    await site?.stop();
  });

  /** What Django's history page of a row says was done, oldest first. */
  const historyThere = async (path) => {
    const { status, text } = await django.ask(path);
    assert.equal(status, 200);
    const table = /<table id="change-history">.*?<\/table>/s.exec(text)?.[0] ?? '';
    return [...table.matchAll(/<td>([^<]*)<\/td>\s*<\/tr>/gs)].map(([, words]) => unescaped(words).trim());
  };
  const historyHere = async (path) => [...(await boss.ask(path)).text.matchAll(/<td[^>]*>([^<]*)<\/td><\/tr>/g)].map(([, words]) => unescaped(words).trim());
  /** The fields of Django's form of a row, as they are. */
  const formThere = async (path) => {
    const { status, text } = await django.ask(path);
    assert.equal(status, 200, path);
    return Object.fromEntries([...text.matchAll(/<input type="(?:text|number)" name="(\w+)" value="([^"]*)"/g)].map(([, name, value]) => [name, unescaped(value)]));
  };

  test("Django's history page and index read what is done here", async () => {
    assert.equal((await boss.post(`${ADDRESSES}add/`, ADDRESS)).status, 302);
    const id = one('SELECT max(id) FROM lettings_address;');
    assert.equal((await boss.post(`${ADDRESSES}${id}/change/`, { ...ADDRESS, city: 'Dartmouth', zip_code: '2' })).status, 302);
    assert.deepEqual(await historyThere(`${ADDRESSES}${id}/history/`), ['Added.', 'Changed City and Zip code.']);
    assert.equal((await boss.post(`${ADDRESSES}${id}/delete/`, { post: 'yes' })).status, 302);
    const { text } = await django.ask('/admin/');
    const recent = /id="recent-actions-module".*/s.exec(text)[0];
    assert.match(recent, /<li class="deletelink">\s*7 Pier &quot;Nord&quot; &lt;b&gt;/);
  });

  test('our history page reads what is done there', async () => {
    assert.equal((await django.ask(`${ADDRESSES}add/`, ADDRESS)).status, 302);
    const id = one('SELECT max(id) FROM lettings_address;');
    assert.equal((await django.ask(`${ADDRESSES}${id}/change/`, { ...ADDRESS, city: 'Brixham' })).status, 302);
    assert.deepEqual((await historyHere(`${ADDRESSES}${id}/history/`)).sort(), ['Added.', 'Changed City.']);
  });

  test('a user made in our admin signs in there, with what was given', async () => {
    assert.equal((await boss.post(`${USERS}add/`, { username: 'made-here', is_active: 'on' })).status, 302);
    const id = one("SELECT id FROM auth_user WHERE username = 'made-here';");
    const view = one("SELECT id FROM auth_permission WHERE codename = 'view_address';");
    const password = await boss.post(`${USERS}${id}/password_change/`, { password1: PASSWORD, password2: PASSWORD });
    assert.equal(password.status, 302, password.text);
    assert.equal((await boss.post(`${USERS}${id}/change/`, {
      username: 'made-here', is_active: 'on', is_staff: 'on', user_permissions: view,
      first_name: '', last_name: '', email: 'here@example.com',
      date_joined: '2024-05-07 14:05:00',
    })).status, 302);
    assert.equal(await django.signIn({ username: 'made-here', password: PASSWORD }), 302);
    assert.equal((await django.ask(ADDRESSES)).status, 200);
    assert.equal((await django.ask(USERS)).status, 403);
    await django.signIn({ username: 'boss', password: PASSWORD });
  });

  test('a user made in its admin signs in here, with what was given', async () => {
    const added = await django.ask(`${USERS}add/`, { username: 'made-there', password1: PASSWORD, password2: PASSWORD });
    assert.equal(added.status, 302, added.text);
    const id = one("SELECT id FROM auth_user WHERE username = 'made-there';");
    const view = one("SELECT id FROM auth_permission WHERE codename = 'view_address';");
    const changed = await django.ask(`${USERS}${id}/change/`, {
      username: 'made-there', is_active: 'on', is_staff: 'on', user_permissions: view, first_name: '', last_name: '', email: '',
      date_joined_0: '2024-05-07', date_joined_1: '14:05:00', 'initial-date_joined_0': '2024-05-07', 'initial-date_joined_1': '14:05:00',
    });
    assert.equal(changed.status, 302, changed.text);
    const visitor = await signedIn(site, 'made-there');
    assert.equal((await visitor.ask(ADDRESSES)).status, 200);
    assert.equal((await visitor.ask(USERS)).status, 403);
    assert.match((await boss.ask(`${USERS}${id}/history/`)).text, /Changed .*Staff status/);
  });

  test('one session works in both admins, until it is ended at either', async () => {
    addUser(database, 'roamer', { staff: 1, superuser: 1, hash: HASH });
    const visitor = await signedIn(site, 'roamer');
    django.cookies.clear();
    django.cookies.set('sessionid', visitor.cookies.get('sessionid'));
    assert.equal((await django.ask(ADDRESSES)).status, 200);
    assert.equal((await django.ask(`${ADDRESSES}add/`, ADDRESS)).status, 302);
    const id = one('SELECT max(id) FROM lettings_address;');
    assert.equal((await visitor.post(`${ADDRESSES}${id}/change/`, { ...ADDRESS, city: 'Torquay' })).status, 302);
    assert.equal(one(`SELECT count(DISTINCT user_id) FROM django_admin_log 
      WHERE object_id = '${id}' AND content_type_id = (SELECT id FROM django_content_type WHERE model = 'address');`), '1');
    await visitor.signOut();
    assert.equal((await django.ask(ADDRESSES)).status, 302);

    assert.equal(await django.signIn({ username: 'roamer', password: PASSWORD }), 302);
    const other = new Visitor(site.url);
    other.cookies.set('sessionid', django.cookies.get('sessionid'));
    assert.equal((await other.ask(`${ADDRESSES}${id}/change/`)).status, 200);
    await django.ask('/admin/logout/');
    assert.equal((await other.ask(ADDRESSES)).status, 302);
    await django.signIn({ username: 'boss', password: PASSWORD });
  });

  test('one row is edited in turn: what the other left is what each begins with', async () => {
    await boss.post(`${ADDRESSES}add/`, ADDRESS);
    const id = one('SELECT max(id) FROM lettings_address;');
    const change = `${ADDRESSES}${id}/change/`;
    const CITIES = ['Looe', 'Fowey "quay"', '<i>Mevagissey</i>', 'Saint-Émilion', 'a & b', 'Bude'];
    for (const [turn, city] of CITIES.entries()) {
      const form = await formThere(change);
      assert.equal(form.city, turn ? CITIES[turn - 1] : ADDRESS.city);
      if (turn % 2) assert.equal((await django.ask(change, { ...form, city })).status, 302);
      else assert.equal((await boss.post(change, { ...ADDRESS, city })).status, 302);
      const shown = /name="city"[^>]*value="([^"]*)"|value="([^"]*)"[^>]*name="city"/.exec((await boss.ask(change)).text);
      assert.equal(unescaped(shown[1] ?? shown[2]), city);
    }
    assert.deepEqual(await historyThere(`${ADDRESSES}${id}/history/`), ['Added.', ...CITIES.map(() => 'Changed City.')]);
  });

  test('who has a row open here is told what was saved there meanwhile', async () => {
    await boss.post(`${ADDRESSES}add/`, ADDRESS);
    const id = one('SELECT max(id) FROM lettings_address;');
    const change = `${ADDRESSES}${id}/change/`;
    const { text } = await boss.ask(change);
    const [, digest] = /name="_digest" value="([^"]*)"/.exec(text) ?? [];
    assert.ok(digest, text);
    assert.equal((await django.ask(change, { ...ADDRESS, city: 'Theirs' })).status, 302);
    const answer = await boss.post(change, { ...ADDRESS, city: 'Mine', _digest: digest });
    assert.equal(answer.status, 200);
    assert.match(answer.text, /Theirs/);
    assert.match(answer.text, /value="Mine"/);
    assert.equal(one(`SELECT city FROM lettings_address WHERE id = ${id};`), 'Theirs');
  });
});
