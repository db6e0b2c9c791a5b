// Runs a fuzzer for a while, from its seeds; a fault leaves its input beside them.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, sharedData, temporaryFolder } from '../http/harness.mjs';

const program = (name) => join(ROOT, 'build/fuzz/tests/fuzz', `fuzz_${name}`);

/** For a test's `skip` option: false, or the reason. */
export const skipWithoutFuzzer = (name) => (existsSync(program(name)) ? false
  : 'no clang with libFuzzer (Debian: clang, libclang-rt-dev)');

/** The inputs that were found before: a line each, in base64. */
function unpack(list, folder) {
  if (!existsSync(list)) return;
  readFileSync(list, 'utf8').split('\n').filter(Boolean).forEach((line, i) =>
    writeFileSync(join(folder, String(i)), Buffer.from(line, 'base64')));
}

/** Its seeds are the files of its folder, and the lines of <name>.corpus; so is `shared`, a file of ../shared/data,
    where it is there. Gives how many inputs were tried. */
export function fuzz(name, seconds, { shared, maxLength = 65536 } = {}) {
  const folders = ['found', 'more'].map((folder) => join(temporaryFolder(), folder));
  for (const folder of folders) mkdirSync(folder);
  if (shared && sharedData(shared)) copyFileSync(sharedData(shared), join(folders[1], shared));
  const seeds = join(ROOT, 'tests/fuzz', name);
  unpack(`${seeds}.corpus`, folders[1]);
  const { status, signal, stderr } = spawnSync(program(name), [`-max_total_time=${seconds}`,
    '-timeout=20', '-rss_limit_mb=2048', `-max_len=${maxLength}`, '-print_final_stats=1', `-dict=${seeds}.dict`,
    `-artifact_prefix=${ROOT}/build/fuzz/${name}-`, ...folders, seeds],
  { encoding: 'utf8', timeout: (seconds + 60) * 1000, killSignal: 'SIGKILL', maxBuffer: 64 << 20 });
  assert.equal(status ?? signal, 0, stderr.slice(-8000));
  return Number(/number_of_executed_units: *(\d+)/.exec(stderr)[1]);
}
