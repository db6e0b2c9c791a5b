// The hook and script/pipeline themselves, without any container: what they say, and that a run outlives who pushed.
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder, until } from '../http/harness.mjs';
import { ROOT } from './world.mjs';

function makeEnvironment(dir) {
  mkdirSync(join(dir, 'tmp'));
  writeFileSync(join(dir, 'gitconfig'), '[user]\nname = x\nemail = x@example.com\n[init]\ndefaultBranch = main\n');
  const env = { ...process.env, GIT_CONFIG_GLOBAL: join(dir, 'gitconfig'), GIT_CEILING_DIRECTORIES: dir, TMPDIR: join(dir, 'tmp') };
  for (const name of ['CIRCLE_SHA1', 'PIPELINE_HOME']) delete env[name];
  return env;
}

/** A checkout whose script/pipeline is this, and a bare repository with the hook. */
function makeRepository(body) {
  const dir = temporaryFolder();
  const [clone, bare, env] = [join(dir, 'clone'), join(dir, 'site.git'), makeEnvironment(dir)];
  mkdirSync(join(clone, 'script'), { recursive: true });
  writeFileSync(join(clone, 'script/pipeline'), `#!/usr/bin/env bash\n${body}\n`, { mode: 0o755 });
  execFileSync('sh', ['-ec', `git init -q . && git add . && git commit -qm x && git remote add release ${bare}`], { cwd: clone, env });
  execFileSync(join(ROOT, 'deploy/install-hook'), [bare], { env });
  return { clone, bare, env };
}

test('the hook shows the pusher what the run prints, to the last line, and leaves no clone', () => {
  const { clone, bare, env } = makeRepository('echo "$PIPELINE_HOME $*"; echo "FAILED x" >&2; exit 1');
  const { stderr } = spawnSync('git', ['push', 'release', 'main'], { cwd: clone, env, encoding: 'utf8' });
  const head = execFileSync('git', ['rev-parse', 'HEAD'], { cwd: clone, env }).toString().trim();
  assert.match(stderr, new RegExp(`^remote: ${bare}/pipeline --branch main ${head} *\nremote: FAILED x *$`, 'm'));
  assert.deepEqual(readdirSync(env.TMPDIR), []);
});

test('a run goes on to its end when who pushed has gone, and leaves no clone', async () => {
  const { clone, bare, env } = makeRepository('echo begun; mkdir "$PIPELINE_HOME"; until [ -e "$PIPELINE_HOME/go" ]; do sleep 0.1; echo more; done; echo end >"$PIPELINE_HOME/end"');
  const child = spawn('git', ['push', 'release', 'main'], { cwd: clone, env, stdio: 'ignore', detached: true });
  await until(() => existsSync(join(bare, 'pipeline')));
  process.kill(-child.pid, 'SIGKILL');
  writeFileSync(join(bare, 'pipeline/go'), '');
  await until(() => existsSync(join(bare, 'pipeline/end')));
  await until(() => readdirSync(env.TMPDIR).length === 0);
});

const call = (words, options = {}) => spawnSync(words[0], words.slice(1), { encoding: 'utf8', ...options });
function refused({ status, stderr }, expected) {
  assert.notEqual(status, 0);
  assert.match(stderr, expected);
  assert.doesNotMatch(stderr, /fatal|parameter null|Permission denied/);
}

test('refused: a path of the hook that cannot be made or written', () => {
  const dir = temporaryFolder();
  writeFileSync(join(dir, 'file'), '');
  refused(call([join(ROOT, 'deploy/install-hook'), join(dir, 'file')]), /^FAILED pipeline: \S+file is there, and is no bare repository: name another path\n$/);
  refused(call([join(ROOT, 'deploy/install-hook'), join(dir, 'file/site.git')]), /^FAILED pipeline: \S+site\.git cannot be made: .*: see to the rights there, or name another path\n$/);
  mkdirSync(join(dir, 'site.git/objects'), { recursive: true });
  writeFileSync(join(dir, 'site.git/hooks'), '');
  refused(call([join(ROOT, 'deploy/install-hook'), join(dir, 'site.git')]), /^FAILED pipeline: \S+post-receive cannot be written: see to the rights there/);
});

test('refused: script/pipeline without a value, and outside of a checkout', () => {
  for (const word of ['--branch', '--contexts', '--parameter', '--install-hook']) {
    refused(call(['script/pipeline', word], { cwd: ROOT }), new RegExp(`^FAILED pipeline: ${word} wants a value: `));
  }
  const dir = temporaryFolder();
  const env = makeEnvironment(dir);
  for (const name of ['script', 'deploy', 'Dockerfile']) execFileSync('cp', ['-r', join(ROOT, name), dir]);
  refused(call(['script/pipeline'], { cwd: dir, env }), /^FAILED pipeline: this is no git checkout: it runs commits alone: /);
  refused(call(['script/image'], { cwd: dir, env }), /^FAILED image: there is no commit here: /);
});

test('refused: an image of what is not committed, by the name of a commit', () => {
  const dir = temporaryFolder();
  const env = makeEnvironment(dir);
  for (const name of ['script', 'deploy', 'Dockerfile']) execFileSync('cp', ['-r', join(ROOT, name), dir]);
  execFileSync('sh', ['-ec', 'git init -q . && git add script deploy && git commit -qm x'], { cwd: dir, env });
  refused(call(['script/image'], { cwd: dir, env }), /^FAILED image: there are changes that are not committed: commit them, or call the image something else: /);
});

test('a run that is told to end ends its step, says why, and how to run it again', async () => {
  const dir = temporaryFolder();
  const env = { ...makeEnvironment(dir), PIPELINE_HOME: join(dir, 'its home'), SITE_PORT: '8099' };
  execFileSync('sh', ['-ec', `cp -r ${ROOT}/script ${ROOT}/deploy . && git init -q . && mkdir .circleci && printf '#!/bin/sh\n' >script/bootstrap
    printf '#!/bin/sh\necho begun\nsleep 300\n' >script/lint
    printf 'version: 2.1\nparameters: {to: {type: string, default: x}}\njobs: {one: {docker: [{image: x}], steps: [run: {name: Do it, command: script/lint}]}}\nworkflows: {all: {jobs: [one]}}\n' >.circleci/config.yml
    echo '[x]' >contexts; git add . && git commit -qm x && git checkout -q --detach`], { cwd: dir, env });
  const child = spawn('script/pipeline', ['--contexts', 'contexts', '--parameter', "to=a man's"], { cwd: dir, env });
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (text) => { out += text; });
  await until(() => out.includes('    begun'));
  process.kill(Number(readFileSync(join(dir, 'its home/pid'), 'utf8')));
  const status = await new Promise((done) => { child.on('close', done); });
  const head = execFileSync('git', ['rev-parse', 'HEAD'], { cwd: dir, env }).toString().trim();
  assert.equal(status, 130);
  const again = /^to run it again: (.*)\nFAILED one: Do it: broken off: run it again\n$/m.exec(out)?.[1];
  const told = execFileSync('bash', ['-ec', `script/pipeline() { printf '%s\\n' "$PIPELINE_HOME" "$SITE_PORT" "$@"; }; ${again}`], { encoding: 'utf8' });
  assert.deepEqual(told.split('\n').slice(0, -1), [env.PIPELINE_HOME, '8099', '--branch', '', '--contexts', join(dir, 'contexts'), '--parameter', "to=a man's", head]);
  assert.deepEqual(readdirSync(env.TMPDIR), []);
  assert.equal(existsSync(join(dir, 'its home/pid')), false);
});
