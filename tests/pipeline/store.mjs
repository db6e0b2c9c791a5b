// node store.mjs, under a lock: makes container storage with the base image and the site's image, which every world of
// this folder reads and none changes: once for each state of what they are made of. Prints { storage } or { reason }.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BASE, inContainers, KEPT, listFiles, makeClone, MOUNTED, release, ROOT, STORES } from './world.mjs';

const PARTS = ['src', 'modules', 'locale', 'meson.build', 'meson_options.txt', 'Dockerfile', '.dockerignore', 'deploy', 'script',
  'tests/pipeline/store.mjs', 'tests/pipeline/world.mjs'];

// The sources as they lie here.
function keyOf() {
  const digest = createHash('sha256');
  for (const file of listFiles(PARTS)) digest.update(file).update('\0').update(readFileSync(join(ROOT, file)));
  return digest.digest('hex').slice(0, 16);
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

// What cannot be known but by trying: storage in layers, control groups.
function whyNot(env) {
  const { status, stderr } = spawnSync('podman', ['run', '--rm', ...MOUNTED.flatMap((path) => ['--volume', `${path}:${path}:ro`]), BASE, 'true'],
    { env, encoding: 'utf8' });
  return status === 0 ? null : `no container runs here: ${stderr.trim().split('\n').pop()}`;
}

async function make(folder) {
  const env = inContainers(folder);
  makeBase(folder, env);
  const reason = whyNot(env);
  if (reason) return { reason };
  const { clone, git } = await makeClone({ folder, env });
  const { status, stdout, stderr } = spawnSync('script/image', { cwd: clone, env: { ...env, Docker_tag_image: KEPT }, encoding: 'utf8' });
  if (status !== 0) throw new Error(stdout + stderr);
  execFileSync('podman', ['tag', `${KEPT}:${git('rev-parse', 'HEAD').toString().trim()}`, `${KEPT}:latest`], { env });
  for (const name of ['base', 'base.tar', 'clone', 'run', 'tmp']) release(join(folder, name));
  return null;
}

const key = keyOf();
const made = join(STORES, key);
if (!existsSync(made)) {
  const part = join(STORES, 'part');
  release(part);
  mkdirSync(part, { recursive: true });
  const refused = await make(part);
  if (refused) {
    release(part);
    console.log(JSON.stringify(refused));
    process.exit(0);
  }
  for (const old of readdirSync(STORES).filter((name) => /^[0-9a-f]{16}$/.test(name))) release(join(STORES, old));
  renameSync(part, made);
}
writeFileSync(1, JSON.stringify({ storage: join(made, 'storage') }));
