// A language is one file: locale/<code>.po. The build finds it; one that is wrong is named.
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { before, test } from 'node:test';
import { get, runCommand } from '../http/harness.mjs';
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
