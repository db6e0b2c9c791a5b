// Also on PostgreSQL.
// Signing in and out, as a visitor does it.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { get, startServer } from '../../../tests/http/harness.mjs';
import { addUser, FAST, hashOf, PASSWORD, signedIn, Visitor } from '../../../tests/http/accounts.mjs';
import { sql } from '../../../tests/http/support.mjs';

let server;
before(async () => {
  server = await startServer({ env: FAST });
  addUser(server.database, 'ada');
  addUser(server.database, 'staff', { staff: 1 });
  addUser(server.database, 'gone', { active: 0 });
  addUser(server.database, 'unusable', { hash: '!abc' });
});
after(() => server?.stop());

test('signs in, is named in the head of every page, and signs out', async () => {
  const visitor = new Visitor(server.url);
  assert.equal(await visitor.name(), null);
  const answer = await visitor.signIn('ada');
  assert.equal(answer.status, 302);
  assert.equal(answer.headers.location, '/accounts/profile/');
  for (const path of ['/', '/accounts/profile/']) assert.equal(await visitor.name(path), 'ada', path);
  const out = await visitor.signOut();
  assert.equal(out.status, 302);
  assert.equal(out.headers.location, '/');
  const { text } = await visitor.ask('/');
  assert.match(text, /<p class="message success">You are signed out\.<\/p>/);
  assert.match(text, /id="sign_in"/);
  assert.doesNotMatch((await visitor.ask('/')).text, /class="message/);
  assert.equal(visitor.cookies.has('sessionid'), false);
});

test('a page that is not there knows who asks', async () => {
  const visitor = await signedIn(server, 'ada');
  for (const path of ['/nowhere/', '/no/where', '/lettings/0/x/']) {
    const guest = await get(server.url + path);
    assert.equal(guest.status, 404, path);
    assert.match(guest.text, /id="sign_in"/, path);
    const { status, text } = await visitor.ask(path);
    assert.equal(status, 404, path);
    assert.match(text, /id="account"[^>]*>.*ada<\/a>/, path);
    assert.match(text, /id="sign_out"/, path);
  }
});

test('what is sent to a page that is not there is not looked at', async () => {
  for (const method of ['POST', 'PUT', 'DELETE']) assert.equal((await get(`${server.url}/nowhere/`, { method, body: 'a=b' })).status, 404, method);
  assert.equal((await get(`${server.url}/nowhere/`, { headers: { 'Content-Length': '4' }, body: 'body' })).status, 404);
  assert.equal((await get(`${server.url}/nowhere/`, { method: 'HEAD' })).status, 404);
});

test('goes on to where one wanted to', async () => {
  const visitor = new Visitor(server.url);
  const asked = await visitor.ask('/accounts/profile/?a=1&b=%C3%A9');
  assert.equal(asked.status, 302);
  assert.equal(asked.headers.location, '/accounts/login/?next=/accounts/profile/%3Fa%3D1%26b%3D%25C3%25A9');
  const form = await visitor.ask(asked.headers.location);
  assert.match(form.text, /name="next" value="\/accounts\/profile\/\?a=1&amp;b=%C3%A9"/);
  const answer = await visitor.signIn('ada', PASSWORD, { next: '/accounts/profile/?a=1&b=%C3%A9' });
  assert.equal(answer.headers.location, '/accounts/profile/?a=1&b=%C3%A9');
});

test('takes a name however its letters are composed', async () => {
  addUser(server.database, 'zo\u00e9');
  assert.equal(await (await signedIn(server, 'zoe\u0301')).name(), 'zo\u00e9');
  assert.equal(await (await signedIn(server, '\uff41da')).name(), 'ada');
});

test('has cookies that scripts and other sites do not get', async () => {
  const { headers } = await new Visitor(server.url).signIn('ada');
  const session = headers['set-cookie'].find((line) => line.startsWith('sessionid='));
  assert.match(session, /^sessionid=[a-z0-9]{32}; Path=\/; Max-Age=1209600; SameSite=Lax; HttpOnly$/);
  const token = headers['set-cookie'].find((line) => line.startsWith('csrftoken='));
  assert.match(token, /^csrftoken=[A-Za-z0-9]{32}; Path=\/; Max-Age=31449600; SameSite=Lax$/);
  assert.equal(headers['cache-control'], 'private, no-store');
});

test('has Secure cookies on https', async (t) => {
  const behind = await startServer({ env: { ...FAST, TRUSTED_PROXIES: '127.0.0.1' }, t });
  addUser(behind.database, 'ada');
  const visitor = new Visitor(behind.url, { 'X-Forwarded-Proto': 'https', 'X-Forwarded-For': '203.0.113.1' });
  const { headers } = await visitor.post('/accounts/login/', { username: 'ada', password: PASSWORD },
    { headers: { Origin: behind.url.replace('http:', 'https:') } });
  assert.equal(headers['set-cookie'].length, 2);
  for (const line of headers['set-cookie']) assert.match(line, /; Secure$/);
});

describe('is not let in', () => {
  const WORDS = /User name and password do not match/;
  const ROWS = [
    ['with a wrong password', { username: 'ada', password: 'wrong' }, WORDS],
    ['with the password in other letters', { username: 'ada', password: PASSWORD.toUpperCase() }, WORDS],
    ['with a space behind the password', { username: 'ada', password: `${PASSWORD} ` }, WORDS],
    ['as nobody there is', { username: 'nobody', password: PASSWORD }, WORDS],
    ['with the name in other letters', { username: 'ADA', password: PASSWORD }, WORDS],
    ['when not active', { username: 'gone', password: PASSWORD }, WORDS],
    ['with an unusable password', { username: 'unusable', password: '!abc' }, WORDS],
    ['without a name', { username: '', password: PASSWORD }, /id="error_username">Please fill this in/],
    ['without a password', { username: 'ada', password: '' }, /id="error_password">Please fill this in/],
    ['with nothing at all', {}, /id="error_username">[^]*id="error_password">/],
    ['with too long a name', { username: 'a'.repeat(151), password: 'x' }, /may have 150 characters/],
    ['with a NUL in the password', { username: 'ada', password: `${PASSWORD}\0` }, /not text that can be read/],
    ["with the demo's published password", { username: 'admin', password: 'Abc1234!' }, /published with the demo/],
  ];
  for (const [name, fields, words] of ROWS) {
    test(name, async () => {
      const visitor = new Visitor(server.url);
      const { status, text, headers } = await visitor.post('/accounts/login/', fields);
      assert.equal(status, 200);
      assert.match(text, words);
      assert.equal(headers['cache-control'], 'private, no-store');
      assert.doesNotMatch(text, /value="correct horse/);
      assert.equal(await visitor.name(), null);
    });
  }
});

test("takes the demo's password where one develops", async (t) => {
  const developing = await startServer({ env: { DEBUG: '1', SOURCE_DIR: '/nowhere' }, t });
  assert.equal((await new Visitor(developing.url).signIn('admin', 'Abc1234!')).status, 302);
});

test('keeps a hash as it was found, and makes it new only when told to', async (t) => {
  const hash = hashOf(PASSWORD, 50);
  const kept = addUser(server.database, 'kept', { hash });
  await signedIn(server, 'kept');
  const read = (database, id) => sql(database, `SELECT password FROM auth_user WHERE id = ${id};`);
  assert.equal(read(server.database, kept), hash);
  const upgrading = await startServer({ env: { ...FAST, PASSWORD_UPGRADE: '1' }, t });
  const id = addUser(upgrading.database, 'old', { hash });
  const visitor = await signedIn(upgrading, 'old');
  assert.match(read(upgrading.database, id), /^pbkdf2_sha256\$100\$[A-Za-z0-9]{22}\$/);
  assert.equal(await visitor.name(), 'old');
  await signedIn(upgrading, 'old');
});

test('writes when one has signed in', async () => {
  const id = addUser(server.database, 'clock');
  await signedIn(server, 'clock');
  const last = sql(server.database, `SELECT substr(CAST(last_login AS text), 1, 19) FROM auth_user WHERE id = ${id};`);
  assert.ok(Math.abs(Date.parse(`${last.replace(' ', 'T')}Z`) - Date.now()) < 60_000, last);
});

describe('a public page', () => {
  test('sets no cookie and is kept for those who are signed out', async (t) => {
    const one = await startServer({ env: { ...FAST, WEB_CONCURRENCY: '1' }, t });
    for (let i = 0; i < 2; i++) {
      const { headers } = await get(`${one.url}/`);
      assert.equal(headers['set-cookie'], undefined);
      assert.equal(headers['cache-control'], 'no-cache');
    }
    await one.logged(/ target=\/ status=200 .* cache=(hit|same) /);
  });

  test('is nobody else\'s for who is signed in', async () => {
    const visitor = await signedIn(server, 'ada');
    const { headers, text } = await visitor.ask('/');
    assert.match(text, /id="account"/);
    assert.equal(headers['cache-control'], 'private, no-cache');
    assert.match(headers.vary, /Cookie/);
    assert.doesNotMatch((await get(`${server.url}/`)).text, /id="account"/);
  });
});

test('a session that is over is forgotten', async () => {
  const visitor = await signedIn(server, 'ada');
  const key = visitor.cookies.get('sessionid');
  sql(server.database, `UPDATE django_session SET expire_date = '2020-01-01 00:00:00' WHERE session_key = '${key}';`);
  assert.equal(await visitor.name(), null);
  assert.equal(visitor.cookies.has('sessionid'), false);
});

test('a user who is made inactive is out at once', async () => {
  const id = addUser(server.database, 'leaving');
  const visitor = await signedIn(server, 'leaving');
  sql(server.database, `UPDATE auth_user SET is_active = FALSE WHERE id = ${id};`);
  assert.equal(await visitor.name(), null);
});
