// Requests for oc-lettings render --jsonl that tests/templates/django.test.mjs has Django answer too.

/** Every kind of value that a template can be given. */
export const VALUES = {
  none: null, yes: true, no: false, zero: 0, one: 1, two: 2, minus: -1, n5: 5, n12: 12, n11: 11, n113: 113, n1000: 1000,
  n1234567: 1234567, minusbig: -98765432, max: { $int: '9223372036854775807' }, big: { $int: '12345678901234567890' },
  minushuge: { $int: '-1000000000000000000000000000000' },
  f0: { $float: '0.0' }, fminus0: { $float: '-0.0' }, f05: 0.5, f15: 1.5, f25: 2.5, fminus: -1.25, pi: 3.14159, f10: { $float: '10.0' },
  f1e16: { $float: '1e16' }, fsmall: { $float: '1e-7' }, f1e22: { $float: '1e22' }, f1e300: { $float: '1e300' },
  fbig: { $float: '123456789.125' }, f995: { $float: '0.995' }, nan: { $float: 'nan' }, inf: { $float: 'inf' }, minusinf: { $float: '-inf' },
  d120: { $decimal: '1.20' }, d0: { $decimal: '0' }, dsmall: { $decimal: '-0.005' }, dexp: { $decimal: '1E+5' },
  dnan: { $decimal: 'NaN' }, dinf: { $decimal: 'Infinity' }, dlong: { $decimal: '1234567.891' }, dtiny: { $decimal: '1e-10' },
  dhuge: { $decimal: '1e250' }, d5: { $decimal: '5' },
  empty: '', space: ' ', a: 'a', abc: 'abc', hello: 'Hello World', html: '<b>x & y</b>', quote: 'it\'s "so"',
  uni: 'ünï ½ çà 漢字 😀', t5: '5', t12: ' 12 ', tminus: '-3.7', tcomma: '1,2', tnan: 'nan', tinf: 'inf', texp: '1e3', tunder: '1_000',
  twide: '１２３', lines: 'a b\nc <i>\n\nd\r\ne', nulls: 'a\u0000b', tab: 'a\tb\\c', percent: '100% %s %(a)s', long: 'The quick  brown fox jumps over the lazy dog, again and again.',
  tags: '<p class="a">one <b>two</b> three &amp; four</p><br/><img src=x> five <!-- no --> six', urls: 'see http://example.com/?a=1&b=2, www.django.com/x(y) or me@example.com. (https://a.b/c) "http://x.org"',
  truth: 'True', slug: ' Ünï--Code & stuff_1 ', phone: '1-800-COLLECT', script: '</script><!--',
  safe: { $safe: '<i>safe & sound</i>' }, safequote: { $safe: '"a" \'b\'' }, safenum: { $safe: '12' },
  lempty: [], l123: [1, 2, 3], l1: [7], lwords: ['b', 'a', '<c>'], lmixed: [1, 'x', null, 2.5, { $decimal: '1.0' }], lsafe: [{ $safe: '<b>' }, '<i>'],
  nested: ['States', ['Kansas', ['Lawrence', 'Topeka'], 'Illinois<']], lempties: [[], '', 0],
  ldicts: [{ n: 3, s: 'c' }, { n: 1, s: 'A' }, { n: 2, s: 'b' }], lpairs: [[2, 'x'], [1, 'y']], lbools: [true, false],
  tuple: { $tuple: [1, 'a'] }, tuple1: { $tuple: [5] }, tuple0: { $tuple: [] },
  map: { a: 1, b: '<2>', items: 'hidden' }, mapempty: {}, mapodd: { $dict: [[1, 'one'], [null, 2], [{ $tuple: [1, 2] }, 3], [2.5, 4]] },
  date: { $date: '2024-05-07' }, leap: { $date: '2024-02-29' }, old: { $date: '0099-12-31' }, newyear: { $date: '2021-01-01' },
  time: { $time: '14:05:09.000123' }, midnight: { $time: '00:00:00' }, noon: { $time: '12:00:00' }, timez: { $time: '08:30:00+02:00' },
  dt: { $datetime: '2024-05-07T14:05:09' }, dtmicro: { $datetime: '1999-12-31T23:59:59.999999' }, dtgap: { $datetime: '2024-03-10T02:30:00' },
  dttwice: { $datetime: '2024-11-03T01:30:00' }, dtutc: { $datetime: '2024-05-07T14:05:09+00:00' }, dtoff: { $datetime: '2024-07-01T08:00:00-04:30' },
  paris: { $datetime: '2024-07-01T10:00:00+00:00', zone: 'Europe/Paris' }, pariswinter: { $datetime: '2024-01-01T23:30:00+00:00', zone: 'Europe/Paris' },
  paristwice: { $datetime: '2024-10-27T01:30:00+00:00', zone: 'Europe/Paris' }, kolkata: { $datetime: '2024-07-01T10:00:00+00:00', zone: 'Asia/Kolkata' },
  named: { $datetime: '2024-07-01T08:00:00+05:00', tzname: 'XYZ' }, zutc: { $datetime: '2024-07-01T10:00:00+00:00', zone: 'UTC' },
  span: { $timedelta: 90.5 }, spanday: { $timedelta: 90061 }, spanminus: { $timedelta: -1 }, span0: { $timedelta: 0 },
};

