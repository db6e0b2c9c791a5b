// Also on PostgreSQL.
// Which paths lead where, which hosts are ours, and what is refused: as tables, over raw connections.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startServer, TEST_PROGRAM } from '../http/harness.mjs';
import { ask } from '../http/support.mjs';

let server;
before(async () => { server = await startServer({ program: TEST_PROGRAM }); });
after(() => server?.stop());

// Nothing of a file outside the static tree, of the settings, or of another host.
function checkHarmless(answer, what) {
  assert.ok(answer, `${what}: no answer`);
  assert.ok(!/root:.*:0:0|only-for-tests|SQLite format|#include/.test(answer.body),
    `${what}: ${answer.body}`);
  if (answer.headers.location) assert.match(answer.headers.location, /^\/(?![/\\])/, what);
}

describe('targets', () => {
  const TARGETS = [
    [400, ['/%', '/%4', '/%zz', '/%4z', '/probe/users/%', '/%%', '/%u0041', '/%00', '/probe/users/%00',
      '/probe/str/AirWow%00/', '/static/site/site.css%00.txt',
      '/%ff', '/%C3', '/%C3%28', '/%E0%80%AF', '/%C0%AE%C0%AE/', '/%ED%A0%80', '/%F4%90%80%80',
      '/%F8%88%80%80%80', '/\xff', '/caf\xe9/',
      '/..', '/.', '/../', '/./', '/probe/users/..', '/probe/users/../', '/probe/users/./', '/%2e%2e/',
      '/%2E%2E', '/.%2e/', '/%2e./', '/%2e/', '/..%2f', '/%2e%2e%2f', '/probe/users/..%2F..%2Fetc',
      '/static/../../etc/passwd', '/static/..%2f..%2fetc%2fpasswd',
      '/static/%2e%2e/%2e%2e/etc/passwd', '/static/site/../../../../../../etc/passwd',
      '/static/.%2e%2fsite/site.css',
      'probe/users/', '*', '?', '#', 'ftp://localhost/', 'javascript:alert(1)', 'localhost:80',
      '//../']],
    [404, ['/nothing', '/nothing/', '//', '///', '//probe/users/', '/probe/users//', '/probe/users/1/2/',
      '/probe/users/x/', '/Probe/users/', '/probe/users/1/%20', '/...', '/.../', '/..a/',
      '/%252e%252e/', '/static/', '/static', '/static/%252e%252e/etc/passwd', '/static//etc/passwd',
      '/static/..%5c..%5cetc%5cpasswd', '/static/C:%5cwindows', '/static/site',
      '/static/site/', '/static/templates/base.html', '/templates/base.html',
      '/migrations/auth/0001_initial.sql', '/fixtures/auth/demo.json', '/static/site/site.css/',
      '/.env', '/.git/config', '/oc-lettings-site.sqlite3', '/static/oc-lettings-site.sqlite3',
      '/static/%2fetc%2fpasswd', '/%5c%5cevil.example', '//evil.example', '//evil.example/probe/users',
      '//evil.example/%2f', '/%2f%2fevil.example/probe/users', '/%2fevil.example',
      '/http://evil.example', '/probe/users/%0d%0aSet-Cookie:%20a=b/', '/probe/slug/%0aLocation:%20x/',
      '/caf%C3%A9', '/caf\xc3\xa9/',
      '/probe/users/1;a=b/', '/probe/users/١/', '/probe/users/%D9%A1/']],
    [200, ['/', '/?', '/?a=%zz', '/?%00', '/probe/users/?page=..', '/probe/users/%31/', '/%70robe/users/',
    '/probe/str/%41irWow/', 'http://localhost/', 'http://localhost',
    'http://127.0.0.1/probe/users/?a=b', 'HTTP://localhost/']],
  ];
  for (const [status, targets] of TARGETS) {
    for (const target of targets) {
      test(`${target} is answered with ${status}`, async () => {
        const bytes = [...target].some((c) => c > '\xff') ? Buffer.from(target).toString('latin1') : target;
        const answer = await ask(server.port, `GET ${bytes}`);
        checkHarmless(answer, target);
        assert.equal(answer.status, status);
      });
    }
  }

  // libmicrohttpd ends what it passes on at a NUL, so that is left out here.
  for (const target of ['/a b', '/\x01', '/\x7f', '/a\tb']) {
    test(`a target with the bytes ${JSON.stringify(target)} is refused`, async () => {
      const answer = await ask(server.port, `GET ${target}`);
      assert.ok(!answer || [400, 404].includes(answer.status), `${answer?.status}`);
    });
  }

  const EVIL_ABSOLUTE = ['http://evil.example/', 'http://evil.example/probe/users',
    'http://localhost@evil.example/', 'http://localhost:x/', 'http://', 'http:///',
    'http://localhost.evil.example/'];
  for (const target of EVIL_ABSOLUTE) {
    test(`the absolute target ${target} counts for more than Host, and is refused`, async () => {
      const answer = await ask(server.port, `GET ${target}`);
      checkHarmless(answer, target);
      assert.equal(answer.status, 400);
    });
  }
});

