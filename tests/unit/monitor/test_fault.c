/* What is written down of faults that nothing contains: of threads that fault at the same time, and
 * where the stack or what describes the request is damaged as well.
 */
#include "unit.h"

#include <dirent.h>
#include <fcntl.h>
#include <jansson.h>
#include <pthread.h>
#include <signal.h>

#include "base/buffer.h"
#include "base/guard.h"
#include "monitor/fault.h"

#define ROUNDS 20

static char folder[] = "/tmp/oc-lettings-fault-XXXXXX";
static pthread_barrier_t begun;

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

__attribute__((noinline)) static void divide(void)
{
    static volatile int zero;
    volatile int quotient = 6;
    quotient = quotient / zero; /* NOLINT(clang-analyzer-core.DivideZero) */
}

__attribute__((noinline)) static void write_nowhere(void)
{
    static volatile int *volatile nowhere;
    *nowhere = 1; /* NOLINT(clang-analyzer-core.NullDereference) */
}

static void *fault_by(void *context)
{
    void (*const *by)(void) = context;
    guard_thread();
    pthread_barrier_wait(&begun);
    (*by)();
    return NULL;
}

/* Long enough that the other is at it as well. */
static void describe_slowly(struct buffer *out, const void *context)
{
    (void)context;
    usleep(20000);
    buffer_text(out, TEXT("{}"));
}

static void fault_in_two_threads(void)
{
    static void (*const faults[])(void) = {divide, write_nowhere};
    pthread_t threads[COUNT(faults)];
    const struct fault_options options = {.spool = folder, .describe = describe_slowly};
    fault_install(&options);
    pthread_barrier_init(&begun, NULL, COUNT(faults));
    for (size_t i = 0; i < COUNT(faults); i++)
        if (pthread_create(&threads[i], NULL, fault_by, (void *)(uintptr_t)&faults[i]) != 0)
            _exit(1);
    pause();
}

/* One whole record, whose stack begins where its signal came from. */
static void check_record(const char *name)
{
    char path[512];
    char line[8192];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof line, file));
    fclose(file);
    json_t *record = json_loads(line, 0, NULL);
    check(record != NULL, "%s: %s", name, line);
    const char *frame = json_string_value(json_array_get(json_object_get(record, "frames"), 0));
    uintptr_t at = (uintptr_t)strtoull(frame ? frame : "", NULL, 16);
    const char *signal = json_string_value(json_object_get(record, "name"));
    bool divided = strcmp(signal ? signal : "", "SIGFPE") == 0;
    uintptr_t start = (uintptr_t)(divided ? divide : write_nowhere);
    check(at >= start && at - start < 100, "%s at %s", signal, frame);
    json_decref(record);
    unlink(path);
}

static size_t check_records(void)
{
    size_t count = 0;
    DIR *found = opendir(folder);
    const struct dirent *entry;
    assert_non_null(found);
    while ((entry = readdir(found))) {
        if (entry->d_name[0] == '.')
            continue;
        check(text_ends(text_of(entry->d_name), TEXT(".fault")), "%s", entry->d_name);
        check_record(entry->d_name);
        count++;
    }
    closedir(found);
    return count;
}

static void test_threads_do_not_mix(void **state)
{
    (void)state;
    if (!fault_is_handled())
        skip();
    for (int i = 0; i < ROUNDS; i++) {
        int status;
        pid_t child = fork();
        if (child == 0)
            fault_in_two_threads();
        assert_int_equal(waitpid(child, &status, 0), child);
        check(WIFEXITED(status) && WEXITSTATUS(status) > 128, "status %#x", status);
        size_t count = check_records();
        check(count == 2, "%zu records", count);
    }
}

/* Faults that the unwinder, or the handler itself, meets in turn */

#define WILD ((uintptr_t)0x5EED5EED5000)
#define ANY  UINTPTR_MAX

/* Volatile, so that it is not known what is called. */
static void (*volatile nothing)(void);
static void (*volatile wild)(void) = (void (*)(void))WILD; /* NOLINT(performance-no-int-to-ptr) */
static void (*volatile data)(void) = (void (*)(void))(uintptr_t)folder;

__attribute__((noinline)) static void call_nothing(void)
{
    nothing();
    nothing = NULL; /* so that the call is no jump */
}

__attribute__((noinline)) static void call_wild(void)
{
    wild();
    wild = NULL;
}

__attribute__((noinline)) static void call_data(void)
{
    data();
    data = NULL;
}

static volatile uintptr_t return_to;

/* Its return address is the second word above its frame pointer (System V ABI, 3.2.2). */
__attribute__((noinline)) static void return_nowhere(void)
{
    volatile uintptr_t *frame = __builtin_frame_address(0);
    frame[1] = return_to;
}

__attribute__((noinline)) static void ask_to_return(void)
{
    return_to = WILD;
    return_nowhere();
    nothing = NULL;
}

/* The processor does not even jump: the stack behind is what the unwinder stumbles over. */
__attribute__((noinline)) static void ask_in_vain(void)
{
    return_to = (uintptr_t)UINT64_C(0x5EED5EED5EED5EED);
    return_nowhere();
    nothing = NULL;
}

static void describe_badly(struct buffer *out, const void *context)
{
    (void)context;
    write_nowhere();
    buffer_text(out, TEXT("{}"));
}

static uintptr_t read_badly(const void *context)
{
    (void)context;
    write_nowhere();
    return 0;
}

