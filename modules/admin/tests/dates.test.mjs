// Also on PostgreSQL.
// The way through a list by year, month and day.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { skipWithoutModule } from '../../../tests/http/harness.mjs';
import { enterHarbour } from '../../../tests/http/harbour.mjs';
import { describeUnless, sql } from '../../../tests/http/support.mjs';

const TRIPS = '/admin/harbour/trip/';
const BOATS = '/admin/harbour/boat/';

describeUnless(skipWithoutModule('admin', 'auth'), 'the date hierarchy', () => {
  let server;
  let boss;
  before(async () => {
    ({ server, boss } = await enterHarbour("INSERT INTO harbour_quay VALUES (1, 'Quay', ''); INSERT INTO harbour_boat VALUES (1, 1, 'Ada', 20, 1, '1999-12-31'), (2, 1, 'Bea', 30, 0, '2000-01-01'), (3, 1, 'Cleo', 30, 0, NULL);"));
  });
  after(() => server?.stop());
  const sail = (...times) => sql(server.database, `DELETE FROM harbour_trip; ${times.map((time) => `INSERT INTO harbour_trip (boat_id, sailed) VALUES (1, '${time}');`).join('')}`);
  /** The links: [words, address]; null where there is no hierarchy. */
  const datesOf = async (path) => {
    const { status, text } = await boss.ask(path);
    assert.equal(status, 200, path);
    const nav = /<nav class="dates".*?<\/nav>/s.exec(text)?.[0];
    return nav ? [...nav.matchAll(/<li>(.*?)<\/li>/gs)].map(([, item]) => [item.replace(/<[^>]*>/g, ''), /href="([^"]*)"/.exec(item)?.[1].replaceAll('&amp;', '&')]) : null;
  };
  const words = async (path) => (await datesOf(path))?.map(([label]) => label) ?? null;
  const count = async (path) => Number(/(\d+) rows?/.exec((await boss.ask(path)).text)[1]);

  test('begins with the years, and goes down to a day and back', async () => {
    sail('2024-02-29 10:00:00', '2024-02-29 23:59:59.999999', '2024-03-01 00:00:00', '2026-01-02 03:04:05');
    assert.deepEqual(await datesOf(TRIPS), [['2024', '?sailed__year=2024'], ['2026', '?sailed__year=2026']]);
    assert.deepEqual(await datesOf(`${TRIPS}?sailed__year=2024`), [['‹ All dates', '?'], ['February 2024', '?sailed__year=2024&sailed__month=2'], ['March 2024', '?sailed__year=2024&sailed__month=3']]);
    assert.deepEqual(await datesOf(`${TRIPS}?sailed__year=2024&sailed__month=2`), [['‹ 2024', '?sailed__year=2024'], ['February 29', '?sailed__year=2024&sailed__month=2&sailed__day=29']]);
    assert.deepEqual(await datesOf(`${TRIPS}?sailed__year=2024&sailed__month=2&sailed__day=29`), [['‹ February 2024', '?sailed__year=2024&sailed__month=2'], ['February 29', undefined]]);
    for (const [query, rows] of [['sailed__year=2024', 3], ['sailed__year=2024&sailed__month=2', 2], ['sailed__year=2024&sailed__month=2&sailed__day=29', 2], ['sailed__year=2025', 0]]) {
      assert.equal(await count(`${TRIPS}?${query}`), rows, query);
    }
  });

  test('begins at the deepest single year or month, and keeps the other filters', async () => {
    sail('2026-01-02 03:04:05', '2026-05-02 03:04:05');
    assert.deepEqual(await words(TRIPS), ['January 2026', 'May 2026']);
    sail('2026-05-02 03:04:05', '2026-05-31 03:04:05');
    assert.deepEqual(await words(TRIPS), ['May 2', 'May 31']);
    assert.deepEqual((await datesOf(`${TRIPS}?boat__id__exact=1&o=2`))[0], ['May 2', '?boat__id__exact=1&o=2&sailed__year=2026&sailed__month=5&sailed__day=2']);
    assert.equal(await datesOf(`${TRIPS}?boat__id__exact=2`), null, 'nothing to go through');
    assert.deepEqual(await words(BOATS), ['1999', '2000'], 'rows without a date are in none of them');
  });

  test('takes no date that there is not', async () => {
    for (const query of ['sailed__year=0', 'sailed__year=10000', 'sailed__year=x', 'sailed__month=1', 'sailed__year=2026&sailed__month=13', 'sailed__year=2026&sailed__day=1',
      'sailed__year=2026&sailed__month=2&sailed__day=29', "sailed__year=1' OR 1=1"]) {
      assert.equal((await boss.ask(`${TRIPS}?${query}`)).headers.location, `${TRIPS}?e=1`, query);
    }
    assert.equal((await boss.ask(`${TRIPS}?built__year=2026`)).status, 400);
    assert.equal(await count(`${TRIPS}?sailed__year=9999&sailed__month=12&sailed__day=31`), 0);
  });
});
