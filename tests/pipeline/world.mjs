// A world for the pipeline's scripts: container storage and clone of their own, below one folder.
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
export const BASE = 'docker.io/library/debian:bookworm-slim';
// The base has this machine's own packages, mounted: the Dockerfile is run as it stands without fetching any.
export const MOUNTED = ['/usr', '/var/lib/dpkg', '/etc/alternatives', '/etc/ssl'];
// What store.mjs makes: the site's image by this name, and the storage it lies in.
export const KEPT = 'localhost/kept';
export const STORES = join(ROOT, 'build/pipeline');
let storage;

/** Where a program is; '' where it is not. */
export const find = (program) => spawnSync('sh', ['-c', `PATH=$PATH:/usr/sbin command -v ${program}`], { encoding: 'utf8' }).stdout.trim();

/** Why no container can be handled here, whatever is in it; false where one can. */
export function withoutContainers() {
  if (process.getuid() !== 0) return 'needs root: containers and network namespaces';
  for (const program of ['podman', 'skopeo', 'docker-registry', 'htpasswd', 'nginx', 'jq', 'ccache']) {
    if (!find(program)) return `there is no ${program}`;
  }
  // As in a container that has no rights of its own, whoever is root in it.
  if (spawnSync('unshare', ['--net', '--mount', 'true']).status !== 0) return 'no namespaces can be made here';
  return false;
}

// Why the tests of this folder cannot run here; false where they can.
export function unable() {
  const missing = withoutContainers();
  if (missing) return missing;
  if (!readFileSync('/etc/os-release', 'utf8').includes('VERSION_CODENAME=bookworm')) return 'the image is of Debian 12, as this machine is not';
  mkdirSync(STORES, { recursive: true });
  const made = spawnSync('flock', ['-o', join(STORES, 'lock'), process.execPath, join(ROOT, 'tests/pipeline/store.mjs')], { encoding: 'utf8' });
  if (made.status !== 0) throw new Error(made.stdout + made.stderr);
  const { reason, ...found } = JSON.parse(made.stdout);
  ({ storage } = found);
  return reason ?? false;
}

// The environment of programs that build and run containers in storage below the folder.
export function inContainers(folder) {
  const ccache = join(ROOT, 'build/ccache');
  mkdirSync(ccache, { recursive: true });
  writeSettings(folder);
  const env = {
    ...process.env,
    CONTAINERS_CONF: join(folder, 'containers.conf'),
    CONTAINERS_STORAGE_CONF: join(folder, 'storage.conf'),
    IMAGE_BUILD_FLAGS: [...MOUNTED.map((path) => `--volume ${path}:${path}:ro`), `--volume ${ccache}:/ccache`].join(' '),
    GIT_CONFIG_GLOBAL: join(folder, 'gitconfig'),
    TMPDIR: join(folder, 'tmp'),
    DOCKER_HOST: 'unix:///nonexistent', // where an engine runs, its images are somebody's own
  };
  mkdirSync(env.TMPDIR);
  // The last one would keep a node --test within from running anything.
  for (const key of ['CIRCLE_SHA1', 'CIRCLE_BUILD_NUM', 'DEPLOY_TARGET', 'COVERAGE', 'NODE_TEST_CONTEXT']) delete env[key];
  writeFileSync(env.GIT_CONFIG_GLOBAL, '[user]\nname = Tests\nemail = tests@example.com\n[init]\ndefaultBranch = main\n[safe]\ndirectory = *\n');
  return env;
}

// What podman needs in a container itself: no limits that only the machine's root may raise, no network of its own.
function writeSettings(folder) {
  writeFileSync(join(folder, 'containers.conf'), `[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1000:1000"]
netns = "host"
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
`);
  writeFileSync(join(folder, 'storage.conf'), `[storage]
driver = "overlay"
graphroot = "${folder}/storage"
runroot = "${folder}/run"
[storage.options]
additionalimagestores = [${storage ? `"${storage}"` : ''}]
`);
}

/** Removes a folder, and what is mounted below it. */
export function release(folder) {
  spawnSync('sh', ['-c', 'for m in $(cut -d " " -f 2 /proc/mounts | grep -E "^$1(/|$)" | sort -r); do umount "$m" || umount -l "$m"; done', 'sh', folder]);
  rmSync(folder, { recursive: true, force: true });
}

// In memory, since containers write many small files and wait for the disk after each; what is large wants the disk.
export function makeWorld(name, { onDisk = false } = {}) {
  const folder = mkdtempSync(join(tmpdir(), `oc-pipeline-${name}-`));
  if (!onDisk) execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=3g,mode=755', 'tmpfs', folder]);
  const env = inContainers(folder);
  return {
    folder,
    env,
    run: (command, options = {}) => run(command, { env, ...options }),
    end() {
      spawnSync('podman', ['rm', '-fa', '-t', '1'], { env });
      release(folder);
    },
  };
}

/** A root folder for an image of these programs, by their paths or else in /usr/bin, with their libraries. */
export function collect(root, programs) {
  mkdirSync(join(root, 'usr/bin'), { recursive: true });
  execFileSync('sh', ['-euc', `cd "$1" && shift && PATH=$PATH:/usr/sbin
    mkdir -m 1777 tmp && ln -s usr/bin bin
    for program; do
      case $program in
      /*) cp -L --parents "$program" . ;;
      *) cp -L "$(command -v "$program")" usr/bin/ ;;
      esac
      ldd "$(command -v "$program")" | grep -o '/[^ ]*' | xargs cp -L --parents -t .
    done`, 'sh', root, ...programs]);
}

