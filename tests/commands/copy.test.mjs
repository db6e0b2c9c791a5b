// Only on SQLite: it copies from and to a PostgreSQL of its own already.
// `copy` from one database into another: all rows, the next keys, and nothing half done that says it is whole.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { copyDatabase, environment, get, makeDatabase, PROGRAM, runCommand, SANITIZED, sharedData, skipWithoutModule, skipWithoutShared, startServer, temporaryFolder, until } from '../http/harness.mjs';
import { checkCommand, describeUnless, freshDatabases, sql } from '../http/support.mjs';
import { psql, skipWithoutPostgres } from '../postgres.mjs';

const DEBUG = { DEBUG: '1' };
let demo;
/** A database with rows of many kinds, of whose last key there is no row any more: { dir, path, url }. */
function source() {
  const dir = temporaryFolder();
  const path = join(dir, 'source.sqlite3');
  copyDatabase(demo ??= makeDatabase(temporaryFolder()), path);
  sql(path, `INSERT INTO auth_group (id, name) VALUES (7, 'seven'), (9, 'nine'); DELETE FROM auth_group WHERE id = 9;
    INSERT INTO django_session (session_key, session_data, expire_date) VALUES ('key', 'Ünïcode 🏠 ''quoted''', '2030-01-02 03:04:05.000600');
    INSERT INTO auth_user_groups (user_id, group_id) SELECT id, 7 FROM auth_user LIMIT 1;`);
  return { dir, path, url: `sqlite:///${path}` };
}
const dumpOf = (url, dir) => checkCommand(['dumpdata'], { dir, env: { ...DEBUG, DATABASE_URL: url } }).stdout;
const copy = (from, to, options = {}) => checkCommand(['copy', '--from', from, '--to', to], options);

function checkTarget(url, from, dir) {
  assert.equal(dumpOf(url, dir), dumpOf(from, dir));
  const env = { ...DEBUG, DATABASE_URL: url };
  checkCommand(['migrate'], { dir, env, out: /^Nothing to migrate\.\n$/ });
  checkCommand(['check'], { dir, env });
}

test('from SQLite to SQLite', () => {
  const { dir, url } = source();
  const target = `sqlite:///${join(dir, 'target.sqlite3')}`;
  const { stdout } = copy(url, target, { dir, err: null });
  assert.match(stdout, /^auth_group: 1 rows$/m);
  assert.match(stdout, /\n\d+ tables, \d+ rows: the same in both\n$/);
  checkTarget(target, url, dir);
  assert.equal(sql(join(dir, 'target.sqlite3'), "INSERT INTO auth_group (name) VALUES ('new'); SELECT id FROM auth_group WHERE name = 'new';"), '10');
});

test('a table of nobody is named, and left', () => {
  const { dir, url, path } = source();
  sql(path, 'CREATE TABLE strange (n integer);');
  copy(url, 'sqlite:///target.sqlite3', { dir, env: { DATA_DIR: dir }, err: null, out: /^NOT copied: strange, which no module of this program has$/m });
});

test('a column of nobody is named, and left', () => {
  const { dir, url, path } = source();
  sql(path, 'ALTER TABLE auth_group ADD COLUMN colour varchar(9);');
  copy(url, 'sqlite:///target.sqlite3', { dir, env: { DATA_DIR: dir }, err: null, out: /^NOT copied: the column colour of auth_group, which no module of this program has$/m });
});

test("the Django site's database, once it is migrated", { skip: skipWithoutShared('oc-lettings-site.sqlite3') }, () => {
  const dir = temporaryFolder();
  const path = join(dir, 'source.sqlite3');
  copyFileSync(sharedData('oc-lettings-site.sqlite3'), path);
  const [from, to] = [`sqlite:///${path}`, `sqlite:///${join(dir, 'target.sqlite3')}`];
  copy(from, to, { dir, status: 1, err: /the database to copy from lacks the migration .*oc-lettings migrate/ });
  checkCommand(['migrate'], { dir, env: { DATABASE_URL: from } });
  copy(from, to, { dir, err: null });
  assert.equal(dumpOf(to, dir), dumpOf(from, dir));
});

const REFUSALS = [
  ['into a database that is not empty', ({ dir, path }) => copyDatabase(path, join(dir, 'target.sqlite3')), /is not empty \(it has the table \w+\): name another/],
  ['into one table', ({ dir }) => sql(join(dir, 'target.sqlite3'), 'CREATE TABLE mine (n);'), /is not empty \(it has the table mine\)/],
  ['behind the copy of another', ({ dir }) => sql(join(dir, 'target.sqlite3'), "CREATE TABLE oc_copy (source varchar(64)); INSERT INTO oc_copy VALUES ('other');"), /a copy of another database was begun there/],
  ['of nothing', null, /there is no database/, ['--from', 'sqlite:///none.sqlite3', '--to', 'sqlite:///target.sqlite3']],
  ['of what is no URL', null, /a database URL begins with/, ['--from', 'mysql://x', '--to', 'sqlite:///target.sqlite3']],
  ['into itself', null, /both are the same database/, ['--from', 'sqlite:///source.sqlite3', '--to', 'sqlite:///source.sqlite3']],
];
for (const [name, prepare, words, args] of REFUSALS) {
  test(`refused: ${name}`, () => {
    const made = source();
    prepare?.(made);
    checkCommand(['copy', ...(args ?? ['--from', made.url, '--to', 'sqlite:///target.sqlite3'])], { dir: made.dir, env: { DATA_DIR: made.dir }, status: 1, err: words });
  });
}
for (const [args, words] of [[[], /name both databases/], [['--from', 'a'], /name both databases/], [['--from'], /needs a URL/], [['--into', 'a'], /is no option/]]) {
  test(`refused: copy ${args.join(' ')}`, () => checkCommand(['copy', ...args], { status: 2, err: words }));
}

