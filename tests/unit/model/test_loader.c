/* Also on PostgreSQL. */
/* Rows that templates reach through references that no query read along. */
#include "model/homes.h"

#include "base/buffer.h"
#include "model/loader.h"
#include "template/template.h"

UNIT_CONNECTION(HOMES_SQL)

static enum status load(void *source, struct arena *arena, struct text name,
                        struct template_source *out)
{
    (void)arena;
    *out = (struct template_source){text_of(source), TEXT("t.html")};
    return text_is(name, "t") ? OK : NOT_FOUND;
}

/* Once the homes are read, `script` runs on another connection; NULL: nothing happens. */
static enum status render_after(const char *script, struct arena *arena, const char *source,
                                struct value_source *rows, struct text *out)
{
    struct template_host host = {.context = (void *)(uintptr_t)source, .load = load};
    const struct template_request request = {.source = rows};
    const struct query query = {.model = &home_model, .order = NAMES("pk")};
    struct value_map *context = value_map_new(arena);
    struct buffer page = {.arena = arena};
    struct row_list homes;
    assert_status(query_rows(db, arena, &query, &homes), OK);
    struct value *items = ARENA_ARRAY(arena, struct value, homes.count);
    for (size_t i = 0; i < homes.count; i++)
        items[i] = model_value(&home_model, homes.items[i], arena);
    value_map_set(context, TEXT("homes"), value_list(arena, items, homes.count));
    value_map_set(context, TEXT("home"), items[0]);
    struct db *other = unit_database();
    if (script)
        assert_status(db_script(other, script), OK);
    enum status status =
        template_render(template_set_new(arena, &host), TEXT("t"), &request, context, arena, &page);
    *out = buffer_contents(&page);
    db_close(other);
    return status;
}

static enum status render(struct arena *arena, const char *source, struct value_source *rows,
                          struct text *out)
{
    return render_after(NULL, arena, source, rows, out);
}

struct render_row {
    const char *source;
    const char *expected;
};

static const struct render_row rows[] = {
    {"{{ home.title }} {{ home.pk }} {{ home.region_id }} {{ home.beds }}", "Blue Door 1 2 4"},
    {"{{ home.region.name }}, {{ home.region.parent.name }}", "North, Coast"},
    {"{{ home.region.parent.parent }}{{ home.region.parent.parent.name }}", "None"},
    {"{{ home.region.nope }}{{ home.nope.name }}", ""},
    {"{% for h in homes %}{{ h.agent.name|default:\"nobody\" }} {% endfor %}",
     "Ada nobody Ada Grace "},
    {"{% for h in homes %}{{ h.agent }};{% endfor %}",
     "agent object (1);None;agent object (1);agent object (2);"},
    {"{% for h in homes %}{% if h.region.parent %}{{ h.title }},{% endif %}{% endfor %}",
     "Blue Door,Attic,"},
    {"{% if home.region == home.region and home.region.name == \"North\" %}same{% endif %}",
     "same"},
    {"{% regroup homes by region.name as all %}{% for each in all %}{{ each.grouper }}:"
     "{{ each.list|length }} {% endfor %}",
     "North:1 South:1 Hills:2 "},
    {"{% for h in homes|dictsort:\"region.name\" %}{{ h.pk }}{% endfor %}", "3412"},
    {"{% with r=home.region %}{{ r.name }}{% endwith %}", "North"},
};

static void test_loaded(void **state)
{
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct value_source source = {.db = db, .arena = *state};
        struct text out;
        check(render(*state, rows[i].source, &source, &out) == OK, "%s: %s", rows[i].source,
              status_failure()->message);
        check_text(out, rows[i].expected, "%s", rows[i].source);
    }
}

/* Without a source there is nothing more than what was read. */
static void test_without_source(void **state)
{
    struct text out;
    assert_status(render(*state, "{{ home.title }}{{ home.region.name }}", NULL, &out), OK);
    assert_text_equal(out, "Blue Door");
}

static void test_each_row_is_read_once(void **state)
{
    struct value_source source = {.db = db, .arena = *state};
    struct text out;
    const char *page = "{% for h in homes %}{{ h.region.name }}{{ h.region.name }}"
                       "{{ h.agent.name }}{% endfor %}";
    assert_status(render(*state, page, &source, &out), OK);
    assert_text_equal(out, "NorthNorthAdaSouthSouthHillsHillsAdaHillsHillsGrace");
    assert_int_equal(source.loaded.count, 2);
    assert_int_equal(source.loaded.items[0].rows->count, 3);
    assert_int_equal(source.loaded.items[1].rows->count, 2);
}

