// The servers: how each is started on a port with the same database, and what it needs.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { environment, freePort, get, PROGRAM, ROOT, runCommand } from '../tests/http/harness.mjs';

const BENCH = join(ROOT, 'bench');
const WORKERS = '2';
const START_LIMIT_MS = 15_000;

const works = (command, ...args) => spawnSync(command, args, { stdio: 'ignore' }).status === 0;
export const lacks = (command, ...args) => (works(command, ...args) ? null : `no ${[command, ...args].join(' ')}`);

/** A setting of ours, where this version has it. */
const settings = () => runCommand(['settings'], { env: { DEBUG: '1' } }).stdout;

export const ours = (env = {}, program = PROGRAM) => (run) => ({
  command: program,
  args: ['serve'],
  env: environment(run.dir, {
    DATABASE_URL: `sqlite:///${run.database}`, WEB_CONCURRENCY: WORKERS, PORT: String(run.port),
    LOG_LEVEL: run.log ? 'info' : 'warning', ...env,
  }),
});

function nginx(run) {
  const root = join(run.dir, 'pages');
  for (const { path, bytes } of run.pages) {
    const folder = join(root, path.split('?')[0]);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'index.html'), bytes);
  }
  const config = join(run.dir, 'nginx.conf');
  // The worker must be able to read the files of a root-owned folder.
  const user = process.getuid() === 0 ? 'user root;' : '';
  writeFileSync(config, `
${user} daemon off; worker_processes ${WORKERS}; pid ${run.dir}/nginx.pid; error_log stderr error;
events { worker_connections 1024; }
http {
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${run.dir}/${name};`).join(' ')}
  access_log ${run.log ? `${run.dir}/access.log` : 'off'};
  sendfile on; tcp_nopush on; tcp_nodelay on; keepalive_requests 1000000000;
  open_file_cache max=1000; open_file_cache_valid 60s;
  default_type text/html; charset utf-8;
  server { listen 127.0.0.1:${run.port}; root ${root}; index index.html; }
}
`);
  return { command: 'nginx', args: ['-p', run.dir, '-e', 'stderr', '-c', config], env: process.env };
}

const PEER_ENV = ({ database, port, log }) =>
  ({ ...process.env, DATABASE: database, PORT: String(port), WORKERS, ...(log && { ACCESS_LOG: '1' }) });

// Debian's packages of Go modules are sources below this folder.
const GO_BINARY = join(ROOT, 'build/bench/go-twin');
export function buildGo(folder, binary) {
  const { status, stderr, error } = spawnSync('go', ['build', '-o', binary, '.'], {
    cwd: join(BENCH, folder), encoding: 'utf8', timeout: 180_000,
    env: { ...process.env, GO111MODULE: 'off', GOPATH: '/usr/share/gocode', GOCACHE: join(ROOT, 'build/bench/go-cache') },
  });
  return status === 0 ? null : `its build failed: ${error?.message ?? stderr}`;
}

const NODE = join(BENCH, `node/node_modules/node-linux-${process.arch}/bin/node`);

export const DEBIANS_PYTHON = '/usr/bin/python3';
const gunicorn = (run) => ({
  command: 'gunicorn',
  args: ['--workers', WORKERS, '--bind', `127.0.0.1:${run.port}`, '--log-level', 'warning',
    ...(run.log ? ['--access-logfile', '-'] : []), 'twin:application'],
  cwd: join(BENCH, 'django'),
  env: {
    ...PEER_ENV(run), PYTHONDONTWRITEBYTECODE: '1', PYTHONPATH: [join(BENCH, 'django'), join(ROOT, 'tests/django')].join(':'),
  },
});

/** In the order of the table; `missing` gives the reason to leave one out. */
export const SERVERS = [
  { name: 'nginx', label: 'nginx, the pages as files', missing: () => lacks('nginx', '-v'), start: nginx },
  {
    name: 'fresh', label: 'OC Lettings, proven fresh', start: ours(),
    missing: () => (settings().includes('PAGE_CACHE_SIZE=') ? null : 'this version keeps no pages'),
  },
  {
    name: 'asked', label: 'OC Lettings, asked for changes', start: ours({ PAGE_CACHE_READS: '1' }),
    missing: () => (settings().includes('PAGE_CACHE_READS=') ? null : 'this version compares no reads'),
  },
  {
    name: 'anew', label: 'OC Lettings, read anew', start: ours({ PAGE_CACHE_READS: '1', PAGE_CACHE_LISTEN: '0' }),
    missing: () => (settings().includes('PAGE_CACHE_READS=') ? null : 'this version compares no reads'),
  },
  { name: 'rendered', label: 'OC Lettings, read and rendered anew', start: ours({ PAGE_CACHE_SIZE: '0' }), missing: () => null },
  {
    name: 'go', label: 'Go, net/http and html/template',
    missing: () => lacks('go', 'version') ?? buildGo('go', GO_BINARY),
    start: (run) => ({ command: GO_BINARY, args: [], env: { ...PEER_ENV(run), GOMAXPROCS: WORKERS } }),
  },
  {
    name: 'node', label: 'Node.js, Fastify',
    missing: () => lacks(NODE, '--version'),
    start: (run) => ({ command: NODE, args: ['--no-warnings', join(BENCH, 'node/server.mjs')], env: PEER_ENV(run) }),
  },
  {
    name: 'django', label: 'Django, gunicorn',
    missing: () => lacks('gunicorn', '--version') ?? lacks(DEBIANS_PYTHON, '-c', 'import django'),
    start: gunicorn,
  },
];

const running = new Set();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

async function untilAnswers(child, url) {
  const since = performance.now();
  while (running.has(child) && performance.now() - since < START_LIMIT_MS) {
    const answer = await get(url, { timeout: 2000 }).catch(() => null);
    if (answer?.status === 200) return true;
    await sleep(20);
  }
  return false;
}

/**
 * Starts a server and waits until it answers: { url, pid, waited, stop() }. run: dir, database, pages, log.
 * watch(port, since): called right after the start, to see what it waits for; `waited` is what it gives.
 */
export async function start(server, run, watch = () => null) {
  const port = await freePort();
  const dir = join(run.dir, `${server.name}-${port}`);
  mkdirSync(dir);
  const { command, args, env, cwd = dir } = server.start({ ...run, dir, port });
  const output = join(dir, 'output');
  const file = openSync(output, 'w');
  const since = performance.now();
  const child = spawn(command, args, { cwd, env, stdio: ['ignore', file, file] });
  closeSync(file);
  running.add(child);
  child.on('exit', () => running.delete(child));
  child.on('error', () => running.delete(child));
  const stop = async () => {
    if (!running.has(child)) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await ended;
    clearTimeout(timer);
  };
  const url = `http://127.0.0.1:${port}`;
  const waited = await watch(port, since);
  if (await untilAnswers(child, url + run.pages[0].path)) return { url, pid: child.pid, waited, stop };
  await stop();
  throw new Error(`${server.name} does not answer:\n${readFileSync(output, 'utf8').slice(-2000)}`);
}
