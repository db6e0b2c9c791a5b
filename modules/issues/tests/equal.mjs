// Equal events in great number: few rows, a right count, and a database that stays as large as it is.
import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { get, skipWithoutModule } from '../../../tests/http/harness.mjs';
import { describeUnless } from '../../../tests/http/support.mjs';
import { anEvent, envelopeOf, KEY, startIntake } from './reporting.mjs';

const AT_ONCE = 100;
const KEPT_EVENTS = 50;
const KEPT_PER_MINUTE = 10;
const KEPT_SEEN = 20_000;

// On PostgreSQL there is no file to measure.
const sizeOf = (database) => statSync(database, { throwIfNoEntry: false })?.size ?? 0;

export function testEqualEvents(count) {
  describeUnless(skipWithoutModule('issues', 'admin', 'auth', 'mail'), `${count} equal events`, () => {
    let site;
    before(async () => { site = await startIntake({ ISSUES_RATE_LIMIT: '0' }); });
    after(() => site?.stop());
    const send = async (from) => {
      const events = Array.from({ length: AT_ONCE }, (_, i) => anEvent({ message: `Order ${from + i} failed`, user: { id: (from + i) % 70 }, tags: { order: String(from + i) } }));
      const body = envelopeOf({}, ...events.map((event) => [{ type: 'event' }, event]));
      const { status, text } = await get(site.envelope, { method: 'POST', headers: { 'X-Sentry-Auth': `Sentry sentry_key=${KEY}` }, body, timeout: 60_000 });
      assert.equal(status, 200, text);
    };

    test('leave few rows and a right count', async (t) => {
      const began = Date.now();
      let half;
      for (let i = 0; i < count; i += AT_ONCE) {
        await send(i);
        if (i === count / 2) half = sizeOf(site.server.database);
      }
      const minutes = Math.floor((Date.now() - began) / 60_000) + 2;
      assert.equal(site.one("SELECT count(*), max(times_seen), max(users_seen) FROM issues_issue WHERE title LIKE 'Order%'"), `1|${count}|70`);
      assert.equal(site.one('SELECT sum(count) FROM issues_hourly'), String(count));
      assert.ok(Number(site.one('SELECT count(*) FROM issues_event')) <= Math.min(minutes * KEPT_PER_MINUTE, KEPT_EVENTS));
      assert.equal(site.one("SELECT count(*) FROM issues_tagvalue WHERE name = 'order'"), '50');
      assert.equal(site.one('SELECT count(*) FROM issues_touched'), '70');
      assert.ok(Number(site.one('SELECT count(*) FROM issues_seenevent')) <= KEPT_SEEN + AT_ONCE);
      const size = sizeOf(site.server.database);
      t.diagnostic(`${((Date.now() - began) / 1000).toFixed(0)} s; the database has ${(half / 1e6).toFixed(1)}, then ${(size / 1e6).toFixed(1)} MB`);
      if (count >= 2 * KEPT_SEEN) assert.ok(size - half < 2 << 20, `${size - half} bytes more for the second half`);
    });
  });
}
