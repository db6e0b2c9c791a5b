/* A rendering allocates in its arena alone: with room there, it never asks the C library. */
#include "page.h"

#include <stdatomic.h>
#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define COUNTED 0
#else
#define COUNTED 1
#endif

static _Atomic size_t allocations;

/* glibc's own, behind those that everything in this program calls. */
#if COUNTED
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

void *malloc(size_t size)
{
    allocations++;
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    allocations++;
    return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
    allocations++;
    return __libc_realloc(old, size);
}
#endif

#define ROOM (16u << 20)

static const char *const sources[] = {
    "{{ a }}{{ i }}{{ fl }}{{ dec }}{{ t }}{{ n }}{{ zz }}{{ day }}{{ dt }}{{ l }}{{ d }}",
    "{{ rows }}",
    "{% extends \"b3\" %}{% block two %}{{ block.super }}{{ w }}{% endblock %}",
    "{% for x in l %}{{ forloop.counter }}{% cycle 1 2 %}{% endfor %}",
    "{% include \"inc\" with q=i %}",
    "{% for a, b in p %}{{ forloop.parentloop }}{{ b }}{% empty %}{% endfor %}",
    "{% if i > 3 and s in l or not f and fl == 2.5 %}{{ s }}{% endif %}",
    "{% if f %}{% elif d.y.z == \"deep\" %}{{ s }}{% endif %}",
    "{% with x=a|upper y=d.y.z %}{{ x }}{{ y }}{% endwith %}{% firstof zz n s %}",
    "{% regroup rows by k as g %}{% for x in g %}{{ x.grouper }}{{ x.list|length }}{% endfor %}",
    "{% for r in rows|dictsort:\"v\" %}{% ifchanged r.k %}{{ r.v }}{% endifchanged %}{% endfor %}",
    "{% url \"two\" i s %}{% url \"named\" id=i as q %}{{ q }}{% now \"Y-m-d H:i e\" %}",
    "{% widthratio i 3 100 %}{% spaceless %}<p> <b></b> </p>{% endspaceless %}{% lorem 3 w %}",
    "{% filter upper %}{{ w }}{% endfilter %}{% autoescape off %}{{ bad }}{% endautoescape %}",
    ("{% load i18n static %}{% translate \"x\" %}{% blocktranslate count n=i %}{{ n }} a{% plural "
     "%}"
     "{{ n }} b{% endblocktranslate %}{% get_static_prefix %}{% get_current_language as x %}{{ x "
     "}}"),
    "{{ i|add:2 }}{{ w|addslashes }}{{ w|capfirst }}{{ s|center:9 }}{{ w|cut:\" \" }}",
    "{{ dt|date:\"D d M Y H:i:s.u O e\" }}{{ dt|time:\"P\" }}{{ dt|timesince }}{{ dt|timeuntil }}",
    "{{ i|divisibleby:5 }}{{ w|escapejs }}{{ i|filesizeformat }}{{ fl|floatformat:\"-3\" }}",
    "{{ dec|floatformat:\"2g\" }}{{ i|get_digit:1 }}{{ w|iriencode }}{{ l|join:\", \" }}",
    "{{ d|json_script:\"x\" }}{{ w|linebreaks }}{{ w|linebreaksbr }}{{ w|linenumbers }}",
    "{{ s|make_list }}{{ w|phone2numeric }}{{ l|pluralize }}{{ l|slice:\":2\" }}",
    "{{ w|slugify }}{{ fl|stringformat:\"08.3f\" }}{{ w|striptags }}{{ w|title }}",
    "{{ w|truncatechars:9 }}{{ w|truncatechars_html:9 }}{{ w|truncatewords_html:2 }}",
    "{{ p|unordered_list }}{{ w|urlencode }}{{ w|urlize }}{{ w|wordcount }}{{ w|wordwrap:5 }}",
    "{{ \"www.example.com \u00E9.example.org\"|urlizetrunc:8 }}{{ w|lower|upper }}{{ t|yesno }}",
};

static enum status render(struct template_set *set, struct arena *arena, struct buffer *out)
{
    *out = (struct buffer){.arena = arena};
    return template_render(set, TEXT("t"), NULL, page_context(arena), arena, out);
}

static void test_no_allocation_outside_the_arena(void **state)
{
    struct arena *arena = arena_new(ROOM);
    for (size_t i = 0; i < COUNT(sources); i++) {
        struct page_host context = {sources[i], page_parts};
        struct template_host host = page_template_host(&context);
        struct template_set *set = template_set_new(*state, &host);
        struct buffer out;
        check(render(set, arena, &out) == OK, "%s: %s", sources[i], status_failure()->message);
        arena_reset(arena);
        allocations = 0;
        render(set, arena, &out);
        check(allocations == 0, "%s: %zu", sources[i], (size_t)allocations);
        arena_reset(arena);
    }
    arena_free(arena);
}

/* That it would be seen. */
static void test_allocations_are_counted(void **state)
{
    (void)state;
    allocations = 0;
    struct arena *arena = arena_new(100);
    arena_free(arena);
    assert_int_equal(allocations, COUNTED ? 2 : 0);
}

static const struct CMUnitTest tests[] = {
    TEST(test_no_allocation_outside_the_arena),
    TEST(test_allocations_are_counted),
};
UNIT_MAIN(tests)
