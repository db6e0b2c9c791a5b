// script/messages: every text of templates and C is translated in every locale/*.po, and one that is not is named.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { ROOT, temporaryFolder } from '../http/harness.mjs';

const TEMPLATE = 'src/site/templates/404.html';
const SOURCE = 'src/site/middleware.c';
const PO = 'locale/fr.po';

function run(dir, ...args) {
  const { status, stdout, stderr } = spawnSync(join(dir, 'script/messages'), args,
    { cwd: dir, encoding: 'utf8', timeout: 60_000 });
  return { status, text: stdout + stderr };
}

let dir;
before(() => {
  dir = temporaryFolder();
  for (const name of ['locale', 'modules', 'script', 'src']) cpSync(join(ROOT, name), join(dir, name), { recursive: true });
});

const read = (name) => readFileSync(join(dir, name), 'utf8');

/** Runs body with more text at the end of a file, which is then taken away again. */
function having(name, more, body) {
  const old = read(name);
  writeFileSync(join(dir, name), old + more);
  try { body(); } finally { writeFileSync(join(dir, name), old); }
}

test('every text is translated', () => {
  const { status, text } = run(ROOT, '--check');
  assert.equal(status, 0, text);
});

const NEW = [
  [TEMPLATE, '{% translate "A new text" %}', 'A new text'],
  [TEMPLATE, "{% trans 'A \"new\" text' as x %}", 'A \\\\"new\\\\" text'],
  [TEMPLATE, '{{ x|default:_("A new default") }}', 'A new default'],
  [TEMPLATE, '{% if x == _("A new word") %}{% endif %}', 'A new word'],
  [TEMPLATE, '{% translate "Page not found" context "new" %}', 'Page not found'],
  [TEMPLATE, '{% blocktranslate %}New, {{ x }}, 100%{% endblocktranslate %}', 'New, %\\(x\\)s, 100%%'],
  [TEMPLATE, '{% blocktranslate trimmed with x=y %}\n  New\n  {{ x }}\n{% endblocktranslate %}', 'New %\\(x\\)s'],
  [TEMPLATE, '{% blocktranslate count n=x %}one new{% plural %}{{ n }} new{% endblocktranslate %}', 'one new'],
  [SOURCE, 'const char *a = N_("New in C");\n', 'New in C'],
  [SOURCE, 'const char *b(void) { return translate("New"\n " and split"); }\n', 'New and split'],
];
for (const [name, more, words] of NEW) {
  test(`a text that is new is named: ${more.trim()}`, () => having(name, more, () => {
    const { status, text } = run(dir, '--check');
    assert.equal(status, 1, text);
    assert.match(text, new RegExp(`^#: .*${name}`, 'm'));
    assert.match(text, new RegExp(`^msgid "${words}"`, 'm'));
    having(PO, '', () => {
      assert.equal(run(dir).status, 0);
      assert.match(read(PO), new RegExp(`msgid "${words}"`));
    });
  }));
}

test('what is not to be translated is not looked for', () => having(TEMPLATE,
  `{% comment %}{% translate "a1" %}{% endcomment %}{% verbatim %}{% translate "a2" %}{% endverbatim %}
{# {% translate "a3" %} #}{% translate "a4" noop %}{% translate x %}"a5"{{ "a6" }}`, () => {
    const { status, text } = run(dir, '--check');
    assert.equal(status, 0, text);
  }));

test('a translation that is only a guess is named', () => {
  const po = read(PO);
  writeFileSync(join(dir, PO), po.replace('msgid "Page not found"', '#, fuzzy\nmsgid "Page not found"'));
  const { status, text } = run(dir, '--check');
  writeFileSync(join(dir, PO), po);
  assert.equal(status, 1, text);
  assert.match(text, /404\.html:\d+/);
});

test('a second run changes nothing', () => {
  assert.equal(run(dir).status, 0);
  const first = read(PO);
  assert.equal(run(dir).status, 0);
  assert.equal(read(PO), first);
  assert.equal(first, readFileSync(join(ROOT, PO), 'utf8'));
});

test('another argument is refused', () => {
  assert.equal(run(dir, '--all').status, 2);
  assert.equal(run(dir, '--check', 'x').status, 2);
});