const NAMES = Object.keys(VALUES);

/** JSON text of values: integers beyond JavaScript's are written as they are. */
export function jsonOf(request) {
  return JSON.stringify(request).replace(/\{"\$int":"(-?\d+)"\}/g, '$1')
    .replace(/\{"\$float":"(-?\d[^"]*)"\}/g, '$1');
}

const NUMBERS = ['0', '1', '-1', '2', '3', '10', '1.5', '"3"', '"x"', '""', 'none', 'yes', 'big', 'inf', 'abc', 'l123', 'missing'];
const TEXTS = ['""', '"a"', '"l"', '", "', '"<br>"', '5', '2.5', 'none', 'html', 'safe', 'l123', 'missing', '_("yes,no,maybe")'];
const ANY = [...NUMBERS, ...TEXTS];

/** Each filter of Django's with the arguments to try; '' is none. */
export const FILTERS = {
  add: [...NUMBERS, 'html', 'safe', 'lwords', 'tuple', 'date', 'dt', 'spanday', 'nan', 'd120', 'minushuge', '"b"', 'mapempty', ''],
  addslashes: ['', '1'], capfirst: ['', '"x"'],
  center: [...NUMBERS, '15', '""', ''], cut: [...TEXTS, '"&"', '";"', '" "', ''],
  date: ['', '""', '"Y-m-d H:i:s"', '"D d M y"', 'none', '5', '"SHORT_DATE_FORMAT"', '"DATETIME_FORMAT"', '"TIME_FORMAT"', '"YEAR_MONTH_FORMAT"', '"jS F Y \\o\\f"', '"P"', '"c"', '"U"', '"r"', '"e T O Z I"', '"\\\\d\\Y B x"'],
  default: ANY, default_if_none: ANY,
  dictsort: ['"n"', '"s"', '0', '1', '"0"', '"x"', '""', 'none', 'missing', '"s.0"', '"_x"', ''],
  dictsortreversed: ['"n"', '"s"', '0', '1', '"x"', ''],
  divisibleby: [...NUMBERS, ''], escape: ['', '1'], escapejs: [''], filesizeformat: ['', '1'], first: [''],
  floatformat: ['', ...NUMBERS, '-3', '"2g"', '"g"', '"-1g"', '"-2"', '"xg"', '20', '0.7'],
  force_escape: [''], get_digit: [...NUMBERS, ''], iriencode: [''], join: [...TEXTS, ''],
  json_script: ['"id"', '"<i>"', 'safe', '5', 'none', ''], last: [''], length: [''], length_is: [...NUMBERS, ''],
  linebreaks: ['', '1'], linebreaksbr: [''], linenumbers: [''], ljust: [...NUMBERS, '15', ''], lower: [''], make_list: [''],
  phone2numeric: [''], pluralize: ['', '"es"', '"y,ies"', '"a,b,c"', '5', 'none', '""', 'l123'], pprint: [''], random: ['"x"'],
  rjust: [...NUMBERS, '15', ''], safe: ['', '1'], safeseq: [''],
  slice: ['"1"', '":2"', '"1:"', '"::2"', '"::-1"', '"-2:"', '"1:2:3:4"', '"x"', '""', '1', 'none', '"::0"', '" 1 : 2 "', '":none"', ''],
  slugify: [''],
  stringformat: ['"s"', '"d"', '"05d"', '"+.2f"', '"x"', '"o"', '"e"', '"g"', '"r"', '"a"', '"c"', '"%"', '"10s"', '"-10s|"', '"z"', '""', '".3s"', '"i"', '"#x"', '"s %s"', '5', 'none', ''],
  striptags: [''], time: ['', '""', '"H:i"', '"P"', '"H:i:s.u"', '"Y"', '"TIME_FORMAT"', '"e T O Z"', 'none', '"g:i A"', '"f a"'],
  timesince: ['', 'date', 'dt', 'dtutc', 'paris', 'none', '""', '"x"', '5', 'time', 'dtmicro', 'old', 'spanday'],
  timeuntil: ['', 'date', 'dt', 'dtutc', 'paris', 'dtmicro', '5'],
  title: [''], truncatechars: [...NUMBERS, '6', '20', ''], truncatechars_html: [...NUMBERS, '6', '20', ''],
  truncatewords: [...NUMBERS, '6', ''], truncatewords_html: [...NUMBERS, '6', ''], unordered_list: [''], upper: [''],
  urlencode: ['', '""', '"/"', '"a"', 'none', '5'], urlize: ['', 'yes', 'no', '5'], urlizetrunc: [...NUMBERS, '15', ''],
  wordcount: [''], wordwrap: [...NUMBERS, '6', '20', ''],
  yesno: ['', '"a,b"', '"a,b,c"', '"a"', '"a,b,c,d"', '""', 'none', '5', 'html', '"<a>,b,c"'],
  // of libraries
  language_name: [''], language_name_local: [''], language_bidi: [''], language_name_translated: [''],
  localize: ['', '1'], unlocalize: [''], localtime: [''], utc: [''],
  timezone: ['"Europe/Paris"', '"Nowhere"', '""', 'none', '5', '"UTC"', '"Asia/Kolkata"', '"+0200"', '"Europe/../Paris"', ''],
  ordinal: ['', '1'], intcomma: ['', 'no', 'yes', '5', 'none', '""'], intword: ['', '1'], apnumber: [''],
  naturalday: ['', '"Y"', '"H"', 'none', '""', '"SHORT_DATE_FORMAT"'], naturaltime: ['', '1'],
};

