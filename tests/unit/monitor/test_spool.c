/* What the clerk makes of the records in the spool. */
#include "unit.h"

#include <jansson.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "monitor/envelope.h"
#include "monitor/spool.h"

#define RECORD                                                                                     \
    "{\"type\":\"Failure\",\"at\":1700000000000000,\"message\":\"it broke\",\"file\":\"src/a.c\"," \
    "\"function\":\"a\",\"line\":7}\n"

static size_t noticed;
static size_t broken;

static void count(const json_t *event, bool sampled)
{
    (void)event;
    (void)sampled;
    noticed++;
}

static bool takes_all(const json_t *event)
{
    (void)event;
    return true;
}

static size_t keep_for(bool site, bool sentry)
{
    struct spool *spool;
    struct spool_losses losses;
    const struct spool_options options = {
        .origin = {.release = TEXT("site@1"),
                   .environment = TEXT("test"),
                   .source_dir = TEXT("."),
                   .server_name = "here"},
        .sinks = {[SPOOL_SITE] = site, [SPOOL_SENTRY] = sentry},
        .is_sampled = takes_all,
        .noticed = count,
    };
    noticed = 0;
    assert_int_equal(spool_open(&spool, unit_directory()), OK);
    spool_keep(spool, &options, &losses);
    spool_close(spool);
    broken = losses.broken;
    return losses.dropped[SPOOL_SITE] + losses.dropped[SPOOL_SENTRY] + losses.dropped[SPOOL_SINKS];
}

static size_t keep(void)
{
    return keep_for(false, false);
}

/* Of the event that a record of this name has become; the arena's. */
static const char *id_of(struct arena *arena, const char *name)
{
    struct spool *spool;
    struct envelope envelope;
    assert_int_equal(spool_open(&spool, unit_directory()), OK);
    struct text bytes;
    assert_int_equal(spool_read(&bytes, spool, arena, text_of(name)), OK);
    assert_true(envelope_read(arena, bytes, &envelope));
    spool_close(spool);
    assert_true(text_is(envelope.type, "event"));
    json_t *event = json_loadb(envelope.payload.at, envelope.payload.length, 0, NULL);
    assert_non_null(event);
    const char *id = json_string_value(json_object_get(event, "event_id"));
    assert_non_null(id);
    assert_int_equal(strlen(id), 32);
    assert_int_equal(strspn(id, "0123456789abcdef"), 32);
    const char *copy = text_copy(arena, text_of(id)).at;
    json_decref(event);
    return copy;
}

static struct text name_of(struct arena *arena, unsigned number, const char *ending)
{
    return text_format(arena, "%lld-1-%u.%s", (long long)clock_wall(), number, ending);
}

static void test_a_record_made_again_is_the_same_event(void **state)
{
    (void)state;
    struct arena *arena = arena_new(4096);
    struct text stem = text_format(arena, "%lld-1", (long long)clock_wall());
    const char *first = text_format(arena, "%.*s-0.fault", TEXT_ARG(stem)).at;
    const char *second = text_format(arena, "%.*s-1.fault", TEXT_ARG(stem)).at;
    const char *event = text_format(arena, "%.*s-0.event", TEXT_ARG(stem)).at;
    unit_file(arena, first, TEXT(RECORD));
    unit_file(arena, second, TEXT(RECORD));
    assert_int_equal(keep(), 0);
    assert_int_equal(noticed, 2);
    const char *id = id_of(arena, event);
    const char *other = id_of(arena, text_format(arena, "%.*s-1.event", TEXT_ARG(stem)).at);
    assert_string_not_equal(id, other);
    unit_file(arena, first, TEXT(RECORD)); /* as if it had been killed before it removed this */
    assert_int_equal(keep(), 0);
    assert_string_equal(id_of(arena, event), id);
    arena_free(arena);
}

static void test_what_is_no_record_goes(void **state)
{
    (void)state;
    struct arena *arena = arena_new(4096);
    const char *name = name_of(arena, 7, "fault").at;
    const char *path = unit_file(arena, name, TEXT("{\"type\":"));
    assert_int_equal(keep(), 0);
    assert_int_equal(noticed, 0);
    assert_int_equal(broken, 1);
    assert_int_equal(access(path, F_OK), -1);
    arena_free(arena);
}

