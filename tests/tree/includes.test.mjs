// The floors of the house: an include never runs upward, and a module reaches another one only by its
// public header and only when its module.c names it under .needs.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

const FLOORS = {
  base: [],
  crypto: ['base'],
  db: ['base'],
  http: ['base'],
  net: ['base'],
  template: ['base'],
  monitor: ['base', 'net'],
  model: ['base', 'crypto', 'db', 'template'],
  site: ['base', 'crypto', 'db', 'http', 'net', 'template', 'monitor', 'model'],
};

/** files: { 'src/base/arena.c': text, ... }; returns one 'path:line: words' for each fault. */
function faults(files) {
  const modules = new Set(Object.keys(files).map((path) => /^modules\/([^/]+)\//.exec(path)?.[1]).filter(Boolean));
  const exists = (path) => path in files || `${path}.in` in files;
  const found = [];
  for (const [path, text] of Object.entries(files)) {
    text.split('\n').forEach((line, index) => {
      const include = /^\s*#\s*include\s*(["<])([^">]+)[">]/.exec(line);
      if (!include) return;
      const [, quote, target] = include;
      const known = exists(`src/${target}`) || exists(`modules/${target}`);
      if (quote === '<' && !known) return;
      const words = quote === '<' ? `<${target}> is ours: use quotes` : fault(path, target, known, files, modules);
      if (words) found.push(`${path}:${index + 1}: ${words}`);
    });
  }
  return found;
}

function fault(path, target, known, files, modules) {
  const [area, folder] = path.split('/');
  const top = path.split('/').length === 2;
  const to = target.split('/')[0];
  if (!known) return `"${target}" is no header below src/ or modules/`;
  if (target.includes('..')) return `"${target}" leaves its folder`;
  if (top) return null;

  if (area === 'src') {
    if (!(folder in FLOORS)) return `src/${folder} has no floor`;
    if (to === folder || FLOORS[folder].includes(to)) return null;
    return `${folder} includes "${target}", but stands only on ${['libc', ...FLOORS[folder]].join(', ')}`;
  }
  if (to === folder || to in FLOORS) return null;
  if (!modules.has(to)) return `module ${folder} includes "${target}"`;
  if (target !== `${to}/${to}.h`) return `module ${folder} includes "${target}", which is not ${to}'s public header`;
  if (!needs(files[`modules/${folder}/module.c`] ?? '').includes(to)) {
    return `module ${folder} includes "${target}", but its module.c does not name "${to}" under .needs`;
  }
  return null;
}

function needs(text) {
  const list = /\.needs\s*=\s*NEEDS\(([^)]*)\)/.exec(text)?.[1] ?? '';
  return [...list.matchAll(/"([^"]+)"/g)].map(([, name]) => name);
}

function readTree() {
  const files = {};
  for (const area of ['src', 'modules']) {
    for (const entry of readdirSync(join(ROOT, area), { recursive: true, withFileTypes: true })) {
      if (!/\.([ch]|h\.in)$/.test(entry.name) || /\/tests$/.test(entry.parentPath ?? entry.path)) continue;
      const path = join(entry.parentPath ?? entry.path, entry.name);
      files[relative(ROOT, path)] = readFileSync(path, 'utf8');
    }
  }
  return files;
}

test('no include runs upward', () => {
  const files = readTree();
  assert.ok(Object.keys(files).length > 0, 'no sources found');
  assert.deepEqual(faults(files), []);
});

const HEADERS = Object.fromEntries([
  ...Object.keys(FLOORS).map((folder) => [`src/${folder}/${folder}.h`, '']),
  ['modules/auth/auth.h', ''],
  ['modules/auth/models.h', ''],
  ['modules/home/views.h', ''],
  ['modules/auth/module.c', 'const struct module auth_module = { .name = "auth" };'],
]);

const REFUSED = [
  ...Object.entries(FLOORS).flatMap(([folder, below]) => Object.keys(FLOORS)
    .filter((other) => other !== folder && !below.includes(other))
    .map((other) => [`${folder} includes ${other}`, { [`src/${folder}/x.c`]: `#include "${other}/${other}.h"\n` }, 1])),
  ['core includes a module', { 'src/site/x.c': '\n#include "auth/auth.h"\n' }, 2],
  ['a folder without a floor', { 'src/extra/x.c': '#include "base/base.h"\n' }, 1],
  ['another module without .needs', {
    'modules/home/views.c': '#include "home/views.h"\n\n# include "auth/auth.h"\n',
    'modules/home/module.c': 'const struct module home_module = { .needs = NEEDS("lettings") };',
  }, 3],
  ["another module's inner header", {
    'modules/home/views.c': '#include "auth/models.h"\n',
    'modules/home/module.c': 'const struct module home_module = { .needs = NEEDS("auth") };',
  }, 1],
  ['a path that climbs', { 'src/base/x.c': '#include "../db/db.h"\n' }, 1],
  ['a path from its own folder', { 'modules/home/views.c': '#include "views.h"\n' }, 1],
  ['angle brackets', { 'src/base/x.c': '#include <db/db.h>\n' }, 1],
];

for (const [name, files, line] of REFUSED) {
  test(`refused: ${name}`, () => {
    const found = faults({ ...HEADERS, ...files });
    assert.equal(found.length, 1, found.join('\n'));
    assert.match(found[0], new RegExp(`^${Object.keys(files)[0]}:${line}: `));
  });
}

const ACCEPTED = [
  ...Object.entries(FLOORS).flatMap(([folder, below]) => [folder, ...below]
    .map((other) => [`${folder} includes ${other}`, { [`src/${folder}/x.c`]: `#include "${other}/${other}.h"\n` }])),
  ['main.c includes anything', { 'src/main.c': '#include "site/site.h"\n#include "auth/auth.h"\n' }],
  ['the list of modules', { 'modules/installed.c': '#include "site/site.h"\n#include "auth/auth.h"\n' }],
  ['a module includes the core and itself', { 'modules/home/views.c': '#include "site/site.h"\n#include "home/views.h"\n' }],
  ['a module that is needed', {
    'modules/home/views.c': '#include "auth/auth.h"\n',
    'modules/home/module.c': 'const struct module home_module = {\n  .needs = NEEDS("lettings", "auth"),\n};',
  }],
  ['a header made by the build', { 'src/site/x.c': '#include "site/version.h"\n', 'src/site/version.h.in': '' }],
  ["the system's headers", { 'src/base/x.c': '#include <stdio.h>\n#include <net/if.h>\n' }],
];

for (const [name, files] of ACCEPTED) {
  test(`accepted: ${name}`, () => assert.deepEqual(faults({ ...HEADERS, ...files }), []));
}
