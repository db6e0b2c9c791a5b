#include "base/metrics.h"

#include <sys/mman.h>

#include "unit.h"

static struct metrics_reading reading;

static const int64_t *values_of(struct arena *arena, const char *family, const char *labels)
{
    metrics_read(arena, &reading);
    for (size_t i = 0; i < reading.rows.count; i++)
        if (strcmp(reading.rows.items[i].name.family, family) == 0
            && strcmp(reading.rows.items[i].name.labels, labels) == 0)
            return reading.rows.items[i].values;
    abort();
}

/* In a process of its own, since a process joins once. */
static void in_child(void (*run)(int fd), int fd)
{
    pid_t child = fork();
    int ended = 1;
    if (child == 0) {
        run(fd);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &ended, 0), child);
    assert_int_equal(ended, 0);
}

static void must(bool holds)
{
    if (!holds)
        _exit(1);
}

static void count_some(int fd)
{
    must(metrics_join(fd) == OK);
    metric_add(METRIC_FAULTS_CONTAINED, 3);
    metric_add(METRIC_HTTP_CONNECTIONS, 5);
    metric_set(METRIC_STARTED, 100);
}

static void read_all(int fd)
{
    struct arena *arena = arena_new(4096);
    count_some(fd);
    must(*values_of(arena, "oc_faults_contained", "") == 9);
    must(*values_of(arena, "oc_http_connections", "") == 5);
    must(*values_of(arena, "oc_start_time_seconds", "") == 100);
    arena_free(arena);
}

static void test_counters_outlive_who_counted(void **state)
{
    (void)state;
    int fd = metrics_create();
    assert_true(fd >= 0);
    in_child(count_some, fd);
    in_child(count_some, fd);
    in_child(read_all, fd);
    close(fd);
}

static void name_too_much(int fd)
{
    char labels[64];
    must(metrics_join(fd) == OK);
    size_t last = 1;
    for (int i = 0; i < 2000 && last; i++) {
        snprintf(labels, sizeof labels, "route=\"%d\"", i);
        last =
            metrics_name(&(struct metric_name){"oc_test", labels, METRIC_REQUESTS, "Of a test."});
    }
    must(last == 0);
    metrics_request(last, 200, 5); /* to no purpose */
    must(metrics_name(&(struct metric_name){"oc_test", "route=\"0\"", METRIC_REQUESTS, ""}) > 0);
    char long_label[1000];
    memset(long_label, 'x', sizeof long_label - 1);
    long_label[sizeof long_label - 1] = '\0';
    must(metrics_name(&(struct metric_name){"oc_test", long_label, METRIC_COUNTER, ""}) == 0);
}

static void test_what_has_no_room_is_left_out(void **state)
{
    (void)state;
    int fd = metrics_create();
    in_child(name_too_much, fd);
    close(fd);
}

static void count_requests(int fd)
{
    static const struct {
        int status;
        int64_t microseconds;
        size_t class;
        size_t bound;
    } rows[] = {{200, 100, 1, 0},
                {200, 101, 1, 1},
                {304, 0, 2, 0},
                {503, 9000000, 4, 13},
                {404, 5000000, 3, 12}};
    struct arena *arena = arena_new(4096);
    must(metrics_join(fd) == OK);
    size_t place =
        metrics_name(&(struct metric_name){"oc_test", "", METRIC_REQUESTS, "Of a test."});
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        metrics_request(place, rows[i].status, rows[i].microseconds);
    const int64_t *values = values_of(arena, "oc_test", "");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        must(values[rows[i].class * METRIC_BOUNDS + rows[i].bound] == 1);
    must(values[METRIC_REQUEST_VALUES - 1] == 14000201);
    arena_free(arena);
}

static void test_requests_are_sorted(void **state)
{
    (void)state;
    in_child(count_requests, -1);
}

static void join_another(int fd)
{
    must(metrics_join(fd) == INVALID);
    struct arena *arena = arena_new(4096);
    metric_add(METRIC_FAULTS_CONTAINED, 1);
    must(*values_of(arena, "oc_faults_contained", "") == 1);
    arena_free(arena);
}

static void test_memory_of_another_layout_is_not_used(void **state)
{
    (void)state;
    int fd = memfd_create("other", MFD_CLOEXEC);
    in_child(join_another, fd);
    assert_int_equal(ftruncate(fd, 64 << 20), 0);
    in_child(join_another, fd);
    close(fd);
}

static const struct CMUnitTest tests[] = {
    TEST(test_counters_outlive_who_counted),
    TEST(test_what_has_no_room_is_left_out),
    TEST(test_requests_are_sorted),
    TEST(test_memory_of_another_layout_is_not_used),
};

UNIT_MAIN(tests)
