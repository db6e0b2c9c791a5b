// The debug file and the sources on their way to Sentry: sent as sentry-cli sends them, and what is said where they are refused.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { PROGRAM, ROOT, temporaryFolder } from '../http/harness.mjs';
import { makeSentry } from './sentry.mjs';
import { run } from './world.mjs';

const CLI = join(ROOT, 'tests/node_modules/.bin/sentry-cli');
const LIMIT = 60_000;

/** The part of an image that is uploaded: { root, buildId, debug }. */
function makeRoot() {
  const root = temporaryFolder();
  const buildId = /Build ID: (\w+)/.exec(execFileSync('readelf', ['-n', PROGRAM]).toString())[1];
  const debug = join(root, 'usr/lib/debug/.build-id', buildId.slice(0, 2), `${buildId.slice(2)}.debug`);
  mkdirSync(dirname(debug), { recursive: true });
  execFileSync('objcopy', ['--only-keep-debug', '--compress-debug-sections=zlib', PROGRAM, debug]);
  cpSync(join(ROOT, 'src/base'), join(root, 'usr/src/oc-lettings/src/base'), { recursive: true });
  return { root, buildId, debug };
}
const { root, buildId, debug } = makeRoot();
const debugId = buildId.replace(/^(..)(..)(..)(..)(..)(..)(..)(..)(....)(.{12}).*/, '$4$3$2$1-$6$5-$8$7-$9-$10');

const servers = [];
after(() => servers.forEach((server) => server.close()));

/** A Sentry of its own: { url, told }. */
function start(terms) {
  const sentry = { told: [] };
  let handler;
  const server = http.createServer((request, response) => handler(request, response));
  servers.push(server);
  return new Promise((done) => {
    server.listen(0, '127.0.0.1', () => {
      sentry.url = `http://127.0.0.1:${server.address().port}`;
      handler = makeSentry({ url: sentry.url, token: 'sentry-token', terms, onTold: (told) => { sentry.told = told; } });
      done(sentry);
    });
  });
}
const environment = (url, more) => ({ ...process.env, SENTRY_URL: url, SENTRY_AUTH_TOKEN: 'sentry-token', ...more });
const upload = (url, { from = root, ...more } = {}) =>
  run(['python3', 'deploy/debug_files.py', from, 'acme/site'], { env: environment(url, more), limit: LIMIT });

const named = ({ told }) => told.map(({ method, url }) => `${method} ${url.replace('/api/0/', '')}`);
const TERMS = 'GET organizations/acme/chunk-upload/';
const CHUNKS = 'POST organizations/acme/chunk-upload/';
const ASSEMBLE = 'POST projects/acme/site/files/difs/assemble/';

test('pieces that are missing are sent, and what is there is not sent again', async () => {
  const sentry = await start();
  const { status, out } = await upload(sentry.url);
  assert.deepEqual([status, out], [0, '']);
  const first = named(sentry);
  assert.deepEqual([first[0], first[1], first.at(-1), new Set(first)], [TERMS, ASSEMBLE, ASSEMBLE, new Set([TERMS, ASSEMBLE, CHUNKS])]);
  const results = Object.values(sentry.told.at(-1).answer);
  assert.deepEqual(results.map(({ state, dif }) => [state, dif.debugId]), [['ok', debugId], ['ok', debugId]]);
  assert.ok(results.some(({ dif: { files } }) => files.includes('files/src/src/base/text.h')));
  await upload(sentry.url);
  assert.deepEqual(named(sentry).slice(first.length), [TERMS, ASSEMBLE]);
});

test('no request is larger than is taken, and nothing is packed that may not be', async () => {
  const sentry = await start({ compression: [], chunkSize: 1 << 18, maxRequestSize: 1 << 19, chunksPerRequest: 2 });
  const { status, out } = await upload(sentry.url);
  assert.deepEqual([status, out], [0, '']);
  const posts = sentry.told.filter(({ body }) => Array.isArray(body));
  assert.ok(posts.length > 2 && posts.every(({ body }) => body.every(({ name }) => name === 'file')));
});

test('sentry-cli sends the same', { skip: !existsSync(CLI) && 'there is no sentry-cli' }, async () => {
  const [ours, theirs] = [await start(), await start()];
  const dir = temporaryFolder();
  cpSync(debug, join(dir, 'oc-lettings'));
  await upload(ours.url);
  const { status, out } = await run([CLI, 'debug-files', 'upload', '--org', 'acme', '--project', 'site', dir],
    { env: environment(theirs.url, { SENTRY_DISABLE_UPDATE_CHECK: '1' }), limit: LIMIT });
  assert.equal(status, 0, out);
  assert.deepEqual(new Set(named(ours)), new Set(named(theirs)));
  const [[checksum, file]] = Object.entries(theirs.told.find(({ url }) => url.endsWith('/assemble/')).body);
  assert.deepEqual(ours.told.find(({ url }) => url.endsWith('/assemble/')).body[checksum], file);
  const sent = ({ told }) => told.flatMap(({ body }) => (Array.isArray(body) ? body : [])).filter(({ filename }) => file.chunks.includes(filename));
  assert.deepEqual(new Set(sent(ours).map(JSON.stringify)), new Set(sent(theirs).map(JSON.stringify)));
});

test('sentry-cli can read the bundle of sources', { skip: !existsSync(CLI) && 'there is no sentry-cli' }, async () => {
  const bundle = join(temporaryFolder(), 'oc.src.zip');
  execFileSync('python3', ['-c', `import sys
sys.path.insert(0, "deploy")
import debug_files, pathlib
pathlib.Path("${bundle}").write_bytes(debug_files.source_bundle(pathlib.Path("${root}/usr/src/oc-lettings"), "${buildId}"))`], { cwd: ROOT });
  const { status, out } = await run([CLI, 'debug-files', 'check', '--json', bundle], { env: environment('http://127.0.0.1:9'), limit: LIMIT });
  assert.equal(status, 0, out);
  const { type, variants, is_usable: usable } = JSON.parse(out);
  assert.deepEqual([type, variants.map(({ debug_id: id }) => id), usable], ['sourcebundle', [debugId], true]);
});

function damaged() {
  const folder = temporaryFolder();
  cpSync(root, folder, { recursive: true });
  writeFileSync(debug.replace(root, folder), 'no debug file');
  return folder;
}
for (const [name, { terms, url, ...how }, expected] of [
  ['a token that is not valid', { SENTRY_AUTH_TOKEN: 'expired' }, /^GET organizations\/acme\/chunk-upload\/: 401 .*Invalid token/],
  ['a Sentry that does not answer', { url: 'http://127.0.0.1:9' }, /^GET organizations\/acme\/chunk-upload\/: .*refused/],
  ['a file that is too large', { terms: { maxFileSize: 1000 } }, /^it takes no file of \d+ bytes, 1000 at most/],
  ['checksums that are not SHA-1', { terms: { hashAlgorithm: 'sha256' } }, /^it wants checksums by sha256/],
  ['a debug file that is damaged', { from: damaged() }, /^Unsupported debug information file/],
  ['an image without a debug file', { from: temporaryFolder() }, /^there is no debug file in the image/],
]) {
  test(`refused: ${name}`, async () => {
    const sentry = await start(terms);
    const { status, out } = await upload(url ?? sentry.url, how);
    assert.equal(status, 1);
    assert.match(out, expected);
    assert.doesNotMatch(out, /Traceback|sentry-token/);
  });
}
