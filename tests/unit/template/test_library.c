/* Tags and filters of the program's own: each kind, how it is called, and when it is in use. */
#include "page.h"

#include "template/library.h"

static struct value shout(struct filter_call *call, struct value value, struct value argument)
{
    struct buffer out = filter_buffer(call);
    buffer_text(&out, value_as_text(value));
    buffer_text(&out, call->has_argument ? filter_text(call, argument) : TEXT("!"));
    return filter_result(call, &out);
}

/* "a b|rest|name=value" of what it is given; null of what it is not. */
static enum status show(struct tag_call *call, struct value *out)
{
    struct buffer text = tag_buffer(call);
    for (size_t i = 0; i < 2; i++) {
        buffer_text(&text, i ? TEXT(" ") : TEXT(""));
        value_print(&text, call->arguments[i], call->arena);
    }
    for (size_t i = 0; i < call->rest.count; i++) {
        buffer_char(&text, '|');
        value_print(&text, call->rest.items[i], call->arena);
    }
    for (size_t i = 0; call->options && i < call->options->count; i++) {
        buffer_char(&text, '|');
        value_print(&text, call->options->entries[i].key, call->arena);
        buffer_char(&text, '=');
        value_print(&text, call->options->entries[i].value, call->arena);
    }
    *out = value_text(buffer_contents(&text));
    return OK;
}

static enum status give(struct tag_call *call, struct value *out)
{
    *out = call->arguments[0];
    return OK;
}

/* The variable of that name. */
static enum status look(struct tag_call *call, struct value *out)
{
    if (!tag_variable(call, value_as_text(call->arguments[0]), out))
        *out = value_string("(none)");
    return OK;
}

static enum status box(struct tag_call *call, struct value *out)
{
    struct buffer html = tag_buffer(call);
    buffer_text(&html, TEXT("<b title=\""));
    buffer_escaped(&html, value_to_text(call->arguments[0], call->arena));
    buffer_text(&html, TEXT("\">"));
    buffer_text(&html, call->content);
    buffer_text(&html, TEXT("</b>"));
    return tag_html(call, &html, out);
}

static enum status long_box(struct tag_call *call, struct value *out)
{
    struct buffer html = tag_buffer(call);
    for (size_t i = 0; i < 1u << 17; i++)
        buffer_text(&html, TEXT("sixteen letters."));
    return tag_html(call, &html, out);
}

static enum status card(struct tag_call *call, struct value_map *context)
{
    value_map_set(context, TEXT("a"), call->arguments[0]);
    return OK;
}

static enum status refuse(struct tag_call *call, struct value *out)
{
    (void)out;
    return tag_fail(call, "ValueError", "no %s here", "stars");
}

static enum status refuse_card(struct tag_call *call, struct value_map *context)
{
    (void)context;
    return tag_fail(call, "KeyError", "no card");
}

static enum status busy(struct tag_call *call, struct value *out)
{
    (void)call;
    (void)out;
    return fail_as(BUSY, "the harbour is full");
}

static enum status caller(struct tag_call *call, struct value *out)
{
    *out = value_string(call->caller);
    return OK;
}

static struct node *compile_nothing(struct parser *parser, const struct tag *tag)
{
    (void)parser;
    (void)tag;
    return NULL;
}

#define TWO PARAMETERS("a", "b")

static const struct template_filter filters[] = {{"shout", shout, ARGUMENT_OPTIONAL,
                                                  FILTER_TEXT | FILTER_SAFE},
                                                 {0}};
