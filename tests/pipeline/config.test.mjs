// .circleci/config.yml against CircleCI's schema, the names that the site's owners have set up, and our own check.
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT, sharedData, skipWithoutShared, temporaryFolder, until } from '../http/harness.mjs';

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
  // Of the same name, the image of a later push would keep the release of an earlier one waiting.
  assert.deepEqual([image['serial-group'], deploy['serial-group']], ['oc-lettings/push', 'oc-lettings/deploy']);
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
  ['an unknown key of the checkout', 'checkout: {method: full}', 'checkout: {methd: full}', /step checkout: methd is not known here/],
  ['an unknown key of a step', 'command: script/push}', 'command: script/push, shellish: x}', /step run: shellish is not known here/],
  ['a script that is not there', 'script/push}', 'script/pull}', /script\/pull is not there/],
  ['a script behind another that is not there', 'script/debian script/lint', 'script/debian script/lnt', /script\/lnt is not there/],
  ['a command that is no script', 'command: script/push}', 'command: docker push x}', /calls a script of script\//],
  ['a parameter that is not there', '<< pipeline.parameters.release_branch >>', '<< pipeline.parameters.branch >>', /there is no pipeline parameter branch/],
  ['filters missing where a required job has them', /(deploy_to_Heroku:\n.*\n.*\n.*\n)( {10}filters:\n.*\n.*\n)/, '$1', /deploy_to_Heroku has no filters while/],
  ['orbs', 'version: 2.1\n', 'version: 2.1\norbs: {node: circleci/node@5}\n', /config\.yml: orbs is not known here/],
  ['a setup', 'version: 2.1\n', 'version: 2.1\nsetup: true\n', /setup is not known here/],
  ['a condition of a step', 'command: script/push}', 'command: script/push, when: always}', /step run: when is not known here/],
  ['a condition of a workflow', '  project_13:\n', '  project_13:\n    when: false\n', /workflow project_13: when is not known here/],
  ['a matrix', 'requires: [compile-linting-tests]', 'requires: [compile-linting-tests]\n          matrix: {parameters: {a: [1, 2]}}', /build_and_push_docker_image: matrix is not known here/],
  ['an approval', 'requires: [compile-linting-tests]', 'requires: [compile-linting-tests]\n          type: approval', /build_and_push_docker_image: type is not known here/],
  ['a list of states that are required', 'requires: [compile-linting-tests]', 'requires: [{compile-linting-tests: [failed]}]', /requires must be names, not/],
  ['a serial group that is no name', 'serial-group: oc-lettings/deploy', 'serial-group: [a, b]', /deploy_to_Heroku, serial-group must be a name/],
  ['a serial group for each run', 'serial-group: oc-lettings/deploy', 'serial-group: deploy-<< pipeline.number >>', /serial-group must be a name, the same in each pipeline/],
  ['filters of tags', /branches:\n +only:/, 'tags:\n              only:', /filters: tags is not known here/],
  ['a branch that is no pattern', '<< pipeline.parameters.release_branch >>', '/(/', /filters: /],
  ['several at once', '    executor: engine\n', '    executor: engine\n    parallelism: 4\n', /job compile-linting-tests: parallelism is not known here/],
  ['a second container', '- image: buildpack-deps:bookworm-scm\n', '- image: buildpack-deps:bookworm-scm\n      - image: postgres\n', /containers beside the first are not known here/],
  ['a command behind the script', 'command: script/push}', 'command: script/push ; echo sneaky}', /calls a script of script\/ with plain words, not 'script\/push ; echo sneaky'/],
  ['a value that only CircleCI has', 'command: script/push}', 'command: script/push << pipeline.number >>}', /calls a script of script\//],
  ['a time that is none', 'command: script/push}', 'command: script/push, no_output_timeout: soon}', /no_output_timeout must be as 10m or 90s, not soon/],
  ['a job that is empty', /jobs:\n[^]*?\n\nworkflows/, 'jobs: {compile-linting-tests: null}\n\nworkflows', /job compile-linting-tests must be names with values, not None/],
  ['no workflows', /workflows:[^]*/, '', /workflows must be names with values, not None/],
  ['a workflow that is empty', /( {2}project_13:)[^]*/, '$1\n', /workflow project_13 has no jobs/],
  ['no jobs', /\njobs:\n[^]*?\n\nworkflows/, '\nworkflows', /jobs must be names with values, not None/],
  ['another version', 'version: 2.1', 'version: 2', /version must be 2\.1/],
  ['what is no YAML', 'version: 2.1', 'version: [', /config\.yml: /],
]) {
  test(`refused: ${name}`, () => {
    const changed = text.replace(from, to);
    assert.notEqual(changed, text);
    const { status, stderr } = check(changed);
    assert.equal(status, 1);
    assert.match(stderr, expected);
    assert.doesNotMatch(stderr, /Traceback/);
  });
}

