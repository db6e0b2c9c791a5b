// A registry on loopback, of Docker's own program.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, get, until } from '../http/harness.mjs';

export const LOGIN = { Docker_username: 'acme', Docker_password: 'password' };

/** { address, start, stop }: keeps all in the folder, which also has its config.yml; asks for LOGIN where it is told to. */
export async function startRegistry(folder, { login = false } = {}) {
  const port = await freePort();
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'config.yml'), `version: 0.1
log: {level: warn}
storage: {filesystem: {rootdirectory: ${folder}/data}, delete: {enabled: true}}
http: {addr: "127.0.0.1:${port}"}
${login ? `auth: {htpasswd: {realm: test, path: ${folder}/htpasswd}}\n` : ''}`);
  if (login) writeFileSync(join(folder, 'htpasswd'), execFileSync('htpasswd', ['-Bin', LOGIN.Docker_username], { input: LOGIN.Docker_password }));
  const env = { ...process.env };
  delete env.REGISTRY_AUTH_FILE; // it would take that for a setting
  let child;
  const registry = {
    address: `127.0.0.1:${port}`,
    async start() {
      child = spawn('docker-registry', ['serve', join(folder, 'config.yml')], { env, stdio: 'ignore' });
      await until(async () => (await get(`http://${registry.address}/v2/`).catch(() => null)) !== null);
    },
    async stop() {
      child.kill();
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
  };
  await registry.start();
  return registry;
}
