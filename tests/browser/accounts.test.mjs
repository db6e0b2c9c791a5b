// Only on SQLite: a browser shows the same page wherever its rows were; tests/http and the modules ask for these pages on both.
// Accounts as a person uses them, in Chromium: signing in, a wrong password, one's password changed, signing out.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addUser, FAST, PASSWORD } from '../http/accounts.mjs';
import { emptyDatabase } from '../http/support.mjs';
import { judge } from './judge.mjs';
import { describeSite, LANGUAGES, openTab } from './pages.mjs';

const NEW = 'another staple 8';
const LONG = 'W'.repeat(150);
const WORDS = {
  en: { wrong: /do not match/, account: 'Your account', changed: 'Your password is changed.', out: 'You are signed out.' },
  fr: { wrong: /ne correspondent pas/, account: 'Votre compte', changed: 'Votre mot de passe est changé.', out: 'Vous êtes déconnecté.' },
};

describeSite('accounts', (server, browser) => {
  for (const language of LANGUAGES) {
    test(`a person signs in, changes the password and signs out (${language})`, async (t) => {
      const words = WORDS[language];
      const tab = await openTab(browser(), { language });
      t.after(() => tab.context().close());
      const submit = () => Promise.all([tab.waitForEvent('load'), tab.click('.form button')]);
      await tab.goto(`${server().url}/profiles/`);
      await tab.click('#sign_in');
      await tab.fill('#id_username', language);
      await tab.fill('#id_password', 'wrong');
      await submit();
      assert.match(await tab.textContent('[role="alert"]'), words.wrong);
      assert.equal(await tab.inputValue('#id_username'), language);
      assert.equal(await tab.inputValue('#id_password'), '');
      await judge(tab, 'a wrong password');

      await tab.fill('#id_password', PASSWORD);
      await submit();
      assert.equal(new URL(tab.url()).pathname, '/profiles/');
      await tab.click('#account');
      assert.equal(await tab.textContent('h1'), words.account);
      await judge(tab, 'the account');

      await tab.click('main .button');
      await tab.fill('#id_old_password', PASSWORD);
      await tab.fill('#id_new_password1', '12345678');
      await tab.fill('#id_new_password2', '1234567');
      await submit();
      assert.equal(await tab.locator('[aria-invalid]').count(), 2);
      await judge(tab, 'a weak password');
      await tab.fill('#id_old_password', PASSWORD);
      await tab.fill('#id_new_password1', NEW);
      await tab.fill('#id_new_password2', NEW);
      await submit();
      assert.equal(await tab.textContent('.message'), words.changed);
      await judge(tab, 'a message');

      await Promise.all([tab.waitForEvent('load'), tab.click('#sign_out')]);
      assert.equal(await tab.textContent('.message'), words.out);
      assert.equal(await tab.locator('#sign_in').count(), 1);
    });
  }

  test('the longest name finds its place in the head', async (t) => {
    const tab = await openTab(browser());
    t.after(() => tab.context().close());
    await tab.goto(`${server().url}/accounts/login/`);
    await tab.fill('#id_username', LONG);
    await tab.fill('#id_password', PASSWORD);
    await Promise.all([tab.waitForEvent('load'), tab.click('.form button')]);
    await judge(tab, 'the longest name');
  });
}, () => {
  const database = emptyDatabase();
  for (const name of [...LANGUAGES, LONG]) addUser(database, name, { email: 'somebody@example.com' });
  return { database, env: FAST };
});