static void fault_in_a_view(void)
{
    struct fault_frame frame;
    fault_enter(&frame, NULL);
    if (sigsetjmp(frame.place, 0) == 0)
        write_nowhere();
    fault_leave(&frame);
}

static void note_end(int64_t at)
{
    (void)at;
    close(creat("ended", 0600));
}

/* Gives how it ended. */
static int run_child(void (*fault)(void), void (*describe)(struct buffer *, const void *))
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        const struct fault_options options = {.spool = folder,
                                              .describe = describe,
                                              .route = read_badly,
                                              .ends = note_end};
        if (chdir(folder) != 0)
            _exit(1);
        fault_install(&options);
        fault();
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

/* The only record's first line, which goes. The caller's. */
static json_t *take_record(void)
{
    char path[512] = "";
    char line[8192] = "";
    DIR *found = opendir(folder);
    const struct dirent *entry;
    assert_non_null(found);
    while ((entry = readdir(found)))
        if (text_ends(text_of(entry->d_name), TEXT(".fault")))
            snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
    closedir(found);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof line, file));
    fclose(file);
    unlink(path);
    snprintf(path, sizeof path, "%s/ended", folder);
    check(unlink(path) == 0, "the end is not noted");
    return json_loads(line, 0, NULL);
}

static uintptr_t frame_at(const json_t *record, size_t i)
{
    const char *frame = json_string_value(json_array_get(json_object_get(record, "frames"), i));
    return (uintptr_t)strtoull(frame ? frame : "", NULL, 16);
}

static void test_a_damaged_stack_is_told_of(void **state)
{
    static const struct {
        const char *name;
        void (*fault)(void);
        void (*describe)(struct buffer *, const void *);
        uintptr_t first;  /* what its stack begins with; ANY: with a place of ours */
        uintptr_t caller; /* 0: whoever it was */
    } cases[] = {
        {"a call of nothing", call_nothing, NULL, 0, (uintptr_t)call_nothing},
        {"a wild call", call_wild, NULL, WILD, (uintptr_t)call_wild},
        {"a call of data", call_data, NULL, (uintptr_t)folder, (uintptr_t)call_data},
        {"a wild return", ask_to_return, NULL, WILD, 0},
        {"a return to what is no address", ask_in_vain, NULL, ANY, 0},
        {"a description that faults", call_wild, describe_badly, WILD, (uintptr_t)call_wild},
        {"a route that faults", fault_in_a_view, NULL, ANY, 0},
        {"a request that cannot be read", fault_in_a_view, describe_badly, ANY, 0},
    };
    (void)state;
    if (!fault_is_handled())
        skip();
    for (size_t i = 0; i < COUNT(cases); i++) {
        int status = run_child(cases[i].fault, cases[i].describe);
        check(WIFEXITED(status) && WEXITSTATUS(status) == 128 + SIGSEGV, "%s: status %#x",
              cases[i].name, status);
        json_t *record = take_record();
        uintptr_t first = frame_at(record, 0);
        check(cases[i].first == ANY ? first > 0 : first == cases[i].first, "%s: at %#zx",
              cases[i].name, (size_t)first);
        uintptr_t caller = frame_at(record, 1);
        check(!cases[i].caller || (caller > cases[i].caller && caller - cases[i].caller < 100),
              "%s: called by %#zx", cases[i].name, (size_t)caller);
        assert_string_equal(json_string_value(json_object_get(record, "name")), "SIGSEGV");
        json_decref(record);
    }
}

/* Equal ones are counted together: by place in the program, and by route */

__attribute__((noinline)) static void give_up(void)
{
    abort();
}

__attribute__((noinline)) static void give_up_too(void)
{
    abort();
}

static uintptr_t route_of(const void *context)
{
    return (uintptr_t)context;
}

static void contain(void (*fault)(void), const char *route, int times)
{
    for (volatile int i = 0; i < times; i++) {
        struct fault_frame frame;
        fault_enter(&frame, (void *)(uintptr_t)route);
        if (sigsetjmp(frame.place, 0) == 0) {
            fault();
            fault_leave(&frame);
        }
    }
}

/* The first ten of a kind are written down, then the twentieth. */
static void give_up_often(void)
{
    static const char routes[2] = "ab";
    const struct fault_options options = {.spool = folder, .route = route_of};
    fault_install(&options);
    contain(give_up, &routes[0], 15);
    contain(give_up_too, &routes[0], 3);
    contain(give_up, &routes[1], 4);
    _exit(0);
}

static size_t remove_records(void)
{
    size_t count = 0;
    DIR *found = opendir(folder);
    const struct dirent *entry;
    assert_non_null(found);
    while ((entry = readdir(found)))
        if (entry->d_name[0] != '.' && unlinkat(dirfd(found), entry->d_name, 0) == 0)
            count++;
    closedir(found);
    return count;
}

static void test_aborts_are_told_apart(void **state)
{
    int status;
    (void)state;
    if (!fault_is_handled())
        skip();
    pid_t child = fork();
    if (child == 0)
        give_up_often();
    assert_int_equal(waitpid(child, &status, 0), child);
    check(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %#x", status);
    size_t count = remove_records();
    check(count == 10 + 3 + 4, "%zu records", count);
}

static const struct CMUnitTest tests[] = {
    TEST(test_threads_do_not_mix),
    TEST(test_a_damaged_stack_is_told_of),
    TEST(test_aborts_are_told_apart),
};

int main(void)
{
    return cmocka_run_group_tests_name("fault", tests, make_folder, remove_folder);
}
