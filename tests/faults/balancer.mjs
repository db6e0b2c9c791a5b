// The real haproxy with deploy/haproxy.cfg before instances of the site.
import { spawn, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { freePort, get, ROOT, temporaryFolder, until } from '../http/harness.mjs';
import { endBehind } from '../http/support.mjs';

export const skipWithoutHaproxy = () => (spawnSync('haproxy', ['-v']).status === 0 ? false : 'no haproxy (script/bootstrap test)');

/** Before servers at these ports of this machine: { url, port, stateOf(index) }; it ends with test t. */
export async function startBalancer(t, ports, { scheme = 'https' } = {}) {
  const dir = temporaryFolder();
  const [port, metrics] = [await freePort(), await freePort()];
  const socket = join(dir, 'stats');
  const servers = join(dir, 'servers.cfg');
  writeFileSync(servers, `backend site\n    balance leastconn\n${ports.map((each, i) => `    server site-${i} 127.0.0.1:${each}\n`).join('')}`);
  const child = spawn('haproxy', ['-db', '-f', join(ROOT, 'deploy/haproxy.cfg'), '-f', servers], {
    env: { PATH: process.env.PATH, FRONT_BIND: `127.0.0.1:${port}`, METRICS_BIND: `127.0.0.1:${metrics}`, STATS_SOCKET: socket, FRONT_SCHEME: scheme },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (text) => { errors += text; });
  endBehind(t, child);
  const states = () => new Promise((done) => {
    let text = '';
    net.connect(socket).on('data', (part) => { text += part; }).on('error', () => done(null))
      .on('close', () => done(text.split('\n').map((line) => line.split(',')).filter((row) => row[0] === 'site' && row[1]?.startsWith('site-')).map((row) => row[17])))
      .end('show stat\n');
  });
  const balancer = {
    url: `http://127.0.0.1:${port}`,
    port,
    metrics: `http://127.0.0.1:${metrics}/metrics`,
    /** "UP", "DOWN", "UP 1/2" … of each server. */
    states,
    /** Waits until a server is as said. */
    async sees(index, pattern, timeout = 10_000) {
      let seen;
      await until(async () => pattern.test((seen = await states())?.[index] ?? ''), timeout, () => `haproxy sees ${seen}\n${errors}`);
    },
  };
  await until(() => get(`${balancer.url}/healthz`, { timeout: 1000 }).then(({ status }) => status === 200, () => false), 10_000, () => `haproxy does not answer: ${errors}`);
  return balancer;
}
