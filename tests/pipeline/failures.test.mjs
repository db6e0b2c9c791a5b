// What the scripts say where a registry, a disk or a setting fails: one line that names step, cause and what to do.
// An image of one file is enough for that.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { temporaryFolder } from '../http/harness.mjs';
import { LOGIN, startRegistry } from './registry.mjs';
import { inContainers, withoutContainers, release, ROOT, run } from './world.mjs';

const skip = withoutContainers();
const COMMIT = 'f'.repeat(40);
const folder = temporaryFolder();
let registry;
let env;

/** A registry whose disk has so many kilobytes: its address. */
async function startSmallRegistry(kilobytes) {
  const home = join(folder, `registry-${kilobytes}`);
  mkdirSync(home);
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'tmpfs', home]);
  registry = await startRegistry(home, { login: true });
  return registry.address;
}

before(() => {
  if (skip) return;
  env = { ...inContainers(folder), CIRCLE_SHA1: COMMIT, ...LOGIN };
  execFileSync('sh', ['-c', 'head -c 2000000 /dev/urandom >file && tar -cf image.tar file'], { cwd: folder });
  execFileSync('podman', ['import', '-q', join(folder, 'image.tar'), 'localhost/small'], { env, stdio: 'ignore' });
});
after(async () => {
  await registry?.stop();
  release(folder);
});

const lastLine = (out) => out.trimEnd().split('\n').at(-1);
const push = (name, more) => run(['script/push'], { env: { ...env, Docker_tag_image: name, ...more }, limit: 60_000 });
async function refused(call, expected) {
  const { status, out } = await call;
  assert.notEqual(status, 0, out);
  assert.match(lastLine(out), expected);
  assert.doesNotMatch(out, /Traceback|unbound variable/);
}

test('push: an image that was not built, a wrong password, a disk of the registry that is full', { skip }, async () => {
  const name = `${await startSmallRegistry(500)}/acme/oc-lettings`;
  await refused(push(name), /^FAILED push: there is no image 127\.0\.0\.1:\d+\/acme\/oc-lettings:f{40}: run script\/image first$/);
  await refused(push(name, { Docker_password: 'no' }), /^FAILED push: login: 127\.0\.0\.1:\d+ refuses the login .*: check Docker_username and Docker_password/);
  execFileSync('podman', ['tag', 'localhost/small', `${name}:${COMMIT}`], { env });
  await refused(push(name), /^FAILED push: push of 127\.0\.0\.1:\d+\/acme\/oc-lettings:f{40}: 127\.0\.0\.1:\d+ has a fault of its own: look at its log and whether its disk is full/);
});

// What clients write, of Docker and podman.
for (const [said, expected] of [
  ['denied: requested access to the resource is denied', /^FAILED bash: push: \S+ refuses the login or the right to write: check Docker_username/],
  ['unauthorized: incorrect username or password', /refuses the login/],
  ['Error: writing blob: storing blob to file "/var/tmp/storage1/1": write /var/tmp/storage1/1: no space left on device', /^FAILED bash: push: the disk of this machine is full: make room, for example by '\w+ image prune'$/],
  ['dial tcp: lookup registry.example.com: no such host', /does not answer: look whether it is up and can be reached/],
  ['net/http: TLS handshake timeout', /does not answer/],
  ['received unexpected HTTP status: 503 Service Unavailable', /has a fault of its own/],
  ['toomanyrequests: You have reached your unauthenticated pull rate limit.', /push: \S+ takes no more requests for now: wait some hours or log in/],
  ['received unexpected HTTP status: 429 Too Many Requests', /takes no more requests for now/],
  ['Get "https://r/v2/": x509: certificate has expired or is not yet valid', /push: \S+ has a certificate that is not trusted here: see the lines above/],
  ['dial tcp: lookup r on 127.0.0.53:53: server misbehaving', /does not answer: look whether it is up and can be reached from here, by its name too/],
  ['Get "https://r/v2/": context deadline exceeded', /does not answer/],
  ['something else', /^FAILED bash: push: something else: see the lines above$/],
]) {
  test(`said of a registry: ${said.slice(0, 60)}`, () => {
    const path = join(temporaryFolder(), 'said');
    writeFileSync(path, said);
    const { status, stderr } = spawnSync('bash', ['-c', '. script/lib.sh; . deploy/release.sh; explain "$1" push', 'bash', path], { cwd: ROOT, encoding: 'utf8' });
    assert.equal(status, 1);
    assert.match(stderr.trimEnd(), expected);
  });
}

