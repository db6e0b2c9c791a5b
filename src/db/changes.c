#include "db/changes.h"

#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "db/engine.h"
#include "db/statements.h"

/* Of the process, which listens to one database at most. */
static const struct db_engine *listener;
static const struct db_listening *listened;

enum status db_listen(const struct db_options *options, const struct db_listening *listening)
{
    enum status status;
    const struct db_engine *engine = db_engine_for(options->url, &status);
    if (!engine)
        return status;
    listened = listening;
    listener = engine;
    return engine->listen(options, listening);
}

bool db_heard(struct db_state *out)
{
    return listener && listener->heard && listener->heard(out);
}

bool db_stamp(struct db *db, struct db_stamp *out)
{
    return db->engine->stamp && db->engine->stamp(db->connection, out);
}

/* Words */

static bool is_of_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static bool is_untold(struct text word)
{
    for (const char *const *table = listened->untold; *table; table++)
        if (text_is(word, *table))
            return true;
    return false;
}

bool changes_are_untold(struct text sql)
{
    for (size_t at = 0; listened && at < sql.length;) {
        size_t end = at;
        while (end < sql.length && is_of_name(sql.at[end]))
            end++;
        if (end > at && is_untold(text_part(sql, at, end)))
            return true;
        at = end + 1;
    }
    return false;
}

/* Telling */

enum status db_tells_changes(struct db *db, struct text table, bool *out)
{
    int64_t told;
    enum status status =
        db_integer_with(db, &told, 0, db->engine->told_sql, DB_PARAMETERS(DB_TEXT(table)), 1);
    *out = told != 0;
    return status;
}

enum status db_tell_changes(struct db *db, struct text table)
{
    bool told;
    enum status status = db_tells_changes(db, table, &told);
    if (status != OK)
        return status;
    struct arena *arena = arena_new(1024);
    struct buffer sql = {.arena = arena};
    db->engine->put_tell_sql(&sql, table, told);
    buffer_char(&sql, '\0');
    status = db_script(db, sql.at);
    arena_free(arena);
    return status;
}
