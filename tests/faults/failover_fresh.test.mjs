// What the old primary has told proves nothing of the new one: no page is older than the window, and pages are kept again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { get, startServer, TEST_PROGRAM, until } from '../http/harness.mjs';
import { askHow, WINDOW_MS } from '../http/freshness.mjs';
import { psql, skipWithoutPostgres } from '../postgres.mjs';
import { startDoor } from '../http/door.mjs';
import { startPair } from './standby.mjs';

const skip = skipWithoutPostgres();
const PAGE = '/probe/users/';
const BACK_WITHIN_MS = 15_000;
const NOTES = 'CREATE TABLE probe_note (id serial PRIMARY KEY, note text NOT NULL);';
/** By these, each server says that it was started at the same moment, at the same port. */
const SAME_CLOCK = `
  CREATE FUNCTION pg_postmaster_start_time() RETURNS timestamptz LANGUAGE sql AS $$ SELECT timestamptz '2000-01-01' $$;
  CREATE FUNCTION current_setting(text) RETURNS text LANGUAGE sql AS $$ SELECT 'any' $$;
  ALTER DATABASE site SET search_path = public, pg_catalog;`;

const nameIn = ({ text }) => /<h1>(.*?)<\/h1>/.exec(text)?.[1];
const write = (server, name) => {
  psql(server.url('site'), `UPDATE auth_user SET first_name = '${name}' WHERE id = (SELECT min(id) FROM auth_user);`);
  return performance.now();
};
const start = (t, url, workers) => startServer({ program: TEST_PROGRAM, database: null, env: { WEB_CONCURRENCY: workers, TRUSTED_PROXIES: '127.0.0.1', DATABASE_URL: url }, t });
const isKept = (server, when, name) => until(async () => {
  const answer = await askHow(server, PAGE);
  return answer.kept && nameIn(answer) === name;
}, BACK_WITHIN_MS, () => `no page is kept ${when}:\n${server.log().slice(-20).join('\n')}`);

/** Readers that ask without a pause: { at, name } of each page, `at` when it was asked for. */
function startReaders(url, count) {
  const seen = { pages: [], others: new Set(), going: true };
  const all = Promise.all(Array.from({ length: count }, async () => {
    while (seen.going) {
      const at = performance.now();
      const answer = await get(url + PAGE, { timeout: 30_000 });
      if (answer.status === 200) seen.pages.push({ at, name: nameIn(answer) });
      else seen.others.add(answer.status);
      await sleep(answer.status === 200 ? 2 : 10);
    }
  }));
  seen.stop = async () => {
    seen.going = false;
    await all;
  };
  return seen;
}

for (const [what, how, script] of [
  ['is killed, and the other says that it is the same', 'kill', SAME_CLOCK],
  ['hangs', 'freeze', ''],
]) {
  test(`the primary ${what}: what is written to the promoted standby is shown, and then pages are kept`, { skip }, async (t) => {
    const pair = await startPair(t, script);
    const server = await start(t, pair.url, '2');
    write(pair.primary, 'Old');
    await isKept(server, 'at first', 'Old');
    const readers = startReaders(server.url, 4);
    await until(() => readers.pages.some(({ name }) => name === 'Old'));
    const gone = performance.now();
    await pair[how]();
    await sleep(300);
    pair.promote();
    const first = write(pair.standby, 'First');
    await isKept(server, 'by the new primary', 'First');
    const kept = performance.now();
    const second = write(pair.standby, 'Second');
    await until(() => readers.pages.some(({ name }) => name === 'Second'));
    await sleep(WINDOW_MS);
    await readers.stop();
    const seenAt = (name, last) => readers.pages[last ? 'findLast' : 'find']((page) => page.name === name)?.at;
    t.diagnostic(`ms: the old was shown until ${(seenAt('Old', true) - gone).toFixed(0)} after the end, the new ${(seenAt('First') - first).toFixed(0)} after it was written, kept ${(kept - first).toFixed(0)} after, the next seen after ${(seenAt('Second') - second).toFixed(0)}`);
    assert.deepEqual(readers.pages.filter(({ at, name }) => name === 'Old' && at > Math.max(first, gone + WINDOW_MS)), []);
    assert.deepEqual(readers.pages.filter(({ at, name }) => name !== 'Second' && at > second + WINDOW_MS), []);
    assert.deepEqual([...readers.others].filter((status) => status !== 503), []);
  });
}

test('a standby behind the same address proves nothing, refuses writes, and is the site once it is promoted', { skip }, async (t) => {
  const pair = await startPair(t, NOTES);
  const door = await startDoor(t, pair.primary.port);
  const server = await start(t, door.url('site'), '1');
  const note = async () => (await get(`${server.url}/probe/note/`, { method: 'POST', body: 'note' })).status;
  write(pair.primary, 'Old');
  await isKept(server, 'at first', 'Old');
  pair.standby.sql('SELECT pg_wal_replay_pause();', 'site');
  door.leadsTo = pair.standby.port;
  const heard = async () => Number(/^oc_changes_heard_total (\d+)$/m.exec((await get(`${server.url}/metrics`)).text)[1]);
  const before = await heard();
  write(pair.primary, 'Later');
  await until(async () => await heard() > before);
  pair.primary.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'oc-lettings';");
  const lagging = await askHow(server, PAGE);
  assert.deepEqual([nameIn(lagging), lagging.kept, lagging.same], ['Old', false, true]);
  const status = await note();
  pair.standby.sql('SELECT pg_wal_replay_resume();', 'site');
  await until(() => pair.standby.sql('SELECT min(first_name) FROM auth_user WHERE id = (SELECT min(id) FROM auth_user)', 'site') === 'Later');
  assert.equal(nameIn(await get(server.url + PAGE)), 'Later');
  assert.equal(status, 503);
  await pair.kill();
  pair.promote();
  await until(async () => (await note()) === 200, BACK_WITHIN_MS, () => 'nobody can write');
  await isKept(server, 'by the new primary', 'Later');
  write(pair.standby, 'New');
  await until(async () => nameIn(await get(server.url + PAGE)) === 'New', WINDOW_MS);
});
