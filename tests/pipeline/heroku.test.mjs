// The scripts that push and release, unchanged and under the services' real names, in a network that nothing can leave.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { until } from '../http/harness.mjs';
import { enterCloud, KEPT, makeClone, makeWorld, unable } from './world.mjs';

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
  execFileSync('podman', ['tag', KEPT, `docker.io/acme/oc-lettings:${head()}`], { env: world.env });
  cloud = await enterCloud(world);
});
after(async () => {
  await cloud?.end();
  world?.end();
});

const head = () => execFileSync('git', ['rev-parse', 'HEAD'], { cwd: clone, env: world.env }).toString().trim();
const call = (words, env = {}) => cloud.run(words, { cwd: clone, env: { ...ACCOUNT, ...env } });
const deploy = (...words) => call(['script/deploy', 'heroku', ...words]);
const askApi = (method, path, body, ...flags) => cloud.run(['curl', '-sS', '-X', method, '-H', 'Authorization: Bearer test-key',
  '-H', 'Accept: application/vnd.heroku+json; version=3', '-d', JSON.stringify(body), ...flags, `https://api.heroku.com/apps/holiday-homes${path && `/${path}`}`]);
const releases = async () => JSON.parse((await askApi('GET', 'releases', {})).out);
const setConfig = (values) => askApi('PATCH', 'config-vars', values, '--fail');
const scale = (quantity) => askApi('PATCH', 'formation', { updates: [{ type: 'web', quantity }] }, '--fail');
// The API answers so many of these calls, "METHOD PATH" below the app, with 500; curl asks four times.
const setFaults = (faults) => writeFileSync(join(cloud.folder, 'faults.json'), JSON.stringify(
  Object.fromEntries(Object.entries(faults).map(([named, times]) => [named.replace(' ', ' /apps/holiday-homes/'), [500, times]]))));
const released = (version) => until(async () => (await releases()).at(-1).version === version, 60_000);
/** Until the newest release is current and answers. */
const settled = (version) => until(async () => {
  const { out } = await deploy('status');
  return out.includes(`v${version} succeeded, current`) && out.includes(`web.1 up, v${version}\n`);
}, 60_000);
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
  ['deploy with two keys for one', ['script/deploy'], { HEROKU_API_KEY: 'test-key\ntest-key' }, /^FAILED deploy: HEROKU_API_KEY has a character that none has: copy it anew/],
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

test('a base is pulled as who pushes, where that is somebody at Docker Hub, and else as nobody', { skip }, async () => {
  const pull = (env) => call(['bash', '-c', '. script/lib.sh; . deploy/release.sh; find_engine; pull_from_hub docker.io/acme/oc-lettings:latest'], env);
  const { status, out } = await pull();
  assert.equal(status, 0, out);
  for (const env of [{ Docker_username: '' }, { Docker_tag_image: 'ghcr.io/acme/oc-lettings' }]) {
    const refused = await pull(env);
    assert.notEqual(refused.status, 0);
    assert.match(refused.out, /authentication required|unauthorized/);
  }
});

test('the first release sets what is missing, migrates in the release phase and serves', { skip }, async () => {
  await setConfig({ DATABASE_URL: 'sqlite:////shared/site.sqlite3' });
  const { status, out } = await call(['script/deploy'], { SENTRY_AUTH_TOKEN: 'sentry-token', SENTRY_ORG: 'acme', SENTRY_PROJECT: 'site' });
  assert.equal(status, 0, out);
  assert.match(out, /^set ALLOWED_HOSTS, DATA_DIR, SECRET_KEY, TRUSTED_PROXIES$/m);
  assert.match(out, new RegExp(`^released ${head()} as v3: ${ROUTER}/$`, 'm'));
  assert.match(lastLine(out), /^told Sentry: release, commits, debug file, deploy to production$/);
  assert.doesNotMatch(out, /test-key|hub-password|sentry-token/);
  assert.equal(await front(), '200');
});

