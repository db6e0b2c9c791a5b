// Also on PostgreSQL.
// Mails through a real server: what is put into the outbox arrives, once the server takes it.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import net from 'node:net';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { freePort, startServer, temporaryFolder, until } from '../../../tests/http/harness.mjs';
import { checkCommand, describeUnless, quoted, sql } from '../../../tests/http/support.mjs';

const PYTHON = '/usr/bin/python3';
const SERVER = join(dirname(fileURLToPath(import.meta.url)), 'server.py');
const noServer = spawnSync(PYTHON, ['-c', 'import aiosmtpd']).status === 0 ? false : 'python3-aiosmtpd is not installed';

const put = (database, recipient, subject = 'Hello', body = 'Some words') => sql(database, `INSERT INTO mail_outgoing
  (recipient, subject, body, created_at, next_try_at, tries, error) VALUES (${quoted(recipient)}, ${quoted(subject)},
  ${quoted(body)}, '2026-01-02 03:04:05', '2026-01-02 03:04:05', 0, '');`);
const left = (database, columns) => sql(database, columns ? `SELECT ${columns} FROM mail_outgoing ORDER BY id;` : 'SELECT count(*) FROM mail_outgoing;');
const dueNow = (database) => sql(database, "UPDATE mail_outgoing SET next_try_at = '2026-01-02 03:04:05';");

async function mailServer(t, port, ...login) {
  const folder = mkdtempSync(join(temporaryFolder(), 'mails-'));
  const child = spawn(PYTHON, [SERVER, String(port), folder, ...login], { stdio: 'inherit' });
  const ended = once(child, 'close');
  const stop = async () => { child.kill(); await ended; };
  t.after(stop);
  await until(() => new Promise((done) => {
    const socket = net.connect(port, '127.0.0.1', () => { socket.destroy(); done(true); }).on('error', () => done(false));
  }), 10_000);
  return {
    stop,
    mails: () => readdirSync(folder).filter((name) => name.endsWith('.eml')).map((name) => readFileSync(join(folder, name), 'latin1')),
  };
}

const start = (t, port, env = {}) => startServer({ t, env: {
  EMAIL_URL: `smtp://127.0.0.1:${port}`, DEFAULT_FROM_EMAIL: 'Holiday Homes <site@example.com>', ...env } });

