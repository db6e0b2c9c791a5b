// Also on PostgreSQL.
// createsuperuser, changepassword, clearsessions, and what check says of accounts.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, test } from 'node:test';
import { environment, folderOf, makeDatabase, PROGRAM, startServer, temporaryFolder, POSTGRES } from '../../../tests/http/harness.mjs';
import { addUser, FAST, PASSWORD, signedIn, Visitor } from '../../../tests/http/accounts.mjs';
import { checkCommand, emptyDatabase, sql } from '../../../tests/http/support.mjs';

const DEMO = 'Abc1234!';
const NAMES = { DJANGO_SUPERUSER_USERNAME: 'boss', DJANGO_SUPERUSER_EMAIL: 'boss@example.com', DJANGO_SUPERUSER_PASSWORD: PASSWORD };

/** Runs a command that is answered line by line. */
function answered(database, args, lines) {
  const { status, stdout, stderr } = spawnSync(PROGRAM, args, { cwd: folderOf(database), encoding: 'utf8', timeout: 30_000,
    env: environment(folderOf(database), FAST), input: lines.map((line) => `${line}\n`).join('') });
  return { status, stdout, stderr };
}
const rowOf = (database, name) => sql(database, `SELECT is_superuser, is_staff, is_active, email, first_name FROM auth_user WHERE username = '${name}';`);

describe('createsuperuser', () => {
  test('takes all from the environment', async (t) => {
    const database = emptyDatabase();
    checkCommand(['createsuperuser', '--noinput'], { dir: folderOf(database), env: { ...FAST, ...NAMES }, err: null, out: /^Made the superuser boss\.\n$/ });
    assert.equal(rowOf(database, 'boss'), '1|1|1|boss@example.com|');
    await signedIn(await startServer({ database, env: FAST, t }), 'boss');
    checkCommand(['createsuperuser', '--noinput'], { dir: folderOf(database), env: { ...FAST, ...NAMES }, status: 1, out: null, err: /a user "boss" already/ });
  });

  test('takes name and address from its options, and makes an account without a password', async (t) => {
    const database = emptyDatabase();
    checkCommand(['createsuperuser', '--noinput', '--username', 'other', '--email', ''], { dir: folderOf(database), env: FAST, err: null });
    assert.equal(rowOf(database, 'other'), '1|1|1||');
    assert.match(sql(database, 'SELECT password FROM auth_user;'), /^![A-Za-z0-9]{40}$/);
    assert.equal((await new Visitor((await startServer({ database, env: FAST, t })).url).signIn('other', 'x')).status, 200);
  });

  test('asks for what is not given, and again where it must', () => {
    const database = emptyDatabase();
    const { status, stderr } = answered(database, ['createsuperuser'], ['boss', 'boss@example.com', 'one', 'two', '12345678', '12345678', 'n', PASSWORD, PASSWORD]);
    assert.equal(status, 0, stderr);
    assert.match(stderr, /The two are not the same\.[^]*only digits[^]*Take it all the same\?/);
    assert.equal(rowOf(database, 'boss'), '1|1|1|boss@example.com|');
  });

  test('asks again for a name that will not do, or is taken, and for an address', () => {
    const database = emptyDatabase();
    addUser(database, 'taken');
    const { status, stderr } = answered(database, ['createsuperuser'], ['a b', 'taken', 'boss', 'nowhere', 'boss@example.com', PASSWORD, PASSWORD]);
    assert.equal(status, 0, stderr);
    assert.match(stderr, /Only letters, digits[^]*there is a user "taken" already\n[^]*email: /);
    assert.equal(rowOf(database, 'boss'), '1|1|1|boss@example.com|');
  });

  test('composes the letters of a name', () => {
    const database = emptyDatabase();
    checkCommand(['createsuperuser', '--noinput', '--username', '\uff41dmin-zoe\u0301', '--email', ''], { dir: folderOf(database), env: FAST, err: null });
    assert.equal(sql(database, 'SELECT username FROM auth_user;'), 'admin-zo\u00e9');
  });

  test("does not take the demo's password, which is published", () => {
    const database = emptyDatabase();
    const asked = answered(database, ['createsuperuser'], ['boss', '', DEMO, DEMO, DEMO, DEMO, DEMO, DEMO]);
    assert.equal(asked.status, 1);
    assert.match(asked.stderr, /It is published with the demo\./);
    checkCommand(['createsuperuser', '--noinput'], { dir: folderOf(database), env: { ...FAST, ...NAMES, DJANGO_SUPERUSER_PASSWORD: DEMO }, status: 1,
      err: /DJANGO_SUPERUSER_PASSWORD is published with the demo/ });
    assert.equal(sql(database, 'SELECT count(*) FROM auth_user;'), '0');
  });

  test('leaves the terminal as it was when it is interrupted', () => {
    const script = `
import os, pty, sys, termios, time
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], [sys.argv[1], 'createsuperuser', '--username', 'boss', '--email', ''])
echoes = lambda: bool(termios.tcgetattr(terminal)[3] & termios.ECHO)
shown = b''
while b'Password: ' not in shown:
    shown += os.read(terminal, 1000)
before = echoes()
os.write(terminal, b'\\x03')
end = os.waitpid(pid, 0)[1]
print(before, echoes(), os.WTERMSIG(end) if os.WIFSIGNALED(end) else end)`;
    const database = emptyDatabase();
    const { stdout, stderr } = spawnSync('/usr/bin/python3', ['-c', script, PROGRAM], { cwd: folderOf(database), encoding: 'utf8', timeout: 30_000,
      env: environment(folderOf(database), FAST) });
    assert.equal(stdout, 'False True 2\n', stderr);
  });

  test('takes a weak password when it is insisted on', () => {
    assert.equal(answered(emptyDatabase(), ['createsuperuser'], ['boss', '', 'short', 'short', 'y']).status, 0);
  });

  const REFUSED = [
    ['no name', ['', '', ''], /username: Please fill this in\.[^]*no username was given/],
    ['a name of other letters', ['a b'], /username: Only letters, digits/],
    ['a name with signs that do not show', ['\u202eboss\u200b'], /username: Only letters, digits/],
    ['an address that is none', ['boss', 'nowhere', 'nowhere', 'nowhere'], /email: [^]*no email was given/],
    ['no password', ['boss', ''], /no password was given/],
    ['three times an empty one', ['boss', '', '', '', '', '', '', ''], /no password was given/],
  ];
  for (const [name, lines, words] of REFUSED) {
    test(`refuses ${name}`, () => {
      const database = emptyDatabase();
      const { status, stderr } = answered(database, ['createsuperuser'], lines);
      assert.equal(status, 1);
      assert.match(stderr, words);
      assert.equal(sql(database, 'SELECT count(*) FROM auth_user;'), '0');
    });
  }

  test('refuses options that are none', () => {
    checkCommand(['createsuperuser', '--nope'], { status: 2, err: /"--nope" is no option/ });
    checkCommand(['createsuperuser', '--email'], { status: 2, err: /"--email" lacks its value/ });
    checkCommand(['createsuperuser', '--noinput'], { status: 1, err: POSTGRES ? /"auth_user" does not exist/ : /there is no database/, dir: temporaryFolder(), env: NAMES });
  });
});

