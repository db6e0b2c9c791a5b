// A minute of three writers and eight readers, on either engine; and how long others' writes go unseen on PostgreSQL.
import { describe, test, after, before } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { measureWindow, readWhileWriting, WINDOW_MS } from '../http/freshness.mjs';
import { temporaryFolder } from '../http/harness.mjs';
import { checkCommand } from '../http/support.mjs';
import { skipWithoutPostgres, startPostgres } from '../postgres.mjs';

test('no answer is older than the newest finished write, for a minute', (t) => readWhileWriting(t, 60));

describe('on PostgreSQL', { skip: skipWithoutPostgres() }, () => {
  let postgres;
  before(async () => {
    postgres = await startPostgres(temporaryFolder());
    postgres.sql('CREATE DATABASE demo');
    checkCommand(['demo', '--if-new'], { env: { DEBUG: '1', DATABASE_URL: postgres.url('demo') } });
  });
  after(() => postgres?.stop());

  test('no answer is older than the window, for a minute in which listeners are lost', async (t) => {
    const disturb = async (_, isOver) => {
      while (!isOver()) {
        await sleep(3000);
        postgres.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'oc-lettings, listening'");
      }
    };
    await readWhileWriting(t, 60, { database: postgres.url('demo'), window: WINDOW_MS, disturb });
  });

  test('writes of others are seen within the window', (t) => measureWindow(t, postgres.url('demo'), 2000));
});
