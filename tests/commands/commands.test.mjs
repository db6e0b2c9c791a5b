// Also on PostgreSQL.
// The commands at the terminal: what they print, what they refuse, and with which exit status.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { databaseOf, environment, get, makeDatabase, POSTGRES, PROGRAM, ROOT, sharedData, skipWithoutShared, startServer,
  temporaryFolder, TEST_PROGRAM, urlOf } from '../http/harness.mjs';
import { dump } from '../postgres.mjs';
import { checkCommand as check, emptyDatabase, isUntouched, sql } from '../http/support.mjs';

const DEBUG = { DEBUG: '1', SOURCE_DIR: ROOT };

describe('help', () => {
  const COMMANDS = ['serve', 'check', 'settings', 'routes', 'migrate', 'showmigrations',
    'sqlmigrate', 'demo', 'loaddata', 'dumpdata', 'startmodule', 'render', 'version'];
  for (const command of COMMANDS) {
    test(`${command} --help says what it does, and does nothing`, () => {
      for (const option of ['--help', '-h']) {
        const dir = temporaryFolder();
        const { stdout } = check([command, option], { dir, err: null, env: { PORT: 'bad' } });
        assert.match(stdout, new RegExp(`^Usage: oc-lettings ${command}( [^\n]+)?\n\n[A-Z].*\\.\n`));
        assert.ok(stdout.split('\n').every((line) => line.length <= 100));
        assert.ok(isUntouched(dir));
      }
    });
  }

  for (const args of [['--help'], ['-h'], ['help']]) {
    test(`${args} lists the commands, and not those that only serve uses`, () => {
      const { stdout } = check(args, { err: null });
      for (const command of COMMANDS) assert.match(stdout, new RegExp(`^  ${command} +\\w`, 'm'));
      assert.doesNotMatch(stdout, /^  (worker|clerk)/m);
    });
  }

  const USAGE = [
    [[], /Usage: oc-lettings COMMAND/], [['frobnicate'], /"frobnicate" is no command/],
    [[''], /"" is no command/], [['Serve'], /"Serve" is no command/], [['--port=1'], /no command/],
    [['serve', 'now'], /serve takes no arguments: see --help/],
    [['check', '--all'], /check takes no arguments/], [['routes', 'x', 'y'],
    /routes takes no arguments/],
    [['version', '-v'], /takes no arguments/], [['demo', '--new'], /"--new" is no option/],
    [['demo', '--if-new', 'x'], /"x" is no option/],
  ];
  for (const [args, err] of USAGE) {
    test(`"${args.join(' ')}" is no way to call it`, () => {
      const dir = temporaryFolder();
      check(args, { status: 2, out: null, err, dir, env: DEBUG });
      assert.ok(isUntouched(dir));
    });
  }

  test('version names version and commit', () => {
    const version = /version: '([^']+)'/.exec(readFileSync(join(ROOT, 'meson.build'), 'utf8'))[1];
    for (const args of [['version'], ['--version']]) {
      const { stdout } = check(args, { err: null, env: { PORT: 'bad' } });
      assert.ok(stdout.startsWith(`oc-lettings ${version} (`), stdout);
      assert.match(stdout, /^\S+ \S+ \(\S+\)\n$/);
    }
  });
});

