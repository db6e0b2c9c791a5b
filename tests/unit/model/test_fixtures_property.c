/* Only on SQLite: the rows that Django wrote are in SQL of SQLite's;
 * tests/commands/fixtures.test.mjs loads and dumps on both. */
/* Random rows, dumped, loaded into an empty database and dumped again, are the same.
 * FIXTURES_SEED=NUMBER in the environment repeats a failure. */
#include "model/shop.h"

#include <time.h>

#include "model/query.h"

UNIT_CONNECTION(THINGS_SQL SAMPLES_SQL)

#define ROUNDS  12
#define OWNERS  10
#define SAMPLES 40

#define CLEAR_SQL                                                                                  \
    "DELETE FROM shop_sample_friends; UPDATE shop_sample SET rival_id = NULL, twin_id = NULL;"     \
    "DELETE FROM shop_sample; DELETE FROM shop_owner; DELETE FROM sqlite_sequence"

static uint64_t seed;
static uint64_t state_of_random;

/* xorshift64* */
static uint64_t random_number(uint64_t below)
{
    state_of_random ^= state_of_random >> 12;
    state_of_random ^= state_of_random << 25;
    state_of_random ^= state_of_random >> 27;
    return (state_of_random * UINT64_C(0x2545F4914F6CDD1D) >> 11) % below;
}

static bool chance(uint64_t in)
{
    return random_number(in) == 0;
}

static int64_t random_between(int64_t least, int64_t most)
{
    uint64_t span = (uint64_t)most - (uint64_t)least + 1;
    if (chance(4))
        return chance(2) ? least : most;
    return (int64_t)((uint64_t)least + random_number(span ? span : UINT64_MAX));
}

static struct text random_text(struct arena *arena, size_t length)
{
    static const char *const pieces[] = {
        "a", "Z", " ", "\"", "\\", "\n", "\t", "\x01", "\x7f", "é",           "\xF0\x9F\x98\x80",
        "{", "}", "[", "]",  ",",  ":",  "/",  "null", "'",    "\xE2\x80\xA8"};
    struct buffer out = {.arena = arena};
    size_t count = (size_t)random_number(length + 1);
    for (size_t i = 0; i < count; i++)
        buffer_text(&out, text_of(pieces[random_number(COUNT(pieces))]));
    return out.length ? buffer_contents(&out) : TEXT("");
}

static void put_random_json(struct buffer *out, struct arena *arena, int depth)
{
    static const char *const leaves[] = {
        "null", "true", "false",          "0",  "-7", "9223372036854775807", "0.1", "1e300",
        "-0.5", "\"\"", "\"\\u00fc\\n\"", "[]", "{}"};
    if (depth > 3 || chance(2)) {
        buffer_text(out, text_of(leaves[random_number(COUNT(leaves))]));
        return;
    }
    bool list = chance(2);
    size_t count = (size_t)random_number(4);
    buffer_char(out, list ? '[' : '{');
    for (size_t i = 0; i < count; i++) {
        buffer_format(out, i ? ", " : "");
        if (!list)
            buffer_format(out, "\"k%zu\": ", i);
        put_random_json(out, arena, depth + 1);
    }
    buffer_char(out, list ? ']' : '}');
}

/* As somebody would type it; milliseconds, which is as far as fixtures go. */
static struct text random_typed(const struct field *field, struct arena *arena)
{
    struct buffer out = {.arena = arena};
    if (field->type == &field_JSON)
        put_random_json(&out, arena, 0);
    else if (field->type == &field_UUID)
        buffer_format(&out, "%016llx%016llx", (unsigned long long)random_number(UINT64_MAX),
                      (unsigned long long)random_number(UINT64_MAX));
    else if (field->type == &field_DECIMAL)
        buffer_format(&out, "%lld.%02lld", (long long)random_between(-999, 999),
                      (long long)random_between(0, 99));
    if (field->type == &field_DATE || field->type == &field_DATETIME)
        buffer_format(&out, "%04lld-%02lld-%02lld", (long long)random_between(1, 9999),
                      (long long)random_between(1, 12), (long long)random_between(1, 28));
    if (field->type == &field_DATETIME)
        buffer_char(&out, 'T');
    if (field->type == &field_TIME || field->type == &field_DATETIME)
        buffer_format(&out, "%02lld:%02lld:%02lld.%03lld", (long long)random_between(0, 23),
                      (long long)random_between(0, 59), (long long)random_between(0, 59),
                      (long long)random_between(0, 999));
    return buffer_contents(&out);
}

