// A Docker engine of a test's own, where its programs are: its images lie below one folder and it ends with the test.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { until } from '../http/harness.mjs';
import { find, withoutContainers } from './world.mjs';

/** Why no Docker engine can be started here; false where one can. */
export function withoutDocker() {
  const missing = withoutContainers();
  if (missing) return missing;
  for (const program of ['dockerd', 'containerd', 'docker']) {
    if (!find(program)) return `there is no ${program}: no Docker engine can be started`;
  }
  return false;
}

/** { socket, end }: an engine that makes no networks, for which a container's is the machine's. */
export async function startDocker(folder) {
  const home = join(folder, 'docker');
  const socket = `unix://${home}/socket`;
  mkdirSync(home);
  // Docker's programs beside each other, as they come, before another client that may be here.
  const env = { ...process.env, PATH: `${dirname(find('containerd'))}:${process.env.PATH}:/usr/sbin`, DOCKER_HOST: socket };
  const child = spawn('dockerd', ['--data-root', join(home, 'data'), '--exec-root', join(home, 'run'), '--pidfile', join(home, 'pid'), '-H', socket,
    '--bridge', 'none', '--iptables=false', '--ip6tables=false', '--ip-forward=false', '--ip-masq=false',
    '--default-ulimit', 'nofile=1024:1024', '--default-ulimit', 'nproc=1000:1000'], { env, stdio: 'ignore' });
  await until(() => spawnSync('docker', ['info'], { env, stdio: 'ignore' }).status === 0, 30_000, () => `dockerd ended with ${child.exitCode}`);
  return {
    socket,
    path: env.PATH,
    docker: (...words) => execFileSync('docker', words, { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim(),
    async end() {
      child.kill();
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
}
