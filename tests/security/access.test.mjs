// Also on PostgreSQL.
// Who gets which answer from which route: access.json has a row for every route there is, and nothing else. `as` is a
// path of the route, {key} a new row's, `about` the table whose permissions count; `ends`: a POST ends the session.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { runCommand, SANITIZED, skipWithoutModule, startServer } from '../http/harness.mjs';
import { describeUnless, quoted, sql } from '../http/support.mjs';
import { addUser, FAST, signedIn, Visitor } from '../http/accounts.mjs';

const { audiences, tables, routes, rights } = JSON.parse(readFileSync(new URL('access.json', import.meta.url), 'utf8'));
const ACTIONS = ['view', 'add', 'change', 'delete'];
const FORBIDDEN_METHODS = ['PUT', 'PATCH', 'DELETE'];
const POPUP = '?_popup=1&_to_field=id';
const TOKEN = 'abcdefghijklmnopqrstuvwxyzABCDEF';
const skipped = (...modules) => (SANITIZED ? 'answers are the same in every build' : skipWithoutModule(...modules));
let server;
let count = 0;
const visitors = new Map();
const one = (query) => sql(server.database, query).trim();

/** Who has these permissions alone, or is of this audience. */
async function visitorOf(name, permissions = []) {
  if (!visitors.has(name)) {
    const id = addUser(server.database, name, { staff: Number(name !== 'user'), superuser: Number(name === 'superuser') });
    for (const codename of permissions) {
      sql(server.database, `INSERT INTO auth_user_user_permissions (user_id, permission_id) SELECT ${id}, id FROM auth_permission WHERE codename = ${quoted(codename)};`);
    }
    const visitor = await signedIn(server, name);
    visitors.set(name, Object.assign(visitor, { id, username: name }));
  }
  return visitors.get(name);
}

function audience(name, table) {
  if (name === 'anonymous') return new Visitor(server.url);
  if (!ACTIONS.includes(name)) return visitorOf(name);
  const model = (table ?? 'lettings/letting').split('/')[1];
  return visitorOf(`${name}_${model}`, [`${name}_${model}`]);
}

const inserted = (into, columns, values) => Number(one(`INSERT INTO ${into} (${columns}) VALUES (${values}); SELECT last_insert_rowid();`));
/** A new row of each table, which nothing refers to. */
const rowOf = {
  'auth/user': () => addUser(server.database, `row${++count}`),
  'auth/group': () => inserted('auth_group', 'name', quoted(`group ${++count}`)),
  'lettings/address': () => inserted('lettings_address', 'number, street, city, state, zip_code, country_iso_code', "1, 'Street', 'City', 'GA', 1, 'USA'"),
  'lettings/letting': () => inserted('lettings_letting', 'title, address_id', `'Letting', ${rowOf['lettings/address']()}`),
  'issues/project': () => inserted('issues_project', 'name, public_key, is_active', `'Project', ${quoted(`key ${++count}`)}, 1`),
  'profiles/profile': () => inserted('profiles_profile', 'favorite_city, user_id', `'City', ${rowOf['auth/user']()}`),
};

/** The answer in a word: its status, or `login` for the way to the sign-in. */
async function answerOf(visitor, method, path) {
  visitor.cookies.set('csrftoken', TOKEN);
  const isForm = method !== 'GET' && method !== 'HEAD';
  const { status, headers } = await visitor.ask(path, {
    method, headers: isForm ? { 'Content-Type': 'application/x-www-form-urlencoded', 'X-CSRFToken': TOKEN } : {},
    ...(isForm ? { body: `csrfmiddlewaretoken=${TOKEN}` } : {}),
  });
  return status === 302 && headers.location?.startsWith('/accounts/login/?next=') ? 'login' : String(status);
}

const expanded = Object.entries(routes).flatMap(([path, methods]) => (path.includes('{table}') ? tables : [undefined])
  .map((table) => ({ path: path.replace('{table}', table), table: table ?? methods.about ?? tables.find((each) => path.includes(`/${each}/`)), methods })));

