/* Only on SQLite: the rows that Django wrote are in SQL of SQLite's;
 * tests/commands/fixtures.test.mjs loads and dumps on both. */
/* Dumps of recorded/samples.sql against what Django 3.2's dumpdata wrote of the same tables. */
#include "model/shop.h"

UNIT_CONNECTION(THINGS_SQL SAMPLES_SQL)

#define RECORDED "tests/unit/model/recorded/"

static void fill(struct arena *arena)
{
    assert_status(db_script(db, text_string(arena, read_whole(arena, RECORDED "samples.sql"))), OK);
}

static const struct {
    const char *path;
    struct fixture_dumping options;
} recorded[] = {
    {RECORDED "all.json", {.indent = -1}},
    {RECORDED "natural.json",
     {.indent = 2, .natural_foreign = true, .natural_primary = true, .labels = NAMES("shop")}},
    {RECORDED "indent-0.json", {.indent = 0, .labels = NAMES("shop.Sample"), .keys = NAMES("2")}},
};

static void test_bytes_are_those_of_django(void **state)
{
    fill(*state);
    for (size_t i = 0; i < COUNT(recorded); i++) {
        struct text dumped = TEXT_NONE;
        struct text expected = read_whole(*state, recorded[i].path);
        assert_status(dump_with(db, *state, recorded[i].options, &dumped), OK);
        check_same(dumped, expected, recorded[i].path);
    }
}

static void test_what_django_wrote_loads(void **state)
{
    fill(*state);
    for (size_t i = 0; i < 2; i++) {
        struct text json = read_whole(*state, recorded[i].path);
        struct text dumped = TEXT_NONE;
        size_t count = 0;
        assert_status(db_script(db, "DELETE FROM shop_sample_friends; DELETE FROM shop_sample;"
                                    "DELETE FROM shop_owner; DELETE FROM sqlite_sequence"),
                      OK);
        assert_status(load_with(db, (struct fixture_loading){0}, json, &count), OK);
        assert_int_equal(count, 7);
        assert_status(dump_with(db, *state, recorded[i].options, &dumped), OK);
        check_same(dumped, json, recorded[i].path);
    }
}

/* What is written of the models: their names, in order. */
static const struct {
    const char *labels[4];
    const char *excluded[3];
    bool natural;
    const char *order;
} chosen[] = {
    {{NULL}, {NULL}, false, "owner sample"},
    {{"shop"}, {NULL}, false, "owner sample"},
    {{"shop.sample"}, {NULL}, false, "sample"},
    {{"shop.SAMPLE", "shop.owner"}, {NULL}, false, "sample owner"},
    {{"shop.sample", "shop.owner"}, {NULL}, true, "owner sample"},
    {{"shop.sample", "shop"}, {NULL}, false, "owner sample"},
    {{"shop", "shop.owner"}, {NULL}, false, "owner sample"},
    {{"shop"}, {"shop.owner"}, true, "sample"},
    {{"shop"}, {"shop.sample", "shop.Owner"}, false, ""},
    {{"shop"}, {"shop"}, false, ""},
};

static struct text models_of(struct arena *arena, struct text dumped)
{
    struct buffer out = {.arena = arena};
    struct text last = TEXT_NONE;
    size_t at;
    while ((at = text_find(dumped, TEXT("\"shop."))) != TEXT_NOT_FOUND) {
        dumped = text_from(dumped, at + strlen("\"shop."));
        struct text name = text_part(dumped, 0, text_find_char(dumped, '"'));
        if (!text_equal(name, last))
            buffer_format(&out, "%s%.*s", out.length ? " " : "", TEXT_ARG(name));
        last = name;
    }
    return buffer_contents(&out);
}

static void test_models_and_their_order(void **state)
{
    fill(*state);
    for (size_t i = 0; i < COUNT(chosen); i++) {
        struct text dumped = TEXT_NONE;
        struct fixture_dumping options = {.labels = chosen[i].labels,
                                          .excluded = chosen[i].excluded,
                                          .natural_foreign = chosen[i].natural,
                                          .indent = -1};
        assert_status(dump_with(db, *state, options, &dumped), OK);
        check_text(models_of(*state, dumped), chosen[i].order, "row %zu", i);
    }
}

