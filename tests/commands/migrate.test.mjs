// Also on PostgreSQL.
// migrate, showmigrations and sqlmigrate at the terminal, on new databases and on Django's; and what check finds in a database.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { copyDatabase, databaseOf, newDatabase, POSTGRES, ROOT, sharedData, skipOnPostgres, skipWithoutModule, skipWithoutShared, temporaryFolder, urlOf } from '../http/harness.mjs';
import { checkCommand as check, emptyDatabase, followKeys, isUntouched, lastKey, objectsOf, sql, tables } from '../http/support.mjs';

const DATABASE = 'oc-lettings-site.sqlite3';
const PYTHON = '/usr/bin/python3';
const skipWithoutDjango = spawnSync(PYTHON, ['-c', 'import django; assert django.VERSION >= (3, 2)']).status === 0
  ? false : 'Django is not installed';

const on = (path) => ({ env: { DATABASE_URL: urlOf(path) } });

/** A copy of Django's own database. */
function djangoDatabase() {
  const path = databaseOf(temporaryFolder());
  copyDatabase(POSTGRES ? beforeLast() : sharedData(DATABASE), path);
  if (!POSTGRES) chmodSync(path, 0o644);
  return path;
}

const MANAGE = `
import json, os, sys
sys.path.insert(0, ${JSON.stringify(join(ROOT, 'tests/django'))})
os.environ['DATABASE'] = ''
from django.conf import settings
from settings import database_of
runs = json.loads(sys.stdin.read())
settings.configure(SECRET_KEY='x', USE_TZ=True, DEFAULT_AUTO_FIELD='django.db.models.AutoField',
  DATABASES={'default': {}, **{str(i): database_of(path) for i, (path, *_) in enumerate(runs)}},
  INSTALLED_APPS=['django.contrib.' + app for app in ('contenttypes', 'auth', 'admin', 'sessions', 'messages')],
  SILENCED_SYSTEM_CHECKS=['admin.E403', 'admin.E406', 'admin.E408', 'admin.E409', 'admin.E410'])
from django.core.management import execute_from_command_line
for i, (path, *args) in enumerate(runs):
    execute_from_command_line(['manage.py', *args, '--database', str(i)])
`;

/** Runs commands of Django's with its contrib apps, each on a database: [[path, ...args]]. */
function manageAll(runs) {
  const { status, stdout, stderr, error } = spawnSync(PYTHON, ['-B', '-c', MANAGE],
    { encoding: 'utf8', timeout: 60_000, input: JSON.stringify(runs) });
  if (error) throw error;
  return { status, text: stdout + stderr };
}

const manage = (path, ...args) => manageAll([[path, ...args]]);

const typeOf = (path, table, column) => sql(path, POSTGRES
  ? `SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = '${table}'::regclass AND attname = '${column}';`
  : `SELECT type FROM pragma_table_info('${table}') WHERE name = '${column}';`);

/** PostgreSQL's one of the Django site, one step behind, as its SQLite file is. */
let behind;
function beforeLast() {
  if (behind) return behind;
  const path = databaseOf(temporaryFolder());
  copyDatabase(sharedData(DATABASE), path);
  const { status, text } = manage(path, 'migrate', 'auth', '0011');
  assert.equal(status, 0, text);
  return behind = path;
}

const isTheirs = (name) => `NOT ${name} ~ '^(lettings|profiles|attempts|mail|uploads|issues)_'`;
const PUBLIC = "'public'::regnamespace";
const POSTGRES_SHAPE = `
  SELECT relname, attname, format_type(atttypid, atttypmod), attnotnull, pg_get_expr(adbin, adrelid)
    FROM pg_class c JOIN pg_attribute a ON attrelid = c.oid LEFT JOIN pg_attrdef ON adrelid = c.oid AND adnum = attnum
    WHERE relnamespace = ${PUBLIC} AND relkind = 'r' AND attnum > 0 AND NOT attisdropped AND ${isTheirs('relname')} ORDER BY 1, 2;
  SELECT conname, pg_get_constraintdef(o.oid) FROM pg_constraint o JOIN pg_class c ON c.oid = conrelid
    WHERE relnamespace = ${PUBLIC} AND ${isTheirs('relname')} ORDER BY 1;
  SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND ${isTheirs('tablename')} ORDER BY 1;
  SELECT sequencename, data_type, start_value, max_value FROM pg_sequences WHERE schemaname = 'public' AND ${isTheirs('sequencename')} ORDER BY 1;`;

