// Also on PostgreSQL.
// loaddata and dumpdata at the terminal, and beside Django's own.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { copyDatabase, databaseOf, environment, folderOf, makeDatabase, newDatabase, POSTGRES, PROGRAM, ROOT, SANITIZED, sharedData, skipWithoutModule,
  skipWithoutShared, temporaryFolder } from '../http/harness.mjs';
import { loadAndDump } from '../http/many.mjs';
import { checkCommand as check, demoFixtures, describeUnless, emptyDatabase, isUntouched, sql } from '../http/support.mjs';

const DATABASE = 'oc-lettings-site.sqlite3';
const FIXTURE = 'oc-lettings-fixture.json';
const withoutSite = skipWithoutModule('lettings', 'profiles');
const NATURAL = ['--natural-foreign', '--natural-primary', '--indent', '1'];

const group = (fields) => JSON.stringify([{ model: 'auth.group', pk: 1, fields }]);
const DEMO = demoFixtures();
const ROWS = DEMO.flat().length;

function fixtureFile(text, name = 'x.json') {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, text);
  return path;
}

/** The demo database in a folder of its own. */
function demo() {
  const dir = temporaryFolder();
  return { dir, path: makeDatabase(dir) };
}

const empty = () => ({ dir: folderOf(emptyDatabase()) });
const dump = (dir, ...args) => check(['dumpdata', ...args], { dir, err: null }).stdout;

