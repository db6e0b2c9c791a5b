// The scripts that push and release, unchanged and under the services' real names, in a network that nothing can leave.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { enterCloud, makeClone, makeWorld, provideImage, unable } from './world.mjs';

const skip = unable();
const ACCOUNT = {
  Docker_tag_image: 'acme/oc-lettings', Docker_username: 'acme', Docker_password: 'hub-password',
  HEROKU_APP_NAME: 'holiday-homes', HEROKU_API_KEY: 'test-key', POLL_SECONDS: '0.5', BOOT_LIMIT: '90',
};
const ROUTER = 'https://holiday-homes-0123456789ab.herokuapp.com';
const lastLine = (out) => out.trimEnd().split('\n').at(-1);
let world;
let cloud;
let clone;
let git;

before(async () => {
  if (skip) return;
  world = makeWorld('heroku');
  ({ clone, git } = await makeClone(world));
  await provideImage(world, clone, head());
  cloud = await enterCloud(world);
});
after(async () => {
  await cloud?.end();
  world?.end();
});

const head = () => execFileSync('git', ['rev-parse', 'HEAD'], { cwd: clone, env: world.env }).toString().trim();
const call = (words, env = {}) => cloud.run(words, { cwd: clone, env: { ...ACCOUNT, ...env } });
const deploy = (...words) => call(['script/deploy', 'heroku', ...words]);
const setConfig = (values) => cloud.run(['curl', '-sS', '--fail', '-X', 'PATCH', '-H', 'Authorization: Bearer test-key',
  '-H', 'Accept: application/vnd.heroku+json; version=3', '-d', JSON.stringify(values), 'https://api.heroku.com/apps/holiday-homes/config-vars']);
const front = async () => (await cloud.run(['curl', '-sS', '-o', '/dev/null', '-w', '%{http_code}', `${ROUTER}/`])).out;

// A commit whose image is the last one with another first process: `script` decides what it does.
async function variant(message, dockerfile) {
  const from = head();
  git('commit', '-q', '--allow-empty', '-m', message);
  writeFileSync(join(world.folder, 'Variant'), `FROM docker.io/acme/oc-lettings:${from}\n${dockerfile}\n`);
  const { status, out } = await world.run(['podman', 'build', '-q', '-f', join(world.folder, 'Variant'),
    '--label', `org.opencontainers.image.revision=${head()}`, '-t', `docker.io/acme/oc-lettings:${head()}`, world.folder + '/cloud'],
  { env: { ...world.env, BUILDAH_FORMAT: 'docker' } });
  assert.equal(status, 0, out);
  const pushed = await call(['script/push']);
  assert.equal(pushed.status, 0, pushed.out);
}
const back = () => git('reset', '-q', '--hard', 'HEAD~1');

for (const [name, words, env, expected] of [
  ['push without a name', ['script/push'], { Docker_tag_image: '' }, /^FAILED push: Docker_tag_image is not set: .*docs\/deploy\.md/],
  ['push without a password', ['script/push'], { Docker_password: '' }, /^FAILED push: Docker_password is not set: /],
  ['push with a wrong password', ['script/push'], { Docker_password: 'no' }, /^FAILED push: login: docker\.io refuses the login .*check Docker_username and Docker_password/],
  ['push to a registry that is down', ['script/push'], { Docker_tag_image: 'localhost:9/acme/oc-lettings' }, /^FAILED push: .*does not answer/],
  ['deploy without an app', ['script/deploy'], { HEROKU_APP_NAME: '' }, /^FAILED deploy: HEROKU_APP_NAME is not set: /],
  ['deploy without a key', ['script/deploy'], { HEROKU_API_KEY: '' }, /^FAILED deploy: HEROKU_API_KEY is not set: /],
  ['deploy with a wrong key', ['script/deploy'], { HEROKU_API_KEY: 'expired' }, /^FAILED deploy: Heroku refuses HEROKU_API_KEY: make a new one/],
  ['deploy an app that is not there', ['script/deploy'], { HEROKU_APP_NAME: 'nobodys' }, /^FAILED deploy: Heroku has no \/apps\/nobodys: check HEROKU_APP_NAME/],
  ['deploy what was not pushed', ['script/deploy'], {}, /^FAILED deploy: docker\.io has no image acme\/oc-lettings:\w+: run script\/image and script\/push/],
  ['roll back where nothing was released', ['script/deploy', 'heroku', 'rollback'], {}, /^FAILED deploy: holiday-homes has no earlier release/],
]) {
  test(`refused: ${name}`, { skip }, async () => {
    const { status, out } = await call(words, env);
    assert.equal(status, 1, out);
    assert.match(lastLine(out), expected);
  });
}

test('an image is pushed with a login over TLS, in the form that Heroku takes', { skip }, async () => {
  const { status, out } = await call(['script/push']);
  assert.equal(status, 0, out);
  assert.match(lastLine(out), /^pushed docker\.io\/acme\/oc-lettings:\w+ and latest: sha256:[0-9a-f]{64}$/);
});

test('the first release sets what is missing, migrates in the release phase and serves', { skip }, async () => {
  await setConfig({ DATABASE_URL: 'sqlite:////shared/site.sqlite3' });
  const { status, out } = await call(['script/deploy'], { SENTRY_AUTH_TOKEN: 'sentry-token', SENTRY_ORG: 'acme', SENTRY_PROJECT: 'site' });
  assert.equal(status, 0, out);
  assert.match(out, /^set ALLOWED_HOSTS, DATA_DIR, SECRET_KEY, TRUSTED_PROXIES$/m);
  assert.match(out, new RegExp(`^released ${head()} as v3: ${ROUTER}/$`, 'm'));
  assert.doesNotMatch(out, /test-key|hub-password|sentry-token/);
  assert.equal(await front(), '200');
});

