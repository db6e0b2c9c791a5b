// The admin as a person uses it, in Chromium, with the keyboard where a form is sent.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addUser, FAST, PASSWORD } from '../http/accounts.mjs';
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

  test('axe-core finds nothing on any page in French, nor on those of an import', async (t) => {
    // A translation changes words, not colours: it is looked at on the widest screen.
    const imports = ADMIN_PAGES.filter(({ name }) => name.startsWith('admin-import'));
    for (const [language, pages, looks] of [['fr', ADMIN_PAGES, { widths: [1440], schemes: ['light'] }], ['en', imports, {}]]) {
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
