// What is said of the image holds by each engine that builds it: the Dockerfile as it is, on a base of a few programs and
// with scripts that compile nothing.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startDocker, withoutDocker } from './docker.mjs';
import { LOGIN, startRegistry } from './registry.mjs';
import { BASE, collect, makeWorld, withoutContainers, ROOT } from './world.mjs';

const skip = withoutContainers();
const skipDocker = withoutDocker();
const withoutBuildah = spawnSync('buildah', ['--version']).status !== 0 && 'there is no buildah';
const COMMIT = 'c'.repeat(40);
let world;
let tree;
let engine;
let registry;

const SCRIPTS = {
  'script/bootstrap': 'echo libc6',
  'script/build': 'mkdir build && echo program >build/oc-lettings',
  'deploy/collect-runtime': 'for at in system/etc system/data site/app; do mkdir -p $2/$at; echo $at >$2/$at/file; touch -d @315532800 $2/$at/file $2/$at $2/${at%/*}; done',
};

function makeTree() {
  for (const part of ['script/lib.sh', 'script/image', 'script/push', 'script/debian', 'deploy', 'Dockerfile', '.dockerignore']) cpSync(join(ROOT, part), join(tree, part), { recursive: true });
  for (const [path, body] of Object.entries(SCRIPTS)) {
    writeFileSync(join(tree, path), `#!/bin/sh\nset -e\n${body}\n`);
    chmodSync(join(tree, path), 0o755);
  }
}

/** An archive of the shell and what the Dockerfile calls. */
function makeBase() {
  const base = join(world.folder, 'base');
  collect(base, ['sh', 'xargs', 'touch', 'mkdir', 'rm', 'sleep']);
  writeFileSync(join(base, 'usr/bin/dpkg-query'), '#!/bin/sh\n', { mode: 0o755 });
  execFileSync('tar', ['-cf', `${base}.tar`, '-C', base, '.']);
  return `${base}.tar`;
}

before(async () => {
  if (skip) return;
  world = makeWorld('engines');
  tree = join(world.folder, 'tree');
  makeTree();
  const base = makeBase();
  execFileSync('podman', ['import', '-q', base, BASE], { env: world.env, stdio: 'ignore' });
  if (skipDocker) return;
  engine = await startDocker(world.folder);
  registry = await startRegistry(join(world.folder, 'registry'), { login: true });
  for (const name of ['debian:bookworm-slim', 'buildpack-deps:bookworm-scm']) engine.docker('import', base, name);
});
after(async () => {
  await registry?.stop();
  await engine?.end();
  world?.end();
});

const EPOCH = '315532800';
const layersOf = (inspect, name) => JSON.parse(inspect('image', 'inspect', '--format', '{{json .RootFS.Layers}}', name));
async function build(name, more) {
  const { status, out } = await world.run(['script/image'], { cwd: tree, env: { ...world.env, IMAGE_BUILD_FLAGS: '--no-cache', ...more, CIRCLE_SHA1: COMMIT, Docker_tag_image: name } });
  assert.equal(status, 0, out);
  return `${name}:${COMMIT}`;
}
// The times of files are whole seconds.
const second = () => new Promise((done) => { setTimeout(done, 1100); });
const podman = (...words) => execFileSync('podman', words, { env: world.env, encoding: 'utf8' });

test('two builds give the same layers, the one by podman, the other by buildah', { skip: skip || withoutBuildah }, async () => {
  const first = layersOf(podman, await build('localhost/first'));
  await second();
  const { status, out } = await world.run(['buildah', 'build', '--no-cache', '--layers', '--format', 'docker', '--timestamp', EPOCH, '--build-arg', `GIT_SHA=${COMMIT}`,
    '-t', 'localhost/second', '.'], { cwd: tree });
  assert.equal(status, 0, out);
  assert.deepEqual(layersOf(podman, 'localhost/second'), first);
  assert.ok(first.length >= 3);
});

test('two builds give the same layers by Docker', { skip: skipDocker }, async () => {
  const env = { DOCKER_HOST: engine.socket, PATH: engine.path, IMAGE_BUILD_FLAGS: '--no-cache --network host' };
  const first = layersOf(engine.docker, await build('localhost/first', env));
  await second();
  assert.deepEqual(layersOf(engine.docker, await build('localhost/second', env)), first);
  assert.ok(first.length >= 3);
});

test('an image is pushed by the engine of Docker\'s context, and the login goes nowhere else', { skip: skipDocker }, async () => {
  const home = join(world.folder, 'docker-config');
  const env = { ...world.env, PATH: engine.path, DOCKER_CONFIG: home, ...LOGIN, Docker_tag_image: `${registry.address}/acme/oc-lettings`, CIRCLE_SHA1: COMMIT };
  delete env.DOCKER_HOST;
  execFileSync('docker', ['context', 'create', 'its', '--docker', `host=${engine.socket}`], { env, stdio: 'ignore' });
  execFileSync('docker', ['context', 'use', 'its'], { env, stdio: 'ignore' });
  engine.docker('tag', 'debian:bookworm-slim', `${env.Docker_tag_image}:${COMMIT}`);
  const before = readFileSync(join(home, 'config.json'), 'utf8');
  const { status, out } = await world.run(['script/push'], { cwd: tree, env });
  assert.equal(status, 0, out);
  const [, digest] = /^pushed \S+:c{40} and latest: (sha256:[0-9a-f]{64})$/m.exec(out) ?? assert.fail(out);
  const kept = join(world.folder, 'registry/data/docker/registry/v2/repositories/acme/oc-lettings/_manifests/tags');
  for (const tag of [COMMIT, 'latest']) assert.equal(readFileSync(join(kept, tag, 'current/link'), 'utf8'), digest);
  assert.equal(readFileSync(join(home, 'config.json'), 'utf8'), before);
});

const debian = (more, ...words) => world.run(['script/debian', ...words], { cwd: tree, env: { ...world.env, CIRCLE_BUILD_NUM: '', ...more } });
const onMachine = (more) => ({ CIRCLE_BUILD_NUM: '7', PATH: engine.path, DOCKER_HOST: engine.socket, DEBIAN_FLAGS: '--cgroupns host', ...more });

test('a command of the first job: elsewhere than on CircleCI this machine runs it', { skip }, async () => {
  const { status, out } = await debian({}, 'sh', '-c', 'pwd; exit 3');
  assert.deepEqual([status, out], [3, `${tree}\n`]);
});

test('a command of the first job: on CircleCI one container runs all of them, in the checkout', { skip: skipDocker }, async () => {
  assert.deepEqual(await debian(onMachine(), 'sh', '-c', 'echo one >/tmp/kept; echo two >made; pwd; exit 3'), { status: 3, out: `${tree}\n` });
  assert.equal(readFileSync(join(tree, 'made'), 'utf8'), 'two\n');
  assert.deepEqual(await debian(onMachine(), 'sh', '-c', 'read kept </tmp/kept; echo $kept'), { status: 0, out: 'one\n' });
  assert.equal(engine.docker('ps', '-q').split('\n').length, 1);
});

test('refused: a machine of CircleCI without Docker, and a command that is none', { skip }, async () => {
  const { status, out } = await debian({ CIRCLE_BUILD_NUM: '7' }, 'true');
  assert.equal(status, 1);
  assert.match(out, /^FAILED debian: there is no Docker engine: let the job's executor be a machine/);
  assert.equal((await debian({})).status, 2);
});