test('Sentry is told of release, commits and deploy, and has the debug file and the sources', { skip }, () => {
  const told = JSON.parse(readFileSync(join(cloud.folder, 'told.json'), 'utf8'));
  assert.deepEqual(told.map(({ method, url }) => `${method} ${url}`), [
    'POST /api/0/organizations/acme/releases/', 'POST /api/0/projects/acme/site/files/dsyms/',
    `PUT /api/0/organizations/acme/releases/${head()}/`, `POST /api/0/organizations/acme/releases/${head()}/deploys/`]);
  assert.equal(told[0].body.version, head());
  assert.deepEqual(told[0].body.commits.map(({ id, message }) => [id, message.trim()]), [[head(), 'The site']]);
  assert.equal(told[3].body.environment, 'production');
  const { stdout } = spawnSync('python3', ['-c', `
import io, json, re, sys, zipfile
body = open(sys.argv[1], "rb").read()
files = zipfile.ZipFile(io.BytesIO(body[body.index(b"PK"):]))
bundle = next(files.read(name) for name in files.namelist() if name.endswith(".src.zip"))
debug = next(name for name in files.namelist() if name.endswith(".debug"))
inner = zipfile.ZipFile(io.BytesIO(bundle[8:]))
print(bundle[:4].decode(), files.read(debug)[:4] == b"\\x7fELF", json.loads(inner.read("manifest.json"))["code_id"] + ".debug" == debug,
      "files/src/src/main.c" in inner.namelist())`, join(cloud.folder, 'upload')], { encoding: 'utf8' });
  assert.equal(stdout.trim(), 'SYSB True True True');
});

test('the same image again is success, and no new release', { skip }, async () => {
  const { status, out } = await call(['script/deploy']);
  assert.equal(status, 0, out);
  assert.match(lastLine(out), /^v3 has this image already/);
});

test('a release phase that fails leaves the release before it serving', { skip }, async () => {
  await variant('Break the migration', 'ENV TIME_ZONE=Nowhere/Atall');
  const { status, out } = await call(['script/deploy']);
  assert.equal(status, 1, out);
  assert.match(lastLine(out), /^FAILED deploy: the release phase of v4 failed: v3 goes on serving; /);
  assert.match(out, /TIME_ZONE/);
  assert.equal(await front(), '200');
  back();
});

test('a release that ends while it starts is rolled back', { skip }, async () => {
  await variant('End at once', 'CMD ["version"]');
  const { status, out } = await call(['script/deploy']);
  assert.equal(status, 1, out);
  assert.match(lastLine(out), /^FAILED deploy: v5: the new release ended while it started: rolled back to v3; /);
  assert.equal(await front(), '200');
  back();
});

test('a release that fails its smoke test is rolled back', { skip }, async () => {
  writeFileSync(join(cloud.folder, 'index.html'), '<p>Under construction');
  await variant('Break the front page', 'ENV DEBUG=1\nCOPY index.html /usr/src/oc-lettings/modules/home/templates/home/index.html');
  const { status, out } = await call(['script/deploy']);
  assert.equal(status, 1, out);
  assert.match(lastLine(out), /^FAILED deploy: v7: smoke test: the front page has no title: rolled back to v6; /);
  assert.equal(await front(), '200');
  back();
});

test('a rollback by hand, and where it stands', { skip }, async () => {
  await variant('Change nothing of weight', 'ENV MARK=1');
  const released = await call(['script/deploy']);
  assert.equal(released.status, 0, released.out);
  const { status, out } = await deploy('rollback');
  assert.equal(status, 0, out);
  assert.match(lastLine(out), /^rolled back to v8, as v10: /);
  const shown = await deploy('status');
  assert.match(shown.out, /^v10 succeeded, current: Rollback to v8/m);
  assert.match(shown.out, /^web\.1 up, v10$/m);
  assert.match((await deploy('logs')).out, / msg=request .*target=\/ /);
  back();
});

test('with no database the site is released all the same, and what that means is said', { skip }, async () => {
  await setConfig({ DATABASE_URL: null });
  await variant('Serve without a database', 'ENV MARK=2');
  const { status, out } = await call(['script/deploy']);
  assert.equal(status, 0, out);
  assert.match(out, /^set DATA_EPHEMERAL$/m);
  assert.match(out, /There is no DATABASE_URL: .*Heroku empties/);
  assert.equal(await front(), '200');
  back();
});

test('a dyno that is told to end answers the request under way', { skip }, async () => {
  const slow = cloud.run(['bash', '-c', `exec 3<>/dev/tcp/127.0.0.1/$(podman inspect --format '{{range .Config.Env}}{{println .}}{{end}}' "$(podman ps -q --filter name=web)" | sed -n 's/^PORT=//p')
    printf 'GET /healthz HTTP/1.1\\r\\nHost: holiday-homes-0123456789ab.herokuapp.com\\r\\nX-Forwarded-Proto: https\\r\\n' >&3
    sleep 2; printf '\\r\\n' >&3; timeout 10 head -n 1 <&3`]);
  await new Promise((done) => { setTimeout(done, 800); });
  const stopped = await cloud.stopDynos();
  assert.match(stopped, /stopped \S+ exit 0/);
  assert.match((await slow).out, /^HTTP\/1\.1 200/);
});