static const struct template_function functions[] = {
    {"show", .call = show, .parameters = TWO, .optional = 1},
    {"show_all", .call = show, .parameters = TWO, .optional = 2, .rest = true, .options = true},
    {"give", .call = give, .parameters = PARAMETERS("value")},
    {"look", .call = look, .parameters = PARAMETERS("name")},
    {"box", .call = box, .end = "endbox", .parameters = PARAMETERS("title")},
    {"long_box", .call = long_box},
    {"card", .fill = card, .template = "inc", .parameters = PARAMETERS("a")},
    {"token", .fill = card, .template = "token", .parameters = PARAMETERS("a")},
    {"lost", .fill = card, .template = "nowhere", .parameters = PARAMETERS("a")},
    {"odd_card", .fill = card, .template = "odd", .parameters = PARAMETERS("a")},
    {"refuse", .call = refuse},
    {"refuse_card", .fill = refuse_card, .template = "inc"},
    {"busy", .call = busy},
    {"caller", .call = caller},
    {0},
};
static const struct template_library ours = {"ours", .filters = filters, .functions = functions};

static struct value whisper(struct filter_call *call, struct value value, struct value argument)
{
    (void)argument;
    (void)call;
    return value;
}

static const struct template_filter other_filters[] = {{"shout", whisper, ARGUMENT_NONE,
                                                        FILTER_TEXT},
                                                       {0}};
static const struct template_library theirs = {"theirs", .filters = other_filters};
static const struct template_library *const libraries[] = {&ours, &theirs, NULL};

static const struct page parts[] = {
    {"inc", "[{{ a }}{{ q }}{{ i }}]"},
    {"token", "{{ a }}{{ csrf_token }}{% cycle 1 2 %}"},
    {"odd", "{% if %}"},
    {"base", "{% load ours %}{% block one %}{{ s|shout }}{% endblock %}"},
    {"plain", "{{ s|shout }}"},
    {"loads", "{% load ours %}{{ s|shout }}"},
    {NULL, NULL},
};

static enum status try(struct arena *arena, const char *source, struct buffer *out)
{
    struct page_host context = {source, parts};
    struct template_host host = page_template_host(&context);
    struct template_set *set = template_set_new(arena, &host);
    struct value_map *values = page_context(arena);
    const struct template_request request = {.caller = "the caller"};
    page_set(values, "csrf_token", value_string("T"));
    for (size_t i = 0; libraries[i]; i++)
        template_set_library(set, libraries[i]);
    *out = (struct buffer){.arena = arena, .limit = 1u << 20};
    return template_render(set, TEXT("t"), &request, values, arena, out);
}

#define LOAD "{% load ours %}"

