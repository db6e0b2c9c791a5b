// Also on PostgreSQL.
// What an attacker who is staff, or who makes staff send something, tries with the admin: as tables.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { POSTGRES, skipWithoutModule, startServer } from '../http/harness.mjs';
import { columnsOf, describeUnless, quoted, sql } from '../http/support.mjs';
import { addUser, FAST, signedIn } from '../http/accounts.mjs';

const SCRIPT = '<script>x</script>"\'><img src=x onerror=x>{{ 7|add:7 }}';
const INJECTIONS = ["' OR 1=1 --", '" OR ""="', "1); DROP TABLE lettings_address; --", "%' UNION SELECT password FROM auth_user --", '\\', "\\' OR 1=1", '1 OR 1=1', "id'", '%00', '\ud83d\ude00'];
const TABLES = ['auth/user', 'auth/group', 'lettings/letting', 'lettings/address', 'profiles/profile'];
const SECRET = 'abcdefghijklmnopqrstuvwxyzABCDEF';
const ADDRESS = { number: '12', street: 'Quay', city: 'Harbour', state: 'FL', zip_code: '12345', country_iso_code: 'USA' };

describeUnless(skipWithoutModule('admin', 'lettings', 'profiles'), 'the admin', () => {
  let server;
  let boss;
  const one = (query) => sql(server.database, query).trim();
  const state = () => one(`SELECT count(*) FROM lettings_address; SELECT count(*) FROM lettings_letting; SELECT count(*) FROM profiles_profile;
    SELECT count(*), max(id), group_concat(username) FROM auth_user; SELECT count(*) FROM auth_group; SELECT count(*) FROM django_admin_log;`);
  // PostgreSQL keeps no text that is longer than its column.
  const holdsAny = (table, [column, length]) => one(`SELECT count(*) FROM ${columnsOf(table)} WHERE name = ${quoted(column)} AND type LIKE '%char%'`) === '1'
    && (!POSTGRES || length >= SCRIPT.length);
  before(async () => {
    server = await startServer({ env: FAST });
    addUser(server.database, 'boss', { staff: 1, superuser: 1 });
    boss = await signedIn(server, 'boss');
  });
  after(() => server?.stop());

  describe('takes no form of another site', () => {
    const FORMS = TABLES.flatMap((table) => [`${table}/add/`, `${table}/1/change/`, `${table}/1/delete/`, `${table}/`]).concat('auth/user/1/password_change/');
    const WAYS = [['without a token', null, {}], ['with a wrong token', 'x'.repeat(64), {}], ['with the token of another cookie', SECRET, {}],
      ['from another origin', undefined, { Origin: 'https://evil.example' }], ['from no origin', undefined, { Origin: 'null' }]];
    for (const [name, token, headers] of WAYS) {
      test(name, async () => {
        const own = await boss.token('/accounts/password_change/');
        const then = state();
        for (const form of FORMS) {
          const { status } = await boss.post(`/admin/${form}`, { ...ADDRESS, post: 'yes', action: 'delete_selected', _selected_action: '1' }, { token: token === undefined ? own : token, headers });
          assert.equal(status, 403, form);
        }
        assert.equal(state(), then);
      });
    }
  });

  describe('shows script as text', () => {
    /** The names of the form's fields that take any text, and their lengths. */
    const textsOf = (html) => [...html.matchAll(/<(?:input|textarea)\b[^>]*>/g)].map(([tag]) => tag)
      .filter((tag) => tag.startsWith('<textarea') || /type="(text|search|email|url)"/.test(tag))
      .map((tag) => [/name="([^"]*)"/.exec(tag)[1], Number(/maxlength="(\d+)"/.exec(tag)?.[1] ?? 1000)]);
    const clean = (html, where) => {
      for (const part of ['<script>x', '<img src=x', '{{ 7', 'onerror=x>{{']) {
        assert.ok(!html.replaceAll('&lt;', '‹').replaceAll('&gt;', '›').replace(/\{\{ 7\|add:7 \}\}/g, '').includes(part), `${where}: ${part}`);
      }
      assert.ok(!html.includes('>14<'), where);
    };

    for (const table of TABLES) {
      test(`of ${table}: typed, refused, stored, listed, deleted`, async () => {
        const path = `/admin/${table}/`;
        const texts = textsOf((await boss.ask(`${path}add/`)).text);
        assert.ok(texts.length, 'there is a text field');
        for (const [field] of texts) clean((await boss.ask(`${path}add/?${field}=${encodeURIComponent(SCRIPT)}`)).text, `initial ${field}`);
        const refused = await boss.post(`${path}add/`, Object.fromEntries(texts.map(([field]) => [field, SCRIPT])), { page: `${path}add/` });
        clean(refused.text, 'refused');
        const [app, model] = table.split('/');
        const columns = texts.filter((text) => holdsAny(`${app}_${model}`, text));
        const key = one(`SELECT max(id) FROM ${app}_${model}`);
        for (const [field] of columns) {
          const old = one(`SELECT ${field} FROM ${app}_${model} WHERE id = ${key}`);
          sql(server.database, `UPDATE ${app}_${model} SET ${field} = ${quoted(SCRIPT)} WHERE id = ${key};`);
          for (const page of ['', '?q=script', '?_popup=1', `${key}/change/`, `${key}/change/?_popup=1`, `${key}/delete/`, `${key}/history/`]) clean((await boss.ask(path + page)).text, field + page);
          const asked = await boss.post(path, { action: 'delete_selected', _selected_action: key }, { page: path });
          clean(asked.text, `${field} deleting`);
          sql(server.database, `UPDATE ${app}_${model} SET ${field} = ${quoted(old)} WHERE id = ${key};`);
        }
      });
    }

    test('in messages, in the log and in addresses', async () => {
      sql(server.database, `DELETE FROM auth_group WHERE name = ${quoted(SCRIPT)};`);
      const added = await boss.post('/admin/auth/group/add/', { name: SCRIPT, _save: '1' });
      assert.equal(added.status, 302, added.text);
      clean((await boss.ask('/admin/auth/group/')).text, 'message');
      clean((await boss.ask('/admin/')).text, 'recent actions');
      for (const query of ['q', 'o', 'p', 'e', 'all', '_changelist_filters', SCRIPT]) {
        clean((await boss.ask(`/admin/auth/group/?${encodeURIComponent(query)}=${encodeURIComponent(SCRIPT)}`)).text, query);
        clean((await boss.ask(`/admin/auth/group/add/?${encodeURIComponent(query)}=${encodeURIComponent(SCRIPT)}`)).text, query);
      }
      const missing = await boss.ask(`/admin/auth/group/${encodeURIComponent(SCRIPT.replaceAll('/', '_2F'))}/change/`);
      assert.equal(missing.status, 302);
      clean((await boss.ask('/admin/')).text, 'missing');
      sql(server.database, `DELETE FROM auth_group WHERE name = ${quoted(SCRIPT)};`);
    });
  });

  test('takes SQL in every parameter as text', async () => {
    const then = state();
    for (const table of TABLES) {
      for (const parameter of ['q', 'o', 'p', 'all', 'e', 'id', 'id__exact', 'pk__gt', 'title__icontains', 'city', 'is_staff__exact', 'username__istartswith', '_changelist_filters', '_facets', '_popup', '_to_field']) {
        for (const injection of INJECTIONS) {
          for (const query of [`${parameter}=${encodeURIComponent(injection.toWellFormed())}`, `${encodeURIComponent(parameter + injection)}=1`]) {
            const { status, text } = await boss.ask(`/admin/${table}/?${query}`);
            assert.ok([200, 302, 400].includes(status), `${status} ${table} ${query}`);
            assert.doesNotMatch(text, /pbkdf2_sha256\$|sqlite|postgres|syntax error/i, query);
          }
        }
      }
      for (const injection of INJECTIONS) {
        const path = `/admin/${table}/${encodeURIComponent(injection.toWellFormed())}/`;
        for (const page of ['change/', 'delete/', 'history/']) assert.ok([302, 400, 404].includes((await boss.ask(path + page)).status), path + page);
      }
    }
    const reference = { app_label: 'lettings', model_name: 'letting', field_name: 'address', term: 'x', page: '1' };
    for (const name of Object.keys(reference)) {
      for (const injection of INJECTIONS) {
        const { status, text } = await boss.ask(`/admin/autocomplete/?${new URLSearchParams({ ...reference, [name]: injection.toWellFormed() })}`);
        assert.equal(status, name === 'term' ? 200 : name === 'page' ? 404 : 403, `${name} ${injection}`);
        assert.doesNotMatch(text, /sqlite|postgres|syntax error/i);
      }
    }
    assert.equal(state(), then);
    assert.equal((await boss.ask('/admin/lettings/address/?q=%25')).text.includes('class="nothing"'), true, 'a % is a %');
  });

  test('saves no field that the form does not show', async () => {
    const id = addUser(server.database, 'plain');
    const columns = () => one(`SELECT id, password, ifnull(last_login, '-'), date_joined FROM auth_user WHERE id = ${id}`);
    const then = columns();
    const answer = await boss.post(`/admin/auth/user/${id}/change/`, {
      id: '999', pk: '999', password: 'pbkdf2_sha256$1$a$b', last_login: '2001-01-01 00:00', date_joined: '2001-01-01 00:00', masked_password: 'x', username: 'plain', is_active: 'on', _save: '1',
    });
    assert.equal(answer.status, 302);
    assert.equal(columns(), then);
    const address = one('SELECT max(id) FROM lettings_address');
    await boss.post(`/admin/lettings/address/${address}/change/`, { ...ADDRESS, id: '1', address_id: '1', rowid: '1', _save: '1' });
    assert.equal(one('SELECT max(id) FROM lettings_address'), address);
  });

  test('does to no rows but those that it was asked to', async () => {
    const keys = ['1', '1 OR 1=1', '1,2', '-1', '0', '99999999', '99999999999999999999', '1.5', '0x1', ' 2', '*', ''];
    const then = one('SELECT group_concat(id) FROM lettings_letting');
    for (const key of keys.slice(1)) {
      const { status } = await boss.post('/admin/lettings/letting/', { action: 'delete_selected', _selected_action: key, post: 'yes' }, { page: '/accounts/password_change/' });
      assert.ok([200, 302].includes(status), `${status} ${key}`);
      assert.equal(one('SELECT group_concat(id) FROM lettings_letting'), then, key);
    }
    for (const path of ['-1', '0', '99999999999999999999', '1.5', '0x1', '%31%00']) {
      assert.ok([302, 400, 404].includes((await boss.ask(`/admin/lettings/letting/${path}/change/`)).status), path);
    }
  });

  test('stands fields that are too many, too long, twice or no text', async () => {
    const path = '/admin/lettings/address/add/';
    const then = one('SELECT count(*) FROM lettings_address');
    const token = await boss.token('/accounts/password_change/');
    const form = (pairs) => [...Object.entries(ADDRESS).filter(([name]) => !pairs.some(([other]) => other === name)), ...pairs];
    const send = (pairs) => boss.post(path, form(pairs), { token });
    for (const [name, pairs] of [
      ['too long', [['city', 'x'.repeat(65)]]], ['very long', [['city', 'x'.repeat(500_000)]]], ['a zero', [['city', 'a\0b']]],
      ['a number too large', [['number', '9'.repeat(400)]]], ['a negative number', [['number', '-1']]], ['no number', [['number', 'NaN']]],
      ['twice, the last one wrong', [['number', '1'], ['number', 'x']]],
    ]) {
      const { status } = await send(pairs);
      assert.ok([200, 400].includes(status), `${status} ${name}`);
      assert.equal(one('SELECT count(*) FROM lettings_address'), then, name);
    }
    assert.equal((await send([['city', 'x'.repeat(1_100_000)]])).status, 413);
    assert.ok([200, 302, 400, 413].includes((await send(Array.from({ length: 20_000 }, (_, i) => [`n${i}`, 'x']))).status));
    for (const body of ['%', '%ff=%fe', '=', '&&&', 'number=%zz', '\0']) {
      const { status } = await boss.ask(path, { method: 'POST', body, headers: { 'Content-Type': 'application/x-www-form-urlencoded', 'X-CSRFToken': token } });
      assert.ok([200, 400].includes(status), `${status} ${JSON.stringify(body)}`);
    }
    assert.equal((await boss.ask('/admin/')).status, 200);
  });
});
