// Only on SQLite: the answers come of no row.
// Answers that are made while they are sent: who reads them slowly, goes away, or stops the server meanwhile.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { get, raw, SANITIZED, startServer, TEST_PROGRAM, until } from './harness.mjs';

const ONE = { WEB_CONCURRENCY: '1' };
const LINE = '0123456789abcde\n';
const start = (env = {}) => startServer({ program: TEST_PROGRAM, env: { ...ONE, ...env } });
const stream = (server, query, options) => get(`${server.url}/probe/stream/?${query}`, options);

// A mark is a byte in a file; streams of one server leave them one after the other.
function marks(server, name) {
  try {
    return readFileSync(join(server.dir, name)).length;
  } catch {
    return 0;
  }
}

function memoryOf(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);
}

/** A client that has asked and reads nothing until it is told to. */
async function asking(server, query) {
  const socket = net.connect(server.port, '127.0.0.1');
  await once(socket, 'connect');
  socket.pause();
  socket.on('error', () => {});
  socket.write(`GET /probe/stream/?${query} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
  return socket;
}

async function bytesOf(socket) {
  let count = 0;
  let end = '';
  socket.on('data', (part) => {
    count += part.length;
    end = (end + part.toString('latin1')).slice(-7);
  }).resume();
  await once(socket, 'close');
  return { count, isWhole: end === '\r\n0\r\n\r\n' };
}

async function flushed(server, pattern) {
  await get(`${server.url}/probe/flush/`);
  return server.logged(pattern);
}

describe('a streamed answer', () => {
  let server;
  before(async () => { server = await start(); });
  after(() => server?.stop());

  test('arrives whole, in chunks, uncompressed', async () => {
    const { status, headers, text } = await stream(server, 'kb=300',
      { headers: { 'Accept-Encoding': 'gzip' } });
    assert.equal(status, 200);
    assert.equal(headers['transfer-encoding'], 'chunked');
    assert.equal(headers['content-encoding'], undefined);
    assert.equal(headers.etag, undefined);
    assert.equal(headers['cache-control'], 'no-cache');
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.ok(text === LINE.repeat(300 * 64), `${text.length} bytes`);
  });

  test('may be empty, and a connection goes on behind it', async () => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    for (const kb of [0, 1, 100, 0, 7]) {
      const { status, text } = await stream(server, `kb=${kb}`, { agent });
      assert.equal(status, 200);
      assert.equal(text.length, kb * 1024);
    }
    agent.destroy();
  });

  test('begins before it is made', async () => {
    const started = Date.now();
    const answer = await raw(server.port, 'GET /probe/stream/?kb=256&ms=400 HTTP/1.1\r\nHost: localhost\r\n'
      + 'Connection: close\r\n\r\n', { until: /0123456789abcde/, timeout: 5000 });
    assert.match(answer, /^HTTP\/1\.1 200 /);
    assert.ok(Date.now() - started < 1500, `${Date.now() - started} ms`);
  });

  test('has a line in the log, with its bytes, when it is over', async () => {
    await stream(server, 'kb=77');
    assert.match(await flushed(server, /stream\/\?kb=77/), /"?bytes"?[=:]78848\b/);
  });

  test('is asked for its headers with HEAD', async () => {
    const before = marks(server, 'stream-began');
    const answer = await raw(server.port,
      'HEAD /probe/stream/?kb=9 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    assert.match(answer, /^HTTP\/1\.1 200 [^]*\r\n\r\n$/);
    assert.equal(answer.indexOf('\r\n\r\n') + 4, answer.length, 'nothing follows the headers');
    assert.match(answer, /text\/plain/);
    assert.equal(marks(server, 'stream-began'), before);
  });

  test('is without chunks for HTTP/1.0', async () => {
    const answer = await raw(server.port, 'GET /probe/stream/?kb=2 HTTP/1.0\r\nHost: localhost\r\n\r\n');
    assert.doesNotMatch(answer, /chunked/i);
    assert.equal(answer.slice(answer.indexOf('\r\n\r\n') + 4), LINE.repeat(128));
  });

  test('that fails is broken off, which the client sees and the log says', async () => {
    await assert.rejects(stream(server, 'kb=100&fail=1'));
    assert.match(await flushed(server, /a streamed answer is not complete/), /as it was told to/);
    assert.match(await flushed(server, /kb=100&fail=1.*broken off/), /broken off/);
    assert.equal((await stream(server, 'kb=1')).status, 200);
  });
});

describe('clients of streamed answers', () => {
  let server;
  before(async () => { server = await start({ SEND_TIMEOUT: '2' }); });
  after(() => server?.stop());

  test('who read slowly hold neither threads nor memory', async () => {
    await stream(server, 'kb=64');
    const [worker] = server.workers();
    const ended = marks(server, 'stream-ended');
    const memory = memoryOf(worker);
    const sockets = await Promise.all(Array.from({ length: 6 }, () => asking(server, 'kb=20000')));
    await until(() => marks(server, 'stream-ended') === ended + 6, 8000);
    const grown = memoryOf(worker) - memory;
    assert.ok(SANITIZED || grown < 20_000, `${grown} kB more for 120 MB of answers`);
    assert.equal((await stream(server, 'kb=1')).status, 200);
    for (const { count, isWhole } of await Promise.all(sockets.map(bytesOf))) {
      assert.ok(count > 20_000 * 1024);
      assert.ok(isWhole);
    }
  });

  test('who do not read at all are given up', async () => {
    const socket = await asking(server, 'kb=60000');
    await until(async () => {
      await get(`${server.url}/probe/flush/`);
      return server.log().some((line) => /kb=60000.*broken off/.test(line));
    }, 12_000);
    assert.equal((await bytesOf(socket)).isWhole, false);
  });

  test('who go away end the making', async () => {
    const gone = marks(server, 'stream-gone');
    const began = marks(server, 'stream-began');
    const socket = await asking(server, 'kb=64000&ms=20');
    await until(() => marks(server, 'stream-began') > began);
    socket.resetAndDestroy();
    await until(() => marks(server, 'stream-gone') === gone + 1, 8000);
    assert.equal((await stream(server, 'kb=1')).status, 200);
  });

  test('who go away before it begins leave nothing', async () => {
    for (let i = 0; i < 20; i++) {
      const socket = await asking(server, 'kb=500&ms=1');
      if (i % 2) await sleep(2);
      socket.resetAndDestroy();
    }
    await until(async () => (await stream(server, 'kb=1')).status === 200, 8000);
  });

  test('who are too many are told to come again', async () => {
    const asked = Array.from({ length: 20 }, () => stream(server, 'kb=256&ms=150'));
    await sleep(100);
    assert.equal((await get(`${server.url}/probe/users/`)).status, 200);
    const answers = await Promise.all(asked);
    const taken = answers.filter(({ status }) => status === 200);
    const refused = answers.filter(({ status }) => status === 503);
    assert.ok(taken.length >= 6 && refused.length >= 1, `${taken.length}, ${refused.length}`);
    assert.equal(taken.length + refused.length, 20);
    for (const { text } of taken) assert.equal(text.length, 256 * 1024);
    for (const { headers } of refused) assert.ok(headers['retry-after']);
  });
});

describe('a stop', () => {
  test('waits for streamed answers on their way', async (t) => {
    const server = await start();
    t.after(() => server.stop());
    const began = marks(server, 'stream-began');
    const answer = stream(server, 'kb=512&ms=100');
    await until(() => marks(server, 'stream-began') > began);
    const stopped = server.stop();
    assert.equal((await answer).text.length, 512 * 1024);
    await stopped;
  });

  test('does not wait for ever for one', async () => {
    const server = await start({ SHUTDOWN_TIMEOUT: '1' });
    const socket = await asking(server, 'kb=640&ms=900');
    await until(() => marks(server, 'stream-began'));
    const started = Date.now();
    const ending = bytesOf(socket);
    await server.stop();
    assert.ok(server.log().some((line) => /stopped before all requests/.test(line)));
    assert.ok(Date.now() - started < 6000);
    assert.equal((await ending).isWhole, false);
  });
});
