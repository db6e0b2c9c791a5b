// Also on PostgreSQL.
// What an attacker tries with forms, cookies and passwords: as tables.
import assert from 'node:assert/strict';
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { inflateSync } from 'node:zlib';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { POSTGRES, SECRET_KEY as KEY, skipOnPostgres, skipWithoutModule, startServer, TEST_PROGRAM, urlOf } from '../http/harness.mjs';
import { describeUnless, quoted, sql } from '../http/support.mjs';
import { addUser, FAST, guessPasswords, hashOf, PASSWORD, signedIn, Visitor } from '../http/accounts.mjs';

const PROXY = { ...FAST, TRUSTED_PROXIES: '127.0.0.1', SECURE_SSL_REDIRECT: '0' };
const EARLIER = `earlier-${KEY}`;
const FORM = 'application/x-www-form-urlencoded';
const SECRET = 'abcdefghijklmnopqrstuvwxyzABCDEF';
const mask = 'ZYXWVUTSRQPONMLKJIHGFEDCBA987654';
const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
const masked = (secret) => mask + [...secret].map((letter, i) => LETTERS[(LETTERS.indexOf(letter) + LETTERS.indexOf(mask[i])) % 62]).join('');
const TOKEN = masked(SECRET);
const COOKIE = `csrftoken=${SECRET}`;
const field = (token) => `csrfmiddlewaretoken=${token}`;

