// Processes killed 200 times at random moments while many write.
import { test } from 'node:test';
import { killAtRandom, postgres, sqlite } from '../faults/killing.mjs';

for (const kind of [sqlite, postgres]) {
  test(`200 kills at random moments lose no write that was answered: ${kind.name}`, { skip: kind.skip ?? false }, (t) => killAtRandom(t, 200, kind));
}
