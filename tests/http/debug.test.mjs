// Also on PostgreSQL.
// With DEBUG=1 files are read from disk and failures are shown; without it they are not.
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { get, ROOT, startServer, temporaryFolder, TEST_PROGRAM } from './harness.mjs';

describe('DEBUG=1', () => {
  let server;
  const source = temporaryFolder();
  before(async () => {
    for (const folder of ['modules', 'src/site']) {
      mkdirSync(join(source, folder), { recursive: true });
      cpSync(join(ROOT, folder), join(source, folder), { recursive: true });
    }
    server = await startServer({ program: TEST_PROGRAM, env: { DEBUG: '1', SOURCE_DIR: source } });
  });
  after(() => server?.stop());

  const edit = (file, from, to) => {
    const path = join(source, file);
    const text = readFileSync(path, 'utf8');
    assert.ok(text.includes(from), `${file} has ${from}`);
    writeFileSync(path, text.replace(from, to));
  };

  test('a changed template shows at the next request', async () => {
    assert.match((await get(`${server.url}/`)).text, /<h1>Welcome to Holiday Homes<\/h1>/);
    edit('modules/home/templates/home/index.html', 'Welcome to', 'Back in');
    assert.match((await get(`${server.url}/`)).text, /<h1>Back in Holiday Homes<\/h1>/);
    edit('src/site/templates/base.html', '<footer', '<p>Every page has this.</p><footer');
    for (const path of ['/', '/nothing/']) assert.match((await get(server.url + path)).text, /Every page has this\./);
  });

  test('a changed stylesheet shows at the next request, and is not kept', async () => {
    edit('src/site/static/site/site.css', '', '/* changed */');
    const [url] = /\/static\/[^"]*\.css/.exec((await get(`${server.url}/`)).text);
    const { text, headers } = await get(server.url + url);
    assert.ok(text.startsWith('/* changed */'));
    assert.equal(headers['cache-control'], 'no-cache');
  });

  test('a broken template is a 500 that names file, line and words, until it is mended',
    async () => {
    const file = 'modules/home/templates/home/index.html';
    edit(file, '<h1>', '<h1>{{ nav|no_such_filter }}');
    const { status, text } = await get(`${server.url}/`);
    assert.equal(status, 500);
    assert.ok(text.includes(`${file}:4`), text);
    assert.ok(text.includes('no_such_filter'));
    assert.ok(text.includes(`<p><code>TemplateSyntaxError</code> in <code>${file}</code>, line 4:</p>`), text);
    assert.match(text, /<tr class="failed" aria-current="true"><th scope="row">4<\/th><td><code>&lt;h1&gt;\{\{ nav\|no_such_filter \}\}/);
    assert.deepEqual([...text.matchAll(/<tr[^>]*><th scope="row">(\d+)<\/th>/g)].map(([, number]) => number), ['1', '2', '3', '4', '5', '6', '7']);
    assert.ok(!text.includes('Made at'));
    assert.equal((await get(`${server.url}/probe/users/`)).status, 200);
    edit(file, '{{ nav|no_such_filter }}', '');
    assert.equal((await get(`${server.url}/`)).status, 200);
    edit(file, '<h1>', '<h1>{{ site_name|add:nothing_of_that_name }}');
    assert.ok((await get(`${server.url}/`)).text.includes(`<p><code>VariableDoesNotExist</code> in <code>${file}</code>, line 4:</p>`));
    edit(file, '{{ site_name|add:nothing_of_that_name }}', '');
  });

  test('a failure shows itself, the request and the settings, but no secret', async () => {
    const headers = { Cookie: 'sessionid=hidden-1', Authorization: 'Bearer hidden-2',
      'X-Shown': '<shown>' };
    const { status, text } = await get(`${server.url}/probe/fail/?a=<1>`.replace('<1>', '%3C1%3E'),
      { headers });
    assert.equal(status, 500);
    for (const part of ['the probe fails as it was told to', 'probe.c', 'fails()',
      'GET /probe/fail/?a=%3C1%3E', '&lt;shown&gt;', 'DATABASE_URL', 'SECRET_KEY',
      'WEB_CONCURRENCY', '(secret)']) assert.ok(text.includes(part),
      `${part} is missing in ${text}`);
    for (const part of ['hidden-1', 'hidden-2', 'only-for-tests-',
      '<shown>']) assert.ok(!text.includes(part), part);
  });

  test('a host that is not allowed is told where to add it', async () => {
    const { status, text } = await get(`${server.url}/`,
      { headers: { Host: 'elsewhere.example' } });
    assert.equal(status, 400);
    assert.match(text, /elsewhere\.example.*ALLOWED_HOSTS/);
  });
});

test('without DEBUG a failure shows nothing of itself, but is logged', async (t) => {
  const server = await startServer({ program: TEST_PROGRAM, t });
  const { status, text, headers } = await get(`${server.url}/probe/fail/?a=1`,
    { headers: { Cookie: 'sessionid=hidden-1' } });
  assert.equal(status, 500);
  assert.match(text, /<title>Something went wrong<\/title>/);
  for (const part of ['the probe fails', 'probe.c', 'DATABASE_URL', 'SECRET_KEY', 'hidden-1',
    '/probe/fail/']) assert.ok(!text.includes(part), part);
  const line = await server.logged(/level=error .*request failed/);
  assert.match(line, new RegExp(`error="the probe fails as it was told to".* request_id=${headers['x-request-id']}`));
  assert.doesNotMatch(server.log().join('\n'), /hidden-1/);
});
