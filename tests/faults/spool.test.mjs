// Only on SQLite: events lie in files on their way, and no engine sees them.
// Where events wait: a disk that is full, files that cannot be read or are none, clocks that jump. Whatever was made has
// been taken, or is said to be dropped, and no request is harmed.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { BUILD, get, SANITIZED, startServer, temporaryFolder, TEST_PROGRAM, until } from '../http/harness.mjs';
import { startReceiver } from '../http/receiver.mjs';
import { keptEvents } from './kept.mjs';

const skip = SANITIZED ? 'the plain build shows it' : false;
const isRoot = process.getuid() === 0;
const works = (...command) => spawnSync(command[0], command.slice(1)).status === 0;

/** A program that starts the server within that command. */
function within(command) {
  const wrapper = join(temporaryFolder(), 'within');
  writeFileSync(wrapper, `#!/bin/sh\nexec ${command} ${TEST_PROGRAM} "$@"\n`, { mode: 0o755 });
  return wrapper;
}

const start = (t, { env, program = TEST_PROGRAM } = {}) => startServer({ t, program, env: { WEB_CONCURRENCY: '1', ...env } });
const fault = async (server, path = '/sentry-debug/') => assert.equal((await get(server.url + path)).status, 500);
const isWell = async (server) => assert.equal((await get(`${server.url}/probe/users/`)).status, 200);
const made = (list) => list.reduce((sum, { extra }) => sum + 1 + (extra?.equal_events_before ?? 0), 0);

/** Waits until so many faults are told of, and a while longer. */
async function counted(list, count) {
  await until(() => made(list()) >= count, 15_000, () => `${made(list())} of ${count} are counted`);
  await sleep(1500);
  assert.equal(made(list()), count);
}

function dropped(receiver) {
  const sums = {};
  for (const { discarded_events: list } of receiver.payloads('client_report')) {
    for (const { reason, category, quantity } of list) sums[`${reason}/${category}`] = (sums[`${reason}/${category}`] ?? 0) + quantity;
  }
  return sums;
}

const noTmpfs = isRoot && works('unshare', '--mount', 'sh', '-c', 'mount -t tmpfs -o size=64k tmpfs /mnt') ? false : 'no small tmpfs can be mounted here';

test('a full disk: what cannot be written is counted, and told of once there is room', { skip: skip || noTmpfs }, async (t) => {
  const data = temporaryFolder();
  const program = within(`unshare --mount sh -c 'mount -t tmpfs -o size=200k tmpfs ${data} && exec "$@"' sh`);
  const server = await start(t, { program, env: { DATA_DIR: data } });
  const filler = `/proc/${server.pid}/root${data}/filler`;
  await fault(server);
  await counted(() => keptEvents(server), 1);
  spawnSync('dd', ['if=/dev/zero', `of=${filler}`, 'bs=1k']);
  for (let i = 0; i < 15; i++) await fault(server);
  for (let i = 0; i < 4; i++) await fault(server, '/probe/fail/');
  await isWell(server);
  await sleep(1500);
  await isWell(server);
  assert.equal(made(keptEvents(server)), 1);
  rmSync(filler);
  await counted(() => keptEvents(server), 20);
  const failures = keptEvents(server).filter(({ exception }) => exception.values[0].type === 'Failure');
  assert.equal(made(failures), 4);
});

test('a disk that is full for the clerk: records wait, and become events once there is room', { skip: skip || noTmpfs }, async (t) => {
  const receiver = await startReceiver(t);
  const data = temporaryFolder();
  const program = within(`unshare --mount sh -c 'mount -t tmpfs -o size=200k tmpfs ${data} && exec "$@"' sh`);
  const server = await start(t, { program, env: { DATA_DIR: data, SENTRY_DSN: receiver.dsn, SENTRY_SAMPLE_RATE: '0' } });
  const filler = `/proc/${server.pid}/root${data}/filler`;
  const spool = `/proc/${server.pid}/root${data}/spool`;
  const clerk = (await until(() => server.children().find(({ command }) => command.includes('clerk')))).pid;
  process.kill(clerk, 'SIGSTOP');
  for (let i = 0; i < 3; i++) await fault(server);
  assert.equal(readdirSync(spool).filter((name) => name.endsWith('.fault')).length, 3);
  spawnSync('dd', ['if=/dev/zero', `of=${filler}`, 'bs=1k']);
  process.kill(clerk, 'SIGCONT');
  await server.logged(/msg="an event cannot be written into the spool: it waits"/, { timeout: 10_000 });
  await sleep(2200);
  assert.equal(server.log().filter((line) => line.includes('cannot be written into the spool')).length, 1);
  rmSync(filler);
  await counted(() => keptEvents(server), 3);
  await server.stop();
  assert.deepEqual(dropped(receiver), { 'sample_rate/error': 3 }, 'each is counted once, however often it was tried');
});

const CAPABILITIES = ['--bounding-set=-dac_override,-dac_read_search', '--inh-caps=-dac_override,-dac_read_search'];
const noModes = isRoot && !works('setpriv', ...CAPABILITIES, 'true') ? 'root reads everything here' : false;
const obeying = () => (isRoot ? within(`setpriv ${CAPABILITIES.join(' ')}`) : TEST_PROGRAM);

