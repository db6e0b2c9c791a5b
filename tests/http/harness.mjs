// Runs the real program for a test: its own port, its own folder, its own database; ends only what it started.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { basename, delimiter, dirname, join, resolve } from 'node:path';
import { after } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { dump, psql } from '../postgres.mjs';

export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
export const BUILD = resolve(ROOT, process.env.OC_BUILD ?? 'build/test');
export const PROGRAM = join(BUILD, 'oc-lettings');
// The same program with a module of routes that fault, wait and the like.
export const TEST_PROGRAM = join(BUILD, 'tests/server/oc-lettings-test');// The release after it: with a module and a migration more.
export const NEXT_PROGRAM = join(BUILD, 'tests/server/oc-lettings-next');
export const SANITIZED = /(asan|tsan)$/.exec(BUILD)?.[0] ?? null;

const START_LIMIT_MS = SANITIZED ? 30_000 : 10_000;
const STOP_LIMIT_MS = 10_000;
const SANITIZER_REPORT = /(ERROR|WARNING): \w+Sanitizer|runtime error: |FATAL: \w+Sanitizer/;
const LEFT_OPEN_LIMIT_MS = 15_000;
const DATABASE_NAME = 'oc-lettings-site.sqlite3';

// Nothing of the developer's settings reaches the program under test.
const INHERITED = ['PATH', 'HOME', 'TMPDIR', 'ASAN_OPTIONS', 'LSAN_OPTIONS', 'TSAN_OPTIONS', 'UBSAN_OPTIONS'];
export const SECRET_KEY = 'only-for-tests-0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJ';
const SETTINGS = {
  DEBUG: '0',
  SECRET_KEY,
  ALLOWED_HOSTS: 'localhost,127.0.0.1',
  HOST: '127.0.0.1',
  WEB_CONCURRENCY: '2',
};

// Where run.mjs runs the tests on PostgreSQL, the URL of a database of its server; each folder then has a database of
// its own there, and what tests call a database is its URL.
export const POSTGRES = process.env.OC_POSTGRES ?? null;

/** For a test's `skip` option, of one that is of SQLite alone: false, or the reason. */
export const skipOnPostgres = (reason) => (POSTGRES ? `of SQLite alone: ${reason}` : false);

const isFile = (database) => !database.startsWith('postgres');
const nameOf = (url) => new URL(url).pathname.slice(1);
const made = new Set();
const places = new Map();

function folderUrl(dir) {
  const url = new URL(POSTGRES);
  url.pathname = `/${basename(dir).toLowerCase().replaceAll(/[^a-z0-9]/g, '_')}`;
  places.set(url.href, dir);
  return url.href;
}

function makePostgres(url, template = 'shim') {
  psql(POSTGRES, `CREATE DATABASE "${nameOf(url)}" TEMPLATE "${template}"`);
  made.add(url);
}

/** The same of one that may be in use, which is no template then. */
function copyPostgres(from, to) {
  const inUse = psql(POSTGRES, `SELECT count(*) FROM pg_stat_activity WHERE datname = '${nameOf(from)}'`) !== '0';
  makePostgres(to, inUse ? 'template0' : nameOf(from));
  if (inUse) psql(to, dump(from));
}

function dropPostgres(url) {
  if (made.delete(url)) psql(POSTGRES, `DROP DATABASE "${nameOf(url)}" WITH (FORCE)`);
}

/** Where a folder's database is: a file, or a URL. */
export const databaseOf = (dir) => (POSTGRES ? folderUrl(dir) : join(dir, DATABASE_NAME));

/** A database as DATABASE_URL names it. */
export const urlOf = (database) => (isFile(database) ? `sqlite:///${database}` : database);

/** The folder that a database is of. */
export const folderOf = (database) => places.get(database) ?? dirname(database);

const mine = new Set();
const folders = new Set();
process.on('exit', () => {
  for (const child of mine) child.kill('SIGKILL');
  for (const dir of folders) rmSync(dir, { recursive: true, force: true });
});

// A failed test may leave a child or a socket open, which would keep this process alive.
after(() => {
  setTimeout(() => {
    console.error(`a test left open: ${process.getActiveResourcesInfo().join(', ')}`);
    process.exit(1);
  }, LEFT_OPEN_LIMIT_MS).unref();
});

