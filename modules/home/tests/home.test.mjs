// Also on PostgreSQL.
// The front page.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { get, MODULES, startServer } from '../../../tests/http/harness.mjs';
import { checkPage, describeDatabases, linksOf, publicPages } from '../../../tests/http/support.mjs';

describeDatabases((server) => {
  test('the front page says where one is, and leads to what the other modules have', async () => {
    const answer = await get(`${server().url}/`);
    checkPage(answer, { title: 'Holiday Homes', heading: 'Welcome to Holiday Homes' });
    const doors = publicPages().filter((path) => MODULES.includes(path.slice(1, -1)));
    assert.deepEqual(linksOf(answer.text, /class="door"/), doors);
    for (const path of doors) {
      assert.deepEqual(linksOf(answer.text, new RegExp(`id="${path.replaceAll('/', '')}"`)), [path]);
    }
  });
});

test('the site is called by its own name alone', async (t) => {
  const server = await startServer({ t, env: { SITE_NAME: 'Gîtes & Co' } });
  for (const [language, heading] of [['en', 'Welcome to Gîtes &amp; Co'], ['fr', 'Bienvenue chez Gîtes &amp; Co']]) {
    const answer = await get(`${server.url}/`, { headers: { 'accept-language': language } });
    checkPage(answer, { title: 'Gîtes &amp; Co', heading, texts: ['property="og:title" content="Gîtes &amp; Co"', 'property="og:site_name" content="Gîtes &amp; Co"'] });
    assert.doesNotMatch(answer.text, /Holiday Homes|Orange County/);
  }
});