for (const [said, expected] of [
  ['Error response from daemon: toomanyrequests: You have reached your unauthenticated pull rate limit.', /^FAILED bash: the base image debian:x cannot be had: Docker Hub takes no more requests for now: wait some hours or log in, .*; or, as root, script\/bootstrap pipeline /],
  ['write /var/tmp/storage1: no space left on device', /^FAILED bash: the base image debian:x cannot be had: the disk of this machine is full: make room, [^;]*$/],
  ['dial tcp: lookup registry-1.docker.io: no such host', /^FAILED bash: the base image debian:x cannot be had: Docker Hub does not answer: look whether it is up /],
]) {
  test(`said of the base: ${said.slice(0, 60)}`, () => {
    const path = join(temporaryFolder(), 'said');
    writeFileSync(path, said);
    const { status, stderr } = spawnSync('bash', ['-c', '. script/lib.sh; . deploy/release.sh; explain_pull "$1" debian:x', 'bash', path], { cwd: ROOT, encoding: 'utf8' });
    assert.equal(status, 1);
    assert.match(stderr.trimEnd(), expected);
  });
}

const pipeline = (words, more) => run(['script/pipeline', ...words], { env: { ...env, CIRCLE_SHA1: '', PIPELINE_HOME: join(folder, 'home'), ...more }, limit: 120_000 });

test('pipeline: a commit, contexts and a folder that are not there', { skip }, async () => {
  await refused(pipeline(['nothing']), /^FAILED pipeline: there is no commit nothing: commit first, or name another$/);
  await refused(pipeline(['--contexts', join(folder, 'none')]), /^FAILED pipeline: the contexts cannot be read: .*none.*: name a file of KEY=VALUE/);
  await refused(pipeline([], { PIPELINE_HOME: join(folder, 'image.tar') }), /^FAILED pipeline: \S+image\.tar cannot be made: /);
});

test('pipeline: a port of the registry that another has', { skip }, async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address();
  mkdirSync(join(folder, 'home/registry'), { recursive: true });
  writeFileSync(join(folder, 'home/registry/port'), `${port}\n`);
  await refused(pipeline([]), new RegExp(`^FAILED pipeline: the registry does not start on port ${port}: end what listens there, or remove \\S+ to have another$`));
  other.close();
});

test('pipeline: a disk that is full', { skip }, async () => {
  const small = join(folder, 'small');
  mkdirSync(small);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=200k', 'tmpfs', small]);
  const contexts = join(folder, 'contexts');
  writeFileSync(contexts, '[Basic secured data]\n');
  await refused(pipeline(['--contexts', contexts], { TMPDIR: small }), /^FAILED pipeline: the commit cannot be checked out into \S+: make room there, or set TMPDIR/);
});

const deploy = (words, more) => spawnSync('script/deploy', words, { cwd: ROOT, encoding: 'utf8',
  env: { ...process.env, DEPLOY_TARGET: '', DEPLOY_SERVER: '', SSH_FLAGS: '-p 9', ...more } });
test('deploy: the server of DEPLOY_SERVER, with a command behind `host`', { skip }, () => {
  for (const word of ['rollback', 'status']) {
    const { status, stderr } = deploy(['host', word], { DEPLOY_SERVER: 'nobody@127.0.0.1' });
    assert.equal(status, 1);
    assert.match(lastLine(stderr), /^FAILED deploy: nobody@127\.0\.0\.1 cannot be reached by ssh: /);
  }
  assert.match(lastLine(deploy(['host', 'nobody@127.0.0.2', 'rollback'], { DEPLOY_SERVER: 'nobody@127.0.0.1' }).stderr), /nobody@127\.0\.0\.2 cannot be reached/);
});
test('deploy: no server, and a word too many', { skip }, () => {
  for (const [words, more] of [[['host']], [['host', 'rollback']], [['host', 'nobody@127.0.0.1', 'status', 'now']], [['local', 'nobody@127.0.0.1', 'status']]]) {
    const { status, stderr } = deploy(words, more);
    assert.equal(status, 2);
    assert.match(stderr, /^script\/deploy \[heroku \| host/);
  }
});
