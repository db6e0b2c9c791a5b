// The site behind pgbouncer that gives each transaction to another session.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { addUser, FAST, signedIn, Visitor } from '../http/accounts.mjs';
import { freePort, get, skipWithoutModule, startServer, temporaryFolder, TEST_PROGRAM, until } from '../http/harness.mjs';
import { checkCommand, describeUnless, endBehind, range } from '../http/support.mjs';
import { ordinaryUser, psql, skipWithoutPooler, skipWithoutPostgres, spawnPsql, startPostgres } from '../postgres.mjs';

const SESSIONS = 3;

/** pgbouncer before a server: { url(name) }; it ends with test t. */
async function startPooler(t, postgres) {
  const dir = temporaryFolder();
  const port = await freePort();
  const user = ordinaryUser() ?? {};
  const files = {
    'users.txt': '"oc" ""\n',
    'pgbouncer.ini': `[databases]
* = host=${postgres.dir} port=${postgres.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = trust
auth_file = ${join(dir, 'users.txt')}
pool_mode = transaction
default_pool_size = ${SESSIONS}
max_client_conn = 100
ignore_startup_parameters = options
`,
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text);
  if (user.uid !== undefined) for (const name of ['.', ...Object.keys(files)]) chownSync(join(dir, name), user.uid, user.gid);
  chmodSync(dir, 0o755);
  const child = spawn('pgbouncer', [join(dir, 'pgbouncer.ini')], { ...user, cwd: '/', stdio: ['ignore', 'ignore', 'pipe'], env: { PATH: process.env.PATH } });
  let log = '';
  child.stderr.on('data', (text) => { log += text; });
  endBehind(t, child, 'SIGINT');
  const url = (name) => `postgres://oc@127.0.0.1:${port}/${name}`;
  await until(() => { try { return psql(url('postgres'), 'SELECT 1') === '1'; } catch { return false; } }, 10_000, () => log);
  return { url };
}