describe('a missing slash', () => {
  const ROWS = [
    ['GET /probe/users', 301, '/probe/users/'],
    ['HEAD /probe/users', 301, '/probe/users/'],
    ['GET /probe/users?a=1&b=%20%zz', 301, '/probe/users/?a=1&b=%20%zz'],
    ['GET /probe/users?', 301, '/probe/users/'],
    ['GET /probe/users/1', 301, '/probe/users/1/'],
    ['GET /probe/users/99', 301, '/probe/users/99/'],
    ['GET /probe/str/AirWow?next=//evil.example', 301, '/probe/str/AirWow/?next=//evil.example'],
    ['GET /probe/str/jos%c3%a9', 301, '/probe/str/jos%C3%A9/'],
    ['GET /probe/str/a%20b%3F%23%25', 301, '/probe/str/a%20b%3F%23%25/'],
    ['GET /probe/str/%0d%0aSet-Cookie:a=b', 301, '/probe/str/%0D%0ASet-Cookie:a=b/'],
    ['GET /probe/str/%5cevil.example', 301, '/probe/str/%5Cevil.example/'],
    ['POST /probe/echo', 308, '/probe/echo/'],
    ['PUT /probe/users', 308, '/probe/users/'],
    ['GET /probe/path//evil.example', 301, '/probe/path//evil.example/'],
    ['GET http://localhost/probe/users', 301, '/probe/users/'],
    ['GET /nothing', 404], ['GET //probe/users', 404], ['GET /probe/users/x', 404],
      ['GET /healthz/', 404], ['GET /static/site/nothing', 404],
  ];
  for (const [line, status, location] of ROWS) {
    test(`${line} is answered with ${status} ${location ?? ''}`, async () => {
      const answer = await ask(server.port, line);
      checkHarmless(answer, line);
      assert.equal(answer.status, status);
      assert.equal(answer.headers.location, location);
    });
  }

  test('a body is kept by a redirect that says so', async () => {
    const answer = await ask(server.port, 'POST /probe/echo', { 'Content-Length': 5 }, 'hello');
    assert.equal(answer.status, 308);
    assert.equal(answer.headers.location, '/probe/echo/');
  });
});

