// A tenth of tests/soak/killing.
import { test } from 'node:test';
import { killAtRandom, postgres, sqlite } from './killing.mjs';

for (const kind of [sqlite, postgres]) {
  test(`20 kills at random moments lose no write that was answered: ${kind.name}`, { skip: kind.skip ?? false }, (t) => killAtRandom(t, 20, kind));
}