const LIBRARIES = ['cache', 'humanize', 'i18n', 'l10n', 'static', 'tz'];
const LOAD = `{% load ${LIBRARIES.join(' ')} %}`;
const NOW = { now: '2024-05-08T09:30:15.250000', now_utc: '2024-05-08T14:30:15.250000+00:00' };

export function request(source, more = {}) {
  return { templates: { t: LOAD + source }, entry: 't', context: VALUES, libraries: LIBRARIES, ...NOW, ...more };
}

/** Only the values that a source names, so that requests are short. */
function slim(source, more) {
  const context = {};
  for (const word of source.match(/[a-z]\w*/g) ?? []) if (word in VALUES) context[word] = VALUES[word];
  return request(source, { context, ...more });
}

/** Each filter with each argument and each value. */
export function* filterRequests(settings, every = 1) {
  let count = 0;
  for (const [filter, given] of Object.entries(FILTERS)) {
    for (const argument of given) {
      for (const name of NAMES) {
        if (count++ % every) continue;
        yield slim(`{{ ${name}|${filter}${argument && ':'}${argument} }}`, settings && { settings });
      }
    }
  }
}

export function* plainRequests(settings) {
  for (const name of NAMES) {
    yield slim(`{{ ${name} }}`, settings && { settings });
    yield slim(`{% autoescape off %}{{ ${name} }}{% endautoescape %}`, settings && { settings });
    yield slim(`{% localize on %}{{ ${name} }}{% endlocalize %}{% localize off %}{{ ${name} }}{% endlocalize %}`, settings && { settings });
    yield slim(`{% if ${name} %}y{% else %}n{% endif %}{% firstof ${name} "none" %}{% for x in ${name} %}[{{ x }}]{% empty %}empty{% endfor %}`, settings && { settings });
    yield slim(`{{ ${name}.0 }}|{{ ${name}.1 }}|{{ ${name}.a }}|{{ ${name}.items }}|{{ ${name}.upper }}|{{ ${name}.year }}|{{ ${name}.n }}`, settings && { settings });
    yield slim(`{% widthratio ${name} 10 100 %}|{% widthratio 5 ${name} 100 %}|{% cycle ${name} "x" %}`, settings && { settings });
    yield slim(`{% widthratio 1 2 ${name} %}`, settings && { settings });
    yield slim(`{% with x=${name} %}{{ x }}{% endwith %}{% include ${name} %}`, settings && { settings });
    yield slim(`{% blocktranslate with x=${name} %}a {{ x }} b{% endblocktranslate %}`, settings && { settings });
    yield slim(`{% blocktranslate count x=${name} %}one {{ x }}{% plural %}many {{ x }}{% endblocktranslate %}`, settings && { settings });
    yield slim(`{% translate ${name} %}`, settings && { settings });
    yield slim(`{% timezone ${name} %}{{ paris }}{% endtimezone %}`, settings && { settings });
    yield slim(`{% language ${name} %}{% get_current_language as x %}{{ x }}{% endlanguage %}`, settings && { settings });
    yield slim(`{% static ${name} %}`, settings && { settings });
    if (!/^(n1|max|big|f1|fbig|inf|minush|d1|dl|dh|minusbig)/.test(name)) yield slim(`{% lorem ${name} w %}`, settings && { settings });
    yield slim(`{% ifchanged ${name} %}x{% endifchanged %}{% regroup ldicts by ${name} as g %}{% for x in g %}{{ x.grouper }}{% endfor %}`, settings && { settings });
    yield slim(`{% cache ${name} x %}c{% endcache %}{% cache 5 x ${name} %}c{% endcache %}`, settings && { settings });
  }
  const few = ['none', 'yes', 'one', 'f10', 'd120', 'a', 'safenum', 't5', 'l123', 'tuple', 'map', 'date', 'dt', 'paris', 'span', 'nan', 'big', 'missing', 'time'];
  for (const a of few) {
    for (const b of few) {
      yield slim(`{% if ${a} == ${b} %}1{% endif %}{% if ${a} != ${b} %}2{% endif %}{% if ${a} < ${b} %}3{% endif %}{% if ${a} >= ${b} %}4{% endif %}{% if ${a} in ${b} %}5{% endif %}{% if ${a} not in ${b} %}6{% endif %}{% if ${a} is ${b} %}7{% endif %}{% if not ${a} or ${b} and ${a} %}8{% endif %}`);
    }
  }
}

