// node cloud.mjs FOLDER: runs in a network namespace that holds nothing but loopback, and stands there for Docker Hub,
// Heroku's registry, API and router, and Sentry, under their own names. Prints "ready"; ends when its input does.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { makeSentry, read } from './sentry.mjs';

const [folder] = process.argv.slice(2);
const KEY = 'test-key';
const APP = 'holiday-homes';
const ROUTER = `${APP}-0123456789ab.herokuapp.com`;
const children = new Set();

function registry(name, address, user, password) {
  const home = join(folder, name);
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, 'htpasswd'), execFileSync('htpasswd', ['-Bin', user], { input: password }));
  writeFileSync(join(home, 'config.yml'), `version: 0.1
log: {level: warn}
storage: {filesystem: {rootdirectory: ${home}/data}}
http: {addr: "${address}:443", tls: {certificate: ${folder}/${name}.crt, key: ${folder}/${name}.key}}
auth: {htpasswd: {realm: ${name}, path: ${home}/htpasswd}}
`);
  const env = { ...process.env };
  delete env.REGISTRY_AUTH_FILE;
  const child = spawn('docker-registry', ['serve', join(home, 'config.yml')], { env, stdio: 'ignore' });
  children.add(child);
}

const tls = (name) => ({ cert: readFileSync(join(folder, `${name}.crt`)), key: readFileSync(join(folder, `${name}.key`)) });
const podman = (...words) => spawnSync('podman', words, { encoding: 'utf8' });
const freePort = () => new Promise((done) => {
  const server = createServer().listen(0, '127.0.0.1', () => {
    const { port } = server.address();
    server.close(() => done(port));
  });
});

// Heroku: one app, its releases, and the dynos of the current one.
const app = { stack: 'heroku-24', maintenance: false, config: {}, images: {}, releases: [], quantity: 1, dynos: [], log: [] };
const note = (text) => app.log.push(...text.split('\n').filter(Boolean));

// The manifest in Heroku's registry whose configuration has this id; only Docker's own form of manifests counts.
function manifestOf(type, id) {
  const data = join(folder, 'registry.heroku.com/data/docker/registry/v2');
  const revisions = join(data, `repositories/${APP}/${type}/_manifests/revisions/sha256`);
  if (!existsSync(revisions)) return null;
  for (const revision of readdirSync(revisions)) {
    const manifest = JSON.parse(readFileSync(join(data, 'blobs/sha256', revision.slice(0, 2), revision, 'data'), 'utf8'));
    if (manifest.config?.digest !== id) continue;
    if (manifest.mediaType !== 'application/vnd.docker.distribution.manifest.v2+json') return null;
    const config = JSON.parse(readFileSync(join(data, 'blobs/sha256', id.slice(7, 9), id.slice(7), 'data'), 'utf8'));
    return config.config.Cmd?.length ? `sha256:${revision}` : null;
  }
  return null;
}

// A user nobody knows, nothing to write but /tmp, little memory: stricter than Heroku, whose disk is writable.
const uid = 20000 + Math.floor(Math.random() * 40000);
function dyno(name, image, env) {
  return ['--name', name, '--network', 'host', '--user', `${uid}:${uid}`, '--read-only', '--tmpfs', '/tmp:rw,mode=1777,size=64m',
    '-v', `${folder}/shared:/shared:rw`, '--cap-drop', 'all', '--security-opt', 'no-new-privileges', '--memory', '512m', '--pids-limit', '256',
    ...Object.entries(env).flatMap(([key, value]) => ['-e', `${key}=${value}`]), image];
}

const pull = (type, digest) => {
  const image = `registry.heroku.com/${APP}/${type}@${digest}`;
  const { status, stderr } = podman('pull', '-q', '--creds', `_:${KEY}`, image);
  if (status !== 0) note(stderr);
  return image;
};

async function stopDyno(each) {
  each.gone = true;
  await new Promise((done) => {
    spawn('podman', ['stop', '-t', '30', each.name], { stdio: 'ignore' }).on('close', done);
  });
  note(`${each.name} exit ${podman('inspect', '--format', '{{.State.ExitCode}}', each.name).stdout.trim()}`);
  podman('rm', '-f', each.name);
}

async function startWeb(release) {
  if (app.quantity === 0) return;
  const image = pull('web', release.images.web.manifest);
  const port = await freePort();
  const each = { name: `${APP}-web-${release.version}-${port}`, port, state: 'starting', version: release.version };
  const old = app.dynos.splice(0);
  app.dynos.push(each);
  podman('rm', '-f', each.name);
  const { status, stderr } = podman('run', '-d', ...dyno(each.name, image, { ...release.config, PORT: port, DYNO: 'web.1' }));
  if (status !== 0) note(stderr);
  const started = Date.now();
  while (!each.gone) {
    if (await answers(port)) {
      each.state = 'up';
      break;
    }
    const running = podman('inspect', '--format', '{{.State.Running}}', each.name).stdout.trim();
    if (running !== 'true' || Date.now() - started > 60_000) {
      note(podman('logs', each.name).stdout + podman('logs', each.name).stderr);
      note(running === 'true' ? 'Error R10 (Boot timeout)' : 'State changed from starting to crashed');
      each.state = 'crashed';
      break;
    }
    await new Promise((done) => { setTimeout(done, 200); });
  }
  for (const one of old) await stopDyno(one);
}