test('Sentry is told of release, commits and deploy, and has the debug file and the sources', { skip }, () => {
  const told = JSON.parse(readFileSync(join(cloud.folder, 'told.json'), 'utf8'));
  const requests = told.map(({ method, url, status }) => `${method} ${url.replace('/api/0/', '')} ${status}`);
  const upload = ['GET organizations/acme/chunk-upload/ 200', 'POST projects/acme/site/files/difs/assemble/ 200', 'POST organizations/acme/chunk-upload/ 200'];
  const released = [`PUT organizations/acme/releases/${head()}/ 200`, `POST organizations/acme/releases/${head()}/deploys/ 201`];
  assert.deepEqual(new Set(requests), new Set(['POST organizations/acme/releases/ 201', ...upload, ...released]));
  assert.deepEqual([requests[0], ...requests.slice(-2)], ['POST organizations/acme/releases/ 201', ...released]);
  assert.equal(told[0].body.version, head());
  const [{ id, message, patch_set: files }, ...more] = told[0].body.commits;
  assert.deepEqual([id, message, more], [head(), 'The site', []]);
  assert.ok(files.some(({ path, type }) => path === 'src/main.c' && type === 'A'));
  assert.equal(told.at(-1).body.environment, 'production');
  const [debug, sources] = Object.values(told.findLast(({ url }) => url.endsWith('/assemble/')).answer);
  assert.deepEqual([debug.state, sources.state], ['ok', 'ok']);
  assert.equal(debug.dif.debugId, sources.dif.debugId);
  assert.ok(sources.dif.files.includes('files/src/src/main.c'));
});

test('the same image again is success, and no new release; that Sentry was not told is said, and undoes nothing', { skip }, async () => {
  const { status, out } = await call(['script/deploy'], { SENTRY_AUTH_TOKEN: 'expired', SENTRY_ORG: 'acme', SENTRY_PROJECT: 'site' });
  assert.equal(status, 0, out);
  assert.match(out, /^v3 has this image already/m);
  assert.match(lastLine(out), /^Sentry was not told all \(POST organizations\/acme\/releases\/: .*401.*\): check SENTRY_AUTH_TOKEN, /);
});

test('a key that was copied with the line\'s end deploys, and a dyno that sleeps is woken', { skip }, async () => {
  const asleep = join(cloud.folder, 'asleep');
  writeFileSync(asleep, '');
  const { status, out } = await call(['script/deploy'], { HEROKU_API_KEY: 'test-key\n', BOOT_LIMIT: '4' });
  assert.equal(status, 0, out);
  assert.equal(existsSync(asleep), false);
  assert.match(lastLine(out), /^v3 has this image already/);
});

test('Heroku refuses the range of the releases where it is asked for anything else', { skip }, async () => {
  const { out } = await askApi('GET', 'dynos', {}, '-H', 'Range: version ..; max=100, order=desc');
  assert.match(out, /"id":"bad_request"/);
});

test('a release phase that fails leaves the release before it serving, and that can be deployed again', { skip }, async () => {
  await variant('Break the migration', 'ENV TIME_ZONE=Nowhere/Atall');
  const { status, out } = await call(['script/deploy']);
  assert.equal(status, 1, out);
  assert.match(lastLine(out), /^FAILED deploy: the release phase of v4 failed: v3 goes on serving; /);
  assert.match(out, /TIME_ZONE/);
  setFaults({ 'POST log-sessions': 4 });
  const again = await call(['script/deploy']);
  assert.equal(again.status, 1, again.out);
  assert.match(again.out, /^The log cannot be had: Heroku answers 500 .*boom$/m);
  assert.match(lastLine(again.out), /^FAILED deploy: the release phase of v5 failed: v3 goes on serving; /);
  assert.equal(await front(), '200');
  back();
  const good = await call(['script/deploy']);
  assert.equal(good.status, 0, good.out);
  assert.match(lastLine(good.out), /^v3 has this image already/);
});

test('a release that ends while it starts is rolled back', { skip }, async () => {
  await variant('End at once', 'CMD ["version"]');
  const { status, out } = await call(['script/deploy']);
  assert.equal(status, 1, out);
  assert.match(lastLine(out), /^FAILED deploy: v6: the new release ended while it started: rolled back to v3; /);
  assert.equal(await front(), '200');
  back();
});

test('a release that fails its smoke test is rolled back, and no rollback by hand leads there', { skip }, async () => {
  writeFileSync(join(cloud.folder, 'index.html'), '<p>Under construction');
  await variant('Break the front page', 'ENV DEBUG=1\nCOPY index.html /usr/src/oc-lettings/modules/home/templates/home/index.html');
  const { status, out } = await call(['script/deploy']);
  assert.equal(status, 1, out);
  assert.match(lastLine(out), /^FAILED deploy: v8: smoke test: the front page has no title: rolled back to v7; /);
  const further = await deploy('rollback');
  assert.equal(further.status, 1, further.out);
  assert.match(lastLine(further.out), /^FAILED deploy: holiday-homes has no earlier release: /);
  assert.equal(await front(), '200');
  back();
});

