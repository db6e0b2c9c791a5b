// Only on SQLite: a browser shows the same page wherever its rows were; tests/http and the modules ask for these pages on both.
// The admin as a person uses it, in Chromium, with the keyboard where a form is sent.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addUser, FAST, PASSWORD, signedIn } from '../http/accounts.mjs';
import { ADMIN_PAGES, enterAdmin, visitAdmin } from './admin_pages.mjs';
import { judge } from './judge.mjs';
import { describeSite, openTab } from './pages.mjs';

describeSite('the admin', (server, browser) => {
  test('a person signs in, finds an address, changes it, looks at its history, and deletes it', async (t) => {
    addUser(server().database, 'chief', { staff: 1, superuser: 1 });
    const tab = await openTab(browser(), { language: 'en' });
    t.after(() => tab.context().close());
    const follow = (act) => Promise.all([tab.waitForEvent('load'), act()]);
    const click = (selector) => follow(() => tab.click(selector));
    await tab.goto(`${server().url}/admin/`);
    await tab.fill('#id_username', 'chief');
    await tab.fill('#id_password', PASSWORD);
    await follow(() => tab.press('#id_password', 'Enter'));
    assert.equal(await tab.textContent('h1'), 'Administration');
    await judge(tab, 'the index');

    await click('.admin a[href="/admin/lettings/address/add/"]');
    await follow(() => tab.press('#id_city', 'Enter'));
    assert.equal(await tab.inputValue('#id_city'), '');
    await judge(tab, 'a form with errors');
    for (const [name, value] of Object.entries({ number: '7', street: 'Pier', city: 'Salcombe', state: 'FL', zip_code: '1', country_iso_code: 'USA' })) {
      await tab.fill(`#id_${name}`, value);
    }
    await follow(() => tab.press('#id_city', 'Enter'));
    assert.match(await tab.textContent('.message'), /The address “7 Pier” was added successfully/);
    await tab.fill('#searchbar', 'salc');
    await follow(() => tab.press('#searchbar', 'Enter'));
    assert.equal((await tab.textContent('tbody th')).trim(), '7 Pier');
    await judge(tab, 'a list');

    await click('tbody th a');
    await tab.fill('#id_city', 'Dartmouth');
    await click('button[name="_continue"]');
    await judge(tab, 'a form');
    await click('.admin-head a[href$="/history/"]');
    assert.match(await tab.textContent('tbody'), /Changed City\./);
    await judge(tab, 'a history');
    await tab.goBack();
    await click('a.danger');
    await judge(tab, 'the question before deleting');
    await click('button.danger');
    assert.match(await tab.textContent('.message'), /was deleted successfully/);

    await click('.crumbs a');
    await click('.admin a[href="/admin/auth/user/"]');
    await judge(tab, 'a list with filters');
    await click('tbody th a');
    await judge(tab, 'a user');
    await tab.goto(`${server().url}/admin/lettings/letting/`);
    await tab.check('tbody input[type="checkbox"]');
    await tab.selectOption('#action', 'delete_selected');
    await click('.bulk button');
    await judge(tab, 'the question before several are deleted');
  });

  test('permissions are picked by their words, with the keyboard, and by what is chosen', async (t) => {
    const tab = await openTab(browser());
    t.after(() => tab.context().close());
    await enterAdmin(tab, server(), 'picker');
    await tab.goto(`${server().url}/admin/auth/user/1/change/`);
    const filter = tab.getByRole('searchbox', { name: 'Filter: User permissions' });
    const shown = async () => (await tab.locator('.boxes label:visible', { has: tab.locator('[name="user_permissions"]') }).allTextContents()).map((words) => words.trim());
    await filter.focus();
    await tab.keyboard.type('LETTING  view');
    assert.deepEqual(await shown(), ['lettings | address | Can view address', 'lettings | letting | Can view letting']);
    await tab.keyboard.press('Enter');
    assert.match(tab.url(), /\/change\/$/, 'the form is not sent');
    await tab.getByLabel('Can view letting').press('Space');
    assert.match(await tab.locator('.boxes-head [role="status"]').textContent(), /^Chosen: 1$/);
    await filter.fill('no such');
    assert.match(await tab.locator('.boxes-head [role="status"]').textContent(), /^Nothing is found\. Chosen: 1$/);
    await filter.fill('');
    assert.ok((await shown()).length > 20);
    await tab.getByLabel('Only the chosen ones').check();
    assert.deepEqual(await shown(), ['lettings | letting | Can view letting']);
    await judge(tab, 'permissions that are picked');
    await Promise.all([tab.waitForEvent('load'), tab.click('button[name="_continue"]')]);
    assert.deepEqual((await tab.locator('[name="user_permissions"]:checked').count()), 1);
    const { text } = await signedIn(server(), 'picker').then((visitor) => visitor.ask('/admin/auth/group/add/'));
    assert.doesNotMatch(text, /boxes-head/, 'without scripts all of them are there');
  });

  test('axe-core finds nothing on any page in French, nor on those that the walk above does not come to', async (t) => {
    // A translation changes words, not colours: it is looked at on the widest screen.
    const others = ADMIN_PAGES.filter(({ name }) => /^admin-(app|import|missing|password|popup)/.test(name));
    for (const [language, pages, looks] of [['fr', ADMIN_PAGES, { widths: [1440], schemes: ['light'] }], ['en', others, {}]]) {
      const tab = await openTab(browser(), { language });
      t.after(() => tab.context().close());
      await enterAdmin(tab, server(), `overseer-${language}`);
      for (const page of pages) {
        await visitAdmin(tab, server(), page);
        assert.equal(await tab.getAttribute('html', 'lang'), language);
        await judge(tab, `${page.name} (${language})`, looks);
      }
    }
  });
}, () => ({ env: FAST }));