export function temporaryFolder() {
  const dir = mkdtempSync(join(tmpdir(), 'oc-lettings-'));
  folders.add(dir);
  return dir;
}

/** The environment the program runs with; a value of undefined takes a setting out. */
export function environment(dir, env = {}) {
  const all = Object.fromEntries(INHERITED.map((name) => [name, process.env[name]]));
  const database = databaseOf(dir);
  const used = env.DATABASE_URL ?? database;
  if (places.has(used) && !made.has(used)) makePostgres(used);
  // Tests write past the program, and read at once.
  if (POSTGRES) all.PAGE_CACHE_LISTEN = '0';
  Object.assign(all, SETTINGS, { DATA_DIR: dir, DATABASE_URL: urlOf(database) }, env);
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

/** Runs a subcommand to its end: { status, stdout, stderr }. */
export function runCommand(args, { dir = temporaryFolder(), env, program = PROGRAM } = {}) {
  const result = spawnSync(program, args, {
    cwd: dir, env: environment(dir, env), encoding: 'utf8', timeout: 60_000, input: '', maxBuffer: 64 << 20,
  });
  if (result.error) throw result.error;
  assert.doesNotMatch(result.stderr, SANITIZER_REPORT);
  return { status: result.status ?? result.signal, stdout: result.stdout, stderr: result.stderr };
}

/** Where a database can be made: there is none yet, or on PostgreSQL one without any table. */
export function newDatabase(dir = temporaryFolder()) {
  environment(dir);
  return databaseOf(dir);
}

function make(args) {
  const dir = temporaryFolder();
  const { status, stdout, stderr } = runCommand(args, { dir, env: { DEBUG: '1' } });
  assert.equal(status, 0, `${args.join(' ')}: ${stdout}${stderr}`);
  return databaseOf(dir);
}

function keepFile(run, name, args) {
  const path = join(run, name);
  if (existsSync(path)) return path;
  const first = make(args);
  assert.ok(!existsSync(`${first}-wal`), 'a command leaves no log behind');
  const own = `${path}.${process.pid}`;
  copyFileSync(first, own);
  renameSync(own, path);
  return path;
}

function keepPostgres(run, name, args) {
  const url = new URL(POSTGRES);
  url.pathname = `/${name}`;
  const isThere = () => psql(POSTGRES, `SELECT 1 FROM pg_database WHERE datname = '${name}'`) !== '';
  if (isThere()) return url.href;
  const own = make(args);
  try {
    psql(POSTGRES, `ALTER DATABASE "${nameOf(own)}" RENAME TO "${name}"`);
  } catch (error) {
    if (!isThere()) throw error;
    return url.href;
  }
  made.delete(own);
  return url.href;
}

const originals = new Map();

// Kept for all the tests of a run, with the program that made it; without a run, for those of this process.
function original(args) {
  if (originals.has(args[0])) return originals.get(args[0]);
  const run = process.env.OC_RUN;
  const build = createHash('md5').update(`${PROGRAM} ${statSync(PROGRAM).mtimeMs}`).digest('hex').slice(0, 8);
  const keep = POSTGRES ? keepPostgres : keepFile;
  const found = run ? keep(run, `made_by_${args[0]}_${build}`, args) : make(args);
  originals.set(args[0], found);
  return found;
}

/** A copy in dir of the database that a command makes, which is run once. */
export function makeBy(args, dir) {
  copyDatabase(original(args), databaseOf(dir));
  return databaseOf(dir);
}

/** Makes the demo database in dir and returns its path. */
export const makeDatabase = (dir) => makeBy(['demo', '--if-new'], dir);

let djangoDatabase;

/** The Django site's own database, as PostgreSQL has it. */
function makeDjangoDatabase() {
  const url = folderUrl(temporaryFolder());
  makePostgres(url);
  psql(url, readFileSync(sharedData('oc-lettings-site.postgres.sql'), 'utf8'));
  return url;
}

/** Of a file, for PostgreSQL: there is one of the Django site's alone. */
function postgresOf(database) {
  if (!isFile(database)) return database;
  assert.equal(database, sharedData(DATABASE_NAME), 'PostgreSQL has no such database');
  return djangoDatabase ??= makeDjangoDatabase();
}

export function copyDatabase(from, to) {
  if (POSTGRES) {
    dropPostgres(to);
    copyPostgres(postgresOf(from), to);
    return;
  }
  copyFileSync(from, to);
  for (const end of ['-wal', '-journal']) if (existsSync(from + end)) copyFileSync(from + end, to + end);
}

/** A file of ../shared/data beside the checkout, or null where there is none. */
export function sharedData(name) {
  const path = resolve(ROOT, '../shared/data', name);
  return existsSync(path) ? path : null;
}

/** For a test's `skip` option: false, or the reason. */
export function skipWithoutShared(name) {
  return sharedData(name) ? false : `no ../shared/data/${name}`;
}

/** The modules of the checkout, in order. */
export const MODULES = [...readFileSync(join(ROOT, 'modules/installed.c'), 'utf8').matchAll(/^ *M\((\w+)\)/gm)]
  .map(([, name]) => name);

/** For a test's `skip` option: false, or the reason. */
export function skipWithoutModule(...names) {
  const missing = names.filter((name) => !MODULES.includes(name));
  return missing.length ? `no module ${missing.join(' and ')}` : false;
}

export async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** All that run: { pid, parent, command }. */
export function processes() {
  const found = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0').filter(Boolean);
      if (state !== 'Z') found.push({ pid: Number(name), parent: Number(parent), command });
    } catch (error) {
      if (error.code !== 'ENOENT' && error.code !== 'ESRCH') throw error;
    }
  }
  return found;
}

