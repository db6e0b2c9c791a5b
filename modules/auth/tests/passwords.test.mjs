// Also on PostgreSQL.
// Changing a password, and resetting a forgotten one by mail.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { SECRET_KEY, startServer, temporaryFolder, until, urlOf } from '../../../tests/http/harness.mjs';
import { addUser, FAST, hashOf, PASSWORD, signedIn, Visitor } from '../../../tests/http/accounts.mjs';
import { lastKey, sql } from '../../../tests/http/support.mjs';

const NEW = 'another staple 8';
/** Each visitor comes from elsewhere, so that the limit of one address does not meet the others. */
const PROXY = { TRUSTED_PROXIES: '127.0.0.1', SECURE_SSL_REDIRECT: '0' };
let visitors = 0;
const newVisitor = () => new Visitor(server.url, { 'X-Forwarded-For': `203.0.113.${visitors += 1}` });
let server;
let mails;
before(async () => {
  mails = join(temporaryFolder(), 'mails');
  mkdirSync(mails);
  server = await startServer({ env: { ...FAST, ...PROXY, EMAIL_URL: `file://${mails}`, DEFAULT_FROM_EMAIL: 'Häuser <site@example.com>' } });
});
after(() => server?.stop());

const change = (visitor, old, first, second = first) => visitor.post('/accounts/password_change/',
  { old_password: old, new_password1: first, new_password2: second });

/** The mails to an address, each with its head and its text. */
function mailsTo(address) {
  return readdirSync(mails).filter((name) => name.endsWith('.eml')).map((name) => readFileSync(join(mails, name), 'latin1'))
    .map((text) => text.split('\r\n\r\n')).map(([head, body]) => ({ head, text: Buffer.from(body, 'base64').toString() }))
    .filter(({ head }) => head.includes(`\r\nTo: ${address}\r\n`));
}

async function linkFor(name) {
  const address = `${name}@example.com`;
  const before = mailsTo(address).length;
  const answer = await newVisitor().post('/accounts/password_reset/', { email: address });
  assert.equal(answer.headers.location, '/accounts/password_reset/done/');
  await until(() => mailsTo(address).length > before, 10_000, () => `no mail to ${address}: ${server.log().join('\n')}`);
  return new URL(/http:\S+/.exec(mailsTo(address).at(-1).text)[0]).pathname;
}

const choose = (visitor, link, first, second = first) => visitor.post(link, { new_password1: first, new_password2: second });

test('asks who is not signed in to do that first', async () => {
  const { status, headers } = await newVisitor().ask('/accounts/password_change/');
  assert.equal(status, 302);
  assert.equal(headers.location, '/accounts/login/?next=/accounts/password_change/');
});

test('a changed password opens, the one before does not, and all other sessions end', async () => {
  addUser(server.database, 'ada');
  const visitor = await signedIn(server, 'ada');
  const other = await signedIn(server, 'ada');
  const key = visitor.cookies.get('sessionid');
  const answer = await change(visitor, PASSWORD, NEW);
  assert.equal(answer.headers.location, '/accounts/profile/');
  assert.match((await visitor.ask('/')).text, /Your password is changed\./);
  assert.notEqual(visitor.cookies.get('sessionid'), key);
  assert.equal(await visitor.name(), 'ada');
  assert.equal(await other.name(), null);
  assert.equal((await newVisitor().signIn('ada')).status, 200);
  await signedIn(server, 'ada', NEW);
});

describe('is refused as a new password', () => {
  const ROWS = [
    ['too short', 'a8f,Qz1', /too short: it needs at least 8 characters/],
    ['only digits', '8461937205', /only digits/],
    ['a common one', 'Password123!', /too common/],
    ['a common one, spelt otherwise', 'p4$$w0rd', /too common/],
    ['keys beside each other', 'qwertyuiop', /too common/],
    ['one letter again and again', 'zzzzzzzzzz', /too common/],
    ['a run of letters', 'abcdefghij', /too common/],
    ['the user name', 'grace-hopper', /too similar/],
    ['much of the address', 'grace-hopper@example', /too similar/],
    ["the demo's", 'Abc1234!', /published with the demo/],
  ];
  before(() => addUser(server.database, 'grace-hopper'));
  for (const [name, password, words] of ROWS) {
    test(name, async () => {
      const { status, text } = await change(await signedIn(server, 'grace-hopper'), PASSWORD, password);
      assert.equal(status, 200);
      assert.match(text, new RegExp(`id="error_new_password1">[^<]*${words.source}`));
    });
  }
  test('two that differ', async () => {
    const { text } = await change(await signedIn(server, 'grace-hopper'), PASSWORD, NEW, `${NEW} `);
    assert.match(text, /id="error_new_password2">The two are not the same/);
  });
  test('without the one until now', async () => {
    const { text } = await change(await signedIn(server, 'grace-hopper'), 'wrong', NEW);
    assert.match(text, /id="error_old_password">That is not your password/);
  });
  test('for all of its reasons at once', async () => {
    const { text } = await change(await signedIn(server, 'grace-hopper'), 'wrong', 'short', 'other');
    for (const name of ['old_password', 'new_password1', 'new_password2']) assert.match(text, new RegExp(`id="error_${name}"`));
  });
});

