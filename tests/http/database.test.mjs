// Only on SQLite: it compares the bytes of SQLite's file.
// Serving leaves no trace in the database: its bytes are the same after ten thousand requests.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import http from 'node:http';
import { test } from 'node:test';
import { get, makeDatabase, SANITIZED, sharedData, skipWithoutShared, startServer, temporaryFolder,
  TEST_PROGRAM, until } from './harness.mjs';
import { publicPages, sql } from './support.mjs';

const DJANGO = 'oc-lettings-site.sqlite3';
const REQUESTS = SANITIZED ? 1000 : 10_000;
const CONNECTIONS = 8;

// [method, path, status]
const MIX = [
  ...publicPages().map((path) => ['GET', path, 200]),
  ['GET', '/probe/users/', 200], ['GET', '/probe/users/1/', 200], ['HEAD', '/probe/users/2/', 200],
  ['GET', '/probe/users/99/', 404], ['GET', "/probe/users/x'; DELETE FROM auth_user --/".replaceAll(' ', '%20'), 404],
  ['GET', '/readyz', 200], ['GET', '/probe/users', 301], ['POST', '/probe/users/1/', 405],
  ['DELETE', '/probe/users/1/', 405], ['PUT', '/probe/users/', 405],
];

const fresh = () => makeDatabase(temporaryFolder());
const rollback = (path) => {
  sql(path, 'PRAGMA journal_mode = DELETE;');
  return path;
};
const contents = (path) => createHash('sha256').update(readFileSync(path)).digest('hex');

for (const [name, make, skip] of [
  ['the Django site\'s own', () => sharedData(DJANGO), skipWithoutShared(DJANGO)],
  ['in rollback-journal mode', () => rollback(fresh()), false],
  ['in WAL mode', fresh, false],
]) {
  test(`a database, ${name}, has the same bytes after ${REQUESTS} requests`, { skip }, async () => {
    const source = make();
    const before = contents(source);
    const server = await startServer({ program: TEST_PROGRAM, database: source, env: { LOG_LEVEL: 'warning', SENTRY_AUTO_SESSION_TRACKING: '0' } });
    const agent = new http.Agent({ keepAlive: true, maxSockets: CONNECTIONS });
    assert.equal(contents(server.database), before);
    const { mtimeMs } = statSync(server.database);

    let next = 0;
    const ask = async () => {
      while (next < REQUESTS) {
        const [method, path, status] = MIX[next++ % MIX.length];
        const answer = await get(server.url + path, { method, agent });
        assert.equal(answer.status, status, `${method} ${path}`);
      }
    };
    try {
      await Promise.all(Array.from({ length: CONNECTIONS }, ask));
      assert.equal(contents(server.database), before);
      assert.equal(statSync(server.database).mtimeMs, mtimeMs, 'it was not even written to');
      assert.ok(!existsSync(`${server.database}-journal`));
      const log = `${server.database}-wal`;
      assert.ok(!existsSync(log) || statSync(log).size === 0, 'nothing waits in the log either');
    } finally {
      agent.destroy();
    }
    // stop() removes the server's own folder: what is compared must be taken before.
    const { database } = server;
    process.kill(server.pid, 'SIGTERM');
    await until(() => !server.children().length, 10_000, () => 'the program does not end');
    assert.equal(contents(database), before);
    await server.stop({ signal: null });
  });
}

test('a change of the schema beside the running server changes no page', async (t) => {
  const server = await startServer({ program: TEST_PROGRAM, t, env: { WEB_CONCURRENCY: '1', WEB_THREADS: '1' } });
  const before = await get(`${server.url}/probe/users/1/`);
  sql(server.database, 'CREATE INDEX beside ON auth_user (first_name);');
  for (let i = 0; i < 3; i++) {
    assert.equal((await get(`${server.url}/probe/users/1/`)).text, before.text);
  }
});
