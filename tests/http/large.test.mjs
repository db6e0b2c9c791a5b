// A page of a long list costs what a full page of a short one does: processor time of the worker, in the same run.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import http from 'node:http';
import { after, before, test } from 'node:test';
import { SANITIZED, startServer } from './harness.mjs';
import { describeUnless, emptyDatabase, manyLettings, sql } from './support.mjs';

const FEW = 50;
const MANY = 100_000;
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

async function serve(count) {
  const database = emptyDatabase();
  sql(database, manyLettings(count));
  sql(database, `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})
    INSERT INTO auth_user (id, password, is_superuser, username, last_name, email, is_staff, is_active, date_joined, first_name)
    SELECT i, '!', 0, 'user' || i, 'Last', '', 0, 1, '2020-06-14 09:41:15', 'First' FROM n;
    INSERT INTO profiles_profile (id, favorite_city, user_id) SELECT id, 'Berlin', id FROM auth_user;`);
  const server = await startServer({ database, env: { WEB_CONCURRENCY: '1' } });
  return { url: server.url, pid: server.workers()[0], stop: server.stop };
}

describeUnless(SANITIZED && 'processor time of a sanitized program says nothing', `${MANY} lettings`, () => {
  let few;
  let many;
  before(async () => { [few, many] = [await serve(FEW), await serve(MANY)]; });
  after(() => {
    agent.destroy();
    return Promise.all([few.stop(), many.stop()]);
  });

  const PAGES = [
    ['/', '/'], ['/lettings/', '/lettings/'], ['/lettings/', `/lettings/?after=${MANY / 2}`],
    ['/lettings/', `/lettings/?before=${MANY / 2}`], ['/lettings/?last=1', '/lettings/?last=1'],
    ['/lettings/25/', `/lettings/${MANY - 1}/`], ['/profiles/', `/profiles/?after=${MANY / 2}`],
    ['/profiles/?last=1', '/profiles/?last=1'], ['/profiles/user25/', `/profiles/user${MANY - 1}/`],
  ];
  for (const [short, long] of PAGES) {
    test(`${long} costs at most 1.5 times what ${short} of ${FEW} does`, async (t) => {
      const ratios = [];
      for (let i = 0; i < ROUNDS; i++) ratios.push(await costOf(many, long) / await costOf(few, short));
      const ratio = ratios.sort((a, b) => a - b)[ROUNDS >> 1];
      t.diagnostic(`ratio ${ratio.toFixed(2)}`);
      assert.ok(ratio < 1.5, `the ratios were ${ratios.map((each) => each.toFixed(2)).join(', ')}`);
    });
  }
});