// Ends with { status, out }: what it printed to either stream, in order.
export function run(command, { env, cwd = ROOT, input = '', limit = 540_000, onText } = {}) {
  return new Promise((done) => {
    const child = spawn(command[0], command.slice(1), { env, cwd, stdio: ['pipe', 'pipe', 'pipe'] });
    let out = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        out += text;
        onText?.(text);
      });
    }
    const timer = setTimeout(() => child.kill('SIGTERM'), limit);
    child.on('close', (status) => {
      clearTimeout(timer);
      done({ status, out });
    });
    // Who ends before it reads has no need of it.
    child.stdin.on('error', () => {}).end(input);
  });
}

/** The checkout's files, committed or not; of these paths alone where some are given. */
export const listFiles = (paths = []) => execFileSync('git', ['ls-files', '-co', '--exclude-standard', '-z', '--', ...paths], { cwd: ROOT })
  .toString().split('\0').filter((path) => path && existsSync(join(ROOT, path)));

// A clone of this checkout as it is, committed on main. What takes minutes is cut short, unless it is wanted whole: the
// gates, which script/test is among, to one test each, the build to one without LTO. What runs them is unchanged.
export async function makeClone(world, { whole = false } = {}) {
  const clone = join(world.folder, 'clone');
  const git = (...words) => execFileSync('git', words, { cwd: clone, env: world.env, stdio: ['ignore', 'pipe', 'inherit'] });
  mkdirSync(clone);
  git('init', '-q');
  for (const file of listFiles()) {
    cpSync(join(ROOT, file), join(clone, file), { recursive: true });
  }
  if (!whole) shorten(clone);
  git('add', '-A');
  git('commit', '-qm', 'The site');
  return { clone, git };
}

function shorten(clone) {
  const short = (script, line) => writeFileSync(join(clone, 'script', script),
    `#!/usr/bin/env bash\nset -euo pipefail\ncd "$(dirname "$0")/.."\n${line}\n`);
  const body = (script) => readFileSync(join(clone, 'script', script), 'utf8').replace(/^#!.*\n/, '');
  short('build', `if [[ \${CIRCLE_JOB:-} == compile-linting-tests ]]; then echo "built by the tests before"; exit; fi\n${
    body('build').replace('-Dbuildtype=release -Ddebug=true -Db_lto=true', '-Doptimization=1 -Ddebug=true')}`);
  short('bootstrap', `if [[ -n \${CIRCLE_JOB:-} ]]; then exit; fi\n${body('bootstrap')}`);
  short('lint', 'python3 src/site/raw_output.py && echo "1 passed, 0 failed"');
  short('test', 'node --test --test-reporter=dot tests/tree/includes.test.mjs');
  short('coverage', 'true');
}

// The closed network of cloud.mjs: nothing can leave it, and in it the services' names lead to the stand-ins.
export async function enterCloud(world) {
  const folder = join(world.folder, 'cloud');
  mkdirSync(folder);
  execFileSync('bash', ['-euc', `cd "$1"
    openssl req -x509 -newkey rsa:2048 -nodes -days 7 -subj '/CN=test CA' -keyout ca.key -out ca.crt -addext basicConstraints=critical,CA:TRUE 2>/dev/null
    printf '127.0.0.1 localhost\\n' >hosts
    n=2
    for name in registry.heroku.com api.heroku.com holiday-homes-0123456789ab.herokuapp.com registry-1.docker.io sentry.io; do
      openssl req -newkey rsa:2048 -nodes -subj "/CN=test" -keyout "$name.key" 2>/dev/null |
        openssl x509 -req -CA ca.crt -CAkey ca.key -CAcreateserial -days 7 -out "$name.crt" -extfile <(echo "subjectAltName=DNS:$name") 2>/dev/null
      echo "127.0.0.$n $name" >>hosts
      n=$((n + 1))
    done
    echo '127.0.0.5 index.docker.io docker.io' >>hosts
    cat /etc/ssl/certs/ca-certificates.crt ca.crt >bundle.crt`, 'bash', folder]);
  const env = { ...world.env, SSL_CERT_FILE: join(folder, 'bundle.crt'), CURL_CA_BUNDLE: join(folder, 'bundle.crt') };
  delete env.SSL_CERT_DIR;
  const child = spawn('unshare', ['--net', '--mount', '--propagation', 'private', 'bash', '-c',
    `ip link set lo up && mount --bind "$1/hosts" /etc/hosts && exec ${process.execPath} "$2" "$1"`,
    'bash', folder, join(ROOT, 'tests/pipeline/cloud.mjs')], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  let said = '';
  const next = (word) => new Promise((done, failed) => {
    const look = () => said.includes(word) && done(said);
    child.stdout.on('data', look);
    child.on('exit', () => failed(new Error('the cloud ended')));
    look();
  });
  child.stdout.setEncoding('utf8').on('data', (text) => { said += text; });
  await next('ready');
  return {
    folder,
    run: (command, options = {}) => run(['nsenter', '-t', String(child.pid), '-n', '-m', '--wd=.', ...command],
      { ...options, env: { ...env, ...options.env } }),
    stopDynos() {
      child.stdin.write('stop\n');
      return next('stopped');
    },
    end: () => new Promise((done) => {
      child.on('exit', done);
      child.stdin.end();
    }),
  };
}

/** What the call gives; meanwhile the front page is asked for again and again, and each answer must be 200. */
export async function whileAsked(front, call) {
  const failures = [];
  let going = true;
  const asking = (async () => {
    while (going) {
      const status = await front().catch((error) => error.code);
      if (status !== 200) failures.push(status);
      await sleep(10);
    }
  })();
  const answer = await call;
  going = false;
  await asking;
  assert.deepEqual(failures, []);
  return answer;
}
