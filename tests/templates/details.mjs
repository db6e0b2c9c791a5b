// More requests that tests/templates/django.test.mjs has Django answer too: [source, context or more of the request].

const many = (sources, more = {}) => sources.map((source) => [source, more]);

const ZONES = [
  ['{{ x }}', { settings: { USE_TZ: true, current_timezone: 'Nope/Land' } }],
  ['{{ x }}', { settings: { USE_TZ: true, current_timezone: '../../etc/passwd' } }],
  ['{% now "e" %}', { settings: { TIME_ZONE: 'Nope/Land', USE_TZ: true } }],
  ['{% now "e" %}', { settings: { TIME_ZONE: '../../etc/passwd', USE_TZ: true } }],
  ['{% now "e" %}', { settings: { TIME_ZONE: 'Asia/Tokyo', USE_TZ: true } }],
];

const DEBUG = many(['{% debug %}', 'a{% debug %}b', '{% debug x %}']);

const PREFIX = '{% static "a b" %}|{% get_static_prefix %}|{% get_media_prefix as p %}{{ p }}{% get_media_prefix %}|{% static "" %}|{% static "/x" %}|{% static "../u" %}';
const PREFIXES = ['static/', '', '/s/', 'http://s.x/?a=<&"', '//cdn/x/', 'https://a.b', 'HTTP://x/', 'https://a.b/x?q=a/b#c/d', '<b>é']
  .map((url) => [PREFIX, { settings: { STATIC_URL: url, MEDIA_URL: url } }]);

const RATIOS = ['a|add:zz 3 100', 'a|divisibleby:"x" 3 5', 'a b|divisibleby:0 5', 'a b a|divisibleby:"x"', 'a b zz', 'zz b 5', 'a a|add:zz 3', 'd|date:l 3 4', 'e|random 3 4']
  .flatMap((words) => many([`{% widthratio ${words} %}`, `{% with q="old" %}{% widthratio ${words} as q %}[{{ q }}]{% endwith %}`],
    { context: { a: 1, b: 2, d: { $date: '2024-05-07' }, l: [1], e: [] } }));

const ISO = many(['{{ a }}|{{ b }}|{{ c|date:"c" }}|{{ d|date:"c" }}|{{ e }}|{{ f|date:"c" }}'], {
  context: { a: { $datetime: '2024-05-07' }, b: { $date: '20240507' }, c: { $datetime: '20240507T140509' }, d: { $datetime: '2024-05-07T1405' }, e: { $datetime: '20240507' }, f: { $datetime: '20240507T140509.25+0200' } },
});

const of = (values, filters) => values.flatMap((v) => filters.map((filter) => [`{{ v|${filter} }}`, { context: { v } }]));

const TITLES = of(["7b'n", "7b'N a'b'c a'B'C", 'ß ﬁ ǆ ŉ ǅ', "ΑΣ ΟΔΟΣ ΣΣΣ. aΣ'b ΑΣ́Α", '1a2b 1é ２b', "o'neil O'NEIL é'x", "ab1cd'e", "x'yZ'z", 'İI ıi'], ['title', 'title|title']);

const LINKS = of(['http://a.b/x&amp;.', 'http://a.b/&lt;a&gt;,', 'x.com&amp;!', '(http://a.b/?x&amp;y).', 'www.x.com&quot;.', 'a@b.c&amp;.', 'http://x.y/&amp;&lt;...', '[(http://a.b).]', 'http://a.com/&#46;',
  '((x.y).)', '(((http://a.b/(c)).).)', 'http://a.b/(x', 'http://a.b/x)', 'http://é.ü/ß', 'http://ＥＸＡＭＰＬＥ.com', 'http://STRAßE.de', 'http://a\u200bb.é', 'http://é\u200b.de', 'www.ﬁé.com', 'http://É.COM',
  'me@É\u00ad.de', 'http://a。é.com', 'http://İ.com', 'www.é\ue000.com', 'http://é\u2003', 'http://Å.com', 'http://xn--é.com', 'www.אבג.com', 'www.אבגa.com', 'www.1אבג.com', 'http://é..com', 'http://.é', 'www.a.b&#4;c'],
['urlize', 'safe|urlize', 'urlizetrunc:9']);

const COMMENTS = many(['{% blocktranslate %}a{# c #}b{% endblocktranslate %}', '{% blocktranslate count n=1 %}a{% plural %}b{# c #}{% endblocktranslate %}',
  '{% blocktranslate count n=1 %}a{# x #}{% plural %}b{% endblocktranslate %}', '{% blocktranslate %}a{# {% endblocktranslate %}', '{% comment %}{# x #}{% endcomment %}{% verbatim %}{# x #}{% endverbatim %}{% if 1 %}a{# c #}b{% else %}{# d #}{% endif %}',
  '{# c #}{% extends "b" %}', 'a{# {{ x }} {% nope %} #}b', '{# #}{##}{# #'], { templates: { b: 'B' } });

const AVAILABLE = many(['{% get_available_languages as q %}{% for x in q %}{{ x.0 }}{{ x.1 }};{% endfor %}']);

