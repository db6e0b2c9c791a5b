// Processes killed at random moments while many write: every write that was answered is there, once.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { environment, get, makeDatabase, processes, PROGRAM, startServer, temporaryFolder, TEST_PROGRAM, until } from '../http/harness.mjs';
import { checkCommand, sql } from '../http/support.mjs';
import { psql, skipWithoutPostgres, startPostgres } from '../postgres.mjs';

const WRITERS = 6;
const ROWS_AT_MOST = 3000; // then they go, so that a check stays quick

/** The database of the test, and how it is looked at. */
export const sqlite = {
  name: 'SQLite',
  async open() {
    const dir = temporaryFolder();
    const path = makeDatabase(dir);
    sql(path, 'CREATE TABLE probe_note (id integer PRIMARY KEY AUTOINCREMENT, note text NOT NULL);');
    return {
      env: { DATA_DIR: dir, DATABASE_URL: `sqlite:///${path}` },
      notes: () => sql(path, 'SELECT note FROM probe_note;').split('\n').filter(Boolean),
      forget: () => sql(path, 'DELETE FROM probe_note;'),
      check: () => assert.equal(sql(path, 'PRAGMA integrity_check; PRAGMA foreign_key_check;'), 'ok'),
      close: () => {},
    };
  },
};

// A process that is killed leaves to the kernel what it has written: only the machine's own end needs fsync.
const POSTGRES_SETTINGS = { synchronous_commit: 'on', full_page_writes: 'on', fsync: 'off' };

/** Its server is among those that are killed. */
export const postgres = {
  name: 'PostgreSQL',
  skip: skipWithoutPostgres(),
  async open() {
    const dir = temporaryFolder();
    let server = await startPostgres(dir, { settings: POSTGRES_SETTINGS });
    server.sql('CREATE DATABASE site');
    const url = server.url('site');
    checkCommand(['demo'], { env: { DEBUG: '1', DATABASE_URL: url } });
    server.sql('CREATE TABLE probe_note (id serial PRIMARY KEY, note text NOT NULL);', 'site');
    return {
      env: { DATABASE_URL: url },
      notes: () => psql(url, 'SELECT note FROM probe_note;').split('\n').filter(Boolean),
      forget: () => psql(url, 'DELETE FROM probe_note;'),
      check: () => assert.equal(psql(url, 'SELECT count(*) > 0 FROM auth_user;'), '1'),
      close: () => server.stop(),
      /** Killed with all its processes, and started again. */
      async kill() {
        const { port, pid } = server;
        kill([pid, ...childrenOf(pid)]);
        await server.ended;
        server = await startPostgres(dir, { settings: POSTGRES_SETTINGS, port });
      },
    };
  },
};

/** Clients that each send one note after the other, to whichever server there is. */
class Writers {
  answered = new Set();
  sent = new Set();
  failed = 0;
  going = true;

  constructor(urlOf) {
    this.urlOf = urlOf;
    this.all = Array.from({ length: WRITERS }, (_, i) => this.run(i));
  }

  async run(writer) {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    for (let i = 0; this.going; i++) {
      const note = `${writer}-${i}-${Math.random().toString(36).slice(2)}`;
      this.sent.add(note);
      const answer = await get(`${this.urlOf()}/probe/note/`, { method: 'POST', body: note, agent, timeout: 20_000 }).catch(() => null);
      if (answer?.status === 200) this.answered.add(note);
      else {
        this.failed++;
        await sleep(5);
      }
    }
    agent.destroy();
  }

  async stop() {
    this.going = false;
    await Promise.all(this.all);
  }
}

const roleOf = (server, role) => server.children().filter(({ command }) => command.includes(role)).map(({ pid }) => pid);
const pick = (list) => list.slice(0, 1 + Math.floor(Math.random() * list.length));