describe('check and routes', () => {
  test('check counts what it has looked at', () => {
    const dir = temporaryFolder();
    check(['check'], { status: 1, out: null, err: POSTGRES ? /no migration is applied yet/ : /there is no database/, dir });
    check(['migrate'], { dir });
    check(['check'], { dir, err: null, out: /^No faults: / });
  });

  test('check names the migration that is missing', () => {
    const database = emptyDatabase();
    sql(database, "DELETE FROM django_migrations WHERE app = 'sessions';");
    check(['check'], { status: 1, out: null, err: /sessions\.0001_initial.*oc-lettings migrate/,
      env: { DATABASE_URL: urlOf(database) } });
  });

  test('check of a database without tables says that once', () => {
    const dir = temporaryFolder();
    writeFileSync(join(dir, 'site.sqlite3'), '');
    check(['check'], { status: 1, out: null, dir, env: { DATABASE_URL: 'sqlite:///site.sqlite3' },
      err: /^oc-lettings: no migration is applied yet: run `oc-lettings migrate`\n$/ });
  });

  // [file, what is written over the first "<h1>", what the fault says]
  const FAULTS = [
    ['modules/home/templates/home/index.html', '{% url "no:such" %}',
      /home\/index\.html:4: .*no:such/],
    ['modules/home/templates/home/index.html', '{% static "no/such.css" %}',
      /home\/index\.html:4: .*no\/such\.css/],
    ['modules/home/templates/home/index.html', '{% include "no/such.html" %}',
      /home\/index\.html:4: .*no\/such\.html/],
    ['modules/home/templates/home/index.html', '{{ nav|no_such_filter }}',
      /home\/index\.html:4: .*no_such_filter/],
    ['modules/home/templates/home/index.html', '{% no_such_tag %}',
      /home\/index\.html:4: .*no_such_tag/],
    ['modules/home/templates/home/index.html', '{% if nav %}', /home\/index\.html:\d+: .*if/],
    ['modules/home/templates/home/index.html', '{{ nav.title {{ nav }}', /index\.html:4: .*nav\.title/],
    ['src/site/templates/404.html', '{% for x nav %}', /404\.html:\d+: .*for/],
  ];
  test('check, like serve, names file and line of a fault in a template', () => {
    for (const [file, text, err] of FAULTS) {
      const source = temporaryFolder();
      for (const folder of ['modules', 'src/site']) {
        mkdirSync(join(source, folder), { recursive: true });
        cpSync(join(ROOT, folder), join(source, folder), { recursive: true });
      }
      const path = join(source, file);
      writeFileSync(path, readFileSync(path, 'utf8').replace('<h1>', `${text}<h1>`));
      const env = { DEBUG: '1', SOURCE_DIR: source };
      check(['check'], { status: 1, out: null, err, env });
      // Without DEBUG the files on disk do not count.
      const dir = temporaryFolder();
      check(['migrate'], { dir });
      check(['check'], { env: { SOURCE_DIR: source }, dir });
      if (text.includes('url')) check(['serve'], { status: 1, err, env });
    }
  });

  test('routes lists method, path, access and name', () => {
    const { stdout } = check(['routes'],
      { err: null, env: { DATABASE_URL: 'sqlite:///nowhere.sqlite3' } });
    const rows = stdout.trim().split('\n').map((line) => line.split(/ {2,}/));
    assert.deepEqual(rows[0], ['METHODS', 'PATH', 'ACCESS', 'NAME']);
    for (const row of [['/', 'index'], ['/healthz', 'healthz'], ['/static/<path:path>', 'static']]) {
      assert.ok(rows.some(([methods, path, access, name]) => methods === 'GET, HEAD'
        && path === row[0] && access === 'public' && name === row[1]), `${row} in ${stdout}`);
    }
  });

  test('routes shows what is closed', () => {
    const { stdout } = check(['routes'], { program: TEST_PROGRAM });
    assert.match(stdout, /\/probe\/denied\/ +denied +probe:denied/);
    assert.match(stdout, /\/probe\/staff\/ +staff +probe:staff/);
    assert.match(stdout, /^POST +\/probe\/echo\/ +public/m);
  });
});