const answers = (port) => new Promise((done) => {
  http.get({ host: '127.0.0.1', port, path: '/healthz', headers: { 'X-Forwarded-Proto': 'https', Host: ROUTER }, timeout: 2000 }, (answer) => {
    answer.resume();
    done(true);
  }).on('error', () => done(false));
});

function addRelease(description, images) {
  const last = app.releases.at(-1);
  const release = {
    id: randomUUID(), version: (last?.version ?? 0) + 1, description, created_at: new Date().toISOString(),
    status: 'succeeded', current: false, images, config: { ...app.config }, output_stream_url: null,
  };
  app.releases.push(release);
  void carryOut(release);
  return release;
}

async function carryOut(release) {
  if (release.images.release) {
    release.status = 'pending';
    const image = pull('release', release.images.release.manifest);
    const child = spawn('podman', ['run', '--rm', ...dyno(`${APP}-release-${release.version}`, image, { ...release.config, DYNO: 'release.1' })]);
    const status = await new Promise((done) => {
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => note(String(text)));
      child.on('close', done);
    });
    release.status = status === 0 ? 'succeeded' : 'failed';
    if (status !== 0) return;
  }
  for (const each of app.releases) each.current = each === release;
  app.images = release.images;
  if (release.images.web) await startWeb(release);
}

const shown = ({ id, version, status, description, current, created_at, output_stream_url }) =>
  ({ id, version, status, description, current, created_at, output_stream_url });

const formed = () => (app.images.web ? [{ type: 'web', quantity: app.quantity }] : []);

// Scaling makes no release.
function scale(quantity) {
  app.quantity = quantity;
  const [current] = app.releases.filter((each) => each.current);
  if (quantity === 0) for (const each of app.dynos.splice(0)) void stopDyno(each);
  else if (!app.dynos.length && current) void startWeb(current);
  return [200, formed()];
}

function formation(body, accept) {
  const [{ docker_image: wanted, quantity } = {}] = body.updates ?? [];
  if (wanted === undefined && quantity !== undefined) return scale(quantity);
  const images = { };
  if (!/version=3\.docker-releases/.test(accept)) return [422, { id: 'invalid_params', message: 'docker_image is not a known parameter' }];
  if (app.stack !== 'container') return [422, { id: 'invalid_params', message: 'The app is not on the stack container' }];
  for (const { type, docker_image: id } of body.updates ?? []) {
    const manifest = manifestOf(type, id);
    if (!manifest) return [404, { id: 'not_found', message: `Couldn't find that image: ${type} ${id}` }];
    images[type] = { id, manifest };
  }
  const merged = { ...app.images, ...images };
  const same = Object.keys(merged).every((type) => merged[type].id === app.images[type]?.id);
  const named = Object.entries(images).map(([type, { id }]) => `${type} (${id.slice(7, 19)})`);
  if (!same) addRelease(`Deployed ${named.join(', ')}`, merged);
  return [200, formed()];
}

function configVars(body) {
  const before = JSON.stringify(app.config);
  for (const [key, value] of Object.entries(body)) {
    if (value === null) delete app.config[key];
    else app.config[key] = value;
  }
  if (JSON.stringify(app.config) !== before) addRelease(`Set ${Object.keys(body).join(', ')} config vars`, app.images);
  return [200, app.config];
}

function rollBack(body) {
  const target = app.releases.find(({ id, status }) => id === body.release && status === 'succeeded');
  if (!target) return [404, { id: 'not_found', message: "Couldn't find that release." }];
  if (!target.images.web) return [422, { id: 'invalid_params', message: 'That release has nothing to run' }];
  app.config = { ...target.config };
  const release = addRelease(`Rollback to v${target.version}`, target.images);
  return [201, shown(release)];
}

// Only the releases are asked for by this range here, and another list refuses it, since it has no such property.
function listReleases(range) {
  const [, max = '200', order = 'asc'] = /^version \.\.; max=(\d+), order=(\w+)$/.exec(range ?? '') ?? [];
  const all = order === 'desc' ? [...app.releases].reverse() : app.releases;
  return [all.length > max ? 206 : 200, all.slice(0, max).map(shown)];
}

