// What runs and releases leave is bounded: images, their steps, blobs of the registry, logs. And the base is had anew.
// Images of one file are enough for that.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { temporaryFolder } from '../http/harness.mjs';
import { LOGIN, startRegistry } from './registry.mjs';
import { BASE, inContainers, withoutContainers, release, ROOT, run } from './world.mjs';

const skip = withoutContainers();
const COMMITS = ['a', 'b', 'c'].map((digit) => digit.repeat(40));
const folder = temporaryFolder();
const tree = join(folder, 'tree');
const home = join(folder, 'registry');
let env;
let name;
let registry;

const podman = (...words) => execFileSync('podman', words, { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
const lines = (text) => text.split('\n').filter(Boolean);

async function start() {
  registry = await startRegistry(home);
  name = `${registry.address}/acme/oc-lettings`;
  // Docker Hub, for whoever asks for the base.
  writeFileSync(join(folder, 'registries.conf'), `[[registry]]\nprefix = "docker.io"\nlocation = "${registry.address}"\ninsecure = true\n`);
}

function importBase(text, tag = BASE) {
  writeFileSync(join(folder, 'file'), text);
  execFileSync('tar', ['-cf', 'base.tar', 'file'], { cwd: folder });
  podman('import', '-q', join(folder, 'base.tar'), tag);
}

before(async () => {
  if (skip) return;
  await start();
  env = { ...inContainers(folder), Docker_tag_image: name, IMAGE_BUILD_FLAGS: '', CONTAINERS_REGISTRIES_CONF: join(folder, 'registries.conf') };
  for (const part of ['script/lib.sh', 'script/image', 'deploy']) cpSync(join(ROOT, part), join(tree, part), { recursive: true });
  const labels = lines(readFileSync(join(ROOT, 'Dockerfile'), 'utf8')).filter((line) => line.startsWith('LABEL org.opencontainers.image.title'));
  assert.equal(labels.length, 3, 'each stage has its label');
  writeFileSync(join(tree, 'Dockerfile'), `FROM debian:bookworm-slim AS build\n${labels[0]}\nCOPY names /names\nCOPY source /source\nFROM scratch\n${labels[2]}
COPY --from=build /file /source /\nARG GIT_SHA=unknown\nENV SENTRY_RELEASE=$GIT_SHA\n`);
  writeFileSync(join(tree, 'names'), 'gcc');
  importBase('old');
});
after(async () => {
  await registry?.stop();
  release(folder);
});

async function build(commit, source = commit) {
  writeFileSync(join(tree, 'source'), source);
  const { status, out } = await run(['script/image'], { cwd: tree, env: { ...env, CIRCLE_SHA1: commit } });
  assert.equal(status, 0, out);
  return { out, log: readFileSync(join(tree, 'build/image/build.log'), 'utf8') };
}
const images = () => lines(podman('images', '-aq', '--no-trunc')).length;
const bash = (text, ...words) => run(['bash', '-c', `. script/lib.sh; . deploy/release.sh; . deploy/remove-old.sh; ${text}`, 'bash', ...words], { env });
async function works(call) {
  const { status, out } = await call;
  assert.equal(status, 0, out);
}

test('a build removes the steps of the builds before it, and keeps its own for the next', { skip }, async () => {
  podman('import', '-q', join(folder, 'base.tar')); // somebody's own, without a name
  await build(COMMITS[0]);
  await works(bash('remove_images "$@"', name));
  const first = images();
  for (const commit of COMMITS) {
    const { log } = await build(commit);
    assert.match(log, /COPY names \/names\n--> Using cache/);
    if (commit !== COMMITS[2]) await works(bash('remove_images "$@"', name));
  }
  await works(bash('remove_images "$@"', name));
  assert.equal(images(), first);
});

test('the base is asked for again once a day', { skip }, async () => {
  const asked = join(tree, 'build/image/base-asked');
  const inBase = () => spawnSync('sh', ['-c', `podman save ${BASE} | tar -xO --wildcards '*.tar' | tar -xO file`], { env, encoding: 'utf8' }).stdout;
  const age = (hours) => utimesSync(asked, Date.now() / 1000 - hours * 3600, Date.now() / 1000 - hours * 3600);
  const onHub = name.replace('acme/oc-lettings', 'library/debian:bookworm-slim');
  age(25);
  assert.match((await build(COMMITS[0])).out, /^the base image debian:bookworm-slim stays the one that is here: .*/m);
  importBase('new', onHub);
  podman('push', '-q', '--tls-verify=false', onHub);
  podman('rmi', onHub);
  age(23);
  await build(COMMITS[0]);
  assert.equal(inBase(), 'old');
  age(25);
  await build(COMMITS[0]);
  assert.equal(inBase(), 'new');
  assert.match((await build(COMMITS[0])).log, /--> Using cache/);
});

test('of pushed images those named are kept, here and in the registry, and the blobs of others go', { skip }, async () => {
  for (const commit of COMMITS) {
    await build(commit, commit.repeat(20_000));
    await works(run(['script/push'], { env: { ...env, CIRCLE_SHA1: commit, ...LOGIN } }));
  }
  podman('tag', `${name}:${COMMITS[0]}`, `${name}:mine`);
  await registry.stop();
  const blobs = () => lines(execFileSync('find', [join(home, 'data'), '-path', '*/blobs/*', '-name', 'data'], { encoding: 'utf8' })).length;
  const all = blobs();
  await works(bash('remove_images "$@"; remove_blobs "$0" acme/oc-lettings "${@:2}"'.replace('"$0"', home), name, COMMITS[1], COMMITS[2]));
  assert.deepEqual(lines(podman('images', '--filter', `reference=${name}`, '--format', '{{.Tag}}')).sort(), [...COMMITS.slice(1), 'latest', 'mine'].sort());
  assert.ok(blobs() < all, `${blobs()} of ${all}`);
  const tags = join(home, 'data/docker/registry/v2/repositories/acme/oc-lettings/_manifests/tags');
  assert.deepEqual(readdirSync(tags).sort(), [...COMMITS.slice(1), 'latest'].sort());
  await registry.start();
  const inspect = (commit) => spawnSync('skopeo', ['copy', '--src-tls-verify=false', `docker://${name}:${commit}`, `dir:${join(folder, commit)}`], { env }).status;
  assert.deepEqual(COMMITS.map(inspect), [1, 0, 0]);
  // What was removed can be pushed again.
  podman('tag', `${name}:mine`, `${name}:${COMMITS[0]}`);
  await works(run(['script/push'], { env: { ...env, CIRCLE_SHA1: COMMITS[0], ...LOGIN } }));
  assert.equal(inspect(COMMITS[0]), 0);
});

test('the newest hundred logs of runs are kept', { skip }, async () => {
  const runs = join(folder, 'runs');
  mkdirSync(runs);
  const all = Array.from({ length: 103 }, (_, at) => `20260101T000${String(at).padStart(3, '0')}Z-aaaaaaaaaaaa.log`);
  for (const each of all) writeFileSync(join(runs, each), '');
  writeFileSync(join(runs, 'notes'), '');
  await works(bash('remove_logs "$@"', runs));
  assert.deepEqual(readdirSync(runs).sort(), [...all.slice(3), 'notes']);
});

test('a run of the pipeline ends with its own image, that which serves and the one before, here and in the registry', { skip }, async () => {
  for (const part of ['script', '.circleci']) cpSync(join(ROOT, part), join(tree, part), { recursive: true });
  writeFileSync(join(tree, '.circleci/config.yml'), `version: 2.1
jobs: {pack: {machine: {image: x}, steps: [checkout, run: {name: Build, command: script/image}, run: {name: Push, command: script/push}]}}
workflows: {all: {jobs: [pack: {context: Basic secured data}]}}
`);
  writeFileSync(join(tree, '.gitignore'), 'build\n');
  const git = (...words) => execFileSync('git', words, { cwd: tree, env, encoding: 'utf8' }).trim();
  const pipeline = join(folder, 'pipeline');
  git('init', '-q');
  const commits = [];
  for (const text of ['one', 'two', 'three', 'four']) {
    writeFileSync(join(tree, 'source'), text);
    git('add', '-A');
    git('commit', '-qm', text);
    commits.push(git('rev-parse', 'HEAD'));
    if (text === 'two') {
      mkdirSync(join(pipeline, 'site'), { recursive: true });
      writeFileSync(join(pipeline, 'site/current'), `blue 1 x@sha256:0 ${commits[0]}\n`);
    }
    const { status, out } = await run(['script/pipeline'], { cwd: tree, env: { ...env, Docker_tag_image: '', PIPELINE_HOME: pipeline } });
    assert.equal(status, 0, out);
  }
  const kept = [commits[0], commits[3], 'latest'].sort();
  const registry = join(pipeline, 'registry');
  assert.deepEqual(readdirSync(join(registry, 'data/docker/registry/v2/repositories/oc-lettings/_manifests/tags')).sort(), kept);
  const here = `127.0.0.1:${readFileSync(join(registry, 'port'), 'utf8').trim()}/oc-lettings`;
  assert.deepEqual(lines(podman('images', '--filter', `reference=${here}`, '--format', '{{.Tag}}')).sort(), kept);
});