/* What was read along is not read again. */
static void test_read_along(void **state)
{
    struct value_source source = {.db = db, .arena = *state};
    const struct query query = {.model = &home_model, .related = NAMES("region__parent")};
    struct value value;
    const struct home *home;
    assert_status(query_first(db, *state, &query, &home), OK);
    assert_true(model_get(&home_model, home, TEXT("region"), *state, &value));
    assert_false(model_get(&home_model, home, TEXT("agent"), *state, &value));
    assert_true(model_get(&home_model, home, TEXT("agent_id"), *state, &value));
    assert_status(model_load(&home_model, home, TEXT("agent"), &source, *state, &value), OK);
    assert_status(model_load(&home_model, home, TEXT("agent_id"), &source, *state, &value),
                  NOT_FOUND);
    assert_status(model_load(&home_model, home, TEXT("title"), &source, *state, &value), NOT_FOUND);
    assert_status(model_load(&home_model, home, TEXT("tags"), &source, *state, &value), NOT_FOUND);
}

/* Where somebody took out a row behind SQLite's back, it is as Django's DoesNotExist. */
static void test_a_row_that_is_gone(void **state)
{
    struct value_source source = {.db = db, .arena = *state};
    struct text out;
    assert_status(db_script(db, WITHOUT_REFERENCES("DELETE FROM stay_region WHERE id = 2")), OK);
    assert_status(render(*state, "[{{ home.region.name }}{{ home.region }}]", &source, &out), OK);
    assert_text_equal(out, "[]");
}

static const char *const failing[] = {
    "\n{{ home.region.name }}",
    "\n{{ home.region }}",
    "\n{% if home.region %}{% endif %}",
    "\n{% if home.region.name == 1 or home.title %}{% endif %}",
    "\n{% if not home.region.name %}{% endif %}",
    "\n{% for x in home.region.name %}{% endfor %}",
    "\n{% with x=home.region.name %}{% endwith %}",
    "\n{% firstof home.region.name home.title %}",
    "\n{{ home.title|default:home.region.name }}",
    "\n{% for h in homes|dictsort:\"region.name\" %}{% endfor %}",
    "\n{% regroup homes by region.name as all %}",
    "\n{% ifchanged home.region.name %}{% endifchanged %}",
    "\n{% widthratio home.region.name 1 2 %}",
};

static void check_failures(struct arena *arena, const char *script, struct db *from,
                           enum status expected, const char *says)
{
    for (size_t i = 0; i < COUNT(failing); i++) {
        struct value_source source = {.db = from, .arena = arena};
        struct text out;
        enum status status = render_after(script, arena, failing[i], &source, &out);
        check(status == expected, "%s gives %d: %s", failing[i], status, status_failure()->message);
        assert_failure_says("t.html:2: ");
        assert_failure_says(says);
    }
}

/* The failure of the load is the rendering's, with the place that named the row. */
static void test_failures(void **state)
{
    check_failures(*state, NULL, NULL, FAILED,
                   "region 2 cannot be read: this page uses no database");
    assert_failure_says("in \"{% widthratio home.region.name 1 2 %}\"");
    if (!unit_is_postgres()) /* whose readers no writer locks out */
        check_failures(*state, "BEGIN EXCLUSIVE", db, BUSY, "locked");
    assert_status(db_script(db, unit_is_postgres()
                                    ? "DROP TABLE stay_region CASCADE"
                                    : "PRAGMA foreign_keys = OFF; DROP TABLE stay_region"),
                  OK);
    check_failures(*state, NULL, db, FAILED, "stay_region");
}

static const struct CMUnitTest tests[] = {
    CONNECTED_TEST(test_loaded),
    CONNECTED_TEST(test_without_source),
    CONNECTED_TEST(test_each_row_is_read_once),
    CONNECTED_TEST(test_read_along),
    CONNECTED_TEST(test_a_row_that_is_gone),
    CONNECTED_TEST(test_failures),
};
UNIT_MAIN(tests)
