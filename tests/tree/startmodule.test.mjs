// oc-lettings startmodule: what it writes, and that it builds and passes; what it refuses, and that nothing is left of that.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { environment, get, PROGRAM, ROOT, temporaryFolder } from '../http/harness.mjs';
import { checkCommand } from '../http/support.mjs';
import { Tree } from './tree.mjs';

const LIST = 'modules/installed.c';
const FILES = ['fixtures/demo.json', 'meson.build', 'migrations/0001_initial.sql', 'models.c', 'models.h', 'module.c',
  'templates/NAME/detail.html', 'templates/NAME/index.html', 'tests/NAME.test.mjs'];
const filesOf = (name) => FILES.map((file) => `modules/${name}/${file.replace('NAME', name)}`);

/** A checkout as far as startmodule looks at it. */
function checkout(list = readFileSync(join(ROOT, LIST), 'utf8')) {
  const dir = temporaryFolder();
  for (const name of ['modules', 'src/base', 'src/site']) cpSync(join(ROOT, name), join(dir, name), { recursive: true });
  writeFileSync(join(dir, LIST), list);
  return dir;
}

/** Every file below a folder: { path: text }. */
function snapshot(dir) {
  const paths = readdirSync(dir, { recursive: true }).filter((path) => statSync(join(dir, path)).isFile());
  return Object.fromEntries(paths.sort().map((path) => [path, readFileSync(join(dir, path), 'utf8')]));
}

const startmodule = (dir, args, options = {}) => checkCommand(['startmodule', ...args], { dir, ...options });

// What refuses leaves a checkout as it is, so that one serves them all.
const fresh = checkout();
const FRESH = snapshot(fresh);

function refused(args, { dir = fresh, status = 1, err, ...options }) {
  const before = dir === fresh ? FRESH : snapshot(dir);
  startmodule(dir, args, { status, out: null, err, ...options });
  assert.deepEqual(snapshot(dir), before);
  assert.deepEqual(readdirSync(join(dir, 'modules')).filter((name) => name.startsWith('.')), []);
}

// [arguments, name, row, label of the module]
const NAMES = [
  [['boats'], 'boat', 'Boats'],
  [['boat_trips'], 'boat_trip', 'Boat trips'],
  [['companies'], 'company', 'Companies'],
  [['classes'], 'class', 'Classes'],
  [['boxes'], 'box', 'Boxes'],
  [['wishes'], 'wish', 'Wishes'],
  [['houses'], 'house', 'Houses'],
  [['stock'], 'stock', 'Stock'],
  [['x'], 'x', 'X'],
  [['s'], 's', 'S'],
  [['wifi2'], 'wifi2', 'Wifi2'],
  [['movies', 'movie'], 'movie', 'Movies'],
  [['news', 'article'], 'article', 'News'],
  [['users', 'site_user'], 'site_user', 'Users'],
  [['n'.repeat(30), 'r'.repeat(30)], 'r'.repeat(30), `N${'n'.repeat(29)}`],
];

for (const [args, row, label] of NAMES) {
  const [name] = args;
  test(`startmodule ${args.join(' ')}`, () => {
    const dir = checkout();
    const before = FRESH;
    const { stdout } = startmodule(dir, args, { err: null, env: { SECRET_KEY: undefined, ALLOWED_HOSTS: undefined } });
    const now = snapshot(dir);
    assert.deepEqual(Object.keys(now).filter((path) => !(path in before)), filesOf(name));
    for (const path of [...filesOf(name), `http://localhost:8000/${name}/`]) assert.ok(stdout.includes(path), stdout);
    for (const [path, text] of Object.entries(before)) if (path !== LIST) assert.equal(now[path], text);
    for (const path of filesOf(name)) assert.doesNotMatch(path + now[path], /gizmo/i, path);
    const file = (path) => now[`modules/${name}/${path}`];
    assert.ok(file('models.h').includes(`MODEL_ROW(${row}, ${row.toUpperCase()}_FIELDS);`));
    assert.ok(file('module.c').includes(`NAV({N_("${label}"), "${name}:index"})`));
    assert.ok(file('migrations/0001_initial.sql').includes(`CREATE TABLE "${name}_${row}"`));
    assert.ok(JSON.parse(file('fixtures/demo.json')).every(({ model }) => model === `${name}.${row}`));
    refused(args, { dir, err: new RegExp(`modules/installed\\.c has a module ${name} already`) });
  });
}

// [what it is, the list before, the list with boats; │ stands for as many spaces as there is room for]
const lined = (text) => text.replace(/^(.*)│$/gm, (_, line) => `${line.padEnd(99)}\\`);
const LISTS = [
  ['a list', '#define INSTALLED(M)│\n    M(home)\n\nrest\n', '#define INSTALLED(M)│\n    M(home)│\n    M(boats)\n\nrest\n'],
  ['a list whose last row was taken out', '#define INSTALLED(M)│\n    M(home)│\n\nrest', '#define INSTALLED(M)│\n    M(home)│\n    M(boats)\n\nrest'],
  ['a list with a remark', '#define INSTALLED(M)│\n    M(home) /* M(boats) */\n', '#define INSTALLED(M)│\n    M(home) /* M(boats) */│\n    M(boats)\n'],
  ['an empty list', 'x\n#define INSTALLED(M)\ny\n', 'x\n#define INSTALLED(M)│\n    M(boats)\ny\n'],
  ['a list with a module boats2', '#define INSTALLED(M)│\n    M(boats2)\n', '#define INSTALLED(M)│\n    M(boats2)│\n    M(boats)\n'],
];
for (const [what, before, after] of LISTS) {
  test(`${what} gets its line, and stays as it is`, () => {
    const dir = checkout(lined(before));
    startmodule(dir, ['boats'], { err: null });
    assert.equal(readFileSync(join(dir, LIST), 'utf8'), lined(after));
  });
}

