// oc-lettings render: a file with its JSON context, and requests line by line.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { environment, PROGRAM, temporaryFolder } from './harness.mjs';

function folder(files) {
  const dir = temporaryFolder();
  mkdirSync(join(dir, 'parts'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text);
  return dir;
}

function render(args, { dir = temporaryFolder(), input = '', env = {} } = {}) {
  const { status, stdout, stderr } = spawnSync(PROGRAM, ['render', ...args],
    { cwd: dir, input, encoding: 'utf8', env: environment(dir, env) });
  return { status, stdout, stderr };
}

describe('a file', () => {
  const FILES = {
    'page.html': '{% extends "base.html" %}{% block content %}<p>{{ name }} {{ when|date:"Y" }}</p>'
      + '{% include "parts/one.html" %}{% include "./parts/one.html" %}{% endblock %}',
    'parts/one.html': '[{{ price }}]',
    'plain.html': 'Hello {{ name|upper }}\n',
    'bad.html': 'one\n{% if %}\n',
    'late.html': 'one\n\n{{ "x"|add:nothing }}\n',
    'latin.html': Buffer.from([0xe9]),
    'page.json': '{"name": "<Anna>", "price": {"$decimal": "1.20"}, "when": {"$date": "2024-05-07"}}',
    'list.json': '[1]',
    'bad.json': '{"name": }',
    'mark.json': '{"when": {"$date": "soon"}}',
  };

  test('is rendered as a page of the site, with what lies beside it', () => {
    const dir = folder(FILES);
    const { status, stdout, stderr } = render(['page.html', '--context', 'page.json'], { dir });
    assert.equal(stderr, '');
    assert.equal(status, 0);
    assert.match(stdout, /^<!doctype html>/);
    assert.match(stdout, /<p>&lt;Anna&gt; 2024<\/p>\[1.20\]\[1.20\]/);
    assert.match(stdout, /href="\/"/);
  });

  test('needs no context, no folder of its own, and takes the context from standard input', () => {
    const dir = folder(FILES);
    assert.equal(render(['plain.html'], { dir }).stdout, 'Hello \n');
    assert.equal(render([join(dir, 'plain.html'), '--context', '-'], { input: '{"name": "é"}' }).stdout,
      'Hello É\n');
    assert.equal(render(['--context=page.json', 'plain.html'], { dir }).stdout, 'Hello &lt;ANNA&gt;\n');
  });

  test('is rendered in a language', () => {
    const dir = folder(FILES);
    assert.match(render(['page.html', '--language', 'fr'], { dir }).stdout, /<html lang="fr">/);
    assert.match(render(['page.html'], { dir, env: { LANGUAGE_CODE: 'fr' } }).stdout, /<html lang="fr">/);
  });

  test('shows dates in TIME_ZONE, and them and numbers as the language writes them', () => {
    const dir = folder({
      'when.html': '{{ at|date:"c T" }} | {{ at }} | {{ share }} | {{ rows }}',
      'when.json': '{"at": {"$datetime": "2024-05-07T12:05:00+00:00"}, "share": 1.5, "rows": 12345}',
    });
    const shown = (env, ...more) => render(['when.html', '--context', 'when.json', ...more], { dir, env }).stdout;
    assert.equal(shown({}), '2024-05-07T12:05:00+00:00 UTC | May 7, 2024, 12:05 p.m. | 1.5 | 12345');
    assert.equal(shown({ TIME_ZONE: 'Europe/Paris' }, '--language', 'fr'), '2024-05-07T14:05:00+02:00 CEST | 7 mai 2024 14:05 | 1,5 | 12345');
    const { status, stderr } = render(['when.html'], { dir, env: { TIME_ZONE: 'Mars/Base' } });
    assert.equal(status, 1);
    assert.match(stderr, /TIME_ZONE is "Mars\/Base", but there is no such time zone/);
  });

  const REFUSED = [
    [['none.html'], 1, 'no template "none.html"'],
    [['bad.html'], 1, 'bad.html:2: the condition ends where a value is expected in "{% if %}"'],
    [['late.html'], 1, 'late.html:3: the filter argument "nothing" does not exist'],
    [['latin.html'], 1, 'latin.html: it is not UTF-8'],
    [['plain.html', '--context', 'none.json'], 1, 'none.json: No such file'],
    [['plain.html', '--context', 'bad.json'], 1, 'bad.json: line 1, column'],
    [['plain.html', '--context', 'list.json'], 1, 'list.json: it is to be an object'],
    [['plain.html', '--context', 'mark.json'], 1, '"soon" is not what "$date" takes'],
    [['plain.html', '--language', 'xx'], 2, '"xx" is no language of the site'],
    [['plain.html', '--colour'], 2, '"--colour" is no option'],
    [['plain.html', '--context'], 2, '"--context" lacks its value'],
    [['plain.html', 'page.html'], 2, '"page.html" is one file too many'],
    [['--jsonl', 'plain.html'], 2, '"plain.html" does not go with --jsonl'],
    [['--jsonl', '--context', 'page.json'], 2, '"--context" does not go with --jsonl'],
    [[], 2, '"FILE" is missing'],
  ];
  for (const [args, expected, message] of REFUSED) {
    test(`render ${args.join(' ')} is refused`, () => {
      const { status, stdout, stderr } = render(args, { dir: folder(FILES) });
      assert.equal(stdout, '');
      assert.equal(status, expected, stderr);
      assert.ok(stderr.startsWith('oc-lettings') && stderr.includes(message), stderr);
      assert.equal(stderr.trim().split('\n').length, 1);
    });
  }
});

describe('requests', () => {
  const one = (source, more) => ({ templates: { t: source }, entry: 't', ...more });
  const ask = (...requests) => {
    const lines = requests.map((each) => (typeof each === 'string' ? each : JSON.stringify(each)));
    const { status, stdout, stderr } = render(['--jsonl'], { input: lines.join('\n') });
    assert.equal(stderr, '');
    assert.equal(status, 0);
    const answers = stdout.split('\n');
    assert.equal(answers.pop(), '');
    return answers.map((line) => JSON.parse(line));
  };

  test('are answered in order, each by itself', () => {
    const counter = '{% cycle "a" "b" %}{% load cache %}{% cache 10 x %}{{ v }}{% endcache %}';
    const answers = ask(one('{{ x }}', { context: { x: 1 } }), one('{{ x }}'), one('{% nope %}'),
      one('{% include "u" %}', { templates: { t: '{% include "u" %}', u: 'é\u0000' } }),
      one(counter, { context: { v: 1 }, libraries: ['cache'] }),
      one(counter, { context: { v: 2 }, libraries: ['cache'] }));
    assert.deepEqual(answers.map((each) => each.output ?? each.error),
      ['1', '', 'TemplateSyntaxError', 'é\u0000', 'a1', 'a2']);
  });

  test('carry every kind of value', () => {
    const context = {
      safe: { $safe: '<b>' }, text: '<b>', list: [1, 2.5, null, true], tuple: { $tuple: [1] },
      map: { $dict: [[1, 'one'], [{ $tuple: [1, 2] }, 'pair']] }, nan: { $float: 'nan' },
      decimal: { $decimal: '1.20' }, span: { $timedelta: 90.5 }, date: { $date: '2024-05-07' },
      time: { $time: '14:05:00' }, when: { $datetime: '2024-05-07T14:05:00+02:00', zone: 'Europe/Paris' },
    };
    const source = Object.keys(context).map((name) => `{{ ${name} }}`).join('|');
    assert.deepEqual(ask(one(`${source}|{{ when|date:"e O" }}`, { context })), [{
      output: '<b>|&lt;b&gt;|[1, 2.5, None, True]|(1,)|{1: &#x27;one&#x27;, (1, 2): &#x27;pair&#x27;}|nan|1.20|'
        + '0:01:30.500000|May 7, 2024|2:05 p.m.|May 7, 2024, 2:05 p.m.|CEST +0200' }]);
    const floats = '{"templates":{"t":"{{ a }} {{ b }} {{ c }} {{ d }} {{ e }} {{ s }}"},"entry":"t","context":{"a":NaN,"b":Infinity,'
      + '"c":-Infinity,"d":1e400,"e":[-1e999],"s":"NaN Infinity 1e400"}}';
    assert.deepEqual(ask(floats), [{ output: 'nan inf -inf inf [-inf] NaN Infinity 1e400' }]);
    const big = '{"templates":{"t":"{{ n }} {{ s }}"},"entry":"t","context":{"n":-12345678901234567890123,'
      + '"s":"\\"12345678901234567890123"}}';
    assert.deepEqual(ask(big), [{ output: '-12345678901234567890123 &quot;12345678901234567890123' }]);
  });

  test('that are none get an error, and the next is answered', () => {
    const bad = ['', '{', '[]', '"x"', '{}', '{"templates":[],"entry":"t"}', '{"templates":{"t":""}}',
      one('', { context: [] }), one('', { context: { x: { $date: '2024-13-01' } } }),
      one('', { context: { x: { $nope: 1 } } }), one('', { context: { x: { $tuple: 5 } } }),
      one('', { context: { x: [{ $decimal: 'x' }] } }), one('', { now: 'noon' }),
      one('', { context: { x: { $datetime: '2024-05-07T14:05:00Z', zone: 'Nowhere/Land' } } })];
    const answers = ask(...bad, one('fine'));
    assert.deepEqual(answers.pop(), { output: 'fine' });
    for (const [i, { error, message }] of answers.entries()) {
      assert.equal(error, 'BadRequest', bad[i]);
      assert.ok(message.length > 10, bad[i]);
    }
  });

  test('in a time zone that there is not are refused', () => {
    const zones = ['Nope/Land', '../../etc/passwd', '+25', 'Europe/Paris\u0000'];
    for (const name of ['TIME_ZONE', 'current_timezone']) {
      for (const { error, message } of ask(...zones.map((zone) => one('{% now "e" %}', { settings: { USE_TZ: true, [name]: zone } })))) {
        assert.equal(error, 'UnknownTimeZoneError');
        assert.match(message, new RegExp(`^${name}: there is no time zone "`));
      }
    }
  });

  test('find only the libraries that they name', () => {
    const load = (name, libraries) => ask(one(`{% load ${name} %}.`, { libraries }))[0].output;
    assert.equal(load('i18n', ['i18n']), '.');
    assert.equal(load('i18n', ['static']), undefined);
    assert.equal(load('i18n', undefined), undefined);
  });

  test('reverse their own table of URLs', () => {
    const urls = [
      { kind: 'path', pattern: 'a/<int:n>/', name: 'a' },
      { kind: 're', pattern: '^b/(?P<x>\\w+)-(?P=x)/$', name: 'b' },
      { kind: 're', pattern: '^c/(?:(?P<n>[0-9]+)/)?$', name: 'c' },
      { kind: 'include', prefix_kind: 'path', prefix: 'in/<slug:s>/', app_name: 'app', namespace: 'one',
        patterns: [{ kind: 'path', pattern: 'x/', name: 'x' }] },
      { kind: 'include', prefix_kind: 're', prefix: '^two/', app_name: 'app', namespace: 'two',
        patterns: [{ kind: 'path', pattern: 'x/', name: 'x' }] },
    ];
    const cases = [['"a" 5', '/a/5/'], ['"a" "x"', 'NoReverseMatch'], ['"b" x="q"', '/b/q-q/'], ['"c"', '/c/'],
      ['"c" 3', '/c/3/'], ['"one:x" s="y"', '/in/y/x/'], ['"app:x"', '/two/x/'], ['"nope:x"', 'NoReverseMatch'],
      ['"a" 1 n=2', 'ValueError']];
    const answers = ask(...cases.map(([words]) => one(`{% url ${words} %}`, { urls })));
    assert.deepEqual(answers.map((each) => each.output ?? each.error), cases.map(([, expected]) => expected));
    assert.equal(ask(one('{% url "app:x" s="y" %}', { urls, current_app: 'one' }))[0].output, '/in/y/x/');
    const huge = ['a'.repeat(20_000), '(?:a)?'.repeat(2000), '(?:(a))?'.repeat(40), 'a{60000}{60000}', '(?:b(c)?)?'.repeat(3000), '(x+x+)+y', '(?:'.repeat(240) + ')'.repeat(240)]
      .map((pattern) => one('{% url "n" "x" %}', { urls: [{ kind: 're', pattern: `^${pattern}$`, name: 'n' }] }));
    assert.deepEqual(ask(...huge).map(({ error }) => error), ['NoReverseMatch', 'NoReverseMatch', 'NoReverseMatch', 'ImproperlyConfigured', 'NoReverseMatch', 'NoReverseMatch', 'NoReverseMatch']);
    const slow = [{ kind: 're', pattern: '^((?:x+x+)+y)$', name: 'n' }];
    assert.equal(ask(one(`{% url "n" "${'x'.repeat(5000)}" %}`, { urls: slow }))[0].error, 'NoReverseMatch');
    const broken = [{ kind: 're', pattern: '(', name: 'a' }];
    assert.equal(ask(one('{% url "a" %}', { urls: broken }))[0].error, 'ImproperlyConfigured');
    const unknown = [{ kind: 'path', pattern: '<roman:n>', name: 'a' }];
    assert.equal(ask(one('{% url "a" 1 %}', { urls: unknown }))[0].error, 'ImproperlyConfigured');
  });

  test('cannot make it run away', () => {
    const nested = '{% include "t" %}';
    const [deep, long] = ask(one(nested), one(`${'{% for x in s %}'.repeat(8)}{{ s }}${'{% endfor %}'.repeat(8)}`,
      { context: { s: 'x'.repeat(200) } }));
    assert.equal(deep.error, 'RecursionError');
    assert.equal(long.error, 'MemoryError');
    const count = 60_000;
    const numbers = Array.from({ length: count }, (_, i) => i);
    const wide = [
      one('{{{%{#'.repeat(count)), one(`{% if ${'a '.repeat(count)}%}`), one(`{% if "${'\\" '.repeat(count)}%}`), one(`{% if ${'\' " '.repeat(count)}%}`),
      one('{% load cache %}{% for x in l %}{% cache 9 a x %}{% endcache %}{% endfor %}', { context: { l: numbers }, libraries: ['cache'] }),
      one('{{ s|urlize|length }}', { context: { s: `${'('.repeat(count)}http://a.b&amp;${').'.repeat(count)}` } }),
      one('{{ d|length }}', { context: { d: { $dict: numbers.map((i) => [{ $tuple: [i, i * 1048576.5] }, 1]) } } }),
    ];
    assert.deepEqual(ask(...wide).map(({ output, error }) => error ?? output.slice(0, 6)),
      ['{{{%{#', 'TemplateSyntaxError', 'TemplateSyntaxError', 'TemplateSyntaxError', '', '180019', '60000']);
    const fan = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`t${i}`, `{% include "t${i + 1}" %}`.repeat(2)]));
    assert.match(ask({ templates: { ...fan, t60: '' }, entry: 't0' })[0].error, /^(Recursion|Memory)Error$/);
  });
});
