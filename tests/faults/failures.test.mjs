// Also on PostgreSQL.
// Failures that are made in one place for all: whose they are is told by who called it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { get, MODULES, POSTGRES, SANITIZED, startServer, TEST_PROGRAM, until } from '../http/harness.mjs';
import { sql } from '../http/support.mjs';
import { events } from './kept.mjs';

const skip = SANITIZED ? 'the plain build shows it' : false;

test('two views with statements that no database takes are two issues, each with its function and its statement', { skip }, async (t) => {
  const server = await startServer({ t, program: TEST_PROGRAM, env: { WEB_CONCURRENCY: '1' } });
  const views = {
    '/probe/broken-statement/': { own: 'broken_statement', caller: 'broken_statement', statement: 'SELECT nothing FROM auth_user' },
    '/probe/broken-query/': { own: 'read_missing', caller: 'broken_query', statement: 'SELECT id FROM missing_table WHERE id = $1' },
  };
  for (const path of [...Object.keys(views), ...Object.keys(views)]) assert.equal((await get(server.url + path)).status, 500);
  for (const event of await events(server, 4)) {
    const { own, caller, statement } = views[event.transaction];
    const [{ type, value, stacktrace: { frames } }] = event.exception.values;
    assert.equal(type, 'Failure');
    assert.match(value, /^database: .*(nothing|missing_table)/);
    assert.equal(frames.at(-1).function, POSTGRES ? 'postgres_status' : 'sqlite_status');
    assert.equal(frames.at(-1).in_app, false);
    const innermost = frames.findLast((frame) => frame.in_app);
    assert.equal(innermost.function, own);
    assert.equal(innermost.filename, 'tests/server/probe.c');
    assert.ok(innermost.lineno > 0);
    assert.ok(frames.some((frame) => frame.function === caller));
    assert.ok(event.debug_meta.images.length > 0);
    assert.deepEqual(event.breadcrumbs.values.filter(({ category }) => category === 'query').map(({ message }) => message).slice(-1), [statement]);
  }
  await server.logged(/msg=event .*function=read_missing file=tests\/server\/probe\.c/);
  if (!MODULES.includes('issues')) return;
  await until(() => sql(server.database, 'SELECT sum(times_seen) FROM issues_issue').trim() === '4', 10_000);
  assert.equal(sql(server.database, 'SELECT culprit, times_seen FROM issues_issue ORDER BY culprit').trim(), '/probe/broken-query/|2\n/probe/broken-statement/|2');
});
