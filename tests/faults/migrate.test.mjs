// A tenth of tests/soak/migrate, and what happens while one takes long.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '../http/harness.mjs';
import { checkCommand } from '../http/support.mjs';
import { psql, skipWithoutPostgres } from '../postgres.mjs';
import { kill } from './killing.mjs';
import { advisoryLocks, FILES, killMigrations, killMigrationsAtOnce, killOneAgainAndAgain, startDatabases, startMigrate } from './migrating.mjs';

for (const { name, fresh, skip } of FILES) test(`${name}: killed at 12 moments`, { skip }, () => killMigrations(fresh, 12));

test('one database, killed again and again, comes to its end', () => killOneAgainAndAgain(60));

/** The first change of a table takes so many seconds, as that of a large one does. */
const slowly = (seconds) => `
  CREATE SEQUENCE changes;
  CREATE FUNCTION slowly() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
    IF nextval('public.changes') = 1 THEN PERFORM pg_sleep(${seconds}); END IF; END $$;
  CREATE EVENT TRIGGER slowly ON ddl_command_start WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION slowly();`;
const QUICKLY = 'DROP EVENT TRIGGER slowly; DROP FUNCTION slowly; DROP SEQUENCE changes;';

test('on PostgreSQL', { skip: skipWithoutPostgres() }, async (t) => {
  const databases = await startDatabases(t);
  const isAsleep = (url) => until(() => psql(url, "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()") === '1', 10_000, () => 'it does not begin');

  for (const each of databases.templates) {
    await t.test(`${each.name}: killed at 4 moments, three at once`, (own) => killMigrationsAtOnce(own, databases, each, 4));
  }

  await t.test('killed in a step that takes long, it leaves no lock', async () => {
    const url = databases.fresh();
    psql(url, slowly(60));
    const killed = startMigrate(url);
    await isAsleep(url);
    kill([killed.pid]);
    await until(() => advisoryLocks(url) === 0, 5000, () => 'its locks are left');
    psql(url, QUICKLY);
    checkCommand(['migrate'], { env: { DATABASE_URL: url }, err: null });
  });

  await t.test('one that takes longer than DATABASE_TIMEOUT is waited for by the others', async () => {
    const url = databases.fresh();
    psql(url, slowly(1.5));
    const env = { DATABASE_TIMEOUT: '200' };
    const all = [startMigrate(url, env)];
    await isAsleep(url);
    all.push(startMigrate(url, env), startMigrate(url, env));
    for (const { ended } of all) assert.deepEqual(await ended, { status: 0, said: '' });
  });
});
