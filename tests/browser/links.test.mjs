// Every address that the site's pages name is there, and no page makes the browser complain.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { get } from '../http/harness.mjs';
import { unescaped } from '../http/support.mjs';
import { describeSite, LANGUAGES, openTab } from './pages.mjs';

const ELSEWHERE = /^(https?:\/\/schema\.org|http:\/\/www\.sitemaps\.org|mailto:|data:)/;
const ENOUGH = 40;

function* stringsIn(value) {
  if (typeof value === 'string') yield value;
  else if (value && typeof value === 'object') for (const each of Object.values(value)) yield* stringsIn(each);
}

/** The addresses in a document, as it writes them. */
function* addressesIn(type, text) {
  if (/html/.test(type)) {
    for (const [, url] of text.matchAll(/ (?:href|src|action)="([^"]*)"/g)) yield unescaped(url);
    for (const [, url] of text.matchAll(/<meta property="og:(?:url|image)" content="([^"]*)"/g)) yield unescaped(url);
    for (const [, json] of text.matchAll(/<script type="application\/ld\+json">([^]*?)<\/script>/g)) {
      yield* [...stringsIn(JSON.parse(json))].filter((each) => /^(https?:|\/)/.test(each));
    }
  } else if (/xml/.test(type) && !/svg/.test(type)) {
    for (const [, url] of text.matchAll(/<loc>([^<]*)<\/loc>/g)) yield unescaped(url);
  } else if (/css/.test(type)) {
    for (const [, url] of text.matchAll(/url\(["']?([^"')]*)/g)) yield url;
  } else if (/^text\/plain/.test(type)) {
    for (const [, url] of text.matchAll(/^Sitemap: (\S+)/gm)) yield url;
  }
}

/** Follows every address from the front page, robots.txt and favicon.ico on: { pages, faults }. */
async function crawl(origin, language) {
  const faults = [];
  const pages = [];
  const from = new Map(['/', '/robots.txt', '/favicon.ico'].map((path) => [path, 'the start']));
  for (const [path, origins] of from) {
    const { status, headers, text } = await get(origin + path, { headers: { 'Accept-Language': language } });
    const expected = path.startsWith('/language/') ? 302 : 200;
    if (status !== expected) faults.push(`${path} of ${origins}: ${status}`);
    const type = headers['content-type'] ?? '';
    if (/html/.test(type)) pages.push({ path, text });
    const found = status === 302 ? [headers.location] : [...addressesIn(type, text)];
    for (const each of found.filter((url) => !ELSEWHERE.test(url))) {
      const url = new URL(each, origin + path);
      if (url.origin !== origin) faults.push(`${each} of ${path}: another site`);
      const target = url.pathname + url.search;
      if (!from.has(target)) from.set(target, path);
    }
  }
  return { faults, pages, count: from.size };
}

describeSite('links', (server, browser) => {
  for (const language of LANGUAGES) {
    test(`every link and file is there (${language}), and so is the place in it`, async () => {
      const { faults, pages, count } = await crawl(server().url, language);
      assert.deepEqual(faults, []);
      assert.ok(count > ENOUGH, `${count} addresses`);
      for (const { path, text } of pages) {
        for (const [, id] of text.matchAll(/ href="#([^"]+)"/g)) assert.ok(text.includes(` id="${id}"`), `${path}#${id}`);
      }
    });
  }

  test('no page makes the browser complain', async (t) => {
    const { pages } = await crawl(server().url, 'en');
    const tab = await openTab(browser());
    t.after(() => tab.context().close());
    const faults = [];
    const note = (what) => faults.push(`${tab.url()} ${what}`);
    tab.on('console', (message) => note(message.text()));
    tab.on('pageerror', (error) => note(error.message));
    // Leaving a page aborts what it still loads.
    tab.on('requestfailed', (request) => request.failure()?.errorText === 'net::ERR_ABORTED'
      || note(`${request.url()} ${request.failure()?.errorText}`));
    tab.on('response', (response) => response.status() >= 400 && note(`${response.url()} ${response.status()}`));
    await tab.addInitScript(() => document.addEventListener('securitypolicyviolation',
      (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`)));
    for (const { path } of pages) await tab.goto(server().url + path, { waitUntil: 'load' });
    assert.deepEqual(faults, []);
  });
});
