// Also on PostgreSQL.
// References: looked up while one types, typed as keys, and chosen and added in windows of their own.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { skipWithoutModule } from '../../../tests/http/harness.mjs';
import { enterHarbour } from '../../../tests/http/harbour.mjs';
import { addStaff, signedIn, Visitor } from '../../../tests/http/accounts.mjs';
import { describeUnless, sql, unescaped } from '../../../tests/http/support.mjs';

const SEARCH = '/admin/autocomplete/';
const BOATS = { app_label: 'harbour', model_name: 'licence', field_name: 'boat' };
const pathOf = (query) => `${SEARCH}?${new URLSearchParams(query)}`;

describeUnless(skipWithoutModule('admin', 'auth'), 'references', () => {
  let server;
  let boss;
  const one = (query) => sql(server.database, query).trim();
  before(async () => {
    ({ server, boss } = await enterHarbour(`INSERT INTO harbour_quay VALUES (1, 'North <Quay>', '');
      INSERT INTO harbour_boat SELECT i, 1, 'Boat ' || i, 20, 1, NULL FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 45) SELECT i FROM n) AS part;
      INSERT INTO harbour_boat VALUES (46, 1, 'The "<Gull>"', 20, 1, NULL);`));
  });
  after(() => server?.stop());

  test('are found as Django answers: twenty a page, and whether there are more', async () => {
    const search = async (query) => {
      const { status, text, headers } = await boss.ask(pathOf({ ...BOATS, ...query }));
      assert.equal(status, 200, text);
      assert.equal(headers['content-type'], 'application/json');
      assert.equal(headers['cache-control'], 'private, no-store');
      return JSON.parse(text);
    };
    assert.deepEqual(await search({ term: 'gull' }), { results: [{ id: '46', text: 'The "<Gull>"' }], pagination: { more: false } });
    const pages = [await search({ term: 'boat' }), await search({ term: 'boat', page: '2' }), await search({ term: 'boat', page: '3' })];
    assert.deepEqual(pages.map(({ results, pagination }) => [results.length, pagination.more]), [[20, true], [20, true], [5, false]]);
    assert.equal(new Set(pages.flatMap(({ results }) => results.map(({ id }) => id))).size, 45);
    assert.equal((await search({ term: '' })).results.length, 20);
    assert.deepEqual((await search({ term: 'no such' })).results, []);
    assert.equal((await search({ term: 'boat', afloat__exact: '0', o: 'x', _popup: '1' })).results.length, 20, 'it takes no other parameters');
    for (const page of ['4', '0', '-1', 'x', '99999999999999999999']) assert.equal((await boss.ask(pathOf({ ...BOATS, term: 'boat', page }))).status, 404, page);
  });

  test('are found by who may view them alone', async () => {
    const statusOf = async (visitor, query) => (await visitor.ask(pathOf(query))).status;
    assert.equal(await statusOf(new Visitor(server.url), { ...BOATS, term: '' }), 302);
    const visitor = await signedIn(server, addStaff(server.database, 'licenser', 'change_licence'));
    assert.equal(await statusOf(visitor, { ...BOATS, term: '' }), 403);
    const viewer = await signedIn(server, addStaff(server.database, 'viewer', 'view_boat'));
    assert.equal(await statusOf(viewer, { ...BOATS, term: '' }), 200);
    for (const change of [{ app_label: 'none' }, { model_name: 'none' }, { field_name: 'none' }, { field_name: 'number' }, { app_label: 'auth', model_name: 'user', field_name: 'password' }, { field_name: "boat' OR 1=1" }]) {
      assert.equal(await statusOf(boss, { ...BOATS, term: '', ...change }), 403, JSON.stringify(change));
    }
    for (const name of Object.keys(BOATS)) {
      const { [name]: gone, ...rest } = BOATS;
      assert.equal(await statusOf(boss, { ...rest, term: '' }), 403, `without ${name} (${gone})`);
    }
    assert.equal(await statusOf(boss, BOATS), 403, 'without a term');
    assert.equal(await statusOf(boss, { app_label: 'harbour', model_name: 'trip', field_name: 'boat', term: '' }), 200);
    sql(server.database, 'SELECT 1;');
    assert.equal((await boss.ask(`${SEARCH}?app_label=%00&model_name=%ff&field_name=x&term=y`)).status, 403);
  });

  test('are typed as keys where there is no script, with the name of the row', async () => {
    const id = one("INSERT INTO harbour_licence (boat_id, number) VALUES (46, 'L46'); SELECT last_insert_rowid();");
    const licence = (await boss.ask(`/admin/harbour/licence/${id}/change/`)).text;
    assert.match(licence, /data-autocomplete="\/admin\/autocomplete\/\?app_label=harbour&amp;model_name=licence&amp;field_name=boat"><input type="text"[^>]* name="boat" value="46"/);
    assert.match(licence, /<span class="related" dir="auto">The &quot;&lt;Gull&gt;&quot;<\/span>/);
    const trip = (await boss.ask('/admin/harbour/trip/add/')).text;
    assert.match(trip, /<a data-popup="id" href="\/admin\/harbour\/boat\/">Look it up/);
    assert.match(trip, /<a data-popup="id" href="\/admin\/harbour\/boat\/add\/" hidden>/);
    assert.doesNotMatch(trip, /data-autocomplete/, 'raw ids are raw');
    const visitor = await signedIn(server, addStaff(server.database, 'trips', 'add_trip'));
    assert.doesNotMatch((await visitor.ask('/admin/harbour/trip/add/')).text, /data-popup/, 'no way for who may not go it');
  });

  test('are given back by windows: lists to choose from, forms to add and change', async () => {
    const list = (await boss.ask('/admin/harbour/boat/?_to_field=id&_popup=1')).text;
    assert.match(list, /<a href="[^"]*" data-key="46" data-name="The &quot;&lt;Gull&gt;&quot;">/);
    assert.doesNotMatch(list, /name="_selected_action"|name="form-|aria-label="Breadcrumbs"|\/import\//);
    assert.match(list, /name="_popup" value="1"/, 'a search stays in the window');
    assert.match(list, /href="\/admin\/harbour\/boat\/add\/\?[^"]*_popup=1"/);
    assert.doesNotMatch((await boss.ask('/admin/harbour/boat/')).text, /data-key/);
    for (const path of ['/admin/harbour/boat/', '/admin/harbour/boat/add/', '/admin/harbour/boat/46/change/']) {
      assert.equal((await boss.ask(`${path}?_popup=1&_to_field=name`)).status, 400, path);
    }
    const path = '/admin/harbour/quay/add/?_to_field=id&_popup=1';
    const form = (await boss.ask(path)).text;
    assert.match(form, /name="_save"/);
    assert.doesNotMatch(form, /name="_continue"|name="_addanother"|class="door danger"/);
    const added = await boss.post(path, { name: '</script>"Quay"', note: '' });
    assert.equal(added.status, 200, added.text);
    const dataOf = (text) => JSON.parse(unescaped(/data-popup-response="([^"]*)"/.exec(text)[1]));
    const id = one('SELECT max(id) FROM harbour_quay');
    assert.deepEqual(dataOf(added.text), { value: id, obj: '</script>"Quay"' });
    assert.doesNotMatch(added.text, /<\/script>"Quay/);
    const changed = await boss.post(`/admin/harbour/quay/${id}/change/?_popup=1`, { name: 'Quay', note: '' });
    assert.deepEqual(dataOf(changed.text), { action: 'change', value: id, obj: 'Quay', new_value: id });
    assert.doesNotMatch((await boss.ask('/admin/')).text, /added successfully/, 'the window said it');
  });

  test('run scripts of the site alone, and on the pages of the admin alone', async () => {
    const policyOf = async (path) => (await boss.ask(path)).headers['content-security-policy'];
    assert.match(await policyOf('/admin/'), /default-src 'none'; script-src 'self';/);
    for (const path of ['/', '/accounts/login/', '/accounts/password_change/', '/admin/no/such/']) assert.doesNotMatch(await policyOf(path), /script-src/, path);
    const { text } = await boss.ask('/admin/');
    assert.deepEqual([...text.matchAll(/<script[^>]*>/g)].map(([tag]) => tag.replace(/\.[0-9a-f]{12}/, '')), ['<script src="/static/admin/admin.js" defer>']);
    assert.doesNotMatch(text, /\son[a-z]+\s*=|javascript:/i);
  });
});