describeUnless(SANITIZED ? 'rows are the same in every build' : skipWithoutPostgres(), 'with PostgreSQL', () => {
  const fresh = freshDatabases();

  test('there and back', () => {
    const { dir, url } = source();
    const there = fresh();
    copy(url, there, { dir, err: null, out: /rows: the same in both\n$/ });
    checkTarget(there, url, dir);
    assert.equal(psql(there, "INSERT INTO auth_group (name) VALUES ('new') RETURNING id; DELETE FROM auth_group WHERE name = 'new';"), '10');
    const back = `sqlite:///${join(dir, 'back.sqlite3')}`;
    copy(there, back, { dir, err: null });
    checkTarget(back, url, dir);
    copy(url, there, { dir, status: 1, err: /is not empty/ });
  });

  const REFUSED = [
    ['a text that is too long', "UPDATE auth_group SET name = hex(zeroblob(80)) WHERE id = 7", /auth_group, id 7, name: value too long for type character varying\(150\)$/m],
    ['a zero byte', "UPDATE auth_group SET name = 'a' || char(0) WHERE id = 7", /auth_group, id 7, name: invalid byte sequence .*0x00/],
    ['a number beyond its range', "UPDATE django_content_type SET id = 3000000000 WHERE id = (SELECT max(id) FROM django_content_type)", /django_content_type, id 3000000000, id: .*out of range/],
    ['no date', "UPDATE auth_user SET date_joined = 'soon' WHERE id = 1", /auth_user, id 1, date_joined: invalid input syntax for type timestamp with time zone: "soon"/],
    ['a reference to nothing', 'PRAGMA foreign_keys = 0; UPDATE auth_user_groups SET user_id = 999', /auth_user_groups: insert or update .*\(999\)/],
    ['a row without a key of its own', "UPDATE django_session SET expire_date = 'never'", /django_session, expire_date: invalid input syntax/],
  ];
  test('what PostgreSQL refuses is named: table, row and column', () => {
    for (const [name, script, words] of REFUSED) {
      const { dir, url, path } = source();
      sql(path, script);
      const { status, stderr } = runCommand(['copy', '--from', url, '--to', fresh()], { dir });
      assert.equal(status, 1, name);
      assert.match(stderr, words, name);
    }
  });

  test('a date in another form is the same date', () => {
    const { dir, url, path } = source();
    sql(path, `UPDATE auth_user SET date_joined = '2020-01-02', last_login = '2020-01-02 03:04:05+02:00' WHERE id = 1; UPDATE django_session SET expire_date = '2031-02-03';`);
    const there = fresh();
    const { stdout } = copy(url, there, { dir, err: null, out: /rows: the same in both\n$/ });
    assert.deepEqual(stdout.match(/^.*another form.*$/gm), ['auth_user', 'django_session'].map((table) => `${table}: some values have another form here, as dates may, and are the same`));
    assert.equal(psql(there, "SET timezone = 'UTC'; SELECT date_joined, last_login FROM auth_user WHERE id = 1; SELECT expire_date FROM django_session;"), '2020-01-02 00:00:00+00|2020-01-02 01:04:05+00\n2031-02-03 00:00:00+00');
  });

  test('killed in the middle, it goes on; what is written to meanwhile does not pass for whole', { skip: skipWithoutModule('lettings') }, async () => {
    const { dir, url, path } = source();
    checkCommand(['demo', '--add', '--lettings', '30000'], { dir, env: { ...DEBUG, DATABASE_URL: url } });
    const there = fresh();
    const child = spawn(PROGRAM, ['copy', '--from', url, '--to', there], { cwd: dir, env: environment(dir), stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    child.stdout.on('data', (text) => { said += text; });
    await until(() => /lettings_address: (?!30006)\d{5} rows/.test(said), 20_000, () => said);
    child.kill('SIGKILL');
    await once(child, 'close');
    const rows = Number(psql(there, 'SELECT count(*) FROM lettings_address'));
    assert.ok(rows > 0 && rows < 30006, `${rows} rows`);
    sql(path, "UPDATE lettings_address SET city = 'Elsewhere' WHERE id = 1;");
    copy(url, there, { dir, status: 1, err: /lettings_address differs \(30006 rows there, 30006 here\)/ });
    sql(path, "UPDATE lettings_address SET city = " + `'${psql(there, 'SELECT city FROM lettings_address WHERE id = 1').replaceAll("'", "''")}' WHERE id = 1;`);
    copy(url, there, { dir, out: /^lettings_letting: 30006 rows$/m });
    checkTarget(there, url, dir);
  });

  test('the site is the same there, search and all', { skip: skipWithoutModule('lettings', 'profiles') }, async (t) => {
    const { dir, url } = source();
    const there = fresh();
    copy(url, there, { dir });
    const pages = ['/lettings/', '/lettings/1/', '/lettings/?q=oceanview', '/profiles/', '/'];
    const [a, b] = [await startServer({ database: null, env: { DATABASE_URL: url }, t }), await startServer({ database: null, env: { DATABASE_URL: there }, t })];
    for (const page of pages) {
      const [one, other] = [await get(a.url + page), await get(b.url + page)];
      assert.equal(other.status, 200, page);
      assert.equal(other.text.replaceAll(String(b.port), ''), one.text.replaceAll(String(a.port), ''), page);
    }
    assert.equal(runCommand(['check'], { dir, env: { ...DEBUG, DATABASE_URL: there } }).status, 0);
  });
});
