// Fixtures of any length in a memory of constant size.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { environment, folderOf, PROGRAM } from './harness.mjs';
import { emptyDatabase, sql } from './support.mjs';

const MEMORY = 32 * 1024 * 1024;

function writeFixture(path, pairs) {
  const file = openSync(path, 'w');
  writeSync(file, '[');
  for (let from = 1; from <= pairs; from += 1000) {
    const objects = [];
    for (let i = from; i < from + 1000 && i <= pairs; i++) {
      objects.push(JSON.stringify({ model: 'auth.permission', pk: i, fields: { name: `Permission ${i}`, content_type: i, codename: 'x' } }));
      objects.push(JSON.stringify({ model: 'contenttypes.contenttype', pk: i,
        fields: { app_label: 'many', model: `model${i}` } }));
    }
    writeSync(file, `${from > 1 ? ',' : ''}${objects.join(',\n')}`);
  }
  writeSync(file, ']\n');
  closeSync(file);
}

/** Loads and dumps a database of that many rows, half of them referring forward, within 32 MiB of data. */
export function loadAndDump(rows) {
  const database = emptyDatabase();
  const dir = folderOf(database);
  const run = (...args) => {
    const { status, stdout, stderr } = spawnSync('prlimit', [`--data=${MEMORY}`, PROGRAM, ...args],
      { cwd: dir, env: environment(dir), encoding: 'utf8' });
    assert.equal(status, 0, stdout + stderr);
    return stdout;
  };
  writeFixture(join(dir, 'many.json'), rows / 2);
  assert.match(run('loaddata', 'many.json'), new RegExp(`^Loaded ${rows} objects`));
  assert.equal(sql(database, 'SELECT count(*) FROM auth_permission;'), String(rows / 2));
  run('dumpdata', 'auth', 'contenttypes', '-o', 'again.json');
  assert.ok(statSync(join(dir, 'again.json')).size > rows * 80);
}
