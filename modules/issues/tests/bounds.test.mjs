// Also on PostgreSQL.
// However much is reported, the tables stay small and the counts right; and staff get few mails.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { get, skipWithoutModule, temporaryFolder, until } from '../../../tests/http/harness.mjs';
import { addStaff } from '../../../tests/http/accounts.mjs';
import { describeUnless, sql } from '../../../tests/http/support.mjs';
import { testEqualEvents } from './equal.mjs';
import { anEvent, envelopeOf, KEY, newId, startIntake } from './reporting.mjs';

const skipped = skipWithoutModule('issues', 'admin', 'auth', 'mail');
const KEPT_EVENTS = 50;

testEqualEvents(1500);

describeUnless(skipped, 'bounds', () => {
  let site;
  before(async () => { site = await startIntake({ ISSUES_RATE_LIMIT: '0' }); });
  after(() => site?.stop());
  const send = async (events) => {
    const body = envelopeOf({}, ...events.map((event) => [{ type: 'event' }, event]));
    const { status, text } = await get(site.envelope, { method: 'POST', headers: { 'X-Sentry-Auth': `Sentry sentry_key=${KEY}` }, body, timeout: 60_000 });
    assert.equal(status, 200, text);
  };

  test('of each issue the first event and the newest are kept', async () => {
    const at = (minute) => new Date(Date.now() - (300 - minute) * 60_000).toISOString();
    const events = Array.from({ length: 90 }, (_, minute) => anEvent({ message: 'now and then', timestamp: at(minute) }));
    await send(events);
    const kept = site.one("SELECT e.event_id FROM issues_event e JOIN issues_issue i ON i.id = e.issue_id WHERE i.title = 'now and then' ORDER BY e.id").split('\n');
    assert.deepEqual(kept, [events[0], ...events.slice(1 - KEPT_EVENTS)].map(({ event_id: id }) => id));
    assert.equal(site.one("SELECT sum(count) FROM issues_hourly h JOIN issues_issue i ON i.id = h.issue_id WHERE i.title = 'now and then'"), '90');
  });

  test('an event of the future is one of now', async () => {
    await send([anEvent({ message: 'from a clock that is wrong', timestamp: '2999-01-01T00:00:00Z' })]);
    assert.equal(site.one("SELECT last_seen < datetime('now', '+1 minute') FROM issues_issue WHERE title LIKE 'from a clock%'"), '1');
  });

  test('values that are no text are shown, and none breaks a page', async () => {
    await send([anEvent({ message: 'odd', tags: { n: 1, b: true, o: { a: [1] }, x: null }, user: 7, request: { headers: 'x', query_string: [['a', 'b']] },
      exception: { values: [null, 3, { type: 5 }] }, breadcrumbs: [1, { message: {} }], contexts: { trace: 'x', os: [] }, extra: 'text', fingerprint: [null, 1, '{{ default }}'] })]);
    const id = site.one('SELECT max(id) FROM issues_issue');
    assert.equal((await site.boss.ask(`/admin/issues/${id}/`)).status, 200);
  });

  test('script in what is reported is text on every page', async () => {
    const evil = '<script>alert(1)</script>';
    await send([anEvent({ message: evil, transaction: evil, tags: { [evil]: evil }, release: evil, environment: evil, user: { id: evil }, request: { url: evil, headers: { [evil]: evil } },
      exception: { values: [{ type: evil, value: evil, stacktrace: { frames: [{ function: evil, filename: evil, context_line: evil, vars: { [evil]: evil } }] } }] } })]);
    const id = site.one('SELECT max(id) FROM issues_issue');
    for (const path of ['/admin/issues/?status=all', `/admin/issues/${id}/`]) assert.ok(!(await site.boss.ask(path)).text.includes(evil), path);
  });
});

describeUnless(skipped, 'mails', () => {
  let site;
  const folder = temporaryFolder();
  before(async () => {
    site = await startIntake({ EMAIL_URL: `file://${folder}`, SITE_URL: 'https://homes.example' });
    addStaff(site.server.database, 'reader', 'view_issue');
    addStaff(site.server.database, 'other', 'view_letting');
  });
  after(() => site?.stop());
  const send = (message, release) => get(site.store, { method: 'POST', headers: { 'X-Sentry-Auth': `Sentry sentry_key=${KEY}` }, body: JSON.stringify(anEvent({ message, release, event_id: newId() })) });
  const mails = () => readdirSync(folder).filter((name) => name.endsWith('.eml')).map((name) => readFileSync(join(folder, name), 'utf8'));
  const to = (mail) => /^To: (.*)\r$/m.exec(mail)[1];
  const textOf = (mail) => Buffer.from(mail.slice(mail.indexOf('\r\n\r\n')), 'base64').toString().replaceAll('\r\n', '\n');

  test('go to staff who may see issues: at once of the first, and of the next ones later together', async () => {
    await send('the first', 'shop@1');
    await until(() => mails().length === 3, 10_000, () => `${mails().length} mails`);
    assert.deepEqual(mails().map(to).sort(), ['admin@example.com', 'boss@example.com', 'reader@example.com']);
    assert.match(mails()[0], /^Subject: \[error\] the first\r$/m);
    assert.match(textOf(mails()[0]), /It is new\.\nhttps:\/\/homes\.example\/admin\/issues\/1\/\n/);
    await send('the second', 'shop@1');
    await send('the third', 'shop@1');
    assert.equal(site.one('SELECT count(*) FROM issues_issue WHERE waits_for_mail'), '2');
    sql(site.server.database, "UPDATE issues_issue SET status = 'resolved', resolved_in = 'shop@1' WHERE id = 1");
    await send('the first', 'shop@2');
    assert.equal(site.one('SELECT count(*) FROM issues_issue WHERE waits_for_mail'), '3');
    assert.equal(site.one('SELECT is_regressed FROM issues_issue WHERE id = 1'), '1');
    assert.equal(mails().length, 3, 'none within ten minutes');
  });
});
