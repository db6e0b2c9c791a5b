#include "site/outcome.h"

#include "site/settings.h"

#define MOST 4

struct environment {
    const char *pairs[MOST][2];
    const char *file;                         /* contents of .env */
    enum status (*look)(const void *context); /* at what was loaded; NULL: nothing more */
};

static void forget(const struct setting *row, void *context)
{
    (void)context;
    unsetenv(row->name);
}

static enum status load(void *context)
{
    const struct environment *environment = context;
    site_settings_each(forget, NULL);
    for (size_t i = 0; i < MOST && environment->pairs[i][0]; i++)
        setenv(environment->pairs[i][0], environment->pairs[i][1], 1);
    enum status status = settings_read_file(SITE_SETTINGS_FILE);
    if (status == OK)
        status = site_settings_load(NULL);
    return status == OK && environment->look ? environment->look(context) : status;
}

static struct outcome loaded(struct arena *arena, const struct environment *environment)
{
    unit_file(arena, SITE_SETTINGS_FILE, text_of(environment->file));
    assert_int_equal(chdir(unit_directory()), 0);
    return outcome_of(load, (void *)(uintptr_t)environment);
}

#define GOOD                                                                                       \
    {"SECRET_KEY", "0123456789"},                                                                  \
    {                                                                                              \
        "ALLOWED_HOSTS", "www.example.com"                                                         \
    }

