// Pages of PostgreSQL are sent again unread while it tells of no change, whoever writes.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import http from 'node:http';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { get, skipWithoutModule, startServer, temporaryFolder, TEST_PROGRAM, until } from './harness.mjs';
import { askHow, readWhileWriting, WINDOW_MS } from './freshness.mjs';
import { startDoor } from './door.mjs';
import { checkCommand } from './support.mjs';
import { postgresPrograms, skipWithoutPostgres, spawnPsql, startPostgres } from '../postgres.mjs';

const PAGE = '/probe/users/';
const ONE = { WEB_CONCURRENCY: '1', TRUSTED_PROXIES: '127.0.0.1' };
// It stays where it is stopped.
const LASTING = { lasting: true, settings: { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', autovacuum: 'off' } };
const LISTENERS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'oc-lettings, listening'";
const COLUMNS = 'id, username, first_name, last_name, email, password, is_superuser, is_staff, is_active, date_joined';
const row = (id, name, between = '\t') => [id, `u${id}`, name, '', '', '', 'f', 'f', 't', '2026-01-01']
  .map((value) => (between === '\t' ? value : `'${value}'`)).join(between);
const setName = (name) => `UPDATE auth_user SET first_name = '${name}' WHERE id = (SELECT min(id) FROM auth_user);`;
const nameOf = (url) => new URL(url).pathname.slice(1);
const nameIn = ({ text }) => /<h1>(.*?)<\/h1>/.exec(text)?.[1];

describe('changes of a database of PostgreSQL', { skip: skipWithoutPostgres() || skipWithoutModule('profiles', 'auth') }, () => {
  let postgres;
  let count = 0;
  before(async () => {
    postgres = await startPostgres(temporaryFolder(), LASTING);
    postgres.sql('CREATE DATABASE demo');
    checkCommand(['demo', '--if-new'], { env: { DEBUG: '1', PASSWORD_ITERATIONS: '1', DATABASE_URL: postgres.url('demo') } });
  });
  after(() => postgres?.stop());

  /** A server of a database of its own: { …, write(sql) }. */
  const start = async (t, env = {}) => {
    const name = `site${++count}`;
    postgres.sql(`CREATE DATABASE ${name} TEMPLATE demo`);
    const url = postgres.url(name);
    const server = await startServer({ program: TEST_PROGRAM, database: null, env: { ...ONE, DATABASE_URL: url, ...env }, t });
    return Object.assign(server, { name, databaseUrl: url, write: (script) => postgres.sql(script, name) });
  };
  const isKept = (server, what) => until(async () => (await askHow(server, PAGE)).kept, 5000, () => `no page is kept before ${what}`);
  const shows = (server, name, what) => until(async () => nameIn(await get(server.url + PAGE)) === name, WINDOW_MS,
    () => `${name} is not shown after ${what}`);

  test('are in no answer that comes later than the window, and in each after what was written through it', async (t) => {
    postgres.sql('CREATE DATABASE written TEMPLATE demo');
    const disturb = async (_, isOver) => {
      while (!isOver()) {
        await sleep(700);
        postgres.sql(`${LISTENERS};`);
      }
    };
    await readWhileWriting(t, 6, { database: postgres.url('written'), window: WINDOW_MS, disturb });
  });

  // One after the other, to one database; each shows a name of its own.
  const EVENTS = [
    ['an update', setName('One')],
    ['one behind a savepoint that is undone', `BEGIN; ${setName('Two')} SAVEPOINT s; ${setName('No')} ROLLBACK TO s; COMMIT;`],
    ['one by who lets no trigger fire', `SET session_replication_role = replica; ${setName('Three')}`],
    ['ON DELETE CASCADE', 'DELETE FROM houses;'],
    ['COPY', `COPY auth_user (${COLUMNS}) FROM stdin;\n${row('-3', 'Five')}\n\\.\n`],
    ['a column of another type', "ALTER TABLE auth_user ALTER first_name TYPE varchar(200) USING 'Six' || id;"],
    ['a table that is remade', "BEGIN; CREATE TABLE copy AS SELECT * FROM auth_user; UPDATE copy SET first_name = 'Seven';"
      + ' DROP TABLE auth_user CASCADE; ALTER TABLE copy RENAME TO auth_user; COMMIT;'],
    ['TRUNCATE', 'TRUNCATE auth_user CASCADE;'],
  ];
  const SHOWN = ['One', 'Two', 'Three', 'Two', 'Five', 'Six-3', 'Seven', undefined];

  test('are seen, however they were made', async (t) => {
    const server = await start(t);
    const migrate = () => checkCommand(['migrate'], { env: { DEBUG: '1', DATABASE_URL: server.databaseUrl } });
    server.write(`CREATE TABLE houses (id integer PRIMARY KEY); INSERT INTO houses VALUES (1);
      ALTER TABLE auth_user ADD house integer REFERENCES houses ON DELETE CASCADE;
      INSERT INTO auth_user (${COLUMNS}) VALUES (${row('-1', 'Two', ', ')}), (${row('-2', 'Zero', ', ')});
      UPDATE auth_user SET house = 1 WHERE id = -2;`);
    for (const [i, [what, script]] of EVENTS.entries()) {
      await isKept(server, what);
      server.write(script);
      await shows(server, SHOWN[i], what);
      if (what !== 'a table that is remade') continue;
      await server.logged(/level=warning .*pages are read anew .*run `oc-lettings migrate`/);
      assert.equal((await askHow(server, PAGE)).kept, false);
      migrate();
    }
  });

  // Under the running site, though `restore` refuses it.
  const pgRestore = (url, ...args) => {
    const { status, stderr } = spawnSync(join(postgresPrograms(), 'pg_restore'), ['-d', url, '--no-owner', '--exit-on-error', ...args], { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
  };
  const RESTORES = [
    ['in one transaction', (url, file) => pgRestore(url, '--clean', '--if-exists', '--single-transaction', file)],
    ['piece by piece', (url, file) => pgRestore(url, '--clean', '--if-exists', file)],
    ['its rows alone', (url, file) => {
      postgres.sql('TRUNCATE auth_user CASCADE', nameOf(url));
      pgRestore(url, '--data-only', '--table=auth_user', file);
    }],
    ['as another database of its name', (url, file) => {
      postgres.sql(`DROP DATABASE ${nameOf(url)} WITH (FORCE);`);
      postgres.sql(`CREATE DATABASE ${nameOf(url)};`);
      pgRestore(url, file);
    }],
  ];

  test('are seen where a backup is put back under the running site', async (t) => {
    const server = await start(t);
    const file = join(temporaryFolder(), 'backup');
    server.write(setName('Backup'));
    checkCommand(['backup', file], { env: { DATABASE_URL: server.databaseUrl } });
    for (const [how, restore] of RESTORES) {
      server.write(setName('Later'));
      await shows(server, 'Later', 'the write');
      await isKept(server, how);
      restore(server.databaseUrl, file);
      await shows(server, 'Backup', how);
    }
    await isKept(server, 'the end');
  });

  test('are seen where all is copied into the database that is served', async (t) => {
    const name = `site${++count}`;
    postgres.sql(`CREATE DATABASE ${name}`);
    const url = postgres.url(name);
    const server = await startServer({ program: TEST_PROGRAM, database: null, env: { ...ONE, DATABASE_URL: url }, t });
    assert.equal((await get(`${server.url}/readyz`)).status, 503); // a page would fail, and be an issue in what is to be copied into
    postgres.sql(setName('Copied'), 'demo');
    checkCommand(['copy', '--from', postgres.url('demo'), '--to', url]);
    await shows(server, 'Copied', 'the copy');
    await isKept(server, 'the end');
    postgres.sql(setName('Later'), name);
    await shows(server, 'Later', 'a write');
  });

  for (const [name, env] of [['PAGE_CACHE_LISTEN=0', { PAGE_CACHE_LISTEN: '0' }], ['DATABASE_POOLED=1', { DATABASE_POOLED: '1' }]]) {
    test(`are looked for at each request with ${name}`, async (t) => {
      const server = await start(t, env);
      const before = await askHow(server, PAGE);
      const again = await askHow(server, PAGE);
      assert.deepEqual([before.kept, before.same, again.kept, again.same], [false, false, false, true]);
      server.write(setName('Later'));
      assert.equal(nameIn(await get(server.url + PAGE)), 'Later');
    });
  }

  test('PAGE_CACHE_LISTEN is 0 or 1', () => {
    checkCommand(['check'], { status: 1, env: { PAGE_CACHE_LISTEN: 'often', DATABASE_URL: postgres.url('demo') }, err: /PAGE_CACHE_LISTEN/ });
  });

  test('a database whose tables tell nothing is served, read anew each time, and named', async (t) => {
    const server = await start(t);
    server.write('DROP FUNCTION oc_lettings_changed CASCADE;');
    await server.logged(/level=warning .*pages are read anew/);
    await get(server.url + PAGE);
    assert.equal((await askHow(server, PAGE)).same, true);
    const env = { DEBUG: '1', DATABASE_URL: server.databaseUrl };
    checkCommand(['check'], { status: 1, env, err: /auth_user does not tell of its changes.*oc-lettings migrate/ });
    checkCommand(['migrate'], { env });
    checkCommand(['check'], { env });
    await isKept(server, 'the end');
  });

  test('where a proxy passes on answers but nothing that is told, pages are read anew, and the log says so', async (t) => {
    const door = await startDoor(t, postgres.port, { silent: true });
    postgres.sql('CREATE DATABASE silent TEMPLATE demo');
    const server = await startServer({ program: TEST_PROGRAM, database: null, env: { ...ONE, DATABASE_URL: door.url('silent') }, t });
    await server.logged(/level=warning .*pages are read anew .*what the database tells is not passed on/);
    await get(server.url + PAGE);
    assert.equal((await askHow(server, PAGE)).kept, false);
    postgres.sql(setName('Later'), 'silent');
    assert.equal(nameIn(await get(server.url + PAGE)), 'Later');
    assert.equal(server.log().some((line) => line.includes('the database tells of its changes')), false);
  });

  test('while 200 clients wait for slow queries, pages that need no database are answered, and the others told to come again', async (t) => {
    const server = await start(t, { DATABASE_TIMEOUT: '2000', DATABASE_MAX_CONNECTIONS: '4' });
    const [, file] = /href="(\/static\/[^"]+)"/.exec((await get(`${server.url}/probe/page/`)).text);
    await isKept(server, 'the crowd comes');
    const blocker = spawnPsql(server.databaseUrl);
    t.after(() => blocker.kill());
    blocker.stdin.write("BEGIN; LOCK TABLE lettings_letting IN ACCESS EXCLUSIVE MODE; SELECT 'locked';\n");
    await new Promise((done) => { blocker.stdout.once('data', done); });
    const agent = new http.Agent({ maxSockets: Infinity });
    const crowd = Array.from({ length: 200 }, (_, i) => get(`${server.url}/lettings/?page=${i}`, { agent, timeout: 30_000 }));
    let waiting = crowd.length;
    for (const each of crowd) each.finally(() => { waiting--; });
    const times = [];
    for (let i = 0; i < 30; i++) {
      for (const path of ['/healthz', PAGE, file]) {
        const started = performance.now();
        const { status } = await get(server.url + path);
        assert.equal(status, 200, path);
        times.push(performance.now() - started);
      }
    }
    const stillWaiting = waiting;
    assert.ok(stillWaiting > 20, `only ${stillWaiting} wait`);
    assert.equal((await askHow(server, PAGE)).kept, true);
    times.sort((a, b) => a - b);
    t.diagnostic(`${stillWaiting} wait; others in ${times[times.length >> 1].toFixed(1)} ms, at most ${times.at(-1).toFixed(1)} ms`);
    assert.ok(times[times.length >> 1] < 500, `${times[times.length >> 1]} ms`);
    blocker.stdin.end('ROLLBACK;\n');
    const answers = await Promise.all(crowd);
    const refused = answers.filter(({ status }) => status === 503);
    assert.ok(answers.every(({ status }) => [200, 404, 503].includes(status)), `${answers.map(({ status }) => status)}`);
    assert.ok(refused.length > 0);
    for (const { headers } of refused) assert.ok(Number(headers['retry-after']) > 0);
  });

  test('are seen again behind a lost listener and a server that was started again', async (t) => {
    const server = await start(t);
    await isKept(server, 'the listener is lost');
    server.write(`${LISTENERS}; ${setName('Lost')}`);
    await shows(server, 'Lost', 'the listener was lost');
    await isKept(server, 'the restart');
    await postgres.stop();
    postgres = await startPostgres(postgres.dir, { ...LASTING, port: postgres.port });
    server.write(setName('Restarted'));
    await until(async () => nameIn(await get(server.url + PAGE)) === 'Restarted', 5000, () => 'the write is not shown');
    await isKept(server, 'the end');
  });
});
