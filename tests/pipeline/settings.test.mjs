// The settings that a release brings to a machine, and what the machine makes of them.
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { temporaryFolder, until } from '../http/harness.mjs';
import { inContainers, withoutContainers, release, ROOT, run } from './world.mjs';

const skip = withoutContainers();
const folder = temporaryFolder();
const lines = (text) => text.split('\n').filter(Boolean);
let env;

before(() => {
  if (!skip) env = inContainers(folder);
});
after(() => release(folder));

// A machine has its settings also where the registry has no image for it, and they are what is looked at here.
test('a machine takes what it has no setting for, and leaves what it has', { skip }, async () => {
  const site = join(folder, 'site');
  const registry = http.createServer((request, response) => response.writeHead(404).end()).listen(0, '127.0.0.1');
  await once(registry, 'listening');
  const take = async (text) => (await run([join(ROOT, 'deploy/host/agent'), site, 'release', `127.0.0.1:${registry.address().port}/x@sha256:${'0'.repeat(64)}`, 'a'.repeat(40)],
    { env: { ...env, SITE_PORT: '127.0.0.1:9' }, input: `acme\npassword\n${text}` })).out;
  const settings = () => Object.fromEntries(lines(readFileSync(join(site, 'env'), 'utf8')).map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
  await take('ALLOWED_HOSTS?=localhost\n');
  const { SECRET_KEY: made, ...rest } = settings();
  assert.match(made, /^[\w-]{64}$/);
  assert.deepEqual(rest, { ALLOWED_HOSTS: 'localhost' });
  assert.doesNotMatch(await take('ALLOWED_HOSTS?=localhost\nALLOWED_HOSTS=www.example.com\n'), /which counts/);
  assert.equal(settings().ALLOWED_HOSTS, 'www.example.com');
  writeFileSync(join(site, 'env'), `SECRET_KEY=${made}\nSENTRY_DSN=\nALLOWED_HOSTS=mine`); // as an editor may leave it
  const said = await take('ALLOWED_HOSTS?=localhost\nSENTRY_DSN=https://public@example.com/1?a=b\nSECRET_KEY=other\n');
  assert.deepEqual(settings(), { SECRET_KEY: made, SENTRY_DSN: 'https://public@example.com/1?a=b', ALLOWED_HOSTS: 'mine' });
  assert.match(said, /^SECRET_KEY is another than that of \S+\/site\/env, which counts: change it there$/m);
  assert.doesNotMatch(said, /ALLOWED_HOSTS|other$/m);
  assert.match(await take('ALLOWED_HOSTS?=localhost\nALLOWED_HOSTS=www.example.com\n'), /^ALLOWED_HOSTS is another/m);
  assert.equal(settings().ALLOWED_HOSTS, 'mine');
  registry.close();
});

test('what is sent to a machine: a secret as it is set, no setting that is empty, none of two lines', { skip }, () => {
  const send = (settings) => spawnSync('bash', ['-c', '. script/lib.sh; . deploy/release.sh; target=local; . deploy/machine.sh; site_settings'],
    { cwd: ROOT, encoding: 'utf8', env: { PATH: process.env.PATH, ...settings } });
  assert.deepEqual(lines(send({ SECRET_KEY: 'k=1', SENTRY_DSN: '' }).stdout),
    ['ALLOWED_HOSTS?=localhost,127.0.0.1', 'TRUSTED_PROXIES?=127.0.0.1', 'SECURE_SSL_REDIRECT?=0', 'SECRET_KEY=k=1']);
  const { status, stderr } = send({ SENTRY_DSN: 'https://x\nDEBUG=1' });
  assert.equal(status, 1);
  assert.match(stderr, /^FAILED bash: SENTRY_DSN has a line break: set it again, without one$/m);
});

// The machine's part is one that has something to take back when it is told to end.
const RELEASE = `. script/lib.sh; . deploy/release.sh; target=local; . deploy/machine.sh
pushed_digest() { echo sha256:0; }
tell_sentry() { echo told; }
agent() { bash -c 'trap "sleep 1; echo led back; exit 1" TERM; echo begun; while :; do sleep 0.1; done'; }
deploy_release`;
test('a deployment that is told to end waits for the machine to lead visitors back', async () => {
  const child = spawn('bash', ['-c', RELEASE], { cwd: ROOT, detached: true, stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, Docker_tag_image: 'localhost/x', CIRCLE_SHA1: 'a'.repeat(40) } });
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (text) => { out += text; });
  await until(() => out === 'begun\n');
  process.kill(-child.pid);
  const [status] = await once(child, 'close');
  assert.deepEqual([status, out], [1, 'begun\nled back\n']);
});

