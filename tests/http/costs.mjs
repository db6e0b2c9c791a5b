// Processor time of a worker for each request, and what it is beside another server's in the same run.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import http from 'node:http';
import { after, before, test } from 'node:test';
import { addUser, FAST, signedIn } from './accounts.mjs';
import { SANITIZED, startServer } from './harness.mjs';
import { describeUnless } from './support.mjs';

export const FEW = 50;
export const MANY = 100_000;
const ROUNDS = 7;
const REQUESTS = 60;

/** Nanoseconds that the process has run (proc(5): /proc/PID/task/TID/schedstat). */
export const ranFor = (pid) => readdirSync(`/proc/${pid}/task`).reduce((sum, tid) => sum
  + Number(readFileSync(`/proc/${pid}/task/${tid}/schedstat`, 'latin1').split(' ')[0]), 0);

export const fetch = (url, agent, headers = {}) => new Promise((done, fail) => {
  http.get(url, { agent, headers }, (answer) => {
    answer.on('data', () => {}).on('end', () => done(answer.statusCode)).on('error', fail);
  }).on('error', fail);
});

async function costOf({ url, pid, agent, headers }, path) {
  const start = ranFor(pid);
  for (let i = 0; i < REQUESTS; i++) assert.equal(await fetch(url + path, agent, headers), 200, path);
  return (ranFor(pid) - start) / REQUESTS;
}

async function serve(database, headersOf) {
  const server = await startServer({ database, env: { WEB_CONCURRENCY: '1', PAGE_CACHE_SIZE: '0', ...FAST } });
  return {
    url: server.url, pid: server.workers()[0], stop: server.stop, agent: new http.Agent({ keepAlive: true, maxSockets: 1 }),
    headers: await headersOf?.(server),
  };
}

/** The headers of a superuser, whom it adds. */
export async function superuserOf(server) {
  addUser(server.database, 'measuring', { staff: 1, superuser: 1 });
  return { Cookie: (await signedIn(server, 'measuring')).cookie };
}

/** Tests that each path of the large database costs at most 1.5 times its partner of the small one: [[small, large]].
    `headersOf` gives what a request to a server brings along. */
export function compareCosts(makeSmall, makeLarge, pairs, headersOf) {
  let small;
  let large;
  before(async () => { [small, large] = [await serve(makeSmall(), headersOf), await serve(makeLarge(), headersOf)]; });
  after(() => {
    for (const { agent } of [small, large]) agent.destroy();
    return Promise.all([small.stop(), large.stop()]);
  });
  for (const [short, long] of pairs) {
    test(`${long} costs at most 1.5 times what ${short} does with a full page`, async (t) => {
      const rounds = [];
      for (let i = 0; i < ROUNDS; i++) rounds.push({ large: await costOf(large, long), small: await costOf(small, short) });
      // What disturbs a round only adds to it: the least is what the page itself costs.
      const least = (name) => Math.min(...rounds.map((round) => round[name]));
      const ratio = least('large') / least('small');
      const seen = `${(least('large') / 1000).toFixed(0)} us beside ${(least('small') / 1000).toFixed(0)}, ratio ${ratio.toFixed(2)}`;
      t.diagnostic(seen);
      assert.ok(ratio < 1.5, seen);
    });
  }
}

/** Tests so the pages of a list of MANY and of FEW; `make(count)` gives a database of so many. */
export function testCosts(name, make, pages, headersOf) {
  describeUnless(SANITIZED && 'processor time of a sanitized program says nothing', `${MANY} ${name}`, () => {
    compareCosts(() => make(FEW), () => make(MANY), pages, headersOf);
  });
}
