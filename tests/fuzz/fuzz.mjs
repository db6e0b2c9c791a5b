// Runs a fuzzer for a while, from its seeds; a fault leaves its input beside them.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, sharedData, temporaryFolder } from '../http/harness.mjs';

const program = (name) => join(ROOT, 'build/fuzz/tests/fuzz', `fuzz_${name}`);

/** For a test's `skip` option: false, or the reason. */
export const skipWithoutFuzzer = (name) => (existsSync(program(name)) ? false
  : 'no clang with libFuzzer (Debian: clang, libclang-rt-dev)');

/** shared, where it is given: a file of ../shared/data that is a seed too, where it is there. */
export function fuzz(name, seconds, shared) {
  const folders = ['found', 'more'].map((folder) => join(temporaryFolder(), folder));
  for (const folder of folders) mkdirSync(folder);
  if (shared && sharedData(shared)) copyFileSync(sharedData(shared), join(folders[1], shared));
  const seeds = join(ROOT, 'tests/fuzz', name);
  const { status, signal, stderr } = spawnSync(program(name), [`-max_total_time=${seconds}`,
    '-timeout=20', '-rss_limit_mb=2048', '-max_len=65536', '-print_final_stats=1', `-dict=${seeds}.dict`,
    `-artifact_prefix=${ROOT}/build/fuzz/${name}-`, ...folders, seeds],
  { encoding: 'utf8', timeout: (seconds + 60) * 1000, killSignal: 'SIGKILL', maxBuffer: 64 << 20 });
  assert.equal(status ?? signal, 0, stderr.slice(-8000));
  return Number(/number_of_executed_units: *(\d+)/.exec(stderr)[1]);
}
