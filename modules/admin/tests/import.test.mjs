// Also on PostgreSQL.
// Files imported into the admin's tables: what they would change is shown, confirmed, and done.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { SANITIZED, skipWithoutModule, startServer, urlOf, POSTGRES, skipOnPostgres } from '../../../tests/http/harness.mjs';
import { addStaff, addUser, FAST, signedIn, Visitor } from '../../../tests/http/accounts.mjs';
import { describeUnless, lock, quoted, sql, searched, followKeys } from '../../../tests/http/support.mjs';

const CITIES = '/admin/lettings/address/';
const IMPORT = `${CITIES}import/`;
const LETTINGS = '/admin/lettings/letting/import/';
const HEADER = 'id,number,street,city,state,zip_code,country_iso_code';
const BOUNDARY = 'a-boundary-of-the-test';
// What is imported here are their rows.
const SKIPPED = skipWithoutModule('lettings');
const describe = (name, body) => describeUnless(SKIPPED, name, body);
let server;
let boss;

const staff = (name, ...permissions) => signedIn(server, addStaff(server.database, name, ...permissions));
const one = (query) => sql(server.database, query).trim();
const ADDRESS = { number: '12', street: 'Quay Street', city: 'Harbour Town', state: 'FL', zip_code: '12345', country_iso_code: 'USA' };
const addAddress = (fields = {}) => {
  const row = { ...ADDRESS, ...fields };
  return Number(one(`INSERT INTO lettings_address (${Object.keys(row).join(', ')})
    VALUES (${Object.values(row).map((value) => quoted(String(value))).join(', ')}) RETURNING id;`));
};
/** As many rows, of these cells. */
const rowsOf = (count, cells) => Array.from({ length: count }, (_, i) => `${cells(i)}\r\n`).join('');

/** Sends a file, as a browser does; gives where it leads. */
async function send(visitor, content, { path = IMPORT, name = 'rows.csv' } = {}) {
  const token = await visitor.token(path);
  const body = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="csrfmiddlewaretoken"\r\n\r\n${token}\r\n`
    + `--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\nContent-Type: text/csv\r\n\r\n${content}\r\n--${BOUNDARY}--\r\n`;
  const answer = await visitor.ask(path, { method: 'POST', body, headers: { 'Content-Type': `multipart/form-data; boundary=${BOUNDARY}` } });
  assert.equal(answer.status, 302, answer.text);
  return answer.headers.location;
}
/** The page that says what a file would change. */
const upload = async (visitor, content, options) => visitor.ask(await send(visitor, content, options), { timeout: 60_000 });
const valueOf = (text, name) => new RegExp(`name="${name}" value="([^"]*)"`).exec(text)?.[1];
/** What the page's form sends; undefined: it has none. */
const formOf = (text) => (valueOf(text, 'upload') ? { upload: valueOf(text, 'upload'), seen: valueOf(text, 'seen') } : undefined);
/** Presses its button. */
const confirm = (visitor, fields, path = IMPORT) => visitor.post(path, fields, { timeout: 60_000 });
const saidBy = ({ status, text }) => {
  assert.equal(status, 200, text);
  return [...text.matchAll(/<p class="message (?:error|success|warning)"[^>]*>(.*?)<\/p>/gs)].map(([, words]) => words).join();
};

before(async () => {
  if (SKIPPED) return;
  server = await startServer({ env: { ...FAST, WEB_CONCURRENCY: '1', DATABASE_TIMEOUT: '1000' } });
  addUser(server.database, 'boss', { staff: 1, superuser: 1 });
  boss = await signedIn(server, 'boss');
});
after(() => server?.stop());