describeUnless(skipWithoutModule('auth'), 'forms of other sites', () => {
  let server;
  before(async () => { server = await startServer({ env: { ...PROXY, CSRF_TRUSTED_ORIGINS: 'https://partner.example,https://*.trusted.example' } }); });
  after(() => server?.stop());

  /** Signing out needs no more than the token: 302, or 403 for what is refused. */
  const post = (headers, body, path = '/accounts/logout/') => new Visitor(server.url)
    .ask(path, { method: 'POST', headers: { 'Content-Type': FORM, ...headers }, body });

  const own = () => server.url;
  const ROWS = [
    [302, 'with cookie and masked token', { Cookie: COOKIE }, field(TOKEN)],
    [302, 'with cookie and bare secret, as Django 3.2 takes it', { Cookie: COOKIE }, field(SECRET)],
    [302, "with Django 3.2's masked cookie", { Cookie: `csrftoken=${TOKEN}` }, field(TOKEN)],
    [302, 'with the token in the header', { Cookie: COOKIE, 'X-CSRFToken': TOKEN }, ''],
    [302, 'with an empty field, and the token in the header', { Cookie: COOKIE, 'X-CSRFToken': TOKEN }, field('')],
    [302, 'from our own origin', { Cookie: COOKIE, Origin: own }, field(TOKEN)],
    [403, 'with nothing', {}, ''],
    [403, 'without a cookie', {}, field(TOKEN)],
    [403, 'without a token', { Cookie: COOKIE }, ''],
    [403, 'with a wrong field and the right header', { Cookie: COOKIE, 'X-CSRFToken': TOKEN }, field(masked(SECRET.replace('a', 'b')))],
    [403, 'with the token of another cookie', { Cookie: `csrftoken=${'x'.repeat(32)}` }, field(TOKEN)],
    [403, 'with an empty cookie', { Cookie: 'csrftoken=' }, field('')],
    [403, 'with an empty cookie and token', { Cookie: 'csrftoken=', 'X-CSRFToken': '' }, field('')],
    [403, 'with a token cut short', { Cookie: COOKIE }, field(TOKEN.slice(0, 63))],
    [403, 'with a token too long', { Cookie: COOKIE }, field(`${TOKEN}a`)],
    [403, 'with a token of other letters', { Cookie: COOKIE }, field('%00'.repeat(64))],
    [403, 'with a cookie of other letters', { Cookie: `csrftoken=${'-'.repeat(32)}` }, field('-'.repeat(32))],
    [403, 'with a token that is no text', { Cookie: COOKIE }, field('%ff%fe')],
    [403, 'with two fields, the last of them wrong', { Cookie: COOKIE }, `${field(TOKEN)}&${field('x'.repeat(64))}`],
    [403, 'with the token in a body of another kind', { Cookie: COOKIE, 'Content-Type': 'text/plain' }, field(TOKEN)],
    [403, 'from another site', { Cookie: COOKIE, Origin: 'http://evil.example' }, field(TOKEN)],
    [403, 'from nowhere', { Cookie: COOKIE, Origin: 'null' }, field(TOKEN)],
    [403, 'from another port', { Cookie: COOKIE, Origin: 'http://127.0.0.1:1' }, field(TOKEN)],
    [403, 'from our host by https', { Cookie: COOKIE, Origin: () => own().replace('http', 'https') }, field(TOKEN)],
    [403, 'from a host that begins like ours', { Cookie: COOKIE, Origin: () => `${own()}.evil.example` }, field(TOKEN)],
    [302, 'from a site that is trusted', { Cookie: COOKIE, Origin: 'https://partner.example' }, field(TOKEN)],
    [302, 'from a subdomain that is trusted', { Cookie: COOKIE, Origin: 'https://a.b.trusted.example' }, field(TOKEN)],
    [403, 'from the domain of trusted subdomains', { Cookie: COOKIE, Origin: 'https://trusted.example' }, field(TOKEN)],
    [403, 'from a subdomain by http', { Cookie: COOKIE, Origin: 'http://a.trusted.example' }, field(TOKEN)],
    [403, 'from one that only ends like it', { Cookie: COOKIE, Origin: 'https://eviltrusted.example' }, field(TOKEN)],
  ];
  const HTTPS = { 'X-Forwarded-Proto': 'https', 'X-Forwarded-For': '203.0.113.7', Cookie: COOKIE };
  const secure = () => server.url.replace('http', 'https');
  const SECURE = [
    [302, 'with our own Referer', { Referer: () => `${secure()}/a?b` }],
    [302, 'with our own Origin', { Origin: secure }],
    [302, 'with the Referer of a trusted site', { Referer: 'https://partner.example/page' }],
    [403, 'with neither', {}],
    [403, 'with an empty Referer', { Referer: '' }],
    [403, 'with the Referer of another site', { Referer: 'https://evil.example/' }],
    [403, 'with a Referer by http', { Referer: () => `${server.url}/` }],
    [403, 'with the Referer of another port', { Referer: 'https://127.0.0.1:1/' }],
    [403, 'with a Referer in capital letters', { Referer: () => secure().toUpperCase() }],
    [403, 'with a Referer that names us as the user', { Referer: () => `${secure()}@evil.example/` }],
    [403, 'with a Referer that names us in its path', { Referer: () => `https://evil.example/${secure()}` }],
    [403, 'with a Referer that is none', { Referer: 'about:blank' }],
    [403, 'with our own Referer, but another Origin', { Referer: () => `${secure()}/`, Origin: 'https://evil.example' }],
  ].map(([status, name, headers]) => [status, `by https ${name}`, { ...HTTPS, ...headers }, field(TOKEN)]);
  for (const [status, name, headers, body] of [...ROWS, ...SECURE]) {
    test(`${name}: ${status}`, async () => {
      const given = Object.fromEntries(Object.entries(headers).map(([key, value]) => [key, typeof value === 'function' ? value() : value]));
      const answer = await post(given, body);
      assert.equal(answer.status, status, answer.text);
      if (status === 403) assert.match(answer.text, /sent from our own page/);
    });
  }

  test('a token in the address counts for nothing', async () => {
    assert.equal((await post({ Cookie: COOKIE }, '', `/accounts/logout/?${field(TOKEN)}`)).status, 403);
  });

  test('no form that is taken is without the token', async () => {
    for (const path of ['/accounts/login/', '/accounts/logout/', '/accounts/password_reset/', '/accounts/password_change/',
      '/accounts/reset/MQ/abc-def/']) {
      assert.equal((await post({}, 'a=b', path)).status, 403, path);
    }
  });
});

