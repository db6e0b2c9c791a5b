// A world for the pipeline's scripts: container storage, base image and clone of their own, below one folder.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const BASE = 'docker.io/library/debian:bookworm-slim';
// The base has this machine's own packages, mounted: the Dockerfile is run as it stands without fetching any.
const MOUNTED = ['/usr', '/var/lib/dpkg', '/etc/alternatives', '/etc/ssl'];

// Why the tests of this folder cannot run here; false where they can.
export function unable() {
  if (process.getuid() !== 0) return 'needs root: containers and network namespaces';
  for (const program of ['podman', 'skopeo', 'docker-registry', 'htpasswd', 'nginx', 'jq', 'ccache']) {
    if (spawnSync('sh', ['-c', `PATH=$PATH:/usr/sbin command -v ${program}`]).status !== 0) return `there is no ${program}`;
  }
  if (spawnSync('unshare', ['--net', '--mount', 'true']).status !== 0) return 'no namespaces can be made here';
  if (!readFileSync('/etc/os-release', 'utf8').includes('VERSION_CODENAME=bookworm')) return 'the image is of Debian 12, as this machine is not';
  return tryContainer();
}

// What cannot be known but by trying: storage in layers, control groups.
function tryContainer() {
  let world;
  try {
    world = makeWorld('trial');
    execFileSync('podman', ['run', '--rm', ...MOUNTED.flatMap((path) => ['--volume', `${path}:${path}:ro`]), BASE, 'true'],
      { env: world.env, stdio: ['ignore', 'ignore', 'pipe'] });
    return false;
  } catch (error) {
    return `no container runs here: ${String(error.stderr || error.message).trim().split('\n').pop()}`;
  } finally {
    world?.end();
  }
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

function makeBase(folder, env) {
  const base = join(folder, 'base');
  for (const name of ['tmp', 'root', 'dev', 'proc', 'sys', 'ccache', ...MOUNTED.map((path) => path.slice(1))]) {
    mkdirSync(join(base, name), { recursive: true });
  }
  execFileSync('sh', ['-c', `cd "$1" && chmod 1777 tmp && ln -s usr/bin bin && ln -s usr/sbin sbin && ln -s usr/lib lib &&
    ln -s usr/lib64 lib64 && mkdir -p var/lib/apt/lists && cp -L /etc/passwd /etc/group /etc/os-release /etc/debian_version /etc/ld.so.cache etc/ &&
    tar -c . -f ../base.tar`, 'sh', base]);
  execFileSync('podman', ['import', '-q', '--change', 'ENV PATH=/usr/bin:/bin', '--change', 'ENV CCACHE_DIR=/ccache',
    join(folder, 'base.tar'), BASE], { env, stdio: ['ignore', 'ignore', 'pipe'] });
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
  // The last one would keep a node --test within from running anything.
  for (const key of ['DOCKER_HOST', 'CIRCLE_SHA1', 'DEPLOY_TARGET', 'COVERAGE', 'NODE_TEST_CONTEXT']) delete env[key];
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

// A clone of this checkout as it is, committed on main. What takes minutes is cut short, unless it is wanted whole: the
// gates, which script/test is among, to one test each, the build to one without LTO. What runs them is unchanged.
export async function makeClone(world, { whole = false } = {}) {
  const clone = join(world.folder, 'clone');
  const git = (...words) => execFileSync('git', words, { cwd: clone, env: world.env, stdio: ['ignore', 'pipe', 'inherit'] });
  mkdirSync(clone);
  git('init', '-q');
  const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '-z'], { cwd: ROOT }).toString().split('\0').filter(Boolean);
  for (const file of files.filter((path) => existsSync(join(ROOT, path)))) {
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

// The image of a clone as script/image builds it, under the name that Docker_tag_image gives; kept for the next run
// as long as nothing that it is made of changes.
export async function provideImage(world, clone, commit) {
  const digest = createHash('sha256');
  for (const path of execFileSync('git', ['ls-tree', '-r', 'HEAD', '--', 'src', 'modules', 'locale', 'meson.build', 'meson_options.txt',
    'Dockerfile', '.dockerignore', 'deploy/collect-runtime', 'script/build', 'script/lib.sh'], { cwd: clone, env: world.env }).toString()) digest.update(path);
  const kept = join(ROOT, 'build/ccache', `image-${digest.digest('hex').slice(0, 16)}.tar`);
  const name = `docker.io/acme/oc-lettings:${commit}`;
  if (existsSync(kept)) {
    execFileSync('podman', ['load', '-q', '-i', kept], { env: world.env, stdio: 'ignore' });
    execFileSync('podman', ['tag', 'docker.io/acme/oc-lettings:kept', name], { env: world.env });
    return '';
  }
  const { status, out } = await world.run(['script/image'], { cwd: clone, env: { ...world.env, Docker_tag_image: 'acme/oc-lettings' } });
  if (status !== 0) throw new Error(out);
  execFileSync('podman', ['tag', name, 'docker.io/acme/oc-lettings:kept'], { env: world.env });
  for (const old of readdirSync(join(ROOT, 'build/ccache')).filter((file) => /^image-.*\.tar$/.test(file))) {
    rmSync(join(ROOT, 'build/ccache', old), { force: true });
  }
  const part = join(world.folder, 'image.tar');
  execFileSync('podman', ['save', '-q', '-o', part, 'docker.io/acme/oc-lettings:kept'], { env: world.env, stdio: 'ignore' });
  cpSync(part, `${kept}.${process.pid}`);
  renameSync(`${kept}.${process.pid}`, kept); // another test may make it too
  return out;
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
