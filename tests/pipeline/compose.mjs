// deploy/compose.yaml by Docker's compose, which speaks to podman. Networks, packet filters, mounts and processes are in
// namespaces of their own and end with them.
import assert from 'node:assert/strict';
import { execFileSync, fork, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from '../http/harness.mjs';
import { postgresPrograms } from '../postgres.mjs';
import { collect, find, KEPT, run, unable, withoutContainers } from './world.mjs';

const RELAY = fileURLToPath(new URL('relay.mjs', import.meta.url));
const ALONE = ['--net', '--mount', '--propagation', 'private', '--pid', '--fork', '--kill-child', '--mount-proc'];

/** Why the file cannot be brought up here; false where it can. */
export function withoutCompose() {
  const missing = withoutContainers();
  if (missing) return missing;
  for (const program of ['docker-compose', 'iptables', 'haproxy', '/usr/lib/podman/netavark', '/usr/lib/podman/aardvark-dns']) {
    if (!find(program)) return `there is no ${program} (script/bootstrap soak)`;
  }
  if (!postgresPrograms()) return 'there is no PostgreSQL server (script/bootstrap soak)';
  const { status, stderr } = spawnSync('unshare', [...ALONE, 'sh', '-c',
    'PATH=$PATH:/usr/sbin && ip link add name try type bridge && iptables -t nat -A POSTROUTING -j MASQUERADE'], { encoding: 'utf8' });
  if (status !== 0) return `no bridge or packet filter can be made here: ${stderr.trim().split('\n').pop()}`;
  return unable();
}

// Stand-ins of this machine's own programs by the official images' names, which start and stop as those do.
const FRONT = `#!/bin/sh
set -e
if [ "$1" = haproxy ]; then
  shift
  set -- haproxy -W -db "$@"
fi
exec "$@"
`;
// As in the official one, a server that listens on its socket alone is there for a while before the one that stays.
const DATABASE = `#!/bin/sh
set -e
if [ "$(id -u)" = 0 ]; then
  mkdir -p "$PGDATA" /var/run/postgresql
  chown postgres "$PGDATA" /var/run/postgresql
  chmod 700 "$PGDATA"
  exec setpriv --reuid=999 --regid=999 --clear-groups "$0" "$@"
fi
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  printf %s "$POSTGRES_PASSWORD" >/tmp/password
  initdb -D "$PGDATA" -U "$POSTGRES_USER" --pwfile=/tmp/password --auth-local=trust --auth-host=scram-sha-256 -E UTF8 --locale=C.UTF-8
  rm /tmp/password
  echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
  pg_ctl -D "$PGDATA" -o "-c listen_addresses=''" -w start
  psql -U "$POSTGRES_USER" -d postgres -c "CREATE DATABASE \\"$POSTGRES_DB\\""
  sleep 4
  pg_ctl -D "$PGDATA" -m fast -w stop
fi
exec "$@" -D "$PGDATA" -c "listen_addresses=*"
`;

// passwd names whom it runs as.
function makeImage(world, name, { programs, files = [], entry, passwd, changes }) {
  const root = join(world.folder, name.replace(/\W+/g, '-'));
  collect(root, programs);
  for (const path of files) execFileSync('cp', ['-r', '--parents', path, root]);
  mkdirSync(join(root, 'etc'));
  writeFileSync(join(root, 'etc/passwd'), `root:x:0:0::/:/bin/sh\n${passwd}\n`);
  writeFileSync(join(root, 'entry'), entry, { mode: 0o755 });
  execFileSync('tar', ['-cf', `${root}.tar`, '-C', root, '.']);
  execFileSync('podman', ['import', '-q', ...[...changes, 'ENTRYPOINT ["/entry"]'].flatMap((change) => ['--change', change]), `${root}.tar`, name],
    { env: world.env, stdio: ['ignore', 'ignore', 'pipe'] });
}

function makeImages(world) {
  makeImage(world, 'docker.io/library/haproxy:2.6', {
    programs: ['sh', 'haproxy'],
    entry: FRONT,
    passwd: 'haproxy:x:99:99::/:/bin/sh',
    changes: ['ENV PATH=/usr/bin', 'USER 99:99', 'STOPSIGNAL SIGUSR1'],
  });
  const programs = postgresPrograms();
  makeImage(world, 'docker.io/library/postgres:15', {
    programs: ['sh', 'id', 'mkdir', 'chown', 'chmod', 'setpriv', 'sleep', 'rm', ...['initdb', 'postgres', 'pg_ctl', 'psql', 'pg_isready'].map((name) => join(programs, name))],
    files: [join(programs, '../lib'), join('/usr/share/postgresql', basename(dirname(programs))), '/usr/share/zoneinfo', '/usr/lib/locale/C.utf8'],
    entry: DATABASE,
    passwd: 'postgres:x:999:999::/:/bin/sh',
    changes: [`ENV PATH=${programs}:/usr/bin`, 'ENV PGDATA=/var/lib/postgresql/data', 'STOPSIGNAL SIGINT', 'VOLUME /var/lib/postgresql/data', 'CMD ["postgres"]'],
  });
  execFileSync('podman', ['tag', `${KEPT}:latest`, 'docker.io/acme/oc-lettings'], { env: world.env });
}

// What a machine's systemd does: a bridge keeps its hardware address, which else changes as containers come and go and leads
// those that know it astray for half a minute; and the healthchecks are run. A container whose end podman 4.3 has noticed but
// not dealt with, for which compose would wait for ever, is cleaned up once more.
const INSIDE = `mount -t tmpfs tmpfs /run && mount -t tmpfs tmpfs /dev/shm && ip link set lo up
address=02:00:00:00:00:01
ip -o monitor link | while read -r _ name rest; do
  case $name$rest in
  *$address*) ;;
  podman*) ip link set "\${name%:}" address $address ;;
  esac
done &
while sleep 1; do
  for each in $(podman ps -q --filter health=starting); do podman healthcheck run "$each"; done
  stopped=$(podman ps -aq --filter status=stopped)
  for each in $stopped; do
    case $before in *$each*) podman container cleanup "$each" ;; esac
  done
  before=$stopped
done &
podman system service -t 0 "$DOCKER_HOST" &
wait`;
const CLIENT = `#!/bin/sh
[ "$1" = compose ] || exec podman "$@"
shift
exec docker-compose "$@"
`;

/**
 * Podman with the images that the file names, and with networks. sh(script) runs it where these are, with the commands
 * docker and docker compose, and gives what it prints; forward(port, host) gives the port of this machine that leads
 * to one there.
 */
export async function startEngine(world) {
  appendFileSync(world.env.CONTAINERS_CONF, `[network]\nnetwork_backend = "netavark"\nnetwork_config_dir = "${world.folder}/networks"\n`);
  makeImages(world);
  const [socket, bin] = ['socket', 'bin'].map((name) => join(world.folder, name));
  mkdirSync(bin);
  writeFileSync(join(bin, 'docker'), CLIENT, { mode: 0o755 });
  // And nothing that the file would read.
  const { CONTAINERS_CONF, CONTAINERS_STORAGE_CONF, TMPDIR, HOME } = world.env;
  const env = { CONTAINERS_CONF, CONTAINERS_STORAGE_CONF, TMPDIR, HOME, PATH: `${bin}:${process.env.PATH}:/usr/sbin`, DOCKER_HOST: `unix://${socket}`, DISABLE_HC_SYSTEMD: 'true' };
  const log = openSync(join(world.folder, 'service.log'), 'w');
  const child = spawn('unshare', [...ALONE, 'sh', '-c', INSIDE], { env, stdio: ['ignore', log, log] });
  await until(() => existsSync(socket), 30_000, () => `no service: ${readFileSync(join(world.folder, 'service.log'), 'utf8')}`);
  const [first] = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').split(' ');
  const enter = ['-t', first, '--net', '--mount', '--pid', '--wd=.'];
  const relays = [];
  const runInside = (script) => run(['nsenter', ...enter, 'timeout', '-k', '5', '300', 'bash', '--norc', '-euo', 'pipefail', '-c', script], { env });
  return {
    async sh(script) {
      const { status, out } = await runInside(script);
      assert.equal(status, 0, `${script}\n${out}`);
      return out.trim();
    },
    async forward(port, host = '127.0.0.1') {
      const server = net.createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      const relay = fork(RELAY, [host, String(port)], { execPath: 'nsenter', execArgv: ['-t', first, '--net', process.execPath] });
      relays.push(relay);
      relay.send('listens', server);
      const [accepts] = await once(relay, 'message');
      assert.equal(accepts, 'accepts');
      const { port: here } = server.address();
      server.close();
      return here;
    },
    async end() {
      await runInside('podman rm -fa -t 1');
      for (const each of [...relays, child]) {
        each.kill('SIGKILL');
        if (each.exitCode === null && each.signalCode === null) await once(each, 'exit');
      }
    },
  };
}
