// Only on SQLite: backups of PostgreSQL are other files, which it makes of a server of its own.
// `backup` and `restore`: what is written is whole, what is put back is all of it, and nothing that was there is lost.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { copyDatabase, get, makeDatabase, runCommand, SANITIZED, sharedData, skipWithoutShared, startServer, temporaryFolder, TEST_PROGRAM, until } from '../http/harness.mjs';
import { checkCommand, describeUnless, freshDatabases, lock, sql } from '../http/support.mjs';
import { psql, skipWithoutPostgres, spawnPsql } from '../postgres.mjs';

const DATABASE = 'oc-lettings-site.sqlite3';
const dump = (path) => sql(path, '.dump');
const keptIn = (dir) => readdirSync(dir).filter((name) => name.includes('.before-restore-') && !/-(wal|journal)$/.test(name));
let demo;
const site = () => {
  const dir = temporaryFolder();
  copyDatabase(demo ??= makeDatabase(temporaryFolder()), join(dir, DATABASE));
  return { dir, database: join(dir, DATABASE), file: join(dir, 'backup.sqlite3') };
};
/** A database whose two tables say the same at every moment, written to until `stop` is called. */
function writeOn(database) {
  sql(database, 'CREATE TABLE a (n); INSERT INTO a VALUES (0); CREATE TABLE b (n); INSERT INTO b VALUES (0); CREATE TABLE filler (t);');
  const statement = "BEGIN IMMEDIATE; UPDATE a SET n = n + 1; INSERT INTO filler VALUES (hex(randomblob(3000))); UPDATE b SET n = n + 1; COMMIT;\n";
  const child = spawn('sqlite3', ['-cmd', '.timeout 10000', database], { stdio: ['pipe', 'ignore', 'inherit'] });
  child.stdin.on('error', () => {});
  const timer = setInterval(() => child.stdin.write(statement.repeat(20)), 10);
  return async () => {
    clearInterval(timer);
    child.stdin.end();
    await once(child, 'close');
  };
}

describe('backup', () => {
  test('writes all there is into a file of its own, readable by its owner alone', () => {
    const { dir, database, file } = site();
    const { stdout } = checkCommand(['backup', file], { dir, err: null });
    const bytes = readFileSync(file);
    assert.equal(stdout, `${file}: ${bytes.length} bytes, whole, sha256 ${createHash('sha256').update(bytes).digest('hex')}\n`);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.equal(dump(file), dump(database));
    assert.deepEqual(readdirSync(dir).sort(), ['backup.sqlite3', DATABASE]);
  });

  test('is of one moment, while somebody writes', async () => {
    const { dir, database } = site();
    const stop = writeOn(database);
    const seen = [];
    await until(() => Number(sql(database, 'SELECT n FROM a')) > 20, 10_000);
    for (let i = 0; i < 4; i++) {
      checkCommand(['backup', `at-${i}`], { dir, err: null });
      const at = join(dir, `at-${i}`);
      seen.push(sql(at, 'PRAGMA integrity_check; SELECT (SELECT n FROM a) = (SELECT n FROM b), (SELECT n FROM a) = (SELECT count(*) FROM filler);'));
    }
    const before = Number(sql(database, 'SELECT n FROM a'));
    await until(() => Number(sql(database, 'SELECT n FROM a')) > before, 10_000);
    await stop();
    assert.deepEqual(seen, Array(4).fill('ok\n1|1'));
  });

  test("is of the Django site's database as it is", { skip: skipWithoutShared(DATABASE) }, () => {
    const dir = temporaryFolder();
    copyFileSync(sharedData(DATABASE), join(dir, DATABASE));
    checkCommand(['backup', 'b'], { dir, err: null });
    assert.deepEqual(readFileSync(join(dir, 'b')).subarray(18, 20), Buffer.from([1, 1]), 'no write-ahead log where there was none');
    assert.equal(dump(join(dir, 'b')), dump(sharedData(DATABASE)));
  });

  const REFUSALS = [
    ['over a file that is there', ({ file }) => writeFileSync(file, 'mine'), /is there already: name another file/],
    ['where the folder is not there', null, /cannot make .*: No such file/, ['backup', 'no/such/folder/b']],
    ['without a database', ({ database }) => rmSync(database), /there is no database/],
    ['into two files', null, /is too much/, ['backup', 'b', 'c']],
    ['of a damaged database', ({ database }) => {
      const bytes = readFileSync(database);
      bytes.fill(0xAB, 4096 * 3, 4096 * 12);
      writeFileSync(database, bytes);
    }, /damaged|malformed|cannot be read/],
    ['without a file', null, /name a file/, ['backup']],
  ];
  for (const [name, prepare, words, args] of REFUSALS) {
    test(`refused: ${name}`, () => {
      const made = site();
      prepare?.(made);
      const { status, stderr } = runCommand(args ?? ['backup', made.file], { dir: made.dir });
      assert.ok(status === 1 || status === 2, String(status));
      assert.match(stderr, words);
      assert.deepEqual(readdirSync(made.dir).filter((file) => file.endsWith('.part')), []);
      if (existsSync(made.file)) assert.equal(readFileSync(made.file, 'utf8'), 'mine');
    });
  }
});

