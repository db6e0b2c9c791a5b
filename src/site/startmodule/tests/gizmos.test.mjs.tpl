// Gizmos, over HTTP, with the rows of fixtures/demo.json.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { addUser, FAST, signedIn } from '../../../tests/http/accounts.mjs';
import { get, skipWithoutModule, startServer } from '../../../tests/http/harness.mjs';

const ROWS = [[1, 'Gizmo one'], [2, 'Gizmo two &amp; last']];

let server;
before(async () => { server = await startServer({ env: FAST }); });
after(() => server?.stop());

test('the list leads to each row', async () => {
  const { status, text } = await get(`${server.url}/gizmos/`);
  assert.equal(status, 200);
  for (const [id, title] of ROWS) assert.ok(text.includes(`href="/gizmos/${id}/">${title}</a>`), text);
});

for (const [id, title] of ROWS) {
  test(`/gizmos/${id}/ shows its title`, async () => {
    const { status, text } = await get(`${server.url}/gizmos/${id}/`);
    assert.equal(status, 200);
    assert.ok(text.includes(`<h1>${title}</h1>`), text);
  });
}

for (const path of ['/gizmos/0/', '/gizmos/3/', '/gizmos/one/', '/gizmos/?after=one']) {
  test(`${path} is not there`, async () => {
    assert.equal((await get(server.url + path)).status, 404);
  });
}

test('the admin adds, changes and deletes rows', { skip: skipWithoutModule('admin') }, async () => {
  const list = '/admin/gizmos/gizmo/';
  const [{ fields }] = JSON.parse(readFileSync(new URL('../fixtures/demo.json', import.meta.url)));
  addUser(server.database, 'boss', { staff: 1, superuser: 1 });
  const boss = await signedIn(server, 'boss');
  const { text } = await boss.ask(list);
  for (const [id] of ROWS) assert.ok(text.includes(`href="${list}${id}/change/"`), text);
  assert.equal((await boss.post(`${list}add/`, { ...fields, title: 'Gizmo three' })).status, 302);
  assert.equal((await boss.post(`${list}3/change/`, { ...fields, title: 'Changed' })).status, 302);
  assert.ok((await get(`${server.url}/gizmos/3/`)).text.includes('<h1>Changed</h1>'));
  assert.equal((await boss.post(`${list}3/delete/`, { post: 'yes' })).status, 302);
  assert.equal((await get(`${server.url}/gizmos/3/`)).status, 404);
});
