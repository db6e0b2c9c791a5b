// Also on PostgreSQL.
// The search's index: lettings whose keys are far apart, many words that begin alike, any writes, and being made anew while pages are read.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { environment, folderOf, get, POSTGRES, PROGRAM, startServer, until, urlOf } from '../../../tests/http/harness.mjs';
import { checkCommand, emptyDatabase, sql } from '../../../tests/http/support.mjs';
import { spawnPsql } from '../../../tests/postgres.mjs';
import { insertLetting, titlesOf } from './many.mjs';

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
const FAR = Array.from({ length: 60 }, (_, i) => ({ id: 1 + i * 1777, title: `Pre${LETTERS[i % 26]}${LETTERS[Math.floor(i / 26)]}ude ${i % 2 ? 'odd' : 'even'} ${i < 50 ? 'Common' : 'Rare'}` }));

/** 0: what is found is what the texts have. */
const strays = (database) => sql(database, POSTGRES ? `WITH kept AS (
    SELECT id, unnest(tsvector_to_array(texts)) AS word FROM lettings_search
    UNION ALL SELECT id, U&'\\E002' || unnest(tsvector_to_array(title)) FROM lettings_search
  ), found AS (
    SELECT (block << 10) + place AS id, word FROM lettings_search_block, generate_series(0, 1023) AS place WHERE get_bit(lettings, place) = 1
  ), empty AS (SELECT count(*) AS count FROM lettings_search_block WHERE bit_count(lettings) = 0)
  SELECT empty.count + count(stray.id) FROM empty LEFT JOIN (
    (TABLE kept EXCEPT TABLE found) UNION ALL (TABLE found EXCEPT TABLE kept)) AS stray ON true GROUP BY empty.count;`
  : `INSERT INTO lettings_search(lettings_search) VALUES ('integrity-check'); SELECT 0;`);

describe('lettings far apart', () => {
  let server;
  before(async () => {
    const path = emptyDatabase();
    sql(path, FAR.map(({ id, title }) => insertLetting(id, title, 'Bath', 'ME')).join(''));
    server = await startServer({ database: path });
  });
  after(() => server.stop());
  const found = async (query) => {
    const [first, second] = [await get(`${server.url}/lettings/?q=${query}`), await get(`${server.url}/lettings/?q=${query}&from=50`)];
    return [...titlesOf(first.text), ...(second.status === 200 ? titlesOf(second.text) : [])];
  };
  const of = (test) => FAR.filter(test).map(({ title }) => title);
  for (const [query, expected] of [
    ['common', of(({ title }) => /Common/.test(title))], ['rare', of(({ title }) => /Rare/.test(title))], ['odd+common', of(({ title }) => /odd Common/.test(title))],
    ['pre', FAR.map(({ title }) => title)], ['preb', of(({ title }) => /^Preb/.test(title))], ['rare+pre', of(({ title }) => /Rare/.test(title))],
    ['rare+common', []], ['pre+common', []], ['bath+even+rare', of(({ title }) => /even Rare/.test(title))], ['me+pre', FAR.map(({ title }) => title)],
    ['pre&state=ME', FAR.map(({ title }) => title)], ['pre&city=Elsewhere', []], ['rare+maine', of(({ title }) => /Rare/.test(title))],
  ]) {
    test(`?q=${query}: ${expected.length}`, async () => assert.deepEqual(await found(query), expected));
  }
  test('any writes leave the index as the texts are', () => {
    const { database } = server;
    sql(database, `BEGIN; UPDATE lettings_letting SET title = 'Same' WHERE id % 3 = 0; UPDATE lettings_address SET city = 'Other' WHERE id % 4 = 0;
      DELETE FROM lettings_letting WHERE id % 5 = 0; UPDATE lettings_letting SET id = id + 100000 WHERE id % 7 = 0; COMMIT;`);
    assert.equal(strays(database), '0');
    sql(database, `UPDATE lettings_letting SET title = title || ' Same'; UPDATE lettings_letting SET title = 'Z' WHERE id > 20000;`);
    assert.equal(strays(database), '0');
    sql(database, 'DELETE FROM lettings_letting; DELETE FROM lettings_address;');
    assert.equal(sql(database, `SELECT count(*) FROM ${POSTGRES ? 'lettings_search_block' : 'lettings_search'};`), '0');
  });
});

test('while the search is made anew, pages are answered', { skip: POSTGRES ? false : 'who reads a SQLite database waits for no writer' }, async (t) => {
  const path = emptyDatabase();
  const dir = folderOf(path);
  sql(path, FAR.map(({ id, title }) => insertLetting(id, title, 'Bath', 'ME')).join(''));
  const server = await startServer({ database: path, env: { PAGE_CACHE_SIZE: '0' }, t });
  sql(server.database, 'DROP INDEX lettings_search_letting_city;');
  const holder = spawnPsql(server.database);
  t.after(() => holder.kill());
  holder.stdin.write("BEGIN; SELECT count(*) FROM lettings_search_due;\n");
  await once(holder.stdout, 'data');
  const migrate = spawn(PROGRAM, ['migrate'], { cwd: dir, env: environment(dir, { DATABASE_URL: urlOf(server.database) }), stdio: 'ignore' });
  t.after(() => migrate.kill());
  const ended = once(migrate, 'exit');
  // All is made by then, and not committed.
  await until(() => sql(server.database, "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'lettings_search_due'::regclass;") === '1', 10_000);
  for (const page of ['/', '/lettings/', '/lettings/1/', '/lettings/?q=rare', '/lettings/?q=rrare', '/lettings/?state=ME', '/lettings/?city=Bath&q=pre', '/sitemap.xml']) {
    const { status } = await get(server.url + page, { timeout: 2000 });
    assert.equal(status, 200, page);
  }
  holder.stdin.end('ROLLBACK;\n');
  assert.deepEqual(await ended, [0, null]);
  checkCommand(['check'], { dir, env: { DATABASE_URL: urlOf(server.database) } });
  assert.deepEqual([titlesOf((await get(`${server.url}/lettings/?q=rare`)).text).length, strays(server.database)], [10, '0']);
});
