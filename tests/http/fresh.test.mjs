// Only on SQLite: it is about SQLite's file and log, by which pages are known to be fresh.
// Pages are kept while the database is unchanged, and never a moment longer.
import assert from 'node:assert/strict';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { get, makeDatabase, SANITIZED, skipWithoutModule, startServer, temporaryFolder, TEST_PROGRAM, until } from './harness.mjs';
import { askHow, readWhileWriting } from './freshness.mjs';
import { checkCommand, sql } from './support.mjs';

const PAGE = '/probe/users/';
// Answers are found in the log by the ids that a trusted proxy gives their requests.
const ONE = { WEB_CONCURRENCY: '1', TRUSTED_PROXIES: '127.0.0.1' };
const setName = (database, name) => sql(database, `UPDATE auth_user SET first_name = '${name}' WHERE id = (SELECT min(id) FROM auth_user);`);
const start = (t, env = {}) => startServer({ program: TEST_PROGRAM, env: { ...ONE, ...env }, t });

const ask = (server, path = PAGE, options = {}) => askHow(server, path, options);

test('no answer is older than the newest finished write', (t) => readWhileWriting(t, 6));
test('nor with PAGE_CACHE_READS=1', (t) => readWhileWriting(t, 3, { env: { PAGE_CACHE_READS: '1' }, kept: 'same' }));

describe('a page', () => {
  let server;
  before(async () => { server = await startServer({ program: TEST_PROGRAM, env: ONE }); });
  after(() => server?.stop());

  test('is kept until somebody writes', async () => {
    for (const name of ['Ada', 'Grace', 'Joan']) {
      setName(server.database, name);
      const first = await ask(server);
      const again = await ask(server);
      assert.deepEqual([first.kept, again.kept], [false, true], name);
      assert.match(first.text, new RegExp(`<h1>${name}</h1>`));
      assert.equal(again.text, first.text);
      const { date, 'x-request-id': id, ...headers } = first.headers;
      const { date: later, ...same } = again.headers;
      assert.deepEqual(same, headers);
      assert.ok(id);
    }
  });

  test('is known to who has it', async () => {
    const { headers } = await ask(server);
    const { status, text, kept } = await ask(server, PAGE, { headers: { 'If-None-Match': headers.etag } });
    assert.deepEqual([status, text, kept], [304, '', true]);
    const other = await ask(server, PAGE, { headers: { 'If-None-Match': '"other"' } });
    assert.deepEqual([other.status, other.kept], [200, true]);
  });

  test('is also its own HEAD', async () => {
    const { text } = await ask(server);
    const head = await ask(server, PAGE, { method: 'HEAD' });
    assert.deepEqual([head.status, head.text, head.kept], [200, '', true]);
    assert.equal(Number(head.headers['content-length']), Buffer.byteLength(text));
  });

  // What makes another page of it.
  const OTHERS = [
    ['a query', '/probe/users/?a=1', {}],
    ['an encoding', '/?long', { 'Accept-Encoding': 'gzip' }],
    ['a language', '/?language', { 'Accept-Language': 'fr' }],
    ['a host', PAGE, { Host: 'localhost' }],
  ];
  for (const [what, path, headers] of OTHERS) {
    test(`is another in ${what}`, async () => {
      await ask(server, path === '/probe/users/?a=1' ? PAGE : path);
      const first = await ask(server, path, { headers });
      const again = await ask(server, path, { headers });
      assert.deepEqual([first.status, first.kept, again.kept], [200, false, true]);
    });
  }

  // What is never kept.
  const NEVER = [
    ['a visitor with a session', PAGE, { headers: { Cookie: 'a=b; sessionid=x' } }],
    ['a missing page', '/probe/users/999999/', {}],
    ['readiness', '/readyz', {}],
    ['what reads no database', '/healthz', {}],
  ];
  for (const [what, path, options] of NEVER) {
    test(`${what}: never`, async () => {
      await ask(server);
      for (let i = 0; i < 3; i++) assert.equal((await ask(server, path, options)).kept, false);
    });
  }

  test('is not touched by a session of another visitor', async () => {
    await ask(server);
    await ask(server, PAGE, { headers: { Cookie: 'sessionid=x' } });
    assert.equal((await ask(server)).kept, true);
  });
});

