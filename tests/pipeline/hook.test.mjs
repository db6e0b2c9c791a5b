// A push into a bare repository with the hook: released when all passed, else the release before it goes on serving.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { freePort, get, skipWithoutModule, until } from '../http/harness.mjs';
import { PASSWORD, Visitor } from '../http/accounts.mjs';
import { makeClone, makeWorld, unable } from './world.mjs';

const skip = unable();
let world;
let clone;
let git;
let bare;
let env;
let port;
let first;

before(async () => {
  if (skip) return;
  world = makeWorld('hook');
  ({ clone, git } = await makeClone(world));
  bare = join(world.folder, 'site.git');
  port = await freePort();
  env = { ...world.env, SITE_PORT: `127.0.0.1:${port}`, BOOT_LIMIT: '60' };
  const { status, out } = await world.run(['script/pipeline', '--install-hook', bare], { cwd: clone });
  assert.equal(status, 0, out);
  git('remote', 'add', 'release', bare);
});

const url = (path) => `http://127.0.0.1:${port}${path}`;
const push = () => world.run(['git', 'push', 'release', 'HEAD'], { cwd: clone, env });
const head = () => execFileSync('git', ['rev-parse', 'HEAD'], { cwd: clone }).toString().trim();
function change(file, edit, message) {
  const path = join(clone, file);
  const before = readFileSync(path, 'utf8');
  const now = edit(before);
  assert.notEqual(now, before);
  writeFileSync(path, now);
  git('commit', '-qam', message);
}

// Asks again and again until it is told to stop; gives the answers that were not 200.
function load() {
  const failures = [];
  let asked = 0;
  let going = true;
  const loop = (async () => {
    while (going) {
      asked += 1;
      await new Promise((done) => {
        http.get(url('/'), { agent: false, timeout: 10_000 }, (answer) => {
          if (answer.statusCode !== 200) failures.push(answer.statusCode);
          answer.resume().on('end', done);
        }).on('error', (error) => {
          failures.push(error.code);
          done();
        });
      });
      await new Promise((done) => { setTimeout(done, 20); });
    }
  })();
  return async () => {
    going = false;
    await loop;
    return { asked, failures };
  };
}

test('a push runs every job, releases, and ends with the address', { skip }, async () => {
  const { status, out } = await push();
  assert.equal(status, 0, out);
  for (const job of ['compile-linting-tests', 'build_and_push_docker_image', 'deploy_to_Heroku']) {
    assert.match(out, new RegExp(`^remote: ${job}`, 'm'));
  }
  assert.match(out, new RegExp(`^remote: the site: ${url('')}`, 'm'));
  first = head();
  assert.equal((await get(url('/'))).status, 200);
  assert.equal(readdirSync(join(bare, 'pipeline/runs')).length, 1);
});

test('a fault on the released site stands under /admin/issues/ with release, function, file, line and source',
  { skip: skip || skipWithoutModule('issues', 'admin', 'auth') }, async () => {
  const container = execFileSync('podman', ['ps', '-q'], { env: world.env }).toString().trim();
  execFileSync('podman', ['exec', '-e', `DJANGO_SUPERUSER_PASSWORD=${PASSWORD}`, container, '/app/oc-lettings', 'createsuperuser',
    '--noinput', '--username', 'boss', '--email', 'boss@example.com'], { env: world.env });
  assert.equal((await get(url('/sentry-debug/'))).status, 500);
  const boss = new Visitor(url(''));
  await boss.signIn('boss');
  let issue;
  await until(async () => {
    issue = /href="(\/admin\/issues\/\d+\/)"/.exec((await boss.ask('/admin/issues/')).text)?.[1];
    return issue;
  }, 20_000);
  const { text } = await boss.ask(issue);
  for (const shown of ['sentry_debug', 'src/site/module.c', head().slice(0, 7)]) assert.ok(text.includes(shown), shown);
  const source = readFileSync(join(clone, 'src/site/module.c'), 'utf8').split('\n');
  const lines = source.flatMap((line, at) => (/ \/ /.test(line) ? [at + 1] : []));
  assert.ok(lines.some((line) => new RegExp(`\\b${line}\\b`).test(text)), `one of the lines ${lines}`);
});

test('a push that breaks a test is not released', { skip }, async () => {
  const before = (await world.run(['script/deploy', 'local', 'status'], { cwd: clone, env: { ...env, PIPELINE_HOME: join(bare, 'pipeline') } })).out;
  change('src/base/text.h', (text) => text.replace('#pragma once', '#pragma once\n#include "site/site.h"'), 'Break a test');
  const { out } = await push();
  git('revert', '--no-edit', 'HEAD');
  assert.match(out, /^remote: FAILED compile-linting-tests: Test: script\/debian script\/test ended with status 1: see the lines above\s*$/m);
  assert.doesNotMatch(out, /build_and_push_docker_image/);
  const now = (await world.run(['script/deploy', 'local', 'status'], { cwd: clone, env: { ...env, PIPELINE_HOME: join(bare, 'pipeline') } })).out;
  assert.equal(now, before);
});

test('a push that does not start is rolled back while the old release answers every request', { skip }, async () => {
  change('Dockerfile', (text) => text.replace('CMD ["serve"]', 'CMD ["version"]'), 'Break the start');
  const end = load();
  const { out } = await push();
  const { asked, failures } = await end();
  git('revert', '--no-edit', 'HEAD');
  assert.match(out, /^remote: FAILED deploy_to_Heroku: Deploy: the new release ended while it started: rolled back: [0-9a-f]{12} goes on serving; /m);
  assert.deepEqual(failures, []);
  assert.ok(asked > 20, `${asked} requests`);
});

test('a push that is good again takes over without a request lost; a rollback too', { skip }, async () => {
  const end = load();
  const { out } = await push();
  assert.match(out, new RegExp(`^remote: .*released ${head().slice(0, 12)} at ${url('')}`, 'm'));
  // The push that did not start has left nothing.
  const kept = [first, head(), 'latest'].sort();
  const registry = join(bare, 'pipeline/registry');
  assert.deepEqual(readdirSync(join(registry, 'data/docker/registry/v2/repositories/oc-lettings/_manifests/tags')).sort(), kept);
  const rolled = await world.run(['script/deploy', 'local', 'rollback'], { cwd: clone, env: { ...env, PIPELINE_HOME: join(bare, 'pipeline') } });
  assert.equal(rolled.status, 0, rolled.out);
  assert.match(rolled.out, new RegExp(`^rolled back to ${first.slice(0, 12)} at `, 'm'));
  const { failures } = await end();
  assert.deepEqual(failures, []);
});

test('another branch is tested and not released', { skip }, async () => {
  git('checkout', '-q', '-b', 'elsewhere');
  const { out } = await push();
  assert.match(out, /^remote: build_and_push_docker_image: not on branch elsewhere/m);
  assert.match(out, /^remote: deploy_to_Heroku: not on branch elsewhere/m);
});

// No hook: what is left open after the last test ends this process.
test('all that was started ends', { skip }, async () => {
  await world.run(['script/deploy', 'local', 'stop'], { cwd: clone, env: { ...env, PIPELINE_HOME: join(bare, 'pipeline') } });
  const left = execFileSync('podman', ['ps', '-aq'], { env: world.env }).toString();
  world.end();
  assert.equal(left, '');
  assert.equal(existsSync(world.folder), false);
});
