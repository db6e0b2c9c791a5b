// The events that the test program's module has kept, each in a file (tests/server/probe.c).
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../http/harness.mjs';

/** Those so far, the oldest first. */
export function keptEvents(server) {
  const folder = join(server.dir, 'kept');
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith('event-')) : [];
  return names.map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8'))).sort((a, b) => (a.timestamp < b.timestamp ? -1 : 1));
}

/** The same, once there are so many; there must be no more. */
export async function events(server, count) {
  const found = await until(() => keptEvents(server).length >= count && keptEvents(server), 10_000);
  assert.equal(found.length, count);
  return found;
}
