// Also on PostgreSQL.
// Lists in every way that an address asks for them, and what is done to their rows.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { skipWithoutModule } from '../../../tests/http/harness.mjs';
import { enterHarbour } from '../../../tests/http/harbour.mjs';
import { addStaff, signedIn } from '../../../tests/http/accounts.mjs';
import { describeUnless, sql } from '../../../tests/http/support.mjs';

const QUAYS = '/admin/harbour/quay/';
const BOATS = '/admin/harbour/boat/';
const TRIPS = '/admin/harbour/trip/';
const LICENCES = '/admin/harbour/licence/';

describeUnless(skipWithoutModule('admin', 'auth'), 'lists', () => {
  let server;
  let boss;
  const one = (query) => sql(server.database, query).trim();
  before(async () => {
    ({ server, boss } = await enterHarbour(`INSERT INTO harbour_quay VALUES (1, 'North', ''), (2, 'South', '');
      INSERT INTO harbour_boat VALUES (1, 1, 'Grey Gull', 20, 1, '2001-02-03'), (2, 1, 'Gull', 30, 0, NULL), (3, 2, 'Gull Grey', 20, 1, NULL), (4, 2, 'Tern', 30, 1, NULL);
      INSERT INTO harbour_licence VALUES (1, 1, 'L1'), (2, 2, 'L12'), (3, 3, 'L3');
      INSERT INTO harbour_trip (id, boat_id, sailed, kind, landed_id) VALUES (1, 1, '2026-01-02 03:04:05', 'race', 1), (2, 1, '2026-01-03 03:04:05', '', NULL);`));
  });
  after(() => server?.stop());

  const rowsOf = async (path) => {
    const { status, text } = await boss.ask(path);
    assert.equal(status, 200, path);
    return [...text.matchAll(/<tr><td class="select">.*?<\/tr>/gs)].map(([row]) => row);
  };
  const keysOf = async (path) => (await rowsOf(path)).map((row) => Number(/name="_selected_action" value="(\d+)"/.exec(row)[1]));
  const cellsOf = (row) => [...row.replace(/<td class="select">.*?<\/td>/s, '').matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/gs)].map(([, cell]) => cell.replaceAll('\n', ''));
  const messages = async (visitor = boss) => [...(await visitor.ask('/admin/')).text.matchAll(/<p class="message[^>]*>(.*?)<\/p>/gs)].map(([, words]) => words);

  test('show what there is not as "-", and lead to the row from the columns that they should', async () => {
    const [tern] = await rowsOf(`${BOATS}?q=tern`);
    assert.equal(cellsOf(tern).at(-1), '-');
    assert.match(cellsOf(tern)[0], /^<a href="\/admin\/harbour\/boat\/4\/change\/\?_changelist_filters=q%3Dtern">Tern<\/a>$/, 'from the first');
    const [licence] = await rowsOf(`${LICENCES}?q=l3`);
    assert.deepEqual(cellsOf(licence), ['L3', '<a href="/admin/harbour/licence/3/change/?_changelist_filters=q%3Dl3">Gull Grey</a>']);
  });

  test('find every word in any of the fields, what stands in quotes whole, and "=" the whole', async () => {
    for (const [query, keys] of [['gull', [3, 2, 1]], ['gull grey', [3, 1]], ['GREY  gull', [3, 1]], ['"grey gull"', [1]], ["'gull grey'", [3]], ['grey tern', []]]) {
      assert.deepEqual(await keysOf(`${BOATS}?q=${encodeURIComponent(query)}`), keys, query);
    }
    for (const [query, keys] of [['l1', [1]], ['12', []], ['l1 gull', [1]], ['gull', [3, 2, 1]]]) {
      assert.deepEqual(await keysOf(`${LICENCES}?q=${encodeURIComponent(query)}`), keys, query);
    }
  });

  test('sort by several columns, and by the key where these say nothing', async () => {
    for (const [order, keys] of [['3', [1, 3, 2, 4]], ['-3', [4, 2, 3, 1]], ['3.-1', [3, 1, 4, 2]], ['-3.1', [2, 4, 1, 3]], ['3.-3.-1', [3, 1, 4, 2]]]) {
      assert.deepEqual(await keysOf(`${BOATS}?o=${order}`), keys, order);
    }
  });

  test('are cut by choices, and by references that are there, and are not', async () => {
    for (const [query, keys] of [['kind__exact=race', [1]], ['kind__exact=tour', []], ['landed__id__exact=1', [1]], ['landed__isnull=1', [2]]]) {
      assert.deepEqual(await keysOf(`${TRIPS}?${query}`), keys, query);
    }
    const { text } = await boss.ask(`${TRIPS}?landed__isnull=1`);
    assert.match(text, /href="\?landed__isnull=1" aria-current="true">Empty</);
    assert.match(text, /href="\?landed__isnull=1&amp;kind__exact=race">Race</);
    assert.match(text, /href="\?landed__id__exact=1">North</, 'one takes the place of the other');
  });

  test('are shown whole where they are not too long, and counted on to 100,000', async () => {
    sql(server.database, "INSERT INTO harbour_trip (boat_id, sailed) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 198) SELECT 1, '2025-01-01 00:00:00' FROM n;");
    assert.equal((await keysOf(TRIPS)).length, 100);
    assert.match((await boss.ask(TRIPS)).text, /href="\?all=1">Show all</);
    assert.equal((await keysOf(`${TRIPS}?all=`)).length, 200);
    sql(server.database, "INSERT INTO harbour_trip (boat_id, sailed) VALUES (1, '2025-01-01 00:00:00');");
    assert.equal((await keysOf(`${TRIPS}?all=`)).length, 100, 'it is too long');
    assert.doesNotMatch((await boss.ask(TRIPS)).text, /Show all</);
    sql(server.database, "INSERT INTO harbour_trip (boat_id, sailed) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) SELECT 1, '2025-01-01 00:00:00' FROM n;");
    assert.match((await boss.ask(TRIPS)).text, /More than 100000 Trips/);
    const answer = await boss.post(TRIPS, { action: 'delete_selected', select_across: '1', post: 'yes' });
    assert.equal(answer.status, 200);
    assert.match(answer.text, /These are more rows than can be changed at once \(10000\)\. Filter the list first\. No items have been changed\./);
    assert.match(answer.text, /name="select_across" value="1" checked/);
    assert.equal(one('SELECT count(*) > 100000 FROM harbour_trip'), '1');
    sql(server.database, 'DELETE FROM harbour_trip WHERE id > 2;');
  });

  test('delete nothing that something needs, and name what does', async () => {
    for (const path of [`${BOATS}1/delete/`, `${QUAYS}1/delete/`]) {
      const { text } = await boss.ask(path);
      assert.match(text, /cannot be deleted, since these rows need it:<\/p>\s*<ul class="tree">\s*<li>Trips: 2/, path);
      assert.doesNotMatch(text, /Yes, delete/);
      assert.match((await boss.post(path, { post: 'yes' })).text, /cannot be deleted/, path);
    }
    for (const fields of [{}, { post: 'yes' }]) {
      const { text } = await boss.post(BOATS, { action: 'delete_selected', _selected_action: '1', ...fields });
      assert.match(text, /They cannot be deleted, since these rows need them/);
      assert.doesNotMatch(text, /Yes, delete/);
    }
    assert.equal(one('SELECT count(*) FROM harbour_boat'), '4');
  });

  test('name the first hundred rows that go along, and count the rest', async () => {
    sql(server.database, `INSERT INTO harbour_quay VALUES (9, 'Long', '');
      INSERT INTO harbour_boat (quay_id, name, length, afloat) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 103) SELECT 9, 'B' || i, 1, 1 FROM n;`);
    const { text } = await boss.ask(`${QUAYS}9/delete/`);
    assert.match(text, /<li>Boats: 103/);
    assert.equal(text.match(/\/admin\/harbour\/boat\/\d+\/change\//g).length, 100);
    assert.match(text, /… and 3 more/);
    assert.equal((await boss.post(`${QUAYS}9/delete/`, { post: 'yes' })).status, 302);
    assert.equal(one('SELECT count(*) FROM harbour_boat'), '4');
  });

  test('lead on to another row only whom they may', async () => {
    const changer = await signedIn(server, addStaff(server.database, 'changer', 'change_licence'));
    assert.doesNotMatch((await changer.ask(`${LICENCES}1/change/`)).text, /name="_addanother"/);
    const saved = await changer.post(`${LICENCES}1/change/`, { boat: '1', number: 'L1', _addanother: '1' });
    assert.equal(saved.headers.location, LICENCES);
  });

  test('have addresses with quoted keys, as Django has them', async () => {
    assert.equal((await boss.ask(`${QUAYS}_31/change/`)).status, 200);
    await messages();
    assert.equal((await boss.ask(`${QUAYS}a_2Fb_5F/change/`)).headers.location, '/admin/');
    assert.match((await messages()).join(), /Quay with ID “a\/b_” doesn’t exist/);
    sql(server.database, `INSERT INTO django_admin_log (action_time, object_id, object_repr, action_flag, change_message, content_type_id, user_id)
      SELECT '2099-01-01 00:00:00', 'a/b_', 'Odd', 2, '[]', django_content_type.id, auth_user.id FROM django_content_type, auth_user WHERE model = 'quay' AND username = 'boss';`);
    assert.match((await boss.ask('/admin/')).text, /href="\/admin\/harbour\/quay\/a_2Fb_5F\/change\/"/);
  });

  test("show nobody a row that its table's own rule keeps from them", async () => {
    const navy = one("INSERT INTO harbour_quay (name, note) VALUES ('Navy', ''); SELECT last_insert_rowid();");
    const all = await signedIn(server, addStaff(server.database, 'harbourer', ...['view', 'add', 'change', 'delete'].map((action) => `${action}_quay`)));
    for (const page of ['change', 'history', 'delete']) {
      assert.equal((await all.ask(`${QUAYS}${navy}/${page}/`)).status, 403, page);
      assert.equal((await boss.ask(`${QUAYS}${navy}/${page}/`)).status, 200, page);
      assert.equal((await all.ask(`${QUAYS}1/${page}/`)).status, 200, page);
    }
  });

  test('of what was done to a row have pages', async () => {
    sql(server.database, `INSERT INTO django_admin_log (action_time, object_id, object_repr, action_flag, change_message, content_type_id, user_id)
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 203)
      SELECT datetime('2020-01-01', i || ' minutes'), '2', 'South', 2, 'entry ' || i || '.', (SELECT id FROM django_content_type WHERE model = 'quay'), (SELECT id FROM auth_user WHERE username = 'boss') FROM n;`);
    const entries = async (query) => [...(await boss.ask(`${QUAYS}2/history/${query}`)).text.matchAll(/<td dir="auto">entry (\d+)\.<\/td>/g)].map(([, i]) => Number(i));
    const links = async (query) => [...(await boss.ask(`${QUAYS}2/history/${query}`)).text.matchAll(/<a href="(\?p=\d+)" rel="(\w+)"/g)].map(([, href, rel]) => `${rel} ${href}`);
    for (const [query, first, count, ways] of [['', 203, 100, ['next ?p=2']], ['?p=2', 103, 100, ['prev ?p=1', 'next ?p=3']], ['?p=3', 3, 3, ['prev ?p=2']],
      ['?p=0', 203, 100, ['next ?p=2']], ['?p=x', 203, 100, ['next ?p=2']], ['?p=99999999999999999999', 203, 100, ['next ?p=2']]]) {
      const shown = await entries(query);
      assert.deepEqual([shown[0], shown.length], [first, count], query);
      assert.deepEqual(await links(query), ways, query);
    }
    assert.deepEqual(await entries('?p=4'), []);
    assert.match((await boss.ask(`${QUAYS}2/history/?p=4`)).text, /href="\?p=3"/);
  });
});
