// Only on SQLite: the answers come of no row.
// Clients that take their time: each phase of a request has a deadline.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { get, startServer, TEST_PROGRAM } from './harness.mjs';
import { bytesOf, Wire } from './support.mjs';

describe('slow clients', { concurrency: true }, () => {
  let slow;
  before(async () => {
    slow = await startServer({ program: TEST_PROGRAM, env: { RECEIVE_TIMEOUT: '1',
      IDLE_TIMEOUT: '1', SEND_TIMEOUT: '1' } });
  });
  after(() => slow?.stop());

  const head = 'GET / HTTP/1.1\r\nHost: localhost\r\n';
  const ROWS = [
    ['sends nothing', [], null],
    ['sends a header byte by byte', [head, ...'X-Slow: '.padEnd(100, 'a')], null],
    ['sends header after header', [head, ...Array(100).fill('X-A: b\r\n')], null],
    ['sends the request line byte by byte', [...'GET /'.padEnd(100, 'a')], null],
    ['never ends its headers', [head], null],
    ['sends a body byte by byte', [bytesOf('POST /probe/echo/', { 'Content-Length': 100 }),
      ...'a'.repeat(100)], null],
    ['sends a body in chunks of a byte', [bytesOf('POST /probe/echo/',
      { 'Transfer-Encoding': 'chunked' }), ...Array(100).fill('1\r\na\r\n')], null],
    ['never sends the body it announced', [bytesOf('POST /probe/echo/', { 'Content-Length': 100 })],
      null],
    ['is idle after an answer', [bytesOf('GET /', { Connection: 'keep-alive' })], 200],
    ['dribbles a second request', [bytesOf('GET /', { Connection: 'keep-alive' }),
      ...Array(100).fill('G')], 200],
  ];
  for (const [name, parts, status] of ROWS) {
    test(`one that ${name} is shut out when its time is over`, async () => {
      const started = Date.now();
      const wire = await Wire.open(slow.port);
      const sending = (async () => {
        for (const part of parts) {
          if (wire.closed) break;
          wire.send(part);
          await sleep(50);
        }
      })();
      const answer = await wire.answer({ timeout: 4000 });
      assert.equal(answer?.status ?? null, status);
      await wire.ended(4000);
      assert.ok(Date.now() - started > 800, `only ${Date.now() - started} ms`);
      wire.close();
      await sending;
    });
  }

  // Python can make a client whose buffers hold next to nothing.
  const READER = `
import socket, sys, time
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
s.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
s.connect(("127.0.0.1", int(sys.argv[1])))
s.sendall(b"GET /probe/large/?kb=64 HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n")
time.sleep(float(sys.argv[2]))
count = 0
try:
    while part := s.recv(65536):
        count += len(part)
except ConnectionResetError:
    pass
print(count)`;
  for (const [name, seconds, isWhole] of [['reads after a second', 1, true],
    ['does not read', 8, false]]) {
    test(`one that ${name} ${isWhole ? 'gets it all' : 'is given up'}`, async () => {
      const child = spawn('python3', ['-c', READER, String(slow.port), String(seconds)],
        { stdio: ['ignore', 'pipe', 'inherit'] });
      const [count] = await once(child.stdout, 'data');
      assert.equal(Number(count) > 64 * 1024, isWhole, `${count} bytes`);
    });
  }

  test('the others are served meanwhile', async () => {
    for (let i = 0; i < 20; i++) {
      assert.equal((await get(`${slow.url}/`, { timeout: 1000 })).status, 200);
      await sleep(100);
    }
  });
});