describe('changepassword', () => {
  test('gives an account another password', async (t) => {
    const database = emptyDatabase();
    addUser(database, 'ada', { password: 'before' });
    const { status, stdout, stderr } = answered(database, ['changepassword', 'ada'], [PASSWORD, PASSWORD]);
    assert.equal(status, 0, stderr);
    assert.equal(stdout, 'The password of ada is changed.\n');
    await signedIn(await startServer({ database, env: FAST, t }), 'ada');
  });
  test('refuses who is nobody, and no name', () => {
    const database = emptyDatabase();
    checkCommand(['changepassword', 'nobody'], { dir: folderOf(database), status: 1, err: /there is no user "nobody"/ });
    checkCommand(['changepassword'], { status: 2, err: /name one account/ });
  });
});

test('clearsessions deletes what is over, and nothing else', () => {
  const database = emptyDatabase();
  sql(database, `INSERT INTO django_session VALUES ('one', '', '2020-01-01 00:00:00'), ('two', '', '2020-01-01 00:00:00.5'), ('three', '', '2099-01-01 00:00:00');`);
  checkCommand(['clearsessions'], { dir: folderOf(database), err: null, out: /^Deleted 2 expired sessions\.\n$/ });
  assert.equal(sql(database, 'SELECT session_key FROM django_session;'), 'three');
});

test("check names who has the demo's password, unless one develops", () => {
  const dir = temporaryFolder();
  makeDatabase(dir);
  checkCommand(['check'], { dir, status: 1, out: null, err: /the user admin has the demo's password, which is published: run `oc-lettings changepassword admin`/ });
  checkCommand(['check'], { dir, env: { DEBUG: '1' }, err: null });
});

test('help lists the commands of modules', () => {
  const { stdout } = checkCommand(['help'], { err: null });
  for (const name of ['createsuperuser', 'changepassword', 'clearsessions']) assert.match(stdout, new RegExp(`^  ${name} `, 'm'));
  checkCommand(['createsuperuser', '--help'], { err: null, out: /Usage: oc-lettings createsuperuser \[--noinput\]/ });
});

test('check names a key of SECRET_KEY_FALLBACKS that can be guessed', () => {
  const dir = folderOf(emptyDatabase());
  const good = 'earlier-0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJ';
  checkCommand(['check'], { dir, env: { SECRET_KEY_FALLBACKS: good } });
  checkCommand(['check'], { dir, env: { SECRET_KEY_FALLBACKS: `${good},short` }, status: 1, out: null, err: /^oc-lettings: a key of SECRET_KEY_FALLBACKS can be guessed/ });
});

for (const [name, key] of [['is short', 'x1!'.repeat(16)], ['is of few characters', 'abcd'.repeat(20)]]) {
  test(`check names a SECRET_KEY that ${name}, unless one develops`, () => {
    const dir = folderOf(emptyDatabase());
    checkCommand(['check'], { dir, env: { SECRET_KEY: key }, status: 1, out: null, err: /^oc-lettings: SECRET_KEY can be guessed: it needs 50 characters, and 5 different ones\n$/ });
    checkCommand(['check'], { dir, env: { SECRET_KEY: key, DEBUG: '1' } });
  });
}
