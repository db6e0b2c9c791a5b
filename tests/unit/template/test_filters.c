/* Filters: what Django 3.2 gives, or the kind of error that it raises. */
#include "page.h"

static const struct page_case accepted[] = {
    {"{{ w|addslashes }}",
     "O\\&#x27;Neil says \\&quot;caf\u00E9 &amp; &lt;b&gt;bar&lt;/b&gt;\\&quot;\nnow"},
    {"{{ s|capfirst }}{{ \"\"|capfirst }}{{ \"\u00E9lan\"|capfirst }}", "Str\u00C9lan"},
    {"{{ s|center:9 }}|{{ s|ljust:\"6\" }}|{{ s|rjust:6 }}|{{ s|center:6 }}|",
     "   str   |str   |   str| str  |"},
    {"{{ w|cut:\" \" }}{{ safe|cut:\"i\" }}{{ safe|cut:\";\" }}",
     "O&#x27;Neilsays&quot;caf\u00E9&amp;&lt;b&gt;bar&lt;/b&gt;&quot;\nnow<>&lt;i&gt;"},
    {"{{ zz|default:\"d\" }}{{ i|default:\"d\" }}{{ f|default:bad }}", "d5&lt;b&gt;"},
    {"{{ n|default_if_none:bad }}{{ f|default_if_none:\"d\" }}", "&lt;b&gt;False"},
    {"{{ rows|dictsort:\"v\"|length }}{% for r in rows|dictsortreversed:\"v\" %}{{ r.v }}{% endf"
     "or %}",
     "3321"},
    {"{% for q in p|dictsort:1 %}{{ q.0 }}{% endfor %}{{ l|dictsort:\"v\" }}{{ i|dictsort:\"v\" "
     "}}",
     "ab"},
    {"{{ i|divisibleby:5 }}{{ \"7\"|divisibleby:\"2\" }}", "TrueFalse"},
    {"{{ bad|escape|escape }}{{ safe|escape }}{{ bad|force_escape|force_escape }}",
     "&lt;b&gt;<i>&amp;lt;b&amp;gt;"},
    {"{% autoescape off %}{{ bad|escape }}{{ bad }}{{ bad|force_escape }}{% endautoescape %}",
     "&lt;b&gt;<b>&lt;b&gt;"},
    {"{{ w|escapejs }}",
     "O\\u0027Neil says \\u0022caf\u00E9 \\u0026 \\u003Cb\\u003Ebar\\u003C/b\\u003E\\u0022\\u000"
     "Anow"},
    {"{{ 1024|filesizeformat }} {{ 1|filesizeformat }} {{ \"x\"|filesizeformat }} {{ 123456789|f"
     "ilesizeformat }} {{ -2048|filesizeformat }}",
     "1.0\u00A0KB 1\u00A0byte 0\u00A0bytes 117.7\u00A0MB -2.0\u00A0KB"},
    {"{{ l|first }}{{ s|first }}{{ e|first }}{{ l|last }}{{ s|last }}{{ e|last }}", "3s2r"},
    {"{{ 34.23234|floatformat }} {{ 34.0|floatformat }} {{ 34.26|floatformat:3 }} {{ 34.0|floatf"
     "ormat:\"-3\" }} {{ dec|floatformat:0 }} {{ \"x\"|floatformat }} {{ -0.001|floatformat:2 }}"
     " {{ fl|floatformat:0 }}",
     "34.2 34 34.260 34 2  0.00 3"},
    {"{{ 1.005|floatformat:2 }} {{ 0.5|floatformat:0 }} {{ 1e20|floatformat:1 }} {{ fl|floatform"
     "at:\"x\" }}",
     "1.01 1 100000000000000000000.0 2.5"},
    {"{{ 123|get_digit:1 }}{{ 123|get_digit:9 }}{{ \"x\"|get_digit:1 }}{{ 123|get_digit:0 }}",
     "30x123"},
    {"{{ \"http://x.fr/\u00E9?a=b&c=[1]\"|iriencode }}", "http://x.fr/%C3%A9?a=b&c=[1]"},
    {"{{ l|join:\"<\" }}{{ p|join:bad }}{{ i|join:\",\" }}",
     "3<1<2[&#x27;a&#x27;, 1]&lt;b&gt;[&#x27;b&#x27;, 2]5"},
    {"{{ d|json_script:\"id\" }}{{ bad|json_script:\"x<\" }}{{ l|json_script:a }}",
     "<script id=\"id\" type=\"application/json\">{\"x\": 1, \"y\": {\"z\": \"deep\"}}</script><"
     "script id=\"x<\" type=\"application/json\">\"\\u003Cb\\u003E\"</script><script id=\"A&lt;"
     "\" type=\"application/json\">[3, 1, 2]</script>"},
    {"{{ l|length }}{{ s|length }}{{ i|length }}{{ d|length }}{{ \"\u00E9\"|length }}", "33021"},
    {"{{ l|length_is:3 }}{{ l|length_is:\"2\" }}{{ i|length_is:1 }}", "TrueFalse"},
    {"{{ w|linebreaks }}",
     "<p>O&#x27;Neil says &quot;caf\u00E9 &amp; &lt;b&gt;bar&lt;/b&gt;&quot;<br>now</p>"},
    {"{{ w|linebreaksbr }}{{ safe|linebreaksbr }}",
     "O&#x27;Neil says &quot;caf\u00E9 &amp; &lt;b&gt;bar&lt;/b&gt;&quot;<br>now<i>"},
    {"{{ w|linenumbers }}",
     "1. O&#x27;Neil says &quot;caf\u00E9 &amp; &lt;b&gt;bar&lt;/b&gt;&quot;\n2. now"},
    {"{{ \"\u00C0B\"|lower }}{{ \"\u00E0b\"|upper }}{{ \"stra\u00DFe\"|upper }}{{ safe|upper }}{"
     "{ safe|lower }}",
     "\u00E0b\u00C0BSTRASSE&lt;I&gt;<i>"},
    {"{{ s|make_list }}{{ i|make_list|first }}", "[&#x27;s&#x27;, &#x27;t&#x27;, &#x27;r&#x27;]5"},
    {"{{ \"0800-FLOWERS\"|phone2numeric }}", "0800-3569377"},
    {"{{ 1|pluralize }}{{ 2|pluralize }}{{ l|pluralize:\"es\" }}{{ 1|pluralize:\"y,ies\" }}{{ 0|"
     "pluralize:\"y,ies\" }}{{ \"x\"|pluralize }}{{ 1|pluralize:\"a,b,c\" }}",
     "sesyies"},
    {"{{ bad|safe }}{% for x in l|safeseq %}{{ x }}{% endfor %}", "<b>312"},
    {"{{ l|slice:\":2\" }}{{ s|slice:\"1:\" }}{{ s|slice:\"-1:\" }}{{ l|slice:\"::-1\" }}{{ l|sl"
     "ice:\"1\" }}{{ s|slice:\"x\" }}{{ i|slice:\"1\" }}",
     "[3, 1]trr[2, 1, 3][3]str5"},
    {"{{ \"\u00DCn\u00EFcode & <Stuff> -- here_\"|slugify }}", "unicode-stuff-here"},
    {"{{ i|stringformat:\"03d\" }}{{ fl|stringformat:\".3f\" }}{{ bad|stringformat:\"s\" }}{{ sa"
     "fe|stringformat:\"s\" }}{{ s|stringformat:\"d\" }}{{ s|stringformat:\"r\" }}{{ i|stringfor"
     "mat:\"x%%\" }}",
     "0052.500&lt;b&gt;<i>&#x27;str&#x27;5%"},
    {"{{ w|striptags }}{{ \"a<b\"|striptags }}{{ \"<a>1</a><!-- x -->2\"|striptags }}",
     "O&#x27;Neil says &quot;caf\u00E9 &amp; bar&quot;\nnowa<b12"},
    {"{{ \"joe's 1ST o'neil\"|title }}", "Joe's 1st O'Neil"},
    {"{{ \"abcdef\"|truncatechars:4 }}{{ \"abc\"|truncatechars:3 }}{{ \"abc\"|truncatechars:0 }}"
     "{{ \"abc\"|truncatechars:\"x\" }}",
     "abc\u2026abc\u2026abc"},
    {"{{ \"a b c d\"|truncatewords:2 }}{{ \"a b\"|truncatewords:2 }}{{ \"a b c\"|truncatewords:0"
     " }}",
     "a b \u2026a b \u2026"},
    {"{{ \"<p>one <b>two three</b></p>\"|truncatewords_html:2 }}{{ \"<p>one <b>two three</b></p>"
     "\"|safe|truncatechars_html:6 }}",
     "<p>one <b>two \u2026</b></p><p>one <b>t\u2026</b></p>"},
    {"{{ p|unordered_list }}",
     "\t<li>[&#x27;a&#x27;, 1]\n\t<ul>\n\t\t<li>b</li>\n\t\t<li>2</li>\n\t</ul>\n\t</li>"},
    {"{{ \"a b/c?d=\u00E9&\"|urlencode }}{{ \"a/b\"|urlencode:\"\" }}",
     "a%20b/c%3Fd%3D%C3%A9%26a%2Fb"},
    {"{{ \"see www.x.org, (http://y.fr/?a=1&b=2) or me@x.org\"|urlize }}",
     "see <a href=\"http://www.x.org\" rel=\"nofollow\">www.x.org</a>, (<a href=\"http://y.fr/?a"
     "=1&amp;b=2\" rel=\"nofollow\">http://y.fr/?a=1&b=2</a>) or <a href=\"mailto:me@x.org\">me@"
     "x.org</a>"},
    {"{{ \"http://example.com/long/path\"|urlizetrunc:12 }}",
     "<a href=\"http://example.com/long/path\" rel=\"nofollow\">http://exam\u2026</a>"},
    {"{{ w|wordcount }}{{ \"\"|wordcount }}", "60"},
    {"{{ \"one two three\"|wordwrap:7 }}", "one two\nthree"},
    {"{{ t|yesno }}{{ f|yesno:\"a,b\" }}{{ n|yesno:\"a,b\" }}{{ n|yesno:\"a,b,c\" }}{{ t|yesno:"
     "\"a\" }}",
     "yesbbcTrue"},
    {"{{ i|add:\"3\" }}{{ \"a\"|add:\"b\" }}{{ l|add:l }}{{ i|add:\"x\" }}{{ bad|add:bad }}{{ sa"
     "fe|add:\"<\" }}",
     "8ab[3, 1, 2, 3, 1, 2]&lt;b&gt;&lt;b&gt;<i><"},
    {"{{ day|date }} {{ day|date:\"jS F Y, l, z t L W o\" }} {{ dt|date:\"D d M y H:i:s A g P u"
     "\" }} {{ dt|date:\"r\" }} {{ dt|date:\"O T e\" }} {{ dt|date:\"c\" }} {{ \"x\"|date }} {{ "
     "n|date }} {{ dt|date:\"SHORT_DATE_FORMAT\" }} {{ dt|date:\"\\\\Y Y\" }}",
     "Feb. 29, 2024 29th February 2024, Thursday, 60 29 True 9 2024 Sun 31 Dec 23 13:05:09 PM 1 "
     "1:05 p.m. 000000 Sun, 31 Dec 2023 13:05:09 -0600 -0600 CST  2023-12-31T13:05:09   12/31/20"
     "23 Y 2023"},
    {"{{ dt|time }} {{ dt|time:\"H:i\" }} {{ day|time }} {{ dt|time:\"Y\" }}", "1:05 p.m. 13:05  "},
    {"{{ dt|timesince }}, {{ day|timesince }}, {{ day|timeuntil:dt }}, {{ dt|timeuntil }}, {{ zz"
     "|timesince }}",
     "4\u00A0months, 1\u00A0week, 2\u00A0months, 1\u00A0week, 1\u00A0month, 4\u00A0weeks, 0"
     "\u00A0minutes, "},
    {"{{ day }} {{ dt }} {{ dec }} {{ fl }} {{ day.year }} {{ dt.hour }} {{ 1e16 }} {{ 0.00001 }"
     "} {{ 3.0 }}",
     "Feb. 29, 2024 Dec. 31, 2023, 1:05 p.m. 1.50 2.5 2024 13 10000000000000000 0.00001 3.0"},
    {"{% if day < dt %}y{% else %}n{% endif %}{% if dec == 1.5 %}y{% endif %}{% if t == 1 %}y{% "
     "endif %}{% if s > \"ab\" %}y{% endif %}",
     "nyyy"},
    {"{% now \"Y-m-d H:i T\" %}", "2024-05-07 14:05 CDT"},
    {"{{ s|truncatechars:\"-9223372036854775808\" }}", "\u2026"},
    {"{{ s|truncatechars_html:\"-9223372036854775808\" }}", "\u2026"},
    {"{{ s|truncatewords:\"-9223372036854775808\" }}", " \u2026"},
    {"{{ s|wordwrap:\"9223372036854775807\" }}", "str"},
    {"{{ s|slice:\"-9223372036854775808:9223372036854775807:9223372036854775807\" }}", "s"},
    {"{{ \"-9223372036854775808\"|divisibleby:-1 }}", "True"},
    {"{{ \"9223372036854775807\"|add:1 }}", "9223372036854775808"},
};

