// Events on their way to Sentry: receivers that answer in every way, or not at all, and a clerk that is killed.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { once } from 'node:events';
import net from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { environment, get, PROGRAM, runCommand, SANITIZED, startServer, temporaryFolder, TEST_PROGRAM, until } from '../http/harness.mjs';
import { startReceiver } from '../http/receiver.mjs';

const skip = SANITIZED ? 'the plain build shows it' : false;
const start = (t, receiver, env = {}) => startServer({
  t, program: TEST_PROGRAM, env: { WEB_CONCURRENCY: '1', SENTRY_DSN: receiver.dsn ?? receiver, ...env },
});
const debug = (server) => get(`${server.url}/sentry-debug/`);
const waiting = (server) => readdirSync(join(server.dir, 'spool')).filter((name) => name.endsWith('.sentry'));
const kept = (server) => (existsSync(join(server.dir, 'kept')) ? readdirSync(join(server.dir, 'kept')).length : 0);
const lost = (receiver) => {
  const sums = {};
  for (const report of receiver.payloads('client_report')) {
    for (const { reason, category, quantity } of report.discarded_events) {
      sums[`${reason}/${category}`] = (sums[`${reason}/${category}`] ?? 0) + quantity;
    }
  }
  return sums;
};

/** As runCommand(), of a command that talks to this process. */
async function runBeside(args, env) {
  const dir = temporaryFolder();
  const child = spawn(PROGRAM, args, { cwd: dir, env: environment(dir, env), stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  child.stdout.on('data', (part) => { stdout += part; });
  const [status] = await once(child, 'close');
  return { status, stdout };
}

test('an event arrives as Sentry wants it, once', { skip }, async (t) => {
  const receiver = await startReceiver(t);
  const server = await start(t, receiver, { SENTRY_RELEASE: 'site@1', SENTRY_DEBUG: '1' });
  await debug(server);
  const [event] = await receiver.waitFor('event', 1);
  const [{ headers, url, header }] = receiver.all;
  assert.equal(url, '/prefix/api/7/envelope/');
  assert.equal(headers['content-type'], 'application/x-sentry-envelope');
  assert.match(headers['x-sentry-auth'], /^Sentry sentry_version=7, sentry_client=oc-lettings\/\S+, sentry_key=key0$/);
  assert.match(headers['user-agent'], /^oc-lettings\//);
  assert.equal(headers.expect, undefined);
  assert.equal(header.event_id, event.event_id);
  assert.equal(header.dsn, receiver.dsn);
  assert.ok(Math.abs(Date.parse(header.sent_at) - Date.now()) < 60_000);
  assert.equal(event.release, 'site@1');
  assert.match(event.contexts.trace.trace_id, /^[0-9a-f]{32}$/);
  await server.logged(/msg="sent to Sentry" status=200/);
  await until(() => waiting(server).length === 0);
  await sleep(1200);
  assert.equal(receiver.all.length, 1);
  assert.ok(existsSync(join(server.dir, 'kept', `event-${event.event_id}.json`)), 'and the site itself has it');
});

for (const [what, headers, status, limit] of [
  ['Retry-After in seconds', { 'Retry-After': '2' }, 429, 2000],
  ['Retry-After as a date', { 'Retry-After': () => new Date(Date.now() + 3000).toUTCString() }, 429, 1900],
  ['X-Sentry-Rate-Limits of errors', { 'X-Sentry-Rate-Limits': '2:error;transaction:organization:quota', 'Retry-After': '60' }, 429, 2000],
  ['X-Sentry-Rate-Limits of all, in spaces', { 'X-Sentry-Rate-Limits': ' 1.5 : , 2::key' }, 429, 2000],
  ['limits in a 200', { 'X-Sentry-Rate-Limits': '2:error:key' }, 200, 2000],
]) {
  test(`${what}: what is limited waits, and comes afterwards`, { skip }, async (t) => {
    let limited;
    const receiver = await startReceiver(t, {
      answer(request, response, count) {
        if (count > 1) return response.end();
        limited = Date.now();
        for (const [name, value] of Object.entries(headers)) response.setHeader(name, typeof value === 'string' ? value : value());
        response.writeHead(status).end();
      },
    });
    const server = await start(t, receiver);
    await debug(server);
    await until(() => limited, 10_000);
    await debug(server);
    await until(() => receiver.all.length > 1, 10_000);
    assert.ok(Date.now() - limited >= limit - 50, `${Date.now() - limited} ms`);
    await until(() => waiting(server).length === 0, 10_000);
    assert.equal(new Set(receiver.payloads('event').map(({ event_id: id }) => id)).size, 2);
  });
}

test('limits that are not for errors stop none', { skip }, async (t) => {
  const receiver = await startReceiver(t, {
    answer: (request, response) => response.writeHead(200, { 'X-Sentry-Rate-Limits': '60:transaction;replay:key, 60:novelty' }).end(),
  });
  const server = await start(t, receiver);
  for (let i = 1; i <= 2; i++) {
    await debug(server);
    await receiver.waitFor('event', i);
  }
});

for (const status of [400, 403, 413, 500, 302]) {
  test(`${status}: the event is gone, counted and in the log`, { skip }, async (t) => {
    const receiver = await startReceiver(t, {
      answer(request, response, count) {
        if (count === 1) response.writeHead(status, { 'X-Sentry-Error': 'not this one', Location: '/elsewhere' }).end('{"detail":"no"}');
        else response.end();
      },
    });
    const server = await start(t, receiver);
    await debug(server);
    await server.logged(new RegExp(`msg="(Sentry refuses an event|an event is too large for Sentry)" status=${status} reason="not this one"`));
    await until(() => waiting(server).length === 0);
    await debug(server);
    await receiver.waitFor('client_report', 1);
    assert.deepEqual(lost(receiver), { 'send_error/error': 1 });
  });
}

test('nobody there: events wait, and come when somebody is', { skip }, async (t) => {
  const before = await startReceiver(t);
  await before.close();
  const server = await start(t, before);
  for (let i = 0; i < 3; i++) await debug(server);
  await server.logged(/msg="events wait: Sentry cannot be had"/, { timeout: 10_000 });
  assert.equal(waiting(server).length, 3);
  const receiver = await startReceiver(t, { port: before.port });
  await receiver.waitFor('event', 3, 15_000);
  assert.equal(server.log().filter((line) => line.includes('events wait:')).length, 1);
  await server.logged(/msg="events are sent again"/);
});

test('half an answer: the event comes again, under its id', { skip }, async (t) => {
  const receiver = await startReceiver(t, {
    answer(request, response, count) {
      if (count > 1) return response.end();
      response.writeHead(200, { 'Content-Length': '100' });
      response.write('{"id"');
      setTimeout(() => response.destroy(), 100);
    },
  });
  const server = await start(t, receiver);
  await debug(server);
  const [first, second] = await receiver.waitFor('event', 2);
  assert.equal(first.event_id, second.event_id);
});

test('no answer at all: requests and jobs go on, and a stop takes 2 seconds', { skip }, async (t) => {
  const silent = net.createServer(() => {}).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const sockets = new Set();
  silent.on('connection', (socket) => sockets.add(socket.on('error', () => {})));
  t.after(() => { for (const socket of sockets) socket.destroy(); silent.close(); });
  const server = await start(t, `http://key0@127.0.0.1:${silent.address().port}/1`);
  const began = Date.now();
  for (let i = 0; i < 5; i++) await debug(server);
  assert.ok(Date.now() - began < 2000);
  await until(() => sockets.size, 10_000);
  await until(() => kept(server) === 5, 10_000, () => 'the site has not kept them');
  const stopped = Date.now();
  await server.stop();
  assert.ok(Date.now() - stopped < 4500, `${Date.now() - stopped} ms`);
});

test('what waits at the stop is sent', { skip }, async (t) => {
  const receiver = await startReceiver(t);
  const server = await start(t, receiver);
  for (let i = 0; i < 3; i++) await debug(server);
  await server.stop();
  assert.equal(receiver.payloads('event').length, 3);
});

test('a clerk that is killed in the middle loses none', { skip }, async (t) => {
  const receiver = await startReceiver(t, { answer: (request, response) => setTimeout(() => response.end(), 150) });
  const server = await start(t, receiver);
  for (let i = 0; i < 8; i++) await debug(server);
  for (let i = 1; i < 4; i++) {
    await until(() => receiver.tries >= 2 * i, 10_000);
    for (const { pid, command } of server.children()) if (command.includes('clerk')) process.kill(pid, 'SIGKILL');
  }
  await until(() => new Set(receiver.payloads('event').map(({ event_id: id }) => id)).size === 8, 15_000);
  await until(() => waiting(server).length === 0, 10_000);
  await until(() => kept(server) === 8, 10_000);
});

test('what is dropped by the bounds is reported', { skip }, async (t) => {
  const before = await startReceiver(t);
  await before.close();
  const server = await start(t, before);
  const now = Date.now() * 1000;
  const payload = JSON.stringify({ event_id: '0'.repeat(32) });
  for (let i = 0; i < 1005; i++) {
    writeFileSync(join(server.dir, 'spool', `${now + i}-1-0.sentry`), `{}\n{"type":"event","length":${payload.length}}\n${payload}\n`);
  }
  await until(() => waiting(server).length === 1000, 10_000);
  const receiver = await startReceiver(t, { port: before.port });
  await receiver.waitFor('event', 1000, 20_000);
  assert.deepEqual(lost(receiver), { 'cache_overflow/error': 5 });
});

test('SENTRY_SAMPLE_RATE=0 sends none, and counts them; the site has them', { skip }, async (t) => {
  const receiver = await startReceiver(t);
  const server = await start(t, receiver, { SENTRY_SAMPLE_RATE: '0' });
  for (let i = 0; i < 2; i++) await debug(server);
  await until(() => kept(server) === 2, 10_000);
  await server.stop();
  assert.deepEqual(receiver.payloads('event'), []);
  assert.deepEqual(lost(receiver), { 'sample_rate/error': 2 });
});

test('TLS: a certificate nobody vouches for gets nothing; SSL_CERT_FILE vouches', { skip }, async (t) => {
  const dir = temporaryFolder();
  const made = spawnSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost',
    '-addext', 'subjectAltName=DNS:localhost', '-keyout', 'key.pem', '-out', 'cert.pem'], { cwd: dir });
  assert.equal(made.status, 0, String(made.stderr));
  const server = https.createServer({ key: readFileSync(join(dir, 'key.pem')), cert: readFileSync(join(dir, 'cert.pem')) });
  server.on('tlsClientError', () => {});
  const receiver = await startReceiver(t, { server });
  const SENTRY_DSN = `https://key0@localhost:${receiver.port}/1`;
  const distrusting = await runBeside(['monitor', 'test'], { SENTRY_DSN });
  assert.equal(distrusting.status, 1);
  assert.match(distrusting.stdout, /NOT taken: .*certificate/);
  assert.doesNotMatch(distrusting.stdout, /key0/);
  assert.equal(receiver.all.length, 0);
  const { stdout } = await runBeside(['monitor', 'test'], { SENTRY_DSN, SSL_CERT_FILE: join(dir, 'cert.pem') });
  assert.match(stdout, new RegExp(`Sentry, https://localhost:${receiver.port}/1: taken`));
  assert.equal(receiver.payloads('event').length, 1);
});

test('a proxy of the environment is used', { skip }, async (t) => {
  const receiver = await startReceiver(t);
  const asked = [];
  const proxy = http.createServer((request, response) => {
    asked.push(request.url);
    const onward = http.request(new URL(new URL(request.url).pathname, `http://127.0.0.1:${receiver.port}`),
      { method: 'POST', headers: request.headers }, (answer) => { response.writeHead(answer.statusCode); answer.pipe(response); });
    request.pipe(onward);
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  t.after(() => proxy.close());
  const { stdout } = await runBeside(['monitor', 'test'], {
    SENTRY_DSN: 'http://key0@sentry.invalid/1', http_proxy: `http://127.0.0.1:${proxy.address().port}`,
  });
  assert.match(stdout, /taken/);
  assert.deepEqual(asked, ['http://sentry.invalid/api/1/envelope/']);
  assert.equal(receiver.payloads('event').length, 1);
});

test('a spool that cannot be had harms no request', { skip }, async (t) => {
  const receiver = await startReceiver(t);
  const dir = temporaryFolder();
  writeFileSync(join(dir, 'spool'), 'a file');
  const server = await startServer({ t, dir, program: TEST_PROGRAM, env: { WEB_CONCURRENCY: '1', SENTRY_DSN: receiver.dsn } });
  assert.equal((await debug(server)).status, 500);
  assert.equal((await get(`${server.url}/probe/users/`)).status, 200);
  rmSync(join(dir, 'spool'));
});

test('no DSN, a wrong one, and one that names this site: a line of the log, and the site runs', { skip }, async (t) => {
  for (const [dsn, line] of [
    [undefined, /events are not sent: SENTRY_DSN is empty/],
    ['https://sentry.example/1', /events are not sent.*SENTRY_DSN is wrong: it has no key/],
  ]) {
    const server = await start(t, dsn ?? '', dsn === undefined ? { SENTRY_DSN: undefined } : {});
    await server.logged(line);
    assert.equal((await debug(server)).status, 500);
    await server.stop();
  }
  const own = await start(t, '', { ALLOWED_HOSTS: '127.0.0.1,www.example.com', SENTRY_DSN: 'https://key0@www.example.com/1' });
  await own.logged(/SENTRY_DSN names this very site/);
});

test('`check` and `monitor test` name a wrong DSN, without its key', () => {
  for (const args of [['monitor', 'test'], ['check']]) {
    const { status, stdout, stderr } = runCommand(args, { env: { SENTRY_DSN: 'ftp://key0:s3cret@sentry.example/1' } });
    assert.equal(status, 1);
    assert.match(stdout + stderr, /SENTRY_DSN is wrong: it begins with neither https/);
    assert.doesNotMatch(stdout + stderr, /key0|s3cret/);
  }
  assert.equal(runCommand(['monitor']).status, 2);
  assert.equal(runCommand(['monitor', 'drop']).status, 2);
  const bad = runCommand(['check'], { env: { SENTRY_SAMPLE_RATE: '1.5' } });
  assert.match(bad.stderr, /SENTRY_SAMPLE_RATE.*must be from 0 to 1/);
});
