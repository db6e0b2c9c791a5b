// A world for the pipeline's scripts: container storage, base image and clone of their own, below one folder.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const BASE = 'docker.io/library/debian:bookworm-slim';

// Why the tests of this folder cannot run here; false where they can.
export function unable() {
  if (process.getuid() !== 0) return 'needs root: containers and network namespaces';
  for (const program of ['podman', 'skopeo', 'docker-registry', 'htpasswd', 'nginx', 'jq', 'ccache']) {
    if (spawnSync('sh', ['-c', `PATH=$PATH:/usr/sbin command -v ${program}`]).status !== 0) return `there is no ${program}`;
  }
  if (!readFileSync('/etc/os-release', 'utf8').includes('VERSION_CODENAME=bookworm')) return 'the image is of Debian 12, as this machine is not';
  return false;
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
`);
}

// The base has this machine's own packages, mounted: the Dockerfile is run as it stands without fetching any.
const MOUNTED = ['/usr', '/var/lib/dpkg', '/etc/alternatives', '/etc/ssl'];
function makeBase(folder, env) {
  const base = join(folder, 'base');
  for (const name of ['tmp', 'root', 'dev', 'proc', 'sys', 'ccache', ...MOUNTED.map((path) => path.slice(1))]) {
    mkdirSync(join(base, name), { recursive: true });
  }
  execFileSync('sh', ['-c', `cd "$1" && chmod 1777 tmp && ln -s usr/bin bin && ln -s usr/sbin sbin && ln -s usr/lib lib &&
    ln -s usr/lib64 lib64 && mkdir -p var/lib/apt/lists && cp -L /etc/passwd /etc/group /etc/os-release /etc/debian_version /etc/ld.so.cache etc/ &&
    tar -c . -f ../base.tar`, 'sh', base]);
  execFileSync('podman', ['import', '-q', '--change', 'ENV PATH=/usr/lib/ccache:/usr/bin:/bin CCACHE_DIR=/ccache',
    join(folder, 'base.tar'), BASE], { env, stdio: ['ignore', 'ignore', 'inherit'] });
}

export function makeWorld(name) {
  const folder = mkdtempSync(join(tmpdir(), `oc-pipeline-${name}-`));
  const ccache = join(ROOT, 'build/ccache');
  mkdirSync(ccache, { recursive: true });
  writeSettings(folder);
  const env = {
    ...process.env,
    CONTAINERS_CONF: join(folder, 'containers.conf'),
    CONTAINERS_STORAGE_CONF: join(folder, 'storage.conf'),
    IMAGE_BUILD_FLAGS: [...MOUNTED.map((path) => `--volume ${path}:${path}:ro`), `--volume ${ccache}:/ccache`].join(' '),
    GIT_CONFIG_GLOBAL: join(folder, 'gitconfig'),
  };
  for (const key of ['DOCKER_HOST', 'CIRCLE_SHA1', 'DEPLOY_TARGET', 'COVERAGE']) delete env[key];
  writeFileSync(env.GIT_CONFIG_GLOBAL, '[user]\nname = Tests\nemail = tests@example.com\n[init]\ndefaultBranch = main\n[safe]\ndirectory = *\n');
  makeBase(folder, env);
  return {
    folder,
    env,
    run: (command, options = {}) => run(command, { env, ...options }),
    end() {
      spawnSync('podman', ['rm', '-fa', '-t', '1'], { env });
      spawnSync('sh', ['-c', 'for m in $(cut -d " " -f 2 /proc/mounts | grep "^$1/" | sort -r); do umount "$m"; done', 'sh', folder]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
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
    child.stdin.end(input);
  });
}

// A clone of this checkout as it is, committed on main. The gates that take minutes, which script/test is among, are
// cut short to one test each: the pipeline that runs them is unchanged.
export async function makeClone(world) {
  const clone = join(world.folder, 'clone');
  const git = (...words) => execFileSync('git', words, { cwd: clone, env: world.env, stdio: ['ignore', 'pipe', 'inherit'] });
  mkdirSync(clone);
  git('init', '-q');
  const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '-z'], { cwd: ROOT }).toString().split('\0').filter(Boolean);
  for (const file of files.filter((path) => existsSync(join(ROOT, path)))) {
    cpSync(join(ROOT, file), join(clone, file), { recursive: true });
  }
  shorten(clone);
  git('add', '-A');
  git('commit', '-qm', 'The site');
  return { clone, git };
}

function shorten(clone) {
  const short = (script, line) => writeFileSync(join(clone, 'script', script),
    `#!/usr/bin/env bash\nset -euo pipefail\ncd "$(dirname "$0")/.."\n${line}\n`);
  short('build', readFileSync(join(clone, 'script/build'), 'utf8').includes('lto')
    ? `if [[ \${CIRCLE_JOB:-} == compile-linting-tests ]]; then echo "built by the tests before"; exit; fi\n${
      readFileSync(join(clone, 'script/build'), 'utf8').split('\n').filter((each) => !each.startsWith('#!')).join('\n')}` : '');
  short('bootstrap', `if [[ -n \${CIRCLE_JOB:-} ]]; then exit; fi\n${
    readFileSync(join(clone, 'script/bootstrap'), 'utf8').replace(/^#!.*\n/, '')}`);
  short('lint', 'python3 src/site/raw_output.py && echo "1 passed, 0 failed"');
  short('test', 'node --test tests/tree/includes.test.mjs');
  short('coverage', 'true');
}
