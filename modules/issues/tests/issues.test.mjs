// Also on PostgreSQL.
// The site as its own Sentry: what fails here becomes an issue that staff read, resolve and see come back.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { SANITIZED, skipWithoutModule, startServer, until } from '../../../tests/http/harness.mjs';
import { addStaff, addUser, FAST, signedIn } from '../../../tests/http/accounts.mjs';
import { describeUnless, sql } from '../../../tests/http/support.mjs';

const skipped = SANITIZED ? 'sanitizers take the signals over' : skipWithoutModule('issues', 'admin', 'auth');

describeUnless(skipped, 'issues of this site', () => {
  let server;
  let boss;
  const one = (query) => sql(server.database, query).trim();
  const fail = async (times = 1) => {
    const before = Number(one('SELECT count(*) FROM issues_seenevent'));
    for (let i = 0; i < times; i++) assert.equal((await boss.ask('/sentry-debug/')).status, 500);
    await until(() => Number(one('SELECT count(*) FROM issues_seenevent')) === before + times, 10_000);
  };
  const post = (who, action, ids) => who.post('/admin/issues/act/', [['action', action], ...ids.map((id) => ['issue', id])], { page: '/admin/issues/?status=all' });

  before(async () => {
    server = await startServer({ env: { ...FAST, SENTRY_RELEASE: 'site@1', SOURCE_DIR: process.cwd() } });
    addUser(server.database, 'boss', { staff: 1, superuser: 1 });
    boss = await signedIn(server, 'boss');
  });
  after(() => server?.stop());

  test('a visit to /sentry-debug/ stands in the list, and on its page with function, file, line and source', async () => {
    await fail(2);
    const { status, text } = await boss.ask('/admin/issues/');
    assert.equal(status, 200);
    assert.match(text, /<a href="\/admin\/issues\/1\/">SIGFPE in sentry_debug<\/a>/);
    assert.match(text, /<td class="number wide">2<\/td>/);
    const page = (await boss.ask('/admin/issues/1/')).text;
    assert.match(page, /<strong>sentry_debug<\/strong> <span class="quiet">src\/site\/module\.c:\d+<\/span>/);
    assert.match(page, /<mark>.*division_by_zero \/ zero/);
    assert.match(page, /GET http:\/\/127\.0\.0\.1:\d+\/sentry-debug\//);
    assert.equal(one("SELECT count(*) || ' ' || sum(count) FROM issues_hourly"), '1 2');
  });

  test('goes from event to event, and gives each as JSON', async () => {
    const page = (await boss.ask('/admin/issues/1/')).text;
    const older = /<a href="(\?event=[0-9a-f]{32})" rel="prev">/.exec(page)[1];
    assert.doesNotMatch(page, /rel="next">/);
    const before = (await boss.ask(`/admin/issues/1/${older}`)).text;
    assert.match(before, /<a href="\?event=[0-9a-f]{32}" rel="next">/);
    const json = await boss.ask(`/admin/issues/1/${older.slice(7)}.json`);
    assert.equal(json.headers['content-type'], 'application/json');
    assert.equal(JSON.parse(json.text).event_id, older.slice(7));
    for (const path of ['/admin/issues/99/', '/admin/issues/1/?event=no', '/admin/issues/1/0123456789abcdef.json']) {
      assert.equal((await boss.ask(path)).status, 404, path);
    }
  });

  test('filters and searches', async () => {
    const found = async (query) => /issues\/1\//.test((await boss.ask(`/admin/issues/?${query}`)).text);
    for (const query of ['q=sentry_DEBUG', 'q=/sentry-debug/', 'level=fatal', 'release=site@1', 'environment=production', 'status=all', 'project=1', 'project=x', 'page=0', 'page=x']) {
      assert.ok(await found(query), query);
    }
    for (const query of ['q=sentry%25debug', 'q=nothing', 'level=info', 'release=site@2', 'environment=test', 'status=resolved', 'status=none', 'project=7', 'page=2', "q=' OR 1=1 --"]) {
      assert.ok(!await found(query), query);
    }
  });

  test('is resolved, and comes back with the next release that has it', async () => {
    assert.equal((await post(boss, 'resolve', [1])).status, 302);
    assert.equal(one('SELECT status, resolved_in FROM issues_issue'), 'resolved|site@1');
    assert.match((await boss.ask('/admin/issues/')).text, /Issues changed: 1/);
    await fail();
    assert.equal(one('SELECT status, is_regressed, times_seen FROM issues_issue'), 'resolved|0|3', 'in that release it is known');
    sql(server.database, "UPDATE issues_issue SET resolved_in = 'site@0'");
    await fail();
    assert.equal(one('SELECT status, is_regressed, times_seen FROM issues_issue'), 'unresolved|1|4');
    assert.match((await boss.ask('/admin/issues/')).text, /<span class="mark">came back<\/span>/);
    await post(boss, 'ignore', [1]);
    await fail();
    assert.equal(one('SELECT status, is_regressed, times_seen FROM issues_issue'), 'ignored|0|5');
    await post(boss, 'reopen', [1]);
    assert.equal(one('SELECT status FROM issues_issue'), 'unresolved');
    assert.equal(one("SELECT count(*) FROM django_admin_log WHERE object_repr = 'SIGFPE in sentry_debug'"), '3');
  });

  test('refuses what is no action, and who may only view', async () => {
    assert.equal((await post(boss, 'explode', [1])).status, 400);
    await post(boss, 'resolve', [77, 'x']);
    assert.match((await boss.ask('/admin/issues/')).text, /No issue was changed/);
    const reader = await signedIn(server, addStaff(server.database, 'reader', 'view_issue'));
    const { status, text } = await reader.ask('/admin/issues/');
    assert.equal(status, 200);
    assert.doesNotMatch(text, /<button[^>]*name="action"/);
    assert.equal((await reader.post('/admin/issues/act/', { action: 'resolve', issue: 1 }, { page: '/accounts/password_change/' })).status, 403);
    assert.match((await reader.ask('/admin/')).text, /<a href="\/admin\/issues\/">Issues<\/a>/);
    const other = await signedIn(server, addStaff(server.database, 'other', 'view_letting'));
    assert.equal((await other.ask('/admin/issues/')).status, 403);
    assert.doesNotMatch((await other.ask('/admin/')).text, /\/admin\/issues\//);
  });
});

test('failures in great number are counted, also those that were not written down', { skip: skipped }, async (t) => {
  const server = await startServer({ env: { ...FAST, WEB_CONCURRENCY: '1' }, t });
  addUser(server.database, 'boss', { staff: 1, superuser: 1 });
  const boss = await signedIn(server, 'boss');
  for (let i = 0; i < 200; i++) assert.equal((await boss.ask('/sentry-debug/')).status, 500);
  const one = (query) => sql(server.database, query).trim();
  await until(() => one('SELECT times_seen FROM issues_issue') === '200', 10_000, () => one('SELECT times_seen FROM issues_issue'));
  assert.equal(one('SELECT sum(count) FROM issues_hourly'), '200');
  assert.ok(Number(one('SELECT count(*) FROM issues_seenevent')) < 30);
});
