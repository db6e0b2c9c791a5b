// The units for systemd: that they are right and shut in, and that the site serves on the socket that one opens for it.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { environment, freePort, get, makeDatabase, PROGRAM, ROOT, temporaryFolder, until } from '../http/harness.mjs';

const UNITS = ['oc-lettings.service', 'oc-lettings.socket'];
const missing = (name) => spawnSync('sh', ['-c', `command -v ${name}`]).status !== 0 && `there is no ${name}`;

/** The units as they are, but for where the program lies: here it need not be installed. */
function copies(change = (text) => text) {
  const dir = temporaryFolder();
  for (const name of UNITS) {
    const text = readFileSync(join(ROOT, 'deploy/systemd', name), 'utf8').replaceAll('/usr/local/bin/oc-lettings', PROGRAM);
    writeFileSync(join(dir, name), change(text));
  }
  return UNITS.map((name) => join(dir, name));
}
const analyze = (...words) => spawnSync('systemd-analyze', words, { encoding: 'utf8', env: { ...process.env, SYSTEMD_COLORS: '0' } });

test('systemd finds nothing wrong with the units', { skip: missing('systemd-analyze') }, () => {
  const { status, stderr } = analyze('verify', ...copies());
  assert.deepEqual([status, stderr], [0, '']);
  assert.match(analyze('verify', ...copies((text) => text.replace('UMask=0077', 'Umask=7'))).stderr, /Unknown key.* 'Umask'/);
});

test('what the service may do is little', { skip: missing('systemd-analyze') }, () => {
  const exposure = (path) => Number(/Overall exposure level for \S+: ([\d.]+)/.exec(analyze('security', '--offline=true', '--no-pager', path).stdout)[1]);
  assert.ok(exposure(copies()[0]) <= 1.5);
  assert.ok(exposure(copies((text) => text.replace(/^(Protect|Restrict|Private).*\n/gm, ''))[0]) > 3);
});

test('the site serves on a socket that it is given', { skip: missing('systemd-socket-activate') }, async (t) => {
  const dir = temporaryFolder();
  makeDatabase(dir);
  const port = await freePort();
  const settings = { ...environment(dir), PORT: '1' }; // where it would listen by itself
  const child = spawn('systemd-socket-activate', ['-l', `127.0.0.1:${port}`, ...Object.entries(settings).flatMap(([name, value]) => ['-E', `${name}=${value}`]),
    PROGRAM, 'serve'], { cwd: dir, stdio: 'ignore' });
  const ended = once(child, 'exit');
  t.after(async () => {
    child.kill();
    assert.deepEqual(await ended, [0, null]);
  });
  await until(async () => (await get(`http://127.0.0.1:${port}/healthz`).catch(() => null))?.status === 200, 20_000);
  assert.equal((await get(`http://127.0.0.1:${port}/`)).status, 200);
});
