// node relay.mjs HOST PORT: what comes to the listener that its parent sends, which is of another network, goes on to there.
import net from 'node:net';

const [host, port] = process.argv.slice(2);

process.on('message', (_, listener) => {
  listener.on('connection', (client) => {
    const server = net.connect({ host, port: Number(port), noDelay: true });
    client.setNoDelay(true);
    for (const [from, to] of [[client, server], [server, client]]) {
      from.pipe(to);
      from.on('error', () => to.resetAndDestroy());
    }
  });
  process.send('accepts');
});
