// migrate killed at any moment: what is there is whole, and the next one finishes the work.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { environment, PROGRAM, sharedData, skipWithoutShared, temporaryFolder, until } from '../http/harness.mjs';
import { checkCommand, sql } from '../http/support.mjs';
import { psql, startPostgres } from '../postgres.mjs';
import { kill, runFor } from './killing.mjs';

const DATABASE = 'oc-lettings-site.sqlite3';
const DUMP = 'oc-lettings-site.postgres.sql';
const AT_ONCE = 3;
const LOCK_LIMIT_MS = 10_000;

/* SQLite */

const schemaOfFile = (path) => sql(path, `SELECT name, sql FROM sqlite_schema ORDER BY name;
  SELECT app, name FROM django_migrations ORDER BY app, name;`);
const rowsOfFile = (path) => sql(path, `SELECT count(*) FROM auth_user;
  PRAGMA foreign_key_check; PRAGMA integrity_check;`);

export async function duration(fresh) {
  const dir = fresh();
  const start = performance.now();
  assert.equal(await runFor(['migrate'], dir, 20_000), false);
  return { time: performance.now() - start, path: join(dir, DATABASE) };
}

const copyOfDjango = () => {
  const dir = temporaryFolder();
  cpSync(sharedData(DATABASE), join(dir, DATABASE));
  chmodSync(join(dir, DATABASE), 0o644);
  return dir;
};

/** The databases that are migrated: those of SQLite, in a folder of their own. */
export const FILES = [
  { name: 'a new database', fresh: temporaryFolder, skip: false },
  { name: "Django's database", fresh: copyOfDjango, skip: skipWithoutShared(DATABASE) },
];

/** At so many moments, one after the other. */
export async function killMigrations(fresh, kills) {
  const whole = await duration(fresh);
  const expected = schemaOfFile(whole.path);
  let killed = 0;
  for (let i = 0; i < kills; i++) {
    const dir = fresh();
    const path = join(dir, DATABASE);
    killed += await runFor(['migrate'], dir, (whole.time * (i + 1)) / kills);
    if (existsSync(path)) assert.equal(sql(path, 'PRAGMA integrity_check; PRAGMA foreign_key_check;'), 'ok');
    checkCommand(['migrate'], { dir, err: null });
    assert.equal(schemaOfFile(path), expected, `killed after ${i} of ${kills}`);
    assert.equal(rowsOfFile(path), rowsOfFile(whole.path));
  }
  assert.ok(killed > kills / 4, `${killed} were killed`);
}

/** Again and again in one database. */
export async function killOneAgainAndAgain(most) {
  const whole = await duration(temporaryFolder);
  const dir = temporaryFolder();
  let kills = 0;
  while (await runFor(['migrate'], dir, (whole.time * (kills % 10 + 1)) / 8)) assert.ok(++kills < most, 'it never ends');
  assert.equal(schemaOfFile(join(dir, DATABASE)), schemaOfFile(whole.path));
}

/* PostgreSQL */

const schemaOf = (url) => psql(url, `
  SELECT table_name, column_name, data_type, character_maximum_length, is_nullable, column_default FROM information_schema.columns
    WHERE table_schema = 'public' ORDER BY 1, 2;
  SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1;
  SELECT conrelid::regclass, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2;
  SELECT tgrelid::regclass, tgname, tgenabled, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, 2;
  SELECT proname, md5(prosrc) FROM pg_proc WHERE pronamespace = 'public'::regnamespace ORDER BY 1, 2;
  SELECT app, name, count(*) FROM django_migrations GROUP BY 1, 2 ORDER BY 1, 2;
  SELECT count(*) FROM auth_user;`);