/** Every letter of a date's format for every kind of moment. */
export function* dateRequests(settings) {
  const moments = NAMES.filter((name) => /^(date|leap|old|newyear|time|midnight|noon|timez|dt\w*|paris\w*|kolkata|named|zutc|one|abc)$/.test(name));
  for (const letter of 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ') {
    for (const name of moments) {
      for (const filter of ['date', 'time']) yield slim(`{{ ${name}|${filter}:"${letter}" }}`, settings && { settings });
    }
    yield slim(`{% now "${letter}" %}`, settings && { settings });
  }
}

/** Tags with arguments right and wrong. */
const TAGS = [
  '{% cycle "a" "b" as c %}{% cycle c %}{% resetcycle c %}{% cycle c %}', '{% cycle %}', '{% cycle nope %}', '{% resetcycle %}', '{% resetcycle x %}',
  '{% cycle "a" "b" as c silent %}{{ c }}{% cycle c %}{{ c }}', '{% for x in l123 %}{% cycle "a" "<b>" html %}{% endfor %}',
  '{% for x in l123 %}{{ forloop.counter }}{{ forloop.counter0 }}{{ forloop.revcounter }}{{ forloop.revcounter0 }}{{ forloop.first }}{{ forloop.last }}{{ forloop.parentloop }}{% endfor %}',
  '{% for x in lpairs %}{% for y in x %}{{ forloop.parentloop.counter }}.{{ forloop.counter }} {% endfor %}{% endfor %}',
  '{% for a, b in lpairs %}{{ a }}{{ b }}{% endfor %}', '{% for a, b in l123 %}{{ a }}{% endfor %}', '{% for a,b in map.items %}{{ a }}={{ b }};{% endfor %}',
  '{% for a b in lpairs %}{% endfor %}', '{% for %}{% endfor %}', '{% for x l123 %}{% endfor %}', '{% for x in %}{% endfor %}', '{% for x in l123 %}',
  '{% for x in l123 reversed %}{{ x }}{% endfor %}', '{% for x in abc reversed %}{{ x }}{% endfor %}', '{% for k in map %}{{ k }}{% endfor %}', '{% for x in n5 %}{% endfor %}',
  '{% if %}{% endif %}', '{% if a == %}{% endif %}', '{% if a b %}{% endif %}', '{% if not %}{% endif %}', '{% if a and or b %}{% endif %}', '{% if a = b %}{% endif %}', '{% if (a) %}{% endif %}',
  '{% if one < two < n5 %}1{% endif %}{% if n5 > two > one %}2{% endif %}{% if not no and yes or no %}3{% endif %}', '{% if one in l123 and "a" in abc %}1{% elif yes %}2{% else %}3{% endif %}', '{% if yes %}{% else %}{% else %}{% endif %}',
  '{% firstof %}', '{% firstof none no html %}', '{% firstof none "<x>" as y %}[{{ y }}]', '{% firstof none missing %}',
  '{% with a=1 b=a %}{{ a }}{{ b }}{% endwith %}', '{% with 1 as a and 2 as b %}{{ a }}{% endwith %}', '{% with html as a %}{{ a }}{% endwith %}', '{% with %}{% endwith %}', '{% with a %}{% endwith %}', '{% with a= %}{% endwith %}',
  '{% regroup ldicts by s as g %}{% for x in g %}{{ x.grouper }}:{{ x.list|length }};{{ x.0 }}{% endfor %}{{ g }}', '{% regroup ldicts as g %}', '{% regroup ldicts by s %}', '{% regroup missing by s as g %}{{ g }}',
  '{% regroup dates by year as g %}', '{% regroup lwords by upper as g %}{% for x in g %}{{ x.grouper }}{% endfor %}',
  '{% spaceless %} <p> <b> x </b> </p>\n<i></i> {% endspaceless %}', '{% verbatim %}{{ x }}{% if %}{% endverbatim %}', '{% verbatim a %}{% endverbatim %}{% endverbatim a %}', '{% comment "x" %}{% nope %}{{ % }}{% endcomment %}', '{# {% nope %} #}a{#b#}',
  '{% templatetag openblock %}{% templatetag closebrace %}', '{% templatetag %}', '{% templatetag nope %}', '{% autoescape %}{% endautoescape %}', '{% autoescape maybe %}{% endautoescape %}', '{% autoescape off %}{{ html }}{% endautoescape %}',
  '{% filter upper|truncatewords:2 %}{{ html }} a b c{% endfilter %}', '{% filter escape %}x{% endfilter %}', '{% filter safe %}x{% endfilter %}', '{% filter %}{% endfilter %}', '{% filter nope %}{% endfilter %}', '{% filter force_escape|lower %}<A>{{ html }}{% endfilter %}',
  '{% ifchanged %}a{% endifchanged %}', '{% for x in l123 %}{% ifchanged %}{% if x > 1 %}b{% endif %}{% else %}same{% endifchanged %}{% endfor %}', '{% for x in abc %}{% ifchanged x %}{{ x }}{% else %}-{% endifchanged %}{% endfor %}', '{% for a, b in lpairs %}{% ifchanged a b %}{{ b }}{% endifchanged %}{% endfor %}',
  '{% widthratio 1 2 %}', '{% widthratio 1 0 100 %}', '{% widthratio 3 2 5 as w %}[{{ w }}]', '{% widthratio abc 2 5 %}', '{% widthratio 1 2 abc %}', '{% widthratio missing 2 100 %}', '{% widthratio 50 100 7 %}|{% widthratio 25 100 10 %}|{% widthratio 35 100 10 %}',
  '{% now "Y-m-d" %}', '{% now %}', '{% now "H:i" as t %}[{{ t }}]', "{% now 'D' %}", '{% now "DATE_FORMAT" %}', '{% now "jS \\o\\f F" %}', '{% now abc %}', '{% now "" %}',
  '{% lorem %}', '{% lorem 3 w %}', '{% lorem 0 w %}', '{% lorem 1 p %}', '{% lorem 1 q %}', '{% lorem 1 w random x %}', '{% lorem "x" w %}', '{% csrf_token %}',
  '{% load nope %}', '{% load %}', '{% load translate from i18n %}{% translate "x" %}', '{% load nope from i18n %}', '{% load translate from nope %}', '{% nope %}', '{% endif %}', '{% %}', '{{ }}', '{{ a b }}', '{{ a|nope }}', '{{ a|lower:}}', '{{ a|}}', '{{ |a }}', '{{ _a }}', '{{ a._b }}', '{{ a.-1 }}', '{{ "a }}', '{{ a|default: "x" }}', '{{ a | upper | lower }}', '{{ 1e3 }}|{{ -5 }}|{{ +5 }}|{{ 1. }}|{{ .5 }}|{{ 5.5 }}|{{ 007 }}', '{{ "a\\"b" }}{{ \'x\' }}', '{{ _("today") }}', '{{ abc|default:_("x") }}', '{{ a.b.c.d }}', '{{ True }}{{ None }}{{ False }}', '{{ abc|upper:"x" }}', '{{ abc|default }}', '{{ abc|cut:"b"|upper|lower|add:"x"|slice:":2" }}',
  '{% include %}', '{% include "nope" %}', '{% include missing %}', '{% include "u" %}', '{% include "u" with x=1 y=html only %}', '{% include "u" with %}', '{% include "u" only %}', '{% include "u" nope %}', '{% include "u" with x=1 with y=2 %}', '{% include "./u" %}', '{% include "../u" %}', '{% include lnames %}',
  '{% extends "base" %}{% block a %}[{{ block.super }}]{% endblock %}', '{% extends %}', '{% extends "nope" %}', '{% extends missing %}', '{% extends "base" %}{% block a %}{% endblock b %}', '{% extends "base" %}{% block a %}1{% endblock a %}{% block a %}2{% endblock %}', 'x{% extends "base" %}y', '{% block a %}x{% endblock %}{{ block.super }}', '{% block %}{% endblock %}', '{% block a %}', '{% extends "base"|lower %}{% block a %}{{ html }}{% endblock %}', '{% extends "t" %}', '{% if yes %}{% extends "base" %}{% endif %}',
  '{% url "a" %}', '{% url %}', '{% url "a" 1 %}', '{% url "p" 5 %}', '{% url "p" "x" %}', '{% url "p" n=5 %}', '{% url "p" n="x" %}', '{% url "p" 5 n=5 %}', '{% url "nope" %}', '{% url "nope" as u %}[{{ u }}]', '{% url missing %}', '{% url "s" "a b/é&<" %}', '{% url "s" uni as u %}{{ u }}', '{% autoescape off %}{% url "s" "a&b" %}{% endautoescape %}', '{% url "ns:in" 3 %}', '{% url "ns:nope" %}', '{% url "nope:in" %}', '{% url "re" "ab" "cd" %}', '{% url "opt" %}|{% url "opt" x=2 %}', '{% url "path" "a/b c" %}', '{% url "uuid" "123e4567-e89b-12d3-a456-426614174000" %}', '{% url "slug" slug %}', '{% url "dflt" %}', '{% url "dflt" lang="fr" %}', '{% url "dflt" lang="en" %}', '{% url a %}', '{% url "p" big %}', '{% url "p" minus %}', '{% url "p" f15 %}', '{% url "p" yes %}', '{% url "s" "" %}', '{% url "alt" 1 %}',
  '{% static "a/b c.css" %}', '{% static %}', '{% static "x" as s %}[{{ s }}]', '{% static "" %}', '{% static "/abs" %}', '{% static "../up" %}', '{% static "a//b/./c" %}', '{% static "é&" %}', '{% static "http://x/y" %}', '{% static "//h/p" %}', '{% get_static_prefix %}{% get_static_prefix as p %}{{ p }}{% get_media_prefix %}', '{% get_static_prefix x %}',
  '{% translate "Monday" %}{% trans "noon" %}', '{% translate %}', '{% translate "May" context "abbrev. month" %}', '{% translate "x" as y %}[{{ y }}]', '{% translate "x" noop %}', '{% translate "x" context %}', '{% translate "x" as %}', '{% translate "x" nope %}', '{% translate html %}{% translate "a%b" %}{% translate "<i>" %}', '{% translate "January"|upper %}', '{% translate "x" noop noop %}',
  '{% blocktranslate %}a {{ html }} 100%{% endblocktranslate %}', '{% blocktranslate %}{{ html|upper }}{% endblocktranslate %}', '{% blocktranslate %}{% if %}{% endblocktranslate %}', '{% blocktranslate with x=html|upper %}{{ x }}{% endblocktranslate %}', '{% blocktranslate count n=l123|length %}{{ n }} day{% plural %}{{ n }} days{% endblocktranslate %}', '{% blocktranslate count n=1 %}a{% endblocktranslate %}', '{% blocktranslate %}a{% plural %}b{% endblocktranslate %}', '{% blocktranslate trimmed %}\n  a\n  b {{ a }}\n{% endblocktranslate %}', '{% blocktranslate asvar v %}x {{ html }}{% endblocktranslate %}[{{ v }}]', '{% blocktranslate context "c" %}x{% endblocktranslate %}', '{% blocktrans count n=none %}a{% plural %}b{% endblocktrans %}', '{% blocktranslate with %}{% endblocktranslate %}', '{% blocktranslate count a=1 b=2 %}{% endblocktranslate %}', '{% blocktranslate nope %}{% endblocktranslate %}', '{% blocktranslate trimmed trimmed %}{% endblocktranslate %}', '{% blocktranslate %}%(x)s %s %%{% endblocktranslate %}',
  '{% get_current_language as l %}{{ l }}{% get_current_language_bidi as b %}{{ b }}', '{% get_current_language %}', '{% get_available_languages as l %}{{ l|slice:":3" }}{{ l|length }}', '{% get_language_info for "de" as l %}{{ l.code }}{{ l.name_local }}', '{% get_language_info for "xx" as l %}', '{% get_language_info for "zh-cn" as l %}{{ l.code }}', '{% get_language_info for "pt-xx" as l %}{{ l.code }}', '{% get_language_info %}', '{% get_language_info_list for langs as l %}{% for x in l %}{{ x.name }}{% endfor %}', '{{ "fr"|language_name }}{{ "fr"|language_name_local }}{{ "ar"|language_bidi }}{{ "xx"|language_name }}',
  '{% language "fr" %}{% get_current_language as l %}{{ l }}{{ dt|date:"F l" }}{% endlanguage %}{% get_current_language as l %}{{ l }}', '{% language %}{% endlanguage %}', '{% language "de" %}{% translate "x" %}',
  '{% localtime on %}{{ paris }}{{ paris|date:"H e" }}{% endlocaltime %}{% localtime off %}{{ paris }}{% endlocaltime %}', '{% localtime maybe %}{% endlocaltime %}', '{% localtime on off %}{% endlocaltime %}', '{% timezone "Asia/Tokyo" %}{{ paris }}{% now "e" %}{% get_current_timezone as z %}{{ z }}{% endtimezone %}', '{% timezone "Nowhere" %}{% endtimezone %}', '{% timezone %}{% endtimezone %}', '{% timezone None %}{{ paris }}{% endtimezone %}', '{% get_current_timezone %}', '{% get_current_timezone as z %}{{ z }}', '{{ paris|timezone:"Asia/Tokyo"|date:"c e" }}{{ paris|utc }}{{ dt|localtime|date:"c" }}{{ dttwice|utc }}', '{% localtime on %}{{ paris|timezone:"Asia/Tokyo" }}{{ paris|utc|date:"H:i T" }}{% endlocaltime %}',
  '{% localize on %}{{ pi }}{{ date }}{{ n1234567 }}{% endlocalize %}', '{% localize maybe %}{% endlocalize %}', '{% localize %}{{ pi }}{% endlocalize %}', '{% cache %}{% endcache %}', '{% cache 5 %}{% endcache %}', '{% cache abc x %}{% endcache %}', '{% cache 5 x using="nope" %}{% endcache %}', '{% cache 5 x using="default" %}y{% endcache %}', '{% for x in l123 %}{% cache 500 loop %}{{ x }}{% endcache %}{% endfor %}', '{% for x in l123 %}{% cache 500 vary x %}{{ x }}{% endcache %}{% endfor %}', '{% for x in l123 %}{% cache 0 none %}{{ x }}{% endcache %}{% endfor %}', '{% cache None forever %}x{% endcache %}',
  '{{ long|truncatewords_html:3 }}{{ tags|truncatewords_html:3 }}{{ tags|truncatechars_html:9 }}{{ tags|striptags }}', '{% ifequal 1 1 %}x{% endifequal %}', '{% ifnotequal 1 1 %}x{% else %}y{% endifnotequal %}', '{{ html|escape|escape }}{{ html|force_escape|force_escape }}{{ html|safe|escape }}{{ safe|upper }}{{ safe|lower }}', '{{ lwords|join:"<br>" }}{{ lwords|join:safe }}{{ lwords|safeseq|join:", " }}', '{{ ldicts|dictsort:"s"|first }}', '{{ nested|unordered_list }}{{ lwords|unordered_list }}', '{% for x in lwords %}{{ x|first }}{% empty %}{% endfor %}',
];

