// script/deploy host: a machine over ssh (this one, by an sshd of the test's own), with its own podman and nginx.
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { freePort, get, until } from '../http/harness.mjs';
import { KEPT, makeClone, makeWorld, unable, whileAsked } from './world.mjs';

const skip = unable() || (!existsSync('/usr/sbin/sshd') && 'there is no sshd');
const lastLine = (out) => out.trimEnd().split('\n').at(-1);
const children = [];
let world;
let clone;
let git;
let env;
let port;
let folder;

async function startRegistry() {
  const home = join(world.folder, 'registry');
  const at = await freePort();
  mkdirSync(home);
  writeFileSync(join(home, 'htpasswd'), execFileSync('htpasswd', ['-Bin', 'acme'], { input: 'password' }));
  writeFileSync(join(home, 'config.yml'), `version: 0.1
log: {level: warn}
storage: {filesystem: {rootdirectory: ${home}/data}}
http: {addr: "127.0.0.1:${at}"}
auth: {htpasswd: {realm: test, path: ${home}/htpasswd}}
`);
  children.push(spawn('docker-registry', ['serve', join(home, 'config.yml')], { env: world.env, stdio: 'ignore' }));
  await until(async () => (await get(`http://127.0.0.1:${at}/v2/`).catch(() => null)) !== null);
  return at;
}

async function startSshd() {
  const home = join(world.folder, 'ssh');
  const at = await freePort();
  mkdirSync(home, { mode: 0o700 });
  mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  for (const key of ['host', 'user']) execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(home, key)]);
  writeFileSync(join(home, 'config'), `Port ${at}
ListenAddress 127.0.0.1
HostKey ${home}/host
PidFile none
AuthorizedKeysFile ${home}/user.pub
StrictModes no
PasswordAuthentication no
PermitRootLogin yes
SetEnv CONTAINERS_CONF=${world.env.CONTAINERS_CONF} CONTAINERS_STORAGE_CONF=${world.env.CONTAINERS_STORAGE_CONF} BOOT_LIMIT=60
`);
  writeFileSync(join(home, 'known'), `[127.0.0.1]:${at} ${readFileSync(join(home, 'host.pub'), 'utf8')}`);
  children.push(spawn('/usr/sbin/sshd', ['-D', '-f', join(home, 'config')], { stdio: 'ignore' }));
  await until(() => spawnSync('ssh-keyscan', ['-p', String(at), '127.0.0.1'], { encoding: 'utf8' }).stdout !== '');
  return `-p ${at} -i ${home}/user -o UserKnownHostsFile=${home}/known -o IdentitiesOnly=yes`;
}

before(async () => {
  if (skip) return;
  world = makeWorld('machine');
  ({ clone, git } = await makeClone(world));
  const registry = await startRegistry();
  port = await freePort();
  folder = join(world.folder, 'the site');
  env = {
    ...world.env, Docker_tag_image: `127.0.0.1:${registry}/acme/oc-lettings`, Docker_username: 'acme', Docker_password: 'password',
    SITE_FOLDER: folder, SITE_PORT: `127.0.0.1:${port}`, SSH_FLAGS: await startSshd(),
  };
  await push();
});

const head = () => execFileSync('git', ['rev-parse', 'HEAD'], { cwd: clone, env: world.env }).toString().trim();
const call = (words, more = {}) => world.run(words, { cwd: clone, env: { ...env, ...more } });
const deploy = (word, more) => call(['script/deploy', 'host', 'root@127.0.0.1', word], more);
const front = async () => (await get(`http://127.0.0.1:${port}/`)).status;
async function push() {
  execFileSync('podman', ['tag', KEPT, `${env.Docker_tag_image}:${head()}`], { env: world.env });
  const { status, out } = await call(['script/push']);
  assert.equal(status, 0, out);
}

// A commit more, whose image differs from the last one by these lines; pushed.
async function variant(lines) {
  const context = join(world.folder, 'context');
  mkdirSync(context, { recursive: true });
  for (const program of ['dash', 'sleep']) copyFileSync(`/usr/bin/${program}`, join(context, program));
  writeFileSync(join(context, 'Dockerfile'), `FROM ${KEPT}\n${lines}\n`);
  git('commit', '-q', '--allow-empty', '-m', lines);
  execFileSync('podman', ['build', '-q', '-t', `${env.Docker_tag_image}:${head()}`, context],
    { env: { ...world.env, BUILDAH_FORMAT: 'docker' }, stdio: 'ignore' });
  const { status, out } = await call(['script/push']);
  assert.equal(status, 0, out);
}

