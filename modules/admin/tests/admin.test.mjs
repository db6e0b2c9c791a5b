// Also on PostgreSQL.
// The admin as somebody uses it: who gets in, lists, forms, deleting, history.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { skipWithoutModule, startServer, POSTGRES } from '../../../tests/http/harness.mjs';
import { addStaff, addUser, FAST, signedIn, Visitor } from '../../../tests/http/accounts.mjs';
import { describeUnless, quoted, sql } from '../../../tests/http/support.mjs';

const CITIES = '/admin/lettings/address/';
const PROFILES = '/admin/profiles/profile/';
// What is edited here are their tables.
const SKIPPED = skipWithoutModule('lettings', 'profiles');
const describe = (name, body) => describeUnless(SKIPPED, name, body);
let server;
let boss;

/** Somebody who may sign in to the admin and has these permissions alone. */
const staff = (name, ...permissions) => signedIn(server, addStaff(server.database, name, ...permissions));
const one = (query) => sql(server.database, query).trim();
const ADDRESS = { number: '12', street: 'Quay Street', city: 'Harbour Town', state: 'FL', zip_code: '12345', country_iso_code: 'USA' };
const addAddress = (fields = {}) => {
  const row = { ...ADDRESS, ...fields };
  return Number(one(`INSERT INTO lettings_address (${Object.keys(row).join(', ')})
    VALUES (${Object.values(row).map(quoted).join(', ')}); SELECT last_insert_rowid();`));
};
/** What the list shows, row by row. */
const rowsOf = (text) => [...text.matchAll(/<tr>(<t[hd].*?)<\/tr>/gs)].slice(1)
  .map(([, row]) => [...row.replace(/<td class="select">.*?<\/td>/s, '').matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/gs)].map(([, cell]) => cell.replace(/<[^>]*>/g, '').trim()));
