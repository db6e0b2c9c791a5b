// Three processes write while eight clients read: no answer is older than the newest write that had finished.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { get, ROOT, startServer, TEST_PROGRAM } from './harness.mjs';
import { sql } from './support.mjs';
import { spawnPsql } from '../postgres.mjs';

const PYTHON = '/usr/bin/python3';
const MANAGE = join(ROOT, 'tests/django/manage.py');
const CLIENTS = 8;
const OURS = 1;
/** As docs/architecture.md says of PostgreSQL: nothing goes unseen for longer. */
export const WINDOW_MS = 1000;
const DISTURBANCES = ['PRAGMA wal_checkpoint(PASSIVE);', 'PRAGMA wal_checkpoint(FULL);', 'PRAGMA wal_checkpoint(RESTART);',
  'PRAGMA wal_checkpoint(TRUNCATE);', 'VACUUM;', 'CREATE TABLE passing (id integer); DROP TABLE passing;'];
const DJANGO = `
import sys
from django.contrib.auth.models import User
for line in sys.stdin:
    key, name = line.split()
    User.objects.filter(pk=key).update(first_name=name)
    print(name, flush=True)
`;

/** Asks and tells whether the answer was a kept page; of a server that trusts its clients' X-Request-ID. */
export async function askHow(server, path, options = {}) {
  const id = randomUUID();
  const answer = await get(server.url + path, { ...options, headers: { ...options.headers, 'X-Request-ID': id } });
  await get(`${server.url}/probe/flush/`);
  const line = await server.logged(new RegExp(`request_id=${id}$`));
  return { ...answer, kept: line.includes(' cache=hit '), same: line.includes(' cache=same ') };
}

/** A process that writes a name for each line it gets, and answers when that is finished. */
function writer(child, lineOf) {
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async write(key, name) {
      child.stdin.write(lineOf(key, name));
      const { value } = await answers.next();
      assert.equal(value, name);
    },
    async end() {
      child.stdin.end();
      if (child.exitCode === null) await once(child, 'close');
    },
  };
}

const start = (command, args, env) => spawn(command, args,
  { env: { PATH: process.env.PATH, ...env }, stdio: ['pipe', 'pipe', 'inherit'] });

const shellOf = (database) => writer(
  database.startsWith('postgres') ? spawnPsql(database) : start('sqlite3', ['-bail', '-cmd', '.timeout 10000', database], {}),
  (key, name) => `UPDATE auth_user SET first_name = '${name}' WHERE id = ${key}; SELECT '${name}';\n`,
);

/** Of these, the second writes through the server. */
function writers(server, database, t) {
  const shell = shellOf(database);
  const ours = {
    async write(key, name) {
      const { status } = await get(`${server.url}/probe/write/${key}/`, { method: 'POST', body: name });
      assert.equal(status, 200);
    },
    async end() {},
  };
  const missing = existsSync(MANAGE) ? 'python3-django is not installed' : 'tests/django is not in this tree';
  if (!existsSync(MANAGE) || spawnSync(PYTHON, ['-c', 'import django']).status !== 0) {
    t.diagnostic(`Django does not write: ${missing}`);
    return [shell, ours];
  }
  const django = writer(start(PYTHON, [MANAGE, 'shell', '-c', DJANGO], { DATABASE: database }),
    (key, name) => `${key} ${name}\n`);
  return [shell, ours, django];
}

/** GET with what the client has already: { status, text, tag }. */
const ask = (url, agent, tag) => new Promise((done, fail) => {
  http.get(url, { agent, headers: tag ? { 'If-None-Match': tag } : {} }, (answer) => {
    let text = '';
    answer.setEncoding('utf8').on('data', (part) => { text += part; })
      .on('end', () => done({ status: answer.statusCode, text, tag: answer.headers.etag })).on('error', fail);
  }).on('error', fail);
});

const namesOf = (html) => [...html.matchAll(/<h1>([^<]*)<\/h1>/g)].map(([, name]) => name);
const numberOf = (name) => Number(/^n(\d+)$/.exec(name)?.[1] ?? 0);

