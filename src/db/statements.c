#include "db/statements.h"

#include <stdlib.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/trace.h"
#include "db/changes.h"
#include "db/engine.h"

static void statement_free(struct db_statement *statement)
{
    if (!statement)
        return;
    statement->db->engine->discard(statement->handle);
    free(statement->plan);
    free(statement);
}

void statements_free(struct db *db)
{
    for (size_t i = 0; i < CACHE_SIZE; i++)
        statement_free(db->cache[i]);
    for (size_t i = 0; i < BUILT_SETS; i++)
        while (db->built[i]) {
            struct db_statement *statement = db->built[i];
            db->built[i] = statement->next;
            statement_free(statement);
        }
}

/* Where the statement is, or where it belongs. */
static struct db_statement **cache_place(struct db *db, const char *sql)
{
    size_t at = ((uintptr_t)sql * 0x9E3779B97F4A7C15u >> 32) % CACHE_SIZE;
    while (db->cache[at] && db->cache[at]->sql.at != sql)
        at = (at + 1) % CACHE_SIZE;
    return &db->cache[at];
}

/* Copies of the names that the engine gives: its own go away when it prepares the statement again
 * after a change of the schema. Returns what is behind the last. */
static char *copy_columns(struct db_statement *statement)
{
    char *at = (char *)&statement->columns[statement->column_count];
    for (int i = 0; i < statement->column_count; i++) {
        const char *name = statement->db->engine->column_name(statement->handle, i);
        size_t size = strlen(name) + 1;
        statement->columns[i] = memcpy(at, name, size);
        at += size;
    }
    return at;
}

static void (*watcher)(struct db *db, struct text sql);
static _Thread_local bool watching;

void db_watch(void (*watch)(struct db *db, struct text sql))
{
    watcher = watch;
}

static void tell_watcher(struct db *db, struct text sql)
{
    if (!watcher || watching)
        return;
    watching = true;
    watcher(db, sql);
    watching = false;
}

/* One block: the statement, its columns, their names and, where it was built, its key and text.
 * NULL: it failed, and `status` says how. */
static struct db_statement *statement_new(struct db *db, struct text sql, struct text key,
                                          enum status *status)
{
    void *handle;
    tell_watcher(db, sql);
    *status = db->engine->prepare(db->connection, &handle, sql);
    if (*status != OK) {
        trace_close(trace_query(sql));
        return NULL;
    }
    int columns = db->engine->column_count(handle);
    size_t size = sizeof(struct db_statement) + (size_t)columns * sizeof(char *) + key.length;
    for (int i = 0; i < columns; i++)
        size += strlen(db->engine->column_name(handle, i)) + 1;
    struct db_statement *statement = malloc(size + (key.length ? sql.length : 0));
    if (!statement)
        abort();
    *statement = (struct db_statement){.db = db,
                                       .sql = sql,
                                       .handle = handle,
                                       .column_count = columns,
                                       .untold = changes_are_untold(sql),
                                       .ordered = db->engine->is_ordered(handle)};
    char *rest = copy_columns(statement);
    if (key.length) {
        statement->key = (struct text){memcpy(rest, key.at, key.length), key.length};
        statement->sql.at = memcpy(rest + key.length, sql.at, sql.length);
    }
    return statement;
}

struct db_statement *statement_literal(struct db *db, const char *sql, enum status *status)
{
    struct db_statement **place = cache_place(db, sql);
    *status = OK;
    if (*place)
        return *place;
    if (db->cached == CACHE_SIZE - 1) {
        *status = fail("a connection knows at most %d statements", CACHE_SIZE - 1);
        return NULL;
    }
    *place = statement_new(db, text_of(sql), TEXT_NONE, status);
    db->cached += *place != NULL;
    return *place;
}

/* The free statement of that key, and where the one is that was used longest ago and could make
 * room for another. */
static struct db_statement *find_built(struct db_statement **chain, struct text key, uint64_t hash,
                                       struct db_statement ***oldest)
{
    size_t length = 0;
    *oldest = NULL;
    for (struct db_statement **at = chain; *at; at = &(*at)->next, length++) {
        if ((*at)->in_use)
            continue;
        if ((*at)->hash == hash && text_equal(key, (*at)->key))
            return *at;
        if (!*oldest || (*at)->used < (**oldest)->used)
            *oldest = at;
    }
    if (length < BUILT_WAYS)
        *oldest = NULL;
    return NULL;
}

static void add_built(struct db_statement **chain, struct db_statement *statement, uint64_t hash)
{
    struct db_statement **oldest;
    find_built(chain, statement->key, hash, &oldest);
    if (oldest) {
        struct db_statement *gone = *oldest;
        *oldest = gone->next;
        statement_free(gone);
    }
    statement->hash = hash;
    statement->next = *chain;
    *chain = statement;
}

struct db_statement *statement_built(struct db *db, struct text key, db_builder *build,
                                     void *context, enum status *status)
{
    uint64_t hash = XXH3_64bits(key.at, key.length);
    struct db_statement **chain = &db->built[hash % BUILT_SETS];
    struct db_statement **oldest;
    struct db_statement *statement = find_built(chain, key, hash, &oldest);
    *status = OK;
    if (statement)
        return statement;
    struct db_built built = {.sql = key};
    if (build)
        build(context, &built);
    statement = statement_new(db, built.sql, key, status);
    if (!statement) {
        free(built.plan);
        return NULL;
    }
    statement->plan = built.plan;
    add_built(chain, statement, hash);
    return statement;
}

struct db_statement *statement_known(struct db *db, struct text key)
{
    struct db_statement **oldest;
    uint64_t hash = XXH3_64bits(key.at, key.length);
    return find_built(&db->built[hash % BUILT_SETS], key, hash, &oldest);
}

static void finish_all(struct db_statement *statement)
{
    for (; statement; statement = statement->next) {
        if (statement->in_use)
            statement->db->engine->reset(statement->handle);
        statement->in_use = false;
    }
}

void statements_abandon(struct db *db)
{
    for (size_t i = 0; i < CACHE_SIZE; i++)
        finish_all(db->cache[i]);
    for (size_t i = 0; i < BUILT_SETS; i++)
        finish_all(db->built[i]);
    watching = false;
}
