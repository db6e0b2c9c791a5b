// Only on SQLite: a browser shows the same page wherever its rows were; tests/http and the modules ask for these pages on both.
// Every page, as it is sent, through html-validate; and what it weighs.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { HtmlValidate } from 'html-validate';
import { get } from '../http/harness.mjs';
import { describeUnless, emptyDatabase, range, sql } from '../http/support.mjs';
import { LANGUAGES, PAGES, PROVOKED, skipWithoutSite, startSite } from './pages.mjs';

const LIMIT = 50_000;
const LONGEST_TITLE = 256;

const validator = new HtmlValidate({
  root: true,
  extends: ['html-validate:recommended', 'html-validate:standard', 'html-validate:a11y'],
  rules: {
    // In HTML either case is right; the rule's own choice is the upper.
    'doctype-style': ['error', { style: 'lowercase' }],
  },
});

const everyPage = [...PAGES, ...PROVOKED];

/** A browser's request: compressed, in a language. */
const fetchPage = (server, path, language = 'en') => get(server.url + path,
  { headers: { 'Accept-Language': language, 'Accept-Encoding': 'gzip, deflate, br' } });

function unpacked({ headers, bytes }) {
  if (headers['content-encoding'] === 'gzip') return gunzipSync(bytes);
  return headers['content-encoding'] === 'br' ? brotliDecompressSync(bytes) : bytes;
}

async function weigh(server, path) {
  const answer = await fetchPage(server, path);
  const sheets = [...unpacked(answer).toString().matchAll(/<link rel="stylesheet" href="([^"]*)"/g)];
  let bytes = answer.bytes.length;
  for (const [, href] of sheets) bytes += (await fetchPage(server, href)).bytes.length;
  return { bytes, sheets: sheets.length };
}

/** Characters of three bytes that hardly compress, other ones in each. */
const title = `(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${LONGEST_TITLE})
  SELECT group_concat(char(0x4E00 + abs(random()) % 20000), '') FROM n)`;
const longest = (count) => range(1, count).map((i) => `
  INSERT INTO lettings_address VALUES (${i}, ${i}, 'Street', 'City', 'GA', 30000, 'USA');
  INSERT INTO lettings_letting (id, title, address_id) VALUES (${i}, ${title}, ${i});`).join('');

describeUnless(skipWithoutSite(), 'HTML', () => {
  let server;
  before(async () => { server = await startSite(); });
  after(() => server?.stop());

  for (const language of LANGUAGES) {
    for (const { name, path, status = 200 } of everyPage) {
      test(`${name} (${language}) is valid`, async () => {
        const answer = await fetchPage(server, path, language);
        assert.equal(answer.status, status);
        const { results } = await validator.validateString(unpacked(answer).toString());
        assert.deepEqual(results.flatMap(({ messages }) => messages)
          .map(({ ruleId, message, line, column }) => `${line}:${column} ${ruleId}: ${message}`), []);
      });
    }
  }

  test(`a page and its stylesheet are sent in less than ${LIMIT} bytes`, async () => {
    for (const { name, path } of everyPage) {
      const { bytes, sheets } = await weigh(server, path);
      assert.ok(sheets === 1 && bytes < LIMIT, `${name}: ${sheets} stylesheets, ${bytes} bytes`);
    }
  });

  test('so are 50 lettings of the longest titles', async (t) => {
    const database = emptyDatabase();
    sql(database, longest(51));
    const many = await startSite({ database, t });
    assert.equal(unpacked(await fetchPage(many, '/lettings/')).toString().match(/class="card"/g).length, 50);
    for (const path of ['/', '/lettings/', '/lettings/25/']) {
      const { bytes } = await weigh(many, path);
      assert.ok(bytes < LIMIT, `${path}: ${bytes} bytes`);
    }
  });
});