/* A part is a record that is still being written; one that nobody ends any more is taken as it is.
 */
static void test_a_part_waits_until_it_is_stale(void **state)
{
    (void)state;
    struct arena *arena = arena_new(4096);
    const char *young = unit_file(arena, name_of(arena, 8, "part").at, TEXT(RECORD));
    struct text stale =
        text_format(arena, "%lld-1-9.part", (long long)(clock_wall() - (int64_t)60 * 1000000));
    const char *old = unit_file(arena, stale.at, TEXT(RECORD));
    assert_int_equal(keep(), 0);
    assert_int_equal(noticed, 1);
    assert_int_equal(access(young, F_OK), 0);
    assert_int_equal(access(old, F_OK), -1);
    arena_free(arena);
}

static void test_what_is_too_old_is_dropped_and_counted(void **state)
{
    (void)state;
    struct arena *arena = arena_new(4096);
    struct text name =
        text_format(arena, "%lld-1-3.event", (long long)(clock_wall() - SPOOL_AGE - 1000000));
    const char *path = unit_file(arena, name.at, TEXT("{}"));
    assert_int_equal(keep(), 1);
    assert_int_equal(access(path, F_OK), -1);
    arena_free(arena);
}

static size_t waiting(struct arena *arena, enum spool_sink sink)
{
    struct spool *spool;
    struct spool_names names = {0};
    assert_int_equal(spool_open(&spool, unit_directory()), OK);
    spool_waiting(spool, arena, sink, &names);
    spool_close(spool);
    return names.count;
}

static void test_an_event_waits_for_each_sink(void **state)
{
    (void)state;
    struct spool *spool;
    struct spool_names names = {0};
    struct arena *arena = arena_new(4096);
    unit_file(arena, name_of(arena, 20, "fault").at, TEXT(RECORD));
    assert_int_equal(keep_for(true, true), 0);
    size_t before = waiting(arena, SPOOL_SITE);
    assert_int_equal(waiting(arena, SPOOL_SENTRY), before);
    assert_int_equal(spool_open(&spool, unit_directory()), OK);
    spool_waiting(spool, arena, SPOOL_SITE, &names);
    spool_remove(spool, names.items[0]);
    spool_close(spool);
    assert_int_equal(keep_for(true, true), 0);
    assert_int_equal(waiting(arena, SPOOL_SITE), before - 1);
    assert_int_equal(waiting(arena, SPOOL_SENTRY), before);
    arena_free(arena);
}

/* What was kept without a sink is given to the first there is. */
static void test_an_event_without_a_sink_waits_for_one(void **state)
{
    (void)state;
    struct arena *arena = arena_new(4096);
    size_t before = waiting(arena, SPOOL_SENTRY);
    unit_file(arena, name_of(arena, 21, "fault").at, TEXT(RECORD));
    assert_int_equal(keep(), 0);
    assert_int_equal(waiting(arena, SPOOL_SENTRY), before);
    assert_int_equal(keep_for(false, true), 0);
    assert_int_equal(waiting(arena, SPOOL_SENTRY), before + 1);
    arena_free(arena);
}

static void test_one_has_the_spool_at_a_time(void **state)
{
    (void)state;
    struct spool *spool;
    struct spool *other;
    assert_int_equal(spool_open(&spool, unit_directory()), OK);
    assert_int_equal(spool_open(&other, unit_directory()), BUSY);
    spool_close(spool);
    assert_int_equal(spool_open(&other, "/no/such/folder"), FAILED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_record_made_again_is_the_same_event),
        cmocka_unit_test(test_what_is_no_record_goes),
        cmocka_unit_test(test_a_part_waits_until_it_is_stale),
        cmocka_unit_test(test_what_is_too_old_is_dropped_and_counted),
        cmocka_unit_test(test_an_event_waits_for_each_sink),
        cmocka_unit_test(test_an_event_without_a_sink_waits_for_one),
        cmocka_unit_test(test_one_has_the_spool_at_a_time),
    };
    return cmocka_run_group_tests_name("spool", tests, NULL, NULL);
}
