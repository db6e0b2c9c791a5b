// What Sentry's own local receiver and its own command-line tool say of the bytes that are sent.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { get, ROOT, SANITIZED, sharedData, startServer, temporaryFolder, TEST_PROGRAM, until } from '../http/harness.mjs';

const tool = resolve(ROOT, '../shared/tools/spotlight-check.sh');
const schema = sharedData('sentry-event.schema.json');
const skip = SANITIZED || !existsSync(tool) || !schema ? 'no ../shared/tools/spotlight-check.sh' : false;

test('an event has the form that Sentry takes', { skip }, async (t) => {
  const dir = temporaryFolder();
  const ready = join(dir, 'ready');
  const check = spawn(tool, ['--schema', schema, '--timeout', '90', '--ready-file', ready, '--raw-out', join(dir, 'raw')],
    { stdio: ['ignore', 'pipe', 'pipe'] });
  t.after(() => check.kill());
  let [out, words] = ['', ''];
  check.stdout.on('data', (part) => { out += part; });
  check.stderr.on('data', (part) => { words += part; });
  const closed = once(check, 'close');
  await until(() => check.exitCode !== null || (existsSync(ready) && readFileSync(ready, 'utf8').trim()), 90_000);
  if (check.exitCode === 1) return t.skip(`the receiver cannot be had: ${words}`);
  const SENTRY_DSN = readFileSync(ready, 'utf8').trim();
  const server = await startServer({ t, program: TEST_PROGRAM, env: { WEB_CONCURRENCY: '1', SOURCE_DIR: ROOT, SENTRY_DSN } });
  await get(`${server.url}/sentry-debug/`);
  const [status] = await closed;
  assert.equal(status, 0, words);
  const event = JSON.parse(out);
  const frame = event.exception.values[0].stacktrace.frames.findLast(({ in_app: ours }) => ours);
  assert.equal(frame.function, 'sentry_debug');
  assert.match(frame.context_line, /division_by_zero \/ zero;/);
});

const cli = join(ROOT, 'tests/node_modules/.bin/sentry-cli');
const skipCli = SANITIZED || !existsSync(cli) ? 'no npm package @sentry/cli' : false;

test('debug ids are those that sentry-cli reads', { skip: skipCli }, async (t) => {
  const server = await startServer({ t, program: TEST_PROGRAM, env: { WEB_CONCURRENCY: '1' } });
  await get(`${server.url}/sentry-debug/`);
  const { readdirSync } = await import('node:fs');
  const kept = join(server.dir, 'kept');
  await until(() => existsSync(kept) && readdirSync(kept).length, 10_000);
  const event = JSON.parse(readFileSync(join(kept, readdirSync(kept)[0]), 'utf8'));
  const { stdout } = spawnSync(cli, ['debug-files', 'check', '--json', TEST_PROGRAM], { encoding: 'utf8', env: { ...process.env, SENTRY_DISABLE_UPDATE_CHECK: '1' } });
  const ids = JSON.parse(stdout).variants.map(({ debug_id: id }) => id);
  assert.ok(ids.includes(event.debug_meta.images[0].debug_id), stdout);
});