/** What the tables are: columns, indexes with their names, references, whatever the order. */
function shape(path) {
  if (POSTGRES) return sql(path, POSTGRES_SHAPE);
  const tables = sql(path, `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
    AND name NOT GLOB 'lettings_*' AND name NOT GLOB 'profiles_*' AND name NOT GLOB 'attempts_*' AND name NOT GLOB 'mail_*'
    AND name NOT GLOB 'uploads_*' AND name NOT GLOB 'issues_*' AND name <> 'oc_lettings_changed' ORDER BY name;`).split('\n');
  return tables.map((table) => sql(path, `SELECT '${table}';
    SELECT name, type, "notnull", dflt_value, pk FROM pragma_table_info('${table}') ORDER BY name;
    SELECT iif(origin = 'c', l.name, origin), "unique", partial, group_concat(i.name)
      FROM pragma_index_list('${table}') l, pragma_index_info(l.name) i GROUP BY l.name ORDER BY 1, 4;
    SELECT "table", "from", "to", on_update, on_delete FROM pragma_foreign_key_list('${table}') ORDER BY 2;
    SELECT sql LIKE '%AUTOINCREMENT%', length(replace(sql, 'DEFERRABLE', 'deferrable+')) - length(sql),
      sql LIKE '%CHECK%' FROM sqlite_schema WHERE name = '${table}';`)).join('\n');
}

const sound = (path) => POSTGRES || assert.equal(sql(path, 'PRAGMA integrity_check; PRAGMA foreign_key_check;'), 'ok');

describe('a new database', () => {
  test('has what Django\'s own migrations make', { skip: skipWithoutDjango }, () => {
    const ours = emptyDatabase();
    const theirs = newDatabase();
    assert.equal(manage(theirs, 'migrate').status, 0);
    assert.equal(shape(ours), shape(theirs));
    const { status, text } = manage(ours, 'migrate', '--check');
    assert.equal(status, 0, text);
    assert.match(text, /No migrations to apply/);
  });

  test('a plan makes none', () => {
    const dir = temporaryFolder();
    const { stdout } = check(['migrate', '--plan'], { dir, err: null });
    const lines = stdout.trim().split('\n');
    assert.equal(lines[0], 'apply     contenttypes.0001_initial');
    assert.ok(lines.includes('apply     auth.0012_alter_user_first_name_max_length'));
    assert.ok(lines.indexOf('apply     auth.0001_initial') < lines.indexOf('apply     admin.0001_initial'));
    assert.ok(isUntouched(dir));
  });

  test('one module brings what it needs, and no more', () => {
    const dir = temporaryFolder();
    check(['migrate', 'sessions'], { dir, err: null, out: /^Applied 1 migration\.\n$/ });
    check(['migrate', 'admin', '0001'], { dir, err: null, out: /^Applied 3 migrations\.\n$/ });
    assert.equal(sql(databaseOf(dir), 'SELECT group_concat(app || substr(name, 1, 4)) FROM django_migrations;'),
      'sessions0001,contenttypes0001,auth0001,admin0001');
    check(['migrate'], { dir, err: null, out: /^Applied \d+ migrations\.\n$/ });
    check(['check'], { dir, err: null });
  });
});

