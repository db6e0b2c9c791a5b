// A server that programs report to, and who reads there what they reported.
import { randomUUID } from 'node:crypto';
import { startServer } from '../../../tests/http/harness.mjs';
import { addUser, FAST, signedIn } from '../../../tests/http/accounts.mjs';
import { sql } from '../../../tests/http/support.mjs';

export const KEY = '00112233445566778899aabbccddeeff';

export async function startIntake(env = {}) {
  const server = await startServer({ env: { ...FAST, ...env } });
  const one = (query) => sql(server.database, query).trim();
  const project = Number(one(`INSERT INTO issues_project (name, public_key, is_active) VALUES ('Shop', '${KEY}', TRUE); SELECT last_insert_rowid();`));
  addUser(server.database, 'boss', { staff: 1, superuser: 1 });
  return {
    server,
    one,
    project,
    boss: await signedIn(server, 'boss'),
    dsn: `http://${KEY}@127.0.0.1:${server.port}/${project}`,
    envelope: `${server.url}/api/${project}/envelope/`,
    store: `${server.url}/api/${project}/store/`,
    stop: () => server.stop(),
  };
}

export const newId = () => randomUUID().replaceAll('-', '');

export const anEvent = (more = {}) => ({ event_id: newId(), timestamp: new Date().toISOString(), platform: 'other', message: 'it failed', ...more });

/** An envelope of items [headers, payload]; a payload that is no text is written as JSON. */
export function envelopeOf(headers, ...items) {
  const lines = [JSON.stringify(headers)];
  for (const [item, payload] of items) lines.push(JSON.stringify(item), typeof payload === 'string' ? payload : JSON.stringify(payload));
  return `${lines.join('\n')}\n`;
}
