/* PostgreSQL's URLs, read by libpq itself
 * (postgresql.org/docs/15/libpq-connect.html#LIBPQ-CONNSTRING). */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "db/postgres.h"

const char *const postgres_schemes[] = {
    "postgres://", "postgresql://", "pgsql://", "psql://", "postgis://", NULL,
};

#define EXAMPLE "postgres://user:password@host:5432/name"

/* Libpq's own words have parts of the URL in them, so of the password too: of
 * "user:pass/word?@host" what is behind the / would be names. */
static enum status refuse_form(struct text url, const char *words)
{
    static const char unknown[] = "invalid URI query parameter: \"";
    struct text query = text_from(url, text_find_char(url, '?'));
    bool is_sure = text_find_char(query, '@') == TEXT_NOT_FOUND;
    const char *at = words && is_sure ? strstr(words, unknown) : NULL;
    if (!at)
        return fail_as(INVALID,
                       "it must look like " EXAMPLE ", where a character of user or password that "
                       "is neither letter nor digit is written as %%40 for @");
    at += strlen(unknown);
    return fail_as(INVALID, "libpq has no parameter \"%.*s\": take it out of the URL",
                   (int)strcspn(at, "\""), at);
}

/* Behind user and password, as libpq finds their end. */
static size_t query_of(struct text url)
{
    size_t from = text_find(url, TEXT("://"));
    from = from == TEXT_NOT_FOUND ? 0 : from + strlen("://");
    struct text rest = text_from(url, from);
    size_t at = text_find_char(text_part(rest, 0, text_find_char(rest, '/')), '@');
    from += at == TEXT_NOT_FOUND ? 0 : at;
    size_t query = text_find_char(text_from(url, from), '?');
    return query == TEXT_NOT_FOUND ? url.length : from + query;
}

/* What Django keeps for itself of a URL's parameters. */
static bool is_of_django(struct text parameter)
{
    static const char *const names[] = {
        "conn_max_age", "conn_health_checks",          "atomic_requests",
        "autocommit",   "disable_server_side_cursors",
    };
    struct text name = text_part(parameter, 0, text_find_char(parameter, '='));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (text_equal_nocase(name, text_of(names[i])))
            return true;
    return false;
}

/* A URL as Django sites have it, as libpq takes it. */
static const char *as_of_libpq(struct arena *arena, struct text url)
{
    static const struct text schema = TEXT("currentSchema=");
    struct buffer out = {.arena = arena};
    struct text place = text_part(url, 0, query_of(url));
    struct text query = text_from(url, place.length + 1);
    struct text parameter;
    char before = '?';
    buffer_text(&out, TEXT("postgresql"));
    buffer_text(&out, text_from(place, text_find(place, TEXT("://"))));
    while (text_next(&query, '&', &parameter)) {
        if (!parameter.length || is_of_django(parameter))
            continue;
        bool is_schema = text_starts(parameter, schema);
        buffer_char(&out, before);
        buffer_text(&out, is_schema ? TEXT("options=-csearch_path%3D") : TEXT_NONE);
        buffer_text(&out, text_from(parameter, is_schema ? schema.length : 0));
        before = '&';
    }
    buffer_char(&out, '\0');
    return out.at;
}

static enum status parse(PQconninfoOption **out, struct text url)
{
    struct arena *arena = arena_new(1024);
    char *words = NULL;
    *out = PQconninfoParse(as_of_libpq(arena, url), &words);
    enum status status = *out ? OK : refuse_form(url, words);
    PQfreemem(words);
    arena_free(arena);
    return status;
}

static const char *value_of(const PQconninfoOption *options, const char *keyword)
{
    for (; options->keyword; options++)
        if (strcmp(options->keyword, keyword) == 0)
            return options->val && *options->val ? options->val : NULL;
    return NULL;
}

