/* What would run away ends in an error. */
#include "page.h"

static char *repeated(struct arena *arena, const char *part, size_t count, const char *end)
{
    struct buffer out = {.arena = arena};
    for (size_t i = 0; i < count; i++)
        buffer_text(&out, text_of(part));
    buffer_text(&out, text_of(end));
    return text_string(arena, buffer_contents(&out));
}

static void test_recursion(void **state)
{
    static const struct page_case rows[] = {
        {"{% include \"t\" %}", "RecursionError"},
        {"{% for x in l %}{% filter upper %}{% with y=x %}{% include \"t\" %}{% endwith %}"
         "{% endfilter %}{% endfor %}",
         "RecursionError"},
        {"{% extends \"base\" %}{% block one %}{{ block.super }}{% include \"t\" %}{% endblock %}",
         "RecursionError"},
        {"{% extends \"t\" %}", "TemplateDoesNotExist"},
        {"{% extends \"./t\" %}", "TemplateSyntaxError"},
        {"{% include \"t\" with s=s|add:s %}", "MemoryError"},
        {"{% include \"t\" with l=l|add:l %}", "MemoryError"},
        {"{% with x=name %}{% include \"loop\" with name=\"loop\" %}{% endwith %}",
         "RecursionError"},
        {"{% include \"ping\" %}", "RecursionError"},
        {"{% extends \"ping\" %}", "RecursionError"},
        {"{% block one %}{% include \"t\" %}{% endblock %}", "RecursionError"},
    };
    page_refuse(*state, rows, COUNT(rows));
}

static void test_size(void **state)
{
    static const struct page_case rows[] = {
        {"{{ s|center:99999999999 }}", "MemoryError"},
        {"{{ s|ljust:\"999999999\" }}", "MemoryError"},
        {"{% lorem 99999999999 w %}", "MemoryError"},
        {"{% filter center:99999999 %}x{% endfilter %}", "MemoryError"},
        {"{{ s|rjust:99999999 }}", "MemoryError"},
        {"{% if s|center:99999999 == s %}{% endif %}", "MemoryError"},
        {"{% with x=s|center:9999999 %}{{ x }}{% endwith %}", "MemoryError"},
        {"{% filter upper %}{{ s|center:2000000 }}{% endfilter %}", "MemoryError"},
        {"{% spaceless %}{% for x in l %}{{ s|center:400000 }}{% endfor %}{% endspaceless %}",
         "MemoryError"},
        {"{{ i|floatformat:999999999 }}", "InvalidOperation"},
        {"{{ i|floatformat:\"-9223372036854775808\" }}", "InvalidOperation"},
    };
    page_refuse(*state, rows, COUNT(rows));
}

static void test_nesting(void **state)
{
    struct arena *arena = *state;
    struct buffer out;
    char *deep =
        text_string(arena, text_format(arena, "%sx%s", repeated(arena, "{% if t %}", 150, ""),
                                       repeated(arena, "{% endif %}", 150, "")));
    assert_status(page_render(arena, deep, &out), OK);
    assert_text_equal(buffer_contents(&out), "x");
    assert_status(page_render(arena, repeated(arena, "{% if t %}", 5000, ""), &out), INVALID);
    assert_string_equal(template_error_kind(), "TemplateSyntaxError");
    char *not = text_string(arena, text_format(arena, "{%% if %s t %%}{%% endif %%}",
                                               repeated(arena, "not ", 5000, "")));
    assert_status(page_render(arena, not, &out), INVALID);
    char *and = text_string(arena, text_format(arena, "{%% if %s t %%}y{%% endif %%}",
                                               repeated(arena, "t and ", 200, "")));
    assert_status(page_render(arena, and, &out), OK);
}

/* What nobody writes by hand is refused when it is compiled. */
static void test_long_expressions(void **state)
{
    static const char *const parts[][3] = {
        {"{{ \"", "x", "\" }}"},
        {"{{ ", "x.", "x }}"},
        {"{{ x", "|upper", " }}"},
        {"{{ x|add:\"", "x", "\" }}"},
        {"{% if ", "x.", "x %}{% endif %}"},
        {"{% for x in ", "x.", "x %}{% endfor %}"},
        {"{% with x=", "x.", "x %}{% endwith %}"},
    };
    for (size_t i = 0; i < COUNT(parts); i++) {
        struct buffer out;
        struct buffer source = {.arena = *state};
        buffer_text(&source, text_of(parts[i][0]));
        buffer_text(&source, text_of(repeated(*state, parts[i][1], 70000, parts[i][2])));
        assert_status(page_render(*state, text_string(*state, buffer_contents(&source)), &out),
                      INVALID);
        assert_string_equal(template_error_kind(), "TemplateSyntaxError");
        assert_failure_says("an expression of more than");
    }
}

/* Each is an ordinary list, within the one before. */
static void test_nested_lists(void **state)
{
    struct arena *arena = *state;
    struct page_host context = {"{{ x|unordered_list }}", page_parts};
    struct template_host host = page_template_host(&context);
    struct value_map *map = value_map_new(arena);
    struct value deep = value_string("x");
    struct buffer out = {.arena = arena};
    for (size_t i = 0; i < 100000; i++) {
        struct value *items = ARENA_ARRAY(arena, struct value, 2);
        items[0] = value_string("a");
        items[1] = deep;
        deep = value_list(arena, items, 2);
    }
    value_map_set(map, TEXT("x"), deep);
    enum status status =
        template_render(template_set_new(arena, &host), TEXT("t"), NULL, map, arena, &out);
    assert_true(status == FAILED || status == INVALID);
    context.source = "{{ x }}";
    out = (struct buffer){.arena = arena};
    assert_status(template_render(template_set_new(arena, &host), TEXT("t"), NULL, map, arena,
                                  &out),
                  OK);
}

static void test_output(void **state)
{
    struct arena *arena = *state;
    struct page_host context = {"{% for x in l %}{{ s }}{% endfor %}", page_parts};
    struct template_host host = page_template_host(&context);
    struct template_set *set = template_set_new(arena, &host);
    struct buffer out = {.arena = arena, .limit = 9};
    assert_status(template_render(set, TEXT("t"), NULL, page_context(arena), arena, &out), OK);
    out = (struct buffer){.arena = arena, .limit = 8};
    assert_status(template_render(set, TEXT("t"), NULL, page_context(arena), arena, &out), FAILED);
    assert_string_equal(template_error_kind(), "MemoryError");
}

static void test_memory(void **state)
{
    struct arena *arena = *state;
    struct page_host context = {
        "{% for x in w %}{% for y in w %}{{ y|upper }}{% endfor %}{% endfor %}", page_parts};
    struct template_host host = page_template_host(&context);
    host.options.memory_limit = 10000;
    struct template_set *set = template_set_new(arena, &host);
    struct buffer out = {.arena = arena};
    assert_status(template_render(set, TEXT("t"), NULL, page_context(arena), arena, &out), FAILED);
    assert_failure_says("memory");
}

static void test_sources(void **state)
{
    static const struct page_case rows[] = {
        {"\xFF{{ a }}", "UnicodeDecodeError"},
        {"{{ \xC3 }}", "UnicodeDecodeError"},
    };
    page_refuse(*state, rows, COUNT(rows));
}

static const struct CMUnitTest tests[] = {
    TEST(test_recursion), TEST(test_size),    TEST(test_nesting),          TEST(test_output),
    TEST(test_memory),    TEST(test_sources), TEST(test_long_expressions), TEST(test_nested_lists),
};
UNIT_MAIN(tests)
