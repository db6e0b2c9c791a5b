// What docs/write-a-module.md shows is tried: its files are put into a tree, which is built, tested and served.
// So are then the tags and filters of docs/templates.md, which the same module gets.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { get, makeDatabase, ROOT, runCommand, startServer, temporaryFolder } from '../http/harness.mjs';
import { checkCommand } from '../http/support.mjs';
import { Tree } from './tree.mjs';

const SCREEN = 48; // lines

/** The sections: { heading: { lines, blocks } }. A block's file stands in the line above it; one that begins with "In"
    shows a part of the file as it is. */
function sectionsOf(text) {
  return Object.fromEntries(text.split(/^## /m).slice(1).map((section) => [section.split('\n')[0], {
    lines: section.trimEnd().split('\n').length,
    blocks: [...section.matchAll(/^(.*)\n```\w+\n([^]*?)^```$/gm)].map(([, caption, code]) => ({
      path: /^(?:In )?`([^`]+)`$/.exec(caption)?.[1], isPart: caption.startsWith('In '), code,
    })),
  }]));
}

const DOC = readFileSync(join(ROOT, 'docs/write-a-module.md'), 'utf8');
const sections = sectionsOf(DOC);
const tags = sectionsOf(readFileSync(join(ROOT, 'docs/templates.md'), 'utf8'))["A module's own tags and filters"];
const pathsOf = (section) => section.blocks.map(({ path }) => path);

test('blocks are found with their file', () => {
  const block = '```c\nint x;\n```\n';
  assert.deepEqual(sectionsOf(`# T\n## A\n\n\`a.c\`\n${block}\n## B\nIn \`b.c\`\n${block}Prose, of \`c.c\`:\n${block}`), {
    A: { lines: 6, blocks: [{ path: 'a.c', isPart: false, code: 'int x;\n' }] },
    B: { lines: 9, blocks: [{ path: 'b.c', isPart: true, code: 'int x;\n' }, { path: undefined, isPart: false, code: 'int x;\n' }] },
  });
});

