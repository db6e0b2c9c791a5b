// Also on PostgreSQL.
// /healthz: the program runs. /readyz: its database answers and has the tables the modules need.
import assert from 'node:assert/strict';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { get, makeDatabase, newDatabase, runCommand, skipOnPostgres, startServer, TEST_PROGRAM,
  temporaryFolder } from './harness.mjs';
import { ask, describeUnless, emptyDatabase, lock, sql } from './support.mjs';

const health = async (server) => {
  const { status, text, headers } = await get(`${server.url}/healthz`);
  assert.deepEqual([status, text, headers['content-type'], headers['cache-control']],
    [200, 'ok\n', 'text/plain; charset=utf-8', 'no-store']);
};
const ready = async (server, expected, words) => {
  const { status, text, headers } = await get(`${server.url}/readyz`);
  assert.equal(status, expected, text);
  assert.match(text, words);
  assert.equal(headers['content-type'], 'text/plain; charset=utf-8');
  assert.equal(headers['cache-control'], 'no-store');
};
const CANNOT_OPEN = /^the database cannot be opened\n$/;
const rollback = (path) => {
  assert.equal(sql(path, 'PRAGMA journal_mode = DELETE;'), 'delete');
  return path;
};
const ONE = { WEB_CONCURRENCY: '1', WEB_THREADS: '1', DATABASE_TIMEOUT: '100' };

test('both say yes when all is well, to any host, also over a proxy\'s plain http', async (t) => {
  const server = await startServer({ env: { TRUSTED_PROXIES: '127.0.0.1' }, t });
  await health(server);
  await ready(server, 200, /^ready\n$/);
  for (const path of ['/healthz', '/readyz']) {
    for (const host of ['10.1.2.3:8000', 'evil.example', '', undefined, 'a b']) {
      const answer = await ask(server.port, `GET ${path}`, { Host: host,
        'X-Forwarded-Proto': 'http' });
      // Without a Host the request itself is not well formed.
      assert.equal(answer.status, host === undefined ? 400 : 200, `${path} for ${host}`);
    }
  }
});

test('a database without migrations is not ready, with the reason, until they are applied',
  async (t) => {
  const database = newDatabase();
  sql(database, 'CREATE TABLE other (id INTEGER);');
  const server = await startServer({ program: TEST_PROGRAM, database, t });
  await health(server);
  await ready(server, 503, /django_migrations.*oc-lettings migrate/);
  assert.match(await server.logged(/the database is not ready/),
    /level=warning .*oc-lettings migrate/);
  assert.equal((await get(`${server.url}/`)).status, 200);
  assert.equal((await get(`${server.url}/probe/users/`)).status, 500);
  assert.equal(runCommand(['migrate'], { dir: server.dir }).status, 0);
  await ready(server, 200, /^ready\n$/);
  assert.equal((await get(`${server.url}/probe/users/`)).status, 200);
});

test('one missing migration is named', async (t) => {
  const database = emptyDatabase();
  sql(database, "DELETE FROM django_migrations WHERE app = 'sessions';");
  const server = await startServer({ database, t });
  await ready(server, 503, /sessions\.0001_initial/);
});

const ofFiles = skipOnPostgres('it is about files; tests/faults/failover.test.mjs takes servers away');

test('a database that has gone is not ready', { skip: ofFiles }, async (t) => {
  const server = await startServer({ program: TEST_PROGRAM, env: ONE, t });
  renameSync(server.database, `${server.database}.away`);
  await ready(server, 503, CANNOT_OPEN);
  await server.logged(/level=error .*target=\/readyz .*there is no database/);
  await health(server);
  const page = await get(`${server.url}/probe/users/`);
  assert.equal(page.status, 503);
  assert.equal(page.headers['retry-after'], '2');
  assert.ok(!page.text.includes(server.dir), 'the page names no path');
  renameSync(`${server.database}.away`, server.database);
  await ready(server, 200, /^ready\n$/);
  assert.equal((await get(`${server.url}/probe/users/`)).status, 200);
});

describeUnless(skipOnPostgres('readers of PostgreSQL wait for no writer'), 'a locked database', () => {
  const ROWS = [
    ['that keeps readers out is not ready', 'BEGIN EXCLUSIVE', rollback, 503],
    ['that keeps writers out is ready', 'BEGIN IMMEDIATE', rollback, 200],
    ['in WAL mode is ready', 'BEGIN EXCLUSIVE', (path) => path, 200],
  ];
  for (const [name, begin, prepare, status] of ROWS) {
    test(name, async (t) => {
      const server = await startServer({ program: TEST_PROGRAM,
        database: prepare(makeDatabase(temporaryFolder())), env: ONE, t });
      const unlock = await lock(server.database, begin, t);
      await ready(server, status, status === 200 ? /^ready\n$/ : CANNOT_OPEN);
      if (status !== 200) await server.logged(/level=error .*target=\/readyz .*database is locked/);
      assert.equal((await get(`${server.url}/probe/users/`)).status, status);
      await health(server);
      await unlock();
      await ready(server, 200, /^ready\n$/);
      assert.equal((await get(`${server.url}/probe/users/`)).status, 200);
    });
  }
});

test('a damaged database is not ready, and hurts nobody', async (t) => {
  const server = await startServer({ env: ONE, t });
  await ready(server, 200, /^ready\n$/);
  sql(server.database, 'ALTER TABLE django_migrations RENAME TO gone;');
  await ready(server, 503, /django_migrations/);
  await health(server);
  sql(server.database, 'ALTER TABLE gone RENAME TO django_migrations;');
  await ready(server, 200, /^ready\n$/);
});

const BAD = [
  ['none', null, /there is no database .*oc-lettings migrate/],
  ['a text file', 'hello, this is no database at all\n'.repeat(100), /not a database/],
];
for (const [name, contents, words] of BAD) {
  test(`there is no start without a database: ${name}`, { skip: ofFiles }, async () => {
    const database = contents && join(temporaryFolder(), 'bad.sqlite3');
    if (database) writeFileSync(database, contents);
    await assert.rejects(startServer({ database }), (error) => {
      assert.match(error.message, /did not start \(1\)/);
      assert.match(error.message, words);
      return true;
    });
  });
}

test('with DATA_EPHEMERAL=1 an empty folder is migrated at the start, and the log says that nothing lasts', async (t) => {
  const server = await startServer({
    env: { DATA_EPHEMERAL: '1', DATABASE_URL: 'sqlite:///new.sqlite3' }, t,
  });
  await ready(server, 200, /^ready\n$/);
  assert.match(await server.logged(/will not last/), /level=warning .*data_dir=/);
});

test('refused: to serve where that migration cannot be done', () => {
  const dir = temporaryFolder();
  writeFileSync(join(dir, 'no.sqlite3'), 'this is no database, whatever its name says');
  const { status, stderr } = runCommand(['serve'], { dir,
    env: { DATA_EPHEMERAL: '1', DATABASE_URL: 'sqlite:///no.sqlite3', PORT: '0' } });
  assert.equal(status, 1);
  assert.match(stderr, /migrate failed, which DATA_EPHEMERAL=1 asks for/);
});