describe('dumpdata', () => {
  test('writes the demo, which loads into another database', () => {
    const { dir } = demo();
    const json = dump(dir);
    const own = JSON.parse(json);
    assert.equal(own.filter(({ model }) => !/^contenttypes|permission$/.test(model)).length, ROWS);
    const other = empty().dir;
    check(['loaddata', fixtureFile(json)], { dir: other, err: null,
      out: new RegExp(`^Loaded ${own.length} objects from 1 fixture\\.\n$`) });
    assert.equal(dump(other), json);
  });

  test('writes the models that are named', () => {
    const { dir, path } = demo();
    sql(path, "INSERT INTO auth_group VALUES (1, 'hosts');");
    const models = (...args) => [...new Set(JSON.parse(dump(dir, ...args)).map(({ model }) => model))];
    assert.deepEqual(models('auth.user', 'contenttypes'), ['auth.user', 'contenttypes.contenttype']);
    assert.deepEqual(models('auth', '-e', 'auth.permission'), ['auth.group', 'auth.user']);
    assert.deepEqual(models('auth', 'contenttypes', '--exclude=auth', '--exclude', 'admin'), ['contenttypes.contenttype']);
    const two = JSON.parse(dump(dir, 'auth.user', '--pks', '5, 2,77'));
    assert.deepEqual(two.map(({ pk }) => pk), [2, 5]);
  });

  test('writes into a file, whole or not at all', () => {
    const { dir, path } = demo();
    const file = join(dir, 'dump.json');
    check(['dumpdata', 'auth', '-o', file], { dir, out: null, err: null });
    const json = readFileSync(file, 'utf8');
    assert.equal(json, dump(dir, 'auth', '--output=-'));
    // PostgreSQL stores nothing that cannot be written.
    sql(path, POSTGRES ? 'ALTER TABLE auth_user RENAME TO away;' : "UPDATE auth_user SET first_name = CAST(x'ff' AS TEXT) WHERE id = 5;");
    check(['dumpdata', 'auth', '-o', file], { dir, status: 1, out: null,
      err: POSTGRES ? /"auth_user" does not exist/ : /auth\.user 5: the field "first_name"/ });
    assert.equal(readFileSync(file, 'utf8'), json);
    assert.ok(!existsSync(`${file}.partial`));
    check(['dumpdata', '-o', '/no/such/folder/x.json'], { dir, status: 1, out: null,
      err: /\/no\/such\/folder\/x\.json cannot be written/ });
    sql(path, POSTGRES ? 'ALTER TABLE away RENAME TO auth_user;' : "UPDATE auth_user SET first_name = 'x' WHERE id = 5;");
    check(['dumpdata', 'auth', '-o', '/dev/full'], { dir, status: 1, out: null, err: /cannot be written/ });
  });

  test('writes what is no moment of ours as null, and never as another', () => {
    const { dir, path } = demo();
    for (const [i, stored] of (POSTGRES ? ['infinity', '0044-03-15 12:00:00 BC', '20044-03-15 12:00:00'] : ['soon']).entries()) {
      sql(path, `UPDATE auth_user SET last_login = '${stored}' WHERE id = ${i + 2};`);
      assert.equal(JSON.parse(dump(dir, 'auth.user', '--pks', String(i + 2)))[0].fields.last_login, null, stored);
    }
  });

  const REFUSED = [
    [['nowhere'], 1, /no app with models "nowhere"/], [['home'], 1, /no app with models "home"/],
    [['auth.nothing'], 1, /no model "auth\.nothing"/],
    [['-e', 'nowhere'], 1, /no app with models "nowhere"/],
    [['--pks', '1'], 1, /one model only/], [['auth', '--pks', '1'], 1, /one model only/],
    [['auth.user', '--pks', 'x'], 1, /"x" is no key of auth\.user/],
    [['--indent'], 2, /"--indent" lacks its value/], [['--indent', 'x'], 2, /"x" is no value/],
    [['--indent', '-1'], 2, /"-1" is no value/], [['--indent=101'], 2, /is no value/],
    [['--format', 'xml'], 2, /"xml" is no value/], [['--all'], 2, /"--all" is no option/],
    [['-x'], 2, /"-x" is no option/], [['-xi', 'auth'], 2, /"-x" is no option/], [['auth.user', '--pks', ''], 1, /"" is no key/],
  ];
  for (const [args, status, err] of REFUSED) {
    test(`refuses ${args.join(' ')}`, () => {
      check(['dumpdata', ...args], { ...demo(), status, out: null, err });
    });
  }

  test('says that there is no database', () => {
    check(['dumpdata'], { status: 1, out: POSTGRES ? /^\[$/ : null, err: POSTGRES ? /run `oc-lettings migrate`/ : /there is no database/ });
  });
});

describe('loaddata', () => {
  test('takes files, names of fixtures and standard input', () => {
    const { dir } = empty();
    check(['loaddata', 'demo', fixtureFile(group({ name: 'New' }))], { dir, err: null,
      out: new RegExp(`^Loaded ${ROWS + 1} objects from ${DEMO.length + 1} fixtures\\.\n$`) });
    check(['loaddata', 'demo.json'], { dir, out: new RegExp(`^Loaded ${ROWS} objects`) });
    const result = spawnSync(PROGRAM, ['loaddata', '--format=json', '-'], { cwd: dir,
      env: environment(dir), encoding: 'utf8', input: group({ name: 'Piped' }) });
    assert.equal(result.stdout, 'Loaded 1 object from 1 fixture.\n', result.stderr);
    assert.equal(sql(databaseOf(dir),
      'SELECT name FROM auth_group; SELECT COUNT(*) FROM auth_user;'), 'Piped\n5');
  });

  // [arguments behind the fixture, the fixture, status, what is said]
  const REFUSED = [
    [[], '[{"model": "auth.nothing"}]', 1,
      /x\.json: object 1, line 1 \(auth\.nothing\): there is no model/],
    [[], group({ name: 'x', extra: 1 }), 1, /auth\.group has no field "extra"/],
    [[], group({ name: 1 }), 1, /\(auth\.group 1\): the field "name" cannot be 1/],
    [[], '', 1, /x\.json: line 1: the list does not end/],
    [[], '[{"model": "auth.permission", "pk": 1, "fields": {"name": "x", "content_type": 777, "codename": "x"}}]', 1,
      /auth\.permission 1: the field "content_type" refers to contenttypes\.contenttype 777, which is not there/],
    [['/no/such.json'], '[]', 1, /\/no\/such\.json cannot be read/],
    [['nothing'], '[]', 1, /nothing is neither a \.json file nor the name of a fixture/],
    [['x.yaml'], '[]', 1, /x\.yaml is neither/],
    [['-e', 'nowhere'], '[]', 1, /no app with models "nowhere"/],
    [['--exclude'], '[]', 2, /"--exclude" lacks its value/],
    [['--format=yaml'], '[]', 2, /is no value/], [['--indent', '1'], '[]', 2, /"--indent" is no option/],
  ];
  for (const [args, json, status, err] of REFUSED) {
    test(`refuses ${args.join(' ')} ${json.slice(0, 80)}`, () => {
      const { dir } = empty();
      const path = fixtureFile(json);
      check(['loaddata', 'demo', path, ...args], { dir, status, out: null, err });
      assert.equal(sql(databaseOf(dir), 'SELECT COUNT(*) FROM auth_user;'), '0');
    });
  }

  test('passes over what it is told to', () => {
    const { dir } = empty();
    const path = fixtureFile(`[{"model": "gone.gone", "pk": 1, "fields": {}},${
      group({ name: 'x', gone: 1 }).slice(1)}`);
    check(['loaddata', '-i', path], { dir, out: /^Loaded 1 object/ });
    check(['loaddata', '--ignorenonexistent', path, '-e', 'auth'], { dir, out: /^Loaded 0 objects/ });
    check(['loaddata'], { dir, status: 2, out: null, err: /name a fixture/ });
  });

  test('takes a byte order mark, and no folder', () => {
    const { dir } = empty();
    check(['loaddata', fixtureFile(`\uFEFF${group({ name: 'x' })}`)], { dir, out: /^Loaded 1 object/ });
    check(['loaddata', fixtureFile(`[\uFEFF]`)], { dir, status: 1, out: null, err: /line 1/ });
    const folder = join(temporaryFolder(), 'x.json');
    mkdirSync(folder);
    check(['loaddata', folder], { dir, status: 1, out: null, err: /x\.json cannot be read: Is a directory/ });
  });

  test('says of a database without tables how to make them', () => {
    const dir = temporaryFolder();
    const env = POSTGRES ? {} : { DATABASE_URL: 'sqlite:///site.sqlite3' };
    if (!POSTGRES) writeFileSync(join(dir, 'site.sqlite3'), '');
    check(['loaddata', 'demo'], { dir, env, status: 1, out: null, err: /oc-lettings migrate/ });
    check(['dumpdata'], { dir, env, status: 1, out: /^\[$/, err: /oc-lettings migrate/ });
  });

  test('keeps a key of 0', { skip: withoutSite }, () => {
    const { dir, path } = demo();
    const place = { number: 1, street: 'S', city: 'C', state: 'GA', zip_code: 1, country_iso_code: 'USA' };
    const address = { model: 'lettings.address', pk: 0, fields: place };
    const letting = { model: 'lettings.letting', pk: 0, fields: { title: 'Zero', address: 0 } };
    check(['loaddata', fixtureFile(JSON.stringify([letting, address]))], { dir, out: /^Loaded 2 objects/ });
    assert.equal(sql(path, 'SELECT id, address_id FROM lettings_letting WHERE id < 1;'), '0|0');
    assert.deepEqual(JSON.parse(dump(dir, 'lettings.letting'))[0], letting);
  });

  test('makes no database', () => {
    const dir = temporaryFolder();
    check(['loaddata', 'demo'], { dir, status: 1, out: null, err: POSTGRES ? /run `oc-lettings migrate`/ : /there is no database/ });
    assert.ok(isUntouched(dir));
  });
});

describeUnless(withoutSite || skipWithoutShared(FIXTURE), "the Django site's fixture", () => {
  const shared = sharedData(FIXTURE);

  test('loads into a new database, and is dumped as it was', () => {
    const { dir } = empty();
    check(['loaddata', shared], { dir, err: null, out: /^Loaded 21 objects/ });
    assert.equal(dump(dir, ...NATURAL, 'auth.user', 'lettings', 'profiles'), readFileSync(shared, 'utf8'));
  });

  test("loads into the Django site's own database, where only the admin's password is another", () => {
    const dir = temporaryFolder();
    const path = databaseOf(dir);
    copyDatabase(sharedData(DATABASE), path);
    const rows = () => sql(path, `SELECT id, username, last_login, date_joined, is_staff,
      first_name FROM auth_user; SELECT * FROM lettings_letting; SELECT * FROM lettings_address;
      SELECT id, user_id, favorite_city FROM profiles_profile;`)
      .replace(/(\.\d{3})\d*/g, '$1'); // fixtures have milliseconds
    const before = rows();
    check(['loaddata', shared], { dir, err: null, out: /^Loaded 21 objects/ });
    assert.equal(rows(), before);
  });
});

const PYTHON = ['python3', '/usr/bin/python3'].find((python) => spawnSync(python,
  ['-c', 'import django, sys; sys.exit(django.VERSION[0] < 3)']).status === 0);

/** Runs a command of the Django site in tests/django; returns what it prints. */
function django(database, ...args) {
  const result = spawnSync(PYTHON, ['-B', join(ROOT, 'tests/django/manage.py'), ...args],
    { env: { PATH: process.env.PATH, DATABASE: database, PYTHONIOENCODING: 'utf-8' }, encoding: 'utf8', timeout: 60_000 });
  assert.equal(result.status, 0, `${args.join(' ')}: ${result.stderr}`);
  return result.stdout;
}

const withoutDjango = withoutSite || (SANITIZED ? 'Django need not be asked twice' : PYTHON ? false : 'no Python with Django');

describeUnless(withoutDjango, 'beside Django', () => {
  const codes = (...numbers) => (POSTGRES ? numbers.map((code) => `chr(${code})`).join(' || ') : `char(${numbers})`);
  const OPTIONS = [[], ['--indent', '2'], ['--indent', '0'], ['--natural-foreign'], NATURAL];

  test('both write the same bytes of the same database', () => {
    const { dir, path } = demo();
    sql(path, `INSERT INTO lettings_address VALUES (77, 0, 'Ü "x" \\ ' || ${codes(10, 9, 1, 127, 8232)}, '', '', 1, '');`);
    for (const options of OPTIONS) {
      const labels = ['lettings', 'profiles'];
      assert.equal(dump(dir, ...options, ...labels), django(path, 'dumpdata', ...options, ...labels));
    }
  });

  test('Django loads what we write, and we what Django writes', () => {
    const { dir, path } = demo();
    const theirs = newDatabase();
    django(theirs, 'migrate');
    const labels = ['auth.user', 'lettings', 'profiles'];
    const file = fixtureFile(dump(dir, ...labels, '--indent', '1'), 'ours.json');
    assert.match(django(theirs, 'loaddata', file), /Installed 21 object/);
    const written = django(theirs, 'dumpdata', ...labels, ...NATURAL);
    const { dir: other } = empty();
    check(['loaddata', '-i', fixtureFile(written)], { dir: other, out: /^Loaded 21 objects/ });
    assert.equal(dump(other, ...labels), dump(dir, ...labels));
    assert.ok(path);
  });
});

test('100,000 rows are loaded and dumped in 32 MiB', {
  skip: SANITIZED ? 'a sanitized program needs more memory' : false,
}, () => loadAndDump(100_000));