describeUnless(noServer, 'a mail server', () => {
  test('is given a mail as it should be', async (t) => {
    const port = await freePort();
    const mail = await mailServer(t, port);
    const server = await start(t, port);
    const body = `.\nA dot alone, then é and a long line ${'x'.repeat(2000)}\n`;
    put(server.database, 'ada@example.com', `Häuser ${'ü'.repeat(60)}`, body);
    const [text] = await until(() => mail.mails().length && mail.mails(), 15_000, () => server.log().join('\n'));
    const [head, encoded] = text.split('\r\n\r\n');
    assert.match(head, /^X-From: site@example\.com\r\nX-To: ada@example\.com\r\n/);
    assert.match(head, /\r\nFrom: Holiday Homes <site@example\.com>\r\nTo: ada@example\.com\r\nSubject: =\?utf-8\?b\?/);
    const words = [...head.matchAll(/=\?utf-8\?b\?([^?]*)\?=/g)].map(([, word]) => Buffer.from(word, 'base64').toString());
    assert.equal(words.join(''), `Häuser ${'ü'.repeat(60)}`);
    assert.match(head, /\r\nMessage-ID: <\d+\.\d+@example\.com>\r\nMIME-Version: 1\.0\r\n/);
    assert.match(head, /\r\nDate: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d \+0000\r\n/);
    assert.ok(text.split('\r\n').every((line) => line.length <= 78 || line.startsWith('X-')), text);
    assert.equal(Buffer.from(encoded, 'base64').toString(), body.replaceAll('\n', '\r\n'));
    await until(() => left(server.database) === '0');
  });

  test('that is away loses nothing', async (t) => {
    const port = await freePort();
    const server = await start(t, port);
    put(server.database, 'ada@example.com');
    await server.logged(/msg="mail not sent yet" mail=1 tries=1 error="the mail server cannot be had/, { timeout: 15_000 });
    await until(() => /^1\|the mail server cannot be had/.test(left(server.database, 'tries, error')));
    assert.ok(left(server.database, `next_try_at > '${new Date(Date.now() + 20_000).toISOString().slice(0, 19).replace('T', ' ')}'`) === '1');
    const mail = await mailServer(t, port);
    dueNow(server.database);
    await until(() => mail.mails().length === 1 && left(server.database) === '0', 15_000);
  });

  test('that refuses some gets the others, and what it refuses stays', async (t) => {
    const port = await freePort();
    const mail = await mailServer(t, port);
    const server = await start(t, port);
    for (const name of ['never', 'later', 'ada']) put(server.database, `${name}@example.com`);
    await until(() => mail.mails().length === 1, 15_000);
    const rows = await until(() => {
      const found = left(server.database, "recipient, tries, substr(CAST(next_try_at AS text), 1, 4) = '9999', error").split('\n');
      return found.length === 2 && found.every((row) => /answers \d/.test(row)) && found;
    }, 15_000);
    assert.match(rows[0], /^never@example\.com\|1\|1\|the mail server answers 550: /);
    assert.match(rows[1], /^later@example\.com\|1\|0\|the mail server answers 451: /);
  });

  test('that refuses us, and not the mail, is tried again', async (t) => {
    const port = await freePort();
    await mailServer(t, port);
    const server = await start(t, port, { DEFAULT_FROM_EMAIL: 'unwanted@example.com' });
    put(server.database, 'ada@example.com');
    await server.logged(/msg="mail not sent yet" mail=1 tries=1 error="the mail server answers 530: /, { timeout: 15_000 });
    const other = await start(t, port);
    put(other.database, 'norelay@example.com');
    await other.logged(/msg="mail not sent yet" mail=1 tries=1 error="the mail server answers 554: /, { timeout: 15_000 });
  });

  test('that refuses the message itself has it given up, and check names it', async (t) => {
    const port = await freePort();
    await mailServer(t, port);
    const server = await start(t, port);
    put(server.database, 'spam@example.com');
    await server.logged(/msg="mail given up" mail=1 tries=1 error="the mail server answers 554: /, { timeout: 15_000 });
    const { stderr } = checkCommand(['check'], { dir: server.dir, env: { EMAIL_URL: `smtp://127.0.0.1:${port}` }, status: 1 });
    assert.match(stderr, /the mail 1 to spam@example\.com was given up: the mail server answers 554: /);
  });

  test('is told name and password', async (t) => {
    const port = await freePort();
    const mail = await mailServer(t, port, 'site', 'se cret');
    const server = await start(t, port, { EMAIL_URL: `smtp://site:wrong@127.0.0.1:${port}` });
    put(server.database, 'ada@example.com');
    await server.logged(/msg="mail not sent yet"/, { timeout: 15_000 });
    assert.doesNotMatch(server.log().join('\n'), /wrong@/);
    const other = await start(t, port, { EMAIL_URL: `smtp://site:se%20cret@127.0.0.1:${port}` });
    put(other.database, 'ada@example.com');
    await until(() => mail.mails().length === 1, 15_000, () => other.log().join('\n'));
  });

  test('without STARTTLS is told nothing where that is asked for', async (t) => {
    const port = await freePort();
    const mail = await mailServer(t, port);
    const server = await start(t, port, { EMAIL_URL: `smtp+tls://127.0.0.1:${port}` });
    put(server.database, 'ada@example.com');
    await server.logged(/msg="mail not sent yet"/, { timeout: 15_000 });
    assert.equal(mail.mails().length, 0);
  });
});

test('mails wait where there is no server, and check says so', async (t) => {
  const server = await startServer({ t });
  put(server.database, 'ada@example.com');
  const { stderr } = checkCommand(['check'], { dir: server.dir, status: 1 });
  assert.match(stderr, /EMAIL_URL is empty, and 1 mails wait to be sent/);
  assert.equal(left(server.database, 'tries'), '0');
});

test('mails are printed where one develops', async (t) => {
  const server = await startServer({ env: { DEBUG: '1' }, t });
  put(server.database, 'ada@example.com', 'A subject', 'Some words');
  await server.logged(/^Mail to ada@example\.com$/, { timeout: 15_000 });
  await server.logged(/^Some words$/);
});

for (const [name, env, words] of [
  ['an unknown scheme', { EMAIL_URL: 'pigeon://host' }, /EMAIL_URL is "pigeon:\/\/host", but must begin with smtp:/],
  ['a sender that is none', { DEFAULT_FROM_EMAIL: 'Nobody' }, /DEFAULT_FROM_EMAIL is "Nobody", but must be an address/],
  ['a sender of two lines', { DEFAULT_FROM_EMAIL: 'a@example.com\nBcc: b@example.com' }, /must be one line/],
]) {
  test(`${name} is refused`, () => { checkCommand(['settings'], { status: 1, env, err: words }); });
}

test("a password in EMAIL_URL is not shown", () => {
  const { stdout } = checkCommand(['settings'], { env: { EMAIL_URL: 'smtp://site:hidden@host' } });
  assert.match(stdout, /^EMAIL_URL=smtp:\/\/site:\(secret\)@host$/m);
  assert.doesNotMatch(stdout, /hidden/);
});
