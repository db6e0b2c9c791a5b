// Also on PostgreSQL.
// What SDKs send, well and badly: each way is told what became of it, and nothing is counted twice.
import assert from 'node:assert/strict';
import { performance } from 'node:perf_hooks';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { get, raw, skipWithoutModule } from '../../../tests/http/harness.mjs';
import { describeUnless, sql } from '../../../tests/http/support.mjs';
import { anEvent, envelopeOf, KEY, newId, startIntake } from './reporting.mjs';

const AUTH = { 'X-Sentry-Auth': `Sentry sentry_version=7, sentry_key=${KEY}, sentry_client=test/1` };
const skipped = skipWithoutModule('issues', 'admin', 'auth');

describeUnless(skipped, 'the intake', () => {
  let site;
  before(async () => { site = await startIntake(); });
  after(() => site?.stop());
  const send = (body, { url = site.envelope, headers = AUTH, method = 'POST' } = {}) => get(url, { method, headers, body });
  const counted = () => Number(site.one('SELECT count(*) FROM issues_seenevent'));
  const taken = async (body, options) => {
    const before = counted();
    const answer = await send(body, options);
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.headers['access-control-allow-origin'], '*');
    assert.equal(counted(), before + 1);
    return JSON.parse(answer.text).id;
  };

  test('takes events in envelopes and alone, by every way to give the key', async () => {
    const event = anEvent();
    assert.equal(await taken(envelopeOf({ event_id: event.event_id }, [{ type: 'event' }, event])), event.event_id);
    const one = () => envelopeOf({}, [{ type: 'event' }, anEvent()]);
    await taken(one(), { headers: {}, url: `${site.envelope}?sentry_key=${KEY}&sentry_version=7` });
    await taken(one(), { headers: { Authorization: `Sentry sentry_key=${KEY}` } });
    await taken(envelopeOf({ dsn: site.dsn }, [{ type: 'event' }, anEvent()]), { headers: {} });
    await taken(JSON.stringify(anEvent()), { url: site.store });
    await taken(JSON.stringify(anEvent({ event_id: '01234567-89AB-cdef-0123-456789abcdef' })), { url: site.store });
  });

  test('counts an event once, however often it is sent', async () => {
    const event = anEvent();
    const body = envelopeOf({}, [{ type: 'event', length: Buffer.byteLength(JSON.stringify(event)) }, event]);
    await taken(body);
    const before = site.one('SELECT sum(times_seen) FROM issues_issue');
    assert.equal((await send(body)).status, 200);
    assert.equal(site.one('SELECT sum(times_seen) FROM issues_issue'), before);
    const id = newId();
    await taken(envelopeOf({ event_id: id }, [{ type: 'event' }, anEvent()]));
    assert.equal(site.one(`SELECT count(*) FROM issues_seenevent WHERE event_id = '${id}'`), '1', "the envelope's id counts");
  });

  test('reopens what was resolved for a later release alone', async () => {
    const seen = async (release, message) => {
      await taken(JSON.stringify(anEvent({ release, message })), { url: site.store });
      return site.one(`SELECT i.status || '|' || i.last_release FROM issues_issue i JOIN issues_event e ON e.issue_id = i.id
        WHERE e.release = '${release}' ORDER BY e.id DESC LIMIT 1`);
    };
    const resolve = (release) => sql(site.server.database, `UPDATE issues_issue SET status = 'resolved', resolved_in = '${release}' WHERE last_release = '${release}'`);
    for (const [before, last, later] of [
      ['shop@1.9.0', 'shop@1.10.0', 'shop@2.0'], ['1f00', 'a0b1', '77cc'], ['1.9.0', '2.0.0', '2.0.1'], ['v1.9', 'v2.0', 'v2.1'],
      ['s@2.0.0-rc1', 's@2.0.0', 's@2.0.1-rc1'],
    ]) {
      const message = `of ${last}`;
      await seen(before, message);
      assert.equal(await seen(last, message), `unresolved|${last}`);
      resolve(last);
      assert.equal(await seen(before, message), `resolved|${last}`, 'one that came before');
      assert.equal(await seen(last, message), `resolved|${last}`);
      assert.equal(await seen(later, message), `unresolved|${later}`);
    }
    await seen('s@3.0.0', 'of two names');
    resolve('s@3.0.0');
    assert.equal(await seen('s@3.0', 'of two names'), 'resolved|s@3.0.0', 'the same by another name');
  });

  test('is not resolved in vain, where no release tells, by what happened before and came late', async () => {
    const message = 'mended meanwhile';
    const at = async (moment) => {
      await taken(JSON.stringify(anEvent({ message, timestamp: new Date(moment).toISOString() })), { url: site.store });
      return site.one(`SELECT status FROM issues_issue WHERE title = '${message}'`);
    };
    await at(Date.now() - 10_000);
    const id = Number(site.one(`SELECT id FROM issues_issue WHERE title = '${message}'`));
    await site.boss.post('/admin/issues/act/', { action: 'resolve', issue: id }, { page: '/admin/issues/' });
    assert.equal(await at(Date.now() - 7_200_000), 'resolved');
    assert.equal(await at(Date.now() - 5000), 'resolved');
    assert.equal(await at(Date.now()), 'unresolved');
    assert.equal(site.one(`SELECT resolved_at FROM issues_issue WHERE id = ${id}`), '');
  });

  test('looks at the key before it unpacks anything', async () => {
    const bomb = gzipSync(Buffer.alloc(64 << 20));
    const wrong = { 'X-Sentry-Auth': 'Sentry sentry_key=00000000000000000000000000000000', 'Content-Encoding': 'gzip' };
    for (const url of [site.envelope, site.store]) assert.equal((await send(bomb, { url, headers: wrong })).status, 403);
    assert.equal((await send(bomb, { url: site.store, headers: { 'Content-Encoding': 'gzip' } })).status, 401);
  });

  test('takes what is compressed, and bounds what it becomes', async () => {
    const one = () => envelopeOf({}, [{ type: 'event' }, anEvent()]);
    for (const [encoding, compress] of [['gzip', gzipSync], ['deflate', deflateSync], ['br', brotliCompressSync]]) {
      const headers = { ...AUTH, 'Content-Encoding': encoding };
      await taken(compress(one()), { headers });
      const bomb = compress(Buffer.alloc(64 << 20));
      assert.equal((await send(bomb, { headers })).status, 413, encoding);
      assert.equal((await send(compress(one()).subarray(0, 40), { headers })).status, 400, encoding);
      assert.equal((await send('no such bytes', { headers })).status, 400, encoding);
    }
    assert.equal((await send(one(), { headers: { ...AUTH, 'Content-Encoding': 'zstd' } })).status, 400);
  });

  test('skips items that it does not know, and takes those behind them', async () => {
    await taken(envelopeOf({}, [{ type: 'replay_video' }, 'bytes'], [{ type: 'client_report' }, {}], [{ type: 'attachment', length: 12 }, 'two\nlines\n!!'], [{ type: 'event' }, anEvent()]));
    assert.equal((await send('{}\n')).status, 200, 'nothing is in it');
  });

  test('takes what is well beside what is not, and says why not', async () => {
    const session = { sid: newId(), started: new Date().toISOString(), status: 'ok', attrs: {} };
    const bad = [[{ type: 'session' }, session], [{ type: 'session' }, 'x'], [{ type: 'event' }, anEvent({ extra: { a: 'x'.repeat(1 << 20) } })]];
    for (const item of bad) {
      const event = anEvent();
      for (const items of [[item, [{ type: 'event' }, event]], [[{ type: 'event' }, anEvent()], item]]) {
        const before = counted();
        const answer = await send(envelopeOf({}, ...items));
        assert.equal(answer.status, 200, answer.text);
        assert.match(answer.headers['x-sentry-error'], /./);
        assert.equal(counted(), before + 1);
      }
      assert.ok([400, 413].includes((await send(envelopeOf({}, item))).status));
    }
    const cut = envelopeOf({}, [{ type: 'event' }, anEvent()], [{ type: 'event', length: 99999 }, anEvent()]);
    const before = counted();
    assert.equal((await send(cut)).status, 200);
    assert.equal(counted(), before + 1);
  });

  test("puts the sender's address where its SDK asks for it", async () => {
    const message = 'of whom?';
    const id = await taken(envelopeOf({}, [{ type: 'event' }, anEvent({ message, user: { ip_address: '{{auto}}' } })]));
    assert.match(site.one(`SELECT payload FROM issues_event WHERE event_id = '${id}'`), /"ip_address":"127\.0\.0\.1"/);
    await taken(envelopeOf({}, [{ type: 'event' }, anEvent({ message, user: { ip_address: '203.0.113.9' } })]));
    assert.equal(site.one(`SELECT users_seen FROM issues_issue WHERE title = '${message}'`), '2');
  });

  test('answers browsers also without the slash at the end', async () => {
    const url = site.envelope.slice(0, -1);
    assert.equal((await send(undefined, { url, method: 'OPTIONS' })).headers['access-control-allow-origin'], '*');
    await taken(envelopeOf({}, [{ type: 'event' }, anEvent()]), { url });
    await taken(JSON.stringify(anEvent()), { url: site.store.slice(0, -1) });
  });

  test('keeps an event of an hour ago, however many newer ones there are', async () => {
    const message = 'late, and kept';
    for (let i = 0; i < 12; i++) await taken(JSON.stringify(anEvent({ message })), { url: site.store });
    const late = anEvent({ message, timestamp: new Date(Date.now() - 3_600_000).toISOString() });
    await taken(JSON.stringify(late), { url: site.store });
    assert.equal(site.one(`SELECT count(*) FROM issues_event WHERE event_id = '${late.event_id}'`), '1');
    assert.equal(site.one(`SELECT count(*) FROM issues_event e JOIN issues_issue i ON e.issue_id = i.id WHERE i.title = '${message}'`), '11');
  });

  test('takes texts that JSON can have and UTF-8 cannot', async () => {
    await taken(`{}\n{"type":"event"}\n{"event_id":"${newId()}","message":"cut \\ud83d, whole \\ud83d\\ude00, none \\u0000 and \\\\ud83d"}\n`);
    await taken(`{}\n{"type":"event"}\n{"event_id":"${newId()}","message":"a NUL","tags":{"a\\u0000b":"c","d\\\\u0000":"e"}}\n`);
    assert.equal(site.one("SELECT count(*) FROM issues_tagvalue WHERE name = 'a\u{fffd}b' OR name = 'd\\u0000'"), '2');
    assert.equal(site.one("SELECT count(*) FROM issues_issue WHERE title LIKE 'cut \u{fffd}, whole \u{1f600}, none%'"), '1');
  });

  test('takes numbers that 64 bits do not hold', async () => {
    const id = await taken(`{}\n{"type":"event"}\n{"event_id":"${newId()}","message":"big","extra":{"a":18446744073709551616,"b":-9223372036854775808,"c":${'9'.repeat(400)},"d":"18446744073709551616"}}\n`);
    const { extra } = JSON.parse(site.one(`SELECT payload FROM issues_event WHERE event_id = '${id}'`));
    assert.deepEqual(extra, { a: 2 ** 64, b: -(2 ** 63), c: null, d: '18446744073709551616' });
  });

  test('takes one event of an envelope that has an id, and says so of a second, and of what is too many', async () => {
    const event_id = newId();
    const before = counted();
    for (const [items, reason] of [
      [[[{ type: 'event' }, anEvent()], [{ type: 'event' }, anEvent()]], /a second event/],
      [[[{ type: 'event' }, anEvent()], ...Array.from({ length: 100 }, () => [{ type: 'other' }, {}])], /more than 100 items/],
    ]) {
      const answer = await send(envelopeOf({ event_id }, ...items));
      assert.equal(answer.status, 200);
      assert.match(answer.headers['x-sentry-error'], reason);
    }
    assert.equal(counted(), before + 1);
  });

  test('keeps no secret that comes along', async () => {
    const id = await taken(envelopeOf({}, [{ type: 'event' }, anEvent({
      request: { url: 'http://shop.example/?token=s3cret1', headers: { Authorization: 's3cret2' }, data: { password: 's3cret3', title: 'kept' } },
      extra: { card: '4111 1111 1111 1111' }, exception: { values: [{ type: 'E', stacktrace: { frames: [{ function: 'f', vars: { api_key: 's3cret4' } }] } }] },
    })]));
    const kept = site.one(`SELECT payload FROM issues_event WHERE event_id = '${id}'`);
    assert.doesNotMatch(kept, /s3cret|4111/);
    assert.match(kept, /"title":"kept"/);
    const pages = await site.boss.ask(`/admin/issues/${site.one('SELECT max(id) FROM issues_issue')}/`);
    assert.doesNotMatch(pages.text, /s3cret|4111/);
  });

  const refused = [
    ['no key', 401, () => envelopeOf({}), { headers: {} }],
    ['a wrong key', 403, () => envelopeOf({}), { headers: { 'X-Sentry-Auth': 'Sentry sentry_key=00112233445566778899aabbccddeef0' } }],
    ['an empty key', 401, () => envelopeOf({}), { headers: { 'X-Sentry-Auth': 'Sentry sentry_key=' } }],
    ["a DSN's wrong key", 403, () => envelopeOf({ dsn: 'http://no@host/1' }), { headers: {} }],
    ['nothing', 400, () => ''],
    ['headers that are no JSON', 400, () => 'hello\n'],
    ['headers that are no object', 400, () => '[]\n'],
    ['an item without a type', 400, () => envelopeOf({}, [{}, anEvent()])],
    ['an item that is no JSON', 400, () => envelopeOf({}, [{ type: 'event' }, 'x'])],
    ['an item that is no object', 400, () => envelopeOf({}, [{ type: 'event' }, [1]])],
    ['an event without an id', 400, () => envelopeOf({}, [{ type: 'event' }, { message: 'x' }])],
    ['an id that is none', 400, () => envelopeOf({}, [{ type: 'event' }, anEvent({ event_id: 'xyz' })])],
    ['a length beyond the end', 400, () => envelopeOf({}, [{ type: 'event', length: 99999 }, anEvent()])],
    ['a length too short', 400, () => envelopeOf({}, [{ type: 'event', length: 3 }, anEvent()])],
    ['a length below nothing', 400, () => envelopeOf({}, [{ type: 'event', length: -1 }, anEvent()])],
    ['a length that is no number', 400, () => envelopeOf({}, [{ type: 'event', length: '9' }, anEvent()])],
    ['an event of more than a megabyte', 413, () => envelopeOf({}, [{ type: 'event' }, anEvent({ extra: { a: 'x'.repeat(1 << 20) } })])],
    ['arrays within arrays', 400, () => envelopeOf({}, [{ type: 'event' }, '['.repeat(100_000)])],
  ];
  for (const [name, status, body, options] of refused) {
    test(`refuses ${name}`, async () => {
      const before = counted();
      const answer = await send(body(), options);
      assert.equal(answer.status, status, answer.text);
      if (status !== 413) assert.equal(JSON.parse(answer.text).detail, answer.headers['x-sentry-error']);
      assert.equal(counted(), before);
    });
  }

  test('refuses a body of more than four megabytes before it has come', async () => {
    const path = new URL(site.envelope).pathname;
    const answer = await raw(site.server.port, `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${(4 << 20) + 1}\r\n\r\n`, { until: /\r\n\r\n/ });
    assert.match(answer, /^HTTP\/1\.1 413 /);
  });

  test('takes nothing for a project that is switched off, is not there, or is the site itself', async () => {
    sql(site.server.database, `INSERT INTO issues_project (name, public_key, is_active) VALUES ('Off', 'ff112233445566778899aabbccddeeff', 0)`);
    // The site's own may be there already.
    sql(site.server.database, "INSERT INTO issues_project (name, public_key, is_active) SELECT 'This site', '', FALSE WHERE NOT EXISTS (SELECT 1 FROM issues_project WHERE public_key = '')");
    const own = Number(site.one("SELECT id FROM issues_project WHERE public_key = ''"));
    const off = { headers: { 'X-Sentry-Auth': 'Sentry sentry_key=ff112233445566778899aabbccddeeff' } };
    const url = (id) => `${site.server.url}/api/${id}/envelope/`;
    for (const id of [1, 2, 3, 99]) assert.equal((await send(envelopeOf({}), { ...off, url: url(id) })).status, 403, String(id));
    assert.equal((await send(envelopeOf({}), { headers: {}, url: `${url(own)}?sentry_key=` })).status, 401);
  });

  test('answers browsers of other sites, and no other method', async () => {
    const { status, headers, text } = await send(undefined, { method: 'OPTIONS', headers: { Origin: 'https://shop.example', 'Access-Control-Request-Method': 'POST' } });
    assert.deepEqual([status, text], [204, '']);
    assert.match(headers['access-control-allow-headers'], /X-Sentry-Auth/);
    assert.equal(headers['access-control-allow-origin'], '*');
    assert.equal(headers['access-control-allow-credentials'], undefined);
    for (const method of ['GET', 'PUT', 'DELETE']) assert.equal((await send(undefined, { method })).status, 405, method);
  });
});

