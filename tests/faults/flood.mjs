// Pages at full speed of which a hundredth faults: who else notices, and what the site knows of it afterwards.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { get, ROOT, SANITIZED, skipWithoutModule, startServer, TEST_PROGRAM, until } from '../http/harness.mjs';
import { sql } from '../http/support.mjs';
import { startLoad } from './load.mjs';

const PROBE = readFileSync(join(ROOT, 'tests/server/probe.c'), 'utf8').split('\n');

/** The numbers of the lines of a function that have the code; of all its lines. */
function linesOf(name, code = '') {
  const start = PROBE.findIndex((line) => line.startsWith('static') && line.includes(` ${name}(`) && !line.endsWith(';'));
  const end = PROBE.indexOf('}', start);
  return PROBE.slice(start, end).flatMap((line, i) => (line.includes(code) ? [start + i + 1] : []));
}

/** The title of each way's issue, and the lines that may fault. */
const CONTAINED = {
  '/probe/fault/divide/': ['SIGFPE in fault_divide', linesOf('fault_divide', '/ zero;')],
  '/probe/fault/null/': ['SIGSEGV in fault_null', linesOf('fault_null', '*nowhere = 1;')],
  '/probe/fault/wild/': ['SIGSEGV in fault_wild', linesOf('fault_wild', '*wild = 1;')],
  '/probe/fault/illegal/': ['SIGILL in fault_illegal', linesOf('fault_illegal', 'trap')],
  '/probe/fault/abort/': ['SIGABRT in fault_abort', linesOf('fault_abort', 'abort();')],
  '/probe/fault/overflow/': ['SIGSEGV in descend', linesOf('descend')],
  '/probe/fault-in-transaction/divide/': ['SIGFPE in fault_divide', linesOf('fault_divide', '/ zero;')],
  '/probe/fault-on-executor/null/': ['SIGSEGV in fault_null', linesOf('fault_null', '*nowhere = 1;')],
};
const DIVISIONS = ['/probe/fault/divide/', '/probe/fault-in-transaction/divide/'];
const CONNECTIONS = 32;
const GROWTH = 4 << 20;

const skip = SANITIZED ? 'a sanitizer takes the signals itself'
  : spawnSync('wrk', ['-v']).error ? 'no wrk' : skipWithoutModule('issues', 'admin', 'auth', 'mail');

/** What wrk has been answered: { requests, wrong, why, connect, read, write, timeout, healthy, faults: { path: count } } */
async function loadWithFaults(server, seconds, paths) {
  const wrk = spawn('wrk', ['-t', '2', '-c', String(CONNECTIONS), '-d', `${seconds}s`, '-s', join(ROOT, 'tests/faults/faults.lua'),
    server.url, '--', ...paths], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  wrk.stdout.on('data', (part) => { output += part; });
  await once(wrk, 'close');
  const json = /^JSON (.*)$/m.exec(output)?.[1];
  assert.ok(json, output);
  const { answers, ...told } = JSON.parse(json);
  return { ...told, healthy: answers.healthy, faults: Object.fromEntries(paths.map((path, i) => [path, answers[`fault${i}`] ?? 0])) };
}

/** Proportional set size of the server's processes, in bytes (proc(5)). */
const pss = (server) => [server.pid, ...server.children().map(({ pid }) => pid)].reduce((sum, pid) => {
  try {
    return sum + 1024 * Number(/^Pss: +(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))[1]);
  } catch {
    return sum; // it has just ended
  }
}, 0);

const start = (t) => startServer({
  t, program: TEST_PROGRAM, env: { WEB_CONCURRENCY: '2', TRUSTED_PROXIES: '127.0.0.1', SECURE_SSL_REDIRECT: '0', LOG_LEVEL: 'warning' },
});

/** Until what has only been counted is told of, the clerk has made events of all records, the site has kept them, and
    workers that are to be replaced are. */
async function settled(server, seconds) {
  const spool = () => readdirSync(join(server.dir, 'spool')).filter((name) => !name.startsWith('ring-'));
  for (let quiet = 0; quiet < 3; quiet++) {
    await sleep(1000);
    if (spool().length) quiet = 0;
    await until(() => spool().length === 0 && server.children().length === 3, 30_000 + seconds * 1000,
      () => `${spool().length} files are left in the spool, ${server.children().length} processes`);
  }
}

/** Of the issues, by title: how often they were seen, and the lines of the function that the title names. */
function issues(server) {
  const found = {};
  for (const row of sql(server.database, 'SELECT id, times_seen, title FROM issues_issue').trim().split('\n')) {
    const [id, times, title] = row.split('|');
    const issue = found[title] ??= { times: 0, lines: new Set() };
    issue.times += Number(times);
    for (const payload of sql(server.database, `SELECT payload FROM issues_event WHERE issue_id = ${id}`).trim().split('\n')) {
      const { frames } = JSON.parse(payload).exception.values[0].stacktrace;
      issue.lines.add(frames.findLast(({ function: name }) => title.endsWith(` in ${name}`)).lineno);
    }
  }
  return found;
}