async function read(url, floorOf, isOver) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  let has = { text: '', tag: null };
  let count = 0;
  for (; !isOver(); count++) {
    const floor = floorOf();
    const answer = await ask(url, agent, count % 3 ? has.tag : null);
    assert.ok(answer.status === 200 || answer.status === 304, `${answer.status}`);
    if (answer.status === 200) has = answer;
    const seen = namesOf(has.text).map(numberOf);
    floor.forEach((number, i) => assert.ok(seen[i] >= number,
      `answer ${count} (${answer.status}) says ${seen[i]} where ${number} was written before it was asked for`));
  }
  agent.destroy();
  return count;
}

async function disturbFile(database, isOver) {
  for (let i = 0; !isOver(); i++) {
    const child = spawn('sqlite3', ['-cmd', '.timeout 10000', database, DISTURBANCES[i % DISTURBANCES.length]], { stdio: 'ignore' });
    await once(child, 'close');
    await new Promise((done) => { setTimeout(done, 100); });
  }
}

/** Runs for so many seconds. An answer may be older than what another process finished less than `window` milliseconds
  before it was asked for. `database`: what to serve; `disturb` does to it what it can; `kept`: how the log must say that
  some were answered. */
export async function readWhileWriting(t, seconds, { database, window = 0, disturb = disturbFile, env = {}, kept = 'hit' } = {}) {
  const server = await startServer({
    program: TEST_PROGRAM, env: { DATABASE_TIMEOUT: '10000', ...env, ...(database ? { DATABASE_URL: database } : {}) }, t,
    ...(database ? { database: null } : {}),
  });
  const written = database ?? server.database;
  const keys = sql(written, 'SELECT id FROM auth_user ORDER BY id;').split('\n');
  const all = writers(server, written, t);
  assert.ok(keys.length >= all.length);
  const finished = all.map(() => 0);
  const history = [{ at: 0, finished: [...finished] }];
  const floorOf = () => {
    const limit = performance.now() - window;
    const { finished: old } = window ? history.findLast(({ at }) => at <= limit) : { finished };
    return finished.map((number, i) => (i === OURS ? number : old[i]));
  };
  const end = Date.now() + seconds * 1000;
  const isOver = () => Date.now() > end;
  const write = async (each, i) => {
    for (let number = 1; !isOver(); number++) {
      await each.write(keys[i], `n${number}`);
      finished[i] = number;
      if (window) history.push({ at: performance.now(), finished: [...finished] });
      await new Promise((done) => { setTimeout(done, number % 20); });
    }
    await each.end();
  };
  const reading = Array.from({ length: CLIENTS }, () => read(`${server.url}/probe/users/`, floorOf, isOver));
  const [counts] = await Promise.all([Promise.all(reading), ...all.map(write), disturb(written, isOver)]);
  const hits = server.log().filter((line) => line.includes(`cache=${kept}`)).length;
  t.diagnostic(`${counts.reduce((sum, count) => sum + count, 0)} answers, ${hits} of them kept ones; ${finished.join(', ')} writes`);
  assert.ok(hits > 0, 'no answer was a kept page');
  finished.forEach((number) => assert.ok(number > 3, `${finished}`));
}

/** Tells how long so many writes of another process went unseen after they were finished. */
export async function measureWindow(t, database, count) {
  const server = await startServer({ program: TEST_PROGRAM, database: null, env: { WEB_CONCURRENCY: '1', DATABASE_URL: database }, t });
  const key = sql(database, 'SELECT min(id) FROM auth_user');
  const shell = shellOf(database);
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const unseen = [];
  for (let number = 1; number <= count; number++) {
    await shell.write(key, `n${number}`);
    const finished = performance.now();
    let asked;
    do asked = performance.now(); while (namesOf((await ask(`${server.url}/probe/users/`, agent)).text)[0] !== `n${number}`);
    unseen.push(asked - finished); // when the first was asked for that shows it
    await new Promise((done) => { setTimeout(done, number % 10); });
  }
  agent.destroy();
  await shell.end();
  unseen.sort((a, b) => a - b);
  const part = (share) => unseen[Math.ceil(share * count) - 1].toFixed(2);
  t.diagnostic(`unseen for ms: p50 ${part(0.5)}, p99 ${part(0.99)}, at most ${part(1)}`);
  assert.ok(unseen.at(-1) <= WINDOW_MS, `${unseen.at(-1)} ms`);
}
