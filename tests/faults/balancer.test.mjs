// Two instances behind haproxy, as deploy/haproxy.cfg sets it up: stopped, killed, and exchanged for a new release.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { get, makeDatabase, NEXT_PROGRAM, ROOT, runCommand, skipWithoutModule, startServer, temporaryFolder, TEST_PROGRAM } from '../http/harness.mjs';
import { checkCommand, describeUnless, sql } from '../http/support.mjs';
import { psql, skipWithoutPostgres, startPostgres } from '../postgres.mjs';
import { startBalancer, skipWithoutHaproxy } from './balancer.mjs';
import { startLoad } from './load.mjs';

const ENV = { WEB_CONCURRENCY: '2', SHUTDOWN_DELAY: '2', TRUSTED_PROXIES: '127.0.0.1' };
const freshSite = () => {
  const dir = temporaryFolder();
  const path = makeDatabase(dir);
  sql(path, 'CREATE TABLE probe_note (id integer PRIMARY KEY AUTOINCREMENT, note text NOT NULL);');
  return { ask: (query) => sql(path, query), env: { ...ENV, DATA_DIR: dir, DATABASE_URL: `sqlite:///${path}` } };
};
/** The same on a server of its own. */
const freshPostgres = async (t) => {
  const dir = temporaryFolder();
  const server = await startPostgres(temporaryFolder(), { settings: { synchronous_commit: 'on' } });
  t.after(() => server.stop());
  server.sql('CREATE DATABASE site');
  const url = server.url('site');
  checkCommand(['demo'], { dir, env: { DEBUG: '1', DATABASE_URL: url } });
  psql(url, 'CREATE TABLE probe_note (id serial PRIMARY KEY, note text NOT NULL);');
  return { ask: (query) => psql(url, query), env: { ...ENV, DATA_DIR: dir, DATABASE_URL: url } };
};
const startInstance = (t, { env }, options = {}) => startServer({ program: TEST_PROGRAM, database: null, env, t, ...options });

/** Somebody who writes without a pause; what was answered, and what was not. */
function startWriting(url) {
  const seen = { answered: [], failed: [], going: true };
  const agent = new http.Agent({ keepAlive: true });
  const done = Promise.all(Array.from({ length: 4 }, async (_, writer) => {
    for (let i = 0; seen.going; i++) {
      const note = `${writer}-${i}`;
      const answer = await get(`${url}/probe/note/`, { method: 'POST', body: note, agent }).catch((error) => ({ status: error.message }));
      if (answer.status === 200) seen.answered.push(note);
      else seen.failed.push(`${note}: ${answer.status}`);
    }
  }));
  seen.stop = async () => {
    seen.going = false;
    await done;
    agent.destroy();
  };
  return seen;
}