static const struct page_case accepted[] = {
    {LOAD "{{ bad|shout }}{{ safe|shout:\"<\" }}", "&lt;b&gt;!<i><"},
    /* arguments */
    {LOAD "{% show 1 %}", "1 None"},
    {LOAD "{% show 1 2 %}", "1 2"},
    {LOAD "{% show 1 b=i %}", "1 5"},
    {LOAD "{% show b=1 a=d.x|add:6 %}", "7 1"},
    {LOAD "{% show zz \"a b\" %}", " a b"},
    {LOAD "{% show_all %}", "None None"},
    {LOAD "{% show_all 1 2 3 s %}", "1 2|3|str"},
    {LOAD "{% show_all 1 c=2 b=3 d=4 %}", "1 3|c=2|d=4"},
    {LOAD "{% show_all 1 2 3 c=s %}", "1 2|3|c=str"},
    /* what is printed */
    {LOAD "{% give bad %}{% give safe %}{% give \"<\" %}", "&lt;b&gt;<i><"},
    {LOAD "{% autoescape off %}{% give bad %}{% endautoescape %}", "<b>"},
    {LOAD "{% give n %}{% give fl %}{% give t %}", "None2.5True"},
    {LOAD "{% give day %} {% give dt %}", "2024-02-29 2023-12-31 13:05:09"},
    {LOAD "{% give bad as x %}[{{ x }}]", "[&lt;b&gt;]"},
    {LOAD "{% with x=1 %}{% give 2 as x %}{{ x }}{% endwith %}{{ x }}", "2"},
    {LOAD "{% for y in l %}{% give y as x %}{{ x }}{% endfor %}{{ x }}", "312"},
    {LOAD "{% give l as x %}{{ x.1 }}", "1"},
    {LOAD "{% look \"s\" %}{% look \"zz\" %}{% with q=1 %}{% look \"q\" %}{% endwith %}{{ q }}",
     "str(none)1"},
    {LOAD "{% caller %}", "the caller"},
    /* blocks */
    {LOAD "{% box bad %}{{ bad }}{% if t %}y{% endif %}{% endbox %}",
     "<b title=\"&lt;b&gt;\">&lt;b&gt;y</b>"},
    {LOAD "{% box title=1 %}{% box 2 %}{% endbox %}{% endbox %}",
     "<b title=\"1\"><b title=\"2\"></b></b>"},
    {LOAD "{% box 1 as x %}{{ i }}{% endbox %}[{{ x }}{{ x }}]",
     "[<b title=\"1\">5</b><b title=\"1\">5</b>]"},
    /* inclusions see their own context only */
    {LOAD "{% card bad %}", "[&lt;b&gt;]"},
    {LOAD "{% autoescape off %}{% card bad %}{% endautoescape %}", "[<b>]"},
    {LOAD "{% with q=1 %}{% card a=q %}{{ q }}{% endwith %}", "[1]1"},
    {LOAD "{% for x in l %}{% token x %}{% endfor %}", "3T11T12T1"},
    {LOAD "{% card 1 %}{{ i }}{% card 2 %}{{ a }}", "[1]5[2]A&lt;"},
    /* {% load %} is of one template, and the newest of a name wins */
    {LOAD "{% include \"loads\" %}{{ s|shout }}", "str!str!"},
    {"{% include \"loads\" %}", "str!"},
    {"{% extends \"base\" %}", "str!"},
    {"{% load ours theirs %}{{ s|shout }}", "str"},
    {"{% load theirs ours %}{{ s|shout }}", "str!"},
    {"{% load shout from ours %}{{ s|shout }}", "str!"},
    {"{% load ours %}{% load shout from theirs %}{{ s|shout }}{% give 1 %}", "str1"},
    {"{% load give show from ours %}{% give 1 %}{% show 2 %}", "12 None"},
    {"{% extends \"base\" %}" LOAD "{% block one %}{% give 1 %}{% endblock %}", "1"},
};

#define SYNTAX "TemplateSyntaxError"

static const struct page_case refused[] = {
    {"{{ s|shout }}", SYNTAX},
    {"{% give 1 %}", SYNTAX},
    {"{% load nowhere %}", SYNTAX},
    {"{% load give from theirs %}", SYNTAX},
    {"{% load shout from ours %}{% give 1 %}", SYNTAX},
    {"{% load give from ours %}{{ s|shout }}", SYNTAX},
    {LOAD "{% include \"plain\" %}", SYNTAX},
    {"{% extends \"base\" %}{% block one %}{{ s|shout }}{% endblock %}", SYNTAX},
    {LOAD "{{ s|shout:1:2 }}", SYNTAX},
    {"{% load theirs %}{{ s|shout:1 }}", SYNTAX},
    {LOAD "{% give %}", SYNTAX},
    {LOAD "{% give 1 2 %}", SYNTAX},
    {LOAD "{% give valve=1 %}", SYNTAX},
    {LOAD "{% give 1 value=1 %}", SYNTAX},
    {LOAD "{% give value=1 value=1 %}", SYNTAX},
    {LOAD "{% give value=1 2 %}", SYNTAX},
    {LOAD "{% give as x %}", SYNTAX},
    {LOAD "{% give 1| %}", SYNTAX},
    {LOAD "{% show %}", SYNTAX},
    {LOAD "{% show b=1 %}", SYNTAX},
    {LOAD "{% show_all a=1 2 %}", SYNTAX},
    {LOAD "{% show_all 1 a=2 %}", SYNTAX},
    {LOAD "{% show_all c=1 c=2 %}", SYNTAX},
    {LOAD "{% give 1|add:zz %}", "VariableDoesNotExist"},
    {LOAD "{% show_all c=s|add:zz %}", "VariableDoesNotExist"},
    {LOAD "{% box 1 %}", SYNTAX},
    {LOAD "{% endbox %}", SYNTAX},
    {LOAD "{% box 1 %}{% if t %}{% endbox %}{% endif %}", SYNTAX},
    {LOAD "{% box %}{% endbox %}", SYNTAX},
    {LOAD "{% box 1 %}{% include zz %}{% endbox %}", "TemplateDoesNotExist"},
    {LOAD "{% card 1 as x %}", SYNTAX},
    {LOAD "{% lost 1 %}", "TemplateDoesNotExist"},
    {LOAD "{% odd_card 1 %}", SYNTAX},
    {LOAD "{% refuse %}", "ValueError"},
    {LOAD "{% refuse as x %}", "ValueError"},
    {LOAD "{% refuse_card %}", "KeyError"},
    {LOAD "{% long_box %}", "MemoryError"},
};