/** A server whose databases are migrated: { name, skip, open() } gives { url } of another one each time. */
export async function startDatabases(t) {
  const server = await startPostgres(temporaryFolder());
  t.after(() => server.stop());
  let count = 0;
  const databases = {
    server,
    fresh(template = 'template0') {
      const name = `site${++count}`;
      server.sql(`CREATE DATABASE ${name} TEMPLATE ${template}`);
      return server.url(name);
    },
    templates: [{ name: 'a new database', template: 'template0' }],
  };
  if (!skipWithoutShared(DUMP)) {
    server.sql('CREATE DATABASE django');
    server.sql(readFileSync(sharedData(DUMP), 'utf8'), 'django');
    databases.templates.push({ name: "Django's database", template: 'django' });
  }
  return databases;
}

/** Starts `migrate`: { pid, ended }, which gives status or signal, and what it said. */
export function startMigrate(url, env = {}) {
  const dir = temporaryFolder();
  const child = spawn(PROGRAM, ['migrate'], { cwd: dir, env: environment(dir, { DATABASE_URL: url, ...env }), stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (text) => { said += text; });
  return { pid: child.pid, ended: once(child, 'close').then(([status, signal]) => ({ status: signal ?? status, said })) };
}

const SESSIONS = "FROM pg_stat_activity WHERE application_name = 'oc-lettings' AND datname = current_database()";
export const advisoryLocks = (url) => Number(psql(url, `SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
  WHERE locktype = 'advisory' AND d.datname = current_database()`));

const ENDS = {
  'one process': (url, all) => kill([all[Math.floor(Math.random() * all.length)].pid]),
  'all processes': (url, all) => kill(all.map(({ pid }) => pid)),
  'one connection': (url) => psql(url, `SELECT pg_terminate_backend(pid) ${SESSIONS} ORDER BY random() LIMIT 1`),
  'all connections': (url) => psql(url, `SELECT pg_terminate_backend(pid) ${SESSIONS}`),
};

function judge({ status, said }, what) {
  if (status === 'SIGKILL' || (status === 0 && said === '')) return;
  assert.ok(what.endsWith('connections') || what.endsWith('connection'), `${what}: ${status} ${said}`);
  assert.equal(status, 1);
  assert.match(said, /the connection to the database (is|was) lost|terminating connection/);
}

/** Several begin at once, and some end before their time. Whether any did. */
async function endSome(url, what, delay) {
  const all = Array.from({ length: AT_ONCE }, () => startMigrate(url));
  await sleep(delay);
  ENDS[what](url, all);
  const ends = await Promise.all(all.map(({ ended }) => ended));
  for (const end of ends) judge(end, what);
  return ends.some(({ status }) => status !== 0);
}

/** At so many random moments of one kind of database. */
export async function killMigrationsAtOnce(t, databases, { template }, rounds) {
  const whole = databases.fresh(template);
  const from = performance.now();
  const all = Array.from({ length: AT_ONCE }, () => startMigrate(whole));
  for (const { ended } of all) assert.deepEqual(await ended, { status: 0, said: '' });
  const time = performance.now() - from;
  const expected = schemaOf(whole);
  let ended = 0;
  for (let i = 0; i < rounds; i++) {
    const what = Object.keys(ENDS)[i % Object.keys(ENDS).length];
    const url = databases.fresh(template);
    const most = ended ? time : time / (i + 1); // the first may have taken longest
    const isEnded = await endSome(url, what, most * Math.random());
    ended += isEnded;
    await until(() => advisoryLocks(url) === 0, LOCK_LIMIT_MS, () => `${what}: a lock is left`);
    if (isEnded) checkCommand(['migrate'], { env: { DATABASE_URL: url }, err: null });
    assert.equal(schemaOf(url), expected, what);
    databases.server.sql(`DROP DATABASE ${new URL(url).pathname.slice(1)} WITH (FORCE)`);
  }
  assert.ok(ended > 0, 'none was ended before its time');
  t.diagnostic(`${ended} of ${rounds} rounds were ended before their time; a whole one took ${time.toFixed(0)} ms`);
}
