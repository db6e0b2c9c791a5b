// A letting's page read anew from PostgreSQL, beside what pgbench reaches with the page's own statements, prepared.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { get, PROGRAM, runCommand, startServer, temporaryFolder } from '../tests/http/harness.mjs';
import { postgresPrograms, startPostgres } from '../tests/postgres.mjs';
import { median } from './measure.mjs';

const PAGE = '/lettings/1/';
const CLIENTS = '8'; // as many have a connection of their own

/** The statements that one more request for the page runs, as the server's log has them: [{ sql, parameters }]. */
async function statementsOf(postgres, url) {
  postgres.sql('ALTER DATABASE site SET log_min_duration_statement = 0');
  const server = await startServer({
    database: null, env: { DATABASE_URL: url, WEB_CONCURRENCY: '1', DATABASE_MAX_CONNECTIONS: '2', PAGE_CACHE_READS: '1', LOG_LEVEL: 'warning' },
  });
  for (let i = 0; i < 3; i++) await get(server.url + PAGE);
  await sleep(500);
  const before = postgres.log().length;
  await get(server.url + PAGE);
  await sleep(500);
  const lines = postgres.log().slice(before);
  await server.stop();
  postgres.sql('ALTER DATABASE site RESET log_min_duration_statement');
  return [...lines.matchAll(/ execute s\d+: (.*)\n.*DETAIL: {2}parameters: (.*)/g)].map(([, sql, parameters]) => ({
    sql, parameters: [...parameters.matchAll(/\$\d+ = '((?:[^']|'')*)'/g)].map(([, value]) => value.replaceAll("''", "'")),
  }));
}

/** What pgbench reaches with them: transactions a second. */
function pgbench(statements, url, dir, seconds) {
  const file = join(dir, 'page.sql');
  const variable = (i, number) => `v${i}_${number}`;
  // Numbers have 64 bits, as the page's have.
  const word = (value, name) => (/^-?\d+$/.test(value) ? `CAST(:${name} AS bigint)` : `:${name}`);
  writeFileSync(file, statements.map(({ sql, parameters }, i) => `${
    sql.replaceAll(/\$(\d+)/g, (_, number) => word(parameters[number - 1], variable(i, number)))};\n`).join(''));
  const values = statements.flatMap(({ parameters }, i) => parameters.flatMap((value, at) => ['-D', `${variable(i, at + 1)}=${value}`]));
  const { stdout, stderr } = spawnSync(join(postgresPrograms(), 'pgbench'),
    ['-n', '-M', 'prepared', '-f', file, '-c', CLIENTS, '-j', '2', '-T', String(seconds), ...values, url], { encoding: 'utf8' });
  const rate = Number(/^tps = ([\d.]+)/m.exec(stdout)?.[1]);
  if (!rate) throw new Error(`pgbench: ${stdout}${stderr}`);
  return rate;
}

function wrk(url, seconds) {
  const { stdout } = spawnSync('wrk', ['-c', CLIENTS, '-t', '2', '-d', `${seconds}s`, url + PAGE], { encoding: 'utf8' });
  if (/Non-2xx/.test(stdout)) throw new Error(stdout);
  return Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)[1]);
}

/** Medians of rounds in which one comes after the other: { clients, statements, page, all, first, ratio, firstRatio }. */
export async function comparePostgres({ rounds, seconds }) {
  const postgres = await startPostgres(temporaryFolder(), { settings: { log_min_messages: 'log', log_checkpoints: 'off' } });
  try {
    postgres.sql('CREATE DATABASE site');
    const url = postgres.url('site');
    const { status, stderr } = runCommand(['demo', '--if-new'], { env: { DEBUG: '1', PASSWORD_ITERATIONS: '1', DATABASE_URL: url } });
    if (status !== 0) throw new Error(stderr);
    postgres.sql('VACUUM ANALYZE', 'site');
    const statements = await statementsOf(postgres, url);
    const env = { DATABASE_URL: url, PAGE_CACHE_READS: '1', LOG_LEVEL: 'warning' };
    const server = await startServer({ program: PROGRAM, database: null, env });
    const found = [];
    for (let round = 0; round < rounds; round++) {
      found.push({
        all: pgbench(statements, url, server.dir, seconds), page: wrk(server.url, seconds),
        first: pgbench(statements.slice(0, 1), url, server.dir, seconds),
      });
    }
    await server.stop();
    const of = (value) => median(found.map(value));
    return {
      clients: Number(CLIENTS), statements: statements.length, page: of(({ page }) => page), all: of(({ all }) => all), first: of(({ first }) => first),
      ratio: of(({ page, all }) => page / all), firstRatio: of(({ page, first }) => page / first),
    };
  } finally {
    await postgres.stop();
  }
}
