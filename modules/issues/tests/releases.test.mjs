// Also on PostgreSQL.
// How the requests of each release ended, of this site and of what SDKs report; and times of the site's own requests.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { addUser, FAST, signedIn } from '../../../tests/http/accounts.mjs';
import { get, SANITIZED, skipWithoutModule, startServer, until } from '../../../tests/http/harness.mjs';
import { describeUnless, sql } from '../../../tests/http/support.mjs';
import { envelopeOf, KEY, startIntake } from './reporting.mjs';

const skipped = skipWithoutModule('issues', 'admin', 'auth');

describeUnless(skipped, 'releases that SDKs report', () => {
  let site;
  before(async () => { site = await startIntake({ ISSUES_RATE_LIMIT: '0' }); });
  after(() => site?.stop());
  const send = (payload) => get(site.envelope, { method: 'POST', headers: { 'X-Sentry-Auth': `Sentry sentry_key=${KEY}` }, body: envelopeOf({}, [{ type: 'sessions' }, payload]) });
  const aggregate = (more = {}) => ({ started: new Date().toISOString(), exited: 990, errored: 5, crashed: 5, ...more });
  const sessions = (release, ...aggregates) => ({ aggregates, attrs: { release, environment: 'production' } });

  test('nothing was counted', async () => {
    const { text } = await site.boss.ask('/admin/issues/releases/');
    assert.match(text, /Releases/);
    assert.doesNotMatch(text, /shop@/);
  });

  test('are shown with how many ended without a crash', async () => {
    assert.equal((await send(sessions('shop@1', aggregate({ crashed: 4, unhandled: 1 }), aggregate({ started: new Date(Date.now() - 3600_000).toISOString() })))).status, 200);
    assert.equal((await send(sessions('shop@2', aggregate({ exited: 10, errored: 0, crashed: 0 })))).status, 200);
    for (const query of ['', '?hours=168', '?hours=x']) {
      const { status, text } = await site.boss.ask(`/admin/issues/releases/${query}`);
      assert.equal(status, 200);
      const rows = [...text.matchAll(/dir="auto">(shop@\d)\s*<p class="quiet">(.*?)<\/p><\/th><td class="number"><strong>(.*?)<\/strong><\/td><td class="number">(.*?)<\/td>/gs)].map((row) => row.slice(1));
      assert.deepEqual(rows, [['shop@1', 'production · Shop', '99.50 %', '2,000'], ['shop@2', 'production · Shop', '100.0 %', '10']]);
    }
  });

  test('single sessions, as browsers tell them, are counted once, as the worst that each came to', async () => {
    const counts = () => site.one("SELECT exited || ' ' || errored || ' ' || crashed FROM issues_health WHERE release = 'web@1'");
    const tell = async (sid, status, errors = 0, more = {}) => {
      const payload = { sid, init: true, started: new Date().toISOString(), timestamp: new Date().toISOString(), status, errors, attrs: { release: 'web@1', environment: 'production' }, ...more };
      const { status: answered } = await get(site.envelope, { method: 'POST', headers: { 'X-Sentry-Auth': `Sentry sentry_key=${KEY}` }, body: envelopeOf({}, [{ type: 'session' }, payload]) });
      return answered;
    };
    for (const sid of ['a', 'b', 'c', 'd']) assert.equal(await tell(sid, 'ok'), 200);
    assert.equal(counts(), '4 0 0');
    await tell('a', 'exited');
    await tell('b', 'ok', 1, { init: false });
    await tell('b', 'exited', 2, { init: false });
    assert.equal(counts(), '3 1 0');
    await tell('b', 'crashed', 3, { init: false });
    await tell('c', 'crashed', 1, { init: false });
    await tell('c', 'ok', 0);
    assert.equal(counts(), '2 0 2');
    await tell('e', 'abnormal', 1);
    assert.equal(counts(), '2 0 3');
    assert.equal(await tell('f', 'ok', 0, { started: '2020-01-01T00:00:00Z' }), 200);
    assert.equal(counts(), '2 0 3');
    assert.equal(await tell('', 'ok'), 400);
    assert.equal(await tell('g', 'ok', 0, { attrs: {} }), 400);
  });

  test('have a bound, and counts that are none add nothing', async () => {
    for (let i = 0; i < 250; i++) assert.equal((await send(sessions(`many@${i}`, aggregate({ exited: 1, errored: -5, crashed: 'x' })))).status, 200);
    assert.equal(site.one('SELECT count(DISTINCT release) FROM issues_health'), '201');
    assert.equal(site.one("SELECT sum(exited) || ' ' || sum(errored + crashed) FROM issues_health WHERE release LIKE 'many@%' OR release = '<others>'"), '250 0');
  });

  for (const [what, payload] of Object.entries({
    'no list': { attrs: { release: 'a' } }, 'no release': { aggregates: [], attrs: {} }, 'another kind of list': { aggregates: { a: 1 }, attrs: { release: 'a' } },
  })) {
    test(`refuses sessions with ${what}`, async () => { assert.equal((await send(payload)).status, 400); });
  }

  test('what is older than is kept adds nothing', async () => {
    await send(sessions('old@1', aggregate({ started: '2020-01-01T00:00:00Z' })));
    assert.equal(site.one("SELECT count(*) FROM issues_health WHERE release = 'old@1'"), '0');
  });
});

test('the site counts its own requests by releases, and shows their times', { skip: SANITIZED ? 'the plain build shows it' : skipped }, async (t) => {
  const server = await startServer({ t, env: { ...FAST, SENTRY_RELEASE: 'site@3', SENTRY_TRACES_SAMPLE_RATE: '1', WEB_CONCURRENCY: '1' } });
  addUser(server.database, 'boss', { staff: 1, superuser: 1 });
  const boss = await signedIn(server, 'boss');
  for (let i = 0; i < 20; i++) await get(`${server.url}/healthz`);
  const counted = "SELECT coalesce(sum(count), 0) FROM issues_timing t JOIN issues_timed d ON d.id = t.timed_id WHERE d.name = '/healthz'";
  await until(() => Number(sql(server.database, counted)) >= 20, 10_000, () => sql(server.database, counted));
  const { text } = await boss.ask('/admin/issues/performance/');
  assert.match(text, /dir="auto">\/healthz<\/th>/);
  assert.match(text, /<code>SELECT/);
  for (const pid of server.workers()) process.kill(pid, 'SIGKILL'); // what it has counted is taken at once
  const ended = "SELECT coalesce(sum(exited), 0) FROM issues_health WHERE release = 'site@3' AND environment = 'production'";
  await until(() => Number(sql(server.database, ended)) >= 20, 10_000, () => sql(server.database, ended));
  await until(() => get(`${server.url}/healthz`).then(({ status }) => status === 200, () => false), 10_000);
  assert.match((await boss.ask('/admin/issues/releases/')).text, /dir="auto">site@3\s*<p class="quiet">production · This site<\/p><\/th><td class="number"><strong>100\.0 %/);
});