static void test_accepted(void **state)
{
    for (size_t i = 0; i < COUNT(accepted); i++) {
        struct buffer out;
        enum status status = try(*state, accepted[i].source, &out);
        check(status == OK, "%s: %s", accepted[i].source, status_failure()->message);
        check_text(buffer_contents(&out), accepted[i].expected, "%s", accepted[i].source);
    }
}

static void test_refused(void **state)
{
    for (size_t i = 0; i < COUNT(refused); i++) {
        struct buffer out;
        check(try(*state, refused[i].source, &out) != OK, "%s", refused[i].source);
        check(strcmp(template_error_kind(), refused[i].expected) == 0, "%s is %s: %s",
              refused[i].source, template_error_kind(), status_failure()->message);
    }
}

/* What a tag gives goes on to the program as it is, with the place where it stands. */
static void test_statuses(void **state)
{
    struct buffer out;
    assert_status(try(*state, LOAD "\n{% busy %}", &out), BUSY);
    assert_failure_says("t.html:2: the harbour is full in \"{% busy %}\"");
    assert_status(try(*state, LOAD "\n\n{% refuse %}", &out), INVALID);
    assert_failure_says("t.html:3: no stars here in \"{% refuse %}\"");
    assert_status(try(*state, LOAD "{% box 1 %}\n{{ s|add:zz }}{% endbox %}", &out), INVALID);
    assert_failure_says("t.html:2: ");
    assert_status(try(*state, LOAD "{% odd_card 1 %}", &out), INVALID);
    assert_failure_says("odd:1: ");
}

/* The templates of inclusion tags are compiled with those that use them. */
static void test_added(void **state)
{
    struct arena *arena = *state;
    struct page_host context = {LOAD "{% lost 1 %}", parts};
    struct template_host host = page_template_host(&context);
    host.options.late = false;
    struct template_set *set = template_set_new(arena, &host);
    template_set_library(set, &ours);
    assert_status(template_set_add(set, TEXT("t")), INVALID);
    assert_failure_says("no template \"nowhere\" in \"{% lost 1 %}\"");
    context.source = LOAD "{% card 1 %}";
    set = template_set_new(arena, &host);
    template_set_library(set, &ours);
    assert_status(template_set_add(set, TEXT("t")), OK);
    template_set_complete(set);
    struct buffer out = {.arena = arena};
    assert_status(template_render(set, TEXT("t"), NULL, NULL, arena, &out), OK);
    assert_text_equal(buffer_contents(&out), "[1]");
}

#define FILTERS(...)                                                                               \
    .filters = (const struct template_filter[])                                                    \
    {                                                                                              \
        __VA_ARGS__,                                                                               \
        {                                                                                          \
            0                                                                                      \
        }                                                                                          \
    }
#define TAGS(...)                                                                                  \
    .tags = (const struct template_tag[])                                                          \
    {                                                                                              \
        __VA_ARGS__,                                                                               \
        {                                                                                          \
            0                                                                                      \
        }                                                                                          \
    }
