// Each thread that the program starts has an alternate stack, or a stack overflow on it would go unseen.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT } from '../http/harness.mjs';

test('what pthread_create() starts begins with guard_thread()', () => {
  let started = 0;
  for (const folder of ['src', 'modules']) {
    for (const name of readdirSync(join(ROOT, folder), { recursive: true }).filter((path) => path.endsWith('.c'))) {
      const source = readFileSync(join(ROOT, folder, name), 'utf8');
      for (const [, run] of source.matchAll(/pthread_create\([^;]*?,\s*[^,;]+,\s*(\w+),\s*[^,;]+\)/g)) {
        const body = new RegExp(`^static void \\*${run}\\(void \\*\\w+\\)\\n\\{\\n((?: .*\\n)+)`, 'm').exec(source)?.[1] ?? '';
        assert.match(body.split(/\n {4}(while|for|if|do)\b/)[0], /^ {4}guard_thread\(\);$/m, `${folder}/${name}: ${run}()`);
        started += 1;
      }
    }
  }
  assert.ok(started >= 3, `only ${started} are found`);
});
