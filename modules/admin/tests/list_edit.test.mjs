// Also on PostgreSQL.
// Rows edited where they are listed.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { skipWithoutModule } from '../../../tests/http/harness.mjs';
import { enterHarbour } from '../../../tests/http/harbour.mjs';
import { addStaff, signedIn } from '../../../tests/http/accounts.mjs';
import { errorsOf, fieldsOf, valueOf } from '../../../tests/http/forms.mjs';
import { describeUnless, lock, sql } from '../../../tests/http/support.mjs';

const BOATS = '/admin/harbour/boat/';

describeUnless(skipWithoutModule('admin', 'auth'), 'editing in the list', () => {
  let server;
  let boss;
  const one = (query) => sql(server.database, query).trim();
  const boats = () => one("SELECT group_concat(name || ' ' || length || ' ' || CAST(afloat AS integer)) FROM (SELECT * FROM harbour_boat ORDER BY name) AS part");
  const messages = async (visitor) => [...(await visitor.ask('/admin/')).text.matchAll(/<p class="message[^>]*>(.*?)<\/p>/gs)].map(([, words]) => words);
  /** The list as it is opened, with what a browser would send of it; rows come newest first: Bea, Ada. */
  const opened = async (path = BOATS, visitor = boss) => fieldsOf((await visitor.ask(path)).text, 'bulk');
  const save = (fields, path = BOATS, visitor = boss) => visitor.post(path, { ...fields, _save: '1' });

  before(async () => { ({ server, boss } = await enterHarbour()); });
  after(() => server?.stop());
  const reset = () => sql(server.database, `DELETE FROM harbour_boat; INSERT INTO harbour_quay VALUES (1, 'Quay', '') ON CONFLICT DO NOTHING;
    INSERT INTO harbour_boat VALUES (1, 1, 'Ada', 20, 1, NULL), (2, 1, 'Bea', 30, 0, NULL);`);

  test('saves the rows that were changed, says how many, and logs each', async () => {
    reset();
    const fields = await opened(`${BOATS}?q=a`);
    assert.deepEqual([0, 1].map((i) => [fields[`form-${i}-id`], fields[`form-${i}-length`]]), [['2', '30'], ['1', '20']]);
    const { 'form-1-afloat': box, ...unticked } = fields;
    assert.equal(box, 'on');
    const saved = await save({ ...unticked, 'form-1-length': '21' }, `${BOATS}?q=a`);
    assert.equal(saved.headers.location, `${BOATS}?q=a`);
    assert.equal(boats(), 'Ada 21 0,Bea 30 0');
    assert.deepEqual(await messages(boss), ['1 boat was changed successfully.']);
    assert.equal(one('SELECT group_concat(object_id || change_message) FROM django_admin_log'), '1[{"changed": {"fields": ["Length", "Afloat"]}}]');
    await save({ ...await opened(), 'form-0-length': '1', 'form-1-length': '2' });
    assert.deepEqual(await messages(boss), ['2 boats were changed successfully.']);
    await save(await opened());
    assert.deepEqual(await messages(boss), [], 'nothing was');
  });

  test('shows what is wrong in each row, keeps what was typed, and saves none', async () => {
    reset();
    const { text, status } = await save({ ...await opened(), 'form-0-length': 'x', 'form-1-length': '25' });
    assert.equal(status, 200);
    assert.match(text, /Please correct the error below/);
    assert.equal(errorsOf(text).length, 1);
    assert.match(text, /name="form-0-length" value="x" aria-label="Length: Bea" required aria-invalid="true" aria-describedby="error_form-0-length"/);
    assert.equal(valueOf(text, 'form-1-length'), '25');
    assert.equal(boats(), 'Ada 20 1,Bea 30 0');
    assert.equal((await save({ ...fieldsOf(text, 'bulk'), 'form-0-length': '31' })).status, 302);
    assert.equal(boats(), 'Ada 25 1,Bea 31 0');
  });

  test('stands beside actions', async () => {
    reset();
    const fields = await opened();
    const action = { action: 'delete_selected', _selected_action: '1', index: '0' };
    const asked = await boss.post(BOATS, { ...fields, ...action });
    assert.match(asked.text, /Do you want to delete these rows/);
    for (const pressed of [action, { ...action, action: '' }, { ...action, post: 'yes' }]) {
      const kept = await boss.post(BOATS, { ...fields, 'form-0-length': '99', ...pressed });
      assert.equal(kept.status, 200);
      assert.match(kept.text, /Nothing was done yet: what you typed in this list is not saved/);
      assert.equal(valueOf(kept.text, 'form-0-length'), '99');
      assert.match(kept.text, /value="1" checked aria-label="Select Ada"/, 'what was ticked stays so');
      assert.doesNotMatch(kept.text, /checked aria-label="Select Bea"/);
      assert.equal(/value="delete_selected" selected/.test(kept.text), pressed.action !== '');
      assert.equal(boats(), 'Ada 20 1,Bea 30 0');
    }
    await save({ ...fields, action: 'delete_selected', _selected_action: '1', 'form-0-length': '32' });
    assert.equal(boats(), 'Ada 20 1,Bea 32 0', 'the button that was pressed counts');
  });

  test('tells of rows that somebody else has saved or deleted since', async () => {
    reset();
    const fields = await opened();
    sql(server.database, 'UPDATE harbour_boat SET length = 77 WHERE id = 1;');
    assert.equal((await save({ ...fields, 'form-0-length': '33' })).status, 302, 'rows one has not touched are left alone');
    assert.equal(boats(), 'Ada 77 1,Bea 33 0');
    const told = await save({ ...fields, 'form-0-length': '34', 'form-1-length': '78' });
    assert.match(told.text, /Somebody else has saved rows of this list since/);
    assert.deepEqual([...told.text.matchAll(/They saved: <span dir="auto">(\d+)/g)].map(([, value]) => value), ['33', '77']);
    assert.equal(valueOf(told.text, 'form-1-length'), '78');
    assert.equal(boats(), 'Ada 77 1,Bea 33 0');
    assert.equal((await save(fieldsOf(told.text, 'bulk'))).status, 302);
    assert.equal(boats(), 'Ada 78 1,Bea 34 0');
    await messages(boss);
    const late = await opened();
    sql(server.database, 'DELETE FROM harbour_boat WHERE id = 2;');
    await save({ ...late, 'form-0-length': '1', 'form-1-length': '79' });
    assert.equal(boats(), 'Ada 79 1');
    assert.deepEqual((await messages(boss)).map((words) => words.slice(0, 40)), ['1 boat was changed successfully.', 'Somebody else has deleted rows of this l']);
  });

  test('saves the rest where a row is deleted while it waits to save', async (t) => {
    reset();
    const fields = await opened();
    const token = await boss.token(BOATS);
    const unlock = await lock(server.database, 'BEGIN IMMEDIATE; DELETE FROM harbour_boat WHERE id = 1', t);
    const saved = boss.post(BOATS, { ...fields, 'form-0-length': '31', 'form-1-length': '79', _save: '1' }, { token });
    await sleep(300); // the rows are read by then; the outcome is the same where they are not
    await unlock('COMMIT');
    assert.equal((await saved).status, 302);
    assert.equal(boats(), 'Bea 31 0');
    assert.deepEqual((await messages(boss)).map((words) => words.slice(0, 40)), ['1 boat was changed successfully.', 'Somebody else has deleted rows of this l']);
  });

  test('tells of deleted rows also where others are wrong, or were saved since', async () => {
    for (const [length, theirs] of [['x', 20], ['21', 77]]) {
      reset();
      const late = await opened();
      sql(server.database, `DELETE FROM harbour_boat WHERE id = 2; UPDATE harbour_boat SET length = ${theirs} WHERE id = 1;`);
      const told = await save({ ...late, 'form-0-length': '1', 'form-1-length': length });
      assert.equal(told.status, 200);
      assert.match(told.text, /Somebody else has deleted rows of this list/);
      assert.match(told.text, length === 'x' ? /Please correct the error/ : /Somebody else has saved rows of this list/);
      assert.doesNotMatch(told.text, /changed successfully/);
      assert.equal(valueOf(told.text, 'form-0-length'), length, 'what is left is numbered anew');
      assert.equal(boats(), `Ada ${theirs} 1`);
    }
  });

  test('is for who may change the table, and for no more than its fields', async () => {
    reset();
    const fields = await opened();
    const viewer = await signedIn(server, addStaff(server.database, 'viewer', 'view_boat'));
    assert.doesNotMatch((await viewer.ask(BOATS)).text, /name="form-|name="_save"/);
    const token = await viewer.token('/accounts/password_change/');
    assert.equal((await viewer.post(BOATS, { ...fields, 'form-0-length': '9', _save: '1' }, { token })).status, 403);
    const changer = await signedIn(server, addStaff(server.database, 'changer', 'change_boat'));
    await save({ ...await opened(BOATS, changer), 'form-0-length': '36', 'form-0-name': 'Stolen', 'form-0-quay': '9' }, BOATS, changer);
    assert.equal(boats(), 'Ada 20 1,Bea 36 0');
    for (const [name, value] of [['form-TOTAL_FORMS', '-1'], ['form-TOTAL_FORMS', '9999999999'], ['form-0-id', "1' OR 1=1"], ['form-0-id', ''], ['form-0-_shown', 'x']]) {
      const { status } = await save({ ...fields, [name]: value });
      assert.ok([200, 302].includes(status), `${status} ${name} ${value}`);
    }
    assert.equal(boats(), 'Ada 20 1,Bea 36 0');
  });
});
