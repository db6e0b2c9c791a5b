/* Values: equality, order, truth and text as Python's. */
#include "unit.h"

#include <math.h>

#include "base/buffer.h"
#include "template/value.h"

static void test_floats(void **state)
{
    static const struct {
        double real;
        const char *expected;
    } rows[] = {
        {0.0, "0.0"},
        {-0.0, "-0.0"},
        {1.0, "1.0"},
        {-1.5, "-1.5"},
        {0.1, "0.1"},
        {1.0 / 3, "0.3333333333333333"},
        {1e15, "1000000000000000.0"},
        {1e16, "1e+16"},
        {1e22, "1e+22"},
        {1e-4, "0.0001"},
        {1e-5, "1e-05"},
        {5e-324, "5e-324"},
        {1.7976931348623157e308, "1.7976931348623157e+308"},
        {123456789.125, "123456789.125"},
        {-37563.23, "-37563.23"},
        {2.675, "2.675"},
        {100.0, "100.0"},
        {0.30000000000000004, "0.30000000000000004"},
        {(double)NAN, "nan"},
        {-(double)INFINITY, "-inf"},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        check_text(value_to_text(value_float(rows[i].real), *state), rows[i].expected, "row %zu",
                   i);
}

static void test_compare(void **state)
{
    const struct value one = value_integer(1);
    const struct {
        struct value a, b;
        bool ordered;
        int order;
    } rows[] = {
        {one, value_bool(true), true, 0},
        {one, value_float(1.5), true, -1},
        {one, value_decimal(TEXT("1.00")), true, 0},
        {one, value_string("1"), false, 0},
        {one, VALUE_NULL, false, 0},
        {value_string("a"), value_safe(TEXT("a")), true, 0},
        {value_string("a"), value_string("b"), true, -1},
        {value_integer(INT64_MAX), value_integer(INT64_MAX - 1), true, 1},
        {value_float((double)NAN), value_float((double)NAN), false, 0},
        {VALUE_NULL, VALUE_NULL, false, 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        int order = 0;
        check(value_compare(rows[i].a, rows[i].b, &order) == rows[i].ordered, "row %zu", i);
        check(!rows[i].ordered || order == rows[i].order, "row %zu", i);
        check(value_equal(rows[i].a, rows[i].b) == (rows[i].ordered && rows[i].order == 0)
                  || rows[i].a.kind == VALUE_NONE,
              "row %zu", i);
    }
    assert_true(value_equal(VALUE_NULL, VALUE_NULL));
}

static void test_truth(void **state)
{
    struct arena *arena = *state;
    const struct {
        struct value value;
        bool truth;
    } rows[] = {
        {VALUE_NULL, false},
        {value_bool(false), false},
        {value_integer(0), false},
        {value_integer(-1), true},
        {value_float(0), false},
        {value_string(""), false},
        {value_string("0"), true},
        {value_list(arena, NULL, 0), false},
        {value_map(value_map_new(arena)), false},
        {value_decimal(TEXT("0.00")), false},
        {value_decimal(TEXT("0.01")), true},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        check(value_truth(rows[i].value, arena) == rows[i].truth, "row %zu", i);
}

static void test_map(void **state)
{
    struct arena *arena = *state;
    struct value_map *map = value_map_new(arena);
    for (int64_t i = 0; i < 500; i++) {
        value_map_set(map, text_format(arena, "key%lld", (long long)i), value_integer(i));
        value_map_put(map, value_integer(i), value_integer(-i));
    }
    value_map_set(map, TEXT("key7"), value_string("again"));
    assert_int_equal(map->count, 1000);
    assert_int_equal(value_map_find(map, value_string("key499"))->integer, 499);
    assert_text_equal(value_as_text(*value_map_find(map, value_string("key7"))), "again");
    assert_null(value_map_find(map, value_string("key500")));
    assert_null(value_map_find(map, value_string("")));
    assert_int_equal(value_map_find(map, value_float(3))->integer, -3);
    assert_null(value_map_find(map, value_float(3.5)));
    assert_text_equal(value_as_text(map->entries[0].key), "key0");
}

static void test_print(void **state)
{
    struct arena *arena = *state;
    struct value items[4] = {value_string("it's"), value_string("a\"b'c\n\u00E9\x01"), VALUE_NULL,
                             value_float(1)};
    struct value_map *map = value_map_new(arena);
    value_map_set(map, TEXT("k"), value_list(arena, items, 4));
    assert_text_equal(value_to_text(value_map(map), arena),
                      "{'k': [\"it's\", 'a\"b\\'c\\n\u00E9\\x01', None, 1.0]}");
    assert_text_equal(value_to_text(value_tuple(arena, items, 1), arena), "(\"it's\",)");
    assert_text_equal(value_to_text(value_tuple(arena, items, 0), arena), "()");
    assert_text_equal(value_to_text(value_list(arena, NULL, 0), arena), "[]");
}

static const struct CMUnitTest tests[] = {
    TEST(test_floats), TEST(test_compare), TEST(test_truth), TEST(test_map), TEST(test_print),
};
UNIT_MAIN(tests)
