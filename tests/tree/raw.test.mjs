// What pages print without escaping it is all in the list, with its reason; what is not is named.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { ROOT, temporaryFolder } from '../http/harness.mjs';

const CHECK = 'src/site/raw_output.py';
const LIST = 'src/site/raw_output.txt';
const TEMPLATE = 'modules/boats/templates/boats/index.html';
const SOURCE = 'modules/boats/tags.c';

function run(dir) {
  const { status, stdout, stderr } = spawnSync('python3', [CHECK], { cwd: dir, encoding: 'utf8', timeout: 60_000 });
  return { status, text: stdout + stderr };
}

/** files: { path: text }; the check in a tree of these alone. */
function check(files) {
  const dir = temporaryFolder();
  for (const [path, text] of Object.entries({ [LIST]: '', 'modules/none.c': '', ...files })) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  }
  cpSync(join(ROOT, CHECK), join(dir, CHECK));
  return run(dir);
}

test('all is listed', () => assert.deepEqual(run(ROOT), { status: 0, text: '' }));

const RAW = [
  [TEMPLATE, '{{ boat.text|safe }}'],
  [TEMPLATE, '{{ boat.text | lower | safe|upper }}'],
  [TEMPLATE, '{{ boats|safeseq|join:", " }}'],
  [TEMPLATE, '{% autoescape off %}{{ boat }}{% endautoescape %}'],
  [TEMPLATE, '{% autoescape x %}{{ boat }}{% endautoescape %}'],
  [TEMPLATE, '{% filter safe %}{{ boat }}{% endfilter %}'],
  [TEMPLATE, '{% filter default:boat %}{% endfilter %}'],
  [SOURCE, '*out = value_safe(text);'],
  [SOURCE, 'return tag_html(call, &html, out);'],
  [SOURCE, '{"shout", .apply = shout, .flags = FILTER_TEXT | FILTER_SAFE},'],
  [SOURCE, 'static const struct value_class class = {.print_is_html = true};'],
  [SOURCE, 'struct value value = {.kind = VALUE_SAFE};'],
];
for (const [path, line] of RAW) {
  test(`${line} must be listed`, () => {
    const files = { [path]: `first\n  ${line}\n` };
    const { status, text } = check(files);
    assert.equal(status, 1);
    assert.equal(text, `printed without escaping, and not in ${LIST}:\n  ${path}: ${line}\n`);
    assert.deepEqual(check({ ...files, [LIST]: `${path}: ${line}\n    It is made by us.\n` }), { status: 0, text: '' });
    assert.match(check({ ...files, [LIST]: `${path}: ${line}\n` }).text, /^without a reason in /);
  });
}

const ESCAPED = [
  [TEMPLATE, '{{ boat.safe }}{{ boat|default:"safe" }}{{ boat|safety }}'],
  [TEMPLATE, '{% autoescape on %}{{ boat }}{% endautoescape %}'],
  [SOURCE, 'if (value.kind == VALUE_SAFE)'],
  ['src/template/value.c', 'return value_safe(text);'],
];
for (const [path, line] of ESCAPED) test(`${line} is not`, () => assert.deepEqual(check({ [path]: line }), { status: 0, text: '' }));

test('what is listed must be there', () => {
  const { status, text } = check({ [LIST]: `${SOURCE}: value_safe(text);\n    It is.\n` });
  assert.equal(status, 1);
  assert.equal(text, `in ${LIST}, but nowhere else:\n  ${SOURCE}: value_safe(text);\n`);
});