describeUnless(skipWithoutHaproxy(), 'behind haproxy', () => {
  for (const [name, fresh, skip] of [['SQLite', freshSite, false], ['PostgreSQL', freshPostgres, skipWithoutPostgres()]])
  test(`the new release takes over, instance by instance, with a migration in the middle: no request fails: ${name}`, { skip: skip || skipWithoutModule('lettings') }, async (t) => {
    const site = await fresh(t);
    const instances = [await startInstance(t, site), await startInstance(t, site)];
    const balancer = await startBalancer(t, instances.map(({ port }) => port));
    for (const i of [0, 1]) await balancer.sees(i, /^UP$/);
    const load = startLoad(balancer.port, { clients: 8 });
    const writing = startWriting(balancer.url);
    await sleep(300);
    checkCommand(['migrate'], { env: site.env, program: NEXT_PROGRAM, out: /Applied 1 migration/, err: null });
    await sleep(300); // the old release on the new tables
    for (const [i, old] of instances.entries()) {
      const { port } = old;
      await old.stop();
      const served = await startInstance(t, site, { program: NEXT_PROGRAM, port });
      assert.equal(served.port, port);
      await balancer.sees(i, /^UP$/);
      await sleep(200);
    }
    assert.equal((await get(`${balancer.url}/next/review/1/`, { method: 'POST', body: 'new' })).status, 200);
    assert.equal((await get(`${balancer.url}/next/count/`)).text, '1\n');
    writing.answered.push('new');
    await load.stop();
    await writing.stop();
    assert.deepEqual([load.failures, load.refusals, writing.failed], [[], [], []]);
    assert.deepEqual([...new Set(load.answers.map(({ status }) => status))], [200]);
    assert.ok(load.answers.length > 200 && writing.answered.length > 50, `${load.answers.length} pages, ${writing.answered.length} notes`);
    assert.deepEqual(site.ask('SELECT note FROM probe_note').split('\n').sort(), writing.answered.sort());
    assert.equal(site.ask("SELECT count(*) FROM probe_note WHERE stars <> CASE note WHEN 'new' THEN 5 ELSE 3 END"), '0');
    t.diagnostic(`${load.answers.length} pages and ${writing.answered.length} notes, none failed`);
  });

  test('an instance that is killed is left at once; what it was writing is there at most once', async (t) => {
    const site = freshSite();
    const instances = [await startInstance(undefined, site), await startInstance(t, site)];
    const balancer = await startBalancer(t, instances.map(({ port }) => port));
    for (const i of [0, 1]) await balancer.sees(i, /^UP$/);
    const writing = startWriting(balancer.url);
    await sleep(300);
    for (const pid of [instances[0].pid, ...instances[0].children().map(({ pid: each }) => each)]) process.kill(pid, 'SIGKILL');
    await instances[0].stop({ status: 'any', signal: null });
    await balancer.sees(0, /^DOWN/);
    const from = writing.answered.length;
    const failedBefore = writing.failed.length;
    await sleep(300);
    await writing.stop();
    assert.ok(writing.answered.length > from, 'nobody writes any more');
    assert.equal(writing.failed.length, failedBefore, 'requests fail later than the kill');
    assert.ok(failedBefore <= 4, `each writer loses one request at most: ${writing.failed}`);
    const notes = site.ask('SELECT note FROM probe_note').split('\n');
    assert.equal(new Set(notes).size, notes.length);
    assert.deepEqual(writing.answered.filter((note) => !notes.includes(note)), []);
  });

  test('visitors are told apart, and cannot pass for others; numbers are not for them', async (t) => {
    const site = freshSite();
    const instance = await startInstance(t, site);
    const balancer = await startBalancer(t, [instance.port], { scheme: 'http' });
    await get(`${balancer.url}/probe/users/`, { headers: { 'X-Forwarded-For': '203.0.113.5', 'X-Request-ID': 'mine', 'X-Forwarded-Host': 'evil.example' } });
    await get(`${instance.url}/probe/flush/`);
    assert.match(await instance.logged(/target=\/probe\/users\//), /client=127\.0\.0\.1/);
    assert.ok(!instance.log().some((line) => line.includes('request_id=mine')));
    assert.equal((await get(`${balancer.url}/metrics`)).status, 404);
    assert.match((await get(balancer.metrics)).text, /haproxy_server_status/);
  });

  test('behind what ends TLS, visitors are who that says they are', async (t) => {
    const site = freshSite();
    const instance = await startInstance(t, site);
    const balancer = await startBalancer(t, [instance.port]);
    for (const [said, client] of [['198.51.100.9, 203.0.113.5', '203\\.0\\.113\\.5'], [undefined, '127\\.0\\.0\\.1']]) {
      await get(`${balancer.url}/probe/users/?${client.length}`, { headers: said ? { 'X-Forwarded-For': said } : {} });
      await get(`${instance.url}/probe/flush/`);
      assert.match(await instance.logged(new RegExp(`target=/probe/users/\\?${client.length}`)), new RegExp(`client=${client}`));
    }
  });
});

test('a stop says so at /readyz first, and serves on for SHUTDOWN_DELAY', async (t) => {
  // One worker: a second one may still be starting when the first answers, and ends at once then.
  const server = await startServer({ t, env: { SHUTDOWN_DELAY: '2', WEB_CONCURRENCY: '1' } });
  assert.equal((await get(`${server.url}/readyz`)).status, 200);
  const from = performance.now();
  for (const pid of [server.pid, ...server.workers()]) process.kill(pid, 'SIGTERM'); // as platforms do
  await sleep(300);
  const ready = await get(`${server.url}/readyz`);
  assert.deepEqual([ready.status, ready.text], [503, 'the site is about to stop\n']);
  for (const path of ['/healthz', '/']) assert.equal((await get(server.url + path)).status, 200, path);
  await server.stop({ signal: null });
  const took = performance.now() - from;
  assert.ok(took > 1900 && took < 6000, `it took ${took} ms`);
});

test('a renewal waits for nothing', async () => {
  const server = await startServer({ env: { SHUTDOWN_DELAY: '60', WEB_CONCURRENCY: '1' } });
  const [old] = server.workers();
  process.kill(server.pid, 'SIGHUP');
  await server.logged(/the new workers serve/, { timeout: 15_000 });
  for (let i = 0; i < 20 && server.workers().includes(old); i++) await sleep(100);
  assert.ok(!server.workers().includes(old), 'the old worker is still there');
  assert.equal((await get(`${server.url}/readyz`)).status, 200);
  process.kill(server.pid, 'SIGTERM');
  await sleep(200);
  await server.stop({ status: 1 }); // told again
});

for (const value of ['-1', '601', 'soon']) {
  test(`refused: SHUTDOWN_DELAY=${value}`, () => {
    const { status, stderr } = runCommand(['check'], { env: { SHUTDOWN_DELAY: value } });
    assert.equal(status, 1);
    assert.match(stderr, /SHUTDOWN_DELAY/);
  });
}

describe('what deploy/ says', () => {
  const read = (path) => {
    const script = 'import json, sys, yaml; print(json.dumps(yaml.safe_load(open(sys.argv[1]))))';
    const { status, stdout, stderr } = spawnSync('/usr/bin/python3', ['-c', script, join(ROOT, path)], { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    return JSON.parse(stdout);
  };

  test('haproxy takes its configuration as it is', { skip: skipWithoutHaproxy() }, () => {
    const { status, stderr } = spawnSync('haproxy', ['-c', '-f', 'deploy/haproxy.cfg', '-f', 'deploy/haproxy-servers.cfg'], { cwd: ROOT, encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    assert.doesNotMatch(stderr, /WARNING/);
  });

  test('compose.yaml has settings that there are, values that they take, and time for a stop', () => {
    const { services, volumes } = read('deploy/compose.yaml');
    const { environment, stop_grace_period: grace, image } = services.site;
    const { stdout } = checkCommand(['settings']);
    const settings = new Map([...stdout.matchAll(/^([A-Z_]+)=(.*)$/gm)].map(([, name, value]) => [name, value]));
    assert.deepEqual(Object.keys(environment).filter((name) => !settings.has(name)), ['PGPASSWORD'], "which is libpq's own");
    assert.ok(!environment.DATABASE_URL.slice('${DATABASE_URL:-'.length).includes('$'), 'podman-compose knows no variable within another');
    for (const value of Object.values(environment)) assert.doesNotMatch(value ?? '', /:-\}/, 'podman-compose knows no empty default');
    const value = (name) => Number(environment[name] ?? settings.get(name));
    assert.ok(parseInt(grace, 10) > value('SHUTDOWN_DELAY') + value('SHUTDOWN_TIMEOUT') + 3, grace);
    assert.ok(value('SHUTDOWN_DELAY') >= 2, 'haproxy needs two checks');
    checkCommand(['settings'], { env: { SHUTDOWN_DELAY: environment.SHUTDOWN_DELAY, TRUSTED_PROXIES: environment.TRUSTED_PROXIES } });
    assert.equal(services.migrate.image, image);
    assert.deepEqual(services.migrate.command, ['migrate']);
    assert.equal(services.site.depends_on.migrate.condition, 'service_completed_successfully');
    for (const { volumes: used = [] } of Object.values(services)) {
      for (const [from] of used.map((each) => each.split(':'))) assert.ok(from in volumes || existsSync(join(ROOT, 'deploy', from)), from);
    }
  });
});