describe("Django's database", { skip: skipWithoutModule('lettings', 'profiles') || skipWithoutShared(DATABASE) }, () => {
  test('gets what it lacks, as Django would bring it', { skip: skipWithoutDjango }, () => {
    const ours = djangoDatabase();
    const theirs = djangoDatabase();
    check(['migrate', '--plan'],
      { ...on(ours), err: null, out: /^apply {5}attempts\.0001_initial\napply {5}mail\.0001_initial\napply {5}uploads\.0001_initial\napply {5}auth\.0012_alter_user_first_name_max_length\napply {5}issues\.0001_initial\napply {5}issues\.0002_timings\napply {5}issues\.0003_health\napply {5}issues\.0004_resolved_at\napply {5}lettings\.0002_search\napply {5}lettings\.0003_address_prefixes\napply {5}profiles\.0002_favorite_city\n$/ });
    check(['migrate'], { ...on(ours), err: null, out: /^Applied 11 migrations\.\n$/ });
    assert.equal(manage(theirs, 'migrate').status, 0);
    assert.equal(shape(ours), shape(theirs));
    assert.equal(manage(ours, 'migrate', '--check').status, 0);
    sound(ours);
  });

  test('keeps its rows, and every other table as it is', () => {
    const path = djangoDatabase();
    // Of theirs: not what search and panels, mails, attempts, uploads and issues add beside it.
    const schema = POSTGRES ? POSTGRES_SHAPE.replaceAll('relname ~', "relname <> 'auth_user' AND NOT relname ~").replaceAll('NOT relname <>', 'relname <>') : `SELECT name, sql FROM sqlite_schema WHERE name <> 'auth_user' AND type <> 'trigger'
      AND name NOT LIKE '%lettings_search%' AND tbl_name NOT IN ('attempts_attempt', 'mail_outgoing', 'uploads_part') AND tbl_name NOT LIKE 'issues\\_%' ESCAPE '\\'
      AND name NOT IN ('oc_lettings_changed', 'profiles_profile_favorite_city', 'lettings_address_street', 'lettings_address_city') ORDER BY name;`;
    // Those of the modules' own tables come behind the ones that were there.
    const last = sql(path, 'SELECT max(id) FROM auth_permission; SELECT max(id) FROM django_content_type;').split('\n');
    const rows = [`auth_permission WHERE id <= ${last[0]}`, 'django_admin_log', `django_content_type WHERE id <= ${last[1]}`, 'django_session',
      'lettings_address', 'lettings_letting', 'profiles_profile'].map((table) => `SELECT * FROM ${table};`).join('\n');
    const users = `SELECT id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff,
      is_active, date_joined FROM auth_user;`;
    const before = sql(path, schema + rows + users);
    check(['migrate'], { ...on(path), err: null, out: /^Applied 11 migrations\.\n$/ });
    assert.equal(sql(path, schema + rows + users), before);
    assert.match(typeOf(path, 'auth_user', 'first_name'), /^(varchar|character varying)\(150\)$/);
    if (!POSTGRES) assert.equal(sql(path, 'PRAGMA journal_mode;'), 'wal');
    assert.match(sql(path, 'SELECT app, name, applied FROM django_migrations WHERE id = (SELECT max(id) FROM django_migrations WHERE app = \'auth\');'),
      /^auth\|0012_alter_user_first_name_max_length\|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+(\+00)?$/);
    sound(path);
    check(['migrate'], { ...on(path), err: null, out: /^Nothing to migrate\.\n$/ });
  });

  test('check names the one that is missing, and nothing once it is there', () => {
    const path = djangoDatabase();
    check(['check'], { ...on(path), status: 1, out: null,
      err: /^(.* is not applied: .*\n)*oc-lettings: the migration auth\.0012\S+ is not applied: run `oc-lettings migrate`\n(.* is not applied: .*\n)*$/ });
    check(['migrate'], on(path));
    check(['check'], { env: { ...on(path).env, DEBUG: '1' }, err: null, out: /^No faults/ });
    check(['check'], { ...on(path), status: 1, err: /^oc-lettings: the user admin has the demo's password, .*\n$/ });
  });

  test('showmigrations shows which are applied', () => {
    const { stdout } = check(['showmigrations'], { ...on(djangoDatabase()), err: null });
    assert.match(stdout, /^contenttypes\n \[X\] 0001_initial\n \[X\] 0002_remove_content_type_name\nattempts\n \[ \] 0001_initial\n/);
    assert.match(stdout, / \[X\] 0011_update_proxy_permissions\n \[ \] 0012_alter_user_first_name_max_length\nadmin\n/);
    assert.doesNotMatch(stdout, /oc_lettings_site|home/);
  });

  test('which holds a row that refers to nothing is left as it is, and the row is named', { skip: skipOnPostgres('PostgreSQL holds no such row') }, () => {
    const path = djangoDatabase();
    sql(path, 'INSERT INTO auth_user_groups (id, user_id, group_id) VALUES (41, 1, 99);');
    check(['migrate'], { ...on(path), status: 1, out: null,
      err: /migration \S+: a row of auth_user_groups \(rowid 41\) .* auth_group/ });
    assert.match(sql(path, "SELECT sql FROM sqlite_schema WHERE name = 'auth_user';"), /"first_name" varchar\(30\)/);
  });
});

describe("a database at any of Django's own steps", { skip: skipWithoutDjango }, () => {
  const STEPS = ['contenttypes 0001', 'auth 0001', 'auth 0002', 'auth 0003', 'auth 0005', 'contenttypes 0002', 'auth 0006',
    'auth 0008', 'auth 0009', 'auth 0010', 'auth 0011', 'admin 0001', 'admin 0003', 'sessions 0001'];
  const USERS = `INSERT INTO auth_user (id, password, last_login, is_superuser, username, first_name, last_name, email,
      is_staff, is_active, date_joined)
    VALUES (7, 'x', '2020-01-01', FALSE, 'user7', '', '', '', FALSE, TRUE, '2020-01-01'),
      (9, 'x', '2020-01-01', FALSE, 'user9', '', '', '', FALSE, TRUE, '2020-01-01');
    INSERT INTO auth_group VALUES (3, 'hosts'); INSERT INTO auth_user_groups VALUES (4, 7, 3);`;
  const paths = new Map();
  let full;
  before(() => {
    full = shape(emptyDatabase());
    for (const step of STEPS) paths.set(step, newDatabase());
    const { status, text } = manageAll(STEPS.map((step) => [paths.get(step), 'migrate', ...step.split(' ')]));
    assert.equal(status, 0, text);
  });
  for (const step of STEPS) {
    test(`${step} comes to the same end`, () => {
      const path = paths.get(step);
      const users = step.startsWith('auth');
      if (users) {
        sql(path, USERS);
        followKeys(path);
        sql(path, 'DELETE FROM auth_user WHERE id = 9;');
      }
      check(['migrate'], { ...on(path), err: null, out: /^Applied \d+ migrations?\.\n$/ });
      assert.equal(shape(path), full);
      sound(path);
      check(['check'], { ...on(path), err: null });
      // a number that was given away is not given again
      if (users) {
        assert.equal(sql(path, 'SELECT username FROM auth_user; SELECT count(*) FROM auth_user_groups;'), 'user7\n1');
        assert.equal(lastKey(path, 'auth_user'), 9);
      }
    });
  }
});

describe('forward and backward', () => {
  test('to a number and back again', () => {
    const path = emptyDatabase();
    const before = shape(path);
    check(['migrate', 'auth', '0005', '--plan'], { ...on(path), err: null,
      out: /^take back auth\.0012_\S+\n(take back auth\.\S+\n){6}$/ });
    check(['migrate', 'auth', '0005'], { ...on(path), err: null, out: /^Took back 7 migrations\.\n$/ });
    assert.match(typeOf(path, 'auth_user', 'username'), /^(varchar|character varying)\(30\)$/);
    check(['migrate', 'auth', '0008_alter_user_username_max_length'], { ...on(path), out: /^Applied 3 migrations\.\n$/ });
    check(['migrate', 'auth', '0008'], { ...on(path), out: /^Nothing to migrate\.\n$/ });
    check(['migrate'], { ...on(path), out: /^Applied 4 migrations\.\n$/ });
    assert.equal(shape(path), before);
  });

  test('what needs a migration goes with it', () => {
    const path = emptyDatabase();
    const { stdout } = check(['migrate', '--plan', 'auth', 'zero'], on(path));
    for (const name of ['admin.0001_initial', 'auth.0001_initial']) {
      assert.match(stdout, new RegExp(`^take back ${name}$`, 'm'));
    }
    assert.doesNotMatch(stdout, /^take back (sessions|contenttypes)\./m);
    check(['migrate', 'contenttypes', '0001'], { ...on(path), out: /^Took back 8 migrations\.\n$/ });
    check(['migrate', 'auth', 'zero'], { ...on(path), out: /^Took back \d+ migrations\.\n$/ });
    const modules = check(['showmigrations'], on(path)).stdout.match(/^\w+$/gm);
    for (const module of modules) check(['migrate', module, 'zero'], on(path));
    // What tells of changes is one for all tables; its triggers went with them.
    assert.equal(objectsOf(path), 'django_migrations\noc_lettings_changed');
    assert.equal(sql(path, 'SELECT count(*) FROM django_migrations;'), '0');
  });

  test('a table to which rows still refer stays', () => {
    const path = emptyDatabase();
    sql(path, `CREATE TABLE stay (id integer PRIMARY KEY, session varchar(40) REFERENCES django_session (session_key));
      INSERT INTO stay VALUES (1, NULL);`);
    if (!POSTGRES) {
      check(['migrate', 'sessions', 'zero'], { ...on(path), out: /^Took back 1 migration\.\n$/ });
      check(['migrate'], on(path));
    }
    sql(path, `INSERT INTO django_session VALUES ('key', '', '2030-01-01'); UPDATE stay SET session = 'key';`);
    check(['migrate', 'sessions', 'zero'], { ...on(path), status: 1, out: null,
      err: POSTGRES ? /taking back sessions\.0001_initial: .*other objects depend on it/ : /taking back sessions\.0001_initial: a row of stay \(rowid 1\)/ });
    assert.equal(sql(path, 'SELECT count(*) FROM django_session;'), '1');
  });
});

describe('refused', () => {
  const USAGE = [
    [['migrate', '--all'], /"--all" is no option/], [['migrate', '-p', 'auth'], /"-p" is no option/],
    [['migrate', ''], /"" names nothing/], [['migrate', 'auth', ''], /"" names nothing/],
    [['migrate', 'auth', '0001', 'x'], /"x" is too much/],
    [['showmigrations', '--plan'], /"--plan" is no option/], [['showmigrations', 'auth', '0001'], /"0001" is too much/],
    [['sqlmigrate'], /name a module and a migration/], [['sqlmigrate', 'auth'], /name a module and a migration/],
    [['sqlmigrate', 'auth', '0001', 'x'], /"x" is too much/], [['sqlmigrate', '--plan', 'auth', '0001'], /"--plan" is no option/],
  ];
  const NAMES = [
    [['migrate', 'nope'], /no module "nope" has migrations: there are contenttypes, attempts, mail, sessions, uploads, auth, /],
    [['migrate', 'home'], /no module "home"/], [['migrate', 'auth_user'], /"auth_user"/],
    [['migrate', 'auth', '0099'], /auth has no migration "0099": it has 0001_initial to 0012_/],
    [['migrate', 'auth', '001'], /"001" may be 0010_\S+ or 0011_/], [['migrate', 'auth', 'initial'], /"initial"/],
    [['migrate', '--plan', 'auth', '0099'], /"0099"/], [['showmigrations', 'nope'], /"nope"/],
    [['sqlmigrate', 'nope', '0001'], /"nope"/], [['sqlmigrate', 'auth', '0099'], /"0099"/],
    [['sqlmigrate', 'auth', 'zero'], /"zero"/],
  ];
  for (const [rows, status] of [[USAGE, 2], [NAMES, 1]]) {
    for (const [args, err] of rows) {
      test(`"${args.join(' ')}"`, () => {
        const dir = temporaryFolder();
        check(args, { dir, status, out: null, err });
        assert.ok(isUntouched(dir));
      });
    }
  }
});

describe('sqlmigrate and showmigrations', () => {
  test('sqlmigrate prints what would be run, without a database', () => {
    const dir = temporaryFolder();
    const { stdout } = check(['sqlmigrate', 'contenttypes', '0001'], { dir, err: null });
    assert.match(stdout, /^BEGIN;\nCREATE TABLE "django_content_type" \(\n {4}"id" (integer NOT NULL PRIMARY KEY AUTOINCREMENT|serial NOT NULL PRIMARY KEY),\n/);
    assert.doesNotMatch(stdout, /\{pk\}|^-- (sqlite|postgresql):|DROP/m);
    check(['sqlmigrate', '--backward', 'contenttypes', '0001_initial'],
      { dir, err: null, out: /^BEGIN;\nDROP TABLE "django_content_type";\nCOMMIT;\n$/ });
    assert.ok(isUntouched(dir));
  });

  test('what sqlmigrate prints makes the tables', () => {
    const path = newDatabase();
    const { stdout } = check(['showmigrations'], on(path));
    let module;
    let script = tables(`CREATE TABLE django_migrations ("id" integer PRIMARY KEY AUTOINCREMENT NOT NULL,
      "app" varchar(255) NOT NULL, "name" varchar(255) NOT NULL, "applied" datetime NOT NULL);`);
    for (const line of stdout.trim().split('\n')) {
      if (line.startsWith(' [ ] ')) script += check(['sqlmigrate', module, line.slice(5)], on(path)).stdout;
      else module = line;
    }
    sql(path, script);
    assert.equal(shape(path), shape(emptyDatabase()));
  });

  test('showmigrations of one module, without a database', () => {
    const dir = temporaryFolder();
    check(['showmigrations', 'sessions'], { dir, err: null, out: /^sessions\n \[ \] 0001_initial\n$/ });
    assert.ok(isUntouched(dir));
  });
});

describe('check finds where a database differs', () => {
  // [what is done to it, what is said]
  // SQLite drops no column that a trigger names.
  const WITHOUT_TRIGGERS = 'DROP TRIGGER lettings_address_insert; DROP TRIGGER lettings_address_update;';
  const FAULTS = [
    ['DROP TABLE django_admin_log;', /there is no table django_admin_log$/m],
    ['DROP TABLE auth_user_groups;', /there is no table auth_user_groups$/m],
    ['ALTER TABLE auth_group_permissions RENAME permission_id TO p;', /auth_group_permissions has no column permission_id$/m],
    ['ALTER TABLE django_session RENAME session_data TO data;',
      /django_session has no column session_data\n.*django_session\.data must be filled, but the model has no field/],
    ['ALTER TABLE auth_user ADD COLUMN age integer NOT NULL DEFAULT 1;', null],
    ['ALTER TABLE auth_user ADD COLUMN age integer NULL;', null],
    ['ALTER TABLE auth_user DROP COLUMN email; ALTER TABLE auth_user ADD COLUMN email varchar(254) NULL;',
      /auth_user\.email may be NULL/],
    ['ALTER TABLE auth_user DROP COLUMN email; ALTER TABLE auth_user ADD COLUMN email real NOT NULL DEFAULT 0;',
      /auth_user\.email is "(real|float4)", which keeps no TEXT/i],
    ["DELETE FROM django_migrations WHERE app = 'admin'; DROP TABLE django_session;",
      /admin\.0001_initial is not applied[^]*there is no table django_session/],
    ['CREATE TABLE other (id integer);', null],
    ["INSERT INTO django_migrations (app, name, applied) VALUES ('auth', '0013_later', '2030-01-01');", null],
  ];
  for (const [script, err] of FAULTS) {
    test(script, () => {
      const path = emptyDatabase();
      sql(path, script);
      check(['check'], { ...on(path), status: err ? 1 : 0, out: err ? null : /^No faults/, err });
    });
  }
});