/**
 * Starts the program and waits until /healthz answers.
 * database: a file to serve a copy of; left out, a fresh demo database; null, none.
 * port: one that is free again; left out, any.
 * t: the test at whose end the server is stopped and judged.
 */
export async function startServer({ env, args = [], program = PROGRAM, database, dir = temporaryFolder(), port: fixed, t } = {}) {
  mkdirSync(dir, { recursive: true });
  if (database === undefined) makeDatabase(dir);
  else if (database !== null && database !== databaseOf(dir)) copyDatabase(database, databaseOf(dir));

  const port = fixed ?? await freePort();
  const child = spawn(program, ['serve', ...args], {
    cwd: dir, env: environment(dir, { PORT: String(port), ...env }), stdio: ['ignore', 'pipe', 'pipe'],
  });
  mine.add(child);
  const ended = new Promise((done) => {
    child.on('error', (error) => done({ status: error.message }));
    child.on('close', (code, signal) => {
      mine.delete(child);
      done({ status: signal ?? code });
    });
  });

  const lines = [];
  for (const stream of [child.stdout, child.stderr]) {
    let rest = '';
    stream.setEncoding('utf8').on('data', (text) => {
      const parts = (rest + text).split('\n');
      rest = parts.pop();
      lines.push(...parts);
    }).on('end', () => rest && lines.push(rest));
  }

  const server = {
    url: `http://127.0.0.1:${port}`,
    port,
    pid: child.pid,
    dir,
    database: database === null ? null : databaseOf(dir),
    log: () => [...lines],
    /** Resolves with the first line, from line `from` on, that matches. */
    async logged(pattern, { from = 0, timeout = 5000 } = {}) {
      return until(() => lines.slice(from).find((line) => pattern.test(line)), timeout,
        () => `no log line matches ${pattern}:\n${lines.slice(from).join('\n')}`);
    },
    /** The supervisor's children: { pid, command }. */
    children: () => processes().filter(({ parent }) => parent === child.pid),
    workers: () => server.children().filter(({ command }) => command.includes('worker')).map(({ pid }) => pid),
    /** TERM (null: it was told already), then KILL after 10 s; fails unless the program ends as expected
        and no sanitizer has complained. */
    async stop({ status: expected = 0, timeout = STOP_LIMIT_MS, signal = 'SIGTERM' } = {}) {
      const running = mine.has(child);
      if (running && signal) child.kill(signal);
      const timer = setTimeout(() => child.kill('SIGKILL'), timeout);
      const { status } = await ended;
      clearTimeout(timer);
      const log = lines.join('\n');
      assert.doesNotMatch(log, SANITIZER_REPORT);
      if (expected !== 'any') assert.equal(status, expected, `the server ended with ${status}:\n${log}`);
      if (running) remove(dir);
      return status;
    },
  };

  t?.after(() => server.stop());
  const deadline = Date.now() + START_LIMIT_MS;
  for (;;) {
    const early = await Promise.race([ended, sleep(10)]);
    if (early) throw new Error(`the server did not start (${early.status}):\n${lines.join('\n')}`);
    const answer = await get(`${server.url}/healthz`, { timeout: 1000 }).catch(() => null);
    if (answer?.status === 200) return server;
    if (Date.now() > deadline) {
      child.kill('SIGKILL');
      await ended;
      throw new Error(`/healthz did not answer in ${START_LIMIT_MS} ms (${answer?.status}):\n${lines.join('\n')}`);
    }
  }
}