describeUnless(skipWithoutPostgres() || skipWithoutPooler(), 'behind pgbouncer', () => {
  test('migrate, pages, a sign-in and many writers do with three sessions, and leave none as they did not find it', { skip: skipWithoutModule('lettings') }, async (t) => {
    const postgres = await startPostgres(temporaryFolder());
    t.after(() => postgres.stop());
    postgres.sql('CREATE DATABASE site');
    const pooler = await startPooler(t, postgres);
    const env = {
      ...FAST, DEBUG: '0', DATABASE_URL: pooler.url('site'), DATABASE_POOLED: '1', WEB_CONCURRENCY: '2', DATABASE_MAX_CONNECTIONS: '11',
      DATABASE_STATEMENT_TIMEOUT: '700', DATABASE_TIMEOUT: '5000',
    };
    checkCommand(['migrate'], { env });
    checkCommand(['demo'], { env: { ...env, DEBUG: '1' } });
    checkCommand(['check'], { env: { ...env, DEBUG: '1' } });
    const direct = postgres.url('site');
    psql(direct, 'CREATE TABLE probe_note (id serial PRIMARY KEY, note text NOT NULL);');
    addUser(direct, 'anna', { staff: 1, superuser: 1 });
    const server = await startServer({ program: TEST_PROGRAM, database: null, env, t });
    const visitor = await signedIn(server, 'anna');
    assert.equal((await visitor.ask('/admin/lettings/letting/')).status, 200);
    const ask = async (client) => {
      const seen = [];
      for (let i = 1; i <= 10; i++) {
        seen.push(await get(`${server.url}/probe/note/`, { method: 'POST', body: `${client}-${i}` }));
        for (const path of [`/lettings/${1 + (i % 5)}/`, '/lettings/?q=house', '/probe/between/?ms=5']) seen.push(await get(server.url + path));
      }
      return seen;
    };
    const answers = (await Promise.all(range(1, 6).map(ask))).flat();
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
    assert.equal(psql(direct, 'SELECT count(DISTINCT note) || \' of \' || count(*) FROM probe_note'), '60 of 60');
    const sessions = "FROM pg_stat_activity WHERE datname = 'site' AND application_name = 'oc-lettings'";
    assert.ok(Number(psql(direct, `SELECT count(*) ${sessions}`)) <= SESSIONS, 'there are more sessions than that');
    assert.equal(psql(direct, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"), '0', 'a lock is left');
    assert.equal(psql(pooler.url('site'), 'SHOW statement_timeout; SHOW lock_timeout; SELECT count(*) FROM pg_prepared_statements'), '0\n0\n0');

    psql(direct, `CREATE FUNCTION slowly() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(20); RETURN NULL; END $$;
      CREATE TRIGGER slowly AFTER INSERT ON probe_note FOR EACH ROW EXECUTE FUNCTION slowly();`);
    const from = performance.now();
    const { status, headers } = await get(`${server.url}/probe/note/`, { method: 'POST', body: 'slow' });
    assert.deepEqual([status, Number(headers['retry-after']) > 0], [503, true]);
    assert.ok(performance.now() - from < 5000, 'the statement was not ended');
  });

  test('what stands alone keeps its limits of time too', { skip: skipWithoutModule('lettings') }, async (t) => {
    const postgres = await startPostgres(temporaryFolder());
    t.after(() => postgres.stop());
    postgres.sql('CREATE DATABASE site');
    const direct = postgres.url('site');
    checkCommand(['demo'], { env: { DEBUG: '1', PASSWORD_ITERATIONS: '1', DATABASE_URL: direct } });
    addUser(direct, 'anna', { staff: 1, superuser: 1 });
    const pooler = await startPooler(t, postgres);
    const env = { ...FAST, DATABASE_URL: pooler.url('site'), DATABASE_POOLED: '1', WEB_CONCURRENCY: '1', DATABASE_STATEMENT_TIMEOUT: '1500', DATABASE_TIMEOUT: '400' };
    const server = await startServer({ program: TEST_PROGRAM, database: null, env, t });
    const visitor = await signedIn(server, 'anna');
    const other = new Visitor(server.url);
    const token = await other.token();
    const adminToken = await visitor.token('/admin/lettings/address/add/');
    const address = { number: '7', street: 'Quay', city: 'Hull', state: 'CA', zip_code: '12345', country_iso_code: 'USA' };
    for (const [table, ask] of [
      ['lettings_letting', () => get(`${server.url}/lettings/3/`)],
      ['django_session', () => visitor.ask('/admin/')],
      ['lettings_address', () => visitor.post('/admin/lettings/address/add/', address, { token: adminToken })],
      ['auth_user', () => other.post('/accounts/login/', { username: 'anna', password: 'wrong' }, { token })],
    ]) {
      const blocker = spawnPsql(direct);
      blocker.stdin.write(`BEGIN; LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE; SELECT 'locked';\n`);
      await once(blocker.stdout, 'data');
      const from = performance.now();
      const { status } = await ask();
      const took = performance.now() - from;
      blocker.stdin.end('ROLLBACK;\n');
      await once(blocker, 'close');
      assert.equal(status, 503, table);
      assert.ok(took < 4000, `${table}: ${took} ms`);
    }
  });

  test('without DATABASE_POOLED a pooler is found, keeps nothing of ours in its sessions, and proves nothing', async (t) => {
    const postgres = await startPostgres(temporaryFolder());
    t.after(() => postgres.stop());
    postgres.sql('CREATE DATABASE site');
    const pooler = await startPooler(t, postgres);
    const url = pooler.url('site');
    checkCommand(['migrate'], { env: { DATABASE_URL: url } });
    psql(url, 'CREATE TABLE probe_note (id serial PRIMARY KEY, note text NOT NULL);');
    const server = await startServer({ program: TEST_PROGRAM, database: null, env: { WEB_CONCURRENCY: '1', DATABASE_URL: url }, t });
    const ask = (i) => (i % 2 ? get(`${server.url}/probe/users/`) : get(`${server.url}/probe/note/`, { method: 'POST', body: `note ${i}` }));
    const answers = await Promise.all(range(1, 40).map(ask));
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
    await server.logged(/level=warning .*pages are read anew .*a pooler .* set DATABASE_POOLED=1/);
    assert.equal(server.log().some((line) => line.includes('the database tells of its changes')), false);
    await server.stop();
    const LEFT = "SELECT current_setting('default_transaction_read_only') || ' ' || current_setting('statement_timeout') || ' '"
      + " || current_setting('random_page_cost') || ' ' || (SELECT count(*) FROM pg_prepared_statements) || ' ' || pg_backend_pid() FROM pg_sleep(0.5)";
    const sessions = await Promise.all(range(1, SESSIONS).map(async () => {
      const shell = spawnPsql(url);
      shell.stdin.end(`${LEFT};\n`);
      return String(await once(shell.stdout, 'data')).trim().split(' ');
    }));
    assert.equal(new Set(sessions.map((each) => each.pop())).size, SESSIONS);
    for (const left of sessions) assert.deepEqual(left, ['off', '0', '4', '0']);
  });
});
