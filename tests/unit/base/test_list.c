#include "unit.h"

#include "base/list.h"

static void test_items_stay_while_the_list_grows(void **state)
{
    LIST(int) list = {0};
    for (int i = 0; i < 1000; i++) {
        *LIST_PUSH(*state, &list) = i;
        if (i % 7 == 0)
            arena_alloc(*state, 8); /* the list is no longer the newest allocation */
    }
    assert_int_equal(list.count, 1000);
    for (int i = 0; i < 1000; i++)
        check(list.items[i] == i, "item %d", i);
}

static void test_pushed_item_is_zeroed(void **state)
{
    LIST(struct text) list = {0};
    memset(arena_alloc(*state, 3000), 0xFF, 3000);
    arena_reset(*state);
    for (size_t i = 0; i < 50; i++) {
        struct text *item = LIST_PUSH(*state, &list);
        check(item->at == NULL && item->length == 0, "item %zu", i);
        *item = TEXT("used");
    }
    list.count = 10; /* what was dropped is zeroed when it is pushed again */
    assert_null(LIST_PUSH(*state, &list)->at);
    assert_int_equal(list.count, 11);
}

static void test_empty_list_has_no_items(void **state)
{
    LIST(double) list = {0};
    (void)state;
    assert_int_equal(list.count, 0);
    assert_null(list.items);
}

static void reserve_too_much(void *arena)
{
    size_t capacity = SIZE_MAX / 4;
    list_reserve(arena, arena, capacity, &capacity, 16);
}

static void test_impossible_size_aborts(void **state)
{
    assert_true(unit_aborts(reserve_too_much, *state));
}

static const struct CMUnitTest tests[] = {
    TEST(test_items_stay_while_the_list_grows),
    TEST(test_pushed_item_is_zeroed),
    TEST(test_empty_list_has_no_items),
    TEST(test_impossible_size_aborts),
};

UNIT_MAIN(tests)
