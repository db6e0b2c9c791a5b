// The program as script/build makes it, read as an ELF file: what hardens it is in it.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { PROGRAM, ROOT } from '../http/harness.mjs';

function readelf(program, ...options) {
  const { status, stdout, stderr, error } = spawnSync('readelf', ['-W', ...options, program], { encoding: 'utf8', maxBuffer: 64 << 20 });
  if (error) throw error;
  assert.equal(status, 0, stderr);
  return stdout;
}

// What script/build made is judged too, where it is as new as the build's options.
const changed = (path) => (existsSync(path) ? statSync(path).mtimeMs : 0);
const DEPLOYED = join(ROOT, 'build/oc-lettings');
const PROGRAMS = changed(DEPLOYED) > changed(join(ROOT, 'meson.build')) ? [PROGRAM, DEPLOYED] : [PROGRAM];

for (const program of PROGRAMS) {
  describe(program.slice(ROOT.length + 1), () => {
    const segments = readelf(program, '-l');
    const dynamic = readelf(program, '-d');
    const imports = readelf(program, '--dyn-syms');

    test('can be loaded at any address', () => {
      assert.match(readelf(program, '-h'), /^ *Type: +DYN /m);
      assert.match(dynamic, /FLAGS_1.*\bPIE\b/);
    });

    test('has its relocations done and read-only before main', () => {
      assert.match(segments, /^ *GNU_RELRO /m);
      assert.match(dynamic, /\bBIND_NOW\b|FLAGS_1.*\bNOW\b/);
    });

    test('has no memory that is both written and run', () => {
      assert.match(segments, /^ *GNU_STACK .* RW +0x/m);
      assert.doesNotMatch(segments, /^ *(LOAD|GNU_STACK) .* RWE /m);
      assert.doesNotMatch(dynamic, /\bTEXTREL\b/);
    });

    test('looks after its stack', () => assert.match(imports, / __stack_chk_fail\b/));

    test('calls the fortified functions', () => assert.match(imports, / __(snprintf|memcpy|vsnprintf|fprintf|read)_chk\b/));

    test('has no search path for libraries', () => assert.doesNotMatch(dynamic, /\((RPATH|RUNPATH)\)/));

    test('marks its targets of jumps and has a shadow stack', { skip: process.arch !== 'x64' && 'not x86-64' }, () => {
      assert.match(readelf(program, '-n'), /x86 feature: IBT, SHSTK/);
    });
  });
}