test('a spool that cannot be entered: faults are counted, and told of once it can', { skip: skip || noModes }, async (t) => {
  const server = await start(t, { program: obeying() });
  const spool = join(server.dir, 'spool');
  await fault(server);
  await counted(() => keptEvents(server), 1);
  chmodSync(spool, 0o000);
  for (let i = 0; i < 14; i++) await fault(server);
  await isWell(server);
  await sleep(1500);
  assert.equal(made(keptEvents(server)), 1);
  chmodSync(spool, 0o700);
  await counted(() => keptEvents(server), 15);
});

test('files that cannot be read wait, keep no others, and are given once they can', { skip: skip || noModes }, async (t) => {
  const before = await startReceiver(t);
  await before.close();
  const server = await start(t, { program: obeying(), env: { SENTRY_DSN: before.dsn } });
  const spool = join(server.dir, 'spool');
  writeFileSync(join(server.dir, 'refuse-events'), '');
  for (let i = 0; i < 3; i++) await fault(server);
  const of = (ending) => readdirSync(spool).filter((name) => name.endsWith(ending)).sort();
  await until(() => of('.site').length === 3 && of('.sentry').length === 3, 10_000);
  rmSync(join(spool, of('.site')[0])); // one is a link to the other: that of Sentry alone is locked up
  const [locked] = of('.sentry');
  chmodSync(join(spool, locked), 0o000);
  await sleep(2000); // the clerk may have read what has gone by now
  rmSync(join(server.dir, 'refuse-events'));
  const receiver = await startReceiver(t, { port: before.port });
  await receiver.waitFor('event', 2, 15_000);
  await counted(() => keptEvents(server), 2);
  assert.deepEqual(of('.sentry'), [locked]);
  chmodSync(join(spool, locked), 0o600);
  await receiver.waitFor('event', 3, 15_000);
  await until(() => of('.site').length + of('.sentry').length === 0, 10_000);
});

test('what is no record and no envelope is dropped and counted; what is no file is left alone', { skip }, async (t) => {
  const receiver = await startReceiver(t);
  const server = await start(t, { env: { SENTRY_DSN: receiver.dsn } });
  const spool = join(server.dir, 'spool');
  const now = Date.now() * 1000;
  const whole = JSON.stringify({ event_id: '1'.repeat(32) });
  const envelope = `{}\n{"type":"event","length":${whole.length}}\n${whole}\n`;
  for (const [i, bytes] of ['', 'garbage', '{}\n', envelope.slice(0, -9), '\0'.repeat(5000), '{}\n{"type":"event","length":-1}\n{}\n', '[]\n[]\n[]\n'].entries()) {
    writeFileSync(join(spool, `${now + i}-1-0.sentry`), bytes);
    writeFileSync(join(spool, `${now + i}-1-0.fault`), bytes);
    writeFileSync(join(spool, `${now + i}-1-0.site`), bytes);
  }
  const left = [`${now}-9-0.site`, `${now}-9-0.sentry`, `${now}-9-0.fault`, 'no-number.fault', 'README', `${now}-9-1.fault`, `${now}-9-2.sentry`];
  mkdirSync(join(spool, left[0]));
  symlinkSync('/etc/passwd', join(spool, left[1]));
  execFileSync('mkfifo', [join(spool, left[2]), join(spool, left[6])]);
  writeFileSync(join(spool, left[3]), 'x');
  writeFileSync(join(spool, left[4]), 'x');
  symlinkSync(join(spool, 'nowhere'), join(spool, left[5]));
  await fault(server);
  await receiver.waitFor('event', 1);
  await isWell(server);
  const there = () => readdirSync(spool).filter((name) => !name.startsWith('ring-') && !name.endsWith('-traces')).sort();
  await until(() => there().length === left.length, 10_000, () => there().join(' '));
  assert.deepEqual(there(), left.toSorted());
  await counted(() => keptEvents(server), 1);
  const files = server.log().map((line) => Number(/msg="what is no record of a failure is dropped" files=(\d+)/.exec(line)?.[1] ?? 0));
  assert.equal(files.reduce((a, b) => a + b), 7);
  await server.stop();
  assert.deepEqual(dropped(receiver), { 'internal_sdk_error/error': 14 });
});

const clock = join(BUILD, 'tests/server/libclock.so');

test('a clock that jumps: nothing is dropped, nothing twice, and requests go on', { skip: skip || (existsSync(clock) ? false : 'no preloaded clock') }, async (t) => {
  const before = await startReceiver(t);
  await before.close();
  const file = join(temporaryFolder(), 'offset');
  const DAY = 86400;
  writeFileSync(file, '0');
  const server = await start(t, { env: { SENTRY_DSN: before.dsn, LD_PRELOAD: clock, CLOCK_OFFSET: file } });
  let count = 0;
  for (const days of [0, 400, -4000, 1, 20_000, 0]) {
    writeFileSync(file, String(days * DAY));
    for (let i = 0; i < 13; i++) await fault(server);
    count += 13;
    await isWell(server);
    await until(() => made(keptEvents(server)) >= count, 15_000, () => `${made(keptEvents(server))} of ${count} on day ${days}`);
  }
  await counted(() => keptEvents(server), count);
  const years = new Set(keptEvents(server).map(({ timestamp }) => timestamp.slice(0, 4)));
  assert.ok(years.size >= 4, [...years].join(' '));
  const receiver = await startReceiver(t, { port: before.port });
  await server.stop(); // which sends what waits, at once
  assert.equal(made(receiver.payloads('event')), count);
  assert.equal(new Set(receiver.payloads('event').map(({ event_id: id }) => id)).size, receiver.payloads('event').length);
  assert.deepEqual(dropped(receiver), {});
});