static const struct page_case refused[] = {
    {"{{ a|add:zz }}", "VariableDoesNotExist"},
    {"{{ i|divisibleby:0 }}", "ZeroDivisionError"},
    {"{{ i|divisibleby:\"x\" }}", "ValueError"},
    {"{{ n|divisibleby:2 }}", "TypeError"},
    {"{{ s|center:\"x\" }}", "ValueError"},
    {"{{ s|ljust:n }}", "TypeError"},
    {"{{ i|first }}", "TypeError"},
    {"{{ n|last }}", "TypeError"},
    {"{{ e|random }}", "IndexError"},
    {"{{ i|timesince }}", "AttributeError"},
    {"{{ day|date:\"H\" }}", "TypeError"},
    {"{{ i|phone2numeric }}", "AttributeError"},
    {"{{ s|wordwrap:\"x\" }}", "ValueError"},
    {"{{ s|urlizetrunc:\"x\" }}", "ValueError"},
    {"{{ s|truncatechars:n }}", "TypeError"},
    {"{{ t|yesno:i }}", "AttributeError"},
    {"{{ s|urlencode:i }}", "TypeError"},
    {"{{ i|safeseq }}", "TypeError"},
    {"{{ i|unordered_list }}", "TypeError"},
    {"{{ p|dictsort:9 }}", "IndexError"},
    {"{{ s|cut }}", "TemplateSyntaxError"},
    {"{{ s|cut:\"a\":\"b\" }}", "TemplateSyntaxError"},
    {"{{ s|join }}", "TemplateSyntaxError"},
    {"{{ s|lower:\"a\" }}", "TemplateSyntaxError"},
    {"{{ s|floatformat:1:2 }}", "TemplateSyntaxError"},
    {"{{ s|yesno:\"a }}", "TemplateSyntaxError"},
    {"{{ s|slice: \"1\" }}", "TemplateSyntaxError"},
    {"{{ s|date:_x }}", "TemplateSyntaxError"},
    {"{{ s|default:x.-1 }}", "TemplateSyntaxError"},
    {"{{ s|-1 }}", "TemplateSyntaxError"},
    {"{{ s||lower }}", "TemplateSyntaxError"},
    {"{{ s|lower| }}", "TemplateSyntaxError"},
};

PAGE_MAIN(accepted, refused)
