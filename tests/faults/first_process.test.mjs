// Only on SQLite: connections are closed and processes renewed in the same way; tests/faults/balancer does it on PostgreSQL.
// The supervisor as process 1 of a container, whom the kernel spares the signals that it has no handler for.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { get, SANITIZED, startServer, temporaryFolder, TEST_PROGRAM, until } from '../http/harness.mjs';

const UNSHARE = ['--pid', '--fork', '--kill-child', ...(process.getuid() === 0 ? [] : ['--user', '--map-root-user'])];
const can = spawnSync('unshare', [...UNSHARE, 'true']).status === 0;
const skip = SANITIZED ? 'a sanitizer takes the signals itself' : can ? false : 'unshare cannot make a process namespace here';

const childrenOf = (pid) => readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
const stateOf = (pid) => readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/.*\) /, '')[0];

async function start(t) {
  const wrapper = join(temporaryFolder(), 'in-a-namespace');
  writeFileSync(wrapper, `#!/bin/sh\nexec unshare ${UNSHARE.join(' ')} ${TEST_PROGRAM} "$@"\n`, { mode: 0o755 });
  const server = await startServer({ program: wrapper, env: { WEB_CONCURRENCY: '1' } });
  const [first] = childrenOf(server.pid);
  t.after(() => { try { process.kill(first, 'SIGKILL'); } catch { /* it has ended */ } return server.stop({ status: 'any', signal: null }); });
  assert.match(readFileSync(`/proc/${first}/status`, 'utf8'), /^NSpid:\t\d+\t1$/m);
  return { server, first };
}

test('a fault is contained, a worker that ends is replaced, what lost its parent is reaped, and TERM ends it', { skip }, async (t) => {
  const { server, first } = await start(t);
  const before = await until(() => childrenOf(first).length === 2 && childrenOf(first)); // worker and clerk
  assert.equal((await get(`${server.url}/sentry-debug/`)).status, 500);
  assert.deepEqual(childrenOf(first), before);
  await assert.rejects(get(`${server.url}/probe/fault/heap/`));
  await server.logged(/msg="a process ended" role=worker .*exit=134/);
  assert.equal((await until(() => get(`${server.url}/healthz`).catch(() => null))).status, 200);
  spawnSync('nsenter', ['--pid', '--target', String(first), 'sh', '-c', '(sleep 0.3 &)']);
  await until(() => childrenOf(first).every((pid) => stateOf(pid) !== 'Z') && childrenOf(first).length === 2);
  process.kill(first, 'SIGTERM');
  assert.equal(await server.stop({ signal: null }), 0);
});

test('a fault of its own ends it, and all with it, and is an event after the next start', { skip }, async (t) => {
  const { server, first } = await start(t);
  const children = childrenOf(first);
  process.kill(first, 'SIGSEGV');
  await until(() => server.children().length === 0);
  for (const pid of children) await until(() => { try { process.kill(pid, 0); return false; } catch { return true; } });
  const [record] = readdirSync(join(server.dir, 'spool')).filter((name) => name.endsWith('.fault'));
  assert.match(readFileSync(join(server.dir, 'spool', record), 'utf8'), /"name":"SIGSEGV".*\n\{"kind":"command","route":"serve",/);
  assert.equal(await server.stop({ signal: null, status: 139 }), 139);
});