#define FUNCTIONS(...)                                                                             \
    .functions = (const struct template_function[])                                                \
    {                                                                                              \
        __VA_ARGS__,                                                                               \
        {                                                                                          \
            0                                                                                      \
        }                                                                                          \
    }

static const struct check_row {
    struct template_library library;
    const char *says; /* NULL: nothing */
} checks[] = {
    {{"x", .tags = NULL}, NULL},
    {{"x", FILTERS({"a", .apply = shout}), FUNCTIONS({"a", .call = give})}, NULL},
    {{"x", FUNCTIONS({"a-b", .call = give})}, NULL},
    {{"x", TAGS({"a", compile_nothing})}, NULL},
    {{"x", FILTERS({"a", .apply = shout}, {"a", .apply = whisper})},
     "two filters have the name \"a\""},
    {{"x", FILTERS({"a", .apply = NULL})}, "the filter \"a\" has no function"},
    {{"x", FILTERS({"a b", .apply = shout})}, "\"a b\" can be no filter's name"},
    {{"x", FILTERS({"a-b", .apply = shout})}, "\"a-b\" can be no filter's name"},
    {{"x", FILTERS({"", .apply = shout})}, "\"\" can be no filter's name"},
    {{"x", TAGS({"a", NULL})}, "the tag \"a\" has no function"},
    {{"x", TAGS({"a", compile_nothing}, {"a", compile_nothing})}, "two tags have the name"},
    {{"x", TAGS({"a", compile_nothing}), FUNCTIONS({"a", .call = give})}, "two tags"},
    {{"x", FUNCTIONS({"a", .call = give}, {"a", .call = give})}, "two tags"},
    {{"x", FUNCTIONS({"a", .call = give, .end = "b"}, {"b", .call = give})}, "two tags"},
    {{"x", FUNCTIONS({"b", .call = give}, {"a", .call = give, .end = "b"})}, "two tags"},
    {{"x", FUNCTIONS({"a", .call = give, .end = "a"})}, "two tags"},
    {{"x", FUNCTIONS({"a%", .call = give})}, "\"a%\" can be no tag's name"},
    {{"x", FUNCTIONS({"a", .call = give, .end = "end a"})}, "cannot end with \"end a\""},
    {{"x", FUNCTIONS({"a", .end = NULL})}, "the tag \"a\" needs either .call or .fill"},
    {{"x", FUNCTIONS({"a", .call = give, .fill = card, .template = "inc"})}, "needs either"},
    {{"x", FUNCTIONS({"a", .fill = card})}, "needs .fill and .template together"},
    {{"x", FUNCTIONS({"a", .call = give, .template = "inc"})}, "together"},
    {{"x", FUNCTIONS({"a", .fill = card, .template = "inc", .end = "b"})}, ".call for .end"},
    {{"x", FUNCTIONS({"a", .call = give, .parameters = PARAMETERS("b", "b")})},
     "the tag \"a\" has two parameters \"b\""},
    {{"x", FUNCTIONS({"a", .call = give, .parameters = PARAMETERS("b=")})}, "\"b=\""},
    {{"x", FUNCTIONS({"a", .call = give, .parameters = PARAMETERS("b"), .optional = 2})},
     "has 1 parameters, of which 2 are optional"},
    {{"x", FUNCTIONS({"a", .call = give}), FILTERS({"b", .apply = NULL})}, "\"b\""},
};

static void test_checked(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(checks); i++) {
        enum status status = template_library_check(&checks[i].library);
        check(status == (checks[i].says ? INVALID : OK), "row %zu", i);
        if (checks[i].says)
            assert_failure_says(checks[i].says);
    }
    assert_status(template_library_check(&ours), OK);
}

static const struct CMUnitTest tests[] = {
    TEST(test_accepted), TEST(test_refused), TEST(test_statuses),
    TEST(test_added),    TEST(test_checked),
};
UNIT_MAIN(tests)