// A workflow of one step, which prints and ends as it is told to: what is told of it.
function stepFolder(body, more = '') {
  const dir = mkdtempSync(join(tmpdir(), 'oc-step-'));
  mkdirSync(join(dir, 'script'));
  writeFileSync(join(dir, 'script/one'), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  writeFileSync(join(dir, 'config.yml'), `version: 2.1
jobs: {one: {docker: [{image: x}], steps: [run: {name: Do it, command: script/one${more}}]}}
workflows: {all: {jobs: [one]}}
`);
  return dir;
}
const WORKFLOW = [join(ROOT, 'deploy/workflow.py'), 'run', '--config', 'config.yml', '--log', 'log', '--again', 'do this'];
function runStep(body, more) {
  const dir = stepFolder(body, more);
  const { status, stdout } = spawnSync('python3', WORKFLOW, { cwd: dir, encoding: 'utf8', timeout: 60_000 });
  assert.equal(readFileSync(join(dir, 'log'), 'utf8'), stdout);
  return { status, lines: stdout.trimEnd().split('\n') };
}
for (const [name, body, last] of [
  ['the cause and what to do, as the script has it', 'echo "FAILED push: login: no: check it" >&2; exit 3', 'FAILED one: Do it: login: no: check it'],
  ['the script, where it told no cause', 'echo "FAILED  unit/text 1 failed"; exit 3', 'FAILED one: Do it: script/one ended with status 3: see the lines above'],
]) {
  test(`a step that fails ends the run with one line: ${name}`, () => {
    const { status, lines } = runStep(body);
    assert.equal(status, 1);
    assert.equal(lines.at(-1), last);
    assert.equal(lines.at(-2), 'to run it again: do this');
  });
}
test('a step that prints nothing for too long is ended, with what it started', () => {
  const { status, lines } = runStep('sleep 300 & echo $! >pid; wait', ', no_output_timeout: 1s');
  assert.equal(status, 1);
  assert.equal(lines.at(-1), 'FAILED one: Do it: nothing was printed for 1 s: see what hung, or set no_output_timeout');
});
test('a step that leaves something running that holds its output is not waited for', () => {
  const start = Date.now();
  const { status, lines } = runStep('sleep 300 & echo $! >pid; echo done');
  assert.ok(Date.now() - start < 30_000);
  assert.deepEqual([status, ...lines.slice(2, 4)], [0, '    done', '    what it left running is not waited for']);
});
test('a step that keeps quiet after closing its output is waited for', () => {
  const { status } = runStep('exec >&- 2>&-; sleep 1; exit 3');
  assert.equal(status, 1);
});
for (const signal of ['SIGTERM', 'SIGINT']) {
  test(`a run that ${signal} breaks off ends its step, and says so in the log`, async () => {
    const dir = stepFolder('sleep 300 & echo $! >pid.part; mv pid.part pid; wait');
    const child = spawn('python3', WORKFLOW, { cwd: dir, stdio: 'ignore' });
    await until(() => existsSync(join(dir, 'pid')));
    child.kill(signal);
    assert.ok((await once(child, 'exit'))[0] > 128);
    assert.throws(() => process.kill(Number(readFileSync(join(dir, 'pid'), 'utf8')), 0));
    assert.match(readFileSync(join(dir, 'log'), 'utf8'), /^FAILED one: Do it: broken off: run it again$/m);
  });
}
test('a step that is broken off has its time to take back what it began, and its word', async () => {
  const dir = stepFolder("trap 'sleep 2; echo FAILED deploy: broken off: the old one goes on serving; exit 1' TERM; echo >pid; while :; do sleep 0.1; done");
  const child = spawn('python3', WORKFLOW, { cwd: dir, stdio: 'ignore' });
  await until(() => existsSync(join(dir, 'pid')));
  child.kill();
  assert.ok((await once(child, 'exit'))[0] > 128);
  assert.match(readFileSync(join(dir, 'log'), 'utf8'), /^FAILED one: Do it: broken off: the old one goes on serving$/m);
});
test('a run goes on when nobody reads it any more', async () => {
  const dir = stepFolder('until [ -e go ]; do sleep 0.1; done; echo more; echo more; sleep 0.3; echo end');
  const child = spawn('python3', WORKFLOW, { cwd: dir, stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  child.stdout.destroy();
  writeFileSync(join(dir, 'go'), '');
  assert.deepEqual(await once(child, 'exit'), [0, null]);
  assert.match(readFileSync(join(dir, 'log'), 'utf8'), /^ {4}end\n {2}ok, [\d.]+ s$/m);
});
test('a file of contexts or a workflow that is not there is said', () => {
  const dir = stepFolder('true');
  for (const [words, expected] of [[['--contexts', 'none'], /^FAILED pipeline: the contexts cannot be read: .*none/], [['--workflow', 'none'], /^FAILED pipeline: there is no workflow none$/m]]) {
    const { status, stderr } = spawnSync('python3', [...WORKFLOW, ...words], { cwd: dir, encoding: 'utf8' });
    assert.equal(status, 1);
    assert.match(stderr, expected);
  }
});
test('a step that passes is told with its time', () => {
  const { status, lines } = runStep('echo done');
  assert.equal(status, 0);
  assert.deepEqual(lines.slice(0, 3), ['one', '  Do it: script/one', '    done']);
  assert.match(lines[3], /^  ok, \d+\.\d s$/);
});

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
// Keys as their programs write them, each made here.
const KEYS = {
  'openssl genrsa': 'openssl genrsa -out key 2048',
  'openssl genrsa, as before 3.0': 'openssl genrsa -traditional -out key 2048',
  'openssl, with a password': 'openssl genrsa -traditional -aes128 -passout pass:password -out key 2048',
  'openssl, of an elliptic curve': 'openssl ecparam -name prime256v1 -genkey -out key',
  'openssl, Ed25519': 'openssl genpkey -algorithm ed25519 -out key',
  'ssh-keygen': 'ssh-keygen -q -t ed25519 -N "" -f key',
  'ssh-keygen, RSA in PEM': 'ssh-keygen -q -t rsa -b 2048 -m PEM -N password -f key',
};
for (const [name, command] of Object.entries(KEYS)) {
  test(`refused in a commit: a private key of ${name}`, () => {
    const cwd = temporaryFolder();
    execFileSync('sh', ['-c', command], { cwd, stdio: 'ignore' });
    const key = readFileSync(join(cwd, 'key'), 'utf8');
    const base64 = Buffer.from(key).toString('base64');
    for (const form of [key, key.replaceAll('\n', '\r\n'), key.replace(/^/gm, '    '), JSON.stringify({ key }), `DEPLOY_SSH_KEY=${base64}\n`,
      base64.replace(/.{76}/g, '$&\n'), key.replace(/^(.*)$/gm, "  '$1\\n' +")]) {
      const { status, stdout } = scan(form);
      assert.deepEqual([status, stdout.split('\n')[0]], [1, 'standard input : a private key'], form);
    }
  });
}
test('accepted in a commit: what only looks alike', () => {
  const cwd = temporaryFolder();
  execFileSync('sh', ['-c', 'openssl genrsa -out key 2048 && openssl rsa -in key -pubout -out public && openssl req -x509 -key key -subj /CN=x -out certificate'], { cwd, stdio: 'ignore' });
  const { status, stdout } = scan(`postgres://app:pw@127.0.0.1/x https://public@example.com/1 AKIA HRKU- -----BEGIN PUBLIC KEY-----
${readFileSync(join(cwd, 'public'))}${readFileSync(join(cwd, 'certificate'))}${readFileSync(join(cwd, 'certificate')).toString('base64')}
It begins with -----BEGIN PRIVATE KEY----- and is no word longer than
aLineOfOneWordThatIsNotAsLongAsOneOfAKey
${'a line of prose that is long and yet no key\n'.repeat(9)}`);
  assert.equal(status, 0, stdout);
});

const TOKEN = ['ghp', `_${'a'.repeat(36)}`].join('');
for (const [name, expected, script] of [
  ['a merge', /^\w{12,} file: a GitHub token$/m, 'git checkout -qb b && git commit -q --allow-empty -m b && git checkout -q main && git commit -q --allow-empty -m c && git merge -q --no-commit --no-ff b && echo $TOKEN >file && git add file && git commit -qm merge'],
  ['a file that git shows no changes of', / file: a GitHub token/, 'echo "file -diff" >.gitattributes && echo $TOKEN >file && git add . && git commit -qm x && rm file && git commit -qam y'],
  ['a line that looks like a path', / file: a GitHub token/, 'echo "++ $TOKEN" >file && git add . && git commit -qm x'],
  ['the first commit, where the log is set not to show it', / first: a GitHub token/, 'git config log.showRoot false'],
  ['a message', / its message: a GitHub token/, 'git commit -q --allow-empty -m "One" -m "with $TOKEN"'],
  ['a tag', /^tag v1 its message: a GitHub token/m, 'git tag -am "$TOKEN" v1'],
]) {
  test(`refused: what opens something in ${name}`, () => {
    const cwd = temporaryFolder();
    const env = { ...process.env, TOKEN, GIT_CONFIG_GLOBAL: '/dev/null' };
    const first = name.startsWith('the first') ? 'echo $TOKEN >first && git add first && ' : '';
    execFileSync('sh', ['-ec', `git init -qb main . && git config user.name x && git config user.email x@example.com && ${first}git commit -q --allow-empty -m a\n${script}`], { cwd, env });
    const { status, stdout } = spawnSync('python3', [join(ROOT, 'deploy/secrets.py')], { cwd, env, encoding: 'utf8' });
    assert.equal(status, 1);
    assert.match(stdout, expected);
    assert.ok(!stdout.includes(TOKEN));
  });
}

test('a clone without the files of old commits: they are fetched at once; where they cannot be, that is said', () => {
  const cwd = temporaryFolder();
  const env = { ...process.env, TOKEN, GIT_CONFIG_GLOBAL: '/dev/null' };
  const bash = (text, dir = '.') => spawnSync('bash', ['-ec', text], { cwd: join(cwd, dir), env, encoding: 'utf8' });
  const made = bash(`git init -qb main whole && cd whole && git config user.name x && git config user.email x@example.com
    mkdir script && cp ${ROOT}/script/lib.sh script/ && echo $TOKEN >file && git add . && git commit -qm a && git rm -q file && git commit -qm b
    git config uploadpack.allowFilter true && git config uploadpack.allowAnySHA1InWant true && cd ..
    git clone -q --filter=blob:none file://$PWD/whole partial && git clone -q partial lost`);
  assert.equal(made.status, 0, made.stderr);
  const lost = bash(`python3 ${ROOT}/deploy/secrets.py`, 'lost');
  assert.equal(lost.status, 1);
  assert.match(lost.stderr, /^FAILED secrets: git cannot read all of the history: clone it whole, without --filter; on CircleCI by checkout: \{method: full\}$/m);
  const fetch = () => bash('. script/lib.sh; fetch_missing; git rev-list --objects --all --missing=print | grep -c "^?" || true', 'partial').stdout;
  assert.equal(fetch(), 'fetching the files of old commits from origin\n0\n');
  assert.equal(fetch(), '0\n');
  assert.match(bash(`python3 ${ROOT}/deploy/secrets.py`, 'partial').stdout, /^\w{12,} file: a GitHub token$/m);
  assert.equal(bash('. script/lib.sh; fetch_missing', 'whole').stdout, '');
});
