// Also on PostgreSQL.
// What the log says of a request.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { get, startServer, TEST_PROGRAM, until } from './harness.mjs';
import { ask } from './support.mjs';

let server;
before(async () => { server = await startServer({ program: TEST_PROGRAM }); });
after(() => server?.stop());

describe('the log', { concurrency: true }, () => {
  test('has a line for each request, with its id', async () => {
    const { headers } = await get(`${server.url}/probe/users/?q="a=b"%0a`,
      { headers: { Cookie: 'sessionid=hidden-3' } });
    const line = await server.logged(new RegExp(`request_id=${headers['x-request-id']}$`));
    assert.match(line, /^time=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z level=info process=worker msg=request method=GET target="[^ ]*" status=200 bytes=\d+ us=\d+ cache=none client=127\.0\.0\.1 request_id=/);
    assert.ok(!server.log().join('\n').includes('hidden-3'));
  });

  test('gives each request an id of its own', async () => {
    const answers = await Promise.all(Array.from({ length: 200 },
      () => get(`${server.url}/healthz`)));
    assert.equal(new Set(answers.map(({ headers }) => headers['x-request-id'])).size, 200);
  });

  test('is JSON on request, line by line, whatever is asked', async (t) => {
    const logged = await startServer({ program: TEST_PROGRAM,
      env: { LOG_FORMAT: 'json', LOG_LEVEL: 'debug' }, t });
    const targets = ['/', '/%22%5c', '/"quoted"', '/back\\slash', '/caf\xc3\xa9', '/\xff',
      '/probe/fail/', '/?\x7f', `/?${'a'.repeat(8000)}`, `/${'\\'.repeat(8000)}`];
    for (const target of targets) await ask(logged.port, `GET ${target}`);
    const last = await get(`${logged.url}/healthz`, { headers: { 'X-Forwarded-For': '"}' } });
    await logged.logged(new RegExp(last.headers['x-request-id']));
    const parsed = () => logged.log().filter((line) => !line.startsWith('OC Lettings is ready')).map((line) => JSON.parse(line));
    const has = (wanted) => until(() => parsed().some(wanted));
    await has(({ target }) => target === '/"quoted"');
    await has(({ level, error }) => level === 'error' && /probe fails/.test(error));
    await until(() => parsed().filter(({ msg }) => msg === 'request').length > targets.length);
    for (const record of parsed()) assert.ok(record.time && record.level && record.msg
      && record.process, JSON.stringify(record));
  });

  test('leaves out what is below its level', async (t) => {
    const quiet = await startServer({ program: TEST_PROGRAM, env: { LOG_LEVEL: 'error' }, t });
    await get(`${quiet.url}/`);
    await get(`${quiet.url}/probe/fail/`);
    await quiet.logged(/level=error/);
    assert.ok(!quiet.log().some((line) => /level=(info|warning)/.test(line)));
  });
});
