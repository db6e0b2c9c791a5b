// A primary of PostgreSQL and a standby that has all that it commits, before the primary says so.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder, until } from '../http/harness.mjs';
import { checkCommand } from '../http/support.mjs';
import { ordinaryUser, postgresPrograms, psql, startPostgres } from '../postgres.mjs';
import { childrenOf, kill } from './killing.mjs';

const SYNCHRONOUS = { synchronous_commit: 'on', fsync: 'off' };

async function startStandby(primary) {
  const dir = temporaryFolder();
  const data = join(dir, 'data');
  const user = ordinaryUser();
  chmodSync(dir, 0o711);
  if (user) chownSync(dir, user.uid, user.gid);
  const { status, stderr } = spawnSync(join(postgresPrograms(), 'pg_basebackup'),
    ['-D', data, '-R', '-X', 'stream', '-c', 'fast', '-d', `host=127.0.0.1 port=${primary.port} user=oc application_name=standby`],
    { ...user, cwd: '/', encoding: 'utf8', env: { PATH: process.env.PATH } });
  assert.equal(status, 0, stderr);
  const standby = await startPostgres(dir, { data, settings: SYNCHRONOUS });
  primary.sql("ALTER SYSTEM SET synchronous_standby_names = '*';");
  primary.sql('SELECT pg_reload_conf();');
  await until(() => primary.sql('SELECT sync_state FROM pg_stat_replication;') === 'sync', 15_000, () => 'the standby does not follow');
  return standby;
}

/** Both with the demo database "site", to which `script` was done. They end with test t. */
export async function startPair(t, script = '') {
  const primary = await startPostgres(temporaryFolder(), { settings: SYNCHRONOUS });
  const processesOf = () => [primary.pid, ...childrenOf(primary.pid)];
  let lives = true;
  const pair = {
    primary,
    standby: null,
    /** To the one that takes writes. */
    url: '',
    /** The primary, as nothing else ends it. */
    async kill() {
      lives = false;
      kill(processesOf());
      await primary.ended;
    },
    /** The primary answers nothing any more, and closes nothing. */
    freeze: () => kill(processesOf(), 'SIGSTOP'),
    promote() { assert.equal(psql(pair.standby.url('site'), 'SELECT pg_promote(true, 30);'), '1'); },
  };
  t.after(async () => {
    if (lives) await pair.kill();
  });
  primary.sql('CREATE DATABASE site');
  checkCommand(['demo'], { env: { DEBUG: '1', PASSWORD_ITERATIONS: '1', DATABASE_URL: primary.url('site') } });
  if (script) primary.sql(script, 'site');
  pair.standby = await startStandby(primary);
  t.after(() => pair.standby.stop());
  pair.url = `postgres://oc@127.0.0.1:${primary.port},127.0.0.1:${pair.standby.port}/site?target_session_attrs=read-write&connect_timeout=2`;
  return pair;
}
