// A copy of the source tree for a test to change, build, test and serve.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { environment, get, ROOT, runCommand, startServer, temporaryFolder } from '../http/harness.mjs';

const COPIED = ['src', 'modules', 'locale', 'meson.build', 'meson_options.txt',
  ...['meson.build', 'run.mjs', 'reporter.mjs', 'postgres.mjs', 'django/settings.py', 'unit', 'server', 'commands', 'http', 'security'].map((name) => `tests/${name}`)];
// Units that know the installed modules; the others are what they are in the checkout.
const LEFT_OUT = /\/tests\/unit\/(?!site\/)\w+\/test_\w+\.c$/;
const SHARED = join(ROOT, '../shared');
const LIST = 'modules/installed.c';

// Trees lie in folders of ever other names, which what is compiled does not depend on; and one engine is enough for them.
const CHEAP = { CCACHE_NOHASHDIR: '1', ONE_ENGINE: '1' };

/** What went wrong of a build or of tests, without what went well. */
const explain = (text) => text.split('\n').filter((line) => !/^(ok  |  skipped|\[\d+\/\d+\] )/.test(line)).join('\n');

export class Tree {
  dir = join(temporaryFolder(), 'tree');
  program = this.path('build/test/oc-lettings');

  /** Its tests are those of modules that are added; `whole`: all that the installed modules have a part in; `all`: all. */
  constructor({ all = false, whole = all } = {}) {
    this.whole = whole;
    this.all = all;
    if (whole && existsSync(SHARED)) symlinkSync(SHARED, join(this.dir, '../shared'));
    for (const name of COPIED) this.copy(name);
    this.run('meson', 'setup', 'build/test', '-Dbuildtype=plain', '-Dc_args=-g1', '-Dwerror=true', `-Dtests=${whole}`);
  }

  path(name) { return join(this.dir, name); }

  read(name) { return readFileSync(this.path(name), 'utf8'); }

  write(name, text) {
    mkdirSync(dirname(this.path(name)), { recursive: true });
    writeFileSync(this.path(name), text);
  }

  /** Changes a file; one that the change leaves as it is is a fault of the test. */
  edit(name, change) {
    const old = this.read(name);
    const text = change(old);
    assert.notEqual(text, old, name);
    this.write(name, text);
  }

  copy(name) {
    cpSync(join(ROOT, name), this.path(name), { recursive: true,
      filter: (from) => (this.all || !LEFT_OUT.test(from)) && (this.whole || !from.endsWith('.test.mjs')) });
  }

  forget(name) { rmSync(this.path(name), { recursive: true }); }

  /** The modules as they are in the checkout. */
  freshModules() {
    rmSync(this.path('modules'), { recursive: true, force: true });
    this.copy('modules');
  }

  /** Of the tests over HTTP and of commands, only those whose text has the words are left, and what every site is asked:
      the others cannot meet what is gone, and have passed in the checkout. */
  keepTests(words) {
    for (const name of readdirSync(this.dir, { recursive: true }).filter((path) => path.endsWith('.test.mjs'))) {
      if (!words.test(this.read(name)) && !/home|smoke/.test(name)) this.forget(name);
    }
  }

  /** The names in the list, in order. */
  modules() { return [...this.read(LIST).matchAll(/^ *M\((\w+)\)/gm)].map(([, name]) => name); }

  /** Takes a module's folder and line out. */
  remove(name) {
    this.forget(`modules/${name}`);
    this.edit(LIST, (text) => text.replace(new RegExp(`^ *M\\(${name}\\).*\n`, 'm'), ''));
  }

  run(command, ...args) {
    const { status, stdout, stderr, error } = spawnSync(command, args,
      { cwd: this.dir, env: environment(this.dir, CHEAP), encoding: 'utf8', timeout: 500_000 });
    if (error) throw error;
    assert.equal(status, 0, explain(stdout + stderr));
    return stdout;
  }

  build(...targets) { this.run('ninja', '-C', 'build/test', '-j', '2', ...targets); }

  /** Runs the tests; returns what is printed of them. */
  test() {
    const text = this.run(process.execPath, 'tests/run.mjs');
    assert.match(text, /^[1-9]\d* passed, 0 failed(, \d+ skipped)?$/m);
    return text;
  }

  /** Runs a subcommand of the tree's program, and returns what it prints. */
  print(dir, ...args) {
    const { status, stdout, stderr } = runCommand(args,
      { dir, program: this.program, env: { DEBUG: '1', SOURCE_DIR: this.dir } });
    assert.equal(status, 0, stderr);
    return stdout;
  }

  /** Serves the tree's program with its demo data. */
  serve(t) {
    const dir = temporaryFolder();
    this.print(dir, 'demo');
    assert.match(this.print(dir, 'check'), /^No faults: /);
    return startServer({ program: this.program, dir, database: null, t });
  }
}

export const PAGES = ['/', '/lettings/', '/profiles/'];
const pageOf = (name) => (name === 'home' ? '/' : `/${name}/`);
const linksOf = (text) => [...text.matchAll(/<(?:a|link) [^>]*href="([^"]*)"/g)].map(([, href]) => href)
  .filter((href) => href.startsWith('/'));

/** Takes modules out, builds, tests a whole tree, serves: what is gone is not linked to. */
export async function serveWithout(t, tree, gone, { words } = {}) {
  tree.freshModules();
  for (const name of gone) tree.remove(name);
  if (words) tree.keepTests(words);
  tree.build(...(tree.whole ? [] : ['oc-lettings']));
  if (tree.whole) tree.test();
  const server = await tree.serve(t);
  const routes = tree.print(server.dir, 'routes');
  const missing = gone.map(pageOf);
  for (const path of missing) assert.doesNotMatch(routes, new RegExp(`^\\S+ +${path} `, 'm'));
  for (const path of [...PAGES, '/no-such-page/']) {
    const { status, text } = await get(server.url + path);
    const isThere = new RegExp(`^GET, HEAD +${path} `, 'm').test(routes);
    assert.equal(status, isThere ? 200 : 404, path);
    for (const href of linksOf(text)) {
      const wanted = href.startsWith('/language/') ? 302 : 200;
      assert.equal((await get(server.url + href)).status, wanted, `${path} links to ${href}`);
    }
  }
}
