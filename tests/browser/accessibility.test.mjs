// WCAG 2.2 AA on every page: what axe-core finds, and what it cannot see.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { describeSite, LANGUAGES, openTab, overhanging, PAGES, PROVOKED, resize, SCHEMES, visit, WIDTHS } from './pages.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const NARROWEST = 320;
const TARGET = 24; // CSS pixels, WCAG 2.5.8
const MOST_STOPS = 80;

const everyPage = [...PAGES, ...PROVOKED];

const audit = (tab) => tab.evaluate(async (values) => {
  const { violations, incomplete } = await window.axe.run({ runOnly: { type: 'tag', values }, resultTypes: ['violations', 'incomplete'] });
  const listed = (kind, rules) => rules.flatMap(({ id, nodes }) => nodes.map((node) => `${kind} ${id}: ${node.html}\n${node.failureSummary}`));
  return [...listed('fault', violations), ...listed('undecided', incomplete)];
}, RULES);

/** What the keyboard comes to, in its order. */
async function stops(tab) {
  const seen = [];
  while (seen.length < MOST_STOPS) {
    await tab.keyboard.press('Tab');
    const stop = await tab.evaluate(() => {
      const element = document.activeElement;
      if (element === document.body) return null;
      const outline = (style) => style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
      const ring = element.closest('.search-row') ?? element;
      const { width, height, top, bottom } = element.getBoundingClientRect();
      return {
        text: element.textContent.trim() || element.name,
        order: [...document.querySelectorAll('*')].indexOf(element),
        isShown: width > 1 && height > 1 && bottom > 0 && top < innerHeight,
        hasRing: outline(getComputedStyle(element)) || outline(getComputedStyle(element, '::after')) || outline(getComputedStyle(ring)),
      };
    });
    if (!stop || stop.order === seen[0]?.order) return seen;
    seen.push(stop);
  }
  return assert.fail(`more than ${MOST_STOPS} stops`);
}

describeSite('accessibility', (server, browser) => {
  // A translation changes words, not colours or order: it is looked at on the widest screen.
  const LOOKS = [['en', WIDTHS, SCHEMES], ...LANGUAGES.slice(1).map((language) => [language, WIDTHS.slice(-1), SCHEMES.slice(0, 1)])];
  for (const [language, widths, schemes] of LOOKS) {
    for (const page of everyPage) {
      test(`axe-core finds nothing on ${page.name} (${language}), at ${widths.join(', ')} px, ${schemes.join(', ')}`, async (t) => {
        const tab = await openTab(browser(), { language });
        t.after(() => tab.context().close());
        await visit(tab, server(), page);
        assert.equal(await tab.getAttribute('html', 'lang'), language);
        await tab.evaluate(AXE);
        for (const width of widths) {
          await resize(tab, width);
          for (const colorScheme of schemes) {
            await tab.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
            assert.deepEqual(await audit(tab), [], `${width} px, ${colorScheme}`);
          }
        }
      });
    }
  }

  test(`no page is wider than ${NARROWEST} px, or than any other screen`, async (t) => {
    for (const language of LANGUAGES) {
      const tab = await openTab(browser(), { language });
      t.after(() => tab.context().close());
      for (const page of everyPage) {
        await visit(tab, server(), page);
        for (const width of [NARROWEST, ...WIDTHS]) {
          await resize(tab, width);
          assert.deepEqual(await overhanging(tab), [], `${page.name} (${language})`);
        }
      }
    }
  });

  test('the keyboard goes to the skip link first, then down the page, and one sees where it is', async (t) => {
    const tab = await openTab(browser());
    t.after(() => tab.context().close());
    for (const page of everyPage) {
      await visit(tab, server(), page);
      const seen = await stops(tab);
      assert.equal(seen[0].text, 'Skip to content');
      assert.equal(seen.at(-1).text, 'Français');
      assert.deepEqual(seen.map(({ order }) => order), seen.map(({ order }) => order).toSorted((a, b) => a - b), page.name);
      for (const { text, isShown, hasRing } of seen) assert.ok(isShown && hasRing, `${page.name}: ${text} ${isShown} ${hasRing}`);
    }
  });

  test(`what one touches is at least ${TARGET} px wide and high, but for links within a sentence`, async (t) => {
    const tab = await openTab(browser(), { width: NARROWEST });
    t.after(() => tab.context().close());
    for (const page of everyPage) {
      await visit(tab, server(), page);
      const small = await tab.evaluate((least) => [...document.querySelectorAll('a, button, input:not([type="hidden"]), summary')]
        .filter((element) => element.offsetParent && !element.closest('.found, .suggestion, .nothing'))
        .map((element) => ({ element, box: element.getBoundingClientRect(), after: getComputedStyle(element, '::after') }))
        .filter(({ box, after }) => after.position !== 'absolute' && Math.min(box.width, box.height) < least)
        .map(({ element, box }) => `${element.textContent.trim()} ${box.width} × ${box.height}`), TARGET);
      assert.deepEqual(small, [], page.name);
    }
  });

  test('nothing moves for those who asked for less motion', async (t) => {
    const tab = await openTab(browser(), { reducedMotion: 'reduce' });
    t.after(() => tab.context().close());
    for (const page of everyPage) {
      await visit(tab, server(), page);
      const moving = await tab.evaluate(() => [...document.querySelectorAll('*')].filter((element) => {
        const { transitionDuration, animationName } = getComputedStyle(element);
        return transitionDuration.split(', ').some((duration) => parseFloat(duration) > 0) || animationName !== 'none';
      }).map((element) => element.className));
      assert.deepEqual(moving, [], page.name);
    }
  });
});
