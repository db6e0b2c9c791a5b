// What SDKs send, well and badly: each way is told what became of it, and nothing is counted twice.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
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

  test('takes texts that JSON can have and UTF-8 cannot', async () => {
    await taken(`{}\n{"type":"event"}\n{"event_id":"${newId()}","message":"cut \\ud83d, whole \\ud83d\\ude00, none \\u0000 and \\\\ud83d"}\n`);
    assert.equal(site.one("SELECT count(*) FROM issues_issue WHERE title LIKE 'cut \u{fffd}, whole \u{1f600}, none%'"), '1');
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
    sql(site.server.database, `INSERT INTO issues_project (name, public_key, is_active) VALUES ('Off', 'ff112233445566778899aabbccddeeff', 0), ('This site', '', 0)`);
    const off = { headers: { 'X-Sentry-Auth': 'Sentry sentry_key=ff112233445566778899aabbccddeeff' } };
    const url = (id) => `${site.server.url}/api/${id}/envelope/`;
    for (const id of [1, 2, 3, 99]) assert.equal((await send(envelopeOf({}), { ...off, url: url(id) })).status, 403, String(id));
    assert.equal((await send(envelopeOf({}), { headers: {}, url: `${url(3)}?sentry_key=` })).status, 401);
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
  before(async () => { site = await startIntake({ ISSUES_RATE_LIMIT: '5', WEB_CONCURRENCY: '1' }); });
  after(() => site?.stop());

  test('is refused with the time to wait, before the key is looked at, and others are not', async () => {
    const send = (url, key) => get(url, { method: 'POST', headers: { 'X-Sentry-Auth': `Sentry sentry_key=${key}` }, body: envelopeOf({}, [{ type: 'event' }, anEvent()]) });
    const answers = [];
    for (let i = 0; i < 14; i++) answers.push(await send(site.envelope, KEY));
    const taken = answers.filter(({ status }) => status === 200).length;
    assert.ok(taken === 5 || taken === 10, `a minute may have ended meanwhile: ${taken}`);
    const { headers, text } = answers.find(({ status }) => status === 429);
    assert.ok(headers['retry-after'] > 0 && headers['retry-after'] <= 60);
    assert.equal(headers['x-sentry-rate-limits'], `${headers['retry-after']}::organization:requests`);
    assert.match(JSON.parse(text).detail, /too many requests/);
    assert.match(String((await send(site.envelope, 'wrong')).status), /429|403/);
    assert.equal((await send(`${site.server.url}/api/77/envelope/`, KEY)).status, 403, 'of another project');
    assert.equal((await site.boss.ask('/admin/issues/')).status, 200);
  });
});
