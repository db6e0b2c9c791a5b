/* The library i18n with a French catalogue: what Django 3.2 gives, or the kind of error that it
 * raises. */
#include "catalogues.h"
#include "page.h"

#define I18N "{% load i18n %}"

static const struct pair french[] = {
    HEADER(FRENCH_PLURAL),
    {TEXT("%(i)s nights"), TEXT("%(i)s nuits")},
    {TEXT("%(i)s%% of %(a)s"), TEXT("%(i)s %% de %(a)s")},
    {TEXT("<b>Bold</b> & more"), TEXT("<b>Gras</b> & plus")},
    {TEXT("Break %(i)s"), TEXT("Casse %(other)s")},
    {TEXT("Broken"), TEXT("Cass\u00E9 %")},
    {TEXT("Hello"), TEXT("Bonjour")},
    {TEXT("Hello %(a)s"), TEXT("Bonjour %(a)s")},
    {TEXT("One two"), TEXT("Un deux")},
    {TEXT("door\4Hello"), TEXT("Salut")},
    {TEXT("door\4key\0%(c)s keys"), TEXT("une cl\u00E9\0%(c)s cl\u00E9s")},
    {TEXT("night\0%(c)s nights"), TEXT("%(c)s nuit\0%(c)s nuits")},
    {TEXT("str"), TEXT("cha\u00EEne")},
};

