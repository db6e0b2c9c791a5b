// .circleci/config.yml against CircleCI's schema, the names that the site's owners have set up, and our own check.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT, sharedData, skipWithoutShared } from '../http/harness.mjs';

const CONFIG = join(ROOT, '.circleci/config.yml');
const text = readFileSync(CONFIG, 'utf8');
const python = (program, ...words) => spawnSync('python3', ['-c', program, ...words], { encoding: 'utf8' });
const config = JSON.parse(python('import json, sys, yaml; print(json.dumps(yaml.safe_load(open(sys.argv[1]))))', CONFIG).stdout);

function check(changed) {
  const path = join(mkdtempSync(join(tmpdir(), 'oc-config-')), 'config.yml');
  writeFileSync(path, changed);
  return spawnSync('python3', ['deploy/workflow.py', 'check', '--config', path], { cwd: ROOT, encoding: 'utf8' });
}

test('it is as CircleCI\'s schema has it', { skip: skipWithoutShared('circleci-config.schema.json') }, () => {
  const { status, stderr } = python('import json, sys, yaml, jsonschema; jsonschema.validate(yaml.safe_load(open(sys.argv[1])), json.load(open(sys.argv[2])))',
    CONFIG, sharedData('circleci-config.schema.json'));
  assert.equal(status, 0, stderr);
});

test('it has the names that are set up at the services', () => {
  const { project_13: { jobs } } = config.workflows;
  assert.equal(config.version, 2.1);
  assert.equal(config.parameters.release_branch.default, 'main');
  assert.deepEqual(jobs.map((job) => (typeof job === 'string' ? job : Object.keys(job)[0])),
    ['compile-linting-tests', 'build_and_push_docker_image', 'deploy_to_Heroku']);
  const [, { build_and_push_docker_image: image }, { deploy_to_Heroku: deploy }] = jobs;
  for (const job of [image, deploy]) {
    assert.equal(job.context, 'Basic secured data');
    assert.equal(job.filters.branches.only, '<< pipeline.parameters.release_branch >>');
  }
  assert.deepEqual([image.requires, deploy.requires], [['compile-linting-tests'], ['build_and_push_docker_image']]);
});

test('accepted: it as it is', () => {
  const { status, stderr } = check(text);
  assert.equal(status, 0, stderr);
});

for (const [name, from, to, expected] of [
  ['a job that is not there', 'requires: [build_and_push_docker_image]', 'requires: [nothing]', /deploy_to_Heroku requires nothing, which is not among its jobs/],
  ['an unknown job in the workflow', '- compile-linting-tests\n', '- compile\n', /there is no job compile\n/],
  ['a circle', '      - compile-linting-tests\n', '      - compile-linting-tests: {requires: [deploy_to_Heroku], filters: {branches: {only: main}}}\n', /require each other in a circle/],
  ['an executor that is not there', 'executor: engine', 'executor: none', /there is no executor none/],
  ['a job without an executor', '    executor: engine\n', '', /nothing to run on/],
  ['an unknown step', '- store_artifacts: ', '- keep: ', /there is no step keep/],
  ['an unknown key of a step', 'command: script/push}', 'command: script/push, shellish: x}', /unknown key shellish/],
  ['a script that is not there', 'script/push}', 'script/pull}', /script\/pull is not there/],
  ['a command that is no script', 'command: script/push}', 'command: docker push x}', /calls a script of script\//],
  ['a parameter that is not there', '<< pipeline.parameters.release_branch >>', '<< pipeline.parameters.branch >>', /there is no pipeline parameter branch/],
  ['filters missing where a required job has them', /(deploy_to_Heroku:\n.*\n.*\n)( {10}filters:\n.*\n.*\n)/, '$1', /deploy_to_Heroku has no filters while/],
  ['another version', 'version: 2.1', 'version: 2', /version must be 2\.1/],
  ['what is no YAML', 'version: 2.1', 'version: [', /config\.yml: /],
]) {
  test(`refused: ${name}`, () => {
    const changed = text.replace(from, to);
    assert.notEqual(changed, text);
    const { status, stderr } = check(changed);
    assert.equal(status, 1);
    assert.match(stderr, expected);
  });
}

const docker = (path) => spawnSync(join(ROOT, 'tests/node_modules/.bin/dockerlinter'),
  ['-e', '-s', 'none', '-i', 'EF0004,ER0012', '-f', path], { encoding: 'utf8' });
test('the Dockerfile passes its linter', () => {
  const { status, stdout, stderr } = docker(join(ROOT, 'Dockerfile'));
  assert.equal(status, 0, stdout + stderr);
});
test('refused by it: a Dockerfile that builds on whatever is the latest', () => {
  const path = join(mkdtempSync(join(tmpdir(), 'oc-docker-')), 'Dockerfile');
  writeFileSync(path, 'FROM debian:latest\nMAINTAINER x\nWORKDIR src\nRUN sudo apt-get install gcc\nCMD serve\n');
  assert.equal(docker(path).status, 1);
});

// Put together here, so that this file is not what it looks for.
const SECRETS = [['-----BEGIN RSA ', `PRIVATE KEY-----${'A'.repeat(24)}`], ['HRKU', `-${'a1'.repeat(20)}`], ['dckr_', `pat_${'a'.repeat(27)}`],
  ['sntrys', `_${'a'.repeat(40)}`], ['https://', `${'0a'.repeat(16)}@o1.ingest.sentry.io/5`], ['ghp', `_${'a'.repeat(36)}`],
  ['CCIPAT', `_${'a'.repeat(30)}`], ['AKIA', 'ABCDEFGHIJKLMNOP'], ['postgres://', 'app:hunter2hunter2@db.holidays.com/app']];
const scan = (input) => spawnSync('python3', ['deploy/secrets.py', '-'], { cwd: ROOT, input, encoding: 'utf8' });
for (const parts of SECRETS) {
  test(`refused in a commit: ${parts[0]}…`, () => {
    const { status, stdout } = scan(`x = "${parts.join('')}"\n`);
    assert.equal(status, 1);
    assert.ok(!stdout.includes(parts[1]), stdout);
  });
}
test('accepted in a commit: what only looks alike', () => {
  const { status, stdout } = scan('postgres://app:pw@127.0.0.1/x https://public@example.com/1 AKIA HRKU- -----BEGIN PUBLIC KEY-----\n');
  assert.equal(status, 0, stdout);
});
