// A module is a folder and a line in modules/installed.c: without them the rest builds and runs, and no page links to what is gone.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { get, ROOT, runCommand, startServer, temporaryFolder } from '../http/harness.mjs';

const TREE = temporaryFolder();
const PROGRAM = join(TREE, 'build/oc-lettings');
const LIST = join(TREE, 'modules/installed.c');
const PAGES = { home: '/', lettings: '/lettings/', profiles: '/profiles/' };

for (const name of ['src', 'meson.build', 'meson_options.txt']) cpSync(join(ROOT, name), join(TREE, name), { recursive: true });
freshModules();
run('meson', 'setup', 'build', '-Dbuildtype=debug', '-Dwerror=true');

function freshModules() {
  rmSync(join(TREE, 'modules'), { recursive: true, force: true });
  cpSync(join(ROOT, 'modules'), join(TREE, 'modules'), { recursive: true });
}

function run(command, ...args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd: TREE, encoding: 'utf8', timeout: 120_000 });
  if (error) throw error;
  assert.equal(status, 0, stdout + stderr);
}

const build = () => run('ninja', '-C', 'build', '-j', '2');

function edit(path, change) {
  const old = readFileSync(path, 'utf8');
  const text = change(old);
  assert.notEqual(text, old, path);
  writeFileSync(path, text);
}

function remove(name) {
  rmSync(join(TREE, 'modules', name), { recursive: true });
  edit(LIST, (text) => text.replace(new RegExp(`^ *M\\(${name}\\).*\n`, 'm'), ''));
}

/** Runs a subcommand of the tree's program in a folder, and returns what it prints. */
function print(dir, ...args) {
  const { status, stdout, stderr } = runCommand(args, { dir, program: PROGRAM, env: { DEBUG: '1' } });
  assert.equal(status, 0, stderr);
  return stdout;
}

/** Serves the tree's program with its demo data. */
function serve(t) {
  const dir = temporaryFolder();
  print(dir, 'demo');
  assert.match(print(dir, 'check'), /^No faults: /);
  return startServer({ program: PROGRAM, dir, database: null, t });
}

const linksOf = (text) => [...text.matchAll(/<(?:a|link) [^>]*href="([^"]*)"/g)].map(([, href]) => href)
  .filter((href) => href.startsWith('/'));

for (const name of Object.keys(PAGES)) {
  test(`the site without ${name}`, async (t) => {
    freshModules();
    remove(name);
    build();
    const server = await serve(t);
    assert.doesNotMatch(print(server.dir, 'routes'), new RegExp(`^\\S+ +${PAGES[name]} `, 'm'));
    for (const [other, path] of [...Object.entries(PAGES), ['', '/no-such-page/']]) {
      const { status, text } = await get(server.url + path);
      assert.equal(status, other && other !== name ? 200 : 404, path);
      for (const href of linksOf(text)) assert.equal((await get(server.url + href)).status, 200, `${path} links to ${href}`);
    }
  });
}

test('the site with no module at all', async (t) => {
  freshModules();
  for (const name of ['profiles', 'lettings', 'admin', 'sessions', 'auth', 'contenttypes', 'home']) remove(name);
  build();
  const server = await serve(t);
  const { status, text } = await get(`${server.url}/`);
  assert.equal(status, 404);
  assert.doesNotMatch(text, /<a class="(brand|button)" href/);
});

test('a module that another needs is missed by the build', () => {
  freshModules();
  remove('auth');
  assert.throws(build, /modules\/(profiles|admin)\/.*auth\/auth\.h/);
});

test('a module that stands before one it needs is refused', () => {
  freshModules();
  edit(LIST, (text) => text.replace(/M\((auth|profiles)\)/g, (_, name) => `M(${name === 'auth' ? 'profiles' : 'auth'})`));
  build();
  const { status, stderr } = runCommand(['check'], { program: PROGRAM });
  assert.equal(status, 1);
  assert.match(stderr, /module profiles: it needs the module auth, installed before it/);
});

test('a module may have two nav rows', async (t) => {
  freshModules();
  edit(join(TREE, 'modules/lettings/module.c'), (text) => text.replace('NAV({"Lettings", "lettings:index"})',
    'NAV({"Lettings", "lettings:index"}, {"Elsewhere", "profiles:index"})'));
  build();
  const server = await serve(t);
  for (const path of Object.values(PAGES)) {
    const { text } = await get(server.url + path);
    assert.match(text, />Elsewhere<\/a>/);
    const ids = [...text.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
    assert.deepEqual(ids, [...new Set(ids)], path);
  }
});