const messagesOf = (text) => [...text.matchAll(/<p class="message[^>]*>(.*?)<\/p>/gs)].map(([, words]) => words);

before(async () => {
  if (SKIPPED) return;
  server = await startServer({ env: FAST });
  addUser(server.database, 'boss', { staff: 1, superuser: 1 });
  addUser(server.database, 'guest');
  boss = await signedIn(server, 'boss');
});
after(() => server?.stop());

describe('who gets in', () => {
  test('sends who is not signed in, or is no staff, to the sign-in and back', async () => {
    for (const visitor of [new Visitor(server.url), await signedIn(server, 'guest')]) {
      for (const path of ['/admin/', CITIES, `${CITIES}1/change/`, '/admin/no/such/']) {
        const answer = await visitor.ask(path);
        assert.equal(answer.status, 302, path);
        assert.equal(answer.headers.location, `/accounts/login/?next=${path}`);
      }
    }
    const SOMEBODY_ELSE = /To go there, sign in as somebody else/;
    assert.match((await (await signedIn(server, 'guest')).ask('/accounts/login/?next=/admin/')).text, SOMEBODY_ELSE);
    assert.doesNotMatch((await new Visitor(server.url).ask('/accounts/login/?next=/admin/')).text, SOMEBODY_ELSE);
    const visitor = new Visitor(server.url);
    const login = await visitor.ask('/admin/login/?next=/admin/auth/');
    assert.equal(login.headers.location, '/accounts/login/?next=/admin/login/%3Fnext%3D/admin/auth/');
    await visitor.signIn('boss');
    for (const [next, location] of [['/admin/auth/', '/admin/auth/'], ['//evil.example/', '/admin/'], ['', '/admin/']]) {
      assert.equal((await visitor.ask(`/admin/login/?next=${next}`)).headers.location, location, next);
    }
  });

  test('leads there from every page, whom it lets in', async () => {
    const leads = async (visitor) => /<a id="admin"[^>]* href="\/admin\/"/.test((await visitor.ask('/')).text);
    assert.equal(await leads(boss), true);
    assert.equal(await leads(await staff('newcomer')), true);
    assert.equal(await leads(await signedIn(server, 'guest')), false);
    assert.equal(await leads(new Visitor(server.url)), false);
  });

  test('shows staff only what they may, and refuses the rest', async () => {
    const visitor = await staff('reader', 'view_address');
    const { text } = await visitor.ask('/admin/');
    assert.match(text, /href="\/admin\/lettings\/address\/"/);
    assert.doesNotMatch(text, /\/admin\/(auth|profiles|lettings\/letting)\//);
    assert.doesNotMatch(text, /\/address\/add\//);
    for (const [path, status] of [[CITIES, 200], [`${CITIES}1/change/`, 200], [`${CITIES}1/history/`, 200],
      [`${CITIES}add/`, 403], [`${CITIES}1/delete/`, 403], [PROFILES, 403], [`${PROFILES}1/change/`, 403],
      ['/admin/lettings/', 200], ['/admin/auth/', 404], ['/admin/none/', 404], ['/admin/a/b/c', 404]]) {
      assert.equal((await visitor.ask(path)).status, status, path);
    }
    const token = await visitor.token(`${CITIES}1/change/`);
    for (const path of ['add/', '1/change/', '1/delete/']) {
      assert.equal((await visitor.post(CITIES + path, ADDRESS, { token })).status, 403, path);
    }
  });

  test('shows who may only view the fields as text, with a way to close', async () => {
    const visitor = await staff('viewer', 'view_profile');
    const { text } = await visitor.ask(`${PROFILES}1/change/`);
    assert.match(text, /<h1>View profile<\/h1>/);
    assert.match(text, />Close<\/a>/);
    assert.doesNotMatch(text, /name="favorite_city"|name="_save"/);
  });

  test('lets each of the four permissions stand alone', async () => {
    const adder = await staff('adder', 'add_address');
    assert.equal((await adder.ask(CITIES)).status, 403);
    assert.equal((await adder.ask(`${CITIES}add/`)).status, 200);
    const changer = await staff('changer', 'change_address');
    assert.equal((await changer.ask(CITIES)).status, 200);
    assert.match((await changer.ask(`${CITIES}1/change/`)).text, /name="_save"/);
    const deleter = await staff('deleter', 'delete_address');
    assert.equal((await deleter.ask(CITIES)).status, 403);
  });

  test('leads who may not see the list to the index, with the message', async () => {
    const follow = async (visitor, { headers: { location } }, words) => {
      assert.equal(location, '/admin/');
      const { status, text } = await visitor.ask(location);
      assert.equal(status, 200);
      assert.match(messagesOf(text).join(), words);
    };
    const adder = await staff('adds_unseen', 'add_address');
    const add = `${CITIES}add/?_changelist_filters=q%3Da`;
    for (const button of ['_save', '_continue']) {
      await follow(adder, await adder.post(add, { ...ADDRESS, city: 'Index', [button]: '1' }, { page: add }), /was added successfully\.$/);
    }
    assert.equal(one("SELECT count(*) FROM lettings_address WHERE city = 'Index'"), '2');
    const deleter = await staff('deletes_unseen', 'delete_address');
    const path = `${CITIES}${addAddress()}/delete/`;
    assert.match((await deleter.ask(path)).text, /href="\/admin\/">No, go back/);
    assert.doesNotMatch((await deleter.ask(path)).text, /\/change\//);
    for (const page of [await adder.ask(`${CITIES}add/`), await deleter.ask(path)]) {
      assert.match(page.text, /<li><span>Addresses<\/span><\/li>/, 'no step of the way leads to where one may not go');
      assert.doesNotMatch(page.text, new RegExp(`href="${CITIES}"`));
    }
    await follow(deleter, await deleter.post(path, { post: 'yes' }, { page: path }), /was deleted successfully/);
  });
});

describe('lists', () => {
  test('searches, sorts and counts', async () => {
    for (const [number, city] of [['1', 'Aberwen'], ['2', 'Aberwen'], ['3', 'Zell%']]) addAddress({ number, city, street: `Search ${number}` });
    const rows = async (query) => rowsOf((await boss.ask(CITIES + query)).text);
    assert.deepEqual((await rows('?q=aberw')).map(([name]) => name).sort(), ['1 Search 1', '2 Search 2']);
    assert.deepEqual((await rows('?q=zell%25')).map(([name]) => name), ['3 Search 3']);
    assert.deepEqual(await rows('?q=earch'), [], 'only beginnings');
    const up = (await rows('?o=2')).map((row) => row[1]);
    assert.deepEqual(up, [...up].sort());
    assert.deepEqual((await rows('?o=-2')).map((row) => row[1]), [...up].sort().reverse());
    assert.deepEqual((await rows('?o=99.x.2')).map((row) => row[1]), up, 'what is no column is passed over');
    const { text } = await boss.ask(`${CITIES}?q=aberwen`);
    assert.match(text, /2 rows/);
    assert.match(text, /\?_changelist_filters=q%3Daberwen/);
  });

  test('turns pages, and says when there is no such page', async () => {
    sql(server.database, `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 230)
      INSERT INTO lettings_address (number, street, city, state, zip_code, country_iso_code)
      SELECT i, 'Pages', 'Paging', 'FL', 1, 'USA' FROM n;`);
    const first = await boss.ask(`${CITIES}?q=paging`);
    assert.equal(rowsOf(first.text).length, 100);
    assert.match(first.text, /Page 1 of 3/);
    assert.equal(rowsOf((await boss.ask(`${CITIES}?q=paging&p=3`)).text).length, 30);
    for (const page of ['9', '0', 'x', '99999999999999999999']) {
      const answer = await boss.ask(`${CITIES}?p=${page}`);
      assert.equal(answer.status, 302, page);
      assert.equal(answer.headers.location, `${CITIES}?e=1`);
    }
    assert.match((await boss.ask(`${CITIES}?e=1`)).text, /something the list does not have/);
    sql(server.database, "DELETE FROM lettings_address WHERE city = 'Paging';");
  });

  test('filters, and refuses what it may not be filtered by', async () => {
    const { text } = await boss.ask('/admin/auth/user/?is_superuser__exact=1');
    assert.deepEqual(rowsOf(text).map(([name]) => name).filter((name) => name === 'boss' || name === 'guest'), ['boss']);
    assert.match(text, /aria-current="true">Yes/);
    assert.match(text, /✓/);
    for (const query of ['password__istartswith=p', 'user_permissions=1', 'nothing=1', 'email__regex=x']) {
      assert.equal((await boss.ask(`/admin/auth/user/?${query}`)).status, 400, query);
    }
    assert.equal((await boss.ask('/admin/auth/user/?is_staff__exact=perhaps')).headers.location, '/admin/auth/user/?e=1');
  });
});

describe('export', () => {
  test('gives the list as it is: filtered, in order, of all pages, without what no form shows', async () => {
    for (const [number, street] of [['3', '=cmd()'], ['1', 'a "b", c'], ['2', '+1 Row']]) addAddress({ number, street, city: 'Exportville' });
    const csv = await boss.ask(`${CITIES}export/?q=exportville&o=2&_format=csv&p=1`);
    assert.equal(csv.status, 200);
    assert.match(csv.headers['content-type'], /^text\/csv/);
    assert.equal(csv.headers['content-disposition'], 'attachment; filename="lettings_address.csv"');
    const lines = csv.text.trim().split('\r\n');
    assert.match(lines[0], /^\ufeff?id,number,street,city,state,zip_code,country_iso_code$/);
    assert.deepEqual(lines.slice(1).map((line) => line.replace(/^\d+,/, '')), [
      "3,'=cmd(),Exportville,FL,12345,USA", '1,"a ""b"", c",Exportville,FL,12345,USA', "2,'+1 Row,Exportville,FL,12345,USA"]);
    const json = await boss.ask(`${CITIES}export/?q=exportville&_format=json`);
    assert.match(json.headers['content-type'], /^application\/json/);
    const objects = JSON.parse(json.text);
    assert.deepEqual(objects.map(({ model, fields }) => [model, fields.street]), [['lettings.address', '+1 Row'], ['lettings.address', 'a "b", c'], ['lettings.address', '=cmd()']]);
    assert.match((await boss.ask(`${CITIES}?q=exportville`)).text, /href="\/admin\/lettings\/address\/export\/\?q=exportville&amp;_format=csv"/);
    sql(server.database, "DELETE FROM lettings_address WHERE city = 'Exportville';");
    for (const format of ['csv', 'json']) {
      const { text } = await boss.ask(`/admin/auth/user/export/?_format=${format}`);
      assert.match(text, /boss/);
      assert.doesNotMatch(text, /pbkdf2|password/);
    }
    assert.equal((await boss.ask('/admin/auth/user/export/?password__istartswith=p')).status, 400);
    assert.equal((await boss.ask('/admin/auth/user/export/?is_staff__exact=perhaps')).status, 400);
  });

  test('gives many rows', async () => {
    sql(server.database, `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
      INSERT INTO lettings_address (number, street, city, state, zip_code, country_iso_code) SELECT i % 9999, 'Long', 'Manyville', 'FL', 1, 'USA' FROM n;`);
    const { text } = await boss.ask(`${CITIES}export/?q=manyville&_format=csv`);
    assert.equal(text.trim().split('\r\n').length, 20001);
    const late = await startServer({ database: server.database, env: { ...FAST, ADMIN_TIME_LIMIT: '1' } });
    try {
      const visitor = await signedIn(late, 'boss');
      const answer = await visitor.ask(`${CITIES}?o=2.3&p=150`);
      assert.equal(answer.status, 200);
      assert.match(answer.text, /takes longer than a list may take/);
      assert.doesNotMatch(answer.text, /class="nothing"/);
    } finally {
      await late.stop();
    }
    sql(server.database, "DELETE FROM lettings_address WHERE city = 'Manyville';");
  });
});

describe('another language', () => {
  test('has its words for tables, fields and what was changed; the log stays English', async () => {
    const id = addAddress({ city: 'Languages' });
    const french = { headers: { 'Accept-Language': 'fr' } };
    assert.equal((await boss.post(`${CITIES}${id}/change/`, { ...ADDRESS, city: 'Langues', zip_code: '2' }, french)).status, 302);
    assert.equal(one(`SELECT change_message FROM django_admin_log WHERE object_id = '${id}' ORDER BY id DESC LIMIT 1`), '[{"changed": {"fields": ["City", "Zip code"]}}]');
    for (const [path, words] of [['/admin/', 'Adresses'], [CITIES, 'Ajouter : adresse'], [`${CITIES}${id}/change/`, 'Code postal'],
      [`${CITIES}${id}/history/`, 'Modification de Ville et Code postal.'], ['/admin/auth/user/', 'Statut superutilisateur'],
      ['/admin/', 'Authentification et autorisations'], ['/admin/auth/group/add/', 'auth | user | Peut ajouter : utilisateur']]) {
      const { text } = await boss.ask(path, french);
      assert.ok(text.includes(words), `${path}: ${text}`);
    }
  });
});

describe('forms', () => {
  test('add, change, go on, add another; each is in the log as Django writes it', async () => {
    const added = await boss.post(`${CITIES}add/`, { ...ADDRESS, _save: '1' });
    assert.equal(added.status, 302, added.text);
    assert.equal(added.headers.location, CITIES);
    const id = one("SELECT max(id) FROM lettings_address WHERE city = 'Harbour Town'");
    assert.deepEqual(messagesOf((await boss.ask(CITIES)).text), [`The address “<a href="${CITIES}${id}/change/">12 Quay Street</a>” was added successfully.`]);
    const kept = '?_changelist_filters=q%3Dharbour';
    const path = `${CITIES}${id}/change/${kept}`;
    const changed = await boss.post(path, { ...ADDRESS, city: 'Port', state: 'GA', _save: '1' });
    assert.equal(changed.headers.location, `${CITIES}?q=harbour`);
    const goes = await boss.post(path, { ...ADDRESS, city: 'Port', state: 'GA', _continue: '1' });
    assert.equal(goes.headers.location, path);
    const another = await boss.post(path, { ...ADDRESS, city: 'Port', state: 'GA', _addanother: '1' });
    assert.equal(another.headers.location, `${CITIES}add/${kept}`);
    assert.equal(one(`SELECT group_concat(action_flag || change_message, '') FROM (SELECT * FROM django_admin_log
      WHERE object_id = '${id}' AND content_type_id = (SELECT id FROM django_content_type WHERE model = 'address') ORDER BY id) AS part`),
    '1[{"added": {}}]2[{"changed": {"fields": ["City", "State"]}}]2[]2[]');
    const adder = await staff('only_adds', 'add_address');
    await adder.post(`${CITIES}add/`, { ...ADDRESS, street: '<b>&', _addanother: '1' });
    assert.deepEqual(messagesOf((await adder.ask(`${CITIES}add/`)).text), ['The address “12 &lt;b&gt;&amp;” was added successfully. You may add another address below.'], 'no link for who may not follow it');
    const history = await boss.ask(`${CITIES}${id}/history/`);
    assert.match(history.text, /Changed City and State\./);
    assert.match(history.text, /Added\./);
    assert.match((await boss.ask('/admin/')).text, /class="changed"><span[^>]*>Changed: <\/span><a href="\/admin\/lettings\/address\//);
  });

  test('shows all errors at once, at the field and above, and keeps what was typed', async () => {
    const path = `${CITIES}add/`;
    const { status, text } = await boss.post(path, { ...ADDRESS, number: '99999', state: 'Florida', city: '<b>&', street: '' });
    assert.equal(status, 200);
    assert.match(text, /Please correct the errors below\./);
    for (const name of ['number', 'state', 'street']) {
      assert.match(text, new RegExp(`href="#id_${name}"`));
      assert.match(text, new RegExp(`aria-describedby="error_${name}`));
    }
    assert.match(text, /value="Florida"/);
    assert.match(text, /value="&lt;b&gt;&amp;"/);
  });

  test('begins with what the address says, and takes no field it does not show', async () => {
    assert.match((await boss.ask(`${PROFILES}add/?favorite_city=Bath`)).text, /name="favorite_city" value="Bath"/);
    const id = addUser(server.database, 'plain');
    await boss.post(`/admin/auth/user/${id}/change/`, { username: 'plain2', password: 'x', last_login: '2001-01-01', is_active: 'on' });
    assert.equal(one(`SELECT username || ' ' || CAST(password = 'x' AS integer) || ' ' || ifnull(last_login, 'never') FROM auth_user WHERE id = ${id}`), 'plain2 0 never');
  });

  test('tells of somebody else who saved the same row in the meantime, and loses nothing', async () => {
    const id = addAddress();
    const path = `${CITIES}${id}/change/`;
    const digestOf = (text) => /name="_digest" value="([0-9a-f]{32})"/.exec(text)[1];
    const opened = digestOf((await boss.ask(path)).text);
    sql(server.database, `UPDATE lettings_address SET city = 'Theirs <b>' WHERE id = ${id};`);
    const mine = { ...ADDRESS, street: 'My Street', _digest: opened };
    const told = await boss.post(path, mine);
    assert.equal(told.status, 200);
    assert.match(told.text, /Somebody else has saved this since you opened it/);
    assert.match(told.text, /They saved: <span dir="auto">Theirs &lt;b&gt;\s*<\/span>/);
    assert.match(told.text, /name="city" value="Harbour Town"/);
    assert.match(told.text, /name="street" value="My Street"/);
    assert.equal((told.text.match(/They saved:/g)).length, 2);
    assert.equal(one(`SELECT street || city FROM lettings_address WHERE id = ${id};`), 'Quay StreetTheirs <b>');
    assert.equal((await boss.post(path, mine)).status, 200, 'the same form once more');
    const wrong = await boss.post(path, { ...mine, city: '', _digest: digestOf(told.text) });
    assert.equal(digestOf(wrong.text), digestOf(told.text), 'an error elsewhere loses no digest');
    assert.equal((await boss.post(path, { ...mine, _digest: digestOf(told.text) })).status, 302);
    assert.equal(one(`SELECT street || city FROM lettings_address WHERE id = ${id};`), 'My StreetHarbour Town');
  });

  test('takes no part in what the form does not show', async () => {
    const id = addUser(server.database, 'busy');
    const path = `/admin/auth/user/${id}/change/`;
    const { text } = await boss.ask(path);
    const digest = /name="_digest" value="([0-9a-f]{32})"/.exec(text)[1];
    sql(server.database, `UPDATE auth_user SET last_login = '2026-01-01 00:00:00' WHERE id = ${id};`);
    assert.equal((await boss.post(path, { username: 'busier', _digest: digest })).status, 302);
    sql(server.database, `INSERT INTO auth_group (name) VALUES ('Meeting'); INSERT INTO auth_user_groups (user_id, group_id) SELECT ${id}, id FROM auth_group WHERE name = 'Meeting';`);
    const later = await boss.post(path, { username: 'busiest', _digest: digest });
    assert.match(later.text, /They saved: <span dir="auto">Meeting\s*<\/span>/);
  });

  test('says when a row is not there', async () => {
    for (const path of [`${CITIES}987654/change/`, `${CITIES}x/delete/`, `${CITIES}1x/history/`]) {
      assert.equal((await boss.ask(path)).headers.location, '/admin/', path);
    }
    assert.match((await boss.ask('/admin/')).text, /Address with ID “987654” doesn’t exist/);
    assert.equal((await boss.ask(`${CITIES}1/`)).headers.location, `${CITIES}1/change/`);
    assert.equal((await boss.ask('/admin/lettings/address')).headers.location, CITIES);
  });
});

describe('deleting', () => {
  test('asks first, names what goes along, and logs it', async () => {
    const id = addAddress();
    sql(server.database, `INSERT INTO lettings_letting (title, address_id) VALUES ('Doomed <i>', ${id});`);
    const path = `${CITIES}${id}/delete/`;
    const { text } = await boss.ask(path);
    assert.match(text, /Do you want to delete the address “12 Quay Street”/);
    assert.match(text, /Doomed &lt;i&gt;/);
    const visitor = await staff('halfway', 'delete_address', 'view_address');
    assert.match((await visitor.ask(path)).text, /rows that you may not delete:<\/p>\s*<ul class="tree">\s*<li>lettings/);
    assert.equal((await visitor.post(path, { post: 'yes' }, { page: path })).status, 403);
    const answer = await boss.post(path, { post: 'yes' });
    assert.equal(answer.headers.location, CITIES);
    assert.equal(one(`SELECT count(*) FROM lettings_letting WHERE address_id = ${id}`), '0');
    assert.match((await boss.ask(CITIES)).text, /The address “12 Quay Street” was deleted successfully\./);
    assert.equal(one(`SELECT action_flag || object_repr FROM django_admin_log WHERE object_id = '${id}' ORDER BY id DESC LIMIT 1`), '312 Quay Street');
  });
});

describe('actions', () => {
  const select = (action, keys, more = {}) => [['action', action], ...keys.map((key) => ['_selected_action', key]), ...Object.entries(more)];
  const count = (city) => one(`SELECT count(*) FROM lettings_address WHERE city = ${quoted(city)}`);

  test('says when there is no action, or nothing selected, and keeps the rest', async () => {
    const [one, other] = [addAddress({ city: 'Tickville' }), addAddress({ city: 'Tickville' })].map(String);
    for (const [fields, words] of [[select('', [one], { select_across: '1' }), 'No action selected.'],
      [select('delete_selected', []), 'Items must be selected in order to perform actions on them. No items have been changed.']]) {
      const { status, text } = await boss.post(`${CITIES}?q=tickville`, fields, { page: CITIES });
      assert.equal(status, 200);
      assert.deepEqual(messagesOf(text), [words]);
      assert.deepEqual(rowsOf(text).length, 2, 'the list is as it was searched');
      assert.equal(/value="delete_selected" selected/.test(text), fields.length === 1);
      assert.equal(new RegExp(`value="${one}" checked`).test(text), fields.length > 1);
      assert.doesNotMatch(text, new RegExp(`value="${other}" checked`));
    }
  });

  test('deletes the selected rows once that is confirmed', async () => {
    const keys = [1, 2, 3].map(() => String(addAddress({ city: 'Bulk' })));
    const asked = await boss.post(CITIES, select('delete_selected', keys.slice(0, 2)));
    assert.match(asked.text, /Do you want to delete these rows/);
    assert.match(asked.text, /Addresses: 2/);
    assert.equal(count('Bulk'), '3');
    const done = await boss.post(CITIES, select('delete_selected', keys.slice(0, 2), { post: 'yes' }));
    assert.equal(done.status, 302);
    assert.equal(count('Bulk'), '1');
    assert.deepEqual(messagesOf((await boss.ask(CITIES)).text), ['Successfully deleted 2 addresses.']);
    assert.equal(one(`SELECT count(*) FROM django_admin_log WHERE action_flag = 3 AND object_id IN (${keys.map(quoted)})`), '2');
  });

  test('deletes all that the list has, when that was asked for', async () => {
    sql(server.database, `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1201)
      INSERT INTO lettings_address (number, street, city, state, zip_code, country_iso_code) SELECT i, 'Across', 'Acrossville', 'FL', 12345, 'USA' FROM n;`);
    await boss.post(`${CITIES}?q=acrossville`, select('delete_selected', [], { select_across: '1', post: 'yes' }), { page: CITIES });
    assert.equal(count('Acrossville'), '0');
    assert.notEqual(one('SELECT count(*) FROM lettings_address'), '0');
    assert.equal(one("SELECT count(DISTINCT object_repr) || ' ' || count(DISTINCT object_id) || group_concat(DISTINCT action_flag || change_message) FROM django_admin_log WHERE object_repr LIKE '% Across'"), '1201 12013');
    assert.deepEqual(messagesOf((await boss.ask(CITIES)).text), ['Successfully deleted 1201 addresses.']);
  });

  test('deletes nothing where one of the rows may not be deleted', async () => {
    const visitor = await staff('sweeper', 'delete_user', 'view_user');
    const users = '/admin/auth/user/';
    const keys = ['guest', 'boss'].map((name) => one(`SELECT id FROM auth_user WHERE username = '${name}'`));
    assert.match((await visitor.post(users, select('delete_selected', keys))).text, /rows that you may not delete/);
    assert.equal((await visitor.post(users, select('delete_selected', keys, { post: 'yes' }))).status, 403);
    assert.equal(one(`SELECT count(*) FROM auth_user WHERE id IN (${keys})`), '2');
    assert.equal(one(`SELECT count(*) FROM django_admin_log WHERE action_flag = 3 AND object_repr IN ('guest', 'boss')`), '0');
    assert.match((await visitor.post(users, select('delete_selected', keys.slice(0, 1)))).text, /Do you want/);
  });

  test('is not there for who may not', async () => {
    const visitor = await staff('looker', 'view_address');
    const { text } = await visitor.ask(CITIES);
    assert.doesNotMatch(text, /delete_selected|_selected_action/);
    const token = await visitor.token(CITIES);
    assert.equal((await visitor.post(CITIES, select('delete_selected', ['1'], { post: 'yes' }), { token })).status, 403);
    const halfway = await signedIn(server, 'halfway');
    const id = String(addAddress({ city: 'Held' }));
    sql(server.database, `INSERT INTO lettings_letting (title, address_id) VALUES ('Held', ${id});`);
    assert.equal((await halfway.post(CITIES, select('delete_selected', [id], { post: 'yes' }))).status, 403);
    assert.equal(count('Held'), '1');
  });
});

describe('accounts', () => {
  test('shows of a password its kind and beginnings', async () => {
    const id = one("SELECT id FROM auth_user WHERE username = 'guest'");
    const { text } = await boss.ask(`/admin/auth/user/${id}/change/`);
    assert.match(text, /pbkdf2_sha256 · 100 · seas\*\*\*\* · [^*]{4}\*\*\*\*/);
  });

  test('makes accounts that nobody signs in to, and gives them passwords', async () => {
    const added = await boss.post('/admin/auth/user/add/', { username: 'fresh', is_active: 'on', _save: '1' });
    assert.equal(added.status, 302, added.text);
    const id = one("SELECT id FROM auth_user WHERE username = 'fresh'");
    assert.match(one(`SELECT password FROM auth_user WHERE id = ${id}`), /^!/);
    const path = `/admin/auth/user/${id}/password_change/`;
    assert.match((await boss.ask(`/admin/auth/user/${id}/change/`)).text, new RegExp(`href="${path}"`));
    assert.match((await boss.post(path, { password1: 'a good long 1', password2: 'another' })).text, /The two are not the same[^]*href="\.\.\/change\/">No, go back/);
    sql(server.database, POSTGRES ? 'ALTER TABLE django_admin_log ADD CONSTRAINT no_log CHECK (FALSE) NOT VALID;'
      : "CREATE TRIGGER no_log BEFORE INSERT ON django_admin_log BEGIN SELECT RAISE(ABORT, 'full'); END;");
    const unlogged = await boss.post(path, { password1: 'a good long 1', password2: 'a good long 1' });
    sql(server.database, POSTGRES ? 'ALTER TABLE django_admin_log DROP CONSTRAINT no_log;' : 'DROP TRIGGER no_log;');
    assert.ok(unlogged.status >= 400, String(unlogged.status));
    assert.match(one(`SELECT password FROM auth_user WHERE id = ${id}`), /^!/, 'nothing is set that the log does not have');
    const set = await boss.post(path, { password1: 'a good long 1', password2: 'a good long 1' });
    assert.equal(set.headers.location, `/admin/auth/user/${id}/change/`);
    assert.equal((await new Visitor(server.url).signIn('fresh', 'a good long 1')).status, 302);
    assert.equal(one(`SELECT change_message FROM django_admin_log WHERE object_id = '${id}' ORDER BY id DESC LIMIT 1`), '[{"changed": {"fields": ["Password"]}}]');
    const own = one("SELECT id FROM auth_user WHERE username = 'boss'");
    await boss.post(`/admin/auth/user/${own}/password_change/`, { password1: 'a good long 2', password2: 'a good long 2' });
    assert.equal((await boss.ask('/admin/')).status, 200, 'one stays signed in');
    const visitor = await staff('setter', 'change_user');
    assert.equal((await visitor.ask(path)).status, 200);
    assert.equal((await visitor.ask(`/admin/auth/user/${own}/password_change/`)).status, 403);
  });

  test('offers every group that somebody is in, however many there are', async () => {
    sql(server.database, `INSERT INTO auth_group (name) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1002) SELECT 'many ' || i FROM n;`);
    const id = addUser(server.database, 'member');
    const [first, last] = one("SELECT min(id) || ' ' || max(id) FROM auth_group WHERE name LIKE 'many %'").split(' ');
    sql(server.database, `INSERT INTO auth_user_groups (user_id, group_id) VALUES (${id}, ${first}), (${id}, ${last});`);
    const path = `/admin/auth/user/${id}/change/`;
    const { text } = await boss.ask(path);
    for (const group of [first, last]) assert.equal(text.match(new RegExp(`name="groups" value="${group}" checked`, 'g'))?.length, 1, group);
    assert.match(text, /There are more than can be shown here/);
    sql(server.database, "DELETE FROM auth_user_groups; DELETE FROM auth_group WHERE name LIKE 'many %';");
  });

  test('lets nobody but superusers give rights', async () => {
    const visitor = await staff('helper', 'change_user', 'view_user', 'change_group', 'add_user');
    const self = one("SELECT id FROM auth_user WHERE username = 'helper'");
    const path = `/admin/auth/user/${self}/change/`;
    const all = one('SELECT id FROM auth_permission LIMIT 1');
    const answer = await visitor.post(path, { username: 'helper', is_active: 'on', is_superuser: 'on', user_permissions: all, first_name: 'H' });
    assert.equal(answer.status, 302, answer.text);
    assert.equal(one(`SELECT first_name || CAST(is_superuser AS integer) || CAST(is_staff AS integer) || (SELECT count(*) FROM auth_user_user_permissions WHERE user_id = ${self})
      FROM auth_user WHERE id = ${self}`), 'H014');
    const superuser = one("SELECT id FROM auth_user WHERE username = 'boss'");
    const token = await visitor.token(path);
    assert.equal((await visitor.post(`/admin/auth/user/${superuser}/change/`, { username: 'mine' }, { token })).status, 403);
  });
});
