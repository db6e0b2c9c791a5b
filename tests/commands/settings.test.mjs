// Only on SQLite: what settings are taken and refused is decided before any database is asked.
// Where settings come from, which are refused, and how they are listed.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { ROOT, runCommand, temporaryFolder } from '../http/harness.mjs';
import { checkCommand as check } from '../http/support.mjs';

const DEBUG = { DEBUG: '1', SOURCE_DIR: ROOT };
const UNSET = { DEBUG: undefined, SECRET_KEY: undefined, ALLOWED_HOSTS: undefined };

describe('settings that are no good stop the start and are named', () => {
  const ROWS = {
    DEBUG: ['maybe', '2', '', 'truetrue'],
    PORT: ['abc', '', '-1', '65536', '80.5', ' 80', '99999999999999999999', '0x50'],
    WEB_CONCURRENCY: ['-1', '257'],
    WEB_THREADS: ['0', '65'],
    MAX_CONNECTIONS: ['0', '1000001'],
    USE_X_FORWARDED_HOST: ['always', ''],
    RECEIVE_TIMEOUT: ['0', '3601', '1s'],
    IDLE_TIMEOUT: ['0'],
    SEND_TIMEOUT: ['0'],
    SHUTDOWN_TIMEOUT: ['0', '601'],
    DATABASE_URL: ['', 'site.sqlite3', 'sqlite:', 'sqlite://', 'sqlite:///', 'sqlite:///:memory:',
      'mysql://localhost/x', 'SQLITE:///x'],
    DATABASE_MAX_CONNECTIONS: ['0', '1001'],
    DATABASE_TIMEOUT: ['-1', '600001'],
    TRUSTED_PROXIES: ['everybody', '10.0.0.0/33', '10.0.0/8', '10.0.0.1,', '::1/129', '10.0.0.1/-1',
      'Heroku', 'heroku,10.0.0.1', '10.0.0.1/'],
    SECURE_SSL_REDIRECT: ['sometimes'],
    SECURE_HSTS_SECONDS: ['-1', '999999999999'],
    SECURE_HSTS_PRELOAD: ['?'],
    LOG_LEVEL: ['loud', 'INFO', ''],
    LOG_FORMAT: ['xml'],
  };
  for (const [name, values] of Object.entries(ROWS)) {
    test(name, () => {
      for (const value of values) {
        const env = { ...DEBUG, [name]: value };
        for (const command of value === values[0] ? ['check', 'serve', 'migrate', 'routes',
          'settings', 'demo'] : ['check']) {
          const { stderr } = check([command], { status: 1, env });
          assert.match(stderr, new RegExp(`^oc-lettings: ${name} is "`),
            `${command} with ${name}=${value}`);
          assert.ok(stderr.includes(`${name} is "${value}", but `), stderr);
        }
      }
    });
  }

  for (const [name, env, err] of [
    ['SECRET_KEY', { SECRET_KEY: undefined }, /SECRET_KEY is empty/],
      ['an empty SECRET_KEY', { SECRET_KEY: '' }, /SECRET_KEY is empty/],
    ['ALLOWED_HOSTS', { ALLOWED_HOSTS: undefined }, /ALLOWED_HOSTS is empty/],
      ['an empty ALLOWED_HOSTS', { ALLOWED_HOSTS: '' }, /ALLOWED_HOSTS is empty/],
  ]) {
    test(`without DEBUG there must be ${name}`, () => {
      for (const command of ['serve', 'check', 'migrate']) check([command],
        { status: 1, env, err, out: null });
      check(['settings'], { env: { ...env, ...DEBUG } });
    });
  }

  test('a connection for each thread must be possible', () => {
    const err = /^oc-lettings: MAX_CONNECTIONS is 3, fewer than WEB_THREADS$/m;
    const env = { MAX_CONNECTIONS: '3', WEB_THREADS: '4' };
    for (const command of ['serve', 'check']) check([command], { status: 1, env, err, out: null });
    check(['settings'], { env: { ...env, WEB_THREADS: '3' } });
  });

  test('good ones are taken in all their forms', () => {
    for (const value of ['1', 'true', 'True', 'YES', 'on']) check(['settings'],
      { env: { ...UNSET, SOURCE_DIR: ROOT, DEBUG: value } });
    for (const value of ['0', 'false', 'No', 'OFF']) check(['settings'],
      { status: 1, err: /SECRET_KEY/, env: { ...UNSET, DEBUG: value } });
    for (const value of ['', 'heroku', '10.0.0.1', '10.0.0.0/8, ::1 ,2001:db8::/32',
      '0.0.0.0/0']) check(['settings'], { env: { TRUSTED_PROXIES: value } });
  });
});