static void test_nothing_to_write(void **state)
{
    struct text dumped = TEXT_NONE;
    struct fixture_dumping options = {.indent = -1};
    assert_status(dump_with(db, *state, options, &dumped), OK);
    assert_text_equal(dumped, "[]");
    options.indent = 1;
    assert_status(dump_with(db, *state, options, &dumped), OK);
    assert_text_equal(dumped, "[\n]\n");
    options.keys = NAMES("5", "6");
    options.labels = NAMES("shop.owner");
    assert_status(dump_with(db, *state, options, &dumped), OK);
    assert_text_equal(dumped, "[\n]\n");
}

static const struct {
    const char *labels[3];
    const char *excluded[2];
    const char *keys[2];
    const char *words;
} refused[] = {
    {{"absent"}, {NULL}, {NULL}, "no app with models \"absent\""},
    {{"Shop"}, {NULL}, {NULL}, "no app with models \"Shop\""},
    {{"shop.absent"}, {NULL}, {NULL}, "no model \"shop.absent\""},
    {{"shop."}, {NULL}, {NULL}, "no model \"shop.\""},
    {{""}, {NULL}, {NULL}, "no app with models \"\""},
    {{"shop"}, {"absent"}, {NULL}, "no app with models \"absent\""},
    {{"shop"}, {"shop.absent"}, {NULL}, "no model \"shop.absent\""},
    {{NULL}, {NULL}, {"1"}, "one model only"},
    {{"shop"}, {NULL}, {"1"}, "one model only"},
    {{"shop.owner", "shop.thing"}, {NULL}, {"1"}, "one model only"},
    {{"shop.owner"}, {NULL}, {"Ada"}, "\"Ada\" is no key of shop.owner"},
    {{"shop.owner"}, {NULL}, {""}, "\"\" is no key of shop.owner"},
    {{"shop.owner"}, {NULL}, {"1.5"}, "is no key"},
};

static void test_refusals(void **state)
{
    fill(*state);
    for (size_t i = 0; i < COUNT(refused); i++) {
        struct text dumped;
        struct fixture_dumping options = {.labels = refused[i].labels,
                                          .excluded = refused[i].excluded,
                                          .keys = refused[i].keys[0] ? refused[i].keys : NULL};
        check(dump_with(db, *state, options, &dumped) == INVALID, "row %zu", i);
        assert_failure_says(refused[i].words);
    }
}

static const struct {
    const char *sql;
    const char *words;
} unwritable[] = {
    {"UPDATE shop_owner SET name = CAST(x'ff' AS TEXT) WHERE id = 2",
     "shop.owner 2: the field \"name\": what is stored is no UTF-8"},
    {"UPDATE shop_sample SET real = 9e999 WHERE id = 3", "shop.sample 3: the field \"real\": inf"},
    {"PRAGMA ignore_check_constraints = ON; UPDATE shop_sample SET extra = '{' WHERE id = 1",
     "shop.sample 1: the field \"extra\": what is stored is no JSON"},
    {"PRAGMA foreign_keys = OFF; UPDATE shop_sample SET rival_id = 77 WHERE id = 2",
     "shop.sample 2: the field \"rival\": it refers to a row that is not there"},
};

static void test_rows_that_cannot_be_written(void **state)
{
    for (size_t i = 0; i < COUNT(unwritable); i++) {
        struct text dumped;
        struct fixture_dumping options = {.natural_foreign = true};
        fill(*state);
        assert_status(db_script(db, unwritable[i].sql), OK);
        check(dump_with(db, *state, options, &dumped) == INVALID, "%s", unwritable[i].sql);
        assert_failure_says(unwritable[i].words);
        assert_status(db_script(db, "DELETE FROM shop_sample_friends; DELETE FROM shop_sample;"
                                    "DELETE FROM shop_owner"),
                      OK);
    }
}

static void test_full_disk(void **state)
{
    size_t written;
    struct fixture_dumping options = {.models = shop_models};
    FILE *full = fopen("/dev/full", "we");
    if (!full)
        skip();
    fill(*state);
    assert_status(fixtures_dump(db, full, &options, &written), FAILED);
    assert_failure_says("cannot be written");
    fclose(full);
    assert_status(db_script(db, "BEGIN; COMMIT"), OK); /* none is left open */
}

static const struct CMUnitTest tests[] = {
    CONNECTED_TEST(test_bytes_are_those_of_django),
    CONNECTED_TEST(test_what_django_wrote_loads),
    CONNECTED_TEST(test_models_and_their_order),
    CONNECTED_TEST(test_nothing_to_write),
    CONNECTED_TEST(test_refusals),
    CONNECTED_TEST(test_rows_that_cannot_be_written),
    CONNECTED_TEST(test_full_disk),
};

UNIT_MAIN(tests)
