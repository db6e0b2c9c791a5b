// Also on PostgreSQL.
// Rows of other tables in the form of a row: Django's inlines, and the one that a row refers to.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { skipWithoutModule, startServer } from '../../../tests/http/harness.mjs';
import { enterHarbour } from '../../../tests/http/harbour.mjs';
import { addStaff, addUser, FAST, signedIn } from '../../../tests/http/accounts.mjs';
import { errorsOf, fieldsOf, valueOf } from '../../../tests/http/forms.mjs';
import { describeUnless, quoted, sql } from '../../../tests/http/support.mjs';

const QUAY = '/admin/harbour/quay/';
const BOAT = '/admin/harbour/boat/';

describeUnless(skipWithoutModule('admin', 'auth'), 'rows that refer to this one', () => {
  let server;
  let boss;
  const one = (query) => sql(server.database, query).trim();
  const insert = (into, row) => one(`INSERT INTO harbour_${into} (${Object.keys(row)}) VALUES (${Object.values(row).map((value) => quoted(String(value)))}); SELECT last_insert_rowid();`);
  const quay = (...names) => {
    const id = insert('quay', { name: 'North Quay', note: '' });
    const boats = names.map((name) => insert('boat', { quay_id: id, name, length: 20, afloat: 1 }));
    return { id, boats, path: `${QUAY}${id}/change/` };
  };
  const boatsAt = (id) => one(`SELECT group_concat(name || ' ' || length) FROM (SELECT * FROM harbour_boat WHERE quay_id = ${id} ORDER BY name) AS part`);
  const lastLog = () => one('SELECT change_message FROM django_admin_log ORDER BY id DESC LIMIT 1');

  before(async () => { ({ server, boss } = await enterHarbour()); });
  after(() => server?.stop());

  test('has those that are there, and empty ones up to the most there may be', async () => {
    const { text } = await boss.ask(quay('Ada', 'Bea').path);
    assert.equal(valueOf(text, 'boat_set-TOTAL_FORMS'), '4');
    assert.equal(valueOf(text, 'boat_set-INITIAL_FORMS'), '2');
    assert.deepEqual([0, 1, 2].map((i) => valueOf(text, `boat_set-${i}-name`)), ['Ada', 'Bea', '']);
    assert.match(text, /name="boat_set-1-DELETE"/);
    assert.doesNotMatch(text, /name="boat_set-2-DELETE"|name="boat_set-\d-quay"/);
    const full = await boss.ask(quay('Ada', 'Bea', 'Cleo').path);
    assert.equal(valueOf(full.text, 'boat_set-TOTAL_FORMS'), '4', 'four at most');
    assert.equal(valueOf((await boss.ask(`${QUAY}add/`)).text, 'boat_set-TOTAL_FORMS'), '2');
  });

  test('adds, changes and deletes them with it, in one entry of the log as Django writes it', async () => {
    const added = await boss.post(`${QUAY}add/`, { name: 'South Quay', note: '', 'boat_set-TOTAL_FORMS': '2', 'boat_set-INITIAL_FORMS': '0',
      'boat_set-0-name': 'Ada', 'boat_set-0-length': '21', 'boat_set-0-afloat': 'on', 'boat_set-1-name': '', 'boat_set-1-length': '', 'boat_set-1-afloat': 'on' });
    assert.equal(added.status, 302, added.text);
    const id = one("SELECT id FROM harbour_quay WHERE name = 'South Quay'");
    assert.equal(boatsAt(id), 'Ada 21', 'an empty row is none');
    assert.deepEqual(JSON.parse(lastLog()), [{ added: {} }, { added: { name: 'boat', object: 'Ada' } }]);

    const path = `${QUAY}${id}/change/`;
    const fields = fieldsOf((await boss.ask(path)).text);
    const changed = await boss.post(path, { ...fields, 'boat_set-0-length': '22', 'boat_set-1-name': 'Bea', 'boat_set-1-length': '30' });
    assert.equal(changed.status, 302, changed.text);
    assert.equal(boatsAt(id), 'Ada 22,Bea 30');
    assert.deepEqual(JSON.parse(lastLog()), [{ changed: { name: 'boat', object: 'Ada', fields: ['Length'] } }, { added: { name: 'boat', object: 'Bea' } }]);

    const again = fieldsOf((await boss.ask(path)).text);
    const deleted = await boss.post(path, { ...again, name: 'East Quay', 'boat_set-0-DELETE': 'on' });
    assert.equal(deleted.status, 302, deleted.text);
    assert.equal(boatsAt(id), 'Bea 30');
    assert.deepEqual(JSON.parse(lastLog()), [{ changed: { fields: ['Name'] } }, { deleted: { name: 'boat', object: 'Ada' } }]);
    const history = await boss.ask(`${QUAY}${id}/history/`);
    for (const words of ['Added boat “Ada”.', 'Changed Length for boat “Ada”.', 'Changed Name. Deleted boat “Ada”.']) assert.ok(history.text.includes(words), words);
  });

  test('changes nothing that was not sent', async () => {
    const { id, path } = quay('Ada');
    assert.equal((await boss.post(path, { name: 'West Quay' })).status, 302);
    assert.equal(boatsAt(id), 'Ada 20');
    assert.deepEqual(JSON.parse(lastLog()), [{ changed: { fields: ['Name'] } }]);
  });

  test('shows what is wrong at the field, keeps what was typed, and saves nothing', async () => {
    const { id, path } = quay('Ada');
    const { text } = await boss.post(path, { ...fieldsOf((await boss.ask(path)).text), name: 'Half', 'boat_set-0-length': '-1', 'boat_set-1-length': '9' });
    assert.match(text, /<li><a href="#id_boat_set-0-length">Ada: Length<\/a>/);
    assert.match(text, /<li><a href="#id_boat_set-1-name">New boat: Name<\/a>/);
    assert.match(text, /id="id_boat_set-0-length"[^>]* aria-describedby="error_boat_set-0-length/);
    assert.match(text, /<title>Error:/);
    assert.equal(valueOf(text, 'boat_set-0-length'), '-1');
    assert.equal(valueOf(text, 'boat_set-1-length'), '9');
    assert.equal(one(`SELECT name FROM harbour_quay WHERE id = ${id}`), 'North Quay');
    const twice = await boss.post(path, { ...fieldsOf((await boss.ask(path)).text), 'boat_set-1-name': 'Ada', 'boat_set-1-length': '9' });
    assert.match(errorsOf(twice.text).join(), /another boat has both already/);
  });

  test('holds to how many there may and must be', async () => {
    const { id, path } = quay('Ada', 'Bea', 'Cleo');
    const more = { 'boat_set-TOTAL_FORMS': '5', 'boat_set-3-name': 'Dot', 'boat_set-3-length': '1', 'boat_set-4-name': 'Eve', 'boat_set-4-length': '1' };
    const sent = fieldsOf((await boss.ask(path)).text);
    const many = await boss.post(path, { ...sent, ...more });
    assert.deepEqual(errorsOf(many.text), ['There may be 4 at most.']);
    assert.equal((await boss.post(path, { ...sent, ...more, 'boat_set-0-DELETE': 'on' })).status, 302, 'those that go do not count');
    assert.equal(boatsAt(id), 'Bea 20,Cleo 20,Dot 1,Eve 1');
    insert('boat', { quay_id: id, name: 'Five', length: 20, afloat: 1 });
    const { path: half, id: halfId } = quay('Ada', 'Bea');
    const stale = fieldsOf((await boss.ask(half)).text);
    for (const name of ['Xi', 'Yo']) insert('boat', { quay_id: halfId, name, length: 1, afloat: 1 });
    const beyond = await boss.post(half, { ...stale, 'boat_set-2-name': 'Zed', 'boat_set-2-length': '1' });
    assert.deepEqual(errorsOf(beyond.text), ['There may be 4 at most.'], 'those that others have added count');
    assert.equal(valueOf(beyond.text, 'boat_set-2-name'), 'Zed');
    assert.equal(boatsAt(halfId), 'Ada 20,Bea 20,Xi 1,Yo 1');
    const full = fieldsOf((await boss.ask(path)).text);
    assert.equal((await boss.post(path, { ...full, 'boat_set-0-length': '5' })).status, 302, 'who adds none is not refused');
    const boat = { quay: id, name: 'Fay', length: '3', afloat: 'on' };
    const without = await boss.post(`${BOAT}add/`, boat);
    assert.deepEqual(errorsOf(without.text), ['There must be 1 at least.']);
    const bare = await boss.post(`${BOAT}add/`, { ...boat, 'licence-TOTAL_FORMS': '1', 'licence-0-number': '' });
    assert.equal(valueOf(bare.text, 'licence-0-number'), '');
    assert.match(bare.text, /href="#id_licence-0-number"/);
    assert.equal((await boss.post(`${BOAT}add/`, { ...boat, 'licence-TOTAL_FORMS': '1', 'licence-0-number': 'L1' })).status, 302);
    assert.equal(one("SELECT name FROM harbour_boat JOIN harbour_licence ON boat_id = harbour_boat.id WHERE number = 'L1'"), 'Fay');
  });

  test('deletes none that something protects, nor where they are kept', async () => {
    const { id, boats: [boat], path } = quay('Ada');
    insert('trip', { boat_id: boat, sailed: '2026-01-02 03:04:05' });
    const refused = await boss.post(path, { ...fieldsOf((await boss.ask(path)).text), name: 'Half', 'boat_set-0-DELETE': 'on' });
    assert.match(errorsOf(refused.text).join(), /^This cannot be deleted, since the trip “.*” needs it\.$/);
    assert.match(refused.text, /name="boat_set-0-DELETE" checked/);
    assert.equal(boatsAt(id), 'Ada 20');
    assert.equal(one(`SELECT name FROM harbour_quay WHERE id = ${id}`), 'North Quay');
    insert('licence', { boat_id: boat, number: `K${boat}` });
    const page = await boss.ask(`${BOAT}${boat}/change/`);
    assert.doesNotMatch(page.text, /trip_set-0-DELETE/);
    assert.equal(valueOf(page.text, 'trip_set-TOTAL_FORMS'), '1', 'and no empty one');
    await boss.post(`${BOAT}${boat}/change/`, { ...fieldsOf(page.text), 'trip_set-0-DELETE': 'on' });
    assert.equal(one(`SELECT count(*) FROM harbour_trip WHERE boat_id = ${boat}`), '1');
  });

  test('takes no row of another, and no more than the permissions allow', async () => {
    const mine = quay('Ada');
    const other = quay('Zoe');
    const sent = fieldsOf((await boss.ask(mine.path)).text);
    const stolen = await boss.post(mine.path, { ...sent, 'boat_set-0-id': other.boats[0], 'boat_set-0-_digest': '', 'boat_set-0-name': 'Mine' });
    assert.match(errorsOf(stolen.text).join(), /Somebody else has deleted this/);
    assert.equal(boatsAt(other.id), 'Zoe 20');

    const ways = [
      ['nothing', [], (text) => assert.doesNotMatch(text, /boat_set/)],
      ['view_boat', ['view_boat'], (text) => { assert.match(text, /Ada/); assert.doesNotMatch(text, /name="boat_set/); }],
      ['add_boat', ['add_boat'], (text) => { assert.doesNotMatch(text, /Ada/); assert.equal(valueOf(text, 'boat_set-INITIAL_FORMS'), '0'); }],
      ['change_boat', ['change_boat'], (text) => { assert.equal(valueOf(text, 'boat_set-TOTAL_FORMS'), '1'); assert.doesNotMatch(text, /-DELETE/); }],
      ['delete_boat', ['view_boat', 'delete_boat'], (text) => { assert.match(text, /boat_set-0-DELETE/); assert.doesNotMatch(text, /name="boat_set-0-name"/); }],
    ];
    for (const [name, permissions, looks] of ways) {
      const visitor = await signedIn(server, addStaff(server.database, `inline_${name}`, 'change_quay', ...permissions));
      const { id, boats: [boat], path } = quay('Ada');
      looks((await visitor.ask(path)).text);
      const all = { name: 'Q', 'boat_set-TOTAL_FORMS': '2', 'boat_set-INITIAL_FORMS': '1', 'boat_set-0-id': boat, 'boat_set-0-name': 'New', 'boat_set-0-length': '5' };
      await visitor.post(path, { ...all, 'boat_set-1-name': 'More', 'boat_set-1-length': '6' });
      assert.equal(boatsAt(id), { add_boat: 'Ada 20,More 6', change_boat: 'New 5' }[name] ?? 'Ada 20', name);
      await visitor.post(path, { ...all, 'boat_set-0-DELETE': 'on' });
      assert.equal(one(`SELECT count(*) FROM harbour_boat WHERE id = ${boat}`), name === 'delete_boat' ? '0' : '1', `${name} deleting`);
    }
    const viewer = await signedIn(server, addStaff(server.database, 'inline_quays', 'view_quay', 'change_boat', 'add_boat'));
    const { text } = await viewer.ask(mine.path);
    assert.match(text, /Ada/);
    assert.doesNotMatch(text, /name="boat_set|name="_save"/, 'who may not change the row edits nothing in its form');
  });

  test('tells of somebody else who has saved or deleted one since, and loses nothing', async () => {
    const { id, boats: [ada, bea], path } = quay('Ada', 'Bea');
    const sent = fieldsOf((await boss.ask(path)).text);
    sql(server.database, `UPDATE harbour_boat SET length = 99 WHERE id = ${ada}; DELETE FROM harbour_boat WHERE id = ${bea};`);
    const mine = { ...sent, 'boat_set-0-length': '11', 'boat_set-1-length': '12' };
    const told = await boss.post(path, mine);
    assert.match(told.text, /Somebody else has saved this since you opened it/);
    assert.match(told.text, /They saved: <span dir="auto">99\s*<\/span>/);
    assert.match(errorsOf(told.text).join(), /Somebody else has deleted this/);
    assert.equal(valueOf(told.text, 'boat_set-0-length'), '11');
    assert.equal(boatsAt(id), 'Ada 99');
    assert.equal((await boss.post(path, fieldsOf(told.text))).status, 302);
    assert.equal(boatsAt(id), 'Ada 11,Bea 12');
    const untouched = fieldsOf((await boss.ask(path)).text);
    sql(server.database, `UPDATE harbour_boat SET length = 98 WHERE id = ${ada};`);
    assert.equal((await boss.post(path, { ...untouched, name: 'Mine alone' })).status, 302, 'what one has not touched is no conflict');
    assert.equal(boatsAt(id), 'Ada 98,Bea 12');
  });

  test('makes another of what is typed, with rows of its own ("Save as new")', async () => {
    const { id, boats: [ada, bea], path } = quay('Ada', 'Bea');
    const { text } = await boss.ask(path);
    assert.match(text, /name="_saveasnew"/);
    assert.doesNotMatch(text, /name="_addanother"/);
    assert.doesNotMatch((await boss.ask(`${QUAY}add/`)).text, /name="_saveasnew"/);
    const refused = await boss.post(path, { ...fieldsOf(text), name: '', 'boat_set-1-DELETE': 'on', _saveasnew: '1' });
    assert.match(refused.text, /<h1>Add quay/);
    assert.doesNotMatch(refused.text, /name="_save"|name="_continue"/, 'nothing else may happen to the first one');
    const made = await boss.post(path, { ...fieldsOf(refused.text), name: 'Copy', _saveasnew: '1' });
    const copy = one("SELECT id FROM harbour_quay WHERE name = 'Copy'");
    assert.equal(made.headers.location, `${QUAY}${copy}/change/`);
    assert.deepEqual([boatsAt(id), boatsAt(copy)], ['Ada 20,Bea 20', 'Ada 20']);
    assert.equal(one(`SELECT group_concat(quay_id) FROM harbour_boat WHERE id IN (${ada}, ${bea})`), `${id},${id}`);
    assert.deepEqual(JSON.parse(lastLog()), [{ added: {} }, { added: { name: 'boat', object: 'Ada' } }]);
    assert.match((await boss.ask('/admin/')).text, /The quay “<a href="[^"]*">Copy<\/a>” was added successfully. You may edit it again below/);
    const visitor = await signedIn(server, addStaff(server.database, 'no_copies', 'change_quay'));
    assert.doesNotMatch((await visitor.ask(path)).text, /name="_saveasnew"/);
    assert.equal((await visitor.post(path, { name: 'Stolen', _saveasnew: '1' })).status, 403);
    assert.equal((await boss.post(`${BOAT}${ada}/change/`, { quay: id, name: 'Ada', length: '1', _saveasnew: '1' })).status, 302, 'no such button: it is saved');
    assert.equal(one(`SELECT count(*) FROM harbour_boat WHERE quay_id = ${id}`), '2');
  });

  test('stands forms that no page has made', async () => {
    const { id, path } = quay('Ada');
    for (const [name, value] of [['TOTAL_FORMS', '-1'], ['TOTAL_FORMS', 'x'], ['TOTAL_FORMS', '99999999999999999999'], ['TOTAL_FORMS', ''], ['0-id', "1' OR 1=1"], ['0-id', '-1'], ['0-name', '\0']]) {
      const { status } = await boss.post(path, { name: 'Q', 'boat_set-TOTAL_FORMS': '1', [`boat_set-${name}`]: value });
      assert.ok([200, 302, 400].includes(status), `${status} ${name} ${value}`);
    }
    const many = await boss.post(path, { name: 'Q', 'boat_set-TOTAL_FORMS': '1000000000' });
    assert.equal(many.status, 200);
    assert.equal(boatsAt(id), 'Ada 20');
  });
});

describeUnless(skipWithoutModule('admin', 'auth', 'lettings'), 'the row that this one refers to', () => {
  const LETTING = '/admin/lettings/letting/';
  const ADDRESS = { number: '12', street: 'Quay Street', city: 'Harbour Town', state: 'FL', zip_code: '12345', country_iso_code: 'USA' };
  const address = (fields = {}) => Object.fromEntries([['address-TOTAL_FORMS', '1'], ...Object.entries({ ...ADDRESS, ...fields }).map(([name, value]) => [`address-0-${name}`, value])]);
  let server;
  let boss;
  const one = (query) => sql(server.database, query).trim();
  const addressOf = (title) => one(`SELECT number || ' ' || street FROM lettings_address JOIN lettings_letting ON address_id = lettings_address.id WHERE title = ${quoted(title)}`);
  before(async () => {
    server = await startServer({ env: FAST });
    addUser(server.database, 'boss', { staff: 1, superuser: 1 });
    boss = await signedIn(server, 'boss');
  });
  after(() => server?.stop());

  test('is saved before it, new or chosen', async () => {
    const added = await boss.post(`${LETTING}add/`, { title: 'Sea View', address: '', ...address() });
    assert.equal(added.status, 302, added.text);
    assert.equal(addressOf('Sea View'), '12 Quay Street');
    assert.deepEqual(JSON.parse(one('SELECT change_message FROM django_admin_log ORDER BY id DESC LIMIT 1')), [{ added: {} }, { added: { name: 'address', object: '12 Quay Street' } }]);
    const free = one("INSERT INTO lettings_address (number, street, city, state, zip_code, country_iso_code) VALUES (7, 'Free', 'City', 'GA', 1, 'USA'); SELECT last_insert_rowid();");
    assert.equal((await boss.post(`${LETTING}add/`, { title: 'Chosen', address: free })).status, 302, 'as Django takes it');
    assert.equal(addressOf('Chosen'), '7 Free');
    const both = await boss.post(`${LETTING}add/`, { title: 'Both', address: free, ...address() });
    assert.match(errorsOf(both.text).join(), /not both/);
    const neither = await boss.post(`${LETTING}add/`, { title: 'Neither', address: '', 'address-TOTAL_FORMS': '1' });
    assert.match(neither.text, /href="#id_address"/);
    const wrong = await boss.post(`${LETTING}add/`, { title: 'Wrong', address: '', ...address({ state: 'Florida' }) });
    assert.match(wrong.text, /href="#id_address-0-state"/);
    assert.equal(valueOf(wrong.text, 'address-0-state'), 'Florida');
    assert.equal(one("SELECT count(*) FROM lettings_letting WHERE title IN ('Both', 'Neither', 'Wrong')"), '0');
  });

  test('is changed with it, by who may, and met there', async () => {
    const id = one("SELECT id FROM lettings_letting WHERE title = 'Sea View'");
    const path = `${LETTING}${id}/change/`;
    const sent = fieldsOf((await boss.ask(path)).text);
    assert.equal((await boss.post(path, { ...sent, 'address-0-street': 'Pier Street' })).status, 302);
    assert.equal(addressOf('Sea View'), '12 Pier Street');
    assert.deepEqual(JSON.parse(one('SELECT change_message FROM django_admin_log ORDER BY id DESC LIMIT 1')), [{ changed: { name: 'address', object: '12 Pier Street', fields: ['Street'] } }]);
    const told = await boss.post(path, { ...sent, 'address-0-street': 'Mine' });
    assert.match(told.text, /They saved: <span dir="auto">Pier Street/);
    const other = one("INSERT INTO lettings_address (number, street, city, state, zip_code, country_iso_code) VALUES (9, 'Theirs', 'City', 'GA', 1, 'USA'); SELECT last_insert_rowid();");
    const first = one(`SELECT address_id FROM lettings_letting WHERE id = ${id}`);
    const stale = fieldsOf((await boss.ask(path)).text);
    sql(server.database, `UPDATE lettings_letting SET address_id = ${other} WHERE id = ${id};`);
    const moved = await boss.post(path, { ...stale, title: '', 'address-0-street': 'Mine' });
    assert.match(moved.text, /Somebody else has saved this since you opened it/);
    assert.match(moved.text, /They saved: <span dir="auto">Theirs/);
    assert.doesNotMatch(errorsOf(moved.text).join(), /not both/, 'the visitor has chosen none');
    assert.match(moved.text, /href="#id_title"/, 'and what is wrong is told along');
    assert.equal(valueOf(moved.text, 'address-0-street'), 'Mine');
    const both = await boss.post(path, { ...stale, address: one(`SELECT address_id FROM lettings_letting WHERE title = 'Chosen'`), 'address-0-street': 'Mine' });
    assert.match(both.text, /Somebody else has saved this since you opened it/);
    assert.match(errorsOf(both.text).join(), /not both/, 'what the visitor did is their mistake');
    assert.equal((await boss.post(path, { ...fieldsOf(moved.text), title: 'Sea View' })).status, 302);
    assert.equal(addressOf('Sea View'), '12 Mine', 'to save again puts it in the place of theirs');
    sql(server.database, `UPDATE lettings_letting SET address_id = ${first} WHERE id = ${id}; DELETE FROM lettings_address WHERE id = ${other};`);
    const copy = await boss.post(path, { ...fieldsOf((await boss.ask(path)).text), title: 'Sea View 2', 'address-0-number': '14', _saveasnew: '1' });
    assert.equal(copy.status, 302, copy.text);
    assert.deepEqual([addressOf('Sea View'), addressOf('Sea View 2')], ['12 Pier Street', '14 Pier Street']);
    const visitor = await signedIn(server, addStaff(server.database, 'half', 'change_letting', 'view_address'));
    const { text } = await visitor.ask(path);
    assert.match(text, /Pier Street/);
    assert.doesNotMatch(text, /name="address-0-street"/);
    await visitor.post(path, { ...sent, title: 'Sea View', 'address-0-street': 'Stolen' });
    assert.equal(addressOf('Sea View'), '12 Pier Street');
  });
});
