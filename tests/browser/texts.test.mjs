// Only on SQLite: a browser shows the same page wherever its rows were; tests/http and the modules ask for these pages on both.
// Whatever texts people have typed, and however many: nothing hangs over, nothing covers anything; and what is printed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyDatabase, profileOf, quoted, range, sql } from '../http/support.mjs';
import { describeSite, openTab, overhanging, resize, visit } from './pages.mjs';

const WIDTHS = [320, 390, 1440];
const MOST = 256;
const CITY = 64;

const letting = (id, title, city = 'Brunswick') => `
  INSERT INTO lettings_address VALUES (${id}, ${id}, ${quoted(city)}, ${quoted(city)}, 'GA', 31525, 'USA');
  INSERT INTO lettings_letting VALUES (${id}, ${quoted(title)}, ${id});`;
const loved = (id, name, city) => `${profileOf(id, name)}
  UPDATE profiles_profile SET favorite_city = ${quoted(city)} WHERE id = ${id};`;

const ARABIC = 'بيت العطلات على شاطئ البحر مع حديقة كبيرة';
const HEBREW = 'בית נופש על שפת הים (עם גינה)';
const EMOJI = '🏡👨‍👩‍👧‍👦🏳️‍🌈';

const pathsOf = (...ids) => ['/', '/lettings/', '/profiles/', ...ids.flatMap((id) => [`/lettings/${id}/`])];

const CASES = {
  'an empty database': { rows: '', paths: ['/', '/lettings/', '/profiles/', '/lettings/?q=retreat', '/lettings/?state=GA'] },
  'one letting': { rows: letting(1, 'A') + loved(1, 'one', 'Brunswick'), paths: pathsOf(1) },
  '51 lettings': {
    rows: range(1, 51).map((i) => letting(i, `Letting ${i}`, `City ${i}`) + loved(i, `user${i}`, `City ${i}`)).join(''),
    paths: [...pathsOf(1, 25, 51), '/lettings/?after=50', '/lettings/?q=letting', '/lettings/?state=GA', '/profiles/?after=50'],
  },
  'the longest words': {
    rows: [letting(1, 'W'.repeat(MOST), 'M'.repeat(CITY)), letting(2, 'i'.repeat(MOST), 'x'.repeat(CITY)), letting(3, 'Word '.repeat(51)),
      loved(1, 'W'.repeat(150), 'M'.repeat(CITY)), loved(2, '@'.repeat(150), 'x'.repeat(CITY))].join(''),
    paths: [...pathsOf(1, 2, 3), `/profiles/${'W'.repeat(150)}/`, '/lettings/?state=GA', `/lettings/?q=${'w'.repeat(200)}`],
  },
  'texts from right to left': {
    rows: [letting(1, ARABIC, 'الدار البيضاء'), letting(2, HEBREW, 'תל אביב'), letting(3, `${HEBREW} and ${ARABIC}`),
      letting(4, ARABIC.replaceAll(' ', '').repeat(7).slice(0, MOST)), loved(1, 'one', 'תל אביב'), loved(2, 'two', 'الدار البيضاء')].join(''),
    paths: [...pathsOf(1, 2, 3, 4), '/profiles/one/', `/lettings/?q=${encodeURIComponent('שפת')}`],
  },
  'emoji': {
    rows: [letting(1, EMOJI.repeat(15).slice(0, MOST)), letting(2, '🏝️', '🌆'), loved(1, 'one', EMOJI)].join(''),
    paths: [...pathsOf(1, 2), '/profiles/one/'],
  },
};

/** What covers something else, or hangs out of its own box. */
const muddles = (tab) => tab.evaluate(() => {
  const boxes = [...document.querySelectorAll('.card, .chip, h1, .brand, nav a, .search, address, .stay-art, .locator, .panel > div')]
    .filter((element) => element.checkVisibility()).map((element) => ({ element, ...element.getBoundingClientRect().toJSON() }));
  const name = ({ element }) => `${element.className || element.tagName} "${element.textContent.trim().slice(0, 20)}"`;
  const within = (a, b) => a.element.contains(b.element) || b.element.contains(a.element);
  const covers = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1;
  const faults = boxes.flatMap((a, i) => boxes.slice(i + 1).filter((b) => !within(a, b) && covers(a, b)).map((b) => `${name(a)} covers ${name(b)}`));
  for (const box of boxes) {
    if (box.element.scrollWidth > Math.ceil(box.element.clientWidth) && box.element.clientWidth && !box.element.matches('.card')) faults.push(`${name(box)} is too narrow`);
  }
  return faults;
});