test('a mail has a link that sets a password once', async () => {
  addUser(server.database, 'joan');
  const session = await signedIn(server, 'joan');
  const link = await linkFor('joan');
  const { head, text } = mailsTo('joan@example.com').at(-1);
  assert.match(head, /^From: =\?utf-8\?b\?SMOkdXNlcg==\?= <site@example\.com>\r\n/);
  assert.match(head, /\r\nSubject: Your password at Holiday Homes\r\n/);
  assert.match(text, /^Hello joan,/);
  assert.match(text, /used once, within 72 hours/);
  const visitor = newVisitor();
  assert.match((await visitor.ask(link)).text, /<h1>Choose a new password<\/h1>/);
  assert.match((await choose(visitor, link, 'short')).text, /too short/);
  assert.equal((await choose(visitor, link, NEW)).headers.location, '/accounts/reset/done/');
  assert.equal(await session.name(), null);
  await signedIn(server, 'joan', NEW);
  assert.match((await visitor.ask(link)).text, /This link is no longer valid/);
  const again = await visitor.post(link, { new_password1: PASSWORD, new_password2: PASSWORD }, { page: '/accounts/login/' });
  assert.match(again.text, /This link is no longer valid/);
});

test('a link is good no longer after signing in, another address or another password', async () => {
  for (const [name, sql_] of [['one', "last_login = '2026-01-01 00:00:00'"], ['two', "email = 'x@example.com'"], ['three', "password = '!'"],
    ['four', 'is_active = 0']]) {
    const id = addUser(server.database, name);
    const link = await linkFor(name);
    sql(server.database, `UPDATE auth_user SET ${sql_} WHERE id = ${id};`);
    assert.match((await newVisitor().ask(link)).text, /no longer valid/, name);
  }
});

test('a link of a key that is in SECRET_KEY_FALLBACKS by now is good', async (t) => {
  addUser(server.database, 'rotated');
  const link = await linkFor('rotated');
  const key = 'newer-0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN';
  for (const [fallbacks, words] of [[undefined, /no longer valid/], [SECRET_KEY, /<h1>Choose a new password/]]) {
    const newer = await startServer({ t, database: server.database, env: { ...FAST, SECRET_KEY: key, SECRET_KEY_FALLBACKS: fallbacks } });
    assert.match((await new Visitor(newer.url).ask(link)).text, words);
  }
});

describe('a link is refused', () => {
  let link;
  before(async () => {
    addUser(server.database, 'mary');
    addUser(server.database, 'other');
    link = await linkFor('mary');
  });
  const ROWS = [
    ['with another token', (path) => path.replace(/.\/$/, (end) => (end === '0/' ? '1/' : '0/'))],
    ['of another user', (path) => path.replace(/reset\/[^/]+/, `reset/${Buffer.from('1').toString('base64url')}`)],
    ['of no user', (path) => path.replace(/reset\/[^/]+/, 'reset/OTk5OTk5')],
    ['with no number', (path) => path.replace(/reset\/[^/]+/, 'reset/YWJj')],
    ['with no base64', (path) => path.replace(/reset\/[^/]+/, 'reset/%21')],
    ['with another time', (path) => path.replace(/\/[^/]+-/, '/aaaaaa-')],
    ['with a time beyond numbers', (path) => path.replace(/\/[^/]+-/, `/${'z'.repeat(60)}-`)],
    ['without a time', (path) => path.replace(/\/[^/]+-/, '/-')],
  ];
  for (const [name, make] of ROWS) {
    test(name, async () => {
      assert.notEqual(make(link), link);
      assert.match((await newVisitor().ask(make(link))).text, /This link is no longer valid/);
    });
  }
});