function remove(dir) {
  if (POSTGRES) dropPostgres(folderUrl(dir));
  if (folders.delete(dir)) rmSync(dir, { recursive: true, force: true });
}

/** Waits until probe() gives something true, and returns that. */
export async function until(probe, timeout = 5000, explain = () => 'waited in vain') {
  const deadline = Date.now() + timeout;
  for (;;) {
    const value = await probe();
    if (value) return value;
    if (Date.now() > deadline) assert.fail(`${explain()} (${timeout} ms)`);
    await sleep(5);
  }
}

/** One request, redirects not followed: { status, headers, text, bytes }. The agent option keeps connections alive. */
export function get(url, { method = 'GET', headers = {}, body, agent, timeout = 10_000 } = {}) {
  return new Promise((done, fail) => {
    const request = http.request(url, { method, headers, agent: agent ?? false, timeout }, (response) => {
      const parts = [];
      response.on('data', (part) => parts.push(part));
      response.on('error', fail);
      response.on('end', () => {
        const bytes = Buffer.concat(parts);
        done({ status: response.statusCode, headers: response.headers, bytes, text: bytes.toString('utf8') });
      });
    });
    request.on('timeout', () => request.destroy(new Error(`${method} ${url}: no answer in ${timeout} ms`)));
    request.on('error', fail);
    request.end(body);
  });
}

/**
 * Sends bytes as they are and returns all that comes back until the server closes, `until` matches it,
 * or the time is over. As latin1 text: one character a byte.
 */
export function raw(port, bytes, { timeout = 2000, until: enough } = {}) {
  return new Promise((done, fail) => {
    let received = '';
    const socket = net.connect(port, '127.0.0.1', () => socket.write(Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes, 'latin1')));
    const timer = setTimeout(() => socket.destroy(), timeout);
    socket.on('data', (part) => {
      received += part.toString('latin1');
      if (enough?.test(received)) socket.destroy();
    });
    socket.on('error', (error) => {
      if (error.code === 'ECONNRESET' || error.code === 'EPIPE') return;
      clearTimeout(timer);
      fail(error);
    });
    socket.on('close', () => {
      clearTimeout(timer);
      done(received);
    });
  });
}

export function browserPath() {
  const names = [process.env.CHROMIUM, 'chromium', 'google-chrome', 'google-chrome-stable', 'chrome'].filter(Boolean);
  const places = process.env.PATH.split(delimiter);
  return names.flatMap((name) => (name.includes('/') ? [name] : places.map((place) => join(place, name))))
    .find((path) => existsSync(path)) ?? null;
}

/** For a test's `skip` option: false, or the reason. */
export function skipWithoutBrowser() {
  return browserPath() ? false : 'no Chromium or Chrome (set CHROMIUM to its path)';
}

/** Playwright's Browser; the test closes it. */
export async function launchBrowser({ args = [], ...options } = {}) {
  const { chromium } = await import('playwright-core');
  return chromium.launch({
    executablePath: browserPath(),
    args: [
      ...(process.getuid() === 0 ? ['--no-sandbox'] : []),
      '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync', ...args,
    ],
    ...options,
  });
}