test('a folder may have spaces in its path, with a certificate too', { skip }, async () => {
  const site = join(folder, 'the site');
  mkdirSync(join(site, 'tls'), { recursive: true });
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-subj', '/CN=localhost',
    '-keyout', join(site, 'tls/privkey.pem'), '-out', join(site, 'tls/fullchain.pem')], { stdio: 'ignore' });
  const { out } = await run([join(ROOT, 'deploy/host/agent'), site, 'release', `127.0.0.1:9/x@sha256:${'0'.repeat(64)}`, 'a'.repeat(40)],
    { env: { ...env, SITE_PORT: '127.0.0.1:9', SITE_TLS_PORT: '127.0.0.1:10' }, input: 'acme\npassword\nALLOWED_HOSTS?=localhost\n' });
  assert.match(out, /^FAILED deploy: 127\.0\.0\.1:9 does not answer: /m);
});

// The agent's functions without its command, writing units here instead of where systemd looks.
const UNITS = `source "$AGENT"
has_systemd() { true; }
system() { true; }
proxy_runs() { true; }
unit_folder() { echo "$folder/units"; }
echo SECRET_KEY=1 >"$folder/env"
start_container blue 8001 localhost/image
start_proxy`;
test('the units for systemd are right where a path has spaces', { skip: skip || (spawnSync('systemd-analyze', ['--version']).status !== 0 && 'there is no systemd-analyze') }, () => {
  const site = join(folder, 'its units');
  execFileSync('bash', ['-c', UNITS, 'agent', site, 'none'], { env: { ...env, AGENT: join(ROOT, 'deploy/host/agent') } });
  const units = readdirSync(join(site, 'units'));
  assert.equal(units.length, 2);
  const text = units.map((name) => readFileSync(join(site, 'units', name), 'utf8')).join('');
  assert.ok(text.includes(` "-v" "${site}/data:/data:rw" `), text);
  assert.ok(text.includes(` -c "${site}/nginx.conf" `), text);
  // What is edited later does not reach what restarts meanwhile.
  writeFileSync(join(site, 'env'), 'SECRET_KEY=2\n');
  assert.ok(text.includes(` "--env-file" "${site}/env.blue" `), text);
  assert.equal(readFileSync(join(site, 'env.blue'), 'utf8'), 'SECRET_KEY=1\n');
  assert.equal(statSync(join(site, 'env.blue')).mode & 0o777, 0o600);
  for (const name of units) {
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', join(site, 'units', name)], { encoding: 'utf8' });
    assert.deepEqual([status, stderr], [0, '']);
  }
});

test('refused: a folder that no program could be told, and a state that is empty', { skip }, async () => {
  const call = async (...words) => (await run([join(ROOT, 'deploy/host/agent'), ...words], { env })).out;
  for (const name of ['a"b', 'a$b', 'a:b', 'a%b', 'a;b', 'a\\b', 'a\nb']) {
    assert.match(await call(join(folder, name), 'status'), /^FAILED deploy: the folder .* cannot be used: name one without /);
    assert.equal(existsSync(join(folder, name)), false);
  }
  const site = join(folder, 'empty');
  mkdirSync(site);
  for (const name of ['current', 'previous']) writeFileSync(join(site, name), '');
  assert.match(await call(site, 'status'), /^FAILED deploy: nothing is released in /);
  assert.match(await call(site, 'rollback'), /^FAILED deploy: there is no earlier release: /);
});

test('the name that a release asks by is one that the site answers to', () => {
  for (const [hosts, name] of [['www.example.com,localhost', 'www.example.com'], [' .example.com , localhost', 'example.com'], ['*', 'localhost'], ['[::1]:8000', '[::1]:8000']]) {
    const site = join(folder, 'named');
    mkdirSync(site, { recursive: true });
    writeFileSync(join(site, 'env'), `ALLOWED_HOSTS=${hosts}\n`);
    assert.equal(spawnSync('bash', ['-c', 'source "$AGENT"; site_name', 'agent', site, 'none'],
      { encoding: 'utf8', env: { ...process.env, AGENT: join(ROOT, 'deploy/host/agent') } }).stdout, `${name}\n`);
  }
});

test('refused: hosts in quotes, or from an editor of Windows', { skip }, async () => {
  const site = join(folder, 'quoted');
  mkdirSync(site);
  for (const hosts of ['"localhost"', "'localhost'", 'localhost\r']) {
    writeFileSync(join(site, 'env'), `ALLOWED_HOSTS=${hosts}\n`);
    const { status, out } = await run([join(ROOT, 'deploy/host/agent'), site, 'release', `127.0.0.1:9/x@sha256:${'0'.repeat(64)}`, 'a'.repeat(40)],
      { env, input: 'acme\npassword\n' });
    assert.equal(status, 1);
    assert.match(out, /^FAILED deploy: ALLOWED_HOSTS in \S+\/env has a character that no host has: write it there without quotes, /m);
  }
});