test('a page is added on one screen, a module on two, and each block says of which file it is', () => {
  assert.deepEqual(Object.keys(sections), ['Add a page', 'Add a module']);
  assert.ok(sections['Add a page'].lines <= SCREEN, sections['Add a page'].lines);
  assert.ok(sections['Add a module'].lines <= 2 * SCREEN, sections['Add a module'].lines);
  assert.equal(DOC.match(/^```\w+$/gm).length, Object.values(sections).flatMap(({ blocks }) => blocks).length);
  for (const section of Object.values(sections)) assert.ok(pathsOf(section).every(Boolean), pathsOf(section).join(' '));
  assert.deepEqual(pathsOf(sections['Add a page']), ['modules/home/module.c', 'modules/home/templates/home/about.html']);
});

test('links lead somewhere', () => {
  const links = [...DOC.matchAll(/\]\(([^)]+)\)/g)].map(([, link]) => link).filter((link) => !link.startsWith('https://'));
  assert.ok(links.length);
  for (const link of links) readFileSync(join(ROOT, 'docs', link));
});

test('each of the 25 behaviours of Django has its row: what it is, ours, and its test', () => {
  const table = readFileSync(join(ROOT, 'docs/admin.md'), 'utf8').split("\n## Django's behaviours, and ours\n")[1].split('\n## ')[0];
  const rows = [...table.matchAll(/^\| (.*) \|$/gm)].slice(2).map(([, row]) => row.split(' | '));
  assert.deepEqual(rows.map(([number]) => number), Array.from({ length: 25 }, (_, i) => String(i + 1)));
  for (const row of rows) assert.ok(row.length === 4 && row.every((cell) => cell.trim()), row.join(' | '));
});

describe('the tree with what it shows', () => {
  let tree;
  before(() => {
    tree = new Tree();
    checkCommand(['startmodule', 'boats'], { dir: tree.dir });
    for (const { path, isPart, code } of Object.values(sections).flatMap(({ blocks }) => blocks)) {
      if (isPart) assert.ok(tree.read(path).includes(code), `${path} has not the part that is shown`);
      else tree.write(path, code);
    }
    tree.build('oc-lettings');
  });

  test("home's own page is still in what is shown of it", () => {
    const [view] = /^static enum status home_index[^]*?^}$/m.exec(readFileSync(join(ROOT, 'modules/home/module.c'), 'utf8'));
    assert.ok(tree.read('modules/home/module.c').includes(view));
  });

  test("passes the module's tests", () => assert.match(tree.test(), /^ok +modules\/boats\/tests\/boats +8 passed/m));

  test('is formatted', { skip: spawnSync('clang-format', ['--version']).status !== 0 && 'no clang-format' }, () => {
    cpSync(join(ROOT, '.clang-format'), tree.path('.clang-format'));
    for (const { path } of Object.values(sections).flatMap(({ blocks }) => blocks)) {
      if (/\.[ch]$/.test(path)) tree.run('clang-format', '--dry-run', '-Werror', path);
    }
  });

  test('brings a database that is there up to date, and serves the pages', async (t) => {
    const dir = temporaryFolder();
    makeDatabase(dir);
    assert.match(tree.print(dir, 'migrate'), /^Applied 1 migration\.$/m);
    tree.print(dir, 'loaddata', tree.path('modules/boats/fixtures/demo.json'));
    const server = await startServer({ program: tree.program, dir, database: null, t });
    const PAGES = [['/about/', '<h1>About us</h1>'], ['/', '<a href="/about/"'], ['/boats/', 'href="/boats/2/"'],
      ['/boats/1/', '<p>4 berths</p>'], ['/boats/2/', '<p>1 berth</p>'], ['/boats/1/', '<a class="button" href="/boats/">']];
    for (const [path, part] of PAGES) {
      const { status, text } = await get(server.url + path);
      assert.equal(status, 200, path);
      assert.ok(text.includes(part), `${part} in ${text}`);
    }
    assert.equal((await get(`${server.url}/boats/3/`)).status, 404);
    assert.match(tree.print(server.dir, 'routes'), /^GET, HEAD +\/about\/ +public +about$/m);
  });

  describe('and the tags and filters', () => {
    before(() => {
      for (const { path, isPart, code } of tags.blocks) {
        assert.ok(path && !isPart, code);
        tree.write(path, code);
      }
      tree.edit('modules/boats/meson.build', (text) => text.replace("'module.c'", "'module.c', 'tags.c'"));
      tree.edit('modules/boats/module.c', (text) => text
        .replace('#include "boats/models.h"\n', '$&#include "boats/tags.h"\n')
        .replace('.models = MODELS(&boat_model),\n', '$&    .libraries = LIBRARIES(&boats_library),\n'));
      tree.build('oc-lettings');
    });

    test("pass the module's tests", () => assert.match(tree.test(), /^ok +modules\/boats\/tests\/boats +8 passed/m));

    test('are formatted', { skip: spawnSync('clang-format', ['--version']).status !== 0 && 'no clang-format' }, () => {
      for (const { path } of tags.blocks) if (/\.[ch]$/.test(path)) tree.run('clang-format', '--dry-run', '-Werror', path);
    });

    test('are served', async (t) => {
      const dir = temporaryFolder();
      makeDatabase(dir);
      tree.print(dir, 'migrate');
      tree.print(dir, 'loaddata', tree.path('modules/boats/fixtures/demo.json'));
      const server = await startServer({ program: tree.program, dir, database: null, t });
      const { status, text } = await get(`${server.url}/boats/1/`);
      assert.equal(status, 200);
      for (const part of ['<p>★★★★☆, 4 berths, 39 ft</p>', '<aside><h2>Boats &amp; berths</h2><p>★☆</p><ul>',
        '<ul><li>Boat two &amp; last</li><li>Boat one</li></ul>\n</aside>']) assert.ok(text.includes(part), `${part} in ${text}`);
    });

    test('stop the start when they clash or lack something', () => {
      const REFUSED = [
        ['modules/boats/tags.c', ['{"note", .call', '{"stars", .call'], /module boats: the library "boats": two tags have the name "stars"/],
        ['modules/boats/tags.c', ['"boats/newest.html"', '"boats/oldest.html"'], /"newest_boats" has no template templates\/boats\/oldest\.html/],
        ['modules/boats/tags.c', ['.name = "boats"', '.name = "i18n"'], /module boats: the library "i18n" has the name of one of Django's/],
        ['modules/boats/templates/boats/detail.html', ['{% stars boat.berths %}', '{% stars %}'],
          /modules\/boats\/templates\/boats\/detail\.html:6: the argument "count" is missing in "\{% stars %\}"/],
      ];
      for (const [path, change, message] of REFUSED) {
        const good = tree.read(path);
        tree.edit(path, (text) => text.replace(...change));
        tree.build('oc-lettings');
        const { status, stdout, stderr } = runCommand(['routes'], { program: tree.program });
        assert.notEqual(status, 0);
        assert.match(stdout + stderr, message);
        tree.write(path, good);
      }
    });
  });
});
