// What two instances on one PostgreSQL must not do twice.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { environment, PROGRAM, skipWithoutModule, startServer, temporaryFolder, until } from '../http/harness.mjs';
import { addUser, FAST, signedIn } from '../http/accounts.mjs';
import { checkCommand, describeUnless, freshDatabases } from '../http/support.mjs';
import { psql, skipWithoutPostgres, spawnPsql } from '../postgres.mjs';

const MAILS = 200;

describeUnless(skipWithoutPostgres(), 'on one PostgreSQL', () => {
  const fresh = freshDatabases();

  test('each mail goes out once', { skip: skipWithoutModule('mail') }, async (t) => {
    const url = fresh();
    checkCommand(['migrate'], { env: { DATABASE_URL: url } });
    psql(url, `INSERT INTO mail_outgoing (recipient, subject, body, created_at, next_try_at, tries, error)
      SELECT 'guest@example.com', 'mail ' || n, 'text', now(), now() - interval '1 minute', 0, '' FROM generate_series(1, ${MAILS}) n;`);
    const folder = temporaryFolder();
    const boxes = ['a', 'b'].map((name) => join(folder, name));
    for (const box of boxes) {
      mkdirSync(box);
      await startServer({ database: null, env: { DATABASE_URL: url, EMAIL_URL: `file://${box}`, WEB_CONCURRENCY: '1' }, t });
    }
    await until(() => psql(url, 'SELECT count(*) FROM mail_outgoing') === '0', 60_000, () => 'they are not sent');
    const sent = boxes.map((box) => readdirSync(box).flatMap((name) => readFileSync(join(box, name), 'utf8').match(/^Subject: mail \d+/gm)));
    const all = sent.flat();
    t.diagnostic(`${sent[0].length} and ${sent[1].length}`);
    assert.equal(new Set(all).size, MAILS);
    assert.equal(all.length, MAILS, 'some went out twice');
  });

  test('who writes to one row keeps nobody from another, and is waited for at the same', { skip: skipWithoutModule('lettings') }, async (t) => {
    const url = fresh();
    checkCommand(['demo'], { env: { DEBUG: '1', DATABASE_URL: url } });
    for (const name of ['anna', 'ben']) addUser(url, name, { staff: 1, superuser: 1 });
    const start = () => startServer({ database: null, env: { ...FAST, DATABASE_URL: url, WEB_CONCURRENCY: '1', DATABASE_MAX_CONNECTIONS: '4' }, t });
    const [one, other] = [await start(), await start()];
    const [anna, ben] = [await signedIn(one, 'anna'), await signedIn(other, 'ben')];
    const erase = (visitor, id) => visitor.post(`/admin/lettings/letting/${id}/delete/`, { post: 'yes' });
    const holder = spawnPsql(url);
    t.after(() => holder.kill());
    holder.stdin.write('BEGIN; SELECT id FROM lettings_letting WHERE id = 1 FOR UPDATE;\n');
    await once(holder.stdout, 'data');
    const first = erase(anna, 1);
    const waiting = (count) => until(() => psql(url, "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'oc-lettings' AND wait_event_type = 'Lock'") === String(count), 10_000);
    await waiting(1);
    assert.equal((await erase(ben, 2)).status, 302, 'another row');
    await signedIn(one, 'ben');
    const second = erase(ben, 1);
    await waiting(2);
    holder.stdin.end('ROLLBACK;\n');
    assert.deepEqual([(await first).status, (await second).status], [302, 302]);
    assert.deepEqual(psql(url, "SELECT object_id, count(*) FROM django_admin_log WHERE action_flag = 3 GROUP BY 1 ORDER BY 1"), '1|1\n2|1');
  });

  test('migrations that are begun by many at once run once', async () => {
    const url = fresh();
    const run = async () => {
      const child = spawn(PROGRAM, ['migrate'], { cwd: temporaryFolder(), env: environment(temporaryFolder(), { DATABASE_URL: url }), stdio: ['ignore', 'ignore', 'pipe'] });
      let said = '';
      child.stderr.on('data', (text) => { said += text; });
      const [code] = await once(child, 'close');
      return `${code}${said}`;
    };
    assert.deepEqual(await Promise.all(Array.from({ length: 5 }, run)), Array(5).fill('0'));
    const records = psql(url, "SELECT app || '.' || name FROM django_migrations").split('\n');
    assert.equal(new Set(records).size, records.length);
    checkCommand(['migrate'], { env: { DATABASE_URL: url }, out: /^Nothing to migrate\.\n$/ });
  });
});
