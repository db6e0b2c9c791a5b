#include "unit.h"

#include <stdalign.h>

static void test_allocations_are_aligned(void **state)
{
    static const size_t sizes[] = {0, 1, 2, 3, 7, 8, 15, 16, 17, 31, 100, 4095, 4096, 5000, 1};
    for (size_t i = 0; i < COUNT(sizes); i++) {
        unsigned char *at = arena_alloc(*state, sizes[i]);
        check((uintptr_t)at % alignof(max_align_t) == 0, "size %zu", sizes[i]);
        memset(at, 0xA5, sizes[i]);
    }
}

static void test_allocations_do_not_overlap(void **state)
{
    unsigned char *parts[200];
    for (size_t i = 0; i < COUNT(parts); i++)
        parts[i] = memset(arena_alloc(*state, i), (int)i, i);
    for (size_t i = 0; i < COUNT(parts); i++)
        for (size_t k = 0; k < i; k++)
            check(parts[i][k] == i, "allocation %zu, byte %zu", i, k);
}

static void test_zero_clears_memory_used_before(void **state)
{
    memset(arena_alloc(*state, 1000), 0xFF, 1000);
    arena_reset(*state);
    const unsigned char *at = arena_zero(*state, 100, 10);
    for (size_t i = 0; i < 1000; i++)
        check(at[i] == 0, "byte %zu", i);
    const struct text *row = ARENA_NEW(*state, struct text);
    assert_null(row->at);
    assert_int_equal(row->length, 0);
}

static void test_zero_size(void **state)
{
    assert_non_null(arena_alloc(*state, 0));
    assert_non_null(arena_zero(*state, 0, sizeof(int)));
    assert_non_null(arena_zero(*state, 10, 0));
    char *after = arena_alloc(*state, 1);
    *after = 'x';
    assert_int_equal(*after, 'x');
}

static void test_large_allocation_has_its_own_block(void **state)
{
    char *small = arena_alloc(*state, 16);
    memset(small, 's', 16);
    size_t size = (size_t)1 << 20;
    char *large = arena_alloc(*state, size);
    memset(large, 'l', size);
    assert_int_equal(small[15], 's');
    assert_int_equal(large[size - 1], 'l');
    assert_true(arena_used(*state) >= size + 16);
}

static void test_used_counts_since_the_last_reset(void **state)
{
    assert_int_equal(arena_used(*state), 0);
    arena_alloc(*state, 100);
    size_t used = arena_used(*state);
    assert_true(used >= 100);
    arena_alloc(*state, 10000);
    assert_true(arena_used(*state) >= used + 10000);
    arena_reset(*state);
    assert_int_equal(arena_used(*state), 0);
}

static void test_reset_uses_the_first_block_again(void **state)
{
    const char *first = arena_alloc(*state, 64);
    for (int i = 0; i < 100; i++)
        arena_alloc(*state, 1000);
    arena_reset(*state);
    assert_ptr_equal(arena_alloc(*state, 64), first);
}

static void test_newest_allocation_grows_in_place(void **state)
{
    char *at = arena_alloc(*state, 16);
    memcpy(at, "0123456789abcdef", 16);
    char *grown = arena_grow(*state, at, 16, 512);
    assert_ptr_equal(grown, at);
    memset(grown + 16, 'x', 512 - 16);
    assert_memory_equal(grown, "0123456789abcdef", 16);
    assert_ptr_not_equal(arena_alloc(*state, 1), grown + 511);
}

static void test_older_allocation_grows_by_copy(void **state)
{
    char *old = arena_alloc(*state, 16);
    memcpy(old, "0123456789abcdef", 16);
    char *neighbour = arena_alloc(*state, 16);
    memset(neighbour, 'n', 16);
    char *grown = arena_grow(*state, old, 16, 64);
    assert_ptr_not_equal(grown, old);
    memset(grown + 16, 'x', 48);
    assert_memory_equal(grown, "0123456789abcdef", 16);
    assert_memory_equal(neighbour, "nnnnnnnnnnnnnnnn", 16);
}

static void test_growing_beyond_the_block_copies(void **state)
{
    char *old = arena_alloc(*state, 3000);
    memset(old, 'o', 3000);
    char *grown = arena_grow(*state, old, 3000, 9000);
    memset(grown + 3000, 'x', 6000);
    assert_int_equal(grown[0], 'o');
    assert_int_equal(grown[2999], 'o');
}

static void test_growing_nothing_and_shrinking(void **state)
{
    char *at = arena_grow(*state, NULL, 0, 32);
    memcpy(at, "0123456789abcdef0123456789abcde", 32);
    char *shrunk = arena_grow(*state, at, 32, 4);
    assert_memory_equal(shrunk, "0123", 4);
}

static void test_no_arena_is_freed_without_harm(void **state)
{
    (void)state;
    arena_free(NULL);
}

static void allocate_everything(void *arena)
{
    arena_alloc(arena, SIZE_MAX - 8);
}

static void overflow_the_product(void *arena)
{
    arena_zero(arena, SIZE_MAX / 2, 3);
}

static void allocate_little(void *arena)
{
    arena_zero(arena, 3, 5);
}

static void test_impossible_sizes_abort(void **state)
{
    assert_true(unit_aborts(allocate_everything, *state));
    assert_true(unit_aborts(overflow_the_product, *state));
    assert_false(unit_aborts(allocate_little, *state));
}

static void overflow_into(void *file)
{
    if (dup2(fileno(file), STDERR_FILENO) == STDERR_FILENO)
        arena_alloc(arena_new(16), SIZE_MAX);
}

static void test_abort_leaves_a_line(void **state)
{
    char line[64] = "";
    FILE *file = tmpfile();
    (void)state;
    assert_non_null(file);
    assert_true(unit_aborts(overflow_into, file));
    rewind(file);
    assert_non_null(fgets(line, sizeof line, file));
    assert_string_equal(line, "out of memory\n");
    fclose(file);
}

static const struct CMUnitTest tests[] = {
    TEST(test_allocations_are_aligned),
    TEST(test_allocations_do_not_overlap),
    TEST(test_zero_clears_memory_used_before),
    TEST(test_zero_size),
    TEST(test_large_allocation_has_its_own_block),
    TEST(test_used_counts_since_the_last_reset),
    TEST(test_reset_uses_the_first_block_again),
    TEST(test_newest_allocation_grows_in_place),
    TEST(test_older_allocation_grows_by_copy),
    TEST(test_growing_beyond_the_block_copies),
    TEST(test_growing_nothing_and_shrinking),
    TEST(test_no_arena_is_freed_without_harm),
    TEST(test_impossible_sizes_abort),
    TEST(test_abort_leaves_a_line),
};

UNIT_MAIN(tests)