const URLS = [
  { kind: 'path', pattern: 'a/', name: 'a' }, { kind: 'path', pattern: 'p/<int:n>/', name: 'p' }, { kind: 'path', pattern: 's/<str:s>/', name: 's' },
  { kind: 're', pattern: '^re/(\\w+)-(\\w+)/$', name: 're' }, { kind: 're', pattern: '^opt/(?:(?P<x>\\d+)/)?$', name: 'opt' }, { kind: 'path', pattern: 'path/<path:p>', name: 'path' },
  { kind: 'path', pattern: 'u/<uuid:u>/', name: 'uuid' }, { kind: 'path', pattern: 'slug/<slug:s>/', name: 'slug' }, { kind: 'path', pattern: 'd/', name: 'dflt', args: { lang: 'fr' } },
  { kind: 're', pattern: '^(one|two)/(\\d+)?$', name: 'alt' }, { kind: 're', pattern: '^x[0-9a-f]{2}\\.(?P<y>[a-z]+?)/?$', name: 'a.b' },
  { kind: 'include', prefix_kind: 'path', prefix: 'in/<slug:g>/', app_name: 'app', namespace: 'deep', patterns: [{ kind: 'path', pattern: '<int:n>', name: 'in' }] },
  { kind: 'include', prefix_kind: 'path', prefix: 'ns/', app_name: 'app', namespace: 'ns', patterns: [{ kind: 'path', pattern: 'in/<int:n>', name: 'in' }] },
];

export function* tagRequests(settings) {
  const templates = { u: '[{{ x }}{{ y }}{{ abc }}]', base: 'A{% block a %}<{{ abc }}>{% endblock %}B{% block b %}{% endblock %}' };
  for (const source of TAGS) {
    for (const options of [{}, { string_if_invalid: 'INVALID %s' }, { autoescape: false }]) {
      const made = slim(source, { urls: URLS, current_app: 'ns', settings: { ...settings }, ...options });
      Object.assign(made.templates, templates);
      Object.assign(made.context, { lnames: ['none', 'u'], langs: ['fr', ['de', 'x'], 'xx-no'] });
      for (const name of ['abc', 'html']) made.context[name] = VALUES[name];
      yield made;
    }
  }
}
