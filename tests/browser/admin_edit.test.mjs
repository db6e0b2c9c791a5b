// Only on SQLite: a browser shows the same page wherever its rows were; tests/http and the modules ask for these pages on both.
// The admin's forms and lists as a person edits with them, in Chromium: rows that belong together, rows in a list, looking
// up, windows; with the keyboard where there is a choice.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { launchBrowser, skipWithoutBrowser, skipWithoutModule } from '../http/harness.mjs';
import { startHarbour } from '../http/harbour.mjs';
import { addUser, PASSWORD } from '../http/accounts.mjs';
import { describeUnless, sql } from '../http/support.mjs';
import { judge } from './judge.mjs';
import { openTab } from './pages.mjs';

describeUnless(skipWithoutModule('admin', 'auth') || skipWithoutBrowser(), 'editing in the admin', () => {
  let server;
  let browser;
  const one = (query) => sql(server.database, query).trim();
  before(async () => {
    server = await startHarbour();
    addUser(server.database, 'chief', { staff: 1, superuser: 1 });
    sql(server.database, `INSERT INTO harbour_quay VALUES (1, 'North Quay', ''), (2, 'South Quay', '');
      INSERT INTO harbour_boat SELECT i, 2, 'Boat ' || i, 20, 1, NULL FROM (WITH RECURSIVE n(i) AS (SELECT 11 UNION ALL SELECT i + 1 FROM n WHERE i < 40) SELECT i FROM n);
      INSERT INTO harbour_boat VALUES (1, 1, 'Ada', 20, 1, '2001-02-03'), (2, 1, 'Bea', 32, 0, '2002-02-03');
      UPDATE harbour_boat SET built = '1999-12-31' WHERE id = 40;`);
    browser = await launchBrowser();
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  /** A tab that is signed in and shows a page; what the page's scripts complain of fails the test. */
  async function opened(t, path, options = {}) {
    // A transition between pages that the next one has no longer is an error of the browser's own.
    const tab = await openTab(browser, { reducedMotion: 'reduce', ...options });
    const errors = [];
    t.after(async () => {
      await tab.context().close();
      assert.deepEqual(errors, []);
    });
    tab.on('pageerror', (error) => errors.push(error.message));
    tab.on('console', (message) => { if (message.type() === 'error') errors.push(`${message.text()} ${message.location().url}`); });
    await tab.goto(`${server.url}/accounts/login/?next=${path}`);
    await tab.fill('#id_username', 'chief');
    await tab.fill('#id_password', PASSWORD);
    await Promise.all([tab.waitForEvent('load'), tab.press('#id_password', 'Enter')]);
    return tab;
  }
  const follow = (tab, act) => Promise.all([tab.waitForEvent('load'), act()]);

  test('a quay with its boats: one is changed, one deleted, one added, and one more', async (t) => {
    const tab = await opened(t, '/admin/harbour/quay/1/change/');
    await tab.fill('#id_boat_set-0-length', '-4');
    await follow(tab, () => tab.press('#id_boat_set-0-length', 'Enter'));
    assert.equal(await tab.inputValue('#id_boat_set-0-length'), '-4');
    await judge(tab, 'a form with an error in an inline');
    await tab.fill('#id_boat_set-0-length', '44');
    await tab.check('[name="boat_set-1-DELETE"]');
    await tab.fill('#id_boat_set-2-name', 'Cleo');
    await tab.fill('#id_boat_set-2-length', '12');
    assert.equal(await tab.isVisible('text=Add another boat'), false, 'four at most');
    await follow(tab, () => tab.click('button[name="_continue"]'));
    assert.equal(await tab.isVisible('text=Add another boat'), false);
    assert.equal(one("SELECT group_concat(name || length) FROM (SELECT * FROM harbour_boat WHERE quay_id = 1 ORDER BY id)"), 'Ada44,Cleo12');

    await tab.goto(`${server.url}/admin/harbour/quay/add/`);
    await tab.fill('#id_name', 'West Quay');
    await tab.click('text=Add another boat');
    assert.equal(await tab.evaluate(() => document.activeElement.name), 'boat_set-2-name');
    await tab.keyboard.type('Dot');
    await tab.fill('#id_boat_set-2-length', '7');
    await follow(tab, () => tab.click('button[name="_save"]'));
    assert.equal(one("SELECT group_concat(harbour_boat.name) FROM harbour_boat JOIN harbour_quay ON quay_id = harbour_quay.id WHERE harbour_quay.name = 'West Quay'"), 'Dot');
    assert.match(await tab.textContent('.message a'), /West Quay/);
  });

  test('boats in their list: Enter saves, an error keeps what was typed', async (t) => {
    const tab = await opened(t, '/admin/harbour/boat/?quay__id__exact=2&_facets=True', { width: 1440 });
    await tab.fill('#id_form-0-length', 'x');
    await follow(tab, () => tab.press('#id_form-0-length', 'Enter'));
    assert.equal(await tab.inputValue('#id_form-0-length'), 'x');
    await judge(tab, 'a list with an error');
    await tab.fill('#id_form-0-length', '55');
    await follow(tab, () => tab.press('#id_form-0-length', 'Enter'));
    assert.match(await tab.textContent('.message'), /1 boat was changed successfully/);
    assert.equal(one('SELECT length FROM harbour_boat WHERE id = 40'), '55');
    await tab.goto(`${server.url}/admin/harbour/boat/`);
    await follow(tab, () => tab.click('.dates >> text=2001'));
    assert.deepEqual(await tab.locator('.dates li').allTextContents(), ['‹ All dates', 'February 2001']);
  });

  test('a licence: its boat is looked up with the keyboard', async (t) => {
    const tab = await opened(t, '/admin/harbour/licence/add/');
    const box = tab.getByRole('combobox', { name: 'Boat' });
    await box.focus();
    await tab.keyboard.type('boat');
    await tab.getByRole('option', { name: 'Boat 40' }).waitFor();
    assert.equal(await tab.getByRole('option').count(), 20);
    assert.equal(await box.getAttribute('aria-expanded'), 'true');
    for (let i = 0; i < 21; i++) await tab.keyboard.press('ArrowDown');
    await tab.waitForFunction(() => document.querySelectorAll('[role="option"]').length === 30 && document.querySelector('[role="option"][aria-selected="true"]')?.textContent === 'Boat 20');
    assert.equal(await tab.evaluate(() => document.getElementById(document.activeElement.getAttribute('aria-activedescendant')).textContent), 'Boat 20', 'beyond the first twenty');
    await judge(tab, 'a list to choose from');
    await tab.keyboard.press('Enter');
    assert.equal(await box.inputValue(), 'Boat 20');
    assert.equal(await tab.getByRole('listbox').count(), 0, 'it is closed');
    await tab.keyboard.type('zz');
    await tab.getByText('Nothing is found.').waitFor();
    await tab.keyboard.press('Enter');
    assert.match(tab.url(), /licence\/add/, 'what is no boat is not sent');
    await tab.fill('#id_number', 'L20');
    assert.equal(await box.inputValue(), 'Boat 20zz', 'it stays where one goes on');
    assert.equal(await box.getAttribute('aria-invalid'), 'true');
    assert.ok(await tab.getByText('Choose one of the list, or empty the field.').isVisible());
    await judge(tab, 'a field with what is no row');
    await tab.press('#id_number', 'Enter');
    assert.equal(await tab.evaluate(() => document.activeElement.getAttribute('role')), 'combobox', 'the form is not sent');
    assert.equal(one('SELECT count(*) FROM harbour_licence'), '0');
    await tab.keyboard.press('Escape');
    assert.equal(await box.inputValue(), 'Boat 20');
    assert.equal(await box.getAttribute('aria-invalid'), null);
    await follow(tab, () => tab.press('#id_number', 'Enter'));
    assert.equal(one("SELECT boat_id FROM harbour_licence WHERE number = 'L20'"), '20');
    await tab.goto(`${server.url}/admin/harbour/licence/${one('SELECT max(id) FROM harbour_licence')}/change/`);
    assert.equal(await box.inputValue(), 'Boat 20');
    await tab.route(/\/autocomplete\//, async (route) => { await sleep(400); await route.continue(); }); // longer than it waits for keys
    for (const [typed, key, taken] of [['boat 33', 'Enter', 'Boat 33'], ['boat 27', 'Tab', 'Boat 27']]) {
      await box.fill(typed);
      await box.press(key);
      await tab.waitForFunction((name) => document.querySelector('[role="combobox"]').value === name, taken);
      assert.equal(await box.getAttribute('aria-invalid'), null, 'the one that fits is taken');
    }
    await tab.unroute(/\/autocomplete\//);
    await box.fill('boat 1');
    await box.press('Tab');
    await tab.waitForFunction(() => document.querySelector('[role="combobox"]').getAttribute('aria-invalid') === 'true');
    assert.equal(await box.inputValue(), 'boat 1', 'one of several is not');
    await box.fill('');
    await follow(tab, () => tab.press('#id_number', 'Enter'));
    await tab.getByRole('link', { name: 'Boat', exact: true }).click();
    assert.equal(await tab.evaluate(() => document.activeElement.getAttribute('role')), 'combobox', 'the summary leads to it');
  });

  test('a trip: its boat is chosen, and added, in windows of their own', async (t) => {
    const tab = await opened(t, '/admin/harbour/trip/add/', { width: 1440 });
    const popup = async (link) => {
      const [window] = await Promise.all([tab.waitForEvent('popup'), tab.click(link)]);
      await window.waitForLoadState();
      return window;
    };
    const list = await popup('text=Look it up');
    await list.fill('#searchbar', 'boat 33');
    await follow(list, () => list.press('#searchbar', 'Enter'));
    await judge(list, 'a list in a window');
    await Promise.all([list.waitForEvent('close'), list.click('tbody th a')]);
    assert.equal(await tab.inputValue('#id_boat'), '33');
    assert.equal(await tab.textContent('.related'), 'Boat 33');

    const form = await popup('text=Add one');
    await form.selectOption('#id_quay', '1');
    await form.fill('#id_name', 'Eve & <co>');
    await form.fill('#id_length', '9');
    await form.fill('#id_licence-0-number', 'L-Eve');
    await Promise.all([form.waitForEvent('close'), form.press('#id_length', 'Enter')]);
    assert.equal(await tab.textContent('.related'), 'Eve & <co>');
    await tab.fill('#id_sailed', '2026-01-02T03:04');
    await follow(tab, () => tab.click('button[name="_save"]'));
    assert.equal(one('SELECT name FROM harbour_boat JOIN harbour_trip ON boat_id = harbour_boat.id'), 'Eve & <co>');
  });

  test('without scripts all of it is there as fields and links', async (t) => {
    const tab = await opened(t, '/admin/harbour/licence/add/', { javaScriptEnabled: false });
    await tab.fill('input[name="boat"]', '21');
    await tab.fill('#id_number', 'L21');
    await follow(tab, () => tab.press('#id_number', 'Enter'));
    assert.equal(one("SELECT boat_id FROM harbour_licence WHERE number = 'L21'"), '21');
  });
});