test('a release that cannot be watched is rolled back, the log or no log', { skip }, async () => {
  await variant('Change nothing of weight', 'ENV MARK=1');
  setFaults({ 'GET dynos': 4, 'POST log-sessions': 4 });
  const { status, out } = await call(['script/deploy']);
  assert.equal(status, 1, out);
  assert.match(lastLine(out), /^FAILED deploy: v10: Heroku answers 500 to \S+dynos: boom: rolled back to v9; /);
  assert.equal(await front(), '200');
});

test('a rollback by hand, and where it stands', { skip }, async () => {
  const released = await call(['script/deploy']);
  assert.equal(released.status, 0, released.out);
  const { status, out } = await deploy('rollback');
  assert.equal(status, 0, out);
  assert.match(lastLine(out), /^rolled back to v3, as v13: /);
  const shown = await deploy('status');
  assert.match(shown.out, /^v13 succeeded, current: Rollback to v3/m);
  assert.match(shown.out, /^web\.1 up, v13$/m);
  assert.match((await deploy('logs')).out, / msg=request .*target=\/ /);
  const further = await deploy('rollback');
  assert.equal(further.status, 1, further.out);
  assert.match(lastLine(further.out), /^FAILED deploy: holiday-homes has no earlier release: /);
  back();
});

test('a rollback by hand to what fails its smoke test is taken back', { skip }, async () => {
  await setConfig({ ALLOWED_HOSTS: 'www.example.com' });
  await settled(14);
  await setConfig({ ALLOWED_HOSTS: new URL(ROUTER).host });
  await settled(15);
  const { status, out } = await deploy('rollback');
  assert.equal(status, 1, out);
  assert.match(lastLine(out), /^FAILED deploy: v14: smoke test: .*: v15, which it was to replace, serves again as v17$/);
  assert.equal(await front(), '200');
});

test('web scaled to nothing is named, and nothing is released', { skip }, async () => {
  await scale(0);
  for (const word of ['release', 'rollback']) {
    const { status, out } = await deploy(word);
    assert.equal(status, 1, out);
    assert.match(lastLine(out), /^FAILED deploy: web of holiday-homes is scaled to 0, so that nothing would serve: scale it up /);
  }
  await scale(1);
  await settled(17);
});

test('maintenance is named, and nothing is released', { skip }, async () => {
  const maintain = (maintenance) => askApi('PATCH', '', { maintenance }, '--fail');
  await maintain(true);
  for (const word of ['release', 'rollback']) {
    const { status, out } = await deploy(word);
    assert.equal(status, 1, out);
    assert.match(lastLine(out), /^FAILED deploy: holiday-homes is in maintenance mode, so that no release can be seen to answer: turn it off /);
  }
  await maintain(false);
  assert.equal((await releases()).at(-1).version, 17);
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

test('a release that does not answer on its PORT is rolled back', { skip }, async () => {
  await variant('Listen elsewhere', 'ENV HOST=127.0.0.9');
  const before = (await releases()).at(-1);
  // Broken off while its dyno starts.
  const broken = call(['bash', '-c', 'echo $$ >"$1"; exec script/deploy', 'bash', join(cloud.folder, 'pid')]);
  await released(before.version + 1);
  process.kill(Number(readFileSync(join(cloud.folder, 'pid'), 'utf8')), 'SIGTERM');
  assert.equal(lastLine((await broken).out), `FAILED deploy: v${before.version + 1}: broken off: rolled back to v${before.version}; run it again`);
  // Replaced by somebody else while its dyno starts.
  const replaced = call(['script/deploy']);
  await released(before.version + 3);
  await askApi('POST', 'releases', { release: before.id }, '--fail');
  assert.equal(lastLine((await replaced).out), `FAILED deploy: v${before.version + 3}: v${before.version + 4} (Rollback to v${before.version}) replaced it before it was seen to answer: `
    + `nothing is undone, since v${before.version + 4} (Rollback to v${before.version}) serves in its place; run this again if this commit is to serve`);
  await settled(before.version + 4);
  const { status, out } = await call(['script/deploy'], { BOOT_LIMIT: '4' });
  assert.equal(status, 1, out);
  assert.match(lastLine(out), /^FAILED deploy: v\d+: the new release did not answer on its PORT within 4 s: rolled back to v\d+; /);
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
