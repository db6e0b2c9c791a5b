// Only on SQLite: connections are closed and processes renewed in the same way; tests/faults/balancer does it on PostgreSQL.
// A stop and a renewal answer every request of which a worker has read bytes, and wait for nothing else.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startServer, TEST_PROGRAM } from '../http/harness.mjs';
import { bytesOf, Wire } from '../http/support.mjs';

const KEPT = { Connection: 'keep-alive' };
const SLOW = bytesOf('GET /probe/slow/?ms=700', KEPT);
const QUICK = bytesOf('GET /healthz', KEPT);
const POST = bytesOf('POST /probe/echo/', { ...KEPT, 'Content-Length': '5' }, 'hello');
const CHUNKED = bytesOf('POST /probe/echo/', { ...KEPT, 'Transfer-Encoding': 'chunked' },
  '5\r\nhello\r\n0\r\n\r\n');
const half = (bytes) => [bytes.slice(0, 9), bytes.slice(9)];

// What a client sends and has answered at first, what it has under way at the signal, what it sends
// afterwards, and how many answers follow.
const ROWS = [
  ['three pipelined requests', '', 0, SLOW + QUICK + QUICK, '', 3],
  ['pipelined requests with bodies', '', 0, POST + SLOW + POST + POST + QUICK, '', 5],
  ['requests behind a body in chunks', '', 0, SLOW + CHUNKED + QUICK, '', 3],
  ['requests behind an empty line', '', 0, `${SLOW}\r\n${QUICK}\r\n${QUICK}`, '', 3],
  ['a request line that has begun behind another request', '', 0,
    SLOW + half(QUICK)[0], half(QUICK)[1], 2],
  ['a request line that has begun on a new connection', '', 0, ...half(QUICK), 1],
  ['a request line that has begun on a kept connection', QUICK + POST, 2, ...half(QUICK), 1],
  ['headers that have begun', QUICK, 1, QUICK.slice(0, -3), QUICK.slice(-3), 1],
  ['a body that has begun', QUICK, 1, POST.slice(0, -3), POST.slice(-3), 1],
  ['a body in chunks that has begun', CHUNKED, 1, CHUNKED.slice(0, -9), CHUNKED.slice(-9), 1],
];

for (const signal of ['SIGTERM', 'SIGHUP']) {
  describe(signal.slice(3), { concurrency: 4 }, () => {
    for (const [words, before, answered, during, later, count] of ROWS) {
      test(`answers ${words}`, async (t) => {
        const server = await startServer({ t, program: TEST_PROGRAM, env: { WEB_CONCURRENCY: '1' } });
        const wire = await Wire.open(server.port);
        if (before) wire.send(before);
        for (let i = 0; i < answered; i++) assert.equal((await wire.answer()).status, 200);
        wire.send(during);
        await sleep(150); // for the worker to read it
        process.kill(server.pid, signal);
        await sleep(300);
        if (later) wire.send(later);
        for (let i = 0; i < count; i++) {
          const answer = await wire.answer();
          assert.equal(answer?.status, 200, `answer ${i + 1} of ${count}`);
          if (i < count - 1) assert.equal(answer.headers.connection, undefined);
        }
        await wire.ended(5000);
        await server.stop({ signal: signal === 'SIGTERM' ? null : 'SIGTERM' });
      });
    }
  });
}

test('TERM waits only some seconds for a client that sent nothing but an empty line', async (t) => {
  const server = await startServer({ t, env: { WEB_CONCURRENCY: '1' } });
  const wire = await Wire.open(server.port);
  wire.send(`${QUICK}\r\n`);
  assert.equal((await wire.answer()).status, 200);
  const from = performance.now();
  await server.stop();
  assert.ok(performance.now() - from < 6000, 'the stop waited for it');
});

test('TERM says close to a client whose next request has not come', async (t) => {
  const server = await startServer({ t, program: TEST_PROGRAM, env: { WEB_CONCURRENCY: '1' } });
  const wire = await Wire.open(server.port);
  for (let i = 0; i < 3; i++) {
    wire.send(QUICK + POST);
    for (let k = 0; k < 2; k++) assert.equal((await wire.answer()).headers.connection, undefined);
  }
  wire.send(SLOW);
  await sleep(150);
  process.kill(server.pid, 'SIGTERM');
  assert.equal((await wire.answer()).headers.connection, 'close');
  await server.stop({ signal: null });
});