static void test_accepted(void **state)
{
    static const struct environment rows[] = {
        {.pairs = {{"DEBUG", "1"}}},
        {.pairs = {GOOD}},
        {.pairs = {GOOD, {"PORT", "0"}, {"WEB_CONCURRENCY", "256"}}},
        {.pairs = {GOOD, {"TRUSTED_PROXIES", "heroku"}}},
        {.pairs = {GOOD, {"TRUSTED_PROXIES", "10.0.0.0/8, ::1"}}},
        {.pairs = {GOOD, {"DATABASE_URL", "sqlite:////var/lib/site.sqlite3"}}},
        {.pairs = {GOOD, {"LOG_LEVEL", "error"}, {"LOG_FORMAT", "json"}}},
        {.file = "DEBUG=1\n"},
        {.file = "SECRET_KEY=a\nALLOWED_HOSTS=*\n"},
        {.pairs = {{"SECRET_KEY", "a"}}, .file = "ALLOWED_HOSTS=*\n"},
        {.pairs = {{"DEBUG", "1"}}, .file = "DEBUG=nonsense\n"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct outcome outcome = loaded(*state, &rows[i]);
        check(outcome.status == OK, "row %zu: %s", i, outcome.message);
    }
}

static void test_refused(void **state)
{
    static const struct {
        struct environment environment;
        const char *words;
    } rows[] = {
        {{.pairs = {{NULL}}}, "SECRET_KEY"},
        {{.pairs = {{"ALLOWED_HOSTS", "*"}}}, "SECRET_KEY"},
        {{.pairs = {{"ALLOWED_HOSTS", "*"}, {"SECRET_KEY", ""}}}, "SECRET_KEY"},
        {{.pairs = {{"SECRET_KEY", "a"}}}, "ALLOWED_HOSTS"},
        {{.pairs = {{"SECRET_KEY", "a"}, {"ALLOWED_HOSTS", ""}}}, "ALLOWED_HOSTS"},
        {{.pairs = {{"DEBUG", "0"}}}, "SECRET_KEY"},
        {{.pairs = {{"DEBUG", "maybe"}}}, "DEBUG"},
        {{.pairs = {GOOD, {"PORT", "65536"}}}, "PORT"},
        {{.pairs = {GOOD, {"PORT", "http"}}}, "PORT"},
        {{.pairs = {GOOD, {"PORT", ""}}}, "PORT"},
        {{.pairs = {GOOD, {"WEB_THREADS", "0"}}}, "WEB_THREADS"},
        {{.pairs = {GOOD, {"WEB_CONCURRENCY", "-1"}}}, "WEB_CONCURRENCY"},
        {{.pairs = {GOOD, {"DATABASE_MAX_CONNECTIONS", "0"}}}, "DATABASE_MAX_CONNECTIONS"},
        {{.pairs = {GOOD, {"TRUSTED_PROXIES", "everybody"}}}, "TRUSTED_PROXIES"},
        {{.pairs = {GOOD, {"DATABASE_URL", "sqlite://:memory:"}}}, "DATABASE_URL"},
        {{.pairs = {GOOD, {"DATABASE_URL", "site.sqlite3"}}}, "DATABASE_URL"},
        {{.pairs = {GOOD, {"LOG_LEVEL", "loud"}}}, "LOG_LEVEL"},
        {{.pairs = {GOOD, {"LOG_FORMAT", "xml"}}}, "LOG_FORMAT"},
        {{.pairs = {GOOD, {"SECURE_HSTS_SECONDS", "-1"}}}, "SECURE_HSTS_SECONDS"},
        {{.pairs = {GOOD}, .file = "not a setting\n"}, ".env, line 1"},
        {{.pairs = {GOOD}, .file = "A=b\nPORT=x\n"}, "PORT"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct outcome outcome = loaded(*state, &rows[i].environment);
        check(outcome.status == INVALID, "row %zu, %s", i, rows[i].words);
        check(strstr(outcome.message, rows[i].words) != NULL, "row %zu, \"%s\" in \"%s\"", i,
              rows[i].words, outcome.message);
    }
}

static enum status look_while_developing(const void *context)
{
    (void)context;
    if (text_find(site_settings.allowed_hosts, TEXT("localhost")) == TEXT_NOT_FOUND)
        return fail("ALLOWED_HOSTS is %.*s", TEXT_ARG(site_settings.allowed_hosts));
    if (!site_settings.secret_key.length || !text_is(site_source_dir(), "."))
        return fail("no key, or no source folder");
    return site_settings.workers >= 1 ? OK : fail("no workers");
}

static enum status look_in_production(const void *context)
{
    (void)context;
    if (!text_is(site_settings.allowed_hosts, "www.example.com"))
        return fail("ALLOWED_HOSTS is %.*s", TEXT_ARG(site_settings.allowed_hosts));
    if (site_source_dir().length)
        return fail("files are read from disk");
    return site_settings.workers == 3 && !site_settings.debug ? OK : fail("workers");
}

static void test_what_debug_changes(void **state)
{
    static const struct environment developing = {.pairs = {{"DEBUG", "1"}},
                                                  .look = look_while_developing};
    static const struct environment production = {.pairs = {GOOD,
                                                            {"WEB_CONCURRENCY", "3"},
                                                            {"SOURCE_DIR", "/source"}},
                                                  .look = look_in_production};
    struct outcome outcome = loaded(*state, &developing);
    check(outcome.status == OK, "%s", outcome.message);
    outcome = loaded(*state, &production);
    check(outcome.status == OK, "%s", outcome.message);
}

struct rows_seen {
    const char *names[200];
    size_t count;
};

static void see_row(const struct setting *row, void *context)
{
    struct rows_seen *seen = context;
    int kinds = (row->flag != NULL) + (row->integer != NULL) + (row->value != NULL);
    check(kinds == 1, "%s has %d kinds", row->name, kinds);
    check(row->help && *row->help, "%s has no help", row->name);
    check(row->fallback != NULL, "%s has no default", row->name);
    for (size_t i = 0; i < seen->count; i++)
        check(strcmp(seen->names[i], row->name) != 0, "%s is there twice", row->name);
    assert_true(seen->count < COUNT(seen->names));
    seen->names[seen->count++] = row->name;
}

static void test_every_row_is_whole(void **state)
{
    struct rows_seen seen = {0};
    (void)state;
    site_settings_each(see_row, &seen);
    assert_true(seen.count > 0);
    assert_string_equal(seen.names[0], site_setting_rows[0].name);
}

static const struct CMUnitTest tests[] = {
    TEST(test_accepted),
    TEST(test_refused),
    TEST(test_what_debug_changes),
    TEST(test_every_row_is_whole),
};

UNIT_MAIN(tests)
