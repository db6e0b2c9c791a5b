/* What stands in the file of a migration. */
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "db/dialect.h"
#include "model/migration_file.h"

#define NEEDS      "-- needs: "
#define DEFERRABLE "deferrable"
#define REPEATABLE "repeatable"
#define BREAKS     "breaks"
#define INITIAL    "initial"

struct reading {
    const struct migration *migration;
    const struct db_dialect *dialect;
    struct buffer forward;
    struct buffer backward;
    struct buffer repeatable;
    size_t line;
    bool goes_back;
    bool repeats;
    bool applies; /* what is being read is for this dialect */
};

static enum status fault(const struct reading *reading, struct text mark)
{
    return fail_as(
        INVALID,
        "migration %s.%.*s: %s:%zu: \"%.*s\" means nothing: there are \"-- needs: "
        "app.name\", \"-- deferrable:\", \"-- initial:\", \"-- breaks:\", \"-- sqlite:\", \"-- "
        "postgresql:\", \"-- all:\", "
        "\"-- repeatable:\" and \"-- backward:\" (once)",
        reading->migration->app_label, TEXT_ARG(reading->migration->name), reading->migration->path,
        reading->line, TEXT_ARG(mark));
}

/* "-- word:" gives the word. */
static bool is_mark(struct text line, struct text *word)
{
    *word = text_part(line, strlen("-- "), line.length - 1);
    if (!text_starts(line, TEXT("-- ")) || !text_ends(line, TEXT(":")) || word->length == 0)
        return false;
    for (size_t i = 0; i < word->length; i++)
        if (word->at[i] < 'a' || word->at[i] > 'z')
            return false;
    return true;
}

static enum status read_mark(struct reading *reading, struct text word)
{
    if (text_is(word, DEFERRABLE) || text_is(word, BREAKS) || text_is(word, INITIAL))
        return OK;
    if (text_is(word, REPEATABLE)) {
        reading->repeats = true;
        return OK;
    }
    const struct db_dialect *dialect = db_dialect_named(word);
    bool begins_back = text_is(word, "backward") && !reading->goes_back;
    if (!dialect && !begins_back && !text_is(word, "all"))
        return fault(reading, word);
    reading->goes_back |= begins_back;
    reading->repeats &= !begins_back;
    reading->applies = !dialect || dialect == reading->dialect;
    return OK;
}

static const struct db_word *word_at(const struct db_dialect *dialect, struct text sql)
{
    for (const struct db_word *word = dialect->words; word->placeholder; word++)
        if (text_starts(sql, text_of(word->placeholder)))
            return word;
    return NULL;
}

static void put_line(struct buffer *out, const struct db_dialect *dialect, struct text line)
{
    while (line.length) {
        const struct db_word *word = word_at(dialect, line);
        buffer_text(out, word ? text_of(word->sql) : text_part(line, 0, 1));
        line = text_from(line, word ? strlen(word->placeholder) : 1);
    }
}

static enum status read_line(struct reading *reading, struct text line)
{
    enum status status = OK;
    struct text trimmed = text_trim(line);
    struct text word;
    if (is_mark(trimmed, &word))
        status = read_mark(reading, word);
    else if (text_starts(trimmed, TEXT("-- needs:")))
        status = text_starts(trimmed, TEXT(NEEDS)) ? OK : fault(reading, trimmed);
    else if (reading->applies)
        put_line(reading->goes_back ? &reading->backward : &reading->forward, reading->dialect,
                 line);
    if (reading->applies && reading->repeats)
        put_line(&reading->repeatable, reading->dialect, line);
    buffer_char(&reading->forward, '\n');
    buffer_char(&reading->backward, '\n');
    buffer_char(&reading->repeatable, '\n');
    return status;
}

static struct text ended(struct buffer *buffer)
{
    buffer_char(buffer, '\0');
    return text_part(buffer_contents(buffer), 0, buffer->length - 1);
}

enum status migration_read(struct arena *arena, const struct migration *migration,
                           const struct db_dialect *dialect, struct migration_sql *out)
{
    struct reading reading = {
        .migration = migration,
        .dialect = dialect,
        .forward = {.arena = arena},
        .backward = {.arena = arena},
        .repeatable = {.arena = arena},
        .applies = true,
    };
    struct text rest = migration->sql;
    struct text line;
    enum status status = OK;
    for (reading.line = 1; status == OK && text_next(&rest, '\n', &line); reading.line++)
        status = read_line(&reading, line);
    out->forward = ended(&reading.forward);
    out->backward = reading.goes_back ? ended(&reading.backward) : TEXT_NONE;
    out->repeatable = ended(&reading.repeatable);
    return status;
}

bool migration_next_need(struct text *rest, struct text *need)
{
    struct text line;
    while (text_next(rest, '\n', &line)) {
        line = text_trim(line);
        if (!text_starts(line, TEXT(NEEDS)))
            continue;
        *need = text_trim(text_from(line, strlen(NEEDS)));
        return true;
    }
    return false;
}

static bool has_mark(struct text sql, const char *mark)
{
    struct text line;
    struct text word;
    while (text_next(&sql, '\n', &line))
        if (is_mark(text_trim(line), &word) && text_is(word, mark))
            return true;
    return false;
}

bool migration_is_deferrable(struct text sql)
{
    return has_mark(sql, DEFERRABLE);
}

bool migration_is_breaking(struct text sql)
{
    return has_mark(sql, BREAKS);
}

bool migration_is_initial(struct text sql)
{
    return has_mark(sql, INITIAL);
}

size_t migration_line(struct text sql, const char *at)
{
    size_t line = 1;
    for (size_t i = 0; i < sql.length && sql.at + i < at; i++)
        line += sql.at[i] == '\n';
    return line;
}