const attributes = (values, names) => Object.keys(values).flatMap((value) => many(names.map((name) => `{{ ${value}.${name} }}`), { context: values }));

const MOMENTS = {
  sp: { $timedelta: 90061.5 }, sm: { $timedelta: -1.25 }, dt: { $datetime: '2024-05-07T14:05:09.000123' }, da: { $datetime: '2024-07-01T10:00:00+02:00' }, am: { $datetime: '2024-07-01T10:00:00-04:30' },
  dp: { $datetime: '2024-07-01T10:00:00+00:00', zone: 'Europe/Paris' }, dw: { $datetime: '2024-01-01T10:00:00+00:00', zone: 'Europe/Paris' }, d: { $date: '2024-05-07' }, ti: { $time: '14:05:09.5' },
  tz: { $time: '08:30:00+02:00' }, dz: { $datetime: '2024-07-01T10:00:00+00:00' },
};
const OF_MOMENTS = attributes(MOMENTS, ['days', 'seconds', 'microseconds', 'total_seconds', 'year', 'hour', 'tzname', 'utcoffset', 'dst', 'ctime', 'toordinal', 'timestamp', 'timetz', 'time', 'date', 'fold', 'replace', 'isoformat', 'nope']);

const TEXTS = {
  a: 'abc', n: '12', e: '', s: ' a b ', u: 'ABC', t: 'Hello World', m: 'a\tb\nc\r\nd\x0be\x1cf\x85g\u2028h', w: '  \t', x: '１２', y: '½²', z: 'a1_', sf: { $safe: '<b>A</b>\n' }, ti: 'Ünï Ab', dz: 'ǅa', ends: '\n\na\r\r\n',
};
const OF_TEXTS = attributes(TEXTS, ['isdigit', 'isalpha', 'isupper', 'islower', 'istitle', 'isspace', 'isalnum', 'isdecimal', 'isnumeric', 'isprintable', 'isascii', 'lstrip', 'rstrip', 'strip', 'splitlines', 'expandtabs', 'split', 'rsplit', 'casefold', 'title', 'upper', 'nope']);

const NUMBERS = {
  i: 5, z: 0, m: -7, f: 2.5, g: { $float: '3.0' }, inf: { $float: 'inf' }, nan: { $float: 'nan' }, b: true, big: { $int: '123456789012345678901234567890' }, de: { $decimal: '1.20' }, dm: { $decimal: '-100' }, d0: { $decimal: '0.00' }, dE: { $decimal: '1E+5' },
};
const OF_NUMBERS = attributes(NUMBERS, ['real', 'imag', 'numerator', 'denominator', 'bit_length', 'bit_count', 'conjugate', 'is_integer', 'is_nan', 'is_signed', 'is_infinite', 'is_finite', 'is_zero', 'is_normal', 'normalize', 'adjusted', 'copy_abs', 'copy_negate', 'nope'])
  .concat(attributes({ dn: { $decimal: 'NaN' }, di: { $decimal: '-Infinity' } }, ['imag', 'is_nan', 'is_signed', 'is_finite', 'is_zero', 'adjusted']));

const ARGUMENTS = many(['{{ "İ"|phone2numeric }}{{ "ß"|phone2numeric }}', '{{ i|localize|add:"<b>" }}|{{ f|localize|add:"<b>" }}|{{ b|localize|add:"<b>" }}|{{ big|localize|add:"<b>" }}|{{ i|unlocalize|add:"<b>" }}',
  '{{ s|dictsort:yes }}{{ s|dictsort:no }}', '{{ s|dictsortreversed:yes }}', '{{ one|dictsort:yes }}', '{{ l|dictsort:yes }}', '{{ dd|dictsort:yes }}', '{{ d|date:l }}', '{{ d|date:dd }}', '{{ d|time:l }}', '{{ ti|time:dd }}', '{{ ti|time:l }}', '{{ ti|date:l }}', '{{ d|date:tu }}', '{{ d|date:e }}', '{{ d|date:ed }}',
  '{{ s0|date:l }}', '{{ n|date:l }}', '{{ i|date:l }}', '{{ dt|time:l }}', '{{ dt|date:dd }}', '{{ "a b/c"|urlencode:l }}', '{{ "a b/c"|urlencode:l47 }}', '{{ "a b/c"|urlencode:e }}', '{{ "a b/c"|urlencode:dd }}', '{{ "a b/c"|urlencode:i }}', '{{ ""|urlencode:i }}', '{{ "a b/c"|urlencode:lm }}', '{{ "a/b"|urlencode:n }}',
  '{{ "a b/c"|urlencode:tu }}', '{{ d5|random }}', '{{ dd|random }}', '{{ ed|random }}', '{{ i|random }}', '{{ d0|random }}', '{{ "</ b>abc<b>de"|truncatechars_html:3 }}', '{{ "x</ b>abc d e<b>de"|truncatewords_html:2 }}', '{{ "<b>x</ b>abc d e<b>de"|truncatewords_html:2 }}', '{{ "<b>x</b >abc d e<b>de"|truncatewords_html:2 }}', '{{ l.copy }}{{ tu.copy }}'],
{
  context: {
    i: 5, f: 1.5, b: true, big: { $int: '1000000000000000000000000000000' }, s: ['ab', 'ca', 'bz'], one: ['a', 'bc'], yes: true, no: false, l: [{ $tuple: [2, 1] }, [1, 2]], dd: { a: 1 }, e: [], ed: {}, d: { $date: '2024-05-07' }, ti: { $time: '14:05' }, dt: { $datetime: '2024-05-07T14:05:09' },
    s0: '', n: null, tu: { $tuple: [1] }, l47: [47, 32, 300], lm: [-1], d5: { $dict: [[5, 'x']] }, d0: { $dict: [[0, 'only']] },
  },
});

