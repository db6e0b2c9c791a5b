// Lighthouse's scores for pages, in Debian's Chromium.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import lighthouse, { desktopConfig } from 'lighthouse';
import { freePort, launchBrowser } from '../http/harness.mjs';

const CATEGORIES = ['performance', 'accessibility', 'best-practices', 'seo'];
const SCREENS = { phone: undefined, desktop: desktopConfig };
const RUNS = 5;

/** One run: what is below 100, and what is to blame. */
async function run(port, url, screen) {
  const { lhr } = await lighthouse(url, { port, output: 'json', logLevel: 'error', onlyCategories: CATEGORIES }, SCREENS[screen]);
  if (lhr.runtimeError) return [lhr.runtimeError.message];
  return CATEGORIES.filter((name) => lhr.categories[name].score < 1).map((name) => {
    const blamed = lhr.categories[name].auditRefs.filter(({ id, weight }) => weight && lhr.audits[id].score < 1)
      .map(({ id }) => `${id} ${lhr.audits[id].displayValue ?? ''}`);
    return `${name} ${lhr.categories[name].score * 100}: ${blamed.join(', ')}`;
  });
}

/** A test for each of the pages on each screen. No page has a script: what blocks it is a busy machine, which
  only ever takes points away, so that a run without
  fault is enough. */
export function testScores(server, pages) {
  for (const { name, path } of pages) {
    for (const screen of Object.keys(SCREENS)) {
      test(`Lighthouse gives ${name} 100 on a ${screen}`, async (t) => {
        const port = await freePort();
        const browser = await launchBrowser({ args: [`--remote-debugging-port=${port}`] });
        t.after(() => browser.close());
        let faults = ['no run'];
        for (let i = 0; i < RUNS && faults.length; i++) faults = await run(port, server().url + path, screen);
        assert.deepEqual(faults, []);
      });
    }
  }
}
