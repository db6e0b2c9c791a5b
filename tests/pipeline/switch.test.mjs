// How deploy/host/agent gives visitors from one release to the next, and what is left where it is broken off or nginx
// refuses: with the nginx of this machine, and the site's program itself where its container would be.
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { environment, freePort, get, makeDatabase, PROGRAM, ROOT, temporaryFolder, until } from '../http/harness.mjs';
import { find, whileAsked } from './world.mjs';

const skip = !find('nginx') && 'there is no nginx';
const [A, B, C] = ['a', 'b', 'c'].map((digit) => digit.repeat(40));
const lastLine = (out) => out.trimEnd().split('\n').at(-1);
const data = temporaryFolder();
const folder = join(temporaryFolder(), 'site');
let port;

// The agent without containers: a process in each slot, and no image to be had or removed.
const AGENT = `source "$AGENT"
has_systemd() { false; }
for each in need_programs podman pull remove_images has_settings; do eval "$each() { :; }"; done
runs() { [[ -f $folder/$1.pid ]] && kill -0 "$(<"$folder/$1.pid")" 2>/dev/null; }
stop_container() {
    ! runs "$1" || kill "$(<"$folder/$1.pid")"
    while runs "$1"; do sleep 0.05; done
}
start_container() {
    stop_container "$1"
    PORT=$2 setsid "$PROGRAM" serve >>"$folder/$1.log" 2>&1 9>&- &
    echo $! >"$folder/$1.pid"
}
end() { stop_proxy; stop_container blue; stop_container green; }
eval "$MORE"
"$command" "$@" < <(printf '\\n\\nALLOWED_HOSTS?=localhost\\n')`;

/** Calls it in a process group of its own, as a step of the pipeline is: { child, ended: { status, out } }. */
function call(words, { at = folder, more = '', ...env } = {}) {
  const child = spawn('bash', ['-c', AGENT, 'agent', at, ...words], {
    detached: true, stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...environment(data), AGENT: join(ROOT, 'deploy/host/agent'), PROGRAM, TRUSTED_PROXIES: '127.0.0.1', SECURE_SSL_REDIRECT: '0',
      SITE_TLS_PORT: '127.0.0.1:9', MORE: more, ...env },
  });
  let out = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => { out += text; });
  return { child, ended: once(child, 'close').then(([status]) => ({ status, out })) };
}
const release = (commit, options) => call(['release', `localhost/site@sha256:${commit}`, commit], options);
async function released(commit, options) {
  const { status, out } = await release(commit, options).ended;
  assert.equal(status, 0, out);
  return out;
}
const current = () => readFileSync(join(folder, 'current'), 'utf8').trim().split(' ');
const proxied = () => /server 127\.0\.0\.1:(\d+);/.exec(readFileSync(join(folder, 'nginx.conf'), 'utf8'))[1];
const front = async () => (await get(`http://127.0.0.1:${port}/`)).status;

/** A request that nginx waits for the rest of: nothing is released for good before it has ended, and it is. */
function slowUpload() {
  const socket = net.connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nabc');
  return socket;
}

/** Releases B until visitors have been sent there and an old worker still has a request, and sends the signal then. */
async function breakOff(signal) {
  const socket = slowUpload();
  const { child, ended } = release(B);
  const nginx = readFileSync(join(folder, 'nginx.pid'), 'utf8').trim();
  await until(() => spawnSync('ps', ['-o', 'args=', '--ppid', nginx], { encoding: 'utf8' }).stdout.includes('shutting down'), 20_000);
  process.kill(-child.pid, signal);
  setTimeout(() => socket.destroy(), 500);
  return ended;
}

before(async () => {
  if (skip) return;
  makeDatabase(data);
  mkdirSync(folder);
  port = await freePort();
  await released(C, { SITE_PORT: `127.0.0.1:${port}` });
});

test('a release serves, and the next takes over without a request lost', { skip }, async () => {
  assert.equal(readFileSync(join(folder, 'listen'), 'utf8'), `127.0.0.1:${port}\n`);
  assert.equal(await front(), 200);
  await whileAsked(front, released(A));
  assert.deepEqual([proxied(), current()[3]], [current()[1], A]);
  assert.match(await released(A), / is released already at /);
});