const PARENTS = [['base'], { $tuple: ['base'] }, 5, { a: 1 }, true, null, 1.5, [], 'base'].flatMap((v) => many(['{% extends v %}', '{% include v %}'], { context: { v }, templates: { base: 'B' } }));

const reversed = (patterns, words, more = {}) => patterns.flatMap((pattern) => words.map((each) => [`{% url "n" ${each} %}`,
  { context: { nl: '1\n', html: '<a&b>"' }, urls: [{ kind: 're', pattern, name: 'n', args: {} }], ...more }]));
const EXPRESSIONS = reversed(['^(?:(?:(\\d+)/)?x/)?(\\w+)$', '^(\\d+){2}$', '^(?i)x(\\w)$', '(?i)x(\\w)', '^(?i:x)(\\w)$', '^(?#comment)x$', '^(?s:.)$', '^(?>a)$', '^x{,2}y$', '^x{a}$', '^x{2,}y$', '^x{0,1}y$', '^(?:x(\\d)){0,1}y$', '^(?:x(\\d)){2}y$', '^a?(?:b(c)?)?$',
  '^100%$', '^%(x)s$', '^%%(\\d)$', '^%s/(\\d)$', '^a%b(\\d)$', '^\\t\\n\\x41\\u00e9$', '^\\d\\D\\w\\W\\s\\S$', '^a++$', '^x*+(\\d)$', '^a+\\(b$', '^a|b/(\\d)$', '^[]a]x$', '^[^]a]x$', '^(?=a)a$', '^(?P<x>a)(?P=x)$', '^$', '', 'x', '^(', '^a\\Qb\\E$', '^(?P<x>x*)$', '^(\\d+)*$', '^([)])$'],
['', '1', '"a"', '"ab" "a"', '1 2', 'x="a"', 'x="a" y=1', 'nl', 'html', '1 x=1']);
const PATHS = ['<1a>/', '<int:a-b>/', '<int:x>/<str:x>/', '<int: x>/', '< x>', '<>/', '<int:>/', '<roman:x>', 'a<b', '<é>/', '50%/<x>', '<x><y>', '<a<int:x>']
  .flatMap((pattern) => many(['{% url "n" %}', '{% url "n" 1 %}', '{% url "n" x=1 as u %}{{ u }}'], { urls: [{ kind: 'path', pattern, name: 'n', args: {} }] }));
const NAMESPACES = many(['{% url "nope:n" 1 x=2 %}', '{% url "nope:n" 1 x=2 as u %}[{{ u }}]', '{% url "ns:n" 1 x=2 %}', '{% url "n" 1 x=2 %}', '{% url "ns:n" lang="fr" %}', '{% url "ns:n" %}', '{% url "ns:n" 5 %}', '{% url "ns:low" %}', '{% url "end" 3 %}'], {
  urls: [{ kind: 'include', prefix_kind: 're', prefix: '^(?:(?P<lang>[a-z]+)/)?', app_name: 'app', namespace: 'ns', patterns: [{ kind: 're', pattern: '^(?P<x>\\d+)?$', name: 'n', args: { lang: 'fr' } }, { kind: 're', pattern: '^x$', name: 'low', args: {} }] },
    { kind: 'include', prefix_kind: 're', prefix: '^in$', patterns: [{ kind: 're', pattern: '^a|b(\\d)/', name: 'end', args: {} }] }],
});

export const DETAILS = {
  zones: ZONES, debug: DEBUG, prefixes: PREFIXES, ratios: RATIOS, titles: TITLES, links: LINKS, comments: COMMENTS, available: AVAILABLE, moments: OF_MOMENTS, texts: OF_TEXTS, numbers: OF_NUMBERS, arguments: ARGUMENTS, parents: PARENTS, iso: ISO,
  expressions: EXPRESSIONS, paths: PATHS, namespaces: NAMESPACES,
};

const LIBRARIES = ['cache', 'humanize', 'i18n', 'l10n', 'static', 'tz'];

export function* detailRequests() {
  for (const rows of Object.values(DETAILS)) {
    for (const [source, more] of rows) {
      const { templates, ...rest } = more;
      yield {
        templates: { t: `{% load ${LIBRARIES.join(' ')} %}${source}`, ...templates }, entry: 't', context: {},
        libraries: LIBRARIES, ...rest,
      };
    }
  }
}
