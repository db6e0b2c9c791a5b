// A language is one file: locale/<code>.po. The build finds it; one that is wrong is named.
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { before, test } from 'node:test';
import { openTab, overhanging, resize, visit } from '../browser/pages.mjs';
import { get, launchBrowser, runCommand, skipWithoutBrowser, skipWithoutModule } from '../http/harness.mjs';
import { Tree } from './tree.mjs';

const BREAKS = ['nplurals=2; plural=(n > 1);', 'nplurals=2; plural=n;'];

let tree;
let french;
before(() => {
  tree = new Tree();
  french = tree.read('locale/fr.po');
});

const portuguese = (change = (text) => text) => change(french.replace('Language: fr\\n', 'Language: pt_BR\\n')
  .replace('Français', 'Português').replaceAll('Page introuvable', 'Página não encontrada'));
const links = (text) => [...text.matchAll(/href="\/language\/([^/]+)\/[^>]*>([^<]*)</g)].map(([, ...link]) => link);

test('a file more is a language more', async (t) => {
  tree.write('locale/pt_BR.po', portuguese());
  tree.build();
  const server = await tree.serve(t);
  const { status, headers, text } = await get(`${server.url}/nothing/`, { headers: { 'accept-language': 'pt' } });
  assert.equal(status, 404);
  assert.equal(headers['content-language'], 'pt-br');
  assert.match(text, /Página não encontrada/);
  assert.deepEqual(links(text), [['en', 'English'], ['fr', 'Français'], ['pt-br', 'Português']]);
});

const ARABIC = { Home: 'الرئيسية', Lettings: 'بيوت العطلات', Profiles: 'الضيوف', 'Sign in': 'تسجيل الدخول', Search: 'بحث',
  'Find a place to stay': 'ابحث عن مكان للإقامة', 'Filter by place': 'تصفية حسب المكان', 'Back to all lettings': 'العودة إلى جميع البيوت',
  'Where it is': 'الموقع', 'Page not found': 'الصفحة غير موجودة' };
const arabic = () => [`msgid ""\nmsgstr ""\n"Language: ar\\n"\n"Content-Type: text/plain; charset=UTF-8\\n"\n"X-Language-Name: العربية\\n"
"Plural-Forms: nplurals=6; plural=n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5;\\n"`,
...Object.entries(ARABIC).map(([english, own]) => `msgid "${english}"\nmsgstr "${own}"`)].join('\n\n');

// Where pages begin and end: the edges of what stands at the one and the other side.
const sidesOf = (tab) => tab.evaluate(() => {
  const width = document.documentElement.clientWidth;
  const box = (selector) => document.querySelector(selector)?.getBoundingClientRect();
  const side = (selector) => (box(selector) ? box(selector).left + box(selector).right > width : undefined);
  return { brand: side('.brand'), signIn: side('#sign_in'), skip: box('.skip').left + box('.skip').right > width };
});

test('a language that is written from right to left turns the pages round', { skip: skipWithoutModule('home', 'lettings', 'profiles', 'auth') || skipWithoutBrowser() }, async (t) => {
  tree.write('locale/ar.po', arabic());
  t.after(() => rmSync(tree.path('locale/ar.po')));
  tree.build();
  const server = await tree.serve(t);
  const browser = await launchBrowser();
  t.after(() => browser.close());
  for (const [language, direction] of [['ar', 'rtl'], ['en', 'ltr']]) {
    const tab = await openTab(browser, { language });
    for (const [path, status] of [['/', 200], ['/lettings/', 200], ['/lettings/1/', 200], ['/lettings/?state=GA', 200], ['/profiles/', 200], ['/accounts/login/', 200], ['/nowhere/', 404]]) {
      await visit(tab, server, { path, status });
      for (const width of [320, 768, 1440]) {
        await resize(tab, width);
        assert.deepEqual(await overhanging(tab), [], `${language} ${path} at ${width} px`);
        const { brand, signIn, skip } = await sidesOf(tab);
        assert.deepEqual([brand, skip], direction === 'rtl' ? [true, true] : [false, false], `${language} ${path} at ${width} px`);
        if (width > 320) assert.equal(signIn, direction === 'ltr', `${language} ${path} at ${width} px`); // there it has a line of its own
      }
      assert.deepEqual(await tab.evaluate(() => [document.documentElement.lang, getComputedStyle(document.documentElement).direction]), [language, direction]);
    }
  }
});

test('a file that is wrong stops the start or the build, and is named', () => {
  for (const [change, words] of [
    [(text) => text.replace(/^"X-Language-Name: .*\n/m, ''), /locale\/pt_BR\.po: its header has no line "X-Language-Name/],
    [(text) => text.replace(...BREAKS), /locale\/pt_BR\.po: Plural-Forms gives no form for 2|plural/],
    [(text) => text.replace('%s (ligne %d)', '%d (ligne %s)'), /locale\/pt_BR\.po/],
  ]) {
    tree.write('locale/pt_BR.po', portuguese(change));
    let said;
    try {
      tree.build();
      const { status, stderr } = runCommand(['check'], { program: tree.program, env: { DEBUG: '1' } });
      assert.notEqual(status, 0);
      said = stderr;
    } catch ({ message }) {
      said = message;
    }
    assert.match(said, words);
  }
});

test('without files the site is English, and has no links', async (t) => {
  for (const name of ['fr', 'pt_BR']) rmSync(tree.path(`locale/${name}.po`), { force: true });
  tree.build();
  const server = await tree.serve(t);
  const { headers, text } = await get(`${server.url}/`, { headers: { 'accept-language': 'fr' } });
  assert.equal(headers['content-language'], 'en');
  assert.doesNotMatch(headers.vary, /Language|Cookie/);
  assert.deepEqual(links(text), []);
});
