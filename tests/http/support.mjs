// What several of the HTTP tests share: one raw connection, answers as they came, databases made with SQL.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { QUEUE, psql, spawnPsql, startPostgres } from '../postgres.mjs';
import { MODULES, POSTGRES, ROOT, databaseOf, makeBy, newDatabase, runCommand, sharedData, skipWithoutShared, startServer, temporaryFolder } from './harness.mjs';

/** A group of tests, or with a reason one test that is skipped for it. */
export const describeUnless = (reason, name, body) => (reason
  ? test(name, { skip: reason }, () => {}) : describe(name, body));

/** Of a describe(): a PostgreSQL server for its tests. Each call of what it returns gives the URL of a new database. */
export function freshDatabases() {
  let server;
  let count = 0;
  before(async () => { server = await startPostgres(temporaryFolder()); });
  after(() => server?.stop());
  return (options = '') => {
    server.sql(`CREATE DATABASE site${++count} ${options}`);
    return server.url(`site${count}`);
  };
}

/** A group of tests of a server of the demo database, and one of the Django site's own; the body is
  given a function for the server. */
export function describeDatabases(body) {
  const django = 'oc-lettings-site.sqlite3';
  for (const [name, source, skip] of [
    ['the demo database', () => undefined, false],
    ["the Django site's own database", () => sharedData(django), skipWithoutShared(django)],
  ]) {
    describeUnless(skip, `from ${name}`, () => {
      let server;
      before(async () => { server = await startServer({ database: source() }); });
      after(() => server?.stop());
      body(() => server);
    });
  }
}

/** Checks a page's title, heading and further texts. */
export function checkPage({ status, headers, text }, { title, heading = title, texts = [] }) {
  assert.equal(status, 200);
  assert.equal(headers['content-type'], 'text/html; charset=utf-8');
  assert.ok(text.includes(`<title>${title}</title>`), text);
  assert.ok(text.includes(`<h1>${heading}</h1>`), text);
  for (const part of texts) assert.ok(text.includes(part), `${part} is missing in ${text}`);
}

export function checkMissing({ status, headers, text }) {
  assert.equal(status, 404);
  assert.equal(headers['content-type'], 'text/html; charset=utf-8');
  assert.match(text, /<title>Page not found<\/title>/);
  assert.match(text, /<nav aria-label="Main">/);
}

/** Takes one whole answer off the beginning of latin1 text: { answer, rest },
  or null while it is not all there. */
function takeAnswer(text, bodiless) {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const [line, ...fields] = text.slice(0, end).split('\r\n');
  const headers = {};
  for (const field of fields) {
    const colon = field.indexOf(':');
    const name = field.slice(0, colon).toLowerCase();
    headers[name] = [headers[name],
      field.slice(colon + 1).trim()].filter((value) => value !== undefined).join(', ');
  }
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(line)?.[1]);
  const length = bodiless || status === 304 || status < 200 ? 0 : Number(headers['content-length'] ?? 0);
  const body = text.slice(end + 4, end + 4 + length);
  if (body.length < length) return null;
  return { answer: { status, headers, body }, rest: text.slice(end + 4 + length) };
}

/** A connection that sends what it is told to, byte by byte,
  and takes answers off one after the other. */
export class Wire {
  received = '';
  closed = false;
  #socket;
  #changed = () => {};

  static async open(port) {
    const wire = new Wire();
    wire.#socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    wire.#socket.on('data', (part) => {
      wire.received += part.toString('latin1');
      wire.#changed();
    });
    wire.#socket.on('error', () => {});
    for (const event of ['end', 'close']) {
      wire.#socket.on(event, () => {
        wire.closed = true;
        wire.#changed();
      });
    }
    await once(wire.#socket, 'connect');
    return wire;
  }

  send(bytes) {
    if (!this.#socket.destroyed) this.#socket.write(Buffer.isBuffer(bytes) ? bytes
      : Buffer.from(bytes, 'latin1'));
  }

  close() { this.#socket.destroy(); }

  async #wait(probe, timeout, what) {
    const deadline = Date.now() + timeout;
    for (;;) {
      const found = probe();
      if (found) return found;
      const left = deadline - Date.now();
      if (left <= 0) assert.fail(`${what} in ${timeout} ms; received: ${JSON.stringify(this.received.slice(0, 300))}`);
      await new Promise((done) => {
        const timer = setTimeout(done, left);
        this.#changed = () => { clearTimeout(timer); done(); };
      });
    }
  }

  /** The next answer; null when the server closes without one. */
  async answer({ bodiless = false, timeout = 10_000 } = {}) {
    const taken = await this.#wait(
      () => takeAnswer(this.received, bodiless) ?? (this.closed
        ? { answer: null, rest: this.received } : null),
      timeout, 'no answer');
    this.received = taken.rest;
    return taken.answer;
  }

  /** Resolves when the server has ended its side. */
  async ended(timeout = 10_000) {
    await this.#wait(() => this.closed, timeout, 'the server did not close the connection');
  }
}