test('broken off in the middle of the switch, the release before serves on', { skip }, async () => {
  const { status, out } = await whileAsked(front, breakOff('SIGTERM'));
  assert.equal(status, 1);
  assert.equal(lastLine(out), `FAILED deploy: broken off: rolled back: ${A.slice(0, 12)} goes on serving; run it again`);
  assert.deepEqual([proxied(), current()[3]], [current()[1], A]);
  assert.match((await call(['status']).ended).out, /^serves at http/m);
});

test('killed in the middle of the switch, that is said, and no later release takes the site down', { skip }, async () => {
  await whileAsked(front, breakOff('SIGKILL'));
  assert.equal(current()[3], A);
  assert.notEqual(proxied(), current()[1]);
  assert.match((await call(['status']).ended).out, /^FAILED deploy: a release was broken off, and visitors come to it: /m);
  const other = current()[0] === 'blue' ? 'green' : 'blue';
  const left = Number(readFileSync(join(folder, `${other}.pid`), 'utf8'));
  process.kill(left, 0);
  assert.match(await whileAsked(front, released(A)), / is released already at /);
  assert.deepEqual([proxied(), current()[3]], [current()[1], A]);
  assert.throws(() => process.kill(left, 0));
});

test('refused: a port that another program has, also where that answers like a site', { skip }, async () => {
  const other = http.createServer((request, response) => response.end('<title>Another</title>')).listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port: taken } = other.address();
  for (const commit of [A, B]) {
    const { status, out } = await whileAsked(front, release(commit, { SITE_PORT: `127.0.0.1:${taken}` }).ended);
    assert.equal(status, 1, out);
    assert.equal(lastLine(out), `FAILED deploy: port 127.0.0.1:${taken} is taken: rolled back: ${A.slice(0, 12)} goes on serving; `
      + 'end what listens there, or set SITE_PORT or SITE_TLS_PORT to another');
    assert.equal(readFileSync(join(folder, 'listen'), 'utf8'), `127.0.0.1:${port}\n`);
    assert.deepEqual([proxied(), current()[3]], [current()[1], A]);
  }
  other.close();
});

test('a site moves to another port', { skip }, async () => {
  const next = await freePort();
  await released(A, { SITE_PORT: `127.0.0.1:${next}` });
  await assert.rejects(front());
  port = next;
  assert.equal(await front(), 200);
  assert.equal(readFileSync(join(folder, 'listen'), 'utf8'), `127.0.0.1:${port}\n`);
});

test('refused: an answer by another than the site\'s own nginx', { skip }, async () => {
  const other = http.createServer((request, response) => response.end('<title>Another</title>')).listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { status, out } = await whileAsked(front, release(B, { more: `proxy_url() { echo http://127.0.0.1:${other.address().port}; }` }).ended);
  other.close();
  assert.equal(status, 1, out);
  assert.match(lastLine(out), /^FAILED deploy: smoke test: it is not this site's nginx that answers at \S+: rolled back: a{12} goes on serving; /);
});

// A folder on a disk of its own, that is full from one step of the release on.
test('a disk that is full leaves the release before serving', { skip: skip || (process.getuid() !== 0 && 'needs root: a disk of its own') }, async (t) => {
  const small = temporaryFolder();
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', small]);
  const at = join(small, 'site');
  const here = await freePort();
  t.after(async () => {
    await call(['end'], { at }).ended;
    execFileSync('umount', ['-l', small]);
  });
  await released(A, { at, SITE_PORT: `127.0.0.1:${here}` });
  const kept = readFileSync(join(at, 'current'), 'utf8');
  for (const step of ['ask_container', 'ask_site']) {
    const full = `eval "real_$(declare -f ${step})"\n${step}() { cat /dev/zero >"$folder/full" 2>/dev/null; real_${step} "$@"; }`;
    const { status, out } = await release(B, { at, more: full }).ended;
    assert.equal(status, 1, out);
    assert.match(lastLine(out), /^FAILED deploy: .*: rolled back: a{12} goes on serving; .*(full|room)/);
    assert.equal(readFileSync(join(at, 'current'), 'utf8'), kept);
    assert.equal((await get(`http://127.0.0.1:${here}/`)).status, 200);
    rmSync(join(at, 'full'));
  }
});

after(async () => {
  if (existsSync(join(folder, 'env'))) await call(['end']).ended;
});
