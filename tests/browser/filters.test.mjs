// Only on SQLite: a browser shows the same page wherever its rows were; tests/http and the modules ask for these pages on both.
// The filters beside the list of lettings: out of the way on a phone, beside the list where there is room.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyDatabase, profileOf, quoted, range, sql } from '../http/support.mjs';
import { judge } from './judge.mjs';
import { describeSite, openTab, visit } from './pages.mjs';

const STATES = 60;
const state = (i) => String.fromCharCode(65 + i / 26, 65 + i % 26);
const letting = (i) => `INSERT INTO lettings_address VALUES (${i}, 1, 'Street', ${quoted(`City ${i}`)}, '${state(i % STATES)}', 1, 'USA');
  INSERT INTO lettings_letting VALUES (${i}, 'Letting ${i}', ${i});`;

describeSite('filters', (server, browser) => {
  async function open(t, path, options) {
    const tab = await openTab(browser(), options);
    t.after(() => tab.context().close());
    await visit(tab, server(), { path });
    return tab;
  }
  const topOf = (tab, selector) => tab.locator(selector).first().evaluate((element) => element.getBoundingClientRect().top);

  for (const path of ['/lettings/', '/lettings/?state=AA', '/lettings/?city=City+7&state=AH', '/lettings/?q=letting']) {
    test(`on a phone, the first letting of ${path} is on the first screen`, async (t) => {
      const tab = await open(t, path, { width: 390, height: 844 });
      assert.ok(await topOf(tab, '.card') < 500);
      assert.equal(await tab.locator('.places .chip').first().isVisible(), false);
      await tab.locator('.places > summary').click();
      assert.equal(await tab.locator('.places .chip:visible').count() <= 20, true);
      await tab.locator('.more-places summary').first().click();
      assert.ok(await tab.locator('.places .chip:visible').count() > 50);
    });
  }

  test('where there is room, the places stand beside the list', async (t) => {
    const tab = await open(t, '/lettings/?state=AA', { width: 1200 });
    assert.equal(await tab.locator('.places > summary').isVisible(), false);
    assert.equal(await tab.locator('.places .chip').first().isVisible(), true);
    assert.ok(Math.abs(await topOf(tab, '.filters') - await topOf(tab, '.results')) < 2);
  });

  test('the chosen place is taken away by its own link', async (t) => {
    const tab = await open(t, '/lettings/?q=letting&state=AA');
    await tab.locator('.chosen').click();
    await tab.waitForURL((url) => url.search === '?q=letting');
    assert.equal(await tab.locator('.chosen').count(), 0);
    assert.equal(await tab.locator('#search').inputValue(), 'letting');
  });

  test('the keyboard passes by the filters', async (t) => {
    const tab = await open(t, '/lettings/', { width: 1200 });
    await tab.locator('.search button').focus();
    await tab.keyboard.press('Tab');
    const link = tab.locator(':focus');
    assert.equal(await link.textContent(), 'Skip to the lettings');
    assert.ok((await link.boundingBox()).height > 20);
    await tab.keyboard.press('Enter');
    await tab.keyboard.press('Tab');
    assert.equal(await tab.locator(':focus').textContent(), 'Letting 1');
  });

  test('all of them open keep the rules of every page', async (t) => {
    const tab = await open(t, '/lettings/?q=letting&state=AA');
    await tab.locator('.places > summary').click();
    for (const more of await tab.locator('.more-places summary').all()) await more.click();
    await judge(tab, 'the filters');
  });
}, () => {
  const database = emptyDatabase();
  sql(database, range(1, 2 * STATES).map(letting).join(''));
  return { database };
});

describeSite('lettings and profiles without texts', (server, browser) => {
  for (const path of ['/lettings/', '/lettings/2/', '/profiles/']) {
    test(`${path} keeps the rules of every page`, async (t) => {
      const tab = await openTab(browser());
      t.after(() => tab.context().close());
      await visit(tab, server(), { path });
      await judge(tab, path);
    });
  }
}, () => {
  const database = emptyDatabase();
  sql(database, `${letting(1)} ${letting(2)} ${letting(3)} UPDATE lettings_letting SET title = '' WHERE id < 3; UPDATE lettings_address SET street = '', city = '', state = '', country_iso_code = '' WHERE id = 2;
    ${profileOf(1, '')} ${profileOf(2, ' ')} UPDATE profiles_profile SET favorite_city = '';`);
  return { database };
});