describe('a page of which the same is read', () => {
  const RENDERED = '/probe/page/';
  const writeElsewhere = ({ database }) => sql(database, "INSERT INTO django_session VALUES (hex(randomblob(9)), '', '2030-01-01');");
  const states = async (server, path) => {
    const { kept, same, text, status } = await ask(server, path);
    return { status, how: kept ? 'hit' : same ? 'same' : 'new', name: /<h1>(.*?)<\/h1>/.exec(text)[1] };
  };

  test('is not rendered again for what was written elsewhere', async (t) => {
    const server = await start(t);
    for (const name of ['Ada', 'Grace']) {
      setName(server.database, name);
      const how = [];
      for (const write of [false, false, true, false, true, true]) {
        if (write) writeElsewhere(server);
        const state = await states(server, RENDERED);
        assert.deepEqual([state.status, state.name], [200, name]);
        how.push(state.how);
      }
      assert.deepEqual(how, ['new', 'hit', 'same', 'hit', 'same', 'same'], name);
    }
  });

  test('is the answer to who has it, and to HEAD', async (t) => {
    const server = await start(t);
    const { headers } = await ask(server, RENDERED);
    writeElsewhere(server);
    const known = await ask(server, RENDERED, { headers: { 'If-None-Match': headers.etag } });
    assert.deepEqual([known.status, known.same], [304, true]);
    writeElsewhere(server);
    const head = await ask(server, RENDERED, { method: 'HEAD' });
    assert.deepEqual([head.status, head.text, head.same, head.headers.etag], [200, '', true, headers.etag]);
  });

  test('is the answer to each request with PAGE_CACHE_READS=1', async (t) => {
    const server = await start(t, { PAGE_CACHE_READS: '1' });
    for (const name of ['Ada', 'Grace']) {
      setName(server.database, name);
      const found = [await states(server, RENDERED), await states(server, RENDERED)];
      assert.deepEqual(found, ['new', 'same'].map((how) => ({ status: 200, how, name })));
    }
  });

  // As Django's migrations make a table anew: past the triggers that tell of changes.
  const REMAKE = `PRAGMA foreign_keys = OFF; BEGIN; CREATE TABLE remade AS SELECT * FROM auth_user; DROP TABLE auth_user;
    ALTER TABLE remade RENAME TO auth_user; COMMIT;`;
  for (const [what, happens] of [['its table was made anew', REMAKE], ['its trigger was dropped', 'DROP TRIGGER auth_user_told_UPDATE;']]) {
    test(`is the newest also where ${what}`, async (t) => {
      const server = await start(t);
      for (const name of ['Ada', 'Grace', 'Joan']) {
        if (name === 'Grace') sql(server.database, happens);
        setName(server.database, name);
        assert.equal((await states(server, RENDERED)).name, name);
        writeElsewhere(server);
        assert.deepEqual(await states(server, RENDERED), { status: 200, how: 'same', name });
      }
    });
  }

  test('is read where a trigger is missing, until `migrate` makes it', async (t) => {
    const server = await start(t);
    const env = { DEBUG: '1', DATABASE_URL: `sqlite:///${server.database}` };
    sql(server.database, 'DROP TRIGGER auth_user_told_UPDATE;');
    checkCommand(['check'], { status: 1, env, err: /auth_user does not tell of its changes.*oc-lettings migrate/ });
    checkCommand(['migrate'], { env });
    checkCommand(['check'], { env });
  });

  test('is read whatever is told with PAGE_CACHE_LISTEN=0', async (t) => {
    const server = await start(t, { PAGE_CACHE_LISTEN: '0' });
    for (const name of ['Ada', 'Grace']) {
      sql(server.database, `.dbconfig enable_trigger off\nUPDATE auth_user SET first_name = '${name}';`);
      assert.equal((await states(server, RENDERED)).name, name);
      writeElsewhere(server);
      assert.deepEqual(await states(server, RENDERED), { status: 200, how: 'same', name });
    }
  });

  test('is rendered when what was read after the rendering has changed', async (t) => {
    const server = await start(t);
    for (const name of ['Lovelace', 'Hopper']) {
      sql(server.database, `UPDATE auth_user SET last_name = '${name}';`);
      const { text, kept, same } = await ask(server, '/probe/late/');
      assert.deepEqual([kept, same], [false, false]);
      assert.ok(text.includes(`<!-- ${name} -->`));
      assert.equal((await ask(server, '/probe/late/')).kept, true);
      writeElsewhere(server);
      assert.equal((await ask(server, '/probe/late/')).same, true);
    }
  });

  for (const [what, path] of [['it tells the time', '/probe/clock/'], ['chance chose for it', '/probe/chance/']]) {
    test(`is not kept where ${what}`, async (t) => {
      const server = await start(t);
      for (let i = 0; i < 3; i++) assert.equal((await states(server, path)).how, 'new');
    });
  }

  test('is forgotten when it has gone', async (t) => {
    const server = await start(t);
    const kept = async () => Number(/^oc_kept_pages (\d+)$/m.exec((await get(`${server.url}/metrics`)).text)?.[1]);
    sql(server.database, "INSERT INTO auth_user SELECT 901, password, last_login, is_superuser, 'gone', last_name, email, is_staff, is_active, date_joined, first_name FROM auth_user LIMIT 1;");
    assert.equal((await ask(server, '/probe/users/901/')).status, 200);
    assert.equal(await kept(), 1);
    sql(server.database, 'DELETE FROM auth_user WHERE id = 901;');
    assert.equal((await ask(server, '/probe/users/901/')).status, 404);
    assert.equal(await kept(), 0);
  });
});

