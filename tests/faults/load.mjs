// Steady load for the tests that disturb the processes: clients on kept connections, each sending
// the next request as soon as the last is answered, and a new connection when the server closes one.
import net from 'node:net';
import { skipWithoutModule } from '../http/harness.mjs';

/** One that reads the database, where there is the module for it. */
const PAGE = skipWithoutModule('lettings') ? '/' : '/lettings/1/';

const REQUEST = ({ path, host }) => `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;

/** The end of the first whole answer in the bytes, or -1. */
function answerEnd(bytes) {
  const head = bytes.indexOf('\r\n\r\n');
  if (head < 0) return -1;
  const length = /\r\ncontent-length: (\d+)/i.exec(bytes.slice(0, head))?.[1];
  const end = head + 4 + Number(length ?? 0);
  return bytes.length >= end ? end : -1;
}

class Client {
  constructor(load, index) {
    this.load = load;
    this.index = index;
    this.connect();
  }

  connect() {
    if (this.load.stopping) return;
    this.bytes = '';
    this.sentAt = 0;
    this.answered = 0;
    this.waited = 0;
    const socket = net.connect({ port: this.load.port, host: '127.0.0.1', noDelay: true });
    this.socket = socket;
    socket.setEncoding('latin1');
    socket.on('connect', () => {
      this.localPort = socket.localPort;
      this.send();
    });
    socket.on('data', (part) => this.receive(part));
    socket.on('error', (error) => { this.reason = error.code; });
    socket.on('close', () => this.closed());
  }

  send() {
    if (this.load.stopping) { this.socket.end(); return; }
    this.sentAt = performance.now();
    this.socket.write(REQUEST(this.load));
  }

  receive(part) {
    this.bytes += part;
    const end = answerEnd(this.bytes);
    if (end < 0) return;
    const answer = this.bytes.slice(0, end);
    const status = Number(answer.slice(9, 12));
    this.waited = performance.now() - this.sentAt;
    this.load.answers.push({ client: this.index, status, ms: this.waited });
    this.sentAt = 0;
    this.answered++;
    this.bytes = this.bytes.slice(end);
    if (/\r\nconnection: close/i.test(answer)) this.socket.end();
    else this.send();
  }

  closed() {
    if (this.sentAt) {
      this.load.failures.push({
        client: this.index, at: performance.now(), sentAt: this.sentAt, reason: this.reason ?? 'closed',
        received: this.bytes.length, answered: this.answered, localPort: this.localPort, waited: this.waited,
      });
    } else if (this.reason) {
      this.load.refusals.push({ client: this.index, at: performance.now(), reason: this.reason });
    }
    this.reason = undefined;
    setTimeout(() => this.connect(), this.sentAt ? 5 : 0);
  }
}

/** Starts the clients. failures: requests sent and not wholly answered, with how many
 *  answers their connection had before, and how long (ms) the last of these took to be read here; refusals: no connection. */
export function startLoad(port, { clients = 16, path = PAGE, host = 'localhost' } = {}) {
  const load = { port, path, host, answers: [], failures: [], refusals: [], stopping: false };
  const all = Array.from({ length: clients }, (_, index) => new Client(load, index));
  load.stop = async () => {
    load.stopping = true;
    await new Promise((done) => setTimeout(done, 100));
    for (const client of all) client.socket.destroy();
  };
  return load;
}