/** One request as bytes: a request line, headers (Host and Connection: close unless given),
  a body. */
export function bytesOf(line, headers = {}, body = '') {
  const all = { Host: 'localhost', Connection: 'close', ...headers };
  const fields = Object.entries(all).filter(([, value]) => value !== undefined)
    .flatMap(([name, values]) => [values].flat().map((value) => `${name}: ${value}\r\n`));
  return `${line.includes(' HTTP/') ? line : `${line} HTTP/1.1`}\r\n${fields.join('')}\r\n${body}`;
}

/** Sends one request on a connection of its own and returns the answer,
  or null when there is none. */
export async function ask(port, line, headers, body) {
  const wire = await Wire.open(port);
  wire.send(bytesOf(line, headers, body));
  try {
    return await wire.answer({ bodiless: line.startsWith('HEAD ') });
  } finally {
    wire.close();
  }
}

/** Runs a command and checks status, standard output and standard error; a word is looked for,
  null is nothing. */
export function checkCommand(args, { status = 0, out, err, ...options } = {}) {
  const result = runCommand(args, options);
  const words = `${args.join(' ')}\n${result.stdout}\n${result.stderr}`;
  assert.equal(result.status, status, words);
  for (const [text, expected] of [[result.stdout, out], [result.stderr, err]]) {
    if (expected === null) assert.equal(text, '', words);
    else if (expected) assert.match(text, expected);
  }
  return result;
}

/** Ends a child behind test t, and waits until it has ended; one that has ended already is passed over. */
export function endBehind(t, child, signal = 'SIGTERM') {
  t.after(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  });
}

/** Runs SQL on a database and returns what it prints. */
export function sql(path, script) {
  if (path.startsWith('postgres')) return psql(path, script);
  const { status, stdout, stderr, error } = spawnSync('sqlite3',
    ['-bail', '-cmd', '.timeout 5000', path], { input: script, encoding: 'utf8', timeout: 30_000 });
  if (error) throw error;
  assert.equal(status, 0, stderr);
  return stdout.trim();
}

/** A database with the tables and nothing in them. */
export const emptyDatabase = () => makeBy(['migrate'], temporaryFolder());

/** Keeps a lock ("BEGIN IMMEDIATE", "BEGIN EXCLUSIVE") on a database until the returned function is called, or test t
  ends. The clerk may be writing: it waits for that. */
export async function lock(path, begin, t) {
  const child = POSTGRES ? spawnPsql(path) : spawn('sqlite3', [path], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.write(POSTGRES ? `${begin.replace('BEGIN IMMEDIATE', () => `BEGIN; ${QUEUE}`)};\nSELECT 'locked';\n`
    : `.bail on\n.timeout 5000\n${begin};\nSELECT 'locked';\n`);
  const [text] = await once(child.stdout, 'data');
  assert.match(String(text), /locked/);
  const ended = once(child, 'close');
  const unlock = async (end = 'ROLLBACK') => {
    child.stdin.end(`${end};\n`);
    await ended;
  };
  t.after(() => unlock());
  return unlock;
}

/** The objects of each module's demo.json. */
export const demoFixtures = () => MODULES.map((name) => join(ROOT, 'modules', name, 'fixtures/demo.json'))
  .filter((path) => existsSync(path)).map((path) => JSON.parse(readFileSync(path, 'utf8')));

/** The paths that anybody may read and that have no arguments, as `routes` lists them, but for the one that fails. */
export function publicPages() {
  const { stdout } = checkCommand(['routes'], { err: null });
  return stdout.split('\n').map((line) => line.split(/ {2,}/))
    .filter(([methods, path, access]) => methods === 'GET, HEAD' && path.endsWith('/') && !path.includes('<') && access === 'public' && path !== '/sentry-debug/')
    .map(([, path]) => path);
}

/** SQL that writes what refers to nothing. */
export const withoutReferences = (script) => (POSTGRES
  ? `ALTER TABLE lettings_letting DROP CONSTRAINT IF EXISTS lettings_letting_address_id_d7e3fd19_fk_lettings_address_id;
    ALTER TABLE profiles_profile DROP CONSTRAINT IF EXISTS profiles_profile_user_id_a3e81f91_fk_auth_user_id; ${script}`
  : `PRAGMA foreign_keys = OFF; ${script}`);

/** SQL that makes tables, as the engine has them. */
export const tables = (script) => (POSTGRES
  ? script.replaceAll('integer PRIMARY KEY AUTOINCREMENT', 'serial PRIMARY KEY').replaceAll('integer unsigned', 'integer')
    .replaceAll(' datetime ', ' timestamp with time zone ')
  : script);

/** The last key that a table's rows were given. */
export const lastKey = (database, table) => Number(sql(database, POSTGRES ? `SELECT last_value FROM ${table}_id_seq;`
  : `SELECT max(seq) FROM sqlite_sequence WHERE name = '${table}';`));

/** SQL's table of a table's columns: name, type. */
export const columnsOf = (table) => (POSTGRES
  ? `(SELECT column_name AS name, data_type AS type FROM information_schema.columns WHERE table_name = '${table}') AS columns`
  : `pragma_table_info('${table}')`);

/** The names of what a database has: tables, views, and on PostgreSQL functions. */
export const objectsOf = (database) => sql(database, POSTGRES
  ? `SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v') UNION ALL
    SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace ORDER BY 1;`
  : "SELECT name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY 1;");

/** Whether a folder's database is as newDatabase() has it. */
export const isUntouched = (dir) => (POSTGRES ? objectsOf(newDatabase(dir)) === '' : !existsSync(databaseOf(dir)));

/** SQL that drops a trigger. */
export const dropTrigger = (name, table) => `DROP TRIGGER ${name}${POSTGRES ? ` ON ${table}` : ''};`;

/** SQL that gives the keys of the lettings in which the search finds a word, or one of several. */
export const searched = (...words) => (POSTGRES
  ? `SELECT id FROM lettings_search WHERE texts @@ CAST('${words.join(' | ')}' AS tsquery) ORDER BY id`
  : `SELECT rowid FROM lettings_search('${words.join(' OR ')}')`);

/** After SQL gave keys of its own: those that the database gives come behind them. */
export function followKeys(database) {
  if (!POSTGRES) return;
  sql(database, `DO $$ DECLARE made record; BEGIN
    FOR made IN SELECT table_name AS name, pg_get_serial_sequence(quote_ident(table_name), 'id') AS keys
        FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'id' AND column_default LIKE 'nextval%' LOOP
      EXECUTE format('SELECT setval(%L, GREATEST(max(id), 1)) FROM %I HAVING max(id) IS NOT NULL', made.keys, made.name);
    END LOOP; END $$;`);
}

/** A boolean in SQL. */
export const truth = (value) => (value ? 'TRUE' : 'FALSE');

export const quoted = (text) => `'${text.replaceAll("'", "''")}'`;

/** SQL that adds a user with a profile. */
export const profileOf = (id, username, city = 'Berlin') => `
  INSERT INTO auth_user (id, password, is_superuser, username, last_name, email, is_staff, is_active, date_joined, first_name)
  VALUES (${id}, '!', FALSE, ${quoted(username)}, 'Last', 'user${id}@example.com', FALSE, TRUE, '2020-06-14 09:41:15', 'First');
  INSERT INTO profiles_profile (id, favorite_city, user_id) VALUES (${id}, ${quoted(city)}, ${id});`;

/** As Django escapes in HTML. */
export const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<',
  '&lt;').replaceAll('>', '&gt;')
  .replaceAll('"', '&quot;').replaceAll("'", '&#x27;');