test('the checkout may be elsewhere, and settings wrong that do not matter', () => {
  const dir = checkout();
  const elsewhere = temporaryFolder();
  startmodule(elsewhere, ['boats'], { err: null, env: { SOURCE_DIR: dir, PORT: 'bad', DATABASE_URL: 'bad' } });
  assert.ok(existsSync(join(dir, 'modules/boats/module.c')));
  assert.deepEqual(readdirSync(elsewhere), []);
});

const NO_NAME = /is no name for a module: take a letter of a-z, then a-z, 0-9 and _, 30 characters at most/;
const REFUSED = [
  ...['', 'Boats', '2boats', '_boats', 'boats-and-homes', 'boats/', '../boats', 'my boats', 'boots.', 'böte', 'n'.repeat(31)]
    .map((name) => [[name], NO_NAME]),
  [['boats', 'Boat'], /"Boat" is no name for a row/],
  [['boats', ''], /"" is no name for a row/],
  [['boats', 'r'.repeat(31)], /is no name for a row/],
  [['int'], /cannot be called int/], [['linux'], /cannot be called linux/], [['struct'], /cannot be called struct/],
  [['ints'], /a row cannot be called int/], [['boats', 'for'], /a row cannot be called for/],
  [['boats', 'nav'], /a row cannot be called nav/],
  [['sessions'], /installed\.c has a module sessions already/], [['home'], /installed\.c has a module home already/],
  [['site'], /src\/site is the core's/], [['base'], /src\/base is the core's/],
  [['users'], /modules\/auth\/models\.h has a user already: name the row, as in startmodule users user_row/],
  [['boats', 'session'], /modules\/sessions\/models\.h has a session already/],
  [['texts'], /src\/base\/text\.h has a text already/], [['status'], /src\/base\/status\.h has a status already/],
];
for (const [args, err] of REFUSED) {
  test(`"${args.join(' ')}" is refused`, () => refused(args, { err }));
}

const USAGE = [[], ['--help-me'], ['-x'], ['boats', 'boat', 'more']];
for (const args of USAGE) {
  test(`"${args.join(' ')}" is no way to call it`, () => refused(args, { status: 2, err: /takes NAME \[ROW\]: see --help/ }));
}

test('a module that is in the program but not in the list is refused', () => {
  refused(['sessions'], { dir: checkout('#define INSTALLED(M)\n'), err: /modules\/sessions is there already|the module sessions answers/ });
});

test('a folder or a file that is there is refused', () => {
  const dir = checkout();
  mkdirSync(join(dir, 'modules/boats'));
  refused(['boats'], { dir, err: /modules\/boats is there already: remove it, or take another name/ });
  writeFileSync(join(dir, 'modules/ships'), '');
  refused(['ships'], { dir, err: /modules\/ships is there already/ });
});

test('what is no checkout is refused', () => {
  const dir = temporaryFolder();
  startmodule(dir, ['boats'], { status: 1, out: null, err: /cannot read .\/modules\/installed\.c: run this in the checkout, or set SOURCE_DIR/ });
  assert.deepEqual(readdirSync(dir), []);
  refused(['boats'], { dir: checkout('int x;\n'), err: /modules\/installed\.c has no "#define INSTALLED\(M\)"/ });
});

test('nothing is left of what could not be written', () => {
  const dir = checkout();
  const before = snapshot(dir);
  // Files may have no more than 1 KiB, so module.c breaks off.
  const { status, stderr } = spawnSync('bash', ['-c', 'trap "" XFSZ; ulimit -f 1; exec "$0" startmodule boats', PROGRAM],
    { cwd: dir, env: environment(dir), encoding: 'utf8', timeout: 30_000 });
  assert.equal(status, 1, stderr);
  assert.match(stderr, /cannot write .*module\.c/);
  assert.deepEqual(snapshot(dir), before);
  assert.deepEqual(readdirSync(join(dir, 'modules')), readdirSync(join(ROOT, 'modules')));
});

test('what it writes builds, is formatted, passes its tests and serves', async (t) => {
  const tree = new Tree();
  const long = ['n'.repeat(30), 'r'.repeat(30)];
  const modules = [['boats'], ['boat_reservations', 'boat_reservation'], ['pages'], long];
  for (const args of modules) startmodule(tree.dir, args, { err: null });
  tree.build();
  const results = tree.test();
  for (const [name] of modules) assert.match(results, new RegExp(`^ok +modules/${name}/tests/${name} +8 passed`, 'm'));
  if (spawnSync('clang-format', ['--version']).status === 0) {
    cpSync(join(ROOT, '.clang-format'), tree.path('.clang-format'));
    for (const [name] of modules.filter((args) => args !== long)) {
      tree.run('clang-format', '--dry-run', '-Werror', LIST, ...['module.c', 'models.c', 'models.h'].map((file) => `modules/${name}/${file}`));
    }
  }
  const server = await tree.serve(t);
  for (const path of ['/boats/', '/boats/1/', `/${long[0]}/`]) assert.equal((await get(server.url + path)).status, 200);
  assert.match((await get(`${server.url}/`)).text, /<a class="door" id="boats" href="\/boats\/">Boats<\/a>/);
});