describe('restore', () => {
  test('puts back all there was, and keeps what was there', () => {
    const { dir, database, file } = site();
    checkCommand(['backup', file], { dir });
    const before = dump(database);
    sql(database, "UPDATE auth_user SET first_name = 'Later'; CREATE TABLE later (n);");
    const later = dump(database);
    const { stdout } = checkCommand(['restore', file], { dir, err: null });
    assert.equal(dump(database), before);
    const [kept] = keptIn(dir);
    assert.ok(stdout.includes(kept), stdout);
    assert.equal(dump(join(dir, kept)), later);
    assert.equal(sql(database, 'PRAGMA integrity_check; PRAGMA journal_mode;'), 'ok\nwal');
    checkCommand(['restore', join(dir, kept)], { dir, err: null });
    assert.equal(dump(database), later, 'and back again');
    assert.equal(keptIn(dir).length, 2);
  });

  test('makes the database where there is none', () => {
    const { dir, file, database } = site();
    checkCommand(['backup', file], { dir });
    const other = temporaryFolder();
    checkCommand(['restore', file], { dir: other, out: /^The database is that of/ });
    assert.equal(dump(join(other, DATABASE)), dump(database));
    assert.deepEqual(readdirSync(other), [DATABASE]);
  });

  test('takes the place of what is no database any more, which is put away as it is', () => {
    const { dir, database, file } = site();
    checkCommand(['backup', file], { dir });
    const before = dump(database);
    writeFileSync(database, 'no database');
    writeFileSync(`${database}-wal`, 'no log');
    chmodSync(database, 0o640);
    checkCommand(['restore', file], { dir, err: null });
    assert.equal(dump(database), before);
    assert.equal(statSync(database).mode & 0o777, 0o640);
    const [kept] = keptIn(dir);
    assert.equal(readFileSync(join(dir, kept), 'utf8'), 'no database');
    assert.equal(readFileSync(join(dir, `${kept}-wal`), 'utf8'), 'no log');
  });

  test('a backup of before says what is missing', () => {
    const { dir, file, database } = site();
    sql(database, "DELETE FROM django_migrations WHERE app = 'sessions';");
    checkCommand(['backup', file], { dir });
    checkCommand(['restore', file], { dir, out: /It is older than this program: .*sessions\.0001_initial.*oc-lettings migrate/ });
  });

  test('while the site serves and writes: no request fails, and pages are those of the backup at once', async (t) => {
    const server = await startServer({ program: TEST_PROGRAM, t });
    const env = { DATABASE_URL: `sqlite:///${server.database}` };
    const name = (text) => get(`${server.url}/probe/write/1/`, { method: 'POST', body: text });
    const page = async () => (await get(`${server.url}/probe/users/`)).text;
    await name('Before');
    checkCommand(['backup', 'b'], { dir: server.dir, env });
    await name('After');
    assert.match(await page(), /<h1>After</);
    const statuses = [];
    let going = true;
    const load = Array.from({ length: 4 }, async () => {
      while (going) statuses.push((await get(`${server.url}/probe/users/`)).status, (await name('Under load')).status);
    });
    for (let i = 0; i < 3; i++) checkCommand(['restore', 'b'], { dir: server.dir, env });
    going = false;
    await Promise.all(load);
    assert.deepEqual(statuses.filter((status) => status !== 200), []);
    checkCommand(['restore', 'b'], { dir: server.dir, env });
    assert.match(await page(), /<h1>Before</);
    assert.equal((await name('Afterwards')).status, 200);
    assert.match(await page(), /<h1>Afterwards</);
    for (const kept of keptIn(server.dir)) assert.equal(sql(join(server.dir, kept), 'PRAGMA integrity_check'), 'ok');
  });

  const damage = (path, at) => {
    const bytes = readFileSync(path);
    bytes.fill(0xAB, at, at + 4096 * 9);
    writeFileSync(path, bytes);
  };
  const REFUSALS = [
    ['there is no such file', () => {}, /there is no file/],
    ['it is no database', ({ file }) => writeFileSync(file, 'hello\n'.repeat(1000)), /file is not a database/],
    ['it is empty', ({ file }) => writeFileSync(file, ''), /no table django_migrations/],
    ['it is another program\'s', ({ file }) => sql(file, 'CREATE TABLE other (n);'), /no table django_migrations/],
    ['it is damaged', ({ dir, file }) => {
      checkCommand(['backup', file], { dir });
      damage(file, 4096 * 3);
    }, /damaged|malformed/],
    ['it is cut off', ({ dir, file }) => {
      checkCommand(['backup', file], { dir });
      truncateSync(file, 4096 * 20);
    }, /damaged|malformed/],
    ['it is a folder', ({ file }) => mkdirSync(file), /cannot open|cannot be read/],
  ];
  for (const [name, prepare, words] of REFUSALS) {
    test(`refused, with nothing changed: ${name}`, () => {
      const made = site();
      const before = dump(made.database);
      prepare(made);
      checkCommand(['restore', made.file], { dir: made.dir, status: 1, out: null, err: words });
      assert.equal(dump(made.database), before);
      assert.deepEqual(keptIn(made.dir), []);
    });
  }

  test('refused while another writes for longer than DATABASE_TIMEOUT', async (t) => {
    const { dir, database, file } = site();
    checkCommand(['backup', file], { dir });
    const before = dump(database);
    const unlock = await lock(database, 'BEGIN IMMEDIATE', t);
    checkCommand(['restore', file], { dir, env: { DATABASE_TIMEOUT: '200' }, status: 1, err: /busy/ });
    await unlock();
    assert.equal(dump(database), before);
    assert.deepEqual(keptIn(dir), []);
  });

  test('refused while a site has a database that is damaged', async (t) => {
    const server = await startServer({ program: TEST_PROGRAM, t });
    const env = { DATABASE_URL: `sqlite:///${server.database}` };
    checkCommand(['backup', 'b'], { dir: server.dir, env });
    await get(`${server.url}/probe/users/`);
    const bytes = readFileSync(server.database);
    sql(server.database, 'PRAGMA wal_checkpoint(TRUNCATE)');
    const broken = Buffer.from(bytes);
    broken.fill(0, 0, 100);
    writeFileSync(server.database, broken, { flag: 'r+' });
    const { status, stderr } = runCommand(['restore', 'b'], { dir: server.dir, env });
    writeFileSync(server.database, bytes, { flag: 'r+' });
    assert.equal(status, 1);
    assert.match(stderr, /is damaged, and process \d+ has it open: stop the site/);
  });
});