describeUnless(skipped('admin', 'issues', 'lettings', 'profiles'), 'access', () => {
  before(async () => { server = await startServer({ env: FAST }); });
  after(() => server?.stop());

  test('access.json has every route, and no other', () => {
    const { status, stdout, stderr } = runCommand(['routes'], { dir: server.dir });
    assert.equal(status, 0, stderr);
    const there = stdout.trim().split('\n').slice(1).map((line) => /(\/\S*)/.exec(line)[1].replaceAll('<str:object_id>', '{key}'));
    assert.deepEqual(expanded.map(({ path }) => path).sort(), [...there].sort());
  });

  for (const { path, table, methods } of expanded) {
    test(path, async () => {
      let key;
      const asked = async (method, name, query = '') => {
        const visitor = await audience(name, table);
        const isLast = methods.ends && method === 'POST' && visitor.username;
        const isGone = method === 'POST' && path.endsWith('/delete/');
        if (table && path.includes('{key}') && (!key || isGone)) key = rowOf[table]();
        return answerOf(isLast ? await signedIn(server, visitor.username) : visitor, method, (methods.as ?? path.replace('{key}', key)) + query);
      };
      const check = async (method, names) => {
        const words = methods[method === 'HEAD' ? 'GET' : method]?.split(/ +/) ?? audiences.map(() => '405');
        assert.equal(words.length, audiences.length, `${method}: a word for each of ${audiences}`);
        const queries = table && method !== 'HEAD' ? ['', POPUP] : [''];
        for (const name of names) {
          for (const query of queries) assert.equal(await asked(method, name, query), words[audiences.indexOf(name)], `${method} ${path}${query} for ${name}`);
        }
      };
      await check('GET', audiences);
      await check('HEAD', audiences);
      await check('POST', audiences);
      for (const method of FORBIDDEN_METHODS) {
        for (const name of audiences) assert.equal(await asked(method, name), '405', `${method} ${path} for ${name}`);
      }
    });
  }
});

describeUnless(skipped('admin', 'auth'), 'rights', () => {
  before(async () => { visitors.clear(); server = await startServer({ env: FAST }); });
  after(() => server?.stop());

  const rightsNow = () => one(`SELECT group_concat(id || username || is_superuser || is_staff || (CASE WHEN is_superuser OR username = 'colleague' THEN password || email || is_active ELSE '' END), '|') FROM auth_user WHERE username NOT LIKE 'made%';
    SELECT group_concat(user_id || ':' || permission_id) FROM auth_user_user_permissions; SELECT group_concat(user_id || ':' || group_id) FROM auth_user_groups;
    SELECT group_concat(group_id || ':' || permission_id) FROM auth_group_permissions; SELECT count(*) FROM auth_user WHERE username LIKE 'made%' AND (is_superuser OR is_staff);`);

  for (const { name, has, post, fields, superuserMay } of rights) {
    test(`nobody raises rights: ${name}`, async () => {
      if (!visitors.has('superuser')) await visitorOf('superuser');
      const colleague = await visitorOf('colleague', ['change_letting']);
      const visitor = await visitorOf(`raiser${++count}`, has);
      const group = inserted('auth_group', 'name', quoted(`raised ${count}`));
      if (post.includes('{group}')) sql(server.database, `INSERT INTO auth_user_groups (user_id, group_id) VALUES (${visitor.id}, ${group});`);
      const put = (text) => text.replaceAll('{self}', visitor.id).replaceAll('{superuser}', visitors.get('superuser').id).replaceAll('{colleague}', colleague.id).replaceAll('{group}', group)
        .replaceAll('{permission}', one("SELECT id FROM auth_permission WHERE codename = 'delete_user'")).replaceAll('{name}', `raiser${count}`).replaceAll('{count}', count);
      const before = rightsNow();
      const send = (who) => who.post(put(post), Object.entries(fields).map(([key, value]) => [key, put(value)]), { page: '/accounts/password_change/' });
      await send(visitor);
      assert.equal(rightsNow(), before);
      if (!superuserMay) return;
      await send(visitors.get('superuser'));
      assert.notEqual(rightsNow(), before, 'what a superuser may is no attempt at all');
    });
  }
});
