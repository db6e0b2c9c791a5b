// Also on PostgreSQL.
// How many rows each choice of a filter has, when that is asked for.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { skipWithoutModule } from '../../../tests/http/harness.mjs';
import { enterHarbour, startHarbour } from '../../../tests/http/harbour.mjs';
import { FAST, signedIn } from '../../../tests/http/accounts.mjs';
import { describeUnless, sql } from '../../../tests/http/support.mjs';

const BOATS = '/admin/harbour/boat/';

describeUnless(skipWithoutModule('admin', 'auth'), 'counts beside filters', () => {
  let server;
  let boss;
  before(async () => {
    ({ server, boss } = await enterHarbour(`INSERT INTO harbour_quay VALUES (1, 'North', ''), (2, 'South', '');
      INSERT INTO harbour_boat VALUES (1, 1, 'Ada', 20, 1, date()), (2, 1, 'Bea', 30, 0, '2000-01-01'), (3, 2, 'Cleo', 30, 1, NULL);`));
  });
  after(() => server?.stop());
  /** Each choice with its count. */
  const choicesOf = (text) => Object.fromEntries([...text.matchAll(/<summary>(.*?)<\/summary>\s*<ul>(.*?)<\/ul>/gs)]
    .map(([, title, list]) => [title, [...list.matchAll(/<a [^>]*>(.*?)<\/a>/gs)].map(([, words]) => words.replace(/<[^>]*>/g, ''))]));

  test('are there when they are asked for', async () => {
    const { text } = await boss.ask(BOATS);
    assert.deepEqual(choicesOf(text).Afloat, ['All', 'Yes', 'No']);
    assert.match(text, /href="\?_facets=True">Show counts/);
    const shown = (await boss.ask(`${BOATS}?_facets=True`)).text;
    assert.match(shown, /href="\?">Hide counts/);
    assert.deepEqual(choicesOf(shown), {
      Afloat: ['All 3', 'Yes 2', 'No 1'], Quay: ['All 3', 'North 2', 'South 1'], Built: ['Any date 3', 'Today 1', 'Past 7 days 1', 'This month 1', 'This year 1'],
    });
  });

  test('are those of the list as it is, but for the filter itself', async () => {
    const { text } = await boss.ask(`${BOATS}?_facets=True&afloat__exact=1&q=a`);
    assert.deepEqual(choicesOf(text).Afloat, ['All 2', 'Yes 1', 'No 1']);
    assert.deepEqual(choicesOf(text).Quay, ['All 1', 'North 1', 'South 0']);
    assert.match(text, /href="\?_facets=True&amp;q=a&amp;afloat__exact=0"|href="[^"]*afloat__exact=0"/);
  });

  test('are left out where there is too little time', async () => {
    sql(server.database, `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30000)
      INSERT INTO harbour_boat (quay_id, name, length, afloat, built) SELECT 2, 'Many ' || i, 1, 1, '2001-01-01' FROM n;`);
    const short = await startHarbour({ database: server.database, env: { ...FAST, ADMIN_TIME_LIMIT: '1' } });
    try {
      const visitor = await signedIn(short, 'boss');
      const { status, text } = await visitor.ask(`${BOATS}?_facets=True&q=many`);
      assert.equal(status, 200);
      assert.ok(choicesOf(text).Built.includes('This year –'), text);
    } finally {
      await short.stop();
    }
  });
});
