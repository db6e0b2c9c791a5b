/* What every unit test includes first: cmocka, and what it lacks for tables of cases.
 *
 *     static void test_sum(void **state) { struct arena *arena = *state; … }
 *     static const struct CMUnitTest tests[] = {TEST(test_sum)};
 *     UNIT_MAIN(tests)
 *
 * TEST_FILTER=WORD in the environment runs the tests whose name has the word. */
#pragma once

#include <ctype.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* cmocka's have the name of the core's own (base/status.h). */
#undef fail
#undef fail_msg

#include "base/arena.h"
#include "base/status.h"
#include "base/text.h"

#define UNIT         __attribute__((unused)) static
#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Fails with words of the row that is being tried. */
#define check(condition, ...) unit_check((condition), #condition, __FILE__, __LINE__, __VA_ARGS__)
#define check_text(actual, expected, ...)                                                          \
    unit_check_text((actual), text_of(expected), __FILE__, __LINE__, __VA_ARGS__)

#define assert_text_equal(actual, expected) check_text((actual), (expected), "text")
#define assert_status(status, expected)                                                            \
    unit_check((status) == (expected), #status " gives " #expected, __FILE__, __LINE__,            \
               "newest failure: %s", status_failure()->message)
/* This thread's newest failure says `words`. */
#define assert_failure_says(words)                                                                 \
    check(strstr(status_failure()->message, (words)) != NULL, "\"%s\" in \"%s\"", (words),         \
          status_failure()->message)

UNIT __attribute__((format(printf, 5, 6))) void
unit_check(bool holds, const char *condition, const char *file, int line, const char *format, ...)
{
    char words[1024];
    va_list arguments;
    if (holds)
        return;
    va_start(arguments, format);
    vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    print_error("%s\n    with %s\n", condition, words);
    _fail(file, line);
}

UNIT __attribute__((format(printf, 5, 6))) void unit_check_text(struct text actual,
                                                                struct text expected,
                                                                const char *file, int line,
                                                                const char *format, ...)
{
    char words[1024];
    va_list arguments;
    if (text_equal(actual, expected))
        return;
    va_start(arguments, format);
    vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    print_error("\"%.*s\" is not \"%.*s\"\n    with %s\n", TEXT_ARG(actual), TEXT_ARG(expected),
                words);
    _fail(file, line);
}

/* Each test has an arena: its `*state`. */
#define TEST(function) cmocka_unit_test_setup_teardown(function, unit_arena, unit_arena_end)

UNIT int unit_arena(void **state)
{
    *state = arena_new(4096);
    return 0;
}

UNIT int unit_arena_end(void **state)
{
    arena_free(*state);
    return 0;
}

UNIT void unit_filter(void)
{
    static char pattern[64];
    const char *word = getenv("TEST_FILTER");
    if (!word || !*word)
        return;
    snprintf(pattern, sizeof pattern, "*%s*", word);
    for (char *at = pattern; *at; at++)
        *at = (char)tolower((unsigned char)*at);
    cmocka_set_test_filter(pattern);
}

#define UNIT_MAIN(tests)                                                                           \
    int main(void)                                                                                 \
    {                                                                                              \
        unit_filter();                                                                             \
        return cmocka_run_group_tests(tests, NULL, NULL);                                          \
    }

static char unit_folder[256];

UNIT int unit_remove_one(const char *path, const struct stat *stat, int flag, struct FTW *at)
{
    (void)stat;
    (void)flag;
    (void)at;
    return remove(path);
}

UNIT void unit_remove_folder(void)
{
    nftw(unit_folder, unit_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* A temporary folder of this program's, removed when it ends. */
UNIT const char *unit_directory(void)
{
    const char *top = getenv("TMPDIR");
    if (unit_folder[0])
        return unit_folder;
    snprintf(unit_folder, sizeof unit_folder, "%s/unit-XXXXXX", top && *top ? top : "/tmp");
    if (!mkdtemp(unit_folder))
        abort();
    atexit(unit_remove_folder);
    return unit_folder;
}

/* The path of a file there. */
UNIT const char *unit_path(struct arena *arena, const char *name)
{
    return text_format(arena, "%s/%s", unit_directory(), name).at;
}

UNIT const char *unit_file(struct arena *arena, const char *name, struct text contents)
{
    const char *path = unit_path(arena, name);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_int_equal(fwrite(contents.at ? contents.at : "", 1, contents.length, file),
                     contents.length);
    assert_int_equal(fclose(file), 0);
    return path;
}

/* How a process of its own ended that ran `body`: as waitpid() says. Its output is dropped. */
UNIT int unit_child(void (*body)(void *context), void *context)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        setrlimit(RLIMIT_CORE, &(const struct rlimit){0});
        if (!freopen("/dev/null", "w", stderr))
            _exit(127);
        body(context);
        _exit(0);
    }
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

UNIT bool unit_aborts(void (*body)(void *context), void *context)
{
    int status = unit_child(body, context);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}
