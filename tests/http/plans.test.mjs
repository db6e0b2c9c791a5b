// Only on SQLite: it reads the plans of SQLite's own planner.
// What SQLite does for the statements of pages: it goes to its rows by a key or an index, and sorts nothing.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { addUser, FAST, signedIn } from './accounts.mjs';
import { get, skipWithoutModule, startServer, TEST_PROGRAM } from './harness.mjs';
import { sql } from './support.mjs';

// A search steps through FTS5's index by its words, and is cut by LIMIT.
const MATCH = /^SCAN lettings_search(_title)? VIRTUAL TABLE INDEX \d+:.*M\d/;

const PATHS = ['/', '/lettings/', '/lettings/?after=1', '/lettings/?before=3', '/lettings/?last=1', '/lettings/?state=GA', '/lettings/?state=GA&last=1',
  '/lettings/?city=Brunswick', '/lettings/?city=Brunswick&last=1', '/lettings/?state=GA&city=Brunswick', '/lettings/?state=GA&city=Brunswick&last=1',
  '/lettings/?state=GA&city=Elsewhere', '/lettings/?q=retreat', '/lettings/?q=retr', '/lettings/?q=brunswik', '/lettings/?q=retreat&state=GA',
  '/lettings/?q=retreat&city=Brunswick', '/lettings/?q=the+retreat+in+ohio', '/lettings/?q=retreat+brunswik', '/lettings/?q=retreat&state=OH&city=Elsewhere', '/lettings/1/', '/lettings/999/', '/profiles/', '/profiles/?after=1', '/profiles/?last=1', '/profiles/DavWin/',
  '/profiles/nobody/', '/sitemap.xml', '/sitemap-pages.xml', '/sitemap-lettings-1.xml', '/sitemap-profiles-1.xml', '/sitemap-lettings-7.xml'];

/** What `ask` makes the server's one worker prepare: [[sql, ...steps of its plan]]. */
async function plansOf(server, ask) {
  await get(`${server.url}/probe/plans/?on=1`);
  await ask();
  await get(`${server.url}/probe/plans/`);
  assert.ok(existsSync(join(server.dir, 'plans')));
  const plans = readFileSync(join(server.dir, 'plans'), 'utf8').trim().split('\n').map((line) => line.split('\t'))
    .filter(([text]) => !/^(PRAGMA|BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|INSERT|UPDATE|DELETE)/.test(text));
  for (const [text, ...steps] of plans) {
    assert.ok(steps.length, text);
    assert.doesNotMatch(steps.join('\n'), /FAILED|AUTOMATIC/, text);
  }
  return plans;
}

test('every statement of a public page is answered by keys and indexes', { skip: skipWithoutModule('home', 'lettings', 'profiles') }, async (t) => {
  const server = await startServer({ program: TEST_PROGRAM, env: { WEB_CONCURRENCY: '1' }, t });
  const plans = await plansOf(server, async () => {
    for (const path of PATHS) assert.ok([200, 404].includes((await get(server.url + path)).status), path);
  });
  assert.ok(plans.length >= 15, `${plans.length} statements`);
  for (const [statement, ...steps] of plans) {
    for (const step of steps) {
      assert.doesNotMatch(step, /TEMP B-TREE/, `${statement}\n${steps.join('\n')}`);
      if (/^SCAN/.test(step) && !/CONSTANT ROW/.test(step)) {
        assert.ok(/ LIMIT /.test(statement) && MATCH.test(step), `${statement}\n${steps.join('\n')}`);
      }
    }
  }
});

test('a list of the admin reads its keys in their order by an index, and rows only of the page', { skip: skipWithoutModule('admin', 'lettings', 'profiles') }, async (t) => {
  const server = await startServer({ program: TEST_PROGRAM, env: { WEB_CONCURRENCY: '1', ...FAST }, t });
  addUser(server.database, 'boss', { staff: 1, superuser: 1 });
  sql(server.database, `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400)
    INSERT INTO lettings_address (number, street, city, state, zip_code, country_iso_code) SELECT i, 'Street', 'City', 'GA', 1, 'USA' FROM n;
    INSERT INTO lettings_letting (title, address_id) SELECT 'Letting ' || id, id FROM lettings_address WHERE street = 'Street';`);
  const boss = await signedIn(server, 'boss');
  const plans = await plansOf(server, async () => {
    for (const path of ['/admin/lettings/address/', '/admin/lettings/address/?p=4', '/admin/lettings/letting/?p=3', '/admin/profiles/profile/?o=2', '/admin/auth/user/?o=1']) {
      assert.equal((await boss.ask(path)).status, 200, path);
    }
  });
  const lists = plans.filter(([text]) => /^SELECT .* FROM "(lettings|profiles)_/.test(text));
  assert.ok(lists.length >= 8, `${lists.length} statements`);
  for (const [text, ...steps] of lists) {
    const seen = `${text}\n${steps.join('\n')}`;
    const isPage = / IN \(/.test(text);
    if (isPage) assert.match(steps[0], /^SEARCH t0 USING INTEGER PRIMARY KEY/, seen);
    else assert.doesNotMatch(steps.join('\n'), /TEMP B-TREE/, seen);
    if (!isPage) assert.match(text, / LIMIT /, seen);
    if (!isPage && !/COUNT/.test(text)) assert.match(text, /^SELECT t0\."id" FROM/, seen);
  }
});