for (const [name, { rows, paths }] of Object.entries(CASES)) {
  describeSite(name, (server, browser) => {
    test('nothing hangs over or covers anything', async (t) => {
      const tab = await openTab(browser(), { width: WIDTHS[0] });
      t.after(() => tab.context().close());
      for (const path of paths) {
        await visit(tab, server(), { path });
        for (const width of WIDTHS) {
          await resize(tab, width);
          assert.deepEqual([...await overhanging(tab), ...await muddles(tab)], [], `${path} at ${width} px`);
        }
      }
    });
  }, () => {
    const database = emptyDatabase();
    sql(database, rows);
    return { database };
  });
}

describeSite('right to left', (server, browser) => {
  test('a text runs its own way, and stands where the others do', async (t) => {
    const tab = await openTab(browser());
    t.after(() => tab.context().close());
    await visit(tab, server(), { path: '/lettings/1/' });
    const { direction, text, holder } = await tab.evaluate(() => {
      const heading = document.querySelector('h1');
      const range = document.createRange();
      range.selectNodeContents(heading);
      return { direction: getComputedStyle(heading).direction, text: range.getBoundingClientRect().left,
        holder: document.querySelector('.headline').getBoundingClientRect().left };
    });
    assert.equal(direction, 'rtl');
    assert.ok(Math.abs(text - holder) < 1, `${text}, not ${holder}`);
  });
}, () => {
  const database = emptyDatabase();
  sql(database, letting(1, HEBREW, 'תל אביב'));
  return { database };
});

describeSite('the longest title', (server, browser) => {
  test('takes a few lines of a list, and is whole on its own page', async (t) => {
    const tab = await openTab(browser());
    t.after(() => tab.context().close());
    const heightOf = (selector) => tab.locator(selector).first().evaluate((element) => element.getBoundingClientRect().height / parseFloat(getComputedStyle(element).lineHeight));
    await visit(tab, server(), { path: '/lettings/' });
    assert.ok(await heightOf('.card-title') < 5);
    await visit(tab, server(), { path: '/lettings/1/' });
    assert.ok(await heightOf('.neighbours bdi') < 5);
    assert.equal(await tab.locator('h1').innerText(), 'W'.repeat(MOST));
    assert.ok(await tab.locator('h1').evaluate((element) => element.scrollHeight <= element.clientHeight + 4));
  });
}, () => {
  const database = emptyDatabase();
  sql(database, letting(1, 'W'.repeat(MOST)) + letting(2, 'W'.repeat(MOST)));
  return { database };
});

describeSite('on paper', (server, browser) => {
  test('the address is printed, and nothing that only a screen needs', async (t) => {
    const tab = await openTab(browser(), { width: 794, colorScheme: 'dark' });
    t.after(() => tab.context().close());
    await tab.emulateMedia({ media: 'print' });
    for (const [path, shown] of [['/', 'h1'], ['/lettings/', '.card'], ['/lettings/1/', 'address'], ['/profiles/4meRomance/', 'dl']]) {
      await visit(tab, server(), { path });
      assert.ok(await tab.locator(shown).first().isVisible(), `${path}: ${shown}`);
      for (const hidden of ['.site-header nav', '.site-footer', '.search', '.skip', '.filters', '.neighbours', '.back', '.button']) {
        for (const each of await tab.locator(hidden).all()) assert.equal(await each.isVisible(), false, `${path}: ${hidden}`);
      }
      const [ink, page] = await tab.evaluate(() => [document.querySelector('h1'), document.body].map((element, i) => getComputedStyle(element)[i ? 'backgroundColor' : 'color']));
      assert.deepEqual([ink, page], ['rgb(0, 0, 0)', 'rgb(255, 255, 255)'], 'black on white, also where one reads in dark colours');
      assert.match((await tab.pdf({ format: 'A4' })).toString('latin1'), /^%PDF-/);
    }
  });
});
