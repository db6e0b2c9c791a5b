// What every page of a person who is signed in is held to.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { HtmlValidate } from 'html-validate';
import { overhanging, resize, SCHEMES, WIDTHS } from './pages.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const validator = new HtmlValidate({
  root: true,
  extends: ['html-validate:recommended', 'html-validate:standard', 'html-validate:a11y'],
  rules: {
    'doctype-style': ['error', { style: 'lowercase' }],
    // A <select> cannot be typed into.
    'prefer-native-element': ['error', { exclude: ['listbox'] }],
    // Boxes of one name are a choice of several.
    'form-dup-name': ['error', { shared: ['radio', 'button', 'reset', 'submit', 'checkbox'] }],
  },
});

/** axe-core, html-validate and the edges of the screen, at every width, in light and dark. */
export async function judge(tab, name, { widths = [320, ...WIDTHS], schemes = SCHEMES } = {}) {
  await tab.evaluate(AXE);
  for (const width of widths) {
    await resize(tab, width);
    assert.deepEqual(await overhanging(tab), [], `${name} at ${width} px`);
    for (const colorScheme of schemes) {
      await tab.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      const found = await tab.evaluate(async () => (await window.axe.run()).violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`));
      assert.deepEqual(found, [], `${name} at ${width} px, ${colorScheme}`);
    }
  }
  const { results } = await validator.validateString(await tab.evaluate(() => document.documentElement.outerHTML));
  const messages = results.flatMap((result) => result.messages).filter(({ ruleId }) => !['missing-doctype', 'attr-quotes', 'void-style',
    'no-implicit-close', 'attribute-boolean-style', 'attribute-empty-style', 'no-trailing-whitespace'].includes(ruleId))
    // Hidden fields of one name are a list too.
    .filter(({ ruleId, message }) => ruleId !== 'form-dup-name' || !message.includes('"_selected_action"'));
  assert.deepEqual(messages.map(({ ruleId, message }) => `${ruleId}: ${message}`), [], name);
}
