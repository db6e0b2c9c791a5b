#include "unit.h"

#include <dirent.h>
#include <fcntl.h>

#include "base/clock.h"
#include "monitor/ring.h"

#define SECOND ((int64_t)1000000)
#define MINUTE (60 * SECOND)
#define SPARSE (SECOND / 100) /* between requests: so few that all are taken */

static char folder[] = "/tmp/oc-lettings-ring-XXXXXX";

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    char path[512];
    (void)state;
    DIR *found = opendir(folder);
    const struct dirent *entry;
    while (found && (entry = readdir(found)))
        if (entry->d_name[0] != '.') {
            snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
            unlink(path);
        }
    if (found)
        closedir(found);
    return rmdir(folder);
}

static size_t files(void)
{
    size_t count = 0;
    DIR *found = opendir(folder);
    const struct dirent *entry;
    if (!found)
        abort();
    while ((entry = readdir(found)))
        count += entry->d_name[0] != '.';
    closedir(found);
    return count;
}

/* What a worker does, in a process of its own that ends behind it. */
static void in_a_worker(bool traces, void (*run)(struct ring *ring))
{
    pid_t child = fork();
    if (child == 0) {
        const struct ring_options options = {.release = TEXT("site@1"),
                                             .environment = TEXT("test"),
                                             .traces = traces};
        struct ring *ring = ring_open(folder, &options);
        if (ring)
            run(ring);
        _exit(ring ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void put(struct ring *ring, int number)
{
    const struct ring_record record = {.wall = 1000 + number, .status = 200};
    struct text parts[RING_PARTS] = {[RING_METHOD] = TEXT("GET"), [RING_ROUTE] = TEXT("/a/")};
    ring_put(ring, &record, parts);
}

static void put_many(struct ring *ring)
{
    for (int i = 0; i < RING_RECORDS + 10; i++)
        if (ring_admit(ring, i * SPARSE))
            put(ring, i);
}

struct seen {
    size_t records;
    uint64_t lost;
    uint32_t counts[SESSION_ENDS];
    size_t drops; /* of each visit */
    bool ended;
};

static void look(struct ring_view *view, void *context)
{
    static struct ring_copy copy;
    struct seen *seen = context;
    struct ring_minute minute;
    size_t count = 0;
    seen->ended = ring_has_ended(view);
    check_text(ring_release(view), "site@1", "release");
    check_text(ring_environment(view), "test", "environment");
    for (; count < seen->drops && ring_peek(view, count, &copy); count++) {
        check_text(copy.parts[RING_ROUTE], "/a/", "route");
        assert_int_equal(copy.record.wall, 1000 + seen->records + count);
    }
    ring_drop(view, count);
    seen->records += count;
    seen->lost += ring_take_lost(view);
    while (ring_take_minute(view, clock_wall(), &minute))
        for (size_t i = 0; i < SESSION_ENDS; i++)
            seen->counts[i] += minute.counts[i];
}

static void test_outlives_its_worker(void **state)
{
    struct seen seen = {.drops = RING_RECORDS / 2};
    (void)state;
    in_a_worker(true, put_many);
    ring_each(folder, look, &seen);
    assert_true(seen.ended);
    assert_int_equal(seen.records, RING_RECORDS / 2);
    assert_int_equal(files(), 1);
    ring_each(folder, look, &seen);
    ring_each(folder, look, &seen);
    assert_int_equal(seen.records, RING_RECORDS);
    assert_int_equal(seen.lost, 10);
    assert_int_equal(files(), 0);
}

/* Not let go of, they are there again. */
static void test_taken_at_least_once(void **state)
{
    struct seen none = {.drops = 0};
    struct seen all = {.drops = RING_RECORDS};
    (void)state;
    in_a_worker(true, put_many);
    ring_each(folder, look, &none);
    ring_each(folder, look, &all);
    assert_int_equal(all.records, RING_RECORDS);
    assert_int_equal(files(), 0);
}

static void count_sessions(struct ring *ring)
{
    int64_t now = clock_wall();
    for (int i = 0; i < 5; i++)
        ring_count(ring, now - i * MINUTE, SESSION_EXITED);
    ring_count(ring, now, SESSION_CRASHED);
    ring_count(ring, now, SESSION_ERRORED);
    put(ring, 0); /* it has no room for records */
}

static void test_counts_are_taken_once(void **state)
{
    struct seen seen = {.drops = 1};
    (void)state;
    in_a_worker(false, count_sessions);
    ring_each(folder, look, &seen);
    assert_int_equal(seen.counts[SESSION_EXITED], 5);
    assert_int_equal(seen.counts[SESSION_ERRORED], 1);
    assert_int_equal(seen.counts[SESSION_CRASHED], 1);
    assert_int_equal(seen.records, 0);
    assert_int_equal(seen.lost, 1);
    assert_int_equal(files(), 0);
}

static void test_running_worker(void **state)
{
    struct seen seen = {.drops = RING_RECORDS};
    const struct ring_options options = {.release = TEXT("site@1"),
                                         .environment = TEXT("test"),
                                         .traces = true};
    (void)state;
    static struct ring *ring; /* it has no end but the process's */
    ring = ring_open(folder, &options);
    assert_non_null(ring);
    ring_count(ring, clock_wall(), SESSION_EXITED);
    ring_count(ring, clock_wall() - 2 * MINUTE, SESSION_EXITED);
    for (int round = 0; round < 3; round++)
        for (int i = 0; i < RING_RECORDS; i++) {
            assert_true(ring_admit(ring, (round * RING_RECORDS + i) * SPARSE));
            put(ring, round * RING_RECORDS + i);
            if (i == RING_RECORDS - 1)
                ring_each(folder, look, &seen);
        }
    assert_int_equal(seen.records, 3 * RING_RECORDS);
    assert_false(seen.ended);
    assert_int_equal(seen.counts[SESSION_EXITED], 1);
    assert_int_equal(files(), 1);
}

/* Of many a second some, all over the second, and of each kind its share. */
static void test_sample_of_many(void **state)
{
    enum { RATE = 50000, SECONDS = 10 };
    const struct ring_options options = {.release = TEXT("site@1"),
                                         .environment = TEXT("test"),
                                         .traces = true};
    static struct ring *ring;
    size_t taken = 0;
    size_t late = 0;
    size_t rare = 0;
    (void)state;
    ring = ring_open(folder, &options);
    assert_non_null(ring);
    for (int i = 0; i < RATE * (SECONDS + 1); i++) {
        if (!ring_admit(ring, i * SECOND / RATE) || i < RATE)
            continue;
        taken++;
        late += i % RATE >= RATE / 2;
        rare += i % 4 == 0;
    }
    check(taken > 200 && taken < 450, "%zu of %d", taken, SECONDS * RING_SAMPLE);
    check(late > taken / 3 && late < taken * 2 / 3, "%zu of %zu late", late, taken);
    check(rare > taken / 8 && rare < taken * 3 / 8, "%zu of %zu rare", rare, taken);
}

static void test_all_of_a_few_hundred(void **state)
{
    const struct ring_options options = {.release = TEXT("site@1"),
                                         .environment = TEXT("test"),
                                         .traces = true};
    static struct ring *ring;
    (void)state;
    ring = ring_open(folder, &options);
    assert_non_null(ring);
    for (int i = 0; i < 5 * RING_WHOLE; i++)
        check(ring_admit(ring, i * SECOND / RING_WHOLE), "number %d", i);
}

static void write_file(const char *name, const char *bytes, size_t length)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_int_equal(write(fd, bytes, length), length);
    close(fd);
}

static void refuse(struct ring_view *view, void *context)
{
    (void)view;
    ++*(size_t *)context;
}

static void test_what_is_no_ring_goes(void **state)
{
    static char bytes[8192] = "oc-lettings 1";
    size_t visits = 0;
    (void)state;
    size_t before = files();
    memset(bytes + 16, 0xFF, 4); /* more records than there are */
    write_file("ring-1-1", bytes, sizeof bytes);
    write_file("ring-1-2", "short", 5);
    write_file("ring-1-3", bytes + 1, sizeof bytes - 1);
    write_file("ring-1-4", "", 0);
    ring_each(folder, refuse, &visits);
    assert_int_equal(files(), before);
    assert_int_equal(visits, before);
    ring_each("/no/such/folder", refuse, &visits);
}

static void test_no_folder(void **state)
{
    (void)state;
    assert_null(ring_open("/no/such/folder", &(const struct ring_options){.traces = true}));
    assert_non_null(strstr(status_failure()->message, "/no/such/folder"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_outlives_its_worker),
        cmocka_unit_test(test_taken_at_least_once),
        cmocka_unit_test(test_counts_are_taken_once),
        cmocka_unit_test(test_what_is_no_ring_goes),
        cmocka_unit_test(test_no_folder),
        cmocka_unit_test(test_running_worker),
        cmocka_unit_test(test_sample_of_many),
        cmocka_unit_test(test_all_of_a_few_hundred),
    };
    return cmocka_run_group_tests_name("ring", tests, make_folder, remove_folder);
}
