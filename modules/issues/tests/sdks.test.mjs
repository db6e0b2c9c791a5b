// Also on PostgreSQL.
// Sentry's own SDKs report here: each one's error is an issue that can be read.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import http from 'node:http';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { launchBrowser, ROOT, skipWithoutBrowser, skipWithoutModule, until } from '../../../tests/http/harness.mjs';
import { describeUnless } from '../../../tests/http/support.mjs';
import { startIntake } from './reporting.mjs';

const PYTHON = '/usr/bin/python3';
const HERE = dirname(fileURLToPath(import.meta.url));
const TESTS = join(ROOT, 'tests');
const PACKAGES = join(TESTS, 'node_modules');
const hasPython = (...modules) => (spawnSync(PYTHON, ['-c', `import ${modules.join(', ')}`]).status === 0 ? false : `no ${modules.join(' or ')} for ${PYTHON}`);
const hasPackage = (name) => (existsSync(join(PACKAGES, name)) ? false : `no npm package ${name}`);

// As @sentry/browser names what it is made of.
const BROWSER_PACKAGES = {
  '@sentry/browser': '@sentry/browser/build/npm/esm/index.js',
  '@sentry/core': '@sentry/core/build/esm/index.js',
  '@sentry-internal/browser-utils': '@sentry-internal/browser-utils/build/esm/index.js',
  '@sentry-internal/feedback': '@sentry-internal/feedback/build/npm/esm/index.js',
  '@sentry-internal/replay': '@sentry-internal/replay/build/npm/esm/index.js',
  '@sentry-internal/replay-canvas': '@sentry-internal/replay-canvas/build/npm/esm/index.js',
};

describeUnless(skipWithoutModule('issues', 'admin', 'auth'), 'SDKs', () => {
  let site;
  before(async () => { site = await startIntake(); });
  after(() => site?.stop());

  const run = async (program, args, options) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000, ...options });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => { output += part; });
    const [status] = await once(child, 'close');
    assert.equal(status, 0, output);
  };
  /** The issue of that title, with its page. */
  const issueOf = async (title) => {
    const row = await until(() => site.one(`SELECT id, times_seen, culprit FROM issues_issue WHERE title = '${title}'`), 15_000,
      () => `no issue "${title}": ${site.one('SELECT title FROM issues_issue')}`);
    const [id, times, culprit] = row.split('|');
    const { status, text } = await site.boss.ask(`/admin/issues/${id}/`);
    assert.equal(status, 200);
    return { times: Number(times), culprit, text };
  };

  test('of Python, in a program', { skip: hasPython('sentry_sdk') }, async () => {
    for (const divisor of [1, 2]) await run(PYTHON, [join(HERE, 'program.py'), site.dsn, String(divisor)]);
    const { times, culprit, text } = await issueOf('ZeroDivisionError: division by zero');
    assert.deepEqual([times, culprit], [2, 'divide'], 'both are one issue');
    assert.match(text, /<strong>divide<\/strong> <span class="quiet">\S*program\.py:\d+<\/span>/);
    assert.match(text, /<mark>.*return dividend \/ 0/);
    assert.match(text, /<dt>dividend<\/dt><dd dir="auto">2<\/dd>/, 'the variables of the newest');
    assert.match(text, /<dt>id<\/dt><dd dir="auto">42<\/dd>/, 'the user');
    assert.match(text, /<td>shop<\/td><td dir="auto">about to divide/, 'a breadcrumb');
  });

  test('of Python, in Django', { skip: hasPython('sentry_sdk', 'django') }, async () => {
    await run(PYTHON, [join(HERE, 'django_site.py'), site.dsn]);
    const { culprit, text } = await issueOf("KeyError: ''no such letting''");
    assert.equal(culprit, '/sentry-debug/{letting_id}/');
    assert.match(text, /GET http:\/\/127\.0\.0\.1:\d+\/sentry-debug\/7\/\?a=1/);
    assert.match(text, /<mark>.*LETTINGS\[/);
    assert.match(text, /<details><summary><code><strong>inner<\/strong>/, "Django's own frames are folded");
  });

  test('of Node.js', { skip: hasPackage('@sentry/node') }, async () => {
    await run(process.execPath, [join(HERE, 'program_node.mjs'), site.dsn], { cwd: TESTS, env: { ...process.env, NODE_PACKAGES: PACKAGES } });
    const { times, text } = await issueOf("TypeError: Cannot read properties of undefined (reading ''price'')");
    assert.equal(times, 1);
    assert.match(text, /<strong>priceOf<\/strong>/);
    assert.match(text, /<mark>.*letting\.price/);
  });

  test('of browsers', { skip: skipWithoutBrowser() || hasPackage('@sentry/browser') }, async (t) => {
    const pages = http.createServer((request, response) => {
      const path = new URL(request.url, 'http://x').pathname;
      const file = path.startsWith('/packages/') ? join(PACKAGES, path.slice(10)) : null;
      response.setHeader('Content-Type', file ? 'text/javascript' : 'text/html');
      if (file) response.end(existsSync(file) ? readFileSync(file) : '');
      else response.end(page(site.dsn));
    }).listen(0, '127.0.0.1');
    await once(pages, 'listening');
    t.after(() => pages.close());
    const browser = await launchBrowser();
    t.after(() => browser.close());
    const tab = await browser.newPage();
    await tab.goto(`http://localhost:${pages.address().port}/book/?letting=1`);
    const { text } = await issueOf('ReferenceError: bookIt is not defined');
    assert.match(text, /<strong>pressed<\/strong>/);
    assert.match(text, /localhost:\d+\/book\//);
    assert.match(text, /· not handled/);
  });
});

function page(dsn) {
  const imports = Object.fromEntries(Object.entries(BROWSER_PACKAGES).map(([name, path]) => [name, `/packages/${path}`]));
  return `<!doctype html><title>Book</title><script type="importmap">${JSON.stringify({ imports })}</script>
<script type="module">
import * as Sentry from '@sentry/browser';
Sentry.init({ dsn: '${dsn}', release: 'shop@3', environment: 'test' });
function pressed() { bookIt(); }
setTimeout(pressed, 0);
</script>`;
}