describe('an import', () => {
  test('shows what a file changes, does it once that is confirmed, and logs it', async () => {
    const id = addAddress({ city: 'Importville' });
    const same = addAddress({ city: 'Importville', number: '13' });
    const rows = `${HEADER}\r\n${id},12,'=Quay,Importville,FL,12345,USA\r\n${same},13,Quay Street,Importville,FL,12345,USA\r\n,14,<b>New</b>,Importville,FL,12345,USA\r\n`;
    const asked = await upload(boss, rows);
    assert.equal(asked.status, 200, asked.text);
    assert.match(asked.text, /1 to be added, 1 to be changed, 1 as they are/);
    assert.match(asked.text, /Street: <del>Quay Street<\/del> <ins>=Quay<\/ins>/);
    assert.match(asked.text, /<ins>&lt;b&gt;New&lt;\/b&gt;<\/ins>/);
    assert.equal(one("SELECT group_concat(street) FROM lettings_address WHERE city = 'Importville'"), 'Quay Street,Quay Street', 'nothing is done yet');
    const form = formOf(asked.text);
    const other = await staff('importer', 'add_address', 'change_address');
    assert.match(saidBy(await confirm(other, form)), /no longer there/, 'it is not hers');
    assert.equal(saidBy(await confirm(boss, form)), 'Imported: 1 added, 1 changed.');
    assert.equal(one("SELECT group_concat(street) FROM (SELECT street FROM lettings_address WHERE city = 'Importville' ORDER BY id) AS part"), '=Quay,Quay Street,<b>New</b>');
    assert.equal(one(`SELECT group_concat(action_flag || change_message) FROM django_admin_log WHERE object_id = '${id}'`), '2[{"changed": {"fields": ["Street"]}}]');
    assert.equal(one("SELECT action_flag || change_message || object_repr FROM django_admin_log ORDER BY id DESC LIMIT 1"), '1[{"added": {}}]14 <b>New</b>');
    assert.match(saidBy(await confirm(boss, form)), /no longer there/);
    const exported = (await boss.ask(`${CITIES}export/?q=importville`)).text;
    assert.match((await upload(boss, exported)).text, /0 to be added, 0 to be changed, 3 as they are/, 'what is exported is imported');
    const json = (await boss.ask(`${CITIES}export/?q=importville&_format=json`)).text.replace('13', '15');
    assert.match((await upload(boss, json)).text, /<del>13<\/del> <ins>15<\/ins>/);
  });

  test('finds the file on another instance, for an hour, and keeps it no longer', async (t) => {
    const other = await startServer({ t, env: { ...FAST, DATABASE_URL: urlOf(server.database) }, database: null });
    const there = new Visitor(other.url);
    assert.equal((await there.signIn('boss')).status, 302);
    const rows = (city) => `${HEADER}\r\n${Array.from({ length: 4000 }, (_, i) => `,${i % 100},${'Quay Street '.repeat(5)},${city},FL,12345,USA\r\n`).join('')}`;
    const kept = () => one('SELECT count(*) FROM uploads_part');
    const before = Number(kept());
    const asked = await upload(boss, rows('Elsewhere')); // of several parts
    assert.ok(Number(kept()) > before + 1, asked.text);
    assert.match(saidBy(await confirm(there, formOf(asked.text))), /4000 added/);
    assert.equal(one("SELECT count(*) FROM lettings_address WHERE city = 'Elsewhere'"), '4000');
    assert.equal(Number(kept()), before);
    const late = formOf((await upload(boss, `${HEADER}\r\n,1,Quay Street,Late,FL,12345,USA\r\n`)).text);
    sql(server.database, 'UPDATE uploads_part SET kept_at = kept_at - 3601;');
    assert.match(saidBy(await confirm(boss, late)), /no longer there/);
    assert.equal(one("SELECT count(*) FROM lettings_address WHERE city = 'Late'"), '0');
    sql(server.database, "DELETE FROM lettings_address WHERE city = 'Elsewhere';");
  });

  test('tells all that is wrong, and does nothing', async () => {
    const before = one('SELECT count(*) FROM lettings_address');
    for (const [content, words] of [
      [`${HEADER}\r\n,x,Street,City,FL,1,USA\r\n,1,Street,City,Florida,1,USA\r\n`, /<tr><th scope="row">2<\/th><td>number<.*<tr><th scope="row">3<\/th><td>state</s],
      ['nothing,known\r\n1,2\r\n', /nothing/], ['[{"model": "auth.user"', /role="alert"/], ['[]', /0 to be added/], ['\0\0\0', /role="alert"/],
    ]) {
      const { status, text } = await upload(boss, content);
      assert.equal(status, 200, content);
      assert.match(text, words, content);
      assert.equal(formOf(text), undefined, content);
    }
    assert.equal(await send(boss, ''), IMPORT);
    assert.equal((await boss.post(IMPORT, { upload: '' })).headers.location, IMPORT);
    for (const name of ['../../etc/passwd', 'x', 'a'.repeat(32), '<b>']) {
      for (const answer of [await boss.post(IMPORT, { upload: name, seen: name }), await boss.post(IMPORT, { upload: name }), await boss.ask(`${IMPORT}?upload=${encodeURIComponent(name)}`)]) {
        assert.match(saidBy(answer), /no longer there/, name);
        assert.doesNotMatch(answer.text, /<b>/);
      }
    }
    assert.equal(one('SELECT count(*) FROM lettings_address'), before);
  });

  test('gives nobody rights', async () => {
    const path = '/admin/auth/user/import/';
    const visitor = await staff('loader', 'add_user', 'change_user', 'view_user');
    const self = one("SELECT id FROM auth_user WHERE username = 'loader'");
    const superuser = one("SELECT id FROM auth_user WHERE username = 'boss'");
    const colleague = addUser(server.database, 'colleague', { staff: 1 });
    for (const [columns, row] of [['id,is_superuser', `${self},1`], ['id,is_staff', `${self},1`], ['id,password', `${superuser},x`], ['id,user_permissions', `${self},1`], ['id,username', `${superuser},taken`], ['id,email', `${colleague},mine@example.com`]]) {
      const { text } = await upload(visitor, `${columns}\r\n${row}\r\n`, { path });
      assert.equal(formOf(text), undefined, columns);
      assert.match(text, /role="alert"/, columns);
    }
    const { text } = await upload(visitor, 'username,first_name,last_name,email\r\nimported,A,B,a@example.com\r\n', { path });
    assert.match(saidBy(await confirm(visitor, formOf(text), path)), /1 added/, text);
    assert.match(one("SELECT password || CAST(is_superuser AS integer) || CAST(is_staff AS integer) FROM auth_user WHERE username = 'imported'"), /^!.*00$/);
  });

  test('shows how far it is while it runs, and how it ended at the end', async () => {
    const asked = await upload(boss, `${HEADER}\r\n${rowsOf(5000, (i) => `,${i},Quay Street,Progress,FL,12345,USA`)}`);
    assert.equal(asked.headers['transfer-encoding'], 'chunked');
    assert.equal(asked.headers['x-accel-buffering'], 'no');
    const done = await confirm(boss, formOf(asked.text));
    for (const [{ text }, end] of [[asked, /5000 to be added/], [done, /Imported: 5000 added/]]) {
      const shown = [...text.matchAll(/<progress value="(\d+)".*?> (\d+) rows read/g)].map(([, percent, rows]) => [Number(percent), Number(rows)]);
      assert.ok(shown.length > 3 && shown.length <= 100, `${shown.length} times`);
      assert.deepEqual(shown, [...shown].sort(([a], [b]) => a - b));
      assert.ok(shown.at(-1)[1] > 4000, String(shown));
      assert.ok(text.search(end) > text.lastIndexOf('<progress'), text);
      assert.match(text, /<\/html>\s*$/);
    }
    sql(server.database, "DELETE FROM lettings_address WHERE city = 'Progress';");
  });

  test('overwrites nothing that others have saved since it was shown', async () => {
    const [changed, same, deleted, done] = ['A', 'B', 'C', 'D'].map((street) => addAddress({ city: 'Meanwhile', street }));
    const streets = () => one("SELECT group_concat(street) FROM (SELECT street FROM lettings_address WHERE city = 'Meanwhile' ORDER BY id) AS part");
    const asked = await upload(boss, `${HEADER}\r\n${[changed, same, deleted, done].map((id) => `${id},12,Mine ${id},Meanwhile,FL,12345,USA\r\n`).join('')},12,New,Meanwhile,FL,12345,USA\r\n`);
    sql(server.database, `UPDATE lettings_address SET street = 'Theirs' WHERE id = ${changed}; DELETE FROM lettings_address WHERE id = ${deleted};
      UPDATE lettings_address SET street = 'Mine ${done}' WHERE id = ${done};`);
    const refused = await confirm(boss, formOf(asked.text));
    assert.match(saidBy(refused), /with 3 rows another would be done/);
    assert.equal(streets(), `Theirs,B,Mine ${done}`, 'nothing is written');
    assert.match(refused.text, new RegExp(`<del>Theirs</del> <ins>Mine ${changed}</ins>`));
    assert.match(refused.text, /<th scope="row">4<\/th><td>new<\/td>/);
    assert.match(refused.text, /<th scope="row">5<\/th><td><\/td><td dir="auto">It is as the file has it by now/);
    assert.doesNotMatch(refused.text, new RegExp(`Mine ${same}`), 'what is as it was seen is not shown again');
    assert.match(refused.text, /2 to be added, 2 to be changed, 1 as they are/);
    sql(server.database, `UPDATE lettings_address SET number = 99 WHERE id = ${same};`);
    const again = await confirm(boss, formOf(refused.text));
    assert.match(saidBy(again), /with 1 row another would be done/, 'as often as it happens');
    assert.match(saidBy(await confirm(boss, formOf(again.text))), /2 added, 2 changed/);
    assert.equal(streets(), `Mine ${changed},Mine ${same},Mine ${deleted},Mine ${done},New`);
    assert.match(saidBy(await confirm(boss, formOf(asked.text))), /no longer there/);
    const unseen = await upload(boss, `${HEADER}\r\n,12,Unseen,Meanwhile,FL,12345,USA\r\n`);
    const { text } = await boss.post(IMPORT, { upload: formOf(unseen.text).upload });
    assert.match(text, /1 to be added/, 'who has seen nothing is shown it first');
    assert.doesNotMatch(streets(), /Unseen/);
  });

  test('keeps a file that was refused, to be looked at again', async (t) => {
    const id = addAddress({ city: 'Refused' }) + 1000;
    const path = await send(boss, `title,address\r\nA home,${id}\r\n`, { path: LETTINGS });
    const refused = await boss.ask(path);
    assert.match(refused.text, /There is no such address/);
    assert.ok(refused.text.includes(`href="?upload=${path.split('=')[1]}"`), refused.text);
    addAddress({ id, city: 'Refused' });
    const asked = await boss.ask(path);
    assert.match(asked.text, /1 to be added/);
    sql(server.database, `DELETE FROM lettings_address WHERE id = ${id};`);
    assert.match(saidBy(await confirm(boss, formOf(asked.text), LETTINGS)), /Nothing was imported/);
    addAddress({ id, city: 'Refused' });
    const unlock = await lock(server.database, 'BEGIN IMMEDIATE', t);
    for (const answer of [await boss.ask(path), await confirm(boss, formOf(asked.text), LETTINGS)]) {
      assert.match(saidBy(answer), /Others are writing just now/);
      assert.match(answer.text, /<\/html>\s*$/);
    }
    await unlock();
    assert.match(saidBy(await confirm(boss, formOf(asked.text), LETTINGS)), /1 added/);
  });

  test('of very many leaves search as it was, and finds them', async () => {
    const triggers = () => one(POSTGRES ? 'SELECT group_concat(tgname) FROM (SELECT tgname FROM pg_trigger WHERE NOT tgisinternal ORDER BY tgname) AS part'
      : "SELECT group_concat(name || sql) FROM (SELECT * FROM sqlite_master WHERE type = 'trigger' ORDER BY name)");
    const made = triggers();
    const first = Number(one('SELECT max(id) FROM lettings_address')) + 1;
    sql(server.database, `WITH RECURSIVE n(i) AS (SELECT ${first} UNION ALL SELECT i + 1 FROM n WHERE i < ${first} + 1199)
      INSERT INTO lettings_address (id, number, street, city, state, zip_code, country_iso_code) SELECT i, 1, 'Long Road', 'Crowdedville', 'FL', 12345, 'USA' FROM n;`);
    followKeys(server.database);
    const asked = await upload(boss, `title,address\r\n${rowsOf(1200, (i) => `Quillwort ${i},${first + i}`)}`, { path: LETTINGS });
    assert.match(asked.text, /1200 to be added/);
    assert.equal(triggers(), made);
    assert.match(saidBy(await confirm(boss, formOf(asked.text), LETTINGS)), /1200 added/);
    assert.equal(triggers(), made);
    assert.match((await boss.ask('/lettings/?q=quillwort')).text, /Quillwort \d/);
    assert.equal(one(`SELECT count(*) FROM (${searched('quillwort')}) AS hits`), '1200');
    assert.equal(one("SELECT count(*) FROM django_admin_log WHERE object_repr LIKE 'Quillwort %' AND action_flag = 1 AND change_message = '[{\"added\": {}}]'"), '1200');
  });

  test('takes no more memory for many rows than for some', { skip: skipOnPostgres('who reads the file is measured') }, async (t) => {
    const [worker] = server.workers();
    const memory = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${worker}/status`, 'utf8'))[1]);
    const run = async (count) => {
      const asked = await upload(boss, `${HEADER}\r\n${rowsOf(count, (i) => `,${i % 9000},Quay Street ${i},Memory,FL,12345,USA`)}`);
      assert.match(saidBy(await confirm(boss, formOf(asked.text))), new RegExp(`${count} added`));
      return memory();
    };
    let few = 0;
    for (let i = 0; i < 6; i++) few = await run(1500); // each thread has begun by then
    const many = await run(30_000);
    t.diagnostic(`${few} kB, ${many} kB`);
    assert.ok(SANITIZED || many - few < 3000, `${many - few} kB more`);
    sql(server.database, "DELETE FROM lettings_address WHERE city = 'Memory';");
  });
});
