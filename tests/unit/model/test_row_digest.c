/* Also on PostgreSQL. */
/* What changes a row's digest, and what does not. */
#include "model/homes.h"
#include "model/things.h"

#include "model/row_digest.h"

UNIT_CONNECTION(HOMES_SQL THINGS_SQL SAMPLES_SQL
                "INSERT INTO shop_owner VALUES (1, 'Ada'), (2, 'Grace');"
                "INSERT INTO shop_sample (id, code, words, size, big_natural, open, real, owner_id)"
                " VALUES (1, 'a', 'b', 's', 1, TRUE, 0.1, 1)")

#define SECRET TEXT("a secret of the site")

static struct text digest_of_home(struct arena *arena, int64_t key, const char *const *names)
{
    struct text out = TEXT_NONE;
    assert_status(row_digest(db, arena, &home_model, DB_INT(key), names, SECRET, &out), OK);
    return out;
}

static struct text digest_of_sample(struct arena *arena)
{
    struct text out = TEXT_NONE;
    assert_status(row_digest(db, arena, &sample_model, DB_INT(1), NULL, SECRET, &out), OK);
    return out;
}

/* Kept by people's forms over a restart: it may not change from build to build by accident. */
static void test_is_the_same_in_every_process(void **state)
{
    assert_text_equal(digest_of_home(*state, 1, NULL), "8f51d2c268c0a4fb53ee48cd42ddcf2a");
    assert_true(text_equal(digest_of_home(*state, 1, NULL), digest_of_home(*state, 1, NULL)));
}

static void test_is_another_after_any_change(void **state)
{
    static const char *const changes[] = {
        "UPDATE stay_home SET title = 'Blue  Door' WHERE id = 1",
        "UPDATE stay_home SET title = '' WHERE id = 1",
        "UPDATE stay_home SET beds = NULL WHERE id = 1",
        "UPDATE stay_home SET beds = 0 WHERE id = 1",
        "UPDATE stay_home SET region_id = 3 WHERE id = 1",
        "UPDATE stay_home SET agent_id = NULL WHERE id = 1",
        "INSERT INTO stay_home_tags (home_id, tag_id) VALUES (1, 3)",
        "DELETE FROM stay_home_tags WHERE home_id = 1 AND tag_id = 1",
        "DELETE FROM stay_home_tags WHERE home_id = 1",
    };
    LIST(struct text) seen = {0};
    for (size_t i = 0; i < COUNT(changes); i++) {
        *LIST_PUSH(*state, &seen) = digest_of_home(*state, 1, NULL);
        assert_status(db_script(db, changes[i]), OK);
        struct text now = digest_of_home(*state, 1, NULL);
        for (size_t k = 0; k < seen.count; k++)
            check(!text_equal(now, seen.items[k]), "%s is as before change %zu", changes[i], k);
    }
}

static void test_stays_when_others_change(void **state)
{
    struct text before = digest_of_home(*state, 1, NULL);
    assert_status(db_script(db, "UPDATE stay_home SET title = 'x' WHERE id <> 1;"
                                "INSERT INTO stay_home_tags (home_id, tag_id) VALUES (2, 3);"
                                "UPDATE stay_tag SET word = 'x';"
                                "UPDATE stay_home_tags SET id = id + 100"),
                  OK);
    assert_true(text_equal(before, digest_of_home(*state, 1, NULL)));
}

/* Columns side by side are not taken for each other. */
static void test_knows_where_a_value_ends(void **state)
{
    struct text before = digest_of_sample(*state);
    assert_status(db_script(db, "UPDATE shop_sample SET code = 'ab', words = ''"), OK);
    assert_false(text_equal(before, digest_of_sample(*state)));
}

static void test_sees_the_last_bit_of_a_float(void **state)
{
    struct text before = digest_of_sample(*state);
    assert_status(db_script(db, "UPDATE shop_sample SET real = 0.1 + 1e-16"), OK);
    assert_false(text_equal(before, digest_of_sample(*state)));
    assert_status(db_script(db, "UPDATE shop_sample SET real = 0.1"), OK);
    assert_true(text_equal(before, digest_of_sample(*state)));
}

static void test_of_some_fields(void **state)
{
    const char *const *names = NAMES("title", "tags");
    struct text before = digest_of_home(*state, 1, names);
    assert_status(db_script(db, "UPDATE stay_home SET beds = 9, agent_id = 2 WHERE id = 1"), OK);
    assert_true(text_equal(before, digest_of_home(*state, 1, names)));
    assert_status(db_script(db, "DELETE FROM stay_home_tags WHERE home_id = 1"), OK);
    assert_false(text_equal(before, digest_of_home(*state, 1, names)));
}

static void test_needs_the_secret(void **state)
{
    struct text other = TEXT_NONE;
    assert_status(row_digest(db, *state, &home_model, DB_INT(1), NULL, TEXT("another"), &other),
                  OK);
    assert_int_equal(other.length, 32);
    assert_false(text_equal(other, digest_of_home(*state, 1, NULL)));
}

/* Rows of one content have digests of their own, or one could be passed for the other. */
static void test_belongs_to_one_row(void **state)
{
    assert_status(db_script(db, "INSERT INTO stay_home SELECT 9, title, beds, region_id, agent_id "
                                "FROM stay_home WHERE id = 2"),
                  OK);
    assert_false(text_equal(digest_of_home(*state, 2, NULL), digest_of_home(*state, 9, NULL)));
    assert_false(text_equal(digest_of_home(*state, 2, NAMES("title")),
                            digest_of_home(*state, 9, NAMES("title"))));
}

static void test_a_row_that_is_gone(void **state)
{
    struct text out;
    assert_status(row_digest(db, *state, &home_model, DB_INT(99), NULL, SECRET, &out), NOT_FOUND);
}

static const struct CMUnitTest tests[] = {
    CONNECTED_TEST(test_is_the_same_in_every_process),
    CONNECTED_TEST(test_is_another_after_any_change),
    CONNECTED_TEST(test_stays_when_others_change),
    CONNECTED_TEST(test_knows_where_a_value_ends),
    CONNECTED_TEST(test_sees_the_last_bit_of_a_float),
    CONNECTED_TEST(test_of_some_fields),
    CONNECTED_TEST(test_needs_the_secret),
    CONNECTED_TEST(test_belongs_to_one_row),
    CONNECTED_TEST(test_a_row_that_is_gone),
};

UNIT_MAIN(tests)
