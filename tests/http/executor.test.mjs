// Only on SQLite: it is about SQLite's journal modes and the locks of its file.
// What may wait is answered on threads of its own: writes, and all that reads a rollback-journal database.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { get, makeDatabase, sharedData, skipWithoutShared, startServer, temporaryFolder,
  TEST_PROGRAM, until } from './harness.mjs';
import { bytesOf, describeUnless, lock, sql, Wire } from './support.mjs';

const DJANGO = 'oc-lettings-site.sqlite3';
const ONE = { WEB_CONCURRENCY: '1', DATABASE_MAX_CONNECTIONS: '1', DATABASE_TIMEOUT: '200' };

const fresh = () => makeDatabase(temporaryFolder());
const rollback = (path) => {
  sql(path, 'PRAGMA journal_mode = DELETE;');
  return path;
};
// 1: rollback journal, 2: WAL (sqlite.org/fileformat.html, "File format version numbers").
const journalOf = (path) => [...readFileSync(path).subarray(18, 20)];

// A descriptor may be closed meanwhile.
const openFiles = (pid) => readdirSync(`/proc/${pid}/fd`).map((fd) => {
  try {
    return readlinkSync(`/proc/${pid}/fd/${fd}`);
  } catch {
    return null;
  }
});

const write = (server, id, name) => get(`${server.url}/probe/write/${id}/`,
  { method: 'POST', body: name });
const nameOf = async (server,
  id) => /<h1>(.*)<\/h1>/.exec((await get(`${server.url}/probe/users/${id}/`)).text)[1];

const DATABASES = [
  ['in WAL mode', fresh, [2, 2], false],
  ['in rollback-journal mode', () => rollback(fresh()), [1, 1], false],
  ['as Django left it', () => sharedData(DJANGO), [1, 1], skipWithoutShared(DJANGO)],
];
for (const [name, make, journal, skip] of DATABASES) {
  describeUnless(skip, `a database ${name}`, () => {
    let server;
    before(async () => {
      server = await startServer({ program: TEST_PROGRAM, database: make(),
        env: { DATABASE_TIMEOUT: '1500' } });
      sql(server.database, `CREATE UNIQUE INDEX only_here ON auth_user (first_name);
        CREATE TRIGGER orphan AFTER UPDATE ON auth_user WHEN NEW.first_name = 'orphan'
        BEGIN INSERT INTO auth_user_groups (user_id, group_id) VALUES (NEW.id, 99); END;`);
    });
    after(() => server?.stop());

    test('is read and written', async () => {
      assert.equal(await nameOf(server, 2), 'John');
      assert.equal((await write(server, 2, 'Written')).text, 'written\n');
      assert.equal(await nameOf(server, 2), 'Written');
      assert.equal(sql(server.database, 'SELECT first_name FROM auth_user WHERE id = 2;'),
        'Written');
    });

    test('takes the writes of both workers at once', async () => {
      const answers = await Promise.all(Array.from({ length: 24 },
        (_, i) => write(server, 1 + (i % 5), `Name ${i}`)));
      assert.deepEqual(answers.map(({ status }) => status), Array(24).fill(200));
      for (let id = 1; id <= 5; id++) assert.match(await nameOf(server, id), /^Name \d+$/);
    });

    for (const [words, value] of [['a name that is there', 'Taken'],
      ['a group that is not there, at the commit', 'orphan']]) {
      test(`refuses a write that conflicts with ${words}, and all of it`, async () => {
        await write(server, 2, 'Taken');
        await write(server, 3, 'Mine');
        const { status, text } = await write(server, 3, value);
        assert.equal(status, 409);
        assert.doesNotMatch(text, /UNIQUE|FOREIGN|constraint/);
        assert.equal(await nameOf(server, 3), 'Mine');
        assert.equal((await write(server, 3, 'Free')).status, 200);
        assert.equal(sql(server.database, 'SELECT count(*) FROM auth_user_groups;'), '0');
      });
    }

    test('has one connection for each thread', async () => {
      await Promise.all(Array.from({ length: 24 }, (_, i) => (i % 2
        ? get(`${server.url}/probe/users/`) : write(server, 5, `Name ${i}`))));
      const most = 5 + (journal[0] === 2 ? 2 : 0); // DATABASE_MAX_CONNECTIONS, WEB_THREADS
      for (const pid of server.workers()) {
        const connections = openFiles(pid).filter((path) => path === server.database).length;
        assert.ok(connections <= most, `${connections} connections`);
      }
    });

    test('is never written by a GET', async () => {
      const before = sql(server.database, 'SELECT group_concat(first_name) FROM auth_user;');
      for (let i = 0; i < 5; i++) assert.equal((await get(`${server.url}/probe/write-on-read/`)).status, 500);
      assert.equal(sql(server.database, 'SELECT group_concat(first_name) FROM auth_user;'),
        before);
      await server.logged(/request failed.*(readonly|unsafe use of virtual table)/);
    });

    test('that another keeps writing to is busy, for a while', async (t) => {
      const unlock = await lock(server.database, 'BEGIN IMMEDIATE', t);
      const { status, headers } = await write(server, 4, 'Later');
      assert.equal(status, 503);
      assert.equal(headers['retry-after'], '2');
      assert.equal((await get(`${server.url}/probe/users/4/`)).status, 200);
      await unlock();
      assert.equal((await write(server, 4, 'Later')).status, 200);
    });

    test('takes bytes as they are', async () => {
      for (const value of ["'; DROP TABLE auth_user; --", '', '東京 🏠', '%s%n',
        'x'.repeat(256)]) {
        assert.equal((await write(server, 5, value)).status, 200);
        assert.equal(sql(server.database, 'SELECT hex(first_name) FROM auth_user WHERE id = 5;'),
          Buffer.from(value).toString('hex').toUpperCase());
      }
    });

    test('keeps its journal mode', () => {
      assert.deepEqual(journalOf(server.database), journal);
      assert.equal(existsSync(`${server.database}-wal`), journal[0] === 2);
    });
  });
}

