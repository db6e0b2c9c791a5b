// Lighthouse's scores for pages, in Debian's Chromium.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import lighthouse, { desktopConfig } from 'lighthouse';
import { freePort, launchBrowser } from '../http/harness.mjs';

const CATEGORIES = ['performance', 'accessibility', 'best-practices', 'seo'];
const SCREENS = { phone: undefined, desktop: desktopConfig };
const RUNS = 5;
// What a busy machine takes points from: no page has a script, and each is drawn in a few milliseconds.
const TIMED = ['first-contentful-paint', 'largest-contentful-paint', 'total-blocking-time', 'speed-index'];

/** One run: what is below 100 and what is to blame, and whether a busy machine may be. That an unlisted page asks not
  to be listed is its purpose. */
async function run(port, url, screen, unlisted) {
  const { lhr } = await lighthouse(url, { port, output: 'json', logLevel: 'error', onlyCategories: CATEGORIES }, SCREENS[screen]);
  if (lhr.runtimeError) return { faults: [lhr.runtimeError.message], mayBeNoise: true };
  const blamed = CATEGORIES.filter((name) => lhr.categories[name].score < 1).flatMap((category) =>
    lhr.categories[category].auditRefs.filter(({ id, weight }) => weight && lhr.audits[id].score < 1 && !(unlisted && id === 'is-crawlable')).map(({ id }) => ({ id, category })));
  return {
    faults: blamed.map(({ id, category }) => `${category} ${lhr.categories[category].score * 100}: ${id} ${lhr.audits[id].displayValue ?? ''}`),
    mayBeNoise: blamed.every(({ id }) => TIMED.includes(id)),
  };
}

/** A test for each of the pages on each screen. What is measured in time is measured again when it falls short; all
  else has to be right at once. */
export function testScores(server, pages) {
  for (const { name, path, unlisted } of pages) {
    for (const screen of Object.keys(SCREENS)) {
      test(`Lighthouse gives ${name} 100 on a ${screen}`, async (t) => {
        const port = await freePort();
        const browser = await launchBrowser({ args: [`--remote-debugging-port=${port}`] });
        t.after(() => browser.close());
        let last = { faults: ['no run'], mayBeNoise: true };
        for (let i = 0; i < RUNS && last.faults.length && last.mayBeNoise; i++) {
          last = await run(port, server().url + path, screen, unlisted);
          if (last.faults.length) t.diagnostic(last.faults.join('; '));
        }
        assert.deepEqual(last.faults, []);
      });
    }
  }
}
