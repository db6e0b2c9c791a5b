/* The set and what the program around it gives: loading, routes, static files, objects, threads. */
#include "page.h"

#include <pthread.h>

static enum status page_static(void *context, struct arena *arena, struct text path,
                               struct text *out)
{
    (void)context;
    (void)arena;
    *out = TEXT("/static/site.123.css");
    return text_is(path, "site.css") ? OK : NOT_FOUND;
}

static enum status load_fails(void *context, struct arena *arena, struct text name,
                              struct template_source *out)
{
    (void)context;
    (void)arena;
    (void)name;
    (void)out;
    return fail("the disk is gone");
}

static struct template_set *early_set(struct arena *arena, struct page_host *context)
{
    struct template_host host = page_template_host(context);
    host.static_url = page_static;
    host.options.late = false;
    return template_set_new(arena, &host);
}

/* Constant names are tried when a template is added. */
static void test_added(void **state)
{
    static const struct page_case accepted[] = {
        {"{% url \"two\" 1 2 %}", "/two/1/2/?a=1&amp;b=2"},
        {"{% url \"two\" i s %}", "/two/5/str/?a=1&amp;b=2"},
        {"{% url \"named\" id=i %}", "/named/5/"},
        {"{% url \"nope\" as q %}[{{ q }}]", "[]"},
        {"{% url name as q %}[{{ q }}]", "[]"},
        {"{% url \"two\" 1 2 as q %}{{ q }}{{ q|safe }}", "/two/1/2/?a=1&amp;b=2/two/1/2/?a=1&b=2"},
        {"{% autoescape off %}{% url \"two\" 1 2 %}{% endautoescape %}", "/two/1/2/?a=1&b=2"},
        {"{% load static %}{% static \"site.css\" %}", "/static/site.123.css"},
        {"{% include \"inc\" %}{% include name %}", "[A&lt;5][A&lt;5]"},
        {"{% if f %}{% include zz %}{% endif %}", ""},
        {"{% extends \"b3\" %}", "preBc(m(15))-2"},
    };
    static const struct page_case refused[] = {
        {"{% url \"nope\" %}", "NoReverseMatch"},
        {"{% url \"two\" 1 %}", "NoReverseMatch"},
        {"{% url \"named\" no=1 %}", "NoReverseMatch"},
        {"{% url \"nope\" i %}", "NoReverseMatch"},
        {"{% load static %}{% static \"none.css\" %}", "ValueError"},
        {"{% if f %}{% include \"nope\" %}{% endif %}", "TemplateDoesNotExist"},
        {"{% include \"odd\" %}", "TemplateSyntaxError"},
        {"{% extends \"nope\" %}", "TemplateDoesNotExist"},
        {"{% extends \"odd\" %}", "TemplateSyntaxError"},
    };
    struct arena *arena = *state;
    for (size_t i = 0; i < COUNT(accepted); i++) {
        struct page_host context = {accepted[i].source, page_parts};
        struct template_set *set = early_set(arena, &context);
        struct buffer out = {.arena = arena};
        assert_status(template_set_add(set, TEXT("t")), OK);
        assert_status(template_render(set, TEXT("t"), NULL, page_context(arena), arena, &out), OK);
        check_text(buffer_contents(&out), accepted[i].expected, "%s", accepted[i].source);
    }
    for (size_t i = 0; i < COUNT(refused); i++) {
        struct page_host context = {refused[i].source, page_parts};
        struct template_set *set = early_set(arena, &context);
        assert_status(template_set_add(set, TEXT("t")), INVALID);
        check(strcmp(template_error_kind(), refused[i].expected) == 0, "%s", refused[i].source);
    }
}

static void test_rendered(void **state)
{
    static const struct page_case refused[] = {
        {"{% url \"two\" 1 %}", "NoReverseMatch"},
        {"{% url \"two\" 1 id=2 %}", "ValueError"},
        {"{% url \"broken\" %}", "Exception"},
        {"{% url zz %}", "NoReverseMatch"},
        {"{% url %}", "TemplateSyntaxError"},
        {"{% url \"two\" 1= %}", "TemplateSyntaxError"},
        {"{% include \"odd\" %}", "TemplateSyntaxError"},
    };
    page_refuse(*state, refused, COUNT(refused));
}

static void test_messages(void **state)
{
    static const struct page_case rows[] = {
        {"\n\n{% if a %}", "t.html:3: "},
        {"x\n{{ a|nope }}", "t.html:2: "},
        {"{% for x in\nl %}{% nope %}", "t.html:2: "},
        {"{% include \"odd\" %}", "odd:1: "},
        {"\n{% include \"nope\" %}", "t.html:2: "},
        {"{% nope %}", "in \"{% nope %}\""},
        {"{{ a|add:zz }}", "in \"{{ a|add:zz }}\""},
        /* at most 70 bytes of the tag, and whole characters */
        {"{{ a|add:zz|default:\"0123456789 0123456789 0123456789 0123456789 01\" }}",
         " in \"{{ a|add:zz|default:\"0123456789 0123456789 0123456789 0123456789 01\" }\u2026\""},
        {"{{ a|add:zz|default:\"0123456789 0123456789 0123456789 0123456789 0123\u00E9\" }}",
         " 0123456789 0123\u2026\""},
        {"{% extends \"base\" %}\n{% block one %}\n{{ block.super }}{{ a|add:zz }}{% endblock %}",
         "t.html:3: "},
        {"{% extends \"wrong\" %}\n{% block one %}{{ block.super }}{% endblock %}", "wrong:2: "},
        {"\n{% filter upper %}{% include \"wrong\" %}{% endfilter %}", "wrong:2: "},
        {"{% for x in l %}\n{% if x == 2 %}\n{{ a|add:zz }}{% endif %}{% endfor %}", "t.html:3: "},
        {"{% include \"inc\" %}\n{{ a|add:zz }}", "t.html:2: "},
        {"{% comment %}\n{% endcomment %}{% verbatim %}\n{% endverbatim %}{# x #}\n{{ a|add:zz }}",
         "t.html:4: "},
    };
    struct arena *arena = *state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buffer out;
        check(page_render(arena, rows[i].source, &out) != OK, "%s", rows[i].source);
        assert_failure_says(rows[i].expected);
        struct text path;
        uint32_t line;
        assert_true(template_error_place(&path, &line));
        assert_failure_says(text_format(arena, "%.*s:%u: ", TEXT_ARG(path), line).at);
    }
}

