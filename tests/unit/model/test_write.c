/* Also on PostgreSQL. */
#include "model/homes.h"

#include "model/deletion.h"

UNIT_CONNECTION(HOMES_SQL)

static void test_insert_gives_the_key(void **state)
{
    struct home *home = model_new(&home_model, *state);
    home->title = TEXT("New");
    home->region_id = 4;
    assert_true(home->beds == FIELD_NULL);
    assert_status(model_insert(db, &home_model, home), OK);
    assert_int_equal(home->id, 5);
    struct home *read;
    assert_status(model_find(db, *state, &home_model, DB_INT(5), &read), OK);
    assert_text_equal(read->title, "New");
    assert_true(read->beds == FIELD_NULL);
    assert_true(read->agent_id == FIELD_NULL);
}

static void test_insert_of_a_key(void **state)
{
    struct agent *agent = model_new(&agent_model, *state);
    agent->id = 77;
    agent->name = TEXT("Joan");
    assert_status(model_insert(db, &agent_model, agent), OK);
    assert_int_equal(agent->id, 77);
    agent->name = TEXT("Another");
    assert_status(model_insert(db, &agent_model, agent), CONFLICT);
    agent->id = 0;
    agent->name = TEXT("Joan");
    assert_status(model_insert(db, &agent_model, agent), CONFLICT);
    assert_int_equal(agent->id, 0);
    assert_integer(db, 3, "SELECT COUNT(*) FROM stay_agent");
}

static void test_insert_of_many(void **state)
{
    enum { MANY = 150 };
    struct tag *tags[MANY];
    for (size_t i = 0; i < MANY; i++) {
        tags[i] = model_new(&tag_model, *state);
        tags[i]->word = text_format(*state, "Tag %zu", i);
    }
    assert_status(model_insert_all(db, &tag_model, NULL, 0), OK);
    assert_status(model_insert_all(db, &tag_model, (void *const *)tags, MANY), OK);
    assert_integer(db, MANY, "SELECT COUNT(DISTINCT word) FROM stay_tag WHERE word LIKE 'Tag %'");
    tags[1]->id = tags[0]->id = 9001;
    assert_status(model_insert_all(db, &tag_model, (void *const *)tags, 2), CONFLICT);
    assert_integer(db, 0, "SELECT COUNT(*) FROM stay_tag WHERE id = 9001");
    tags[1]->id = 9002;
    assert_status(model_insert_all(db, &tag_model, (void *const *)tags, 2), OK);
    assert_integer(db, 2, "SELECT COUNT(*) FROM stay_tag WHERE id IN (9001, 9002)");
}

static void test_update_writes_what_changed(void **state)
{
    struct home *before;
    assert_status(model_find(db, *state, &home_model, DB_INT(1), &before), OK);
    assert_status(db_script(db, "UPDATE stay_home SET beds = 9 WHERE id = 1"), OK);
    struct home after = *before;
    after.title = TEXT("Red Door");
    after.agent_id = FIELD_NULL;
    assert_status(model_update(db, &home_model, before, &after), OK);
    assert_integer(db, 1,
                   "SELECT COUNT(*) FROM stay_home WHERE id = 1 AND title = 'Red Door' AND beds = 9"
                   " AND agent_id IS NULL");
    assert_status(model_update(db, &home_model, &after, &after), OK);
    struct home gone = *before;
    gone.id = 99;
    assert_status(model_update(db, &home_model, &gone, &after), NOT_FOUND);
}

static void test_links(void **state)
{
    static const struct {
        int64_t keys[4];
        size_t count;
        size_t after;
    } rows[] = {{{2, 3}, 2, 2}, {{3, 3, 1}, 3, 2}, {{0}, 0, 0}, {{1, 2, 3}, 3, 3}};
    const struct field *tags = model_field(&home_model, TEXT("tags"));
    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t *keys;
        size_t count;
        assert_status(links_write(db, &home_model, tags, 1, rows[i].keys, rows[i].count), OK);
        assert_status(links_read(db, *state, &home_model, tags, 1, &keys, &count), OK);
        check(count == rows[i].after, "row %zu: %zu", i, count);
        for (size_t k = 1; k < count; k++)
            assert_true(keys[k - 1] < keys[k]);
    }
    static const int64_t none[] = {99};
    assert_int_not_equal(links_write(db, &home_model, tags, 1, none, 1), OK);
    assert_integer(db, 1, "SELECT COUNT(*) FROM stay_home_tags WHERE home_id = 4");
}

static enum status delete_it(struct db *connection, void *deletion)
{
    return deletion_run(connection, deletion);
}

static size_t keys_in(const deletion_groups *groups)
{
    size_t count = 0;
    for (size_t i = 0; i < groups->count; i++)
        count += groups->items[i].keys.count;
    return count;
}

