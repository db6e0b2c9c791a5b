/* What a name with dots leads to: Django's order, what objects load, functions. */
#include "page.h"

/* An object that has "at hand" what a pointer says, and loads the rest from a source. */
struct value_source {
    const char *text; /* NULL: nothing can be loaded */
    int loads;
};

static bool port_get(const void *self, struct text name, struct arena *arena, struct value *out)
{
    (void)arena;
    if (!text_is(name, "name") && !text_is(name, "items"))
        return false;
    *out = text_is(name, "name") ? value_string(self) : value_string("the attribute");
    return true;
}

static enum status load_from(struct value_source *source, struct value *out)
{
    if (!source)
        return NOT_FOUND;
    source->loads++;
    if (!source->text)
        return fail("the sea is rough");
    *out = value_string(source->text);
    return OK;
}

static enum status port_load(const void *self, struct text name, struct value_source *source,
                             struct arena *arena, struct value *out)
{
    (void)self;
    (void)arena;
    return text_is(name, "ship") || text_is(name, "0") ? load_from(source, out) : NOT_FOUND;
}

static struct value port_items(const void *self, struct arena *arena)
{
    (void)self;
    return page_numbers(arena);
}

static const struct value_class port_class = {.name = "port",
                                              .get = port_get,
                                              .load = port_load,
                                              .items = port_items};

static enum status call_load(const void *self, struct value_source *source, struct arena *arena,
                             struct value *out)
{
    (void)self;
    (void)arena;
    return load_from(source, out);
}

static enum status call_port(const void *self, struct value_source *source, struct arena *arena,
                             struct value *out)
{
    (void)source;
    *out = value_object(arena, &port_class, self);
    return OK;
}

static enum status call_nothing(const void *self, struct value_source *source, struct arena *arena,
                                struct value *out)
{
    (void)self;
    (void)source;
    (void)arena;
    (void)out;
    return NOT_FOUND;
}

static enum status call_wrongly(const void *self, struct value_source *source, struct arena *arena,
                                struct value *out)
{
    (void)self;
    (void)source;
    (void)arena;
    (void)out;
    return fail_as(INVALID, "not today");
}

static struct value_map *context_of(struct arena *arena)
{
    struct value_map *map = page_context(arena);
    struct value_map *odd = value_map_new(arena);
    struct value *functions = ARENA_ARRAY(arena, struct value, 2);
    page_set(map, "port", value_object(arena, &port_class, "Brest"));
    page_set(map, "load", value_function(arena, call_load, NULL));
    page_set(map, "find", value_function(arena, call_port, "Nantes"));
    page_set(map, "nothing", value_function(arena, call_nothing, NULL));
    page_set(map, "wrongly", value_function(arena, call_wrongly, NULL));
    page_set(odd, "items", value_string("the key"));
    page_set(odd, "0", value_string("the text"));
    value_map_put(odd, value_integer(0), value_string("the number"));
    value_map_put(odd, value_integer(1), value_string("one"));
    page_set(odd, "find", value_function(arena, call_port, "Lorient"));
    page_set(map, "odd", value_map(odd));
    functions[0] = value_function(arena, call_load, NULL);
    functions[1] = value_function(arena, call_port, "Roscoff");
    page_set(map, "functions", value_list(arena, functions, 2));
    return map;
}

static enum status try(struct arena *arena, const char *source, struct value_source *from,
                       struct buffer *out)
{
    struct page_host context = {source, page_parts};
    struct template_host host = page_template_host(&context);
    const struct template_request request = {.source = from};
    *out = (struct buffer){.arena = arena};
    return template_render(template_set_new(arena, &host), TEXT("t"), &request, context_of(arena),
                           arena, out);
}

struct lookup_row {
    const char *source;
    const char *expected;
    int loads;
};

static const struct lookup_row accepted[] = {
    /* a key, else an attribute, else an index */
    {"{{ odd.items }}{{ d.items|length }}", "the key2", 0},
    {"{{ odd.0 }}, {{ odd.1 }}", "the text, one", 0},
    {"{{ port.items }}, {{ port.1 }}, {{ port.9 }}{{ port.nope }}", "the attribute, 1, ", 0},
    /* objects: what is at hand is not loaded */
    {"{{ port.name }}", "Brest", 0},
    {"{{ port.ship }}{{ port.0 }}", "cogcog", 2},
    {"{% if port.ship == \"cog\" %}y{% endif %}{% if port.boat %}n{% endif %}", "y", 1},
    {"{{ port.ship.1 }}", "o", 1},
    /* functions, wherever they are found */
    {"{{ load }}{{ load|upper }}{{ load.0 }}", "cogCOGc", 3},
    {"{{ find.name }}, {{ find.ship }}", "Nantes, cog", 1},
    {"{{ odd.find.name }}{{ functions.1.name }}", "LorientRoscoff", 0},
    {"{% for f in functions %}{{ f }} {% endfor %}", "cog port ", 1},
    {"{% for c in load %}{{ c }}.{% endfor %}{% with x=load %}{{ x }}{{ x }}{% endwith %}",
     "c.o.g.cogcog", 2},
    {"{% if load == \"cog\" and find %}y{% endif %}{{ s|add:load }}", "ystrcog", 2},
    {"[{{ nothing }}{{ nothing.x }}{{ nothing|default:1 }}]", "[1]", 0},
    {"{% if nothing is None %}y{% endif %}{% for x in nothing %}{% empty %}e{% endfor %}", "ye", 0},
    /* INVALID within an operator is false, as an exception is */
    {"{% if wrongly == 1 %}{% else %}n{% endif %}{{ a }}", "nA&lt;", 0},
};

static void test_accepted(void **state)
{
    for (size_t i = 0; i < COUNT(accepted); i++) {
        struct value_source source = {.text = "cog"};
        struct buffer out;
        enum status status = try(*state, accepted[i].source, &source, &out);
        check(status == OK, "%s: %s", accepted[i].source, status_failure()->message);
        check_text(buffer_contents(&out), accepted[i].expected, "%s", accepted[i].source);
        check(source.loads == accepted[i].loads, "%s: %d loads", accepted[i].source, source.loads);
    }
}

static void test_without_source(void **state)
{
    struct buffer out;
    assert_status(try(*state, "{{ port.name }}{{ port.ship }}{{ load }}{{ port.0 }}", NULL, &out),
                  OK);
    assert_text_equal(buffer_contents(&out), "Brest3");
}

static const char *const failing[] = {
    "\n{{ port.ship }}",
    "\n{{ load }}",
    "\n{{ load.0 }}",
    "\n{% if port.ship %}{% endif %}",
    "\n{% if not load %}{% endif %}",
    "\n{% if load == 1 %}{% endif %}",
    "\n{% if t and 1 == load or t %}{% endif %}",
    "\n{% for x in load %}{% endfor %}",
    "\n{% for x in l %}{% cycle load 1 %}{% endfor %}",
    "\n{% include load %}",
    "\n{% firstof load s %}",
    "\n{{ s|default:port.ship }}",
};

static void test_failures(void **state)
{
    for (size_t i = 0; i < COUNT(failing); i++) {
        struct value_source source = {.text = NULL};
        struct buffer out;
        check(try(*state, failing[i], &source, &out) == FAILED, "%s", failing[i]);
        assert_failure_says("t.html:2: the sea is rough in \"{");
        check(source.loads == 1, "%s: %d loads", failing[i], source.loads);
    }
}

static const struct CMUnitTest tests[] = {
    TEST(test_accepted),
    TEST(test_without_source),
    TEST(test_failures),
};
UNIT_MAIN(tests)
