// What pages cost as the tables grow: processor time of a worker, in the same run.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import http from 'node:http';
import { after, before, test } from 'node:test';
import { SANITIZED, startServer } from './harness.mjs';
import { describeUnless, emptyDatabase, sql } from './support.mjs';

export const FEW = 50;
export const MANY = 100_000;
const ROUNDS = 7;
const REQUESTS = 60;

/** Nanoseconds that the process has run (proc(5): /proc/PID/task/TID/schedstat). */
const ranFor = (pid) => readdirSync(`/proc/${pid}/task`).reduce((sum, tid) => sum
  + Number(readFileSync(`/proc/${pid}/task/${tid}/schedstat`, 'latin1').split(' ')[0]), 0);

const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const fetch = (url) => new Promise((done, fail) => {
  http.get(url, { agent }, (answer) => {
    answer.on('data', () => {}).on('end', () => done(answer.statusCode)).on('error', fail);
  }).on('error', fail);
});

async function costOf({ url, pid }, path) {
  const start = ranFor(pid);
  for (let i = 0; i < REQUESTS; i++) assert.equal(await fetch(url + path), 200);
  return (ranFor(pid) - start) / REQUESTS;
}

async function serve(script) {
  const database = emptyDatabase();
  sql(database, script);
  const server = await startServer({ database, env: { WEB_CONCURRENCY: '1' } });
  return { url: server.url, pid: server.workers()[0], stop: server.stop };
}

/** Tests that each long page, of MANY rows, costs at most 1.5 times its short one, of FEW:
  [short, long]. `fill(count)` is the SQL that makes so many rows. */
export function testCosts(name, fill, pages) {
  describeUnless(SANITIZED && 'processor time of a sanitized program says nothing', `${MANY} ${name}`, () => {
    let few;
    let many;
    before(async () => { [few, many] = [await serve(fill(FEW)), await serve(fill(MANY))]; });
    after(() => {
      agent.destroy();
      return Promise.all([few.stop(), many.stop()]);
    });

    for (const [short, long] of pages) {
      test(`${long} costs at most 1.5 times what ${short} of ${FEW} does`, async (t) => {
        const ratios = [];
        for (let i = 0; i < ROUNDS; i++) ratios.push(await costOf(many, long) / await costOf(few, short));
        const ratio = ratios.sort((a, b) => a - b)[ROUNDS >> 1];
        t.diagnostic(`ratio ${ratio.toFixed(2)}`);
        assert.ok(ratio < 1.5, `the ratios were ${ratios.map((each) => each.toFixed(2)).join(', ')}`);
      });
    }
  });
}
