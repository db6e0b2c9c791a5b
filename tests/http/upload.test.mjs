// Only on SQLite: the answers come of no row.
// Forms with files, as browsers send them, and as nobody should.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { get, raw, SANITIZED, startServer, TEST_PROGRAM } from './harness.mjs';

const BOUNDARY = '----WebKitFormBoundary7MA4YWxkTrZu0gW';
const TYPE = `multipart/form-data; boundary=${BOUNDARY}`;
const MB = 1024 * 1024;

const part = (name, value, filename, type = 'text/csv') => Buffer.concat([
  Buffer.from(`--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"`),
  Buffer.from(filename === undefined ? '\r\n\r\n' : `; filename="${filename}"\r\nContent-Type: ${type}\r\n\r\n`),
  Buffer.from(value), Buffer.from('\r\n'),
]);
const END = Buffer.from(`--${BOUNDARY}--\r\n`);
const form = (...parts) => Buffer.concat([...parts, END]);

function sumOf(bytes) {
  let sum = 0;
  for (const byte of bytes) sum = (Math.imul(sum, 31) + byte) >>> 0;
  return sum;
}

function noise(length) {
  const bytes = Buffer.alloc(length);
  let state = 1;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

describe('a form with a file', () => {
  let server;
  before(async () => {
    server = await startServer({ program: TEST_PROGRAM, env: { WEB_CONCURRENCY: '1' } });
  });
  after(() => server?.stop());

  const send = (body, headers = {}, path = 'upload') => get(`${server.url}/probe/${path}/`,
    { method: 'POST', headers: { 'Content-Type': TYPE, ...headers }, body });

  for (const length of [0, 1, 200_000, 262_144, 262_145, 5 * MB]) {
    test(`of ${length} bytes arrives as it was sent`, async () => {
      const bytes = noise(length);
      const { status, text } = await send(form(part('a', '1 & 2=é'), part('file', bytes, '../b.csv'),
        part('a', '3')));
      assert.equal(status, 200);
      assert.equal(text, `a=1 & 2=é\na=3\nfile=b.csv text/csv ${length} ${sumOf(bytes)}\n`);
    });
  }

  test('in chunks arrives too', async () => {
    const bytes = noise(MB);
    const { text } = await send(form(part('file', bytes, 'b.csv')), { 'Transfer-Encoding': 'chunked' });
    assert.equal(text, `file=b.csv text/csv ${MB} ${sumOf(bytes)}\n`);
  });

  test('of a browser where none was chosen has none', async () => {
    const { text } = await send(form(part('a', ''), part('file', '', '', 'application/octet-stream')));
    assert.equal(text, 'a=\n');
  });

  test('beside a form without one', async () => {
    const { text } = await send('a=1+%26&b=%FF&&c', { 'Content-Type': 'application/x-www-form-urlencoded' });
    assert.equal(text, 'a=1 &\nc=\n');
    assert.equal((await send('a=1', { 'Content-Type': 'text/plain' })).text, '');
  });

  test('is kept out of memory where it is large', { skip: SANITIZED }, async () => {
    const [worker] = server.workers();
    const anonymous = () => Number(/RssAnon:\s+(\d+)/.exec(readFileSync(`/proc/${worker}/status`, 'utf8'))[1]);
    const body = form(part('file', noise(15 * MB), 'b.csv'));
    await send(body);
    const memory = anonymous();
    for (let i = 0; i < 3; i++) assert.equal((await send(body)).status, 200);
    assert.ok(anonymous() - memory < 4000, `${anonymous() - memory} kB more`);
    assert.ok(memory < 60_000, `${memory} kB`);
  });

  test('that is too large is refused, announced or not', async () => {
    const body = Buffer.alloc(21 * MB, 'a');
    const head = `POST /probe/upload/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: ${TYPE}\r\n`;
    assert.match(await raw(server.port, `${head}Content-Length: ${body.length}\r\n\r\n`), /^HTTP\/1\.1 413 /);
    const { status } = await send(body, { 'Transfer-Encoding': 'chunked' });
    assert.equal(status, 413);
  });

  const BROKEN = [
    ['without a boundary', form(part('a', '1')), 'multipart/form-data'],
    ['with another boundary', form(part('a', '1')), 'multipart/form-data; boundary=other'],
    ['that breaks off', part('a', '1'), TYPE],
    ['with 10,000 fields', form(...Array(10_000).fill(part('a', '1'))), TYPE],
    ['within a form', form(part('a', '', 'b', 'multipart/mixed; boundary=c')), TYPE],
    ['with headers that do not end', Buffer.from(`--${BOUNDARY}\r\n${'X-A: b\r\n'.repeat(100_000)}`), TYPE],
    ['of nothing', Buffer.alloc(0), TYPE],
  ];
  for (const [name, body, type] of BROKEN) {
    test(`${name} is refused`, async () => {
      const { status, text } = await send(body, { 'Content-Type': type });
      assert.equal(status, 400);
      assert.match(text, /did not arrive whole/);
      assert.equal((await send(form(part('a', '1')))).text, 'a=1\n');
    });
  }

  test('needs the token of its form', async () => {
    const token = 'a'.repeat(32);
    const headers = { Cookie: `csrftoken=${token}` };
    const file = part('file', 'x', 'b.csv');
    assert.equal((await send(form(file), headers, 'guarded-upload')).status, 403);
    assert.equal((await send(form(part('csrfmiddlewaretoken', 'b'.repeat(32)), file), headers,
      'guarded-upload')).status, 403);
    assert.equal((await send(form(part('csrfmiddlewaretoken', token, 'token'), file), headers,
      'guarded-upload')).status, 403);
    assert.equal((await send(form(part('csrfmiddlewaretoken', token), file), headers,
      'guarded-upload')).status, 200);
  });
});
