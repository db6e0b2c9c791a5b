// The recorded cases of Django's own test suite, when they lie beside the repository.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const PROGRAM = resolve(ROOT, process.env.OC_BUILD ?? 'build/test', 'oc-lettings');
const CASES = join(ROOT, '../shared/tools/run_templates.py');

const missing = [CASES, PROGRAM].find((path) => !existsSync(path));
const skip = missing ? `${missing} is not there` : false;

function run(...options) {
  const { status, stdout, stderr } = spawnSync('python3', [CASES, ...options, '--', PROGRAM, 'render', '--jsonl'], { encoding: 'utf8' });
  assert.notEqual(status, 2, stderr);
  const [, passed, failed] = /^(\d+) passed, (\d+) failed$/m.exec(stdout) ?? assert.fail(stdout + stderr);
  return { passed: Number(passed), failed: Number(failed), stdout };
}

test('every core case renders as Django renders it', { skip }, (t) => {
  const { passed, failed, stdout } = run('--core', '--invalid-too', '--show', '5');
  t.diagnostic(`core: ${passed} passed, ${failed} failed`);
  assert.equal(failed, 0, stdout);
});

// Each gives what the case before it left in a cache; a request here knows of none.
const OTHERWISE = ['test_cache04', 'test_cache07', 'test_cache08#2'].map((name) => `syntax_tests.test_cache.CacheTagTests.${name}`);

test('every other case too, but for those that docs/templates.md lists', { skip }, (t) => {
  const { passed, failed, stdout } = run('--invalid-too', '--show', '1000');
  t.diagnostic(`all: ${passed} of ${passed + failed} passed`);
  const names = new Set([...stdout.matchAll(/^FAIL (\S+)/gm)].map(([, name]) => name));
  assert.deepEqual([...names].sort(), OTHERWISE, stdout);
});
