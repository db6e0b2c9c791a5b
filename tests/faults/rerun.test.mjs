// A request under which the database gives way: begun anew where nothing was written, else never said to be done.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { get, skipWithoutModule, startServer, TEST_PROGRAM, temporaryFolder, until } from '../http/harness.mjs';
import { WINDOW_MS } from '../http/freshness.mjs';
import { checkCommand, describeUnless } from '../http/support.mjs';
import { psql, skipWithoutPostgres, startPostgres } from '../postgres.mjs';
import { childrenOf, kill } from './killing.mjs';

const ENV = { WEB_CONCURRENCY: '1', WEB_THREADS: '2', DATABASE_MAX_CONNECTIONS: '3', LOG_LEVEL: 'warning' };
// Time for a statement, 3 s more for any answer, 2 s to connect anew; on a machine that does much else.
const HELD_MS = 12_000;

const POST = (body) => ({ method: 'POST', body });
const notesOf = (site) => site.ask('SELECT note FROM probe_note ORDER BY id').split('\n').filter(Boolean);

/** What makes the inserting of a note fail, or wait, the first time alone: no rollback takes a sequence's number back. */
const onFirstNote = (body, { deferred = false } = {}) => `
  CREATE SEQUENCE tries;
  CREATE FUNCTION first_note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF nextval('tries') = 1 THEN ${body} END IF; RETURN NULL; END $$;
  CREATE ${deferred ? 'CONSTRAINT ' : ''}TRIGGER first_note AFTER INSERT ON probe_note
    ${deferred ? 'DEFERRABLE INITIALLY DEFERRED' : ''} FOR EACH ROW EXECUTE FUNCTION first_note();`;
const NO_TRIGGER = 'DROP TRIGGER IF EXISTS first_note ON probe_note; DROP FUNCTION IF EXISTS first_note; DROP SEQUENCE IF EXISTS tries;';

