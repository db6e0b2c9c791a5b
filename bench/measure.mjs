// What a server costs: seen by wrk from outside, by /proc from inside.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const CONNECTIONS = 64;
const WARM_UP_SECONDS = 1;
const ENOUGH = 100;
const TICKS_PER_SECOND = 100;
const SCRIPT = fileURLToPath(new URL('wrk.lua', import.meta.url));

const fieldsOf = (pid) => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
};

/** The process and all that stem from it. */
export function treeOf(root) {
  const parents = new Map();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      parents.set(Number(name), Number(fieldsOf(name)[1]));
    } catch (error) {
      if (error.code !== 'ENOENT' && error.code !== 'ESRCH') throw error;
    }
  }
  const tree = [root];
  for (const pid of tree) tree.push(...[...parents].filter(([, parent]) => parent === pid).map(([child]) => child));
  return tree;
}

/** Seconds of user and system time that the processes have used. */
export function cpuSeconds(pids) {
  const ticks = pids.map((pid) => fieldsOf(pid).slice(11, 13).reduce((sum, field) => sum + Number(field), 0));
  return ticks.reduce((sum, one) => sum + one, 0) / TICKS_PER_SECOND;
}

/** Proportional set size, in MiB. */
export function memoryMiB(pids) {
  const kib = pids.map((pid) => Number(/^Pss: +(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))[1]));
  return kib.reduce((sum, one) => sum + one, 0) / 1024;
}

async function wrk(url, seconds) {
  const { stdout } = await promisify(execFile)('wrk',
    ['-t2', `-c${CONNECTIONS}`, `-d${seconds}s`, '--timeout', '10s', '-s', SCRIPT, url], { timeout: (seconds + 30) * 1000 });
  const result = JSON.parse(/^JSON (.*)$/m.exec(stdout)[1]);
  assert.equal(result.failed, 0, `${url}: ${stdout}`);
  return result;
}

/**
 * Loads a page: requests a second, percentiles of latency in ms, microseconds of the server's CPU time per request.
 * A server that answers too few for a 99th percentile is given more time.
 */
export async function load(url, pid, seconds, { cold = false, limit = 8 * seconds } = {}) {
  if (!cold) await wrk(url, WARM_UP_SECONDS);
  const pids = treeOf(pid);
  const before = cpuSeconds(pids);
  const { requests, us, p50, p99 } = await wrk(url, seconds);
  const used = cpuSeconds(pids) - before;
  if (requests < ENOUGH && 2 * seconds <= limit) return load(url, pid, 2 * seconds, { cold, limit });
  assert.ok(requests, `${url}: no answer in ${seconds} s`);
  return { rate: requests / us * 1e6, p50: p50 / 1e3, p99: p99 / 1e3, cpu: used / requests * 1e6 };
}

/** Milliseconds until the first byte of an answer to GET path; tries until something listens. */
export async function firstByte(port, path, since, limit = 10_000) {
  for (;;) {
    const answered = await new Promise((done) => {
      const socket = net.connect(port, '127.0.0.1', () => socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`));
      socket.once('data', () => { done(true); socket.destroy(); });
      socket.once('error', () => done(false));
    });
    const ms = performance.now() - since;
    if (answered) return ms;
    assert.ok(ms < limit, `no answer from port ${port} in ${limit} ms`);
    await sleep(1);
  }
}

export const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
