// What SQLite does for every statement of the public pages: it goes to its rows by a key or an index, and sorts nothing.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { get, skipWithoutModule, startServer, TEST_PROGRAM } from './harness.mjs';

// A search steps through FTS5's index by its words, and is cut by LIMIT.
const MATCH = /^SCAN lettings_search VIRTUAL TABLE INDEX \d+:.*M\d/;
// What a subquery with LIMIT has found is gone through.
const CANDIDATES = /^SCAN m$/;

const PATHS = ['/', '/lettings/', '/lettings/?after=1', '/lettings/?before=3', '/lettings/?last=1', '/lettings/?state=GA', '/lettings/?state=GA&last=1',
  '/lettings/?city=Brunswick', '/lettings/?city=Brunswick&last=1', '/lettings/?state=GA&city=Brunswick', '/lettings/?state=GA&city=Brunswick&last=1',
  '/lettings/?state=GA&city=Elsewhere', '/lettings/?q=retreat', '/lettings/?q=retr', '/lettings/?q=brunswik', '/lettings/?q=retreat&state=GA',
  '/lettings/?q=retreat&city=Brunswick', '/lettings/1/', '/lettings/999/', '/profiles/', '/profiles/?after=1', '/profiles/?last=1', '/profiles/DavWin/',
  '/profiles/nobody/', '/sitemap.xml', '/sitemap-pages.xml', '/sitemap-lettings-1.xml', '/sitemap-profiles-1.xml', '/sitemap-lettings-7.xml'];

test('every statement of a public page is answered by keys and indexes', { skip: skipWithoutModule('home', 'lettings', 'profiles') }, async (t) => {
  const server = await startServer({ program: TEST_PROGRAM, env: { WEB_CONCURRENCY: '1' }, t });
  await get(`${server.url}/probe/plans/?on=1`);
  for (const path of PATHS) assert.ok([200, 404].includes((await get(server.url + path)).status), path);
  await get(`${server.url}/probe/plans/`);
  assert.ok(existsSync(join(server.dir, 'plans')));
  const plans = readFileSync(join(server.dir, 'plans'), 'utf8').trim().split('\n').map((line) => line.split('\t'));
  assert.ok(plans.length >= 15, `${plans.length} statements`);
  for (const [sql, ...steps] of plans) {
    if (/^(PRAGMA|BEGIN|COMMIT|ROLLBACK)/.test(sql)) continue;
    assert.ok(steps.length, sql);
    for (const step of steps) {
      assert.doesNotMatch(step, /^FAILED/, sql + step);
      assert.doesNotMatch(step, /TEMP B-TREE|AUTOMATIC/, `${sql}\n${steps.join('\n')}`);
      if (/^SCAN/.test(step) && !/CONSTANT ROW/.test(step)) {
        assert.ok(/ LIMIT /.test(sql) && (MATCH.test(step) || CANDIDATES.test(step)), `${sql}\n${steps.join('\n')}`);
      }
    }
  }
});
