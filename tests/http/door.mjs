// A proxy before PostgreSQL.
import { once } from 'node:events';
import net from 'node:net';
import { Transform } from 'node:stream';

const NOTIFICATION = 'A'.charCodeAt(0);

/** Passes on what a server says, but for its notifications (postgresql.org/docs/15/protocol-message-formats.html). */
const withoutNotifications = () => {
  let rest = Buffer.alloc(0);
  return new Transform({
    transform(part, encoding, done) {
      rest = Buffer.concat([rest, part]);
      for (let length; rest.length >= 5 && rest.length >= (length = 1 + rest.readUInt32BE(1)); rest = rest.subarray(length)) {
        if (rest[0] !== NOTIFICATION) this.push(rest.subarray(0, length));
      }
      done();
    },
  });
};

/** An address behind which there is now this server, now that one: { leadsTo, url(name) }; it ends with test t. */
export async function startDoor(t, port, { silent = false } = {}) {
  const door = { leadsTo: port };
  const sockets = new Set();
  const listening = net.createServer((from) => {
    const to = net.connect(door.leadsTo, '127.0.0.1');
    for (const [one, other] of [[from, to], [to, from]]) {
      sockets.add(one);
      one.on('error', () => {}).on('close', () => other.destroy());
    }
    from.pipe(to);
    (silent ? to.pipe(withoutNotifications()) : to).pipe(from);
  }).listen(0, '127.0.0.1');
  await once(listening, 'listening');
  t.after(() => {
    listening.close();
    for (const socket of sockets) socket.destroy();
  });
  door.url = (name) => `postgres://oc@127.0.0.1:${listening.address().port}/${name}?sslmode=disable`;
  return door;
}