test('a database that is put beside the log of the old one is told of', async (t) => {
  const server = await start(t, { WEB_THREADS: '1' });
  const { database } = server;
  sql(database, `.backup ${database}.backup\n`);
  await ask(server); // somebody has the database open: the log stays, and what is written is in it
  setName(database, 'Logged');
  await ask(server);
  renameSync(`${database}.backup`, database);
  await get(server.url + PAGE);
  assert.match(await server.logged(/level=error .*write-ahead log/), /stop the site, delete -wal and -shm/);
});

test('a backup that was copied into the file is served by new processes, which lose nothing', async (t) => {
  const database = makeDatabase(temporaryFolder());
  const server = await start(t, { DATABASE_URL: `sqlite:///${database}` });
  setName(database, 'Backup');
  sql(database, `.backup ${database}.backup\n`);
  setName(database, 'Later');
  assert.match((await ask(server)).text, /<h1>Later<\/h1>/);
  const [old] = server.workers();
  for (const suffix of ['-wal', '-shm']) rmSync(database + suffix);
  writeFileSync(database, readFileSync(`${database}.backup`));
  let answer = await get(server.url + PAGE);
  assert.deepEqual([answer.status, answer.headers['retry-after']], [503, '2']);
  for (const end = Date.now() + 20_000; answer.status === 503 && Date.now() < end;) answer = await get(server.url + PAGE);
  assert.match(answer.text, /<h1>Backup<\/h1>/);
  await server.logged(/level=warning .*write-ahead log was taken away/);
  setName(database, 'Written');
  await until(() => !server.workers().includes(old), 20_000); // until then it may be the one that is asked
  assert.match((await get(server.url + PAGE)).text, /<h1>Written<\/h1>/);
  await server.stop();
  assert.equal(sql(database, 'SELECT first_name FROM auth_user ORDER BY id LIMIT 1; PRAGMA integrity_check;'), 'Written\nok');
});

describe('a backup that was copied into the file beside its log', () => {
  const copied = async (t, more) => {
    const database = makeDatabase(temporaryFolder());
    const server = await start(t, { WEB_THREADS: '1', DATABASE_URL: `sqlite:///${database}` });
    await ask(server); // somebody has the database open: the log stays
    setName(database, 'Backup');
    sql(database, `.backup ${database}.backup\n`);
    setName(database, 'Later');
    sql(database, 'PRAGMA wal_checkpoint(FULL);');
    if (more) setName(database, more);
    await setTimeout(1100); // the log is looked at each second
    await until(async () => (await ask(server)).kept);
    writeFileSync(database, readFileSync(`${database}.backup`));
    return { server, database };
  };

  test('is seen at once, and what is written after it is kept', async (t) => {
    const { server, database } = await copied(t);
    assert.match((await ask(server)).text, /<h1>Backup<\/h1>/);
    setName(database, 'Written');
    assert.match((await ask(server)).text, /<h1>Written<\/h1>/);
    await server.stop();
    assert.equal(sql(database, 'SELECT first_name FROM auth_user ORDER BY id LIMIT 1; PRAGMA integrity_check;'),
      'Written\nok');
  });

  test('is told of where the log has more than the file had', async (t) => {
    const { server } = await copied(t, 'Only in the log');
    await get(server.url + PAGE);
    assert.match(await server.logged(/level=error .*write-ahead log/), /stop the site, delete -wal and -shm/);
  });
});

