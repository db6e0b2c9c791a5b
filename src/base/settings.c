#include "base/settings.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

static struct text unquoted(struct text value)
{
    char quote = value.length >= 2 ? value.at[0] : '\0';
    if ((quote == '"' || quote == '\'') && value.at[value.length - 1] == quote)
        return text_part(value, 1, value.length - 1);
    return value;
}

/* False: the line is no KEY=value. */
static bool take_line(struct arena *arena, struct text line)
{
    line = text_trim(line);
    if (line.length == 0 || line.at[0] == '#')
        return true;
    if (text_starts(line, TEXT("export ")))
        line = text_trim(text_from(line, strlen("export ")));
    size_t equals = text_find_char(line, '=');
    if (equals == TEXT_NOT_FOUND || equals == 0)
        return false;
    struct text name = text_trim(text_part(line, 0, equals));
    struct text value = unquoted(text_trim(text_from(line, equals + 1)));
    setenv(text_string(arena, name), text_string(arena, value), 0);
    return true;
}

enum status settings_read_file(const char *path)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return errno == ENOENT ? OK : fail("cannot read %s: %s", path, strerror(errno));
    struct arena *arena = arena_new(4096);
    enum status status = OK;
    char *line = NULL;
    size_t size = 0;
    ssize_t length;
    for (int number = 1; status == OK && (length = getline(&line, &size, file)) >= 0; number++)
        if (!take_line(arena, (struct text){line, (size_t)length}))
            status = fail_as(INVALID, "%s, line %d: expected KEY=value", path, number);
    free(line);
    fclose(file);
    arena_free(arena);
    return status;
}

bool settings_is_set(const struct setting *row)
{
    return getenv(row->name) != NULL;
}

static struct text raw_value(const struct setting *row)
{
    const char *set = getenv(row->name);
    return text_of(set ? set : row->fallback);
}

static bool is_word_of(const char *words, struct text value)
{
    struct text rest = text_of(words);
    struct text word;
    while (text_next(&rest, ' ', &word))
        if (text_equal(word, value))
            return true;
    return false;
}

/* Whether it may be a key of a password: some take escapes in keys as well. */
static bool is_for_password(struct text key)
{
    for (size_t i = 0; i < key.length; i++)
        if (key.at[i] == '%' || text_equal_nocase(text_part(key, i, i + 4), TEXT("pass"))
            || text_equal_nocase(text_part(key, i, i + 3), TEXT("pwd")))
            return true;
    return false;
}

/* "…?host=…&password=…": up to there. */
static struct text without_parameter(struct arena *arena, struct text url)
{
    size_t start = text_find_char(url, '?');
    struct text rest = start == TEXT_NOT_FOUND ? TEXT_NONE : text_from(url, start + 1);
    struct text field;
    while (text_next(&rest, '&', &field)) {
        struct text key = text_part(field, 0, text_find_char(field, '='));
        if (is_for_password(key))
            return text_format(arena, "%.*s=(secret)", (int)(key.at + key.length - url.at), url.at);
    }
    return url;
}

/* Hides too much rather than too little: the URL may be shown because it is none. */
static struct text without_password(struct arena *arena, struct text url)
{
    size_t scheme = text_find(url, TEXT("://"));
    size_t user = scheme == TEXT_NOT_FOUND ? 0 : scheme + strlen("://");
    size_t at = url.length;
    while (at > user && url.at[at - 1] != '@')
        at--;
    size_t colon = text_find_char(text_part(url, user, at), ':');
    if (at == user || colon == TEXT_NOT_FOUND)
        return without_parameter(arena, url);
    struct text part = text_part(url, 0, user + colon);
    struct text rest = text_from(url, at);
    return without_parameter(arena, text_format(arena, "%.*s:(secret)@%.*s", TEXT_ARG(part),
                                                TEXT_ARG(rest)));
}

static struct text shown(struct arena *arena, const struct setting *row, struct text value)
{
    if (row->secret)
        return value.length ? TEXT("(secret)") : TEXT("");
    return row->url ? without_password(arena, value) : value;
}

static enum status load_flag(const struct setting *row, struct text raw)
{
    char lower[8] = "";
    for (size_t i = 0; i < raw.length && i < sizeof lower - 1; i++)
        lower[i] = (char)(raw.at[i] >= 'A' && raw.at[i] <= 'Z' ? raw.at[i] + 32 : raw.at[i]);
    struct text word = raw.length < sizeof lower ? (struct text){lower, raw.length} : TEXT_NONE;
    bool on = is_word_of("1 true yes on", word);
    if (!on && !is_word_of("0 false no off", word))
        return fail_as(INVALID, "%s is \"%.*s\", but must be 1 or 0", row->name, TEXT_ARG(raw));
    *row->flag = on;
    return OK;
}

static enum status load_integer(const struct setting *row, struct text raw)
{
    int64_t integer;
    if (!text_to_int64(&integer, raw) || integer < row->min || integer > row->max)
        return fail_as(INVALID,
                       "%s is \"%.*s\", but must be a whole number from %" PRId64 " to %" PRId64,
                       row->name, TEXT_ARG(raw), row->min, row->max);
    *row->integer = integer;
    return OK;
}

static enum status load_text(struct arena *arena, const struct setting *row, struct text raw)
{
    struct text given = shown(arena, row, raw);
    if (row->choices && !is_word_of(row->choices, raw))
        return fail_as(INVALID, "%s is \"%.*s\", but must be one of: %s", row->name,
                       TEXT_ARG(given), row->choices);
    const char *refusal = row->refuse ? row->refuse(raw) : NULL;
    if (refusal)
        return fail_as(INVALID, "%s is \"%.*s\", but %s", row->name, TEXT_ARG(given), refusal);
    *row->value = text_copy(arena, raw);
    return OK;
}

static enum status load(struct arena *arena, const struct setting *row)
{
    struct text raw = raw_value(row);
    if (row->flag)
        return load_flag(row, raw);
    return row->integer ? load_integer(row, raw) : load_text(arena, row, raw);
}

enum status settings_load(struct arena *arena, const struct setting *rows)
{
    const struct setting *refused = NULL;
    for (const struct setting *row = rows; row->name; row++)
        if (load(arena, row) != OK && !refused)
            refused = row;
    return refused ? load(arena, refused) : OK; /* again, for its message */
}

enum status settings_check(struct arena *arena, const struct setting *row)
{
    bool flag = false;
    int64_t integer = 0;
    struct text value = TEXT_NONE;
    struct setting trial = *row;
    if (row->flag)
        trial.flag = &flag;
    else if (row->integer)
        trial.integer = &integer;
    else
        trial.value = &value;
    return load(arena, &trial);
}

struct text settings_show(struct arena *arena, const struct setting *row)
{
    if (row->flag)
        return *row->flag ? TEXT("1") : TEXT("0");
    if (row->integer)
        return text_format(arena, "%" PRId64, *row->integer);
    return shown(arena, row, *row->value);
}

struct text settings_show_given(struct arena *arena, const struct setting *row)
{
    return shown(arena, row, raw_value(row));
}
