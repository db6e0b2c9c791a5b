// Only on SQLite: events lie in files on their way, and no engine sees them.
// What Sentry's own local receiver and its own command-line tool say of the bytes that are sent.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { get, PROGRAM, ROOT, SANITIZED, sharedData, startServer, temporaryFolder, TEST_PROGRAM, until } from '../http/harness.mjs';
import { startReceiver } from '../http/receiver.mjs';

const tool = resolve(ROOT, '../shared/tools/spotlight-check.sh');
const schema = sharedData('sentry-event.schema.json');
const skip = SANITIZED || !existsSync(tool) || !schema ? 'no ../shared/tools/spotlight-check.sh' : false;

/** What the receiver says of the first item of that type that `act(server)` makes the site send; null where there is no receiver. */
async function received(t, type, env, act, ...options) {
  const dir = temporaryFolder();
  const ready = join(dir, 'ready');
  const check = spawn(tool, ['--type', type, ...options, '--timeout', '90', '--ready-file', ready, '--raw-out', join(dir, 'raw')],
    { stdio: ['ignore', 'pipe', 'pipe'] });
  t.after(() => check.kill());
  let [out, words] = ['', ''];
  check.stdout.on('data', (part) => { out += part; });
  check.stderr.on('data', (part) => { words += part; });
  const closed = once(check, 'close');
  await until(() => check.exitCode !== null || (existsSync(ready) && readFileSync(ready, 'utf8').trim()), 90_000);
  if (check.exitCode === 1) {
    t.skip(`the receiver cannot be had: ${words}`);
    return null;
  }
  const SENTRY_DSN = readFileSync(ready, 'utf8').trim();
  const server = await startServer({ t, program: TEST_PROGRAM, env: { WEB_CONCURRENCY: '1', SOURCE_DIR: ROOT, SENTRY_DSN, ...env } });
  await act(server);
  const [status] = await closed;
  assert.equal(status, 0, words);
  return JSON.parse(out);
}

test('an event has the form that Sentry takes', { skip }, async (t) => {
  const event = await received(t, 'event', {}, (server) => get(`${server.url}/probe/crumbs/?fault=divide`), '--schema', schema);
  if (!event) return;
  const frame = event.exception.values[0].stacktrace.frames.findLast(({ filename }) => filename === 'tests/server/probe.c');
  assert.equal(frame.function, 'fault_divide');
  assert.equal(event.breadcrumbs.values.length, 2);
});

test('/sentry-debug/ arrives with its line', { skip }, async (t) => {
  const event = await received(t, 'event', {}, (server) => get(`${server.url}/sentry-debug/`), '--schema', schema);
  if (!event) return;
  const frame = event.exception.values[0].stacktrace.frames.findLast(({ in_app: ours }) => ours);
  assert.equal(frame.function, 'sentry_debug');
  assert.match(frame.context_line, /division_by_zero \/ zero;/);
});

test('so have transactions', { skip }, async (t) => {
  const transaction = await received(t, 'transaction', { SENTRY_TRACES_SAMPLE_RATE: '1' }, (server) => get(`${server.url}/probe/page/`));
  if (transaction) assert.match(transaction.transaction, /^\/(probe\/page|healthz)\/?$/);
});

test('so have sessions', { skip }, async (t) => {
  const sessions = await received(t, 'sessions', { SENTRY_RELEASE: 'site@1' }, (server) => server.stop());
  if (sessions) assert.equal(sessions.attrs.release, 'site@1');
});

test('so have client reports', { skip }, async (t) => {
  const report = await received(t, 'client_report', { SENTRY_SAMPLE_RATE: '0', SENTRY_AUTO_SESSION_TRACKING: '0' }, async (server) => {
    await get(`${server.url}/sentry-debug/`);
    await server.stop();
  });
  if (report) assert.deepEqual(report.discarded_events, [{ reason: 'sample_rate', category: 'error', quantity: 1 }]);
});

