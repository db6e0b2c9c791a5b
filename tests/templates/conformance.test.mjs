// The recorded cases of Django's own test suite, when they lie beside the repository.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const PROGRAM = resolve(ROOT, process.env.OC_BUILD ?? 'build/test', 'tests/templates/jsonl');
const CASES = join(ROOT, '../shared/tools/run_templates.py');

const missing = [CASES, PROGRAM].find((path) => !existsSync(path));
const skip = missing ? `${missing} is not there` : false;

function run(...options) {
  const { status, stdout, stderr } = spawnSync('python3', [CASES, ...options, '--', PROGRAM], { encoding: 'utf8' });
  assert.notEqual(status, 2, stderr);
  const [, passed, failed] = /^(\d+) passed, (\d+) failed$/m.exec(stdout) ?? assert.fail(stdout + stderr);
  return { passed: Number(passed), failed: Number(failed), stdout };
}

test('every core case renders as Django renders it', { skip }, (t) => {
  const { passed, failed, stdout } = run('--core', '--invalid-too', '--show', '5');
  t.diagnostic(`core: ${passed} passed, ${failed} failed`);
  assert.equal(failed, 0, stdout);
});

test('the share of all cases', { skip }, (t) => {
  const { passed, failed, stdout } = run('--show', '0');
  t.diagnostic(`all: ${passed} of ${passed + failed} passed`);
  assert.doesNotMatch(stdout, /why: (crash|timeout|bad reply)/);
});
