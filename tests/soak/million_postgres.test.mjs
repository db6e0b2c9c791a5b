// A million lettings on PostgreSQL: the plans of all statements of public pages, and what a page costs, beside one of fifty.
import assert from 'node:assert/strict';
import http from 'node:http';
import { test } from 'node:test';
import { fetch, ranFor } from '../http/costs.mjs';
import { startServer, temporaryFolder } from '../http/harness.mjs';
import { checkPlans, makeRows } from '../http/plans_postgres.mjs';
import { psql, skipWithoutPostgres, startPostgres } from '../postgres.mjs';

const MANY = 1_000_000;
const FEW = 50;
const REQUESTS = 60;
const ROUNDS = 15;
const PAIRS = [
  ['/', '/'], ['/lettings/', '/lettings/'], ['/lettings/', `/lettings/?after=${MANY / 2}`], ['/lettings/', `/lettings/?before=${MANY / 2}`],
  ['/lettings/?last=1', '/lettings/?last=1'], ['/lettings/25/', `/lettings/${MANY - 1}/`], ['/lettings/?q=cottage', '/lettings/?q=cottage'],
  ['/lettings/?q=cott', '/lettings/?q=cott'],
];
/** Fifty that all are found, so that their pages are as full. */
const ALIKE = "UPDATE lettings_letting SET title = 'Sunny Farmhouse Cottage in the Woods with Garden'; UPDATE lettings_address SET city = 'Oakville', state = 'NJ';";
const skip = skipWithoutPostgres();

test('plans of a million lettings', { skip }, (t) => checkPlans(t, { lettings: MANY, profiles: 100_000 }));

test('a page of a million lettings costs at most 1.5 times that of fifty', { skip }, async (t) => {
  const postgres = await startPostgres(temporaryFolder(), { settings: { shared_buffers: '256MB' } });
  t.after(() => postgres.stop());
  const serve = async (name, count) => {
    makeRows(postgres, name, { lettings: count });
    if (count === FEW) postgres.sql(ALIKE, name);
    const url = postgres.url(name);
    const server = await startServer({ database: null, t, env: { DATABASE_URL: url, WEB_CONCURRENCY: '1', DATABASE_MAX_CONNECTIONS: '2', PAGE_CACHE_SIZE: '0' } });
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    t.after(() => agent.destroy());
    const pids = () => [server.workers()[0], ...psql(url, "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'oc-lettings'").split('\n')];
    const cost = async (path) => {
      await fetch(server.url + path, agent);
      const all = pids();
      const ran = () => all.reduce((sum, pid) => sum + ranFor(pid), 0);
      const start = ran();
      for (let i = 0; i < REQUESTS; i++) assert.equal(await fetch(server.url + path, agent), 200, path);
      return (ran() - start) / REQUESTS;
    };
    return cost;
  };
  const large = await serve('large', MANY);
  const small = await serve('small', FEW);
  const beyond = [];
  for (const [short, long] of PAIRS) {
    let [least, other] = [Infinity, Infinity];
    for (let i = 0; i < ROUNDS; i++) {
      least = Math.min(least, await large(long));
      other = Math.min(other, await small(short));
    }
    const said = `${long}: ${(least / 1000).toFixed(0)} us beside ${(other / 1000).toFixed(0)}, ratio ${(least / other).toFixed(2)}`;
    t.diagnostic(said);
    if (least / other > 1.5) beyond.push(said);
  }
  assert.deepEqual(beyond, []);
});