const SLOW_MS = 3000;

/** Asks for what keeps the one thread busy, and waits until it does: { answer, end }, `end` being
  the earliest time at which the thread is free again. */
async function keepBusy(server) {
  const answer = get(`${server.url}/probe/slow/?ms=${SLOW_MS}`);
  const mark = join(server.dir, 'slow-began');
  await until(() => existsSync(mark), SLOW_MS, () => 'the slow request has not begun');
  return { answer, end: Math.floor(statSync(mark).mtimeMs) + SLOW_MS };
}

describe('one thread for what waits', { concurrency: true }, () => {
  for (const [name, make, waits] of [['WAL mode is read beside it', fresh, false],
    ['rollback-journal mode is read on it', () => rollback(fresh()), true]]) {
    test(`a database in ${name}`, async (t) => {
      const server = await startServer({ program: TEST_PROGRAM, database: make(), env: ONE, t });
      const { answer, end } = await keepBusy(server);
      const comesEarly = (path) => get(server.url + path).then(() => Date.now() < end);
      const [read, none] = await Promise.all([comesEarly('/probe/users/'), comesEarly('/healthz')]);
      assert.equal(read, !waits);
      assert.equal(none, true);
      assert.equal((await answer).text, 'slept\n');
    });
  }

  test('a full queue is a 503 with Retry-After at once, and what does not wait goes on',
    async (t) => {
    const server = await startServer({ program: TEST_PROGRAM, env: ONE, t });
    const { answer, end } = await keepBusy(server);
    let refusals = 0;
    const rest = Array.from({ length: 50 }, async () => {
      const { status } = await get(`${server.url}/probe/slow/?ms=1`);
      refusals += status === 503;
      return status;
    });
    await until(() => refusals === 18, SLOW_MS, () => `${refusals} of 50 were refused`);
    const wire = await Wire.open(server.port);
    for (const path of ['/', '/healthz', '/readyz', '/probe/users/', '/static/site/site.css']) {
      wire.send(bytesOf(`GET ${path}`, { Connection: 'keep-alive' }));
      assert.equal((await wire.answer()).status, 200, path);
    }
    wire.send(bytesOf('GET /probe/slow/?ms=1', { Connection: 'keep-alive' }));
    const refused = await wire.answer();
    assert.equal(refused.status, 503);
    assert.equal(refused.headers['retry-after'], '2');
    assert.match(refused.body, /<nav aria-label="Main">/);
    assert.ok(Date.now() < end, 'all this came before the first was done');
    wire.close();
    assert.equal((await answer).text, 'slept\n');
    const statuses = await Promise.all(rest);
    assert.equal(statuses.filter((status) => status === 200).length, 32);
    assert.equal((await get(`${server.url}/probe/slow/?ms=1`)).status, 200);
  });

  test('a client that hangs up while it waits hurts nobody', async (t) => {
    const server = await startServer({ program: TEST_PROGRAM, env: ONE, t });
    for (let i = 0; i < 10; i++) {
      const wire = await Wire.open(server.port);
      wire.send(bytesOf('GET /probe/slow/?ms=50'));
      await sleep(5);
      wire.close();
    }
    assert.equal((await get(`${server.url}/probe/slow/?ms=1`)).text, 'slept\n');
    assert.equal(server.workers().length, 1);
  });
});

test('what waits is finished before the program ends', async () => {
  const server = await startServer({ program: TEST_PROGRAM, env: ONE });
  const { answer } = await keepBusy(server);
  const wires = await Promise.all([100, 1].map(async (ms) => {
    const wire = await Wire.open(server.port);
    wire.send(bytesOf(`GET /probe/slow/?ms=${ms}`, { Connection: 'keep-alive' }));
    return wire;
  }));
  await server.stop();
  assert.equal((await answer).status, 200);
  for (const wire of wires) {
    const { status, headers } = await wire.answer();
    assert.equal(status, 200);
    assert.equal(headers.connection, 'close');
  }
});

test("the clerk runs the modules' jobs, again and again", async (t) => {
  const server = await startServer({ program: TEST_PROGRAM, t });
  const mark = join(server.dir, 'job-ran');
  await until(() => existsSync(mark) && statSync(mark).size >= 2, 10_000,
    () => 'the job did not run twice');
});
