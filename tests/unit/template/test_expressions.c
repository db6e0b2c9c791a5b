/* Variables, literals, notes: what Django 3.2 gives, or the kind of error that it raises. */
#include "page.h"

static const struct page_case accepted[] = {
    {"{# {{ a }} #}x{# a\nb #}", "x{# a\nb #}"},
    {"{{ a |upper }}", "A&lt;"},
    {"{{ a| upper }}", "A&lt;"},
    {"{{ a | upper | lower }}", "a&lt;"},
    {"{{ -1 }}{{ +1 }}{{ 1.5 }}{{ 1e3 }}{{ .5 }}{{ 1_000 }}", "-111.51000.00.51000"},
    {"{{ 1. }}", ""},
    {"{{ 1.5.5 }}", ""},
    {"{{ \"a\\\"b\" }}{{ 'a\\'b' }}{{ \"a\\\\b\" }}{{ \"<\" }}", "a\"ba'ba\\b<"},
    {"{{ 'a\"b' }}", "a\"b"},
    {"{{ \"x\"|default:_(\"y\") }}", "x"},
    {"{{ True }}{{ False }}{{ None }}{{ true }}", "TrueFalseNone"},
    {"{{ l.0 }}{{ s.0 }}{{ s.9 }}{{ s.upper }}{{ s.title }}{{ s.nope }}", "3sSTRStr"},
    {"{{ safe }}{{ bad }}{{ n }}{{ fl }}{{ i }}{{ zz }}", "<i>&lt;b&gt;None2.55"},
    {"{{ zz|default:\"d\" }}{{ zz|length }}{{ zz|yesno }}{{ n|default_if_none:\"x\" }}{{ zz|defa"
     "ult_if_none:\"x\" }}",
     "d0nox"},
    {"{{ a|default:bad }}{{ zz|default:bad }}{{ zz|default:\"<\" }}", "A&lt;&lt;b&gt;<"},
    {"{{ zz.a.b.c }}", ""},
    {"{{ a..b }}{{ a. }}", ""},
    {"{{ l|join:\", \"|upper }}{{ p|first|last }}", "3, 1, 21"},
    {"{{ a|default:\"x|y\" }}{{ zz|default:\"x|y:z\" }}", "A&lt;x|y:z"},
};

static const struct page_case refused[] = {
    {"{{ a }}{% extends \"base\" %}", "TemplateSyntaxError"},
    {"{{ }}", "TemplateSyntaxError"},
    {"{{}}", "TemplateSyntaxError"},
    {"{{ a b }}", "TemplateSyntaxError"},
    {"{{ a|nope }}", "TemplateSyntaxError"},
    {"{{ a|upper:\"x\" }}", "TemplateSyntaxError"},
    {"{{ a|default }}", "TemplateSyntaxError"},
    {"{{ a|default: \"x\" }}", "TemplateSyntaxError"},
    {"{{ a|upper|}}", "TemplateSyntaxError"},
    {"{{ |upper }}", "TemplateSyntaxError"},
    {"{{ _a }}", "TemplateSyntaxError"},
    {"{{ a._b }}", "TemplateSyntaxError"},
    {"{{ a.__class__ }}", "TemplateSyntaxError"},
    {"{{ \"a }}", "TemplateSyntaxError"},
    {"{{ a|add:zz }}", "VariableDoesNotExist"},
    {"{{ a:b }}", "TemplateSyntaxError"},
    {"{{ a=b }}", "TemplateSyntaxError"},
    {"{{ a|upper,lower }}", "TemplateSyntaxError"},
};

PAGE_MAIN(accepted, refused)