/** How often a request was left by a fault, by its path, as the log says. */
function logged(server) {
  const times = {};
  for (const line of server.log()) {
    const path = /msg="request failed" target=(\S+) error="it was left by a fault/.exec(line)?.[1];
    if (path) times[path] = (times[path] ?? 0) + 1;
  }
  return times;
}

const megabytes = (sizes) => sizes.map((bytes) => (bytes / 1e6).toFixed(1)).join(' → ');

export function testContainingUnderLoad(seconds) {
  test(`${seconds} s at full speed, a hundredth of which faults: no other request fails, and each fault is counted`, { skip }, async (t) => {
    const server = await start(t);
    const workers = await until(() => server.workers().length === 2 && server.workers().sort());
    const sizes = [];
    const loads = [];
    const load = async (length, paths) => {
      loads.push(await loadWithFaults(server, Math.ceil(length), paths));
      await settled(server, seconds);
    };
    for (let i = 0; i < 3; i++) {
      await load(seconds / 6, DIVISIONS);
      sizes.push(pss(server));
    }
    assert.deepEqual(server.workers().sort(), workers, 'a division costs no worker');
    await load(seconds, Object.keys(CONTAINED));
    const sum = (name) => loads.reduce((total, told) => total + told[name], 0);
    const faults = logged(server);
    t.diagnostic(`${sum('requests')} requests, ${Object.values(faults).reduce((a, b) => a + b)} faults; PSS ${megabytes(sizes)} MB`);
    for (const { requests, healthy, faults: answered, ...failed } of loads) assert.deepEqual(failed, { wrong: 0, why: '', connect: 0, read: 0, write: 0, timeout: 0 });
    assert.ok(sum('healthy') > seconds * 500, `only ${sum('healthy')} answers`);
    assert.ok(!server.log().some((line) => /a process (ended|was ended|did not end)/.test(line)));
    const found = issues(server);
    const counts = {};
    for (const [path, [title]] of Object.entries(CONTAINED)) {
      const answered = loads.reduce((total, told) => total + (told.faults[path] ?? 0), 0);
      assert.ok(faults[path] >= answered && faults[path] <= answered + loads.length * CONNECTIONS, `${path}: ${faults[path]}, of which ${answered} were answered`);
      counts[title] = (counts[title] ?? 0) + faults[path];
    }
    assert.deepEqual(Object.fromEntries(Object.entries(found).map(([title, { times }]) => [title, times])), counts);
    for (const [title, lines] of Object.values(CONTAINED)) {
      for (const line of found[title].lines) assert.ok(lines.includes(line), `${title}: line ${line}, not ${lines}`);
    }
    assert.ok(sizes[2] - sizes[1] < GROWTH, `PSS ${megabytes(sizes)} MB`);
  });
}

/** The clients' ports of the connections that a process has (proc(5)). */
function portsOf(pid) {
  const sockets = new Set(readdirSync(`/proc/${pid}/fd`).map((fd) => {
    try {
      return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1];
    } catch {
      return null; // it has just been closed
    }
  }));
  return readFileSync(`/proc/${pid}/net/tcp`, 'utf8').trim().split('\n').slice(1).map((line) => line.trim().split(/\s+/))
    .filter((columns) => sockets.has(columns[9])).map((columns) => parseInt(columns[2].split(':')[1], 16));
}

export function testEndingUnderLoad(seconds) {
  test(`${seconds} s of faults that end workers: only what the worker had fails, and the site answers throughout`, { skip }, async (t) => {
    const server = await start(t);
    const load = startLoad(server.port, { clients: 16, path: '/probe/users/' });
    const ways = ['/probe/fault/heap/', '/probe/fault/callback/', '/probe/fault/held/', '/probe/fault-in-rows/?after=divide'];
    const ends = performance.now() + seconds * 1000;
    let faults = 0;
    for (; performance.now() < ends; faults++) {
      const workers = await until(() => server.workers().length === 2 && server.workers(), 15_000);
      await sleep(300);
      const ports = Object.fromEntries(workers.map((pid) => [pid, portsOf(pid)]));
      const [failures, answers] = [load.failures.length, load.answers.length];
      await assert.rejects(get(server.url + ways[faults % ways.length]));
      const dead = await until(() => workers.find((pid) => !server.workers().includes(pid)));
      await until(() => load.answers.length > answers + 16, 2000, () => 'nobody answers');
      for (const { localPort, reason } of load.failures.slice(failures)) {
        assert.ok(ports[dead].includes(localPort), `${reason} at port ${localPort}: ${JSON.stringify({ dead, ports })}`);
      }
    }
    await load.stop();
    t.diagnostic(`${faults} workers ended; ${load.answers.length} answers, ${load.failures.length} failures`);
    assert.deepEqual(load.refusals, []);
    assert.ok(load.answers.every(({ status }) => status === 200));
    await settled(server, seconds);
    const counted = sql(server.database, 'SELECT sum(times_seen) FROM issues_issue').trim();
    assert.equal(Number(counted), faults + Math.floor(faults / ways.length), 'the last way faults twice');
  });
}