test('the log has no link that sets a password', async () => {
  addUser(server.database, 'logged');
  const link = await linkFor('logged');
  for (const path of [link, link.slice(0, -1), `${link}?a=b`, link.replace('reset', '%72eset')]) await newVisitor().ask(path);
  assert.equal((await newVisitor().ask(link, { method: 'PUT' })).status, 405);
  await server.logged(/msg=request method=PUT target="\/accounts\/reset\/…" status=405/);
  const token = link.split('/').at(-2);
  assert.deepEqual(server.log().filter((line) => line.includes(token)), []);
});

test('no mail goes to an address that is nobody\'s, and the answer is the same', async () => {
  addUser(server.database, 'nopass', { hash: '!' });
  addUser(server.database, 'inactive', { active: 0 });
  const written = () => lastKey(server.database, 'mail_outgoing');
  for (const name of ['nobody', 'nopass', 'inactive']) {
    const before = written();
    const { headers } = await newVisitor().post('/accounts/password_reset/', { email: `${name}@example.com` });
    assert.equal(headers.location, '/accounts/password_reset/done/');
    assert.equal(written(), before + 10, `the work shows that ${name} is nobody`);
  }
  assert.equal(sql(server.database, "SELECT count(*) FROM mail_outgoing;"), '0');
  assert.ok(existsSync(mails));
  assert.equal(mailsTo('nopass@example.com').length + mailsTo('inactive@example.com').length, 0);
});

test('who has reset a password signs in, however many wrong ones others tried', async () => {
  addUser(server.database, 'besieged');
  const link = await linkFor('besieged');
  for (let i = 0; i < 40; i++) await newVisitor().signIn('besieged', 'wrong');
  const owner = newVisitor();
  assert.equal((await owner.signIn('besieged')).status, 429);
  assert.equal((await choose(owner, link, NEW)).headers.location, '/accounts/reset/done/');
  assert.equal((await newVisitor().signIn('besieged', NEW)).status, 302);
  for (let i = 0; i < 40; i++) await newVisitor().signIn('besieged', 'wrong');
  assert.equal((await newVisitor().signIn('besieged', NEW)).status, 429);
  assert.equal((await owner.signIn('besieged', NEW)).status, 302);
});

const SPELLINGS = ['bombed@example.com', 'Bombed@example.com', 'BOMBED@EXAMPLE.COM', 'bOmbed@example.com', 'boMbed@example.com', 'bomBed@example.com'];

test('who asks for links over and over is told when the next may be had, and nobody else is kept from one', async () => {
  const visitor = newVisitor();
  addUser(server.database, 'bombed');
  const ask = async (who, email) => who.post('/accounts/password_reset/', { email });
  const answers = [];
  for (const email of SPELLINGS) answers.push(await ask(visitor, email));
  assert.deepEqual(answers.slice(0, 3).map(({ status }) => status), [302, 302, 302]);
  const refused = answers.find(({ status }) => status === 429);
  assert.ok(refused, String(answers.map(({ status }) => status)));
  assert.match(refused.headers['retry-after'], /^[1-9]\d*$/);
  assert.match(refused.text, /Please try again in (1 second|[2-9]\d* seconds)\./);
  for (const email of SPELLINGS) assert.equal((await ask(newVisitor(), email)).headers.location, '/accounts/password_reset/done/', email);
});

test('one link goes to an address within some minutes, whoever asks, and the answer and its work are the same', async () => {
  addUser(server.database, 'flooded');
  const written = () => lastKey(server.database, 'mail_outgoing');
  await linkFor('flooded');
  for (const email of ['flooded@example.com', 'Flooded@EXAMPLE.com', 'no.such.one@example.com', 'no.such.one@example.com']) {
    const before = written();
    const { headers } = await newVisitor().post('/accounts/password_reset/', { email });
    assert.equal(headers.location, '/accounts/password_reset/done/', email);
    assert.equal(written(), before + 10, `the work shows what became of ${email}`);
  }
  assert.equal(sql(server.database, 'SELECT count(*) FROM mail_outgoing;'), '0');
  assert.equal(mailsTo('flooded@example.com').length, 1);
  sql(server.database, "UPDATE attempts_attempt SET last_at = last_at - 300 WHERE subject LIKE 'known:%';");
  await linkFor('flooded');
  assert.equal(mailsTo('flooded@example.com').length, 2);
});