static const struct page_case accepted[] = {
    {I18N "{% translate \"Hello\" %}", "Bonjour"},
    {I18N "{% trans \"Hello\" %}", "Bonjour"},
    {I18N "{% translate \"Nothing\" %}", "Nothing"},
    {I18N "{% translate \"Hello\" noop %}", "Hello"},
    {I18N "{% translate \"Hello\" as x %}[{{ x }}]", "[Bonjour]"},
    {I18N "{% translate \"Hello\" context \"door\" %}", "Salut"},
    {I18N "{% translate \"Hello\" context \"window\" %}", "Hello"},
    {I18N "{% translate \"Hello\" context e %}", "Bonjour"},
    {I18N "{% translate \"Hello\" context \"door\" as x %}[{{ x }}]", "[Salut]"},
    {I18N "{% translate s %}{% translate s|upper %}{% translate zz %}", "cha\u00EEneCHA\u00CENE"},
    {I18N "{% translate bad %}{% translate safe %}", "&lt;b&gt;<i>"},
    {I18N "{% translate \"<b>Bold</b> & more\" %}", "<b>Gras</b> & plus"},
    {I18N "{% translate \"100%\" %}{% translate \"%%\" %}{% translate \"\" %}", "100%%%"},
    {I18N "{% translate \"Hello\"|upper %}", "BONJOUR"},
    {I18N "{% translate bad as x %}{{ x }}", "&lt;b&gt;"},
    {I18N "{% autoescape off %}{% translate bad as x %}{{ x }}{% endautoescape %}", "<b>"},
    {I18N "{{ _(\"Hello\") }}{{ _(\"Hello\")|upper }}{{ _('100%') }}", "BonjourBONJOUR100%%"},
    {I18N "{{ zz|default:_(\"Hello\") }}{% if _(\"Hello\") == \"Bonjour\" %}same{% endif %}",
     "Bonjoursame"},
    {I18N "{% blocktranslate %}Hello{% endblocktranslate %}", "Bonjour"},
    {I18N "{% blocktrans %}Hello {{ a }}{% endblocktrans %}", "Bonjour A&lt;"},
    {I18N "{% blocktranslate %}Hello {{ zz }}!{% endblocktranslate %}", "Hello !"},
    {I18N "{% blocktranslate with a=i|add:1 %}Hello {{ a }}{% endblocktranslate %}{{ a }}",
     "Bonjour 6A&lt;"},
    {I18N "{% blocktranslate with i as a %}Hello {{ a }}{% endblocktranslate %}", "Bonjour 5"},
    {I18N "{% blocktranslate %}{{ i }}% of {{ a }}{% endblocktranslate %}", "5 % de A&lt;"},
    {I18N "{% blocktranslate %}Break {{ i }}{% endblocktranslate %}", "Break 5"},
    {I18N "{% blocktranslate %}Broken{% endblocktranslate %}", "Broken"},
    {I18N "{% blocktranslate %}{{ d.x }}{{ s|upper }}.{% endblocktranslate %}", "."},
    {I18N "{% blocktranslate trimmed %}\n  One\n  two\n{% endblocktranslate %}", "Un deux"},
    {I18N "{% blocktranslate %} One\n two{% endblocktranslate %}", " One\n two"},
    {I18N "{% blocktranslate context \"door\" %}Hello{% endblocktranslate %}", "Salut"},
    {I18N "{% blocktranslate count c=1 %}night{% plural %}{{ c }} nights{% endblocktranslate %}",
     "1 nuit"},
    {I18N "{% blocktranslate count c=0 %}night{% plural %}{{ c }} nights{% endblocktranslate %}",
     "0 nuit"},
    {I18N "{% blocktranslate count c=i %}night{% plural %}{{ c }} nights{% endblocktranslate %}",
     "5 nuits"},
    {I18N "{% blocktranslate count c=0 %}day{% plural %}{{ c }} days{% endblocktranslate %}",
     "0 days"},
    {I18N "{% blocktranslate count c=1 %}day{% plural %}{{ c }} days{% endblocktranslate %}",
     "day"},
    {I18N "{% blocktranslate count c=fl %}day{% plural %}{{ c }} days{% endblocktranslate %}",
     "2.5 days"},
    {I18N "{% blocktranslate count c=i context \"door\" %}key{% plural %}{{ c }} keys{% "
          "endblocktranslate %}",
     "5 cl\u00E9s"},
    {I18N "{% blocktranslate count c=i context \"window\" %}night{% plural %}{{ c }} nights{% "
          "endblocktranslate %}",
     "5 nuits"},
    {I18N "{% blocktranslate with b=a count c=l|length %}{{ b }} {{ c }}{% plural %}{{ b }} {{ c "
          "}}s{% endblocktranslate %}",
     "A&lt; 3s"},
    {I18N "{% get_current_language as x %}{{ x }}{% get_current_language_bidi as x %}{{ x }}",
     "frFalse"},
    {I18N "{% get_available_languages as x %}{% for c, n in x %}{{ c }}{% endfor %}", "enfr"},
    {I18N "{% language \"en\" %}{% translate \"Hello\" %}{% get_current_language as x %}{{ x }}{% "
          "endlanguage %}{% translate \"Hello\" %}",
     "HelloenBonjour"},
    {I18N "{% language \"fr-ch\" %}{% translate \"Hello\" %}{% endlanguage %}", "Bonjour"},
    {I18N "{% get_language_info for \"fr\" as x %}{{ x.code }} {{ x.name }} {{ x.name_local }} {{ "
          "x.bidi }}",
     "fr French fran\u00E7ais False"},
    {I18N "{{ \"ar\"|language_bidi }}{{ \"fr\"|language_name }}{{ \"fr\"|language_name_local }}",
     "TrueFrenchfran\u00E7ais"},
};