describe('migrate and demo', () => {
  test('migrate makes the database, once', () => {
    const dir = temporaryFolder();
    check(['migrate'], { dir, err: null, out: /^Applied \d+ migrations\.\n$/ });
    assert.equal(sql(databaseOf(dir), 'SELECT count(*) FROM auth_user;'), '0');
    if (!POSTGRES) assert.equal(sql(databaseOf(dir), 'PRAGMA journal_mode;'), 'wal');
    check(['migrate'], { dir, err: null, out: /^Nothing to migrate\.\n$/ });
  });

  test('several that migrate at once do not disturb each other', async () => {
    const dir = temporaryFolder();
    const migrate = async () => {
      const child = spawn(PROGRAM, ['migrate'],
        { cwd: dir, env: environment(dir), stdio: ['ignore', 'ignore', 'pipe'] });
      let stderr = '';
      child.stderr.setEncoding('utf8').on('data', (text) => { stderr += text; });
      const [status] = await once(child, 'close');
      assert.equal(status, 0, stderr);
    };
    await Promise.all(Array.from({ length: 4 }, migrate));
    assert.equal(sql(databaseOf(dir),
      'SELECT count(*) - count(DISTINCT app || name) FROM django_migrations;'), '0');
  });

  test('migrate says why it cannot', () => {
    check(['migrate'], { status: 1, out: null, err: /cannot open the database .*no-such-folder/,
      env: { DATABASE_URL: 'sqlite:///no-such-folder/x.sqlite3' } });
    const database = emptyDatabase();
    sql(database, "DELETE FROM django_migrations WHERE app = 'sessions';");
    check(['migrate'], { status: 1, out: null,
      err: /migration sessions\.0001_initial: .*already exists/,
      env: { DATABASE_URL: urlOf(database) } });
  });

  test('demo is refused without DEBUG, and makes nothing', () => {
    for (const args of [['demo'], ['demo', '--if-new']]) {
      const dir = temporaryFolder();
      check(args, { dir, status: 1, out: null, err: /DEBUG=1/ });
      assert.ok(isUntouched(dir));
    }
  });

  test('demo fills a new database, and --if-new leaves one that is there alone', () => {
    const dir = temporaryFolder();
    const path = databaseOf(dir);
    check(['demo', '--if-new'], { dir, env: DEBUG, err: null,
      out: /^Made the database and filled it with \d+ demo rows\.\n$/ });
    const contents = () => (POSTGRES ? dump(path).replaceAll(/^\\(un)?restrict .*$/gm, '') : readFileSync(path, 'latin1'));
    const before = contents();
    check(['demo', '--if-new'], { dir, env: DEBUG, out: null, err: null });
    assert.ok(contents() === before);
    check(['demo'], { dir, env: DEBUG, status: 1, out: null, err: /unique/i });
    assert.equal(sql(path, 'SELECT count(*) FROM auth_user;'), '5');
  });
});

describe('serve', () => {
  test('says in one line where it serves', async (t) => {
    const server = await startServer({ t });
    await server.logged(/is ready/);
    assert.deepEqual(server.log().filter((line) => !line.startsWith('time=')),
      [`OC Lettings is ready on http://localhost:${server.port}`]);
  });

  test('says what to do when the port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address();
    const dir = temporaryFolder();
    makeDatabase(dir);
    check(['serve'], { dir, status: 1, out: null,
      err: new RegExp(`cannot listen on 127\\.0\\.0\\.1 port ${port}: .*set PORT`),
      env: { PORT: String(port) } });
    other.close();
  });

  test('says that it cannot listen where it is not', () => {
    check(['serve'], { status: 1, out: null, err: /cannot listen on 192\.0\.2\.1 port/,
      env: { HOST: '192.0.2.1' } });
    check(['serve'], { status: 1, out: null, err: /cannot listen on no such host port/,
      env: { HOST: 'no such host' } });
  });

  test('takes its settings from .env', async (t) => {
    const dir = temporaryFolder();
    writeFileSync(join(dir, '.env'),
      'SITE_NAME=Homes <of> ours\nALLOWED_HOSTS=localhost,127.0.0.1\n');
    const server = await startServer({ dir, env: { ALLOWED_HOSTS: undefined }, t });
    assert.match((await get(`${server.url}/`)).text, /Homes &lt;of&gt; ours/);
  });
});
