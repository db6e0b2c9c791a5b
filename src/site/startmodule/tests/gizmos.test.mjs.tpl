// Gizmos, over HTTP, with the rows of fixtures/demo.json.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { addUser, FAST, signedIn } from '../../../tests/http/accounts.mjs';
import { get, startServer } from '../../../tests/http/harness.mjs';

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

test('the admin lists the rows', async () => {
  addUser(server.database, 'boss', { staff: 1, superuser: 1 });
  const { status, text } = await (await signedIn(server, 'boss')).ask('/admin/gizmos/gizmo/');
  assert.equal(status, 200);
  for (const [id, title] of ROWS) assert.ok(text.includes(`href="/admin/gizmos/gizmo/${id}/change/">${title}</a>`), text);
});