for (const [name, command, more, expected] of [
  ['a machine that cannot be reached', 'release', { SSH_FLAGS: '-p 9' }, /^FAILED deploy: root@127\.0\.0\.1 cannot be reached by ssh: /],
  ['a wrong password for the registry', 'release', { Docker_password: 'no' }, /^FAILED deploy: .*127\.0\.0\.1:\d+ refuses the login.*: check Docker_username/],
  ['a registry that is down', 'release', { Docker_tag_image: '127.0.0.1:9/acme/oc-lettings' }, /^FAILED deploy: image .*127\.0\.0\.1:9 does not answer: look whether it is up/],
  ['a rollback of nothing', 'rollback', {}, /^FAILED deploy: there is no earlier release: /],
  ['the state of nothing', 'status', {}, /^FAILED deploy: nothing is released in /],
]) {
  test(`refused: ${name}`, { skip }, async () => {
    const { status, out } = await deploy(command, more);
    assert.notEqual(status, 0);
    assert.match(lastLine(out), expected);
  });
}

test('a key and the machine\'s own may come in variables', { skip }, async () => {
  const [, at, home] = /-p (\d+) -i (\S+)\/user /.exec(env.SSH_FLAGS);
  const variables = {
    SSH_FLAGS: `-p ${at}`, DEPLOY_SSH_KEY: readFileSync(join(home, 'user')).toString('base64'),
    DEPLOY_KNOWN_HOSTS: readFileSync(join(home, 'known'), 'utf8'),
  };
  assert.match(lastLine((await deploy('status', variables)).out), /^FAILED deploy: nothing is released in /);
  for (const [name, value, expected] of [
    ['DEPLOY_SSH_KEY', 'no base64', /^FAILED deploy: DEPLOY_SSH_KEY is no base64: /],
    ['DEPLOY_KNOWN_HOSTS', `[127.0.0.1]:${at} ssh-ed25519 AAAA`, /^FAILED deploy: root@127\.0\.0\.1 cannot be reached by ssh: /],
  ]) {
    const { status, out } = await deploy('status', { ...variables, [name]: value });
    assert.equal(status, 1, out);
    assert.match(lastLine(out), expected);
  }
});

test('refused: a port that another has', { skip }, async () => {
  const other = createServer().listen(port, '127.0.0.1');
  const { status, out } = await deploy('release');
  other.close();
  assert.equal(status, 1, out);
  assert.match(lastLine(out), /^FAILED deploy: port 127\.0\.0\.1:\d+ is taken: end what listens there, or set SITE_PORT/);
  assert.equal(existsSync(join(folder, 'current')), false);
});

test('a release serves, keeps its settings to itself, and is there once', { skip }, async () => {
  const { status, out } = await deploy('release');
  assert.equal(status, 0, out);
  assert.match(lastLine(out), new RegExp(`^released ${head().slice(0, 12)} at http://127\\.0\\.0\\.1:${port}$`));
  assert.equal(await front(), 200);
  assert.doesNotMatch(out, /password/);
  assert.equal(execFileSync('stat', ['-c', '%a', join(folder, 'env')]).toString().trim(), '600');
  assert.match(lastLine((await deploy('release')).out), / is released already at /);
  assert.match((await deploy('status')).out, /^serves at http/m);
  assert.match((await deploy('logs')).out, /msg=request /);
});

const podman = (...words) => execFileSync('podman', words, { env: world.env, encoding: 'utf8' });
const serving = () => JSON.parse(podman('inspect', podman('ps', '-q').trim()))[0];

test('settings that were edited count at the next release of the same commit, without a request lost', { skip }, async () => {
  const before = serving();
  writeFileSync(join(folder, 'env'), `${readFileSync(join(folder, 'env'), 'utf8')}SENTRY_ENVIRONMENT=trial\n`);
  const { status, out } = await whileAsked(front, deploy('release'));
  assert.equal(status, 0, out);
  assert.match(lastLine(out), /^released /);
  const now = serving();
  assert.notEqual(now.Id, before.Id);
  assert.ok(now.Config.Env.includes('SENTRY_ENVIRONMENT=trial'));
  assert.equal(existsSync(join(folder, 'previous')), false);
  assert.match(lastLine((await deploy('release')).out), / is released already at /);
});

test('with a certificate the front speaks TLS, and leads there who comes without', { skip }, async () => {
  const tls = join(folder, 'tls');
  const at = await freePort();
  mkdirSync(tls);
  const make = (key) => execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '7',
    '-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', join(tls, key), '-out', join(tls, 'fullchain.pem')], { stdio: 'ignore' });
  make('privkey.pem');
  make('other.pem');
  const refused = await deploy('release', { SITE_TLS_PORT: `127.0.0.1:${at}` });
  assert.match(lastLine(refused.out), /^FAILED deploy: nginx refuses its settings: see the lines above: the certificate and its key are /);
  assert.equal(await front(), 200);
  copyFileSync(join(tls, 'other.pem'), join(tls, 'privkey.pem'));
  const { status, out } = await deploy('release', { SITE_TLS_PORT: `127.0.0.1:${at}` });
  assert.equal(status, 0, out);
  assert.match(lastLine(out), new RegExp(`is released already at https://127\\.0\\.0\\.1:${at}$`));
  const plain = await get(`http://127.0.0.1:${port}/lettings/?page=2`);
  assert.deepEqual([plain.status, plain.headers.location], [301, `https://127.0.0.1:${at}/lettings/?page=2`]);
  const curl = spawnSync('curl', ['-sS', '--cacert', join(tls, 'fullchain.pem'), '-w', '%{http_code} %{http_version}', '-o', '/dev/null', `https://127.0.0.1:${at}/`], { encoding: 'utf8' });
  assert.equal(curl.stdout, '200 2', curl.stderr);
  rmSync(tls, { recursive: true });
  assert.equal((await deploy('release')).status, 0);
  assert.equal(await front(), 200);
});

