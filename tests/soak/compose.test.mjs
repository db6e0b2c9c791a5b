// deploy/compose.yaml brought up as it stands, by the commands that it and docs/operate.md give.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startLoad } from '../faults/load.mjs';
import { PASSWORD, Visitor } from '../http/accounts.mjs';
import { get, ROOT, SECRET_KEY, until } from '../http/harness.mjs';
import { describeUnless } from '../http/support.mjs';
import { startEngine, withoutCompose } from '../pipeline/compose.mjs';
import { makeWorld } from '../pipeline/world.mjs';

const HOST = 'www.example.com';
const SITES = ['deploy_site_1', 'deploy_site_2', 'deploy_site_3'];
const CLIENTS = 8;
const VALUES = { SECRET_KEY, POSTGRES_PASSWORD: "'p:w/@ %20'", IMAGE: 'acme/oc-lettings:next' };
const filled = (commands) => commands.replace(/([A-Z_]+)=\S*…/g, (_, name) => `${name}=${VALUES[name]}`);
const [, ATOP] = /^#\n((?:# {5}.*\n)+)#$/m.exec(readFileSync(join(ROOT, 'deploy/compose.yaml'), 'utf8'));
const HEAD = filled(ATOP.replace(/^# {5}/gm, ''));
const [START, REPLACE] = readFileSync(join(ROOT, 'docs/operate.md'), 'utf8').match(/(?:^ {4}.*\n)+/gm).filter((block) => block.includes('docker ')).map(filled);
const SETTINGS = HEAD.replace(/^docker .*\n/gm, '');

describeUnless(withoutCompose(), 'deploy/compose.yaml', () => {
  let world;
  let engine;
  let front;
  let boss;
  const sh = (script) => engine.sh(SETTINGS + script);
  const inspect = (name, what) => sh(`docker inspect --format '{{${what}}}' ${name}`);
  const enter = (path, headers) => get(front + path, { headers: { Host: HOST, ...headers } });
  const passed = async () => Number(await sh('curl -s http://127.0.0.1:8405/metrics | grep -c \'proxy="site",.*state="L7OK"} 1$\' || :'));
  const allPass = () => until(async () => await passed() === SITES.length, 30_000, () => 'haproxy does not let in all instances');
  const load = () => startLoad(Number(new URL(front).port), { clients: CLIENTS, path: '/lettings/', host: HOST });
  const assertAllAnswered = ({ answers, failures, refusals }) => {
    assert.deepEqual([failures, refusals, answers.filter(({ status }) => status !== 200)], [[], [], []]);
    assert.ok(answers.length > 500, `${answers.length} pages`);
  };

  before(async () => {
    world = makeWorld('compose');
    engine = await startEngine(world);
    front = `http://127.0.0.1:${await engine.forward(80)}`;
  });
  after(async () => {
    await engine?.end();
    world?.end();
  });

  test('the commands at its head: migrate is done before instances serve, by plain http', async () => {
    await engine.sh(HEAD);
    assert.equal(await inspect('deploy_migrate_1', '.State.Status}} {{.State.ExitCode}} {{.RestartCount'), 'exited 0 0');
    assert.match(await sh('docker logs deploy_migrate_1'), /^Applied \d+ migrations\.$/);
    await allPass();
    const { status, headers } = await enter('/');
    assert.deepEqual([status, headers['strict-transport-security']], [200, undefined]);
    assert.equal((await enter('/metrics')).status, 404);
    assert.equal((await enter('/', { Host: 'evil.example' })).status, 400);
  });

  test('who signs in by way of one instance is known to each', async () => {
    await sh(`docker compose run --rm -T -e 'DJANGO_SUPERUSER_PASSWORD=${PASSWORD}' migrate createsuperuser --noinput --username boss --email boss@example.com`);
    boss = new Visitor(front, { Host: HOST });
    assert.equal((await boss.signIn('boss')).status, 302);
    for (const name of SITES) {
      const port = await engine.forward(8000, await inspect(name, '.NetworkSettings.Networks.deploy_default.IPAddress'));
      const profile = (cookie) => get(`http://127.0.0.1:${port}/accounts/profile/`, { headers: { Host: HOST, ...cookie } });
      assert.deepEqual([(await profile({ Cookie: boss.cookie })).status, (await profile()).status], [200, 302], name);
    }
  });

  test('an instance that is stopped is left before it goes: no request fails', async (t) => {
    const visitors = load();
    await sleep(1000);
    const from = performance.now();
    await sh('docker stop deploy_site_1');
    const took = performance.now() - from;
    await sleep(1000);
    await visitors.stop();
    assert.equal(await inspect('deploy_site_1', '.State.ExitCode'), '0');
    assert.ok(took > 3000 && took < 15_000, `it took ${took} ms`);
    assertAllAnswered(visitors);
    t.diagnostic(`${visitors.answers.length} pages, the stop took ${Math.round(took)} ms`);
    await sh('docker start deploy_site_1');
    await allPass();
  });

  test('one that is killed loses what it was answering at most, and comes back', async (t) => {
    const before = await inspect('deploy_site_2', '.State.Pid');
    const visitors = load();
    await sleep(1000);
    await engine.sh(`kill -9 ${before}`);
    await sleep(3000);
    const [later, pages] = [performance.now(), visitors.answers.length];
    await sleep(2000);
    await visitors.stop();
    const refused = visitors.answers.flatMap(({ status }, i) => (status === 200 ? [] : [{ status, i }]));
    const lost = refused.length + visitors.failures.length;
    assert.ok(lost <= CLIENTS, JSON.stringify([refused, visitors.failures]));
    assert.deepEqual([refused.filter(({ i }) => i >= pages), visitors.failures.filter(({ at }) => at >= later), visitors.refusals], [[], [], []]);
    assert.ok(visitors.answers.length > pages + 100, 'nobody is answered any more');
    t.diagnostic(`${visitors.answers.length} pages, ${lost} lost`);
    await allPass();
    assert.notEqual(await inspect('deploy_site_2', '.State.Pid'), before);
  });

  test('a new release takes over instance by instance, by the commands of docs/operate.md: no request fails', async (t) => {
    await engine.sh("printf 'FROM docker.io/acme/oc-lettings\\nENV SENTRY_RELEASE=next\\n' | docker build -q -t docker.io/acme/oc-lettings:next -");
    const releases = async () => (await sh(`docker inspect --format '{{range .Config.Env}}{{println .}}{{end}}' $(docker ps -q --filter label=com.docker.compose.service=site)`))
      .match(/^SENTRY_RELEASE=.*$/gm);
    assert.ok(!(await releases()).includes('SENTRY_RELEASE=next'));
    const visitors = load();
    await sh(REPLACE);
    await visitors.stop();
    assertAllAnswered(visitors);
    assert.deepEqual(await releases(), SITES.map(() => 'SENTRY_RELEASE=next'));
    assert.equal((await boss.ask('/accounts/profile/')).status, 200);
    t.diagnostic(`${visitors.answers.length} pages`);
  });

  test('down keeps the data, and behind what ends TLS nobody is sent on', async () => {
    await sh('docker compose down');
    assert.equal(await sh('docker ps -aq'), '');
    await engine.sh(`export FRONT_SCHEME=https\n${START.replace(/^.*createsuperuser\n/m, '')}`);
    await allPass();
    const { status, headers } = await enter('/accounts/login/');
    assert.deepEqual([status, headers['strict-transport-security'] !== undefined], [200, true]);
    for (const cookie of headers['set-cookie']) assert.match(cookie, /; Secure/);
    assert.equal((await enter('/accounts/profile/', { Cookie: boss.cookie })).status, 200);
  });

  test('down -v leaves nothing', async () => {
    const lists = ['docker ps -aq', 'docker volume ls -q', 'docker network ls -q --filter label=com.docker.compose.project',
      "pgrep 'conmon|aardvark'", 'iptables-save | grep deploy_', 'ip -o link show | grep -v " lo: "'];
    const left = () => Promise.all(lists.map((list) => sh(`${list} || :`)));
    for (const [i, list] of (await left()).entries()) assert.notEqual(list, '', lists[i]);
    await sh('docker compose down -v');
    assert.deepEqual(await left(), lists.map(() => ''));
  });
});