static void test_deletion(void **state)
{
    const struct {
        const struct model *model;
        int64_t key;
        enum status collected, done;
        size_t deleted, unlinked, protectors;
    } rows[] = {
        {&home_model, 99, NOT_FOUND, OK, 0, 0, 0}, {&home_model, 4, OK, CONFLICT, 1, 0, 1},
        {&region_model, 4, OK, CONFLICT, 3, 0, 1}, {&agent_model, 1, OK, OK, 1, 2, 0},
        {&tag_model, 2, OK, OK, 1, 0, 0},          {&region_model, 1, OK, OK, 5, 0, 0},
        {&booking_model, 1, OK, OK, 1, 0, 0},      {&region_model, 4, OK, OK, 3, 0, 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct deletion deletion;
        check(deletion_collect(db, *state, home_models, rows[i].model, rows[i].key, &deletion)
                  == rows[i].collected,
              "row %zu: %s", i, status_failure()->message);
        check(keys_in(&deletion.deleted) == rows[i].deleted, "row %zu: %zu deleted", i,
              keys_in(&deletion.deleted));
        check(keys_in(&deletion.unlinked) == rows[i].unlinked, "row %zu", i);
        check(keys_in(&deletion.protectors) == rows[i].protectors, "row %zu", i);
        if (rows[i].collected == OK)
            check(db_transaction(db, delete_it, &deletion) == rows[i].done, "row %zu: %s", i,
                  status_failure()->message);
    }
    assert_integer(db, 0, "SELECT COUNT(*) FROM stay_home");
    assert_integer(db, 0, "SELECT COUNT(*) FROM stay_region");
    assert_integer(db, 0, "SELECT COUNT(*) FROM stay_home_tags");
    assert_integer(db, 1, "SELECT COUNT(*) FROM stay_agent");
    assert_integer(db, 2, "SELECT COUNT(*) FROM stay_tag");
}

/* Those that are not there are left out, those that are named twice go once, and one that forbids
 * it keeps all. */
static void test_deletion_of_several(void **state)
{
    const struct {
        const struct model *model;
        int64_t keys[4];
        size_t count;
        size_t deleted, unlinked, protectors;
    } rows[] = {
        {&home_model, {0}, 0, 0, 0, 0},         {&home_model, {98, 99}, 2, 0, 0, 0},
        {&home_model, {1, 2, 99}, 3, 2, 0, 0},  {&home_model, {1, 1, 2, 1}, 4, 2, 0, 0},
        {&home_model, {1, 4}, 2, 2, 0, 1},      {&agent_model, {1, 2}, 2, 2, 3, 0},
        {&region_model, {2, 1, 3}, 3, 5, 0, 0}, {&region_model, {1, 4}, 2, 8, 0, 1},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct deletion deletion;
        check(deletion_collect_rows(db, *state, home_models, rows[i].model, rows[i].keys,
                                    rows[i].count, &deletion)
                  == OK,
              "row %zu: %s", i, status_failure()->message);
        check(keys_in(&deletion.deleted) == rows[i].deleted, "row %zu: %zu deleted", i,
              keys_in(&deletion.deleted));
        check(keys_in(&deletion.unlinked) == rows[i].unlinked, "row %zu: %zu unlinked", i,
              keys_in(&deletion.unlinked));
        check(keys_in(&deletion.protectors) == rows[i].protectors, "row %zu", i);
        if (rows[i].protectors)
            check(db_transaction(db, delete_it, &deletion) == CONFLICT, "row %zu", i);
    }
    static const int64_t regions[] = {1, 2, 3};
    struct deletion deletion;
    assert_status(deletion_collect_rows(db, *state, home_models, &region_model, regions, 3,
                                        &deletion),
                  OK);
    assert_status(db_transaction(db, delete_it, &deletion), OK);
    assert_integer(db, 1, "SELECT COUNT(*) FROM stay_region");
    assert_integer(db, 2, "SELECT COUNT(*) FROM stay_home");
}

static void test_deletion_of_rows_that_refer_to_each_other(void **state)
{
    struct deletion deletion;
    assert_status(db_script(db, "UPDATE stay_region SET parent_id = 3 WHERE id = 1"), OK);
    assert_status(deletion_collect(db, *state, home_models, &region_model, 2, &deletion), OK);
    assert_int_equal(keys_in(&deletion.deleted), 2);
    assert_status(deletion_collect(db, *state, home_models, &region_model, 1, &deletion), OK);
    assert_int_equal(keys_in(&deletion.deleted), 5);
    assert_status(db_transaction(db, delete_it, &deletion), OK);
    assert_integer(db, 1, "SELECT COUNT(*) FROM stay_region");
}

static const struct CMUnitTest tests[] = {
    CONNECTED_TEST(test_insert_gives_the_key),
    CONNECTED_TEST(test_insert_of_a_key),
    CONNECTED_TEST(test_insert_of_many),
    CONNECTED_TEST(test_update_writes_what_changed),
    CONNECTED_TEST(test_links),
    CONNECTED_TEST(test_deletion),
    CONNECTED_TEST(test_deletion_of_several),
    CONNECTED_TEST(test_deletion_of_rows_that_refer_to_each_other),
};

UNIT_MAIN(tests)
