// A receiver of Sentry's envelopes that answers as it is told.
import { once } from 'node:events';
import http from 'node:http';
import { gunzipSync } from 'node:zlib';
import { until } from './harness.mjs';

/** { header, items: [{ header, payload }] }; fails where the bytes are no envelope. */
export function readEnvelope(bytes) {
  let at = 0;
  const line = () => {
    const end = bytes.indexOf(10, at);
    const text = bytes.subarray(at, end < 0 ? bytes.length : end).toString('utf8');
    at = end < 0 ? bytes.length : end + 1;
    return JSON.parse(text);
  };
  const header = line();
  const items = [];
  while (at < bytes.length) {
    const itemHeader = line();
    const payload = bytes.subarray(at, at + itemHeader.length);
    at += itemHeader.length;
    if (at < bytes.length && bytes[at] !== 10) throw new Error(`no line break behind item ${items.length}`);
    at += 1;
    items.push({ header: itemHeader, payload: JSON.parse(payload.toString('utf8')) });
  }
  return { header, items };
}

/**
 * answer: a function of (request, response, count), or undefined for a plain 200. The requests that came are in `all`:
 * { headers, url, raw, header, items }.
 */
export async function startReceiver(t, { answer, port = 0, server = http.createServer() } = {}) {
  const receiver = { all: [], answer, tries: 0 };
  server.on('request', async (request, response) => {
    const parts = [];
    receiver.tries += 1;
    try {
      for await (const part of request) parts.push(part);
    } catch {
      return;
    }
    const raw = Buffer.concat(parts);
    const bytes = request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw;
    receiver.all.push({ headers: request.headers, url: request.url, raw: bytes, ...readEnvelope(bytes) });
    if (receiver.answer) receiver.answer(request, response, receiver.all.length);
    else response.end('{"id":"1"}');
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  receiver.port = server.address().port;
  receiver.dsn = `http://key0@127.0.0.1:${receiver.port}/prefix/7`;
  /** The payloads of that type so far. */
  receiver.payloads = (type) => receiver.all.flatMap(({ items }) => items)
    .filter(({ header }) => header.type === type).map(({ payload }) => payload);
  receiver.waitFor = (type, count, timeout = 10_000) => until(
    () => receiver.payloads(type).length >= count && receiver.payloads(type), timeout,
    () => `${receiver.payloads(type).length} of ${count} ${type} came`);
  receiver.close = () => new Promise((done) => {
    server.close(done);
    server.closeAllConnections();
  });
  t.after(receiver.close);
  return receiver;
}