static const struct page_case refused[] = {
    {I18N "{% translate i %}", "AttributeError"},
    {I18N "{% translate %}", "TemplateSyntaxError"},
    {I18N "{% translate \"Hello\" noop noop %}", "TemplateSyntaxError"},
    {I18N "{% translate \"Hello\" as %}", "TemplateSyntaxError"},
    {I18N "{% translate \"Hello\" context %}", "TemplateSyntaxError"},
    {I18N "{% translate \"Hello\" context as x %}", "TemplateSyntaxError"},
    {I18N "{% translate \"Hello\" other %}", "TemplateSyntaxError"},
    {I18N "{% blocktranslate count c=s %}night{% plural %}{{ c }} nights{% endblocktranslate %}",
     "TemplateSyntaxError"},
    {I18N "{% blocktranslate count c=1 d=2 %}night{% plural %}nights{% endblocktranslate %}",
     "TemplateSyntaxError"},
    {I18N "{% blocktranslate count c=1 %}night{% endblocktranslate %}", "TemplateSyntaxError"},
    {I18N "{% blocktranslate %}night{% plural %}nights{% endblocktranslate %}",
     "TemplateSyntaxError"},
    {I18N "{% blocktranslate %}a{% if 1 %}b{% endif %}{% endblocktranslate %}",
     "TemplateSyntaxError"},
    {I18N "{% blocktranslate %}a{% endblocktrans %}", "TemplateSyntaxError"},
    {I18N "{% blocktranslate %}a", "TemplateSyntaxError"},
    {I18N "{% blocktranslate with %}a{% endblocktranslate %}", "TemplateSyntaxError"},
    {I18N "{% blocktranslate with a=1 with b=2 %}a{% endblocktranslate %}", "TemplateSyntaxError"},
    {I18N "{% blocktranslate nonsense %}a{% endblocktranslate %}", "TemplateSyntaxError"},
    {I18N "{% blocktranslate context %}a{% endblocktranslate %}", "TemplateSyntaxError"},
    {I18N "{% blocktranslate asvar %}a{% endblocktranslate %}", "TemplateSyntaxError"},
    {I18N "{% language %}a{% endlanguage %}", "TemplateSyntaxError"},
    {I18N "{% language \"en\" %}a", "TemplateSyntaxError"},
    {I18N "{% get_current_language %}", "TemplateSyntaxError"},
    {I18N "{% get_current_language as %}", "TemplateSyntaxError"},
    {I18N "{% get_language_info for \"xx\" as x %}", "KeyError"},
    {I18N "{% get_language_info \"fr\" as x %}", "TemplateSyntaxError"},
    {I18N "{% get_language_info_list for i as x %}", "TypeError"},
    {I18N "{{ \"xx\"|language_name }}", "KeyError"},
};

/* Escaped a second time, as Django 3.2 has it and Django 5 has not. */
static const struct page_case stored[] = {
    {I18N "{% blocktranslate asvar x %}Hello {{ a }}{% endblocktranslate %}[{{ x }}]",
     "[Bonjour A&amp;lt;]"},
    {I18N "{% blocktranslate asvar x %}{% endblocktranslate %}[{{ x }}]", "[]"},
    {I18N "{% blocktranslate asvar x %}{{ zz }}{% endblocktranslate %}[{{ x }}]", "[]"},
};

/* Without a catalogue texts stay as they are. */
static const struct page_case untranslated[] = {
    {I18N "{% translate \"Hello\" %}{{ _(\"Hello\") }}", "HelloHello"},
    {I18N "{% blocktranslate %}Hello {{ a }}{% endblocktranslate %}", "Hello A&lt;"},
    {I18N "{% blocktranslate count c=0 %}night{% plural %}{{ c }} nights{% endblocktranslate %}",
     "0 nights"},
    {I18N "{% get_current_language as x %}{{ x }}", "en"},
    {I18N "{% get_available_languages as x %}{{ x|length }}", "0"},
    {I18N "{% language \"fr\" %}{% translate \"Hello\" %}{% endlanguage %}", "Hello"},
};

static void test_translated(void **state)
{
    struct arena *arena = arena_new(4096);
    const struct language languages[] = {
        {.code = TEXT("en"), .name = TEXT("English")},
        {.code = TEXT("fr"),
         .name = TEXT("Fran\u00E7ais"),
         .index = 1,
         .catalogue = read_catalogue(arena, french, COUNT(french))},
    };
    const struct language_list list = {languages, COUNT(languages)};
    page_languages = &list;
    page_accept(*state, accepted, COUNT(accepted));
    page_accept(*state, stored, COUNT(stored));
    page_refuse(*state, refused, COUNT(refused));
    page_languages = NULL;
    arena_free(arena);
}

static void test_untranslated(void **state)
{
    page_accept(*state, untranslated, COUNT(untranslated));
    page_refuse(*state, refused, COUNT(refused));
}

static const struct CMUnitTest tests[] = {TEST(test_translated), TEST(test_untranslated)};
UNIT_MAIN(tests)
