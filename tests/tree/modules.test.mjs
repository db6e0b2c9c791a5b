// A module is a folder and a line in modules/installed.c: without them the rest builds, passes its tests and runs, and no page
// links to what is gone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { get, runCommand, skipWithoutModule } from '../http/harness.mjs';
import { PAGES, serveWithout, Tree } from './tree.mjs';

const LIST = 'modules/installed.c';
const tree = new Tree();

for (const name of ['home', 'lettings', 'profiles']) {
  test(`the site without ${name}`, { skip: skipWithoutModule(name) }, (t) => serveWithout(t, tree, [name]));
}

test('the site with no module at all', async (t) => {
  tree.freshModules();
  for (const name of tree.modules()) tree.remove(name);
  tree.build('oc-lettings');
  const server = await tree.serve(t);
  const { status, text } = await get(`${server.url}/`);
  assert.equal(status, 404);
  assert.doesNotMatch(text, /<a class="(brand|button)" href/);
});

test('a module that another needs is missed by the build', () => {
  tree.freshModules();
  tree.remove('auth');
  assert.throws(() => tree.build('oc-lettings'), /modules\/(profiles|admin)\/.*auth\/auth\.h/);
});

test('a module that stands before one it needs is refused', { skip: skipWithoutModule('profiles') }, () => {
  tree.freshModules();
  tree.edit(LIST, (text) => text.replace(/M\((auth|profiles)\)/g, (_, name) => `M(${name === 'auth' ? 'profiles' : 'auth'})`));
  tree.build('oc-lettings');
  const { status, stderr } = runCommand(['check'], { program: tree.program });
  assert.equal(status, 1);
  assert.match(stderr, /module profiles: it needs the module auth, installed before it/);
});

test('a module may have two nav rows', { skip: skipWithoutModule('lettings', 'profiles') }, async (t) => {
  tree.freshModules();
  tree.edit('modules/lettings/module.c', (text) => text.replace('NAV({N_("Lettings"), "lettings:index"})',
    'NAV({N_("Lettings"), "lettings:index"}, {"Elsewhere", "profiles:index"})'));
  tree.build('oc-lettings');
  const server = await tree.serve(t);
  for (const path of PAGES) {
    const { text } = await get(server.url + path);
    assert.match(text, />Elsewhere<\/a>/);
    const ids = [...text.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
    assert.deepEqual(ids, [...new Set(ids)], path);
  }
});
