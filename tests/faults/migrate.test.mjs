// migrate killed at any moment: what is there is whole, and the next one finishes the work.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { environment, PROGRAM, sharedData, skipWithoutShared, temporaryFolder } from '../http/harness.mjs';
import { checkCommand as check, sql } from '../http/support.mjs';

const DATABASE = 'oc-lettings-site.sqlite3';
const KILLS = 60;

const schema = (path) => sql(path, `SELECT name, sql FROM sqlite_schema ORDER BY name;
  SELECT app, name FROM django_migrations ORDER BY app, name;`);
const rows = (path) => sql(path, `SELECT count(*) FROM auth_user;
  PRAGMA foreign_key_check; PRAGMA integrity_check;`);

/** Starts migrate and kills it after so many milliseconds; whether it was killed. */
async function migrateFor(dir, delay) {
  const child = spawn(PROGRAM, ['migrate'], { cwd: dir, env: environment(dir), stdio: 'ignore' });
  const closed = once(child, 'close');
  await Promise.race([closed, sleep(delay)]);
  child.kill('SIGKILL');
  const [, signal] = await closed;
  return signal === 'SIGKILL';
}

async function duration(fresh) {
  const dir = fresh();
  const start = performance.now();
  await migrateFor(dir, 10_000);
  return { time: performance.now() - start, path: join(dir, DATABASE) };
}

const copy = () => {
  const dir = temporaryFolder();
  cpSync(sharedData(DATABASE), join(dir, DATABASE));
  chmodSync(join(dir, DATABASE), 0o644);
  return dir;
};

for (const [name, fresh, skip] of [
  ['a new database', temporaryFolder, false],
  ["Django's database", copy, skipWithoutShared(DATABASE)],
]) {
  test(`${name}: killed at ${KILLS} moments`, { skip }, async () => {
    const whole = await duration(fresh);
    const expected = schema(whole.path);
    let killed = 0;
    for (let i = 0; i < KILLS; i++) {
      const dir = fresh();
      const path = join(dir, DATABASE);
      killed += await migrateFor(dir, (whole.time * (i + 1)) / KILLS);
      if (existsSync(path)) assert.equal(sql(path, 'PRAGMA integrity_check; PRAGMA foreign_key_check;'), 'ok');
      check(['migrate'], { dir, err: null });
      assert.equal(schema(path), expected, `killed after ${i} of ${KILLS}`);
      assert.equal(rows(path), rows(whole.path));
    }
    assert.ok(killed > KILLS / 4, `${killed} were killed`);
  });
}

test('one database, killed again and again, comes to its end', async () => {
  const whole = await duration(temporaryFolder);
  const dir = temporaryFolder();
  let kills = 0;
  while (await migrateFor(dir, (whole.time * (kills % 10 + 1)) / 8)) assert.ok(++kills < KILLS, 'it never ends');
  assert.equal(schema(join(dir, DATABASE)), schema(whole.path));
});