describeUnless(skipped, 'a flood', () => {
  let site;
  before(async () => {
    site = await startIntake({ ISSUES_RATE_LIMIT: '5', WEB_CONCURRENCY: '1', TRUSTED_PROXIES: '127.0.0.1', SECURE_SSL_REDIRECT: '0' });
    const left = 60 - Number(process.hrtime.bigint() / 1_000_000n) / 1000 % 60; // a minute is the monotonic clock's
    if (left < 20) await sleep((left + 1) * 1000);
  });
  after(() => site?.stop());
  const one = () => envelopeOf({}, [{ type: 'event' }, anEvent()]);
  const send = (key, from, { url = site.envelope, body = one() } = {}) => get(url, {
    method: 'POST', headers: { 'X-Sentry-Auth': `Sentry sentry_key=${key}`, 'X-Forwarded-For': from }, body,
  });
  /** How many answers of each status so many requests at once have. */
  const flood = async (count, key, from, more) => {
    const answers = await Promise.all(Array.from({ length: count }, () => send(key, from, more)));
    const groups = {};
    for (const answer of answers) (groups[answer.status] ??= []).push(answer);
    return groups;
  };

  test('is refused with the time to wait, a second later, and nobody else is', async () => {
    assert.equal((await send(KEY, '192.0.2.1')).status, 200);
    const began = performance.now();
    const { 200: taken, 429: refused } = await flood(30, KEY, '192.0.2.1');
    assert.equal(taken.length, 4);
    assert.equal(refused.length, 26);
    assert.ok(performance.now() - began >= 900, 'who asks without pause has to wait');
    const [{ headers, text }] = refused;
    assert.ok(headers['retry-after'] > 0 && headers['retry-after'] <= 60);
    assert.equal(headers['x-sentry-rate-limits'], `${headers['retry-after']}::key:requests`);
    assert.equal(headers['access-control-allow-origin'], '*');
    assert.match(JSON.parse(text).detail, /too many requests/);
    assert.equal((await site.boss.ask('/admin/issues/')).status, 200);
    assert.equal(site.server.log().filter((line) => / status=429 /.test(line)).length, 0);
  });

  test('with wrong keys uses up the limit of no right one, nor of other addresses', async () => {
    const other = '99112233445566778899aabbccddeeff';
    const id = Number(sql(site.server.database, `INSERT INTO issues_project (name, public_key, is_active) VALUES ('Other', '${other}', 1); SELECT last_insert_rowid();`));
    const url = `${site.server.url}/api/${id}/envelope/`;
    const { 403: wrong, 429: refused } = await flood(20, 'wrong', '192.0.2.7', { url });
    assert.deepEqual([wrong.length, refused.length], [5, 15]);
    assert.equal((await send(other, '192.0.2.8', { url })).status, 200);
    assert.equal((await send(other, '192.0.2.7', { url })).status, 200, 'a key that is known is not counted by its address');
    assert.equal((await send('wrong', '192.0.2.8', { url })).status, 403);
  });

  test('of keys in bodies counts for the key as well', async () => {
    const key = '77112233445566778899aabbccddeeff';
    const id = Number(sql(site.server.database, `INSERT INTO issues_project (name, public_key, is_active) VALUES ('Tunnel', '${key}', 1); SELECT last_insert_rowid();`));
    const answers = [];
    for (let i = 0; i < 8; i++) {
      answers.push((await get(`${site.server.url}/api/${id}/envelope/`, {
        method: 'POST', headers: { 'X-Forwarded-For': `192.0.2.${100 + i}` }, body: envelopeOf({ dsn: `http://${key}@host/${id}` }, [{ type: 'event' }, anEvent()]),
      })).status);
    }
    assert.deepEqual(answers, [200, 200, 200, 200, 200, 429, 429, 429]);
  });

  test('of large bodies is refused before they come, of small ones on the same connection', async () => {
    const head = (length) => `POST ${new URL(site.envelope).pathname} HTTP/1.1\r\nHost: localhost\r\nX-Sentry-Auth: Sentry sentry_key=${KEY}\r\nContent-Length: ${length}\r\n\r\n`;
    const large = await raw(site.server.port, head(1 << 20), { timeout: 5000 });
    assert.match(large, /^HTTP\/1\.1 429 [\s\S]*connection: close/i);
    const small = await raw(site.server.port, `${head(5)}12345GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n`, { timeout: 5000, until: /429[\s\S]*HTTP\/1\.1 200 / });
    assert.match(small, /^HTTP\/1\.1 429 [\s\S]*HTTP\/1\.1 200 /);
  });

  test('that waits for its answer keeps no stop from coming', async () => {
    const waiting = flood(20, KEY, '192.0.2.1');
    await sleep(100);
    const began = performance.now();
    await site.server.stop();
    assert.ok(performance.now() - began < 5000);
    assert.equal((await waiting)[429].length, 20);
  });
});