/** Whom a round kills, all with SIGKILL. */
const VICTIMS = {
  'a worker': (server) => roleOf(server, 'worker').slice(0, 1),
  'all workers': (server) => roleOf(server, 'worker'),
  'the clerk': (server) => roleOf(server, 'clerk'),
  'the supervisor': (server) => [server.pid],
  'all processes': (server) => [server.pid, ...roleOf(server, 'worker'), ...roleOf(server, 'clerk')],
  'some of them': (server) => pick([...roleOf(server, 'worker'), ...roleOf(server, 'clerk')].sort(() => Math.random() - 0.5)),
};

export const childrenOf = (pid) => processes().filter(({ parent }) => parent === pid).map((each) => each.pid);

/** Ends them as nothing else does; those that have ended already are passed over. */
export function kill(pids, signal = 'SIGKILL') {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if (error.code !== 'ESRCH') throw error;
    }
  }
}

/** Runs a command of the program for so many milliseconds, then kills it; whether it was killed before its end.
    withTools: the programs that it has started are killed too. */
export async function runFor(args, dir, delay, { env, withTools = false } = {}) {
  const child = spawn(PROGRAM, args, { cwd: dir, env: environment(dir, env), stdio: 'ignore', detached: withTools });
  const closed = once(child, 'close');
  await Promise.race([closed, sleep(delay, undefined, { ref: false })]);
  if (child.exitCode === null) kill([withTools ? -child.pid : child.pid]);
  const [, signal] = await closed;
  return signal === 'SIGKILL';
}

/** What was answered is there; nothing is there that was not sent, and nothing twice. */
function judge(database, writers, round) {
  database.check();
  const answered = [...writers.answered];
  const notes = database.notes();
  const there = new Set(notes);
  assert.equal(there.size, notes.length, `round ${round}: a note is there twice`);
  assert.deepEqual(answered.filter((note) => !there.has(note)), [], `round ${round}: what was answered is gone`);
  assert.deepEqual(notes.filter((note) => !writers.sent.has(note)), [], `round ${round}: what nobody sent is there`);
  return notes.length;
}

/** Rounds of writing, killing and looking; t: node's test. */
export async function killAtRandom(t, rounds, kind) {
  const database = await kind.open();
  const start = () => startServer({ program: TEST_PROGRAM, database: null, env: { WEB_CONCURRENCY: '2', ...database.env } });
  let server = await start();
  const writers = new Writers(() => server.url);
  const names = [...Object.keys(VICTIMS), ...(database.kill ? ['the database'] : [])];
  let most = 0;
  try {
    for (let round = 0; round < rounds; round++) {
      const name = names[round % names.length];
      await sleep(20 + Math.random() * 120);
      await get(`${server.url}/probe/fail/`).catch(() => {}); // the clerk has something to write
      const supervisor = server.pid;
      const victims = VICTIMS[name]?.(server) ?? [];
      kill(victims);
      if (!victims.length) await database.kill();
      if (victims.includes(supervisor)) {
        await server.stop({ status: 'SIGKILL', signal: null });
        server = await start();
      } else {
        await until(() => get(`${server.url}/healthz`, { timeout: 1000 }).then(({ status }) => status === 200, () => false), 15_000);
      }
      const from = writers.answered.size;
      await until(() => writers.answered.size > from, 15_000, () => `round ${round}, ${name}: nobody can write any more`);
      most = Math.max(most, judge(database, writers, round));
      if (most > ROWS_AT_MOST) {
        await writers.stop();
        judge(database, writers, round);
        database.forget();
        const { sent, answered } = writers;
        sent.clear();
        answered.clear();
        writers.going = true;
        writers.all = Array.from({ length: WRITERS }, (_, i) => writers.run(i));
        most = 0;
      }
    }
  } finally {
    await writers.stop();
  }
  const last = judge(database, writers, 'the last');
  assert.ok(writers.failed > 0, 'no kill met a request');
  t.diagnostic(`${last} notes at the end, ${writers.failed} requests met a kill`);
  await server.stop({ status: 'any' });
  await database.close();
}