test('a long wait is told in minutes, in the language of the page, and in seconds to programs', async () => {
  const visitor = newVisitor();
  for (let i = 0; i < 4; i++) await visitor.post('/accounts/password_reset/', { email: 'waiting@example.com' });
  for (const [seconds, words, french] of [[600, '10 minutes', '10 minutes'], [60, '60 seconds', '60 secondes']]) {
    sql(server.database, `UPDATE attempts_attempt SET free_at = ${Math.floor(Date.now() / 1000) + seconds} WHERE subject LIKE 'reset:%';`);
    for (const [headers, expected] of [[{}, `again in ${words}`], [{ 'Accept-Language': 'fr' }, `dans ${french}`]]) {
      const answer = await visitor.post('/accounts/password_reset/', { email: 'waiting@example.com' }, { headers });
      assert.equal(answer.status, 429);
      const told = Number(answer.headers['retry-after']);
      assert.ok(told <= seconds && told > seconds - 30, String(told));
      if (seconds === 600) assert.ok(answer.text.includes(expected), `${expected}: ${answer.text}`);
      else assert.match(answer.text, /\d+ second(e?)s\./);
    }
  }
});

test('each account of an address gets a link, and the answer and its work are those of one', async () => {
  for (const name of ['twin1', 'twin2', 'twin3']) addUser(server.database, name, { email: 'Twins@example.com' });
  addUser(server.database, 'single');
  const written = () => lastKey(server.database, 'mail_outgoing');
  const answers = [];
  for (const email of ['twins@example.com', 'single@example.com', 'no.one@example.com']) {
    const before = written();
    const { status, text, headers } = await newVisitor().post('/accounts/password_reset/', { email });
    answers.push([status, text, headers.location, written() - before]);
  }
  assert.deepEqual(answers, Array(3).fill([302, '/accounts/password_reset/done/\n', '/accounts/password_reset/done/', 10]));
  await until(() => mailsTo('Twins@example.com').length === 3, 10_000, () => `${mailsTo('Twins@example.com').length} mails`);
  const links = mailsTo('Twins@example.com').map(({ text }) => /\/accounts\/reset\/[^/]+\//.exec(text)[0]);
  assert.equal(new Set(links).size, 3);
});

test('an account with an address that is none gets no mail, and the answer is the same', async () => {
  addUser(server.database, 'intranet', { email: 'root@intranet' });
  const { status, headers } = await newVisitor().post('/accounts/password_reset/', { email: 'root@intranet' });
  assert.equal(status, 302);
  assert.equal(headers.location, '/accounts/password_reset/done/');
  await server.logged(/msg="no link can be sent" user=\d+/);
});

describe('a password that is set while the one before is being verified stays', () => {
  const SLOW = 1_000_000; // iterations: some tenths of a second
  const SET = hashOf('set meanwhile 9');
  const passwordOf = (database, name) => sql(database, `SELECT password FROM auth_user WHERE username = '${name}';`);
  const setMeanwhile = async (database, name, subject) => {
    await until(() => sql(database, `SELECT count(*) FROM attempts_attempt WHERE subject LIKE '${subject}:%';`) !== '0', 10_000);
    sql(database, `UPDATE auth_user SET password = '${SET}' WHERE username = '${name}';`);
  };

  test('by a sign-in that makes the hash new', async (t) => {
    const slow = await startServer({ t, env: { PASSWORD_ITERATIONS: String(SLOW), PASSWORD_UPGRADE: '1' } });
    addUser(slow.database, 'old');
    const visitor = new Visitor(slow.url);
    const [answer] = await Promise.all([visitor.signIn('old'), setMeanwhile(slow.database, 'old', 'account')]);
    assert.equal(answer.status, 200);
    assert.equal(passwordOf(slow.database, 'old'), SET);
    assert.equal(await visitor.name(), null);
  });

  test('by a change', async () => {
    addUser(server.database, 'old', { hash: hashOf(PASSWORD, SLOW) });
    const visitor = newVisitor();
    assert.equal((await visitor.signIn('old')).status, 302);
    const slow = await startServer({ database: null, env: { PASSWORD_ITERATIONS: String(SLOW), DATABASE_URL: urlOf(server.database) } });
    const other = new Visitor(slow.url);
    other.cookies = visitor.cookies;
    sql(server.database, "DELETE FROM attempts_attempt WHERE subject LIKE 'change:%';");
    const token = await other.token('/accounts/password_change/');
    const changing = other.post('/accounts/password_change/', { old_password: PASSWORD, new_password1: NEW, new_password2: NEW }, { token });
    const [answer] = await Promise.all([changing, setMeanwhile(server.database, 'old', 'change')]).finally(() => slow.stop());
    assert.equal(answer.status, 200);
    assert.match(answer.text, /That is not your password/);
    assert.equal(passwordOf(server.database, 'old'), SET);
  });
});