/* A template that did not compile says the same each time, and one that is not there says no place.
 */
static void test_places(void **state)
{
    struct arena *arena = *state;
    struct page_host context = {"\n{% if %}", NULL};
    struct template_host host = page_template_host(&context);
    struct template_set *set = template_set_new(arena, &host);
    struct text path;
    uint32_t line;
    for (size_t i = 0; i < 2; i++) {
        assert_status(template_set_add(set, TEXT("none")), NOT_FOUND);
        assert_false(template_error_place(&path, &line));
        assert_status(template_set_add(set, TEXT("t")), INVALID);
        assert_string_equal(template_error_kind(), "TemplateSyntaxError");
        assert_true(template_error_place(&path, &line));
        assert_text_equal(path, "t.html");
        assert_int_equal(line, 2);
    }
}

static void test_complete(void **state)
{
    struct arena *arena = *state;
    struct page_host context = {"{% include name %}", page_parts};
    struct template_host host = page_template_host(&context);
    struct template_set *set = template_set_new(arena, &host);
    struct buffer out = {.arena = arena};
    assert_status(template_set_add(set, TEXT("nope")), NOT_FOUND);
    assert_string_equal(template_error_kind(), "TemplateDoesNotExist");
    assert_status(template_set_add(set, TEXT("t")), OK);
    template_set_complete(set);
    assert_status(template_render(set, TEXT("inc"), NULL, NULL, arena, &out), NOT_FOUND);
    assert_status(template_render(set, TEXT("t"), NULL, page_context(arena), arena, &out), INVALID);
    assert_failure_says("inc");
}

static void test_load_fails(void **state)
{
    struct arena *arena = *state;
    struct template_host host = {.load = load_fails};
    struct template_set *set = template_set_new(arena, &host);
    assert_status(template_set_add(set, TEXT("t")), FAILED);
    assert_failure_says("the disk is gone");
}

static void test_objects(void **state)
{
    static const struct page_case rows[] = {
        {"{{ rows.0.k }}{{ rows.2.v }}{{ rows.0.nope }}", "x3"},
        {"{{ rows.0 }}", "row"},
        {"{% regroup rows by k as g %}{% for x in g %}{{ x.grouper }}{{ x.list|length }}{% endfor "
         "%}",
         "x2y1"},
        {"{% for r in rows|dictsortreversed:\"v\" %}{{ r.v }}{% endfor %}", "321"},
        {"{% if rows.0 == rows.0 %}y{% endif %}{% if rows.0 == rows.1 %}n{% endif %}", "y"},
        {"{% for x in rows.0 %}{% empty %}{% endfor %}", ""},
    };
    page_accept(*state, rows, COUNT(rows) - 1);
    struct buffer out;
    assert_status(page_render(*state, rows[COUNT(rows) - 1].source, &out), INVALID);
    assert_string_equal(template_error_kind(), "TypeError");
}

struct shared {
    struct template_set *set;
    const struct value_map *context;
    struct text expected;
    bool wrong;
};

static void *render_often(void *argument)
{
    struct shared *shared = argument;
    struct arena *arena = arena_new(4096);
    for (int i = 0; i < 300; i++) {
        struct buffer out = {.arena = arena};
        shared->wrong |=
            template_render(shared->set, TEXT("t"), NULL, shared->context, arena, &out) != OK
            || !text_equal(buffer_contents(&out), shared->expected);
        arena_reset(arena);
    }
    arena_free(arena);
    return NULL;
}

static void test_threads(void **state)
{
    struct arena *arena = *state;
    struct page_host context = {
        "{% extends \"mid\" %}{% block two %}{% for x in l %}{% cycle 1 2 %}"
        "{% ifchanged x %}{{ x|upper }}{% endifchanged %}{{ dt }}"
        "{% include \"inc\" with q=x %}{% endfor %}{% endblock %}",
        page_parts};
    struct template_set *set = early_set(arena, &context);
    struct buffer out = {.arena = arena};
    pthread_t threads[4];
    struct shared each[4];
    assert_status(template_set_add(set, TEXT("t")), OK);
    template_set_complete(set);
    struct shared shared = {.set = set, .context = page_context(arena)};
    assert_status(template_render(set, TEXT("t"), NULL, shared.context, arena, &out), OK);
    shared.expected = buffer_contents(&out);
    for (size_t i = 0; i < COUNT(threads); i++) {
        each[i] = shared;
        assert_int_equal(pthread_create(&threads[i], NULL, render_often, &each[i]), 0);
    }
    for (size_t i = 0; i < COUNT(threads); i++) {
        pthread_join(threads[i], NULL);
        assert_false(each[i].wrong);
    }
}

static const struct CMUnitTest tests[] = {
    TEST(test_added),  TEST(test_rendered),   TEST(test_messages), TEST(test_complete),
    TEST(test_places), TEST(test_load_fails), TEST(test_objects),  TEST(test_threads),
};
UNIT_MAIN(tests)