const cli = join(ROOT, 'tests/node_modules/.bin/sentry-cli');
const skipCli = SANITIZED || !existsSync(cli) ? 'no npm package @sentry/cli' : false;

/** What the tool says; `env`: where it is to send. */
async function runCli(args, env = {}) {
  const child = spawn(cli, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, SENTRY_DISABLE_UPDATE_CHECK: '1', ...env } });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (part) => { stdout += part; });
  child.stderr.on('data', (part) => { stderr += part; });
  const [status] = await once(child, 'close');
  return { status, stdout, stderr };
}

for (const [name, program] of Object.entries({ 'oc-lettings': PROGRAM, 'oc-lettings-test': TEST_PROGRAM })) {
  test(`the debug ids of ${name} and its libraries are those that sentry-cli reads`, { skip: skipCli }, async (t) => {
    const receiver = await startReceiver(t);
    const server = await startServer({ t, program, env: { WEB_CONCURRENCY: '1', SENTRY_DSN: receiver.dsn } });
    await get(`${server.url}/sentry-debug/`);
    const [event] = await receiver.waitFor('event', 1);
    const { images } = event.debug_meta;
    assert.ok(images.some(({ code_file: file }) => file === program));
    for (const { code_file: file, debug_id: id } of images) {
      const { stdout, stderr } = await runCli(['debug-files', 'check', '--json', file]);
      assert.ok(stdout, stderr);
      assert.ok(JSON.parse(stdout).variants.some(({ debug_id: read }) => read === id), `${file} ${id}: ${stdout}`);
    }
  });
}

/** The tool's parser knows no images of ELF files, which Sentry's own SDK for native programs sends too: they alone are
    told as it knows them. */
function withoutElf(bytes) {
  const [headers, item, payload] = bytes.split('\n');
  const event = JSON.parse(payload);
  for (const image of event.debug_meta?.images ?? []) Object.assign(image, { type: 'symbolic', name: image.code_file, id: image.debug_id });
  const text = JSON.stringify(event);
  return `${headers}\n${JSON.stringify({ ...JSON.parse(item), length: Buffer.byteLength(text) })}\n${text}\n`;
}

test('sentry-cli takes the files of the spool, and sends what is in them', { skip: skipCli }, async (t) => {
  const nobody = await startReceiver(t);
  await nobody.close();
  const server = await startServer({ t, program: TEST_PROGRAM, env: { WEB_CONCURRENCY: '1', SOURCE_DIR: ROOT, SENTRY_DSN: nobody.dsn } });
  await get(`${server.url}/sentry-debug/?page=2`, { headers: { 'User-Agent': 'Mozilla/5.0 "quoted" \u00e9' } });
  await get(`${server.url}/probe/fail/`);
  const spool = join(server.dir, 'spool');
  const files = () => readdirSync(spool).filter((name) => name.endsWith('.sentry'));
  await until(() => files().length >= 2, 10_000);
  const receiver = await startReceiver(t);
  for (const [i, name] of files().entries()) {
    const bytes = readFileSync(join(spool, name), 'utf8');
    const [, item, payload] = bytes.split('\n');
    const file = join(server.dir, 'envelope');
    writeFileSync(file, payload.includes('"elf"') ? withoutElf(bytes) : bytes);
    const { status, stderr } = await runCli(['send-envelope', file], { SENTRY_DSN: receiver.dsn });
    assert.equal(status, 0, stderr);
    assert.equal(receiver.all.length, i + 1);
    const [sent] = receiver.all[i].items;
    const ours = JSON.parse(payload);
    assert.equal(sent.header.type, JSON.parse(item).type);
    assert.equal(sent.payload.event_id, ours.event_id);
    assert.equal(sent.payload.transaction, ours.transaction);
    const frames = (event) => event.exception.values[0].stacktrace.frames.map(({ function: of, filename, lineno }) => [of, filename, lineno]);
    if (ours.exception) assert.deepEqual(frames(sent.payload), frames(ours));
  }
});