test('a page is not kept from which a panel is missing', { skip: skipWithoutModule('home') }, async (t) => {
  const server = await start(t);
  const reason = join(server.dir, 'panel-fails');
  writeFileSync(reason, '');
  for (let i = 0; i < 3; i++) {
    const { status, kept, same } = await ask(server, '/');
    assert.deepEqual([status, kept, same], [200, false, false]);
  }
  await server.logged(/level=error .*a panel failed.* error="the panel fails as it was told to"/);
  rmSync(reason);
  assert.deepEqual([(await ask(server, '/')).kept, (await ask(server, '/')).kept], [false, true]);
});

describe('no page is kept', () => {
  for (const env of [{ PAGE_CACHE_SIZE: '0' }, { DEBUG: '1' }]) {
    test(`with ${Object.entries(env)[0].join('=')}`, async (t) => {
      const server = await start(t, env);
      for (let i = 0; i < 3; i++) assert.equal((await ask(server)).kept, false);
    });
  }

  test('of a database without a write-ahead log', async (t) => {
    const database = makeDatabase(temporaryFolder());
    sql(database, 'PRAGMA journal_mode = DELETE;');
    const server = await startServer({ program: TEST_PROGRAM, database, env: ONE, t });
    for (let i = 0; i < 3; i++) assert.equal((await ask(server)).kept, false);
    setName(server.database, 'Later');
    assert.match((await ask(server)).text, /Later/);
  });
});

describe('the newest is shown after', () => {
  const EVENTS = [
    ['a checkpoint', ({ database }) => sql(database, 'PRAGMA wal_checkpoint(FULL);')],
    ['the log begins anew', ({ database }) => sql(database, 'PRAGMA wal_checkpoint(RESTART);')],
    ['the log is emptied', ({ database }) => sql(database, 'PRAGMA wal_checkpoint(TRUNCATE);')],
    ['a vacuum', ({ database }) => sql(database, 'VACUUM;')],
    ['a restored backup', ({ database, backup }) => sql(database, `.restore ${backup}\n`), 'Backup'],
    ['another file took its place', ({ database, backup }) => {
      for (const suffix of ['-wal', '-shm']) rmSync(database + suffix, { force: true });
      writeFileSync(`${database}.new`, readFileSync(backup));
      renameSync(`${database}.new`, database);
    }, 'Backup'],
  ];
  for (const [what, happens, shows] of EVENTS) {
    test(what, async (t) => {
      const server = await start(t);
      const { database } = server;
      setName(database, 'Backup');
      sql(database, `.backup ${database}.backup\n`);
      for (const name of ['Before', 'Between']) {
        setName(database, name);
        for (let i = 0; i < 3; i++) assert.match((await ask(server)).text, new RegExp(`<h1>${name}</h1>`));
        if (name === 'Between') happens({ database, backup: `${database}.backup` });
        for (let i = 0; i < 3; i++) {
          const { text } = await ask(server);
          assert.match(text, new RegExp(`<h1>${name === 'Between' && shows ? shows : name}</h1>`));
        }
      }
      setName(database, 'After');
      for (let i = 0; i < 3; i++) assert.match((await ask(server)).text, /<h1>After<\/h1>/);
      await until(async () => (await ask(server)).kept); // each thread that finds another file forgets the pages
    });
  }
});

test('pages are kept within bounds', { skip: SANITIZED ? 'a sanitized program needs more memory' : false }, async (t) => {
  const server = await start(t, { PAGE_CACHE_SIZE: '1', LOG_LEVEL: 'warning' });
  const [pid] = server.workers();
  const resident = () => Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))[1]);
  const ask500 = async (from) => {
    for (let i = 0; i < 500; i++) assert.equal((await get(`${server.url}${PAGE}?${'x'.repeat(7000)}${from + i}`)).status, 200);
  };
  await ask500(0);
  const early = resident();
  await ask500(1000);
  assert.ok(resident() - early < 1024, `${early} kB, then ${resident()} kB`);
});
