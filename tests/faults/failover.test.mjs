// The primary is killed while many write, the synchronous standby promoted: what was answered is there, once, and nobody
// restarts anything.
import assert from 'node:assert/strict';
import http from 'node:http';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { get, startServer, TEST_PROGRAM, until } from '../http/harness.mjs';
import { psql, skipWithoutPostgres } from '../postgres.mjs';
import { skipWithoutHaproxy, startBalancer } from './balancer.mjs';
import { startPair } from './standby.mjs';

const WRITERS = 6;
const BACK_WITHIN_MS = 5000;

/** Clients that write, and read, without a pause; when answers came, and which notes were answered. */
function startClients(url) {
  const seen = { answered: [], sent: new Set(), reads: [], writes: [], wrong: [], going: true };
  const agent = new http.Agent({ keepAlive: true });
  const write = async (_, writer) => {
    for (let i = 0; seen.going; i++) {
      const note = `${writer}-${i}`;
      seen.sent.add(note);
      const { status } = await get(`${url}/probe/note/`, { method: 'POST', body: note, agent, timeout: 20_000 }).catch(() => ({ status: 0 }));
      if (status === 200) {
        seen.answered.push(note);
        seen.writes.push(performance.now());
      } else {
        if (![0, 500, 502, 503, 504].includes(status)) seen.wrong.push(status);
        await sleep(10);
      }
    }
  };
  const read = async () => {
    while (seen.going) {
      const { status } = await get(`${url}/probe/users/`, { agent, timeout: 20_000 }).catch(() => ({ status: 0 }));
      if (status === 200) seen.reads.push(performance.now());
      else await sleep(10);
    }
  };
  const all = Promise.all([...Array.from({ length: WRITERS }, write), read(), read()]);
  seen.stop = async () => {
    seen.going = false;
    await all;
    agent.destroy();
  };
  return seen;
}

test('the primary is killed and the standby promoted: no answered write is lost, none is there twice, reads are back within 5 s', { skip: skipWithoutPostgres() || skipWithoutHaproxy() }, async (t) => {
  const pair = await startPair(t, 'CREATE TABLE probe_note (id serial PRIMARY KEY, note text NOT NULL);');
  const env = { WEB_CONCURRENCY: '2', SHUTDOWN_DELAY: '0', TRUSTED_PROXIES: '127.0.0.1', DATABASE_URL: pair.url };
  const start = () => startServer({ program: TEST_PROGRAM, database: null, env, t });
  const instances = [await start(), await start()];
  const processesBefore = instances.map((each) => each.children().map(({ pid }) => pid).sort().join());
  const balancer = await startBalancer(t, instances.map(({ port }) => port));
  for (const i of [0, 1]) await balancer.sees(i, /^UP$/);
  const clients = startClients(balancer.url);
  await until(() => clients.answered.length > 100, 15_000);

  await pair.kill();
  await sleep(500);
  const promoted = performance.now();
  pair.promote();
  await until(() => clients.reads.some((at) => at > promoted) && clients.writes.some((at) => at > promoted), 15_000, () => 'it does not come back');
  await sleep(1000);
  await clients.stop();

  const firstAfter = (times) => times.find((at) => at > promoted) - promoted;
  const notes = psql(pair.standby.url('site'), 'SELECT note FROM probe_note').split('\n');
  const there = new Set(notes);
  t.diagnostic(`${clients.answered.length} notes answered, ${notes.length} there; reads were back ${firstAfter(clients.reads).toFixed(0)} ms after the promotion, writes ${firstAfter(clients.writes).toFixed(0)} ms`);
  assert.deepEqual(clients.answered.filter((note) => !there.has(note)), [], 'what was answered is gone');
  assert.equal(there.size, notes.length, 'a note is there twice');
  assert.deepEqual(notes.filter((note) => !clients.sent.has(note)), []);
  assert.deepEqual(clients.wrong, []);
  assert.ok(firstAfter(clients.reads) < BACK_WITHIN_MS, `reads were back after ${firstAfter(clients.reads)} ms`);
  assert.deepEqual(instances.map((each) => each.children().map(({ pid }) => pid).sort().join()), processesBefore, 'no process was replaced');
});