describeUnless(skipWithoutModule('auth'), 'sessions', () => {
  let server;
  let ada;
  before(async () => {
    server = await startServer({ env: { ...FAST, SECRET_KEY_FALLBACKS: `not-this-one, ${EARLIER}` }, program: TEST_PROGRAM });
    ada = addUser(server.database, 'ada');
    addUser(server.database, 'staff', { staff: 1 });
  });
  after(() => server?.stop());

  // As Django makes them.
  const hmac = (salt, value, key = KEY) => createHmac('sha256', createHash('sha256').update(salt + key).digest()).update(value).digest();
  const sign = (values, { key = KEY, time = 'abcdef' } = {}) => {
    const json = typeof values === 'string' ? values : JSON.stringify(values);
    const text = `${Buffer.from(json).toString('base64url')}:${time}`;
    return `${text}:${hmac('django.contrib.sessions.SessionStoresigner', text, key).toString('base64url')}`;
  };
  const loginOf = (id, hash = hashOf(PASSWORD), changes = {}, key = KEY) => ({
    _auth_user_id: String(id),
    _auth_user_backend: 'django.contrib.auth.backends.ModelBackend',
    _auth_user_hash: hmac('django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash', hash, key).toString('hex'),
    ...changes,
  });
  /** With one more member, in Python's words. */
  const loginAnd = (member) => JSON.stringify(loginOf(ada)).replace(/}$/, `, ${member}}`);
  const store = (data, expires = '2099-01-01 00:00:00') => {
    const key = randomBytes(16).toString('hex');
    sql(server.database, `INSERT INTO django_session VALUES (${quoted(key)}, ${quoted(data)}, ${quoted(expires)});`);
    return key;
  };
  const stored = (key) => {
    const [packed] = sql(server.database, `SELECT session_data FROM django_session WHERE session_key = ${quoted(key)};`).split(':');
    const bytes = Buffer.from(packed.replace('.', ''), 'base64url');
    return JSON.parse(packed.startsWith('.') ? inflateSync(bytes) : bytes);
  };
  const nameWith = async (cookie) => {
    const visitor = new Visitor(server.url);
    visitor.cookies.set('sessionid', cookie);
    return visitor.name();
  };

  const ROWS = [
    ['ada', 'as it should be', () => sign(loginOf(ada))],
    ...['"a": NaN', '"a": [Infinity, -Infinity]', '"a": 1180591620717411303424', '"a": -1180591620717411303424', '"a": "b\\u0000c"',
      '"\\u0000a": 1', '"a": "\\ud800"', '"a": "\\udc00\\ud83d\\ude00\\\\u0000\\""', '"a": {"NaN": "NaN, \\" 99999999999999999999"}, "b": NaN']
      .map((member) => ['ada', `that has ${member}`, () => sign(loginAnd(member))]),
    [null, 'with half a word that Python does not write', () => sign(loginAnd('"a": Nan'))],
    ['ada', 'of a key of SECRET_KEY_FALLBACKS', () => sign(loginOf(ada, undefined, {}, EARLIER), { key: EARLIER })],
    [null, 'of such a key, and of another password', () => sign(loginOf(ada, hashOf('another'), {}, EARLIER), { key: EARLIER })],
    [null, 'whose hash is of another key', () => sign(loginOf(ada, undefined, {}, 'another'))],
    [null, 'of another key', () => sign(loginOf(ada), { key: 'another' })],
    [null, 'with another signature', () => `${sign(loginOf(ada))}a`],
    [null, 'with another time than was signed', () => sign(loginOf(ada)).replace(':abcdef:', ':abcdeg:')],
    [null, 'of a user who is not', () => sign(loginOf(99999))],
    [null, 'of a user by name', () => sign(loginOf('ada'))],
    [null, 'of a user by SQL', () => sign(loginOf('1 OR 1=1'))],
    [null, 'with the user as a number', () => sign(loginOf(ada, undefined, { _auth_user_id: ada }))],
    [null, 'of another backend', () => sign(loginOf(ada, undefined, { _auth_user_backend: 'evil.Backend' }))],
    [null, 'without a backend', () => sign(loginOf(ada, undefined, { _auth_user_backend: undefined }))],
    [null, 'of another password', () => sign(loginOf(ada, hashOf('another')))],
    [null, 'without a hash', () => sign(loginOf(ada, undefined, { _auth_user_hash: undefined }))],
    [null, 'with an empty hash', () => sign(loginOf(ada, undefined, { _auth_user_hash: '' }))],
    [null, 'that is a list', () => sign([loginOf(ada)])],
    [null, 'that is nothing', () => ''],
    [null, 'that is over', () => sign(loginOf(ada)), '2020-01-01 00:00:00'],
    [null, 'whose end is no date', () => sign(loginOf(ada)), POSTGRES ? 'infinity' : 'soon'],
  ];
  for (const [name, words, data, expires] of ROWS) {
    test(`one ${words}: ${name ?? 'nobody'}`, async () => { assert.equal(await nameWith(store(data(), expires)), name); });
  }

  const COOKIES = ['', 'a', 'x'.repeat(32), 'x'.repeat(5000), '../../etc/passwd', "' OR '1'='1", '%00', '"', '\u00e9', 'A'.repeat(32),
    'null', '__proto__', '1; DROP TABLE django_session'];
  for (const cookie of COOKIES) {
    test(`a cookie ${JSON.stringify(cookie.slice(0, 40))} is nobody's`, async () => {
      const visitor = new Visitor(server.url);
      const { status, text } = await visitor.ask('/accounts/login/', { headers: { Cookie: `sessionid=${encodeURI(cookie)}` } });
      assert.equal(status, 200);
      assert.match(text, /id="sign_in"/);
    });
  }

  test('a key that somebody else chose is not taken', async () => {
    const visitor = new Visitor(server.url);
    const chosen = 'a'.repeat(32);
    visitor.cookies.set('sessionid', chosen);
    await visitor.signIn('ada');
    assert.notEqual(visitor.cookies.get('sessionid'), chosen);
    assert.equal(await nameWith(chosen), null);
  });

  test('a key from before signing in is worth nothing after', async () => {
    const known = store(sign({ cart: 'kept' }));
    const visitor = new Visitor(server.url);
    visitor.cookies.set('sessionid', known);
    assert.equal((await visitor.signIn('ada')).status, 302);
    assert.equal(await visitor.name(), 'ada');
    assert.equal(await nameWith(known), null);
    assert.equal(sql(server.database, `SELECT count(*) FROM django_session WHERE session_key = ${quoted(known)};`), '0');
    assert.equal(stored(visitor.cookies.get('sessionid')).cart, 'kept');
  });

  test("somebody else's session is not carried on", async () => {
    const visitor = new Visitor(server.url);
    visitor.cookies.set('sessionid', store(sign({ ...loginOf(ada), cart: 'of ada' })));
    assert.equal((await visitor.signIn('staff')).status, 302);
    assert.equal(stored(visitor.cookies.get('sessionid')).cart, undefined);
  });

  test('keys of SECRET_KEY_FALLBACKS sign nothing', async (t) => {
    const before = await startServer({ t, env: { ...FAST, SECRET_KEY: EARLIER, DATABASE_URL: urlOf(server.database) }, database: null });
    const then = await signedIn(before, 'ada');
    assert.equal(await nameWith(then.cookies.get('sessionid')), 'ada');
    await then.post('/accounts/logout/', {}, { page: '/accounts/login/' });
    const told = new Visitor(server.url);
    told.cookies.set('messages', then.cookies.get('messages'));
    assert.match((await told.ask('/accounts/login/')).text, /You are signed out\./);
    const now = await signedIn(server, 'ada');
    const back = new Visitor(before.url);
    back.cookies.set('sessionid', now.cookies.get('sessionid'));
    assert.equal(await back.name(), null);
  });

  test('signing in and out ends what was known of tokens and sessions', async () => {
    const visitor = new Visitor(server.url);
    const before = await visitor.token();
    await visitor.signIn('ada');
    const session = visitor.cookies.get('sessionid');
    assert.equal((await visitor.post('/accounts/logout/', {}, { token: before })).status, 403);
    await visitor.signOut();
    assert.equal(await nameWith(session), null);
  });

  for (const table of ['django_session', 'auth_user']) {
    test(`a table ${table} that cannot be read just now signs nobody out`, async () => {
      const visitor = await signedIn(server, 'ada');
      sql(server.database, `ALTER TABLE ${table} RENAME TO away;`);
      const answer = await visitor.ask('/accounts/profile/');
      sql(server.database, `ALTER TABLE away RENAME TO ${table};`);
      assert.equal(answer.status, 503);
      assert.ok(!(answer.headers['set-cookie'] ?? []).some((line) => line.startsWith('sessionid=')), String(answer.headers['set-cookie']));
      await server.logged(new RegExp(`msg="request failed" target=/accounts/profile/ error="no (session|account): .*${POSTGRES ? `relation \\S+${table}\\S+ does not exist` : `no such table: ${table}`}`));
      assert.equal(await visitor.name(), 'ada');
    });
  }

  test('a message of bytes that are no text is shown with others in their place', { skip: skipOnPostgres('PostgreSQL stores no such bytes') }, async () => {
    const superuser = addUser(server.database, 'root', { staff: 1, superuser: 1 });
    assert.ok(superuser);
    const id = addUser(server.database, 'odd');
    sql(server.database, `UPDATE auth_user SET username = CAST(x'41ff42' AS TEXT) WHERE id = ${id};`);
    const visitor = await signedIn(server, 'root');
    const page = `/admin/auth/user/${id}/delete/`;
    assert.equal((await visitor.post(page, { post: 'yes' }, { page })).status, 302);
    assert.match((await visitor.ask('/admin/')).text, /class="message success">[^<]*A\ufffdB/);
  });

  test('signing out takes a POST', async () => {
    const visitor = await signedIn(server, 'ada');
    assert.equal((await visitor.ask('/accounts/logout/')).status, 405);
    assert.equal(await visitor.name(), 'ada');
  });

  const PAGES = [
    ['/accounts/profile/', { ada: 200, staff: 200 }],
    ['/accounts/password_change/', { ada: 200, staff: 200 }],
    ['/probe/staff/', { ada: 302, staff: 500 }], // which fails for whom it lets in
    ['/probe/denied/', { nobody: 403, ada: 403, staff: 403 }],
  ];
  for (const [path, expected] of PAGES) {
    test(`${path} lets in whom it should`, async () => {
      const visitors = { nobody: new Visitor(server.url), ada: await signedIn(server, 'ada'), staff: await signedIn(server, 'staff') };
      for (const [name, visitor] of Object.entries(visitors)) {
        const { status, headers } = await visitor.ask(path);
        assert.equal(status, expected[name] ?? 302, name);
        if (status === 302) assert.match(headers.location, /^\/accounts\/login\/\?next=\//);
      }
    });
  }

  const MESSAGES = ['', 'x', 'x:y', '..', `${Buffer.from('[["__json_message",0,25,"<b>forged</b>"]]').toString('base64url')}:${'a'.repeat(43)}`];
  for (const cookie of MESSAGES) {
    test(`a message ${JSON.stringify(cookie.slice(0, 20))} that we did not write is not shown`, async () => {
      const visitor = new Visitor(server.url);
      visitor.cookies.set('messages', cookie);
      const { status, text } = await visitor.ask('/accounts/login/');
      assert.equal(status, 200);
      assert.doesNotMatch(text, /class="message|forged/);
    });
  }
});

describeUnless(skipWithoutModule('auth'), 'fields', () => {
  let server;
  before(async () => {
    server = await startServer({ env: FAST });
    addUser(server.database, 'ada');
  });
  after(() => server?.stop());

  const ELSEWHERE = ['//evil.example', '///evil.example', '/\\evil.example', '\\\\evil.example', 'https://evil.example/', 'http:evil.example',
    'javascript:alert(1)', 'data:text/html,x', 'evil.example', '', ' /lettings/', '\t/lettings/', '/\t/evil.example', '/\r\nSet-Cookie: a=b', '/%0d',
    '/\u0000'];
  for (const next of ELSEWHERE) {
    test(`next=${JSON.stringify(next)} leads nowhere else`, async () => {
      const { status, headers } = await new Visitor(server.url).signIn('ada', PASSWORD, { next });
      assert.equal(status, 302);
      assert.ok(/^\/[^/\\]/.test(headers.location), headers.location);
      assert.ok(['/accounts/profile/', '/%0d', '/%250d'].includes(headers.location), headers.location);
      assert.ok(!headers['set-cookie'].some((line) => line.startsWith('a=')));
    });
  }
  test('next leads to a page of ours, encoded as it must be', async () => {
    const { headers } = await new Visitor(server.url).signIn('ada', PASSWORD, { next: '/lettings/?q=é"<' });
    assert.equal(headers.location, '/lettings/?q=%C3%A9%22%3C');
  });

  test('what was typed comes back as text', async () => {
    const { text } = await new Visitor(server.url).signIn('"><script>alert(1)</script>', 'x', { next: '/"><script>' });
    assert.doesNotMatch(text, /<script/);
    assert.match(text, /value="&quot;&gt;&lt;script&gt;alert\(1\)&lt;\/script&gt;"/);
  });

  const BODIES = [
    [413, 'longer than the page takes', `password=${'x'.repeat(9000)}`],
    [200, 'of a thousand fields', Array.from({ length: 1000 }, (_, i) => `f${i}=1`).join('&').slice(0, 7000)],
    [200, 'of the same field again and again', `${'username=bob&'.repeat(200)}password=x`],
    [200, 'of nothing but separators', '&'.repeat(3000)],
    [200, 'of a bad escape', 'username=%zz&password=%'],
    [200, 'of bytes that are no text', 'username=%ff%fe&password=%c0%80'],
  ];
  for (const [status, name, body] of BODIES) {
    test(`a body ${name}: ${status}`, async () => {
      const visitor = new Visitor(server.url);
      const token = await visitor.token();
      const answer = await visitor.ask('/accounts/login/', { method: 'POST', headers: { 'Content-Type': FORM },
        body: `csrfmiddlewaretoken=${token}&${body}` });
      assert.equal(answer.status, status);
      assert.equal(await visitor.name(), null);
    });
  }

  test('of several fields of a name the last counts', async () => {
    const visitor = new Visitor(server.url);
    const token = await visitor.token();
    const send = (first, last) => visitor.ask('/accounts/login/', { method: 'POST', headers: { 'Content-Type': FORM },
      body: `csrfmiddlewaretoken=${token}&username=${first}&username=${last}&password=${encodeURIComponent(PASSWORD)}` });
    assert.equal((await send('ada', 'nobody')).status, 200);
    assert.equal((await send('nobody', 'ada')).status, 302);
  });

  const SQL = ["ada' --", "' OR 1=1 --", 'ada"; DROP TABLE auth_user; --', 'ada%', 'ad_'];
  for (const username of SQL) {
    test(`the name ${username} is no more than a name`, async () => {
      assert.equal((await new Visitor(server.url).signIn(username)).status, 200);
      assert.equal((await new Visitor(server.url).signIn('ada')).status, 302);
    });
  }
});

describeUnless(skipWithoutModule('auth'), 'many wrong passwords', () => {
  let server;
  let clients = 0;
  const from = (address) => new Visitor(server.url, { 'X-Forwarded-For': address });
  const fromElsewhere = () => from(`198.51.${Math.trunc((clients += 1) / 250)}.${clients % 250}`);
  /** Guesses on, until the wait is longer than a slow machine takes for the next request. */
  const exhaust = async (guess) => {
    for (let i = 0; ; i++) {
      const { status, headers } = await guess(i);
      if (status === 429 && Number(headers['retry-after']) > 2) return;
      assert.ok(i < 300, 'guesses are not stopped');
      if (status === 429) await sleep(50);
    }
  };
  before(async () => {
    server = await startServer({ env: PROXY });
    for (const name of ['ada', 'grace', 'joan', 'mary', 'kate', 'lucy']) addUser(server.database, name);
  });
  after(() => server?.stop());

  test('of one account from everywhere are stopped, then even the right one has to wait', async () => {
    const statuses = [];
    for (let i = 0; i < 60; i++) statuses.push((await fromElsewhere().signIn('ada', `wrong ${i}`)).status);
    assert.deepEqual(statuses.slice(0, 30), Array(30).fill(200));
    assert.ok(statuses.filter((status) => status === 200).length <= 35, statuses.join());
    await exhaust(() => fromElsewhere().signIn('ada', 'wrong'));
    const right = await fromElsewhere().signIn('ada');
    assert.equal(right.status, 429);
    assert.match(right.text, /There were too many attempts/);
    assert.ok(Number(right.headers['retry-after']) >= 1);
    assert.equal((await fromElsewhere().signIn('grace')).status, 302);
  });

  test('of one account from one client are stopped after a few, and stop nobody else', async () => {
    const statuses = [];
    for (let i = 0; i < 12; i++) statuses.push((await from('192.0.2.200').signIn('kate', `wrong ${i}`)).status);
    assert.deepEqual(statuses.slice(0, 5), Array(5).fill(200));
    assert.ok(statuses.filter((status) => status === 200).length <= 8, statuses.join());
    await exhaust(() => from('192.0.2.200').signIn('kate', 'wrong'));
    assert.equal((await from('192.0.2.200').signIn('kate')).status, 429);
    assert.equal((await from('192.0.2.201').signIn('kate')).status, 302);
  });

  test('from everywhere do not stop who signed in there lately, but that client is counted for itself', async () => {
    const home = '192.0.2.210';
    assert.equal((await from(home).signIn('lucy')).status, 302);
    await exhaust(() => fromElsewhere().signIn('lucy', 'wrong'));
    assert.equal((await fromElsewhere().signIn('lucy')).status, 429);
    assert.equal((await from(home).signIn('lucy')).status, 302);
    await exhaust(() => from(home).signIn('lucy', 'wrong'));
    assert.equal((await from(home).signIn('lucy')).status, 429);
    sql(server.database, "DELETE FROM attempts_attempt WHERE subject LIKE 'place:%';"); // as if it were over
    assert.equal((await from(home).signIn('lucy')).status, 302);
    sql(server.database, "UPDATE attempts_attempt SET last_at = last_at - 31 * 86400 WHERE subject LIKE 'known:%';");
    await exhaust(() => fromElsewhere().signIn('lucy', 'wrong'));
    assert.equal((await from(home).signIn('lucy')).status, 429);
  });

  test('are counted together by all instances, also while they come at once', async (t) => {
    const other = await startServer({ t, env: { ...PROXY, DATABASE_URL: urlOf(server.database) }, database: null });
    const urls = [server.url, other.url];
    const answers = await Promise.all(Array.from({ length: 60 }, (_, i) => new Visitor(urls[i % 2], { 'X-Forwarded-For': `192.0.2.${i}` })
      .signIn('joan', 'wrong')));
    const tried = answers.filter(({ status }) => status === 200).length;
    assert.ok(tried >= 30 && tried <= 35, `${tried} tried`);
  });

  test('of one client are stopped, whatever the accounts, in one network too', async () => {
    const statuses = [];
    for (let i = 0; i < 60; i++) statuses.push((await from(`2001:db8:1:2::${i + 1}`).signIn(`nobody${i}`, 'wrong')).status);
    const first = statuses.indexOf(429);
    assert.ok(first >= 30 && first <= 36, `${first}`);
    await exhaust((i) => from(`2001:db8:1:2::1:${(i % 250) + 1}`).signIn('nobody', 'wrong'));
    assert.equal((await from('2001:db8:1:2::ffff').signIn('mary')).status, 429);
    assert.equal((await from('2001:db8:1:3::1').signIn('mary')).status, 302);
  });

  test('of one client count for no other, though both are written as IPv6', async () => {
    await exhaust((i) => from('::ffff:198.18.0.1').signIn(`mapped${i}`, 'wrong'));
    assert.equal((await from('198.18.0.1').signIn('mapped', 'wrong')).status, 429);
    assert.equal((await from('198.18.0.1:4411').signIn('mapped', 'wrong')).status, 429);
    assert.equal((await from('::ffff:198.18.0.2').signIn('mapped', 'wrong')).status, 200);
  });

  test('are forgotten when the right one comes in time', async () => {
    for (let round = 0; round < 4; round++) {
      for (let i = 0; i < 4; i++) assert.equal((await from('203.0.113.5').signIn('grace', 'wrong')).status, 200);
      assert.equal((await from('203.0.113.5').signIn('grace')).status, 302);
    }
  });

  test('of many accounts from everywhere open nothing', async (t) => {
    const guessed = await startServer({ t, env: PROXY });
    t.diagnostic(`${(await guessPasswords(guessed, 1000)).tried} of 1000 were looked at`);
  });

  test('leave neither names nor addresses in the database', () => {
    for (const line of sql(server.database, 'SELECT subject FROM attempts_attempt;').split('\n')) assert.match(line, /^(account|client|place|known):[0-9a-f]{64}$/);
  });

  test('say the same of somebody and of nobody, and take as long', async (t) => {
    const slow = await startServer({ t, env: { ...PROXY, PASSWORD_ITERATIONS: '300000' } });
    addUser(slow.database, 'weak', { hash: hashOf(PASSWORD, 10) });
    const times = { weak: [], nobody: [] };
    const texts = {};
    for (let i = 0; i < 4; i++) {
      for (const name of Object.keys(times)) {
        const visitor = new Visitor(slow.url, { 'X-Forwarded-For': `203.0.113.${i}` });
        const token = await visitor.token();
        const start = performance.now();
        const { text } = await visitor.post('/accounts/login/', { username: name, password: 'wrong' }, { token });
        times[name].push(performance.now() - start);
        texts[name] = text.replaceAll(name, 'NAME').replace(/value="[A-Za-z0-9]{64}"/g, '');
      }
    }
    assert.equal(texts.weak, texts.nobody);
    const ratio = Math.min(...times.weak) / Math.min(...times.nobody);
    // Without what makes up for the weak hash it would be below a hundredth.
    assert.ok(ratio > 0.1 && ratio < 10, `${ratio}`);
  });
});
