// A PostgreSQL server of a test's own: in a folder of its own, as an ordinary user, thrown away after.
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import net from 'node:net';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const PLACES = '/usr/lib/postgresql';
const START_LIMIT_MS = 30_000;

/** The folder of PostgreSQL's programs, of the newest version; null where there are none. */
export function postgresPrograms() {
  const versions = existsSync(PLACES) ? readdirSync(PLACES).filter(Number).sort((a, b) => b - a) : [];
  return [...versions.map((version) => join(PLACES, version, 'bin')), ...process.env.PATH.split(delimiter)]
    .find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres'))) ?? null;
}

/** For a test's `skip` option: false, or the reason. */
export function skipWithoutPostgres() {
  return postgresPrograms() ? false : 'no PostgreSQL server is installed';
}

export const skipWithoutPooler = () => (spawnSync('pgbouncer', ['--version']).status === 0 ? false : 'no pgbouncer (script/bootstrap test)');

/** Whom servers run as that refuse to run as root; null: as whoever runs the test. */
export function ordinaryUser() {
  if (process.getuid() !== 0) return null;
  const [, , uid, gid] = readFileSync('/etc/passwd', 'utf8').split('\n').map((line) => line.split(':'))
    .find(([name]) => name === 'postgres' || name === 'nobody');
  return { uid: Number(uid), gid: Number(gid) };
}

async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise((done) => { server.once('listening', done); });
  const { port } = server.address();
  await new Promise((done) => { server.close(done); });
  return port;
}

const FAST = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', autovacuum: 'off' };

/**
 * Starts a server in `dir`, made if need be: { dir, port, pid, url(name), sql(script, name), stop(signal) }.
 * lasting: writes survive the machine's end, as in production. settings: of postgresql.conf. data: a data folder that is
 * there already, as pg_basebackup leaves it. port: the one to listen on.
 */
export async function startPostgres(dir, { lasting = false, settings = {}, port, data = join(dir, 'data') } = {}) {
  const programs = postgresPrograms();
  const user = ordinaryUser();
  const as = { ...user, cwd: '/', env: { PATH: process.env.PATH, LC_ALL: 'C.UTF-8' }, encoding: 'utf8' };
  mkdirSync(dir, { recursive: true });
  if (user) {
    chownSync(dir, user.uid, user.gid);
    chmodSync(dir, 0o711);
  }
  if (!existsSync(data)) {
    const { status, stderr } = spawnSync(join(programs, 'initdb'),
      ['-D', data, '-U', 'oc', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync'], as);
    if (status !== 0) throw new Error(`initdb: ${stderr}`);
  }
  const listens = port ?? await freePort();
  const all = {
    port: listens, listen_addresses: '127.0.0.1', unix_socket_directories: dir, max_connections: 200,
    shared_buffers: '64MB', log_min_messages: 'fatal', ...(lasting ? {} : FAST), ...settings,
  };
  const child = spawn(join(programs, 'postgres'),
    ['-D', data, ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    { ...as, stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => { log += text; });
  const ended = new Promise((done) => { child.on('close', done); });
  const server = {
    dir, data, port: listens, pid: child.pid, ended,
    log: () => log,
    url: (name, { tcp = false } = {}) => `postgres://oc@127.0.0.1:${listens}/${name}${
      tcp ? '' : `?host=${encodeURIComponent(dir)}`}`,
    sql: (script, name = 'postgres') => psql(server.url(name), script),
    /** SIGINT ends it at once but in order, SIGQUIT and SIGKILL as a crash does. */
    async stop(signal = 'SIGINT') {
      child.kill(signal);
      await ended;
      if (signal === 'SIGINT' && data === join(dir, 'data') && !lasting) rmSync(data, { recursive: true, force: true });
    },
    child,
  };
  for (const deadline = Date.now() + START_LIMIT_MS; ;) {
    const { status } = spawnSync(join(programs, 'pg_isready'), ['-q', '-h', dir, '-p', String(listens)]);
    if (status === 0) return server;
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`PostgreSQL did not start: ${log}`);
    await sleep(20);
  }
}

// What the tests' own SQL has of SQLite, in a schema that the program's connections do not look into.
const SHIM = `
  CREATE SCHEMA sqlite;
  CREATE FUNCTION sqlite.last_insert_rowid() RETURNS bigint LANGUAGE sql AS 'SELECT lastval()';
  CREATE FUNCTION sqlite.ifnull(timestamptz, text) RETURNS text LANGUAGE sql AS 'SELECT COALESCE(CAST($1 AS text), $2)';
  CREATE FUNCTION sqlite.step(text, anyelement) RETURNS text LANGUAGE sql
    AS 'SELECT COALESCE($1 || '','', '''') || CAST($2 AS text)';
  CREATE FUNCTION sqlite.step(text, anyelement, text) RETURNS text LANGUAGE sql
    AS 'SELECT COALESCE($1 || $3, '''') || CAST($2 AS text)';
  CREATE FUNCTION sqlite.date() RETURNS date LANGUAGE sql AS 'SELECT current_date';
  CREATE FUNCTION sqlite.datetime(text, text) RETURNS timestamptz LANGUAGE sql AS 'SELECT CAST($1 AS timestamptz) + CAST($2 AS interval)';
  UPDATE pg_cast SET castcontext = 'a' WHERE castsource = 'integer'::regtype AND casttarget = 'boolean'::regtype;
  CREATE AGGREGATE sqlite.group_concat(anyelement) (SFUNC = sqlite.step, STYPE = text);
  CREATE AGGREGATE sqlite.group_concat(anyelement, text) (SFUNC = sqlite.step, STYPE = text);`;

/** Makes the database that those of the tests are copies of. */
export function makeShim(server, name) {
  server.sql(`CREATE DATABASE ${name}`);
  server.sql(SHIM, name);
}

/** Runs SQL and returns what it prints, as the sqlite3 shell does: a row a line, with | between columns, booleans as
  1 and 0. */
export function psql(url, script) {
  const { status, stdout, stderr, error } = spawnSync(join(postgresPrograms(), 'psql'),
    ['-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-d', url],
    { input: script, encoding: 'utf8', timeout: 60_000, env: { PATH: process.env.PATH, PGOPTIONS: '-c client_min_messages=warning -c search_path=public,sqlite' } });
  if (error) throw error;
  if (status !== 0) throw new Error(`psql: ${stderr}\n${script.slice(0, 500)}`);
  return stdout.trim().replaceAll(/(?<=^|\|)[tf](?=$|\|)/gm, (word) => (word === 't' ? '1' : '0'));
}

/** The SQL that makes a database again. */
export function dump(url) {
  const { status, stdout, stderr, error } = spawnSync(join(postgresPrograms(), 'pg_dump'), ['-d', url],
    { encoding: 'utf8', timeout: 60_000, maxBuffer: 256 << 20 });
  if (error) throw error;
  if (status !== 0) throw new Error(`pg_dump: ${stderr}`);
  return stdout;
}

/** A shell that takes SQL on its standard input. */
export const spawnPsql = (url) => spawn(join(postgresPrograms(), 'psql'), ['-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-d', url],
  { stdio: ['pipe', 'pipe', 'inherit'] });

/** What the program's own writers wait for. */
export const QUEUE = 'DO $$ BEGIN PERFORM pg_advisory_xact_lock(8026378143905638766); END $$';
