// Each file of tests that opens a database runs on both engines, or says why it does not.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT } from '../http/harness.mjs';

const MARK = /^(\/\/|\/\*| \*) (Also on PostgreSQL\b|Only on SQLite: \S.{10,})/m;
// What makes a database, starts the site, or runs a command of its own.
const OPENS = /\b(startServer|startSite|startIntake|startDjango|makeDatabase|emptyDatabase|describeDatabases|testCosts|runCommand|checkCommand)\b|db\/db\.h|database\.h|UNIT_CONNECTION|CONNECTED_TEST/;
// They start servers of both engines themselves.
const OWN = /\b(startPostgres|startPair|startDatabases|freshDatabases)\(/;
// Whole runs, and trees in which the program is built.
const OTHERS = /^tests\/(pipeline|soak|tree|fuzz|templates|node_modules)\/|\/soak\//;

const files = ['tests', 'modules'].flatMap((folder) => readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(ROOT.length + 1)))
  .filter((path) => /\.test\.mjs$|\/test_\w+\.c$/.test(path) && !OTHERS.test(path));

const silent = (text) => OPENS.test(text) && !OWN.test(text) && !MARK.test(text);

test('files that open a database and say nothing of PostgreSQL', () => {
  assert.ok(files.length > 100, `${files.length} files`);
  assert.deepEqual(files.filter((path) => silent(readFileSync(join(ROOT, path), 'utf8'))), []);
});

for (const [text, expected] of [
  ['await startServer({ t });', true], ['#include "database.h"', true], ['// Also on PostgreSQL\nstartServer();', false],
  ['// Only on SQLite: it reads its file.\nstartServer();', false], ['// Only on SQLite:\nstartServer();', true],
  ['startServer(); await startPostgres(dir);', false], ['/* Also on PostgreSQL. */\n#include "database.h"', false], ['assert.ok(true);', false],
]) test(`${expected ? 'refused' : 'taken'}: ${JSON.stringify(text)}`, () => assert.equal(silent(text), expected));