describeUnless(SANITIZED ? 'the tools are the same in every build' : skipWithoutPostgres(), 'on PostgreSQL', () => {
  const database = freshDatabases();
  const fresh = (options) => {
    const url = database(options);
    const dir = temporaryFolder();
    return { dir, url, env: { DATABASE_URL: url }, file: join(dir, 'backup') };
  };
  const nameOf = (url) => new URL(url).pathname.slice(1);
  const filled = (made) => {
    checkCommand(['demo'], { dir: made.dir, env: { DEBUG: '1', ...made.env } });
    return nameOf(made.url);
  };
  let demoOfAll;
  const full = () => fresh(`TEMPLATE ${demoOfAll ??= filled(fresh())}`);
  /** Every row of every table. */
  const rowsOf = (url) => psql(url, "SELECT string_agg(format('SELECT %L, t::text FROM %I t', tablename, tablename), ' UNION ALL ' ORDER BY tablename) || ' ORDER BY 1, 2' FROM pg_tables WHERE schemaname = 'public';")
    .split('\n').map((query) => psql(url, query)).join('\n');

  test('all there is comes back, also into an empty database, and what was there is kept', () => {
    const { dir, env, url, file } = full();
    const { stdout } = checkCommand(['backup', file], { dir, env, err: null });
    assert.match(stdout, /^\S+: \d+ bytes, whole, sha256 [0-9a-f]{64}\n$/);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const before = rowsOf(url);
    psql(url, "UPDATE auth_user SET first_name = 'Later'; CREATE TABLE later (n integer); INSERT INTO later VALUES (1);");
    const later = rowsOf(url);
    checkCommand(['restore', file], { dir, env, err: null, out: /What was there before is in/ });
    assert.equal(rowsOf(url), before);
    checkCommand(['check'], { dir, env: { DEBUG: '1', ...env } });
    psql(url, "INSERT INTO auth_group (name) VALUES ('its key goes on');");
    checkCommand(['restore', join(dir, keptIn(dir)[0])], { dir, env, err: null });
    assert.equal(rowsOf(url), later);
    const other = fresh();
    checkCommand(['restore', file], { dir: other.dir, env: other.env, err: null });
    assert.equal(rowsOf(other.url), before);
  });

  test('refused: over a file that is there; a file that is none; while others are connected', async (t) => {
    const { dir, env, url, file } = full();
    checkCommand(['backup', file], { dir, env });
    checkCommand(['backup', file], { dir, env, status: 1, err: /is there already/ });
    const before = rowsOf(url);
    writeFileSync(join(dir, 'none'), 'hello');
    checkCommand(['restore', join(dir, 'none')], { dir, env, status: 1, err: /pg_restore: .*not appear to be a valid archive/ });
    const site = await startServer({ database: null, env, t });
    assert.equal((await get(`${site.url}/readyz`)).status, 200);
    checkCommand(['restore', file], { dir, env, status: 1, err: /connected to the database \(oc\): stop the site/ });
    assert.equal(rowsOf(url), before);
  });

  const as = (made, role) => {
    const url = new URL(made.url);
    url.username = role;
    return { ...made, url: url.href, env: { DATABASE_URL: url.href } };
  };
  const ROLES = ['site', 'django', 'passing'].map((role) => `CREATE ROLE ${role} LOGIN;`).join('\n');
  let ordinary;
  /** A database of an ordinary role's, with what a server's administrator has put into it. */
  const owned = () => {
    if (!ordinary) {
      const { url } = fresh();
      psql(url, `${ROLES} ALTER DATABASE ${nameOf(url)} OWNER TO site; CREATE EXTENSION pg_stat_statements; CREATE EXTENSION pg_trgm;
        CREATE SCHEMA admin; CREATE FUNCTION admin.helper() RETURNS integer LANGUAGE sql AS 'SELECT 1';`);
      ordinary = filled(as({ dir: temporaryFolder(), url }, 'site'));
    }
    const made = fresh(`TEMPLATE ${ordinary} OWNER site`);
    return { ...as(made, 'site'), server: made.url };
  };
  const extensions = (url) => psql(url, 'SELECT string_agg(extname, \',\' ORDER BY extname) FROM pg_extension');

  test("as an ordinary role: extensions and schemas of the server's own stay, and grants come back", () => {
    const { dir, env, url, server, file } = owned();
    psql(url, 'CREATE INDEX by_part ON auth_group USING gin (name gin_trgm_ops); GRANT SELECT ON django_session TO django; GRANT SELECT ON auth_group TO passing; CREATE TYPE kind AS (n integer); CREATE STATISTICS sums ON id, name FROM auth_group;');
    psql(server, 'GRANT SELECT ON pg_stat_statements TO django;');
    checkCommand(['backup', file], { dir, env });
    const [before, had] = [rowsOf(url), extensions(server)];
    psql(url, `UPDATE auth_user SET first_name = 'Later'; CREATE TABLE later (n integer REFERENCES auth_user); CREATE SEQUENCE later_too;
      CREATE FUNCTION later(later) RETURNS integer LANGUAGE sql AS 'SELECT 1'; REVOKE ALL ON auth_group FROM passing; DROP TYPE kind;`);
    psql(server, 'ALTER ROLE passing RENAME TO passed;');
    checkCommand(['restore', file], { dir, env, err: /^not put back: ERROR: {2}role "passing" does not exist\n$/ });
    assert.equal(rowsOf(url), before);
    assert.equal(extensions(server), had);
    assert.equal(psql(url, "SELECT count(*) FROM pg_proc WHERE proname = 'later'; SELECT to_regclass('later_too'), to_regtype('kind');"), '0\n|kind');
    assert.equal(psql(as({ url }, 'django').url, 'SELECT count(*) FROM django_session'), '0');
    checkCommand(['check'], { dir, env: { DEBUG: '1', ...env } });
    const other = as(fresh('OWNER site'), 'site');
    checkCommand(['restore', file], { dir: other.dir, env: other.env, err: /not put back: / });
    assert.equal(rowsOf(other.url), before);
    assert.equal(extensions(other.url), 'pg_trgm,plpgsql', 'what the role may make');
  });

  test('by a superuser: what is put back is the role\'s, as what was there', () => {
    const { dir, server, url, file } = owned();
    const env = { DATABASE_URL: server };
    checkCommand(['backup', file], { dir, env });
    checkCommand(['restore', file], { dir, env });
    assert.equal(psql(server, "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'"), 'site');
    checkCommand(['check'], { dir, env: { DEBUG: '1', DATABASE_URL: url } });
  });

  test('in the schema that the URL names', () => {
    const { dir, url, file } = fresh();
    const at = (schema) => ({ DATABASE_URL: `${url}&options=-csearch_path%3D${schema}` });
    psql(url, 'CREATE SCHEMA shop; CREATE SCHEMA other;');
    checkCommand(['demo'], { dir, env: { DEBUG: '1', ...at('shop') } });
    checkCommand(['backup', file], { dir, env: at('shop') });
    psql(url, "UPDATE shop.auth_user SET first_name = 'Later';");
    checkCommand(['restore', file], { dir, env: at('other'), status: 1, err: /not in the schemas where the site looks for them \(other\).*nothing was changed/ });
    assert.equal(psql(url, 'SELECT DISTINCT first_name FROM shop.auth_user'), 'Later');
    checkCommand(['restore', file], { dir, env: at('shop') });
    assert.equal(psql(url, "SELECT count(*) FROM shop.auth_user WHERE first_name = 'Later'"), '0');
  });

  const FAILURES = [
    ['a function is another role\'s', ({ server }) => psql(server, "ALTER SCHEMA public OWNER TO oc; GRANT CREATE ON SCHEMA public TO site; CREATE FUNCTION mine() RETURNS integer LANGUAGE sql AS 'SELECT 1'"), /psql: ERROR: {2}must be owner of function public\.mine; nothing was changed/],
    ['the role may make nothing there', ({ server }) => psql(server, 'ALTER SCHEMA public OWNER TO oc; REVOKE CREATE ON SCHEMA public FROM PUBLIC, site;'), /this role may make nothing in the schema/],
    ['another role is connected', ({ server, t }) => {
      const child = spawnPsql(server);
      t.after(() => child.stdin.end());
      return until(() => psql(server, "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'psql' AND datname = current_database()") === '2');
    }, /others are connected to the database \(oc\)/],
    ['the file is cut off', ({ file }) => truncateSync(file, statSync(file).size - 2000), /pg_restore: .*nothing was changed/],
  ];
  for (const [name, prepare, words] of FAILURES) {
    test(`nothing is changed: ${name}`, async (t) => {
      const made = owned();
      const { dir, env, url, file } = made;
      checkCommand(['backup', file], { dir, env });
      psql(url, "UPDATE auth_user SET first_name = 'Later';");
      await prepare({ ...made, t });
      const before = rowsOf(made.server);
      checkCommand(['restore', file], { dir, env, status: 1, out: '', err: words });
      assert.equal(rowsOf(made.server), before);
      assert.deepEqual(keptIn(dir), []);
    });
  }

  test('no password stands in the list of processes', () => {
    const { dir, env, file } = full();
    const bin = temporaryFolder();
    writeFileSync(join(bin, 'pg_dump'), `#!/bin/sh\necho "$@" > ${join(dir, 'words')}\necho "$PGPASSWORD" > ${join(dir, 'password')}\nexit 1\n`);
    chmodSync(join(bin, 'pg_dump'), 0o755);
    for (const [password, expected] of [['s%27ecret', "s'ecret\n"], ['', 'secret of libpq\n']]) {
      const url = new URL(env.DATABASE_URL);
      url.password = password;
      const { status, stderr } = runCommand(['backup', file], { dir, env: { DATABASE_URL: url.href, PGPASSWORD: 'secret of libpq', PATH: `${bin}:${process.env.PATH}` } });
      assert.equal(status, 1, stderr);
      assert.equal(readFileSync(join(dir, 'password'), 'utf8'), expected);
      assert.doesNotMatch(readFileSync(join(dir, 'words'), 'utf8'), /ecret/);
    }
    assert.ok(!existsSync(file));
  });
});