test('a migration that fails leaves the release before it serving', { skip }, async () => {
  await variant('ENV TIME_ZONE=Nowhere/Atall');
  const { status, out } = await deploy('release');
  assert.equal(status, 1, out);
  assert.match(lastLine(out), /^FAILED deploy: the migration failed: nothing is released, [0-9a-f]{12} goes on serving; /);
  assert.match(out, /TIME_ZONE is "Nowhere/);
  assert.equal(await front(), 200);
});

test('an image that does not answer on its PORT leaves the release before it serving', { skip }, async () => {
  await variant('COPY dash sleep /\nENTRYPOINT ["/dash", "-c", "[ $0 = migrate ] || /sleep 100"]');
  const { status, out } = await call(['script/deploy', 'local'], { BOOT_LIMIT: '3' });
  assert.equal(status, 1, out);
  assert.match(lastLine(out), /^FAILED deploy: the new release did not answer on its PORT within 3 s: rolled back: [0-9a-f]{12} goes on serving; /);
  assert.equal(await front(), 200);
});

test('the images of this release and the one before it are kept, and no other', { skip }, async () => {
  const names = () => podman('images', '--filter', 'reference=localhost/oc-lettings-*', '--format', '{{.Repository}}:{{.Tag}}').trim().split('\n');
  const kept = () => names().map((name) => name.split(':').at(-1)).sort();
  const digests = () => ['current', 'previous'].map((file) => readFileSync(join(folder, file), 'utf8').split(' ')[2].split(':').at(-1)).sort();
  for (const line of ['ENV FIRST=1', 'ENV SECOND=1']) {
    await variant(line);
    const { status, out } = await deploy('release');
    assert.equal(status, 0, out);
  }
  assert.deepEqual(kept(), digests());
  const { status, out } = await deploy('rollback');
  assert.equal(status, 0, out);
  assert.deepEqual(kept(), digests());
  podman('rmi', ...names().filter((name) => name !== serving().ImageName));
  assert.match(lastLine((await deploy('rollback')).out), /^FAILED deploy: the image of [0-9a-f]{12} is not on this machine any more: check that commit out and release it/);
  assert.equal(await front(), 200);
});

test('a disk that is full is said', { skip }, async () => {
  const small = join(world.folder, 'small');
  mkdirSync(small);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', small]);
  writeFileSync(join(world.folder, 'small.conf'), `[storage]\ndriver = "overlay"\ngraphroot = "${small}/storage"\nrunroot = "${small}/run"\n`);
  const full = { CONTAINERS_STORAGE_CONF: join(world.folder, 'small.conf'), SITE_FOLDER: join(world.folder, 'full') };
  const withBase = join(world.folder, 'small-base.conf');
  writeFileSync(withBase, readFileSync(world.env.CONTAINERS_STORAGE_CONF, 'utf8').replaceAll(`${world.folder}/`, `${small}/`));
  const built = await call(['script/image'], { CONTAINERS_STORAGE_CONF: withBase, IMAGE_BUILD_FLAGS: `${world.env.IMAGE_BUILD_FLAGS} --no-cache` });
  const { status, out } = await call(['script/deploy', 'local'], full);
  execFileSync('sh', ['-c', 'for m in $(cut -d " " -f 2 /proc/mounts | grep "^$1" | sort -r); do umount "$m"; done', 'sh', small]);
  assert.equal(status, 1, out);
  assert.match(lastLine(out), /^FAILED deploy: the disk of this machine is full: make room/);
  assert.match(lastLine(built.out), /^FAILED image: the disk is full: make room/);
});

// No hook: what is left open after the last test ends this process.
test('all that was started ends', { skip }, async () => {
  await deploy('stop');
  await Promise.all(children.map((child) => new Promise((done) => {
    child.on('exit', done);
    child.kill();
  })));
  const left = execFileSync('podman', ['ps', '-aq'], { env: world.env }).toString();
  world.end();
  assert.equal(left, '');
  assert.equal(existsSync(world.folder), false);
});