describe('hosts', () => {
  const ROWS = [
    { allowed: 'localhost,127.0.0.1',
      yes: ['localhost', 'localhost:8000', 'LocalHost', 'localhost.', 'localhost.:80', '127.0.0.1',
        '127.0.0.1:65535'],
      no: ['', ' ', 'evil.example', 'localhost.evil.example', 'xlocalhost', 'localhost:',
        'localhost:x', 'localhost:123456', 'localhost:80:80', 'localhost@evil.example',
        'evil.example:80@localhost',
        'localhost/', 'localhost,evil.example', 'localhost evil.example', 'localhost\t', '[::1]',
        '127.0.0.2', '127.1', '*', '.localhost', 'localhost..', 'loc%61lhost', 'l\xf6calhost', '-',
        'a'.repeat(5000)]
        .filter((host) => host !== 'localhost\t'),
      several: ['localhost', 'evil.example'] },
    { allowed: ' .example.com , [::1],intranet,*.star.example',
      yes: ['example.com', 'www.example.com', 'a.b.example.com:443', 'EXAMPLE.COM', '[::1]',
        '[::1]:8000', 'intranet', 'www.example.com.'],
      no: ['badexample.com', 'example.com.evil', '.example.com.evil', 'localhost', '[::2]', '[::1',
        '::1', '[::1]x', 'a.intranet', 'x.star.example', 'example.org'],
      several: ['www.example.com', 'intranet'] },
  ];
  for (const { allowed, yes, no, several } of ROWS) {
    test(`with ALLOWED_HOSTS=${allowed}`, async (t) => {
      const { port } = await startServer({ env: { ALLOWED_HOSTS: allowed }, t });
      const status = async (line, host) => (await ask(port, line, { Host: host }))?.status;
      for (const host of yes) assert.equal(await status('GET /', host), 200, host);
      for (const host of no) {
        for (const line of ['GET /', 'GET /probe/users/', 'GET /probe/users', 'GET /static/site/site.css',
          'GET /nothing/', 'POST /']) {
          assert.equal(await status(line, host), 400, `${line} for ${host}`);
        }
        for (const path of ['/healthz', '/readyz']) assert.equal(await status(`GET ${path}`, host),
          200, `${path} for ${host}`);
      }
      assert.equal(await status('GET /', several), 400);
      assert.equal(await status('GET /', undefined), 400);
    });
  }

  test('with ALLOWED_HOSTS=* any name is one, but not what is none', async (t) => {
    const { port } = await startServer({ env: { ALLOWED_HOSTS: '*' }, t });
    for (const host of ['anything.example', 'x:1']) assert.equal((await ask(port, 'GET /',
      { Host: host })).status, 200, host);
    for (const host of ['', 'a/b', 'a@b', 'a b', 'a,b', '<i>']) assert.equal((await ask(port,
      'GET /', { Host: host })).status, 400, host);
  });
});

describe('converters', () => {
  const UUID = '075194d3-6885-417e-a8a8-6c931e272f00';
  const ROWS = [
    ['int', ['0', '1', '007', '9223372036854775807'], ['', '-1', '+1', '1.0', '1a', '%20', '1%20',
      '%31%', '9223372036854775808', '9'.repeat(4000), '%D9%A1', '1/2']],
    ['str', ['a', '%20', 'a%3Fb', '%E6%9D%B1', '..a', 'a.b', '%2525'],
      ['', 'a/b', 'a%2Fb', 'a%2fb']],
    ['slug', ['a', 'a-b_C-9', '-', '_'], ['', 'a.b', 'a b', 'a%20b', 'caf%C3%A9', 'a/b', 'a%00']],
    ['uuid', [UUID], ['', UUID.toUpperCase(), UUID.slice(1), `${UUID}0`, UUID.replaceAll('-', ''),
      UUID.replace('0', 'g'), `${UUID}/${UUID}`]],
    ['path', ['a', 'a/b/c', '/a', 'a//b', 'a%2Fb', '%20', 'a/b/'],
      ['', '../x', 'a/../b', 'a/%2e%2e/b']],
  ];
  for (const [converter, taken, refused] of ROWS) {
    test(`<${converter}:…> takes what Django's takes, and no more`, async () => {
      for (const value of taken) {
        const answer = await ask(server.port, `GET /probe/${converter}/${value}/`);
        assert.equal(answer.status, 200, value);
        assert.equal(Buffer.from(answer.body, 'latin1').toString(),
          `${decodeURIComponent(value)}\n`);
      }
      for (const value of refused) {
        const answer = await ask(server.port, `GET /probe/${converter}/${value}/`);
        assert.ok(!answer || [400, 404].includes(answer.status), `${value}: ${answer?.status}`);
      }
    });
  }

  test('a path made to be tried in every way is answered at once', async () => {
    const started = Date.now();
    for (const converter of ['path', 'str', 'slug']) await ask(server.port,
      `GET /probe/${converter}/${'/a'.repeat(4000)}`);
    assert.ok(Date.now() - started < 2000, `${Date.now() - started} ms`);
  });
});
