// Also on PostgreSQL.
// How long routes and statements take, of the transactions that SDKs send.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { get, skipWithoutModule } from '../../../tests/http/harness.mjs';
import { describeUnless } from '../../../tests/http/support.mjs';
import { envelopeOf, KEY, newId, startIntake } from './reporting.mjs';

describeUnless(skipWithoutModule('issues', 'admin', 'auth'), 'performance', () => {
  let site;
  before(async () => { site = await startIntake({ ISSUES_RATE_LIMIT: '0' }); });
  after(() => site?.stop());
  const send = (...items) => get(site.envelope, {
    method: 'POST', headers: { 'X-Sentry-Auth': `Sentry sentry_key=${KEY}` }, body: envelopeOf({}, ...items.map((item) => [{ type: 'transaction' }, item])),
  });
  const transaction = (seconds, more = {}) => {
    const start = Date.now() / 1000 - 60;
    return { event_id: newId(), transaction: '/book/{id}/', start_timestamp: start, timestamp: start + seconds,
      spans: [{ op: 'db', description: 'SELECT 1 FROM stay WHERE id = 17', start_timestamp: start, timestamp: start + seconds / 2 }], ...more };
  };

  test('says that nothing was measured', async () => {
    assert.match((await site.boss.ask('/admin/issues/performance/')).text, /Nothing was measured/);
  });

  test('shows how often, how long, and how many fail', async () => {
    const failed = transaction(0.1, { contexts: { trace: { status: 'internal_error' } } });
    assert.equal((await send(...Array.from({ length: 98 }, () => transaction(0.1)), failed, transaction(3))).status, 200);
    assert.equal((await send(failed)).status, 200, 'again, and not counted');
    for (const query of ['', '?hours=168', '?sort=p95', '?sort=failures', '?hours=x&sort=x']) {
      const { status, text } = await site.boss.ask(`/admin/issues/performance/${query}`);
      assert.equal(status, 200, query);
      const cells = [...text.matchAll(/<th scope="row" class="issue" dir="auto">(.*?)<\/th>(.*?)<\/tr>/gs)].map(([, name, rest]) => [name, ...[...rest.matchAll(/<td class="number[^>]*>(.*?)<\/td>/g)].map((cell) => cell[1])])[0];
      const [name, count, p50, p95, , share] = cells.map((cell) => cell.replace(/ ms$/, ''));
      assert.deepEqual([name, count, share], ['/book/{id}/', '100', '1.0 %'], query);
      for (const value of [p50, p95]) assert.ok(value > 80 && value < 120, `${value} ms of 100`);
      assert.match(text, /<code>SELECT &lt;int&gt; FROM stay WHERE id = &lt;int&gt;<\/code>/);
    }
  });

  test('statements are one whatever their numbers and lines are, and are cut visibly', async () => {
    const spans = (description) => ({ transaction: '/statements/', spans: [{ op: 'db', description, start_timestamp: 1, timestamp: 2 }] });
    const long = `SELECT ${'"a_rather_long_name", '.repeat(30)} 1`;
    assert.equal((await send(transaction(1, spans('SELECT 1 FROM quay\n WHERE id = $1\n   AND x = $12')),
      transaction(1, spans('SELECT 2 FROM quay\n WHERE id = $1\n   AND x = $2')), transaction(1, spans(long)))).status, 200);
    const names = site.one("SELECT name FROM issues_timed WHERE kind = 'sql' ORDER BY id").split('\n').slice(1);
    assert.match(names[0], /^SELECT <int> FROM quay +WHERE id = \? +AND x = \?$/);
    assert.ok(names[1].startsWith('SELECT "a_rather') && names[1].endsWith('…') && [...names[1]].length === 300, names[1]);
    assert.equal(names.length, 2);
  });

  test('names of routes have a bound', async () => {
    for (let i = 0; i < 3; i++) assert.equal((await send(...Array.from({ length: 90 }, (_, at) => transaction(0.01, { transaction: `/page/${i * 90 + at}/` })))).status, 200);
    assert.equal(site.one("SELECT count(*) FROM issues_timed WHERE kind = 'route'"), '201');
    assert.equal(site.one("SELECT sum(count) FROM issues_timing t JOIN issues_timed d ON d.id = t.timed_id WHERE d.kind = 'route'"), '373');
  });

  test('the first are shown, and all when asked for', async () => {
    const rows = async (query) => (await site.boss.ask(`/admin/issues/performance/${query}`)).text.match(/<th scope="row" class="issue" dir="auto">/g).length;
    assert.equal(await rows(''), 12);
    assert.equal(await rows('?hours=168&sort=p95&rows=all'), 201);
    assert.match((await site.boss.ask('/admin/issues/performance/?sort=p95')).text, /<a href="\?hours=24&amp;sort=p95&amp;rows=all">Show all/);
    assert.match((await site.boss.ask('/admin/issues/performance/?rows=all')).text, /sort=failures&amp;rows=all">.*<a href="\?hours=24&amp;sort=count">Show the first only/s);
  });

  const refused = { 'no id': { event_id: undefined }, 'no beginning': { start_timestamp: undefined }, 'an end before it': { timestamp: 5 }, 'a year': { start_timestamp: 1 } };
  for (const [name, change] of Object.entries(refused)) {
    test(`refuses a transaction with ${name}`, async () => {
      assert.equal((await send(transaction(1, change))).status, 400);
    });
  }
});
