// 50 sign-ins at once, hashed as Django does: other pages are answered about as fast as before.
import assert from 'node:assert/strict';
import http from 'node:http';
import { before, after, test } from 'node:test';
import { performance } from 'node:perf_hooks';
import { skipWithoutModule, startServer } from '../http/harness.mjs';
import { addUser, hashOf, PASSWORD, Visitor } from '../http/accounts.mjs';
import { describeUnless } from '../http/support.mjs';

const SIGN_INS = 50;
const ROUNDS = 3;
const PAGES = 4000;
const FACTOR = 2;
const PATH = '/lettings/?q=retreat'; // reads the database each time

const percentile = (times, part) => times.toSorted((a, b) => a - b)[Math.floor(times.length * part)];

describeUnless(skipWithoutModule('auth', 'lettings'), '50 sign-ins at once', () => {
  let server;
  before(async () => {
    server = await startServer({ env: { PAGE_CACHE_SIZE: '0', TRUSTED_PROXIES: '127.0.0.1', SECURE_SSL_REDIRECT: '0' } });
    for (let i = 0; i < SIGN_INS; i++) addUser(server.database, `user${i}`, { hash: hashOf(PASSWORD, 1_000_000) });
  });
  after(() => server?.stop());

  /** Milliseconds of pages asked for one after the other, until `enough` says so. */
  async function measure(enough) {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const times = [];
    while (!enough(times.length)) {
      const start = performance.now();
      await new Promise((done, fail) => {
        http.get(server.url + PATH, { agent }, (answer) => answer.resume().on('end', done)).on('error', fail);
      });
      times.push(performance.now() - start);
    }
    agent.destroy();
    return times;
  }

  async function signInAll(round) {
    const visitors = Array.from({ length: SIGN_INS }, (_, i) => new Visitor(server.url, { 'X-Forwarded-For': `10.${round}.0.${i}` }));
    const tokens = await Promise.all(visitors.map((visitor) => visitor.token()));
    const answers = await Promise.all(visitors.map((visitor, i) => visitor.post('/accounts/login/',
      { username: `user${i}`, password: PASSWORD }, { token: tokens[i], timeout: 600_000 })));
    return answers.map(({ status }) => status);
  }

  for (let round = 1; round <= ROUNDS; round++) {
    test(`round ${round}: all are let in, and the p99 of a page is at most ${FACTOR} times as long`, async (t) => {
      const alone = await measure((count) => count >= PAGES);
      let finished = false;
      const started = performance.now();
      const signing = signInAll(round).finally(() => { finished = true; });
      const beside = await measure(() => finished);
      assert.deepEqual(new Set(await signing), new Set([302]));
      const [before, during] = [alone, beside].map((times) => percentile(times, 0.99));
      t.diagnostic(`p50 ${percentile(alone, 0.5).toFixed(2)} → ${percentile(beside, 0.5).toFixed(2)} ms, p99 ${before.toFixed(2)} → ${during.toFixed(2)} ms, `
        + `${beside.length} pages during ${((performance.now() - started) / 1000).toFixed(1)} s`);
      assert.ok(during <= before * FACTOR, `p99 ${before.toFixed(2)} ms alone, ${during.toFixed(2)} ms beside`);
    });
  }
});
