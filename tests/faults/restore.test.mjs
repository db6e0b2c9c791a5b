// Only on SQLite: backups of PostgreSQL are other files, which it restores to a server of its own.
// backup and restore killed at any moment: no half file passes for a whole one, and the database is the old or the new.
import assert from 'node:assert/strict';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeDatabase, temporaryFolder, until } from '../http/harness.mjs';
import { checkCommand, sql } from '../http/support.mjs';
import { psql, skipWithoutPostgres, startPostgres } from '../postgres.mjs';
import { runFor } from './killing.mjs';

const KILLS = 16;
const KILLS_OF_POSTGRES = 8;

async function timeOf(args, dir, options) {
  const from = performance.now();
  assert.equal(await runFor(args, dir, 30_000, options), false);
  return performance.now() - from;
}

test(`killed at ${KILLS} moments each`, async (t) => {
  const dir = temporaryFolder();
  const database = makeDatabase(dir);
  const file = join(dir, 'backup');
  const say = (word) => sql(database, `UPDATE word SET word = '${word}';`);
  sql(database, `CREATE TABLE word (word); INSERT INTO word VALUES ('new'); CREATE TABLE filler (bytes);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 6000) INSERT INTO filler SELECT hex(randomblob(1500)) FROM n;`);
  const whole = await timeOf(['backup', file], dir);
  let [backups, restores, old] = [0, 0, 0];
  for (let i = 0; i < KILLS; i++) {
    const path = join(dir, `backup-${i}`);
    backups += await runFor(['backup', path], dir, (whole * (i + 1)) / KILLS);
    if (existsSync(path)) assert.equal(sql(path, 'PRAGMA integrity_check; SELECT word FROM word; SELECT count(*) FROM filler;'), 'ok\nnew\n6000');
    rmSync(path, { force: true });
  }
  say('old');
  const replacing = await timeOf(['restore', file], dir);
  for (let i = 0; i < KILLS; i++) {
    say('old');
    restores += await runFor(['restore', file], dir, (replacing * (i + 1)) / KILLS);
    const [check, word, rows] = sql(database, 'PRAGMA integrity_check; SELECT word FROM word; SELECT count(*) FROM filler;').split('\n');
    assert.deepEqual([check, rows], ['ok', '6000']);
    assert.ok(['old', 'new'].includes(word), word);
    old += word === 'old';
  }
  assert.ok(backups > KILLS / 4 && restores > KILLS / 4, `${backups} and ${restores} were killed`);
  checkCommand(['restore', file], { dir });
  assert.equal(sql(database, 'SELECT word FROM word'), 'new');
  t.diagnostic(`${backups} backups and ${restores} restores were killed; ${old} left what was there`);
});

test(`a restore to PostgreSQL killed at ${KILLS_OF_POSTGRES} moments, with its tools or without`, { skip: skipWithoutPostgres() }, async (t) => {
  const [dir, postgres] = [temporaryFolder(), await startPostgres(temporaryFolder())];
  t.after(() => postgres.stop());
  postgres.sql('CREATE DATABASE site');
  const url = postgres.url('site');
  const env = { DATABASE_URL: url };
  const file = join(dir, 'backup');
  checkCommand(['migrate'], { dir, env });
  psql(url, "CREATE TABLE word (word text); INSERT INTO word VALUES ('new'); CREATE TABLE filler AS SELECT md5(i::text) AS bytes FROM generate_series(1, 20000) i;");
  checkCommand(['backup', file], { dir, env });
  const whole = await timeOf(['restore', file], dir, { env });
  const nobody = () => until(() => psql(url, "SELECT count(*) FROM pg_stat_activity WHERE datname = 'site' AND backend_type = 'client backend'") === '1', 20_000);
  let [kills, old] = [0, 0];
  for (let i = 0; i < KILLS_OF_POSTGRES; i++) {
    psql(url, "UPDATE word SET word = 'old';");
    kills += await runFor(['restore', file], dir, (whole * (i + 1)) / KILLS_OF_POSTGRES, { env, withTools: i % 2 === 1 });
    await nobody();
    const [word, rows] = psql(url, 'SELECT word FROM word; SELECT count(*) FROM filler;').split('\n');
    assert.equal(rows, '20000');
    assert.ok(['old', 'new'].includes(word), word);
    checkCommand(['check'], { dir, env });
    old += word === 'old';
  }
  assert.ok(kills > KILLS_OF_POSTGRES / 4, `${kills} were killed`);
  checkCommand(['restore', file], { dir, env });
  assert.equal(psql(url, 'SELECT word FROM word'), 'new');
  t.diagnostic(`${kills} were killed; ${old} left what was there`);
});