static double random_real(void)
{
    static const double reals[] = {0, 1, 0.1, -2.5, 1e22, 5e-324, 1.7976931348623157e308, 1e16};
    return reals[random_number(COUNT(reals))] * (chance(2) ? 1 : 3.0 / 7);
}

static void fill_member(const struct field *field, struct sample *row, struct arena *arena)
{
    void *member = field_member(field, row);
    if (field->null && chance(5)) {
        field_set_null(field, row);
    } else if (field->type == &field_TEXT || field->type == &field_LONG_TEXT) {
        *(struct text *)member = random_text(arena, 8);
    } else if (field->type == &field_BOOLEAN) {
        *(bool *)member = chance(2);
    } else if (field->type == &field_FLOAT) {
        do
            *(double *)member = random_real();
        while (*(double *)member > 1.7976931348623157e308);
    } else if (field->type->json == FIELD_JSON_NUMBER) {
        *(int64_t *)member = random_between(field->type->min, field->type->max);
    } else {
        struct text why = field->type->parse(field, member, random_typed(field, arena), arena);
        check(!why.length, "%s: %.*s (seed %llu)", field->name, TEXT_ARG(why),
              (unsigned long long)seed);
    }
}

static void add_sample(struct arena *arena, int64_t key)
{
    struct sample row = {0};
    int64_t friends[OWNERS];
    size_t count = 0;
    for (size_t i = 1; i < sample_model.field_count; i++)
        if (sample_model.fields[i].column && !sample_model.fields[i].type->is_reference)
            fill_member(&sample_model.fields[i], &row, arena);
    row.id = key;
    row.code = text_format(arena, "%lld", (long long)key / 2); /* unique with the owner's parity */
    row.owner_id = 1 + key % 2;
    row.rival_id = chance(3) ? FIELD_NULL : random_between(1, SAMPLES);
    row.twin_id = chance(3) ? FIELD_NULL : SAMPLES + 1 - key;
    assert_status(model_insert(db, &sample_model, &row), OK);
    for (int64_t owner = 1; owner <= OWNERS; owner++)
        if (chance(4))
            friends[count++] = owner;
    assert_status(links_write(db, &sample_model, model_field(&sample_model, TEXT("friends")), key,
                              friends, count),
                  OK);
}

static enum status add_rows(struct db *connection, void *context)
{
    for (int64_t i = 1; i <= OWNERS; i++) {
        struct text name = random_text(context, 5);
        struct owner owner = {.id = i};
        owner.name = text_format(context, "%lld %.*s", (long long)i, TEXT_ARG(name));
        assert_status(model_insert(connection, &owner_model, &owner), OK);
    }
    for (int64_t key = 1; key <= SAMPLES; key++)
        add_sample(context, key);
    return OK;
}

static const char *seed_words(struct arena *arena)
{
    return text_format(arena, "FIXTURES_SEED=%llu", (unsigned long long)seed).at;
}

static void compare(struct arena *arena, struct fixture_dumping options)
{
    struct text before = TEXT_NONE;
    struct text after = TEXT_NONE;
    struct text exact = TEXT_NONE;
    struct text again = TEXT_NONE;
    struct fixture_dumping plain = {.indent = -1};
    size_t count = 0;
    assert_status(dump_with(db, arena, options, &before), OK);
    assert_status(dump_with(db, arena, plain, &exact), OK);
    assert_status(db_script(db, CLEAR_SQL), OK);
    check(load_with(db, (struct fixture_loading){0}, before, &count) == OK, "seed %llu: %s",
          (unsigned long long)seed, status_failure()->message);
    assert_int_equal(count, OWNERS + SAMPLES);
    assert_status(dump_with(db, arena, options, &after), OK);
    check_same(after, before, seed_words(arena));
    if (!options.natural_primary) {
        assert_status(dump_with(db, arena, plain, &again), OK);
        check_same(again, exact, seed_words(arena));
    }
}

static void test_rows_survive_the_way_through_json(void **state)
{
    const char *given = getenv("FIXTURES_SEED");
    seed = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
    state_of_random = seed * 2 + 1;
    for (int i = 0; i < ROUNDS; i++) {
        struct fixture_dumping options = {.indent = (int)random_number(4) - 1,
                                          .natural_foreign = chance(2),
                                          .natural_primary = chance(3)};
        if (options.natural_primary)
            options.natural_foreign = true; /* without keys, references need names */
        assert_status(db_transaction(db, add_rows, *state), OK);
        compare(*state, options);
        assert_status(db_script(db, CLEAR_SQL), OK);
    }
}

static const struct CMUnitTest tests[] = {
    CONNECTED_TEST(test_rows_survive_the_way_through_json),
};

UNIT_MAIN(tests)
