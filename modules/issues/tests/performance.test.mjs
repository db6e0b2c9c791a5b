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
      const [, name, count, p50, p95, , share] = /<th scope="row" class="issue" dir="auto">(.*?)<\/th><td class="number">(.*?)<\/td>.*?<td class="number">(.*?) ms<\/td><td class="number">(.*?) ms<\/td><td class="number">(.*?)<\/td><td class="number">(.*?)<\/td>/s.exec(text);
      assert.deepEqual([name, count, share], ['/book/{id}/', '100', '1.0 %'], query);
      for (const value of [p50, p95]) assert.ok(value > 80 && value < 120, `${value} ms of 100`);
      assert.match(text, /<code>SELECT &lt;int&gt; FROM stay WHERE id = &lt;int&gt;<\/code>/);
    }
  });

  test('names of routes have a bound', async () => {
    for (let i = 0; i < 3; i++) assert.equal((await send(...Array.from({ length: 90 }, (_, at) => transaction(0.01, { transaction: `/page/${i * 90 + at}/` })))).status, 200);
    assert.equal(site.one("SELECT count(*) FROM issues_timed WHERE kind = 'route'"), '201');
    assert.equal(site.one("SELECT sum(count) FROM issues_timing t JOIN issues_timed d ON d.id = t.timed_id WHERE d.kind = 'route'"), '370');
  });

  const refused = { 'no id': { event_id: undefined }, 'no beginning': { start_timestamp: undefined }, 'an end before it': { timestamp: 5 }, 'a year': { start_timestamp: 1 } };
  for (const [name, change] of Object.entries(refused)) {
    test(`refuses a transaction with ${name}`, async () => {
      assert.equal((await send(transaction(1, change))).status, 400);
    });
  }
});