function api(method, path, body, { accept, range }) {
  if (range !== undefined && `${method} ${path}` !== `GET /apps/${APP}/releases`) return [400, { id: 'bad_request', message: 'Invalid range' }];
  const rest = path.replace(`/apps/${APP}`, '');
  if (rest === path) return [404, { id: 'not_found', message: "Couldn't find that app." }];
  switch (`${method} ${rest}`) {
    case 'GET ': return [200, { name: APP, web_url: `https://${ROUTER}/`, maintenance: app.maintenance, stack: { name: app.stack }, build_stack: { name: app.stack } }];
    case 'PATCH ':
      app.stack = body.build_stack ?? app.stack;
      app.maintenance = body.maintenance ?? app.maintenance;
      return [200, { name: APP }];
    case 'GET /config-vars': return [200, app.config];
    case 'PATCH /config-vars': return configVars(body);
    case 'GET /formation': return [200, formed()];
    case 'PATCH /formation': return formation(body, accept);
    case 'GET /releases': return listReleases(range);
    case 'POST /releases': return rollBack(body);
    case 'GET /dynos': return [200, app.dynos.map(({ state, version }) => ({ name: 'web.1', type: 'web', state: asleep() && state === 'up' ? 'idle' : state, release: { version } }))];
    case 'POST /log-sessions': return [201, { logplex_url: 'https://api.heroku.com/logplex' }];
    default: return [404, { id: 'not_found', message: 'The requested API endpoint was not found.' }];
  }
}

// A dyno that nobody has asked for a while, as a test has it; the next visitor wakes it.
const asleep = () => existsSync(join(folder, 'asleep'));

// What a test wants answered wrongly: faults.json has { "METHOD PATH": [STATUS, TIMES] }.
function takeFault(call) {
  const path = join(folder, 'faults.json');
  if (!existsSync(path)) return null;
  const faults = JSON.parse(readFileSync(path, 'utf8'));
  const [status, times] = faults[call] ?? [null, 0];
  if (times < 1) return null;
  faults[call] = [status, times - 1];
  writeFileSync(path, JSON.stringify(faults));
  return status;
}

async function answerApi(request, response) {
  const body = await read(request);
  const accept = request.headers.accept ?? '';
  const send = (status, value) => response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(value));
  if (request.url === '/logplex') {
    const lines = app.dynos.length ? podman('logs', '--tail', '50', app.dynos[0].name) : { stdout: '', stderr: '' };
    return response.end(`${app.log.slice(-100).join('\n')}\n${lines.stdout}${lines.stderr}`);
  }
  if (request.headers.authorization !== `Bearer ${KEY}`) return send(401, { id: 'unauthorized', message: 'Invalid credentials provided.' });
  if (!/application\/vnd\.heroku\+json; version=3/.test(accept)) return send(404, { id: 'not_found', message: 'No version' });
  const fault = takeFault(`${request.method} ${request.url}`);
  if (fault !== null) return send(fault, { id: 'fault', message: 'boom' });
  return send(...api(request.method, request.url, body.length ? JSON.parse(body) : {}, request.headers));
}

function route(request, response) {
  const [current] = app.dynos;
  rmSync(join(folder, 'asleep'), { force: true });
  if (app.maintenance || current?.state !== 'up') return response.writeHead(503).end('Application error');
  const headers = {
    ...request.headers, 'x-forwarded-for': request.socket.remoteAddress, 'x-forwarded-proto': 'https', 'x-forwarded-port': '443',
    'x-request-id': randomUUID(), via: '1.1 vegur', connection: 'close',
  };
  const inner = http.request({ host: '127.0.0.1', port: current.port, path: request.url, method: request.method, headers }, (answer) => {
    response.writeHead(answer.statusCode, answer.headers);
    answer.pipe(response);
  });
  inner.on('error', () => response.headersSent ? response.destroy() : response.writeHead(503).end('Application error'));
  return request.pipe(inner);
}

mkdirSync(join(folder, 'shared'), { recursive: true, mode: 0o777 });
execFileSync('chmod', ['1777', join(folder, 'shared')]);
registry('registry.heroku.com', '127.0.0.2', '_', KEY);
registry('registry-1.docker.io', '127.0.0.5', 'acme', 'hub-password');
const listen = (name, address, handler) => https.createServer(tls(name), (request, response) => {
  Promise.resolve(handler(request, response)).catch((error) => response.destroy(error));
}).listen(443, address);
listen('api.heroku.com', '127.0.0.3', answerApi);
listen(ROUTER, '127.0.0.4', route);
const keep = (told) => writeFileSync(join(folder, 'told.json'), JSON.stringify(told));
listen('sentry.io', '127.0.0.6', makeSentry({ url: 'https://sentry.io', token: 'sentry-token', onTold: keep }));

// The test's own word: "stop" stops the dynos as Heroku does; the end of input ends all.
process.stdin.on('data', async (text) => {
  if (!String(text).startsWith('stop')) return;
  for (const each of app.dynos.splice(0)) await stopDyno(each);
  console.log(`stopped ${app.log.at(-1)}`);
});
process.stdin.on('end', () => {
  for (const child of children) child.kill();
  process.exit(0);
});
console.log('ready');