describeUnless(skipWithoutPostgres(), 'on PostgreSQL', () => {
  let postgres;
  let server;
  const site = { ask: (query) => psql(postgres.url('site'), query) };
  beforeEach(() => { if (server?.url) site.ask(`${NO_TRIGGER} TRUNCATE probe_note;`); });

  test('it starts', async () => {
    postgres = await startPostgres(temporaryFolder());
    postgres.sql('CREATE DATABASE site');
    checkCommand(['demo'], { env: { DEBUG: '1', DATABASE_URL: postgres.url('site') } });
    site.ask('CREATE TABLE probe_note (id serial PRIMARY KEY, note text NOT NULL);');
    server = await startServer({ program: TEST_PROGRAM, database: null, env: { ...ENV, DATABASE_URL: postgres.url('site') } });
    await get(`${server.url}/probe/users/`);
  });

  /** Ends the sessions of the program that do what is said, once there is one. */
  const terminate = (where) => until(() => Number(site.ask(`SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE application_name = 'oc-lettings' AND ${where}`)) > 0, 10_000, () => `nobody is there: ${where}`);
  const warnings = () => server.log().filter((line) => line.includes('begun anew')).length;
  const anew = async (answer) => {
    await get(`${server.url}/probe/flush/`);
    const before = warnings();
    const { status, text } = await answer();
    await get(`${server.url}/probe/flush/`);
    return { status, text, times: warnings() - before };
  };

  test('a page whose connection is ended in the middle is read anew', async () => {
    const answer = await anew(async () => {
      const page = get(`${server.url}/probe/between/?ms=1500`);
      await terminate("state = 'idle in transaction'");
      return page;
    });
    assert.deepEqual(answer, { status: 200, text: '5 and 5\n', times: 1 });
  });

  test('a write whose connection is ended before its commit is begun anew, and there once', async () => {
    site.ask(onFirstNote('PERFORM pg_sleep(20);'));
    const answer = await anew(async () => {
      const page = get(`${server.url}/probe/note/`, POST('waits'));
      await terminate("wait_event = 'PgSleep'");
      return page;
    });
    assert.deepEqual([answer.status, notesOf(site)], [200, ['waits']]);
    });

  for (const [name, code] of [['a deadlock', '40P01'], ['a serialization failure', '40001']]) {
    test(`${name} is tried again, and written once`, async () => {
      site.ask(`${onFirstNote(`RAISE EXCEPTION 'given up' USING ERRCODE = '${code}';`)}`);
      const answer = await anew(() => get(`${server.url}/probe/note/`, POST('again')));
      assert.deepEqual([answer.status, answer.times, notesOf(site)], [200, 1, ['again']]);
        });
  }

  test('one that fails so each time is a 503 with Retry-After, tried twice', async () => {
    site.ask(`${onFirstNote('NULL;').replace('END IF;', "END IF; RAISE EXCEPTION 'given up' USING ERRCODE = '40P01';")}`);
    const { status, headers } = await get(`${server.url}/probe/note/`, POST('never'));
    assert.deepEqual([status, Number(headers['retry-after']) > 0, notesOf(site)], [503, true, []]);
    assert.equal(site.ask('SELECT last_value FROM tries'), '2');
    });

  test('a commit whose answer is lost is neither said to be done nor repeated', async () => {
    site.ask(`${onFirstNote('PERFORM pg_sleep(20);', { deferred: true })}`);
    const answer = await anew(async () => {
      const page = get(`${server.url}/probe/note/`, POST('unknown'));
      await terminate("query = 'COMMIT' AND wait_event = 'PgSleep'");
      return page;
    });
    assert.deepEqual([answer.status, answer.times, notesOf(site)], [500, 0, []]);
    assert.match(server.log().join('\n'), /it is not known whether what was written is there/);
    });

  test('what has written something before is not begun anew', async () => {
    site.ask(`CREATE SEQUENCE tries; CREATE FUNCTION first_note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      IF nextval('tries') = 2 THEN RAISE EXCEPTION 'given up' USING ERRCODE = '40P01'; END IF; RETURN NULL; END $$;
      CREATE TRIGGER first_note AFTER INSERT ON probe_note FOR EACH ROW EXECUTE FUNCTION first_note();`);
    const answer = await anew(() => get(`${server.url}/probe/note/?twice=1`, POST('first')));
    assert.deepEqual([answer.status, answer.times, notesOf(site)], [503, 0, ['first']]);
    });

  for (const path of ['/probe/users/', '/probe/late/', '/probe/between/?ms=1']) {
    test(`a column that a migration has changed meanwhile fails no page: ${path}`, async () => {
      await get(server.url + path);
      const length = Number(site.ask("SELECT atttypmod FROM pg_attribute WHERE attrelid = 'auth_user'::regclass AND attname = 'first_name'")) + 10;
      site.ask(`ALTER TABLE auth_user ALTER first_name TYPE varchar(${length}), ALTER last_name TYPE varchar(${length})`);
      const { status } = await get(server.url + path);
      assert.equal(status, 200);
    });
  }

  test('a column that is changed between the statements of a page fails it not either', async () => {
    await get(`${server.url}/probe/between/?ms=0`);
    const page = get(`${server.url}/probe/between/?ms=1000`);
    await until(() => site.ask("SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction'") === '1', 5000);
    site.ask('ALTER TABLE probe_note ADD COLUMN more integer NOT NULL DEFAULT 0');
    assert.equal((await page).status, 200);
  });

  test('the server restarted under readers and a writer: 200 or 503 with Retry-After, and each note once', async () => {
    const seen = { notes: [], sent: new Set(), other: [], going: true };
    const ask = async (path, options, done) => {
      const { status, headers } = await get(server.url + path, options);
      if (status === 200) done?.();
      else if (!(status === 503 && headers['retry-after']) && !(status === 500 && options)) seen.other.push(`${path}: ${status}`);
    };
    const writing = (async () => {
      for (let i = 0; seen.going; i++) await ask('/probe/note/', POST(`n${i}`), () => seen.notes.push(`n${i}`));
    })();
    const reading = (async () => { while (seen.going) await ask('/probe/users/'); })();
    await sleep(200);
    const { dir, port } = postgres;
    postgres.child.kill('SIGINT');
    await postgres.ended;
    postgres = await startPostgres(dir, { port });
    const from = seen.notes.length;
    await until(() => seen.notes.length > from + 5, 10_000, () => 'nobody writes any more');
    seen.going = false;
    await Promise.all([writing, reading]);
    const notes = notesOf(site);
    assert.deepEqual(seen.other, []);
    assert.equal(new Set(notes).size, notes.length);
    assert.deepEqual(seen.notes.filter((note) => !notes.includes(note)), []);
  });

  test('prepared statements that are gone are taken for a pooler between, and the log says what to set', async () => {
    site.ask(onFirstNote('DEALLOCATE ALL;'));
    await get(`${server.url}/probe/note/`, POST('gone'));
    assert.equal((await get(`${server.url}/probe/note/`, POST('more'))).status, 500);
    await server.logged(/a pooler between here and the database .* set DATABASE_POOLED=1/);
    await terminate('true');
  });

  test('a server that hangs holds nobody for long, and is there again once it goes on', { skip: skipWithoutModule('lettings') }, async (t) => {
    const env = { ...ENV, DATABASE_MAX_CONNECTIONS: '4', DATABASE_STATEMENT_TIMEOUT: '500', DATABASE_URL: `${postgres.url('site')}&connect_timeout=2` };
    const hung = await startServer({ program: TEST_PROGRAM, database: null, env, t });
    const pages = ['/probe/users/', '/lettings/?q=house']; // whose statement is to be cancelled
    const ask = () => Promise.all(pages.map((path) => get(`${hung.url}${path}`, { timeout: 30_000 })));
    await ask();
    const all = [postgres.pid, ...childrenOf(postgres.pid)];
    kill(all, 'SIGSTOP');
    t.after(() => kill(all, 'SIGCONT'));
    await sleep(WINDOW_MS + 100); // until then pages are sent that are known to be fresh
    const from = performance.now();
    const answers = await ask();
    const took = performance.now() - from;
    kill(all, 'SIGCONT');
    assert.deepEqual(answers.map(({ status, headers }) => [status, Number(headers['retry-after']) > 0]), [[503, true], [503, true]]);
    assert.ok(took < HELD_MS, `${took} ms`);
    t.diagnostic(`503 after ${took.toFixed(0)} ms`);
    await until(async () => (await ask()).every(({ status }) => status === 200), 10_000, () => 'it does not go on');
  });

  test('sessions that hang hold nobody for long, while the server takes new ones', { skip: skipWithoutModule('lettings') }, async (t) => {
    const env = { ...ENV, DATABASE_MAX_CONNECTIONS: '4', DATABASE_STATEMENT_TIMEOUT: '500', DATABASE_URL: postgres.url('site') };
    const hung = await startServer({ program: TEST_PROGRAM, database: null, env, t });
    const ask = () => Promise.all(['/probe/users/', '/lettings/?q=house', '/readyz'].map((path) => get(`${hung.url}${path}`, { timeout: 30_000 })));
    await ask();
    const sessions = site.ask("SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'oc-lettings%'").split('\n').map(Number);
    kill(sessions, 'SIGSTOP');
    t.after(() => kill(sessions, 'SIGCONT'));
    await sleep(WINDOW_MS + 100);
    const from = performance.now();
    const answers = await ask();
    const took = performance.now() - from;
    assert.deepEqual(answers.map(({ status }) => status), [200, 200, 200]);
    assert.ok(took < HELD_MS, `${took} ms`);
    t.diagnostic(`200 after ${took.toFixed(0)} ms`);
  });

  test('it ends', async () => {
    await server.stop();
    server = null;
    await postgres.stop();
  });

  test('a database of another encoding is refused at the start, with the way out', async (t) => {
    const other = await startPostgres(temporaryFolder());
    t.after(() => other.stop());
    other.sql("CREATE DATABASE latin ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0");
    for (const command of ['check', 'migrate', 'serve']) {
      checkCommand([command], { status: 1, env: { DATABASE_URL: other.url('latin') }, out: null, err: /encoding is LATIN1, but must be UTF8: .*TEMPLATE template0/ });
    }
  });

  for (const url of ['postgres:///site?host=127.0.0.1&port=1&user=me&password=HUSH', 'postgres://me:HUSH@127.0.0.1:1/site?connect_timeout=2']) {
    test(`no password is told while the server is away: ${url}`, async (t) => {
      const away = await startServer({ program: TEST_PROGRAM, database: null, env: { DATABASE_URL: url, WEB_CONCURRENCY: '1' }, t });
      const { status, headers, text } = await get(`${away.url}/probe/users/`);
      assert.deepEqual([status, Number(headers['retry-after']) > 0], [503, true]);
      assert.match((await get(`${away.url}/readyz`)).text, /database/);
      await get(`${away.url}/probe/flush/`);
      const { stdout, status: found } = spawnSync('grep', ['-rl', 'HUSH', away.dir], { encoding: 'utf8' });
      assert.deepEqual([found, stdout], [1, ''], 'it is in a file');
      assert.doesNotMatch(text + away.log().join('\n'), /HUSH/);
      assert.match(away.log().join('\n'), /no way to the database/);
    });
  }
});
