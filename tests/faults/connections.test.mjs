// Connections to PostgreSQL where there are few.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { get, startServer, temporaryFolder, TEST_PROGRAM, until } from '../http/harness.mjs';
import { checkCommand, describeUnless, range } from '../http/support.mjs';
import { skipWithoutPostgres, startPostgres } from '../postgres.mjs';

const DEBUG = { DEBUG: '1' };

describeUnless(skipWithoutPostgres(), 'connections to PostgreSQL', () => {
  let postgres;
  before(async () => {
    postgres = await startPostgres(temporaryFolder());
    postgres.sql('CREATE ROLE few LOGIN');
    postgres.sql('CREATE DATABASE site OWNER few');
    checkCommand(['demo'], { env: { DEBUG: '1', PASSWORD_ITERATIONS: '1', DATABASE_URL: url() } });
  });
  after(() => postgres?.stop());
  const url = () => postgres.url('site').replace('oc@', 'few@');
  const start = (t, env) => startServer({ program: TEST_PROGRAM, database: null, env: { DATABASE_URL: url(), WEB_CONCURRENCY: '2', ...env }, t });
  const load = async (server) => {
    const statuses = (await Promise.all(range(1, 8).map(async () => {
      const seen = [];
      for (let i = 0; i < 40; i++) seen.push((await get(`${server.url}/probe/between/?ms=2`)).status);
      return seen;
    }))).flat();
    return [...new Set(statuses)];
  };

  // The clerk has one, two listen: a worker that has all others gives one to the one without.
  for (const limit of [6, 5]) {
    test(`where the server allows ${limit}, requests wait for those there are`, async (t) => {
      postgres.sql(`ALTER ROLE few CONNECTION LIMIT ${limit}`);
      const server = await start(t, {});
      await until(() => server.log().filter((line) => line.includes('the database tells of its changes')).length === 2);
      assert.deepEqual(await load(server), [200]);
    });
  }

  for (const [most, listens] of [[3, false], [5, true]]) {
    test(`with DATABASE_MAX_CONNECTIONS=${most} there are never more`, async (t) => {
      postgres.sql('ALTER ROLE few CONNECTION LIMIT -1');
      const server = await start(t, { DATABASE_MAX_CONNECTIONS: String(most) });
      await server.logged(listens ? /the database tells of its changes/ : /level=warning .*pages are read anew.*DATABASE_MAX_CONNECTIONS leaves none to listen/);
      const counts = [];
      const count = () => counts.push(Number(postgres.sql("SELECT count(*) FROM pg_stat_activity WHERE usename = 'few'")));
      const answers = load(server).finally(() => { answers.ended = true; });
      while (!answers.ended) {
        count();
        await sleep(20);
      }
      assert.deepEqual(await answers, [200]);
      assert.ok(Math.max(...counts) <= most, `${counts}`);
      assert.ok(Math.max(...counts) >= most - 1, `${counts}`);
    });
  }

  test('fewer than one for each worker and the clerk are refused', () => {
    checkCommand(['serve'], { status: 1, env: { ...DEBUG, DATABASE_URL: url(), WEB_CONCURRENCY: '2', DATABASE_MAX_CONNECTIONS: '2' }, out: null,
      err: /DATABASE_MAX_CONNECTIONS is 2, but 2 workers \(WEB_CONCURRENCY\) need one each, and the clerk one/ });
  });
});
