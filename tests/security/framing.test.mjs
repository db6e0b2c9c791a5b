// Only on SQLite: the answers come of no row.
// Requests that are to confuse whoever reads them: control bytes, several hosts, codings of the body
// that leave its end open, fields without number.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { raw, startServer, TEST_PROGRAM, until } from '../http/harness.mjs';

let server;
before(async () => { server = await startServer({ program: TEST_PROGRAM, env: { WEB_CONCURRENCY: '1' } }); });
after(() => server.stop());

const status = async (request) => Number((await raw(server.port, request, { until: /\r\n\r\n/ })).slice(9, 12));
const HOST = 'Host: localhost\r\n';

for (let byte = 1; byte < 256; byte++) {
  if (byte === 0x0a || byte === 0x20) continue; // these end the target
  const hex = byte.toString(16).padStart(2, '0');
  test(`a byte ${hex} in a query neither ends a worker nor reaches a header as it is`, async () => {
    const [worker] = server.workers();
    const target = `/probe/users?a=${String.fromCharCode(byte)}b`;
    const answer = await raw(server.port, `GET ${target} HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`);
    const expected = byte < 0x20 || byte === 0x7f ? [400] : [301];
    assert.ok(expected.includes(Number(answer.slice(9, 12))), answer);
    assert.match(/^location: .*$/im.exec(answer)?.[0] ?? '', /^[\x21-\x7e ]*$/);
    assert.deepEqual(server.workers(), [worker]);
  });
}

const REFUSED = {
  'two hosts where any host is taken': `GET /healthz HTTP/1.1\r\n${HOST}Host: example.com\r\n\r\n`,
  'a coding before chunked': `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: gzip, chunked\r\n\r\n`,
  'a coding that is not chunked': `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: identity\r\n\r\n`,
};
for (const [what, request] of Object.entries(REFUSED)) {
  test(`${what}: 400 at once`, async () => assert.equal(await status(request), 400));
}

test('a query of 4000 fields is answered', async () => {
  assert.equal(await status(`GET /probe/users/?${'a&'.repeat(4000)} HTTP/1.1\r\n${HOST}\r\n`), 200);
});

test('all of this left the first worker serving', async () => {
  await until(() => server.workers().length === 1);
  assert.ok(!server.log().some((line) => /ended by a signal/.test(line)));
});