describe('settings', () => {
  test('are listed with value, meaning and default, secrets hidden', () => {
    const { stdout } = check(['settings'], { err: null, env: { SITE_NAME: 'Our Homes',
      LOG_LEVEL: 'debug' } });
    assert.match(stdout, /^SITE_NAME=Our Homes\n    the name .*\n    set; default: Holiday Homes$/m);
    assert.match(stdout, /^LOG_LEVEL=debug\n    .*\n    one of: debug info warning error; set; default: info$/m);
    assert.match(stdout, /^SECRET_KEY=\(secret\)$/m);
    assert.match(stdout, /^LOG_FORMAT=logfmt\n    .*\n    one of: logfmt json; default$/m);
    assert.doesNotMatch(stdout, /only-for-tests/);
    const names = stdout.match(/^[A-Z_]+(?==)/gm);
    assert.equal(new Set(names).size, names.length);
    assert.ok(names.length > 20);
  });

  test('are all listed when some are wrong, which are shown with what is wrong', () => {
    const rows = (stdout) => stdout.match(/^[A-Z_]+=.*$/gm);
    const dir = temporaryFolder();
    const all = rows(check(['settings'], { dir }).stdout);
    const { stdout, stderr } = check(['settings'], { dir, status: 1,
      env: { PORT: 'abc', LOG_FORMAT: 'nobody' } });
    assert.equal(stderr.trim().split('\n').length, 1);
    assert.match(stderr, /^oc-lettings: PORT is "abc", but must be /);
    assert.deepEqual(rows(stdout), all.map((row) => row.replace(/^PORT=.*/, 'PORT=abc')
      .replace(/^(LOG_FORMAT)=.*/, '$1=nobody')));
    assert.match(stdout, /^PORT=abc\n    .*\n    WRONG: PORT is "abc", but must be .*\n    set; default: 8000$/m);
    assert.match(stdout, /^LOG_FORMAT=nobody\n    .*\n    WRONG: /m);
    assert.equal(stdout.match(/WRONG/g).length, 2);
  });

  test('are not listed when .env cannot be read', () => {
    const dir = temporaryFolder();
    writeFileSync(join(dir, '.env'), 'nonsense\n');
    check(['settings'], { dir, status: 1, out: null, err: /\.env, line 1/ });
  });

  test('do not show the password of a URL, not even of one that is refused', () => {
    const env = { DATABASE_URL: 'mysql://me:HUSH@db.example/site' };
    for (const command of ['settings', 'serve', 'check', 'migrate']) {
      const { stdout, stderr } = check([command], { status: 1, env });
      assert.match(stderr, /DATABASE_URL is "mysql:\/\/me:\(secret\)@db\.example\/site", but /);
      assert.doesNotMatch(stdout + stderr, /HUSH/);
    }
    const nobody = { DATABASE_URL: 'postgres://me:HUSH@127.0.0.1:1/site' };
    for (const [command, status] of [['settings', 0], ['check', 1], ['migrate', 1]]) {
      const { stdout, stderr } = check([command], { status, env: nobody });
      assert.doesNotMatch(stdout + stderr, /HUSH/);
    }
  });

  // libpq takes these, or reads them otherwise than they are meant.
  for (const url of [
    'postgres://me@127.0.0.1:1/site?password=HUSH',
    'postgres:///site?host=127.0.0.1&port=1&user=me&password=HUSH&connect_timeout=1',
    'postgresql://127.0.0.1:1/site?sslpassword=HUSH&pass%77ord=HUSH',
    'postgres://me:a@b:HUSH@127.0.0.1:1/site',
    'postgres://me:12/HUSH@127.0.0.1:1/site',
    'postgres://me:HUSH/HUSH@127.0.0.1:1/site?sslmode=wrong',
    'postgres://me:p/a?HUSH=1@127.0.0.1:1/site',
    'postgres://me:p/a?sslmode=HUSH@127.0.0.1:1/site',
    'postgres://me:p%HUSH@127.0.0.1:1/site',
    'postgres:///site?PASSWORD=HUSH',
    'mysql:///site?passwd=HUSH&x=HUSH',
  ]) {
    test(`do not show the password of ${url}`, () => {
      for (const command of ['settings', 'check', 'migrate']) {
        const { status, stdout, stderr } = runCommand([command], { env: { DATABASE_URL: url } });
        assert.ok(command === 'settings' || status === 1, `${command}: ${status}`);
        assert.doesNotMatch(stdout + stderr, /HUSH/, command);
      }
    });
  }

  // [.env, environment, expected]
  const FILES = [
    ['SITE_NAME=From file', {}, /^SITE_NAME=From file$/m],
    ['SITE_NAME=From file', { SITE_NAME: 'From environment' }, /^SITE_NAME=From environment$/m],
    ['SITE_NAME=From file', { SITE_NAME: '' }, /^SITE_NAME=$/m],
    ['# a comment\n\n  \nexport SITE_NAME="In quotes"  \n', {}, /^SITE_NAME=In quotes$/m],
    ["SITE_NAME = 'With spaces'\r\n", {}, /^SITE_NAME=With spaces$/m],
    ['SITE_NAME="half', {}, /^SITE_NAME="half$/m],
    ['SITE_NAME=a=b#c', {}, /^SITE_NAME=a=b#c$/m],
    ['SITE_NAME=first\nSITE_NAME=second', {}, /^SITE_NAME=(first|second)$/m],
    ['SECRET_KEY=from-a-file-0123456789', { SECRET_KEY: undefined }, /^SECRET_KEY=\(secret\)$/m],
  ];
  for (const [file, env, expected] of FILES) {
    test(`from .env: ${JSON.stringify(file)} ${JSON.stringify(env)}`, () => {
      const dir = temporaryFolder();
      writeFileSync(join(dir, '.env'), file);
      const { stdout } = check(['settings'], { dir, env, err: null, out: expected });
      assert.doesNotMatch(stdout, /from-a-file/);
    });
  }

  for (const [file, err] of [['nonsense\n', /\.env, line 1: expected KEY=value/],
    ['A=b\n\n=x\n', /\.env, line 3/], ['PORT=abc\n', /PORT is "abc"/]]) {
    test(`not from .env: ${JSON.stringify(file)}`, () => {
      const dir = temporaryFolder();
      writeFileSync(join(dir, '.env'), file);
      check(['serve'], { dir, status: 1, out: null, err });
    });
  }
});