static bool is_word_of(const char *words, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = words; (at = strstr(at, word)); at += length)
        if ((at == words || at[-1] == ' ') && (at[length] == ' ' || !at[length]))
            return true;
    return false;
}

static enum status check_word(const PQconninfoOption *options, const char *keyword,
                              const char *words)
{
    const char *value = value_of(options, keyword);
    if (!value || is_word_of(words, value))
        return OK;
    return fail_as(INVALID, "its %s must be one of: %s", keyword, words);
}

/* Of each host, one for all, or none. */
static enum status check_ports(const PQconninfoOption *options)
{
    struct text rest = text_of(value_of(options, "port"));
    struct text port;
    int64_t number;
    while (text_next(&rest, ',', &port))
        if (port.length && (!text_to_int64(&number, port) || number < 1 || number > 65535))
            return fail_as(
                INVALID, "its port must be from 1 to 65535, and a / in a password written as %%2F");
    return OK;
}

static enum status check_options(const PQconninfoOption *options)
{
    enum status status = check_ports(options);
    if (status == OK)
        status =
            check_word(options, "sslmode", "disable allow prefer require verify-ca verify-full");
    if (status == OK)
        status = check_word(options, "target_session_attrs",
                            "any read-write read-only primary standby prefer-standby");
    if (status == OK && !value_of(options, "dbname") && !value_of(options, "service"))
        status = fail_as(INVALID, "it names no database: " EXAMPLE);
    return status;
}

/* What is behind the first / of "user:pass/word@host" would be taken for a name, and told to other
 * hosts. */
static bool is_cut_in_password(struct text url)
{
    size_t start = text_find(url, TEXT("://"));
    struct text rest = text_from(url, start == TEXT_NOT_FOUND ? 0 : start + strlen("://"));
    struct text name = text_from(rest, text_find_char(rest, '/'));
    return text_find_char(text_part(name, 0, text_find_char(name, '?')), '@') != TEXT_NOT_FOUND;
}

enum status postgres_check_url(struct text url)
{
    PQconninfoOption *options = NULL;
    enum status status = is_cut_in_password(url) ? refuse_form(url, NULL) : parse(&options, url);
    if (status == OK)
        status = check_options(options);
    PQconninfoFree(options);
    return status;
}

static void add(struct postgres_target *target, size_t *count, const char *keyword,
                const char *value)
{
    if (*count < POSTGRES_KEYWORDS - 1) {
        target->keywords[*count] = keyword;
        target->values[(*count)++] = value;
    }
}

/* What the URL does not say. A server that is gone without a word is noticed within seconds. */
static void add_defaults(struct postgres_target *target, size_t *count, bool encrypted)
{
    static const char *const defaults[][2] = {
        {"application_name", "oc-lettings"}, {"connect_timeout", "5"},
        {"tcp_user_timeout", "10000"},       {"keepalives_idle", "10"},
        {"keepalives_interval", "5"},        {"keepalives_count", "3"},
    };
    for (size_t i = 0; i < sizeof defaults / sizeof *defaults; i++)
        if (!value_of(target->options, defaults[i][0]))
            add(target, count, defaults[i][0], defaults[i][1]);
    if (encrypted && !value_of(target->options, "sslmode"))
        add(target, count, "sslmode", "require");
}

enum status postgres_target_read(struct postgres_target *out, const struct db_options *options)
{
    size_t count = 0;
    *out = (struct postgres_target){0};
    enum status status = parse(&out->options, options->url);
    if (status == OK)
        status = check_options(out->options);
    if (status != OK)
        return status;
    for (const PQconninfoOption *each = out->options; each->keyword; each++)
        if (each->val && *each->val && strcmp(each->keyword, "client_encoding") != 0)
            add(out, &count, each->keyword, each->val);
    add(out, &count, "client_encoding", "UTF8");
    add_defaults(out, &count, options->encrypted);
    return OK;
}

void postgres_target_free(struct postgres_target *target)
{
    PQconninfoFree(target->options);
    target->options = NULL;
}