export const unescaped = (text) => text.replaceAll('&lt;', '<').replaceAll('&gt;',
  '>').replaceAll('&quot;', '"')
  .replaceAll('&#x27;', "'").replaceAll('&amp;', '&');

const NOT_WORDS = new Set(['@context', '@type', 'identifier', 'url', 'image', 'item']);
const wordsOf = (json) => (typeof json === 'string' ? [json] : Object.entries(json ?? {})
  .flatMap(([key, value]) => (NOT_WORDS.has(key) ? [] : wordsOf(value))));

/** A page without what no browser runs or fetches: structured data, and its own address. */
export const withoutData = (text, origin) => text
  .replaceAll(/<script type="application\/ld\+json">.*?<\/script>/gs, '').replaceAll(`="${origin}/`, '="/');

/** What visitors, screen readers and search engines read of a page. */
export function textsOf(html) {
  const all = (pattern) => [...html.matchAll(pattern)].map(([, text]) => text);
  const data = all(/<script type="application\/ld\+json">(.*?)<\/script>/gs).map((text) => JSON.parse(text));
  const texts = all(/>([^<>]+)(?=<(?!\/script))/g);
  const labels = all(/ (?:alt|aria-label|placeholder|title)="([^"]*)"/g);
  const meta = all(/<meta (?:name|property)="(?:description|og:title|og:locale)"[^>]* content="([^"]*)"/g);
  return [...[...texts, ...labels, ...meta].map(unescaped), ...data.flatMap(wordsOf)]
    .map((text) => text.trim()).filter(Boolean);
}

/** Those of a page that are the same in two languages, but for what is one of the values. */
export function untranslated(page, other, values) {
  const others = new Set(textsOf(other));
  const parts = values.filter(Boolean).sort((a, b) => b.length - a.length);
  return textsOf(page).filter((text) => others.has(text)
    && /\p{L}/u.test(parts.reduce((rest, part) => rest.replaceAll(part, ''), text)));
}

/** The hrefs of the links whose attributes match, unescaped. */
export const linksOf = (html, pattern) => [...html.matchAll(/<a ([^>]*)>/g)].map(([,
  attributes]) => attributes)
  .filter((attributes) => pattern.test(attributes))
  .map((attributes) => unescaped(/href="([^"]*)"/.exec(attributes)[1]));

/** The numbers from one to another. */
export const range = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
