#include "db/reads.h"

#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "db/engine.h"

/* Behind it stand its parameters, the key and the SQL of a built statement, and the parameters'
 * texts. */
struct query {
    const char *literal; /* NULL: a built statement */
    size_t key;          /* its length */
    size_t sql;          /* its length */
    size_t parameters;
    size_t steps;
    int64_t deadline; /* of it and those beside it that have the same; 0: none */
    int64_t time;     /* what was left of that */
    XXH128_hash_t rows;
};

static void put_step(const struct db_statement *statement, enum status status, struct buffer *rows)
{
    buffer_char(rows, (char)status);
    if (status == OK)
        statement->db->engine->put_row(statement->handle, statement->column_count, rows);
}

static XXH128_hash_t digest(struct buffer *rows)
{
    XXH128_hash_t hash = XXH3_128bits(rows->at, rows->length);
    rows->length = 0;
    return hash;
}

/* Taking down */

void reads_fail(struct db *db)
{
    if (db->reads)
        db->reads->unrepeatable = true;
}

static struct query query_of(const struct db_statement *statement, size_t parameters, int64_t time)
{
    bool is_built = statement->key.length > 0;
    return (struct query){.literal = is_built ? NULL : statement->sql.at,
                          .key = statement->key.length,
                          .sql = is_built ? statement->sql.length : 0,
                          .parameters = parameters,
                          .deadline = statement->db->deadline,
                          .time = time};
}

void reads_begin(const struct db_statement *statement, const struct db_parameter *parameters,
                 size_t count, int64_t time)
{
    struct db_reads *reads = statement->db->reads;
    if (!reads || !statement->column_count)
        return;
    reads->untold = reads->untold || statement->untold;
    reads->unrepeatable = reads->unrepeatable || reads->reading;
    if (reads->unrepeatable)
        return;
    struct buffer *out = &reads->queries;
    struct query query = query_of(statement, count, time);
    reads->reading = statement;
    reads->steps = 0;
    reads->at = out->length;
    buffer_append(out, &query, sizeof query);
    buffer_append(out, parameters, count * sizeof *parameters);
    buffer_text(out, statement->key);
    buffer_append(out, statement->sql.at, query.sql);
    for (size_t i = 0; i < count; i++)
        buffer_text(out, parameters[i].text);
}

void reads_step(const struct db_statement *statement, enum status status)
{
    struct db_reads *reads = statement->db->reads;
    if (!reads || reads->reading != statement)
        return;
    reads->steps++;
    reads->unrepeatable = reads->unrepeatable || (status != OK && status != NOT_FOUND);
    put_step(statement, status, &reads->rows);
}

void reads_end(const struct db_statement *statement)
{
    struct db_reads *reads = statement->db->reads;
    if (!reads || reads->reading != statement)
        return;
    struct query query;
    char *place = reads->queries.at + reads->at;
    memcpy(&query, place, sizeof query);
    query.steps = reads->steps;
    query.rows = digest(&reads->rows);
    memcpy(place, &query, sizeof query);
    reads->reading = NULL;
}

void db_take_down(struct db *db, struct arena *arena, struct db_reads *reads)
{
    if (reads)
        *reads = (struct db_reads){.queries = {.arena = arena}, .rows = {.arena = arena}};
    db->reads = reads;
}

/* Reading again */

struct reading {
    struct arena *arena;
    struct text rest;
    struct buffer rows;
    int64_t deadline; /* as it was taken down */
    bool is_first;    /* no batch has been run */
    bool same;
};

static const char *take(struct reading *reading, size_t length)
{
    const char *at = reading->rest.at;
    reading->rest = (struct text){at + length, reading->rest.length - length};
    return at;
}

static struct db_parameter *take_parameters(struct reading *reading, size_t count)
{
    struct db_parameter *parameters = ARENA_ARRAY(reading->arena, struct db_parameter, count);
    size_t size = count * sizeof *parameters;
    const char *at = take(reading, size);
    if (size)
        memcpy(parameters, at, size);
    return parameters;
}

static void keep_deadline(struct db *db, struct reading *reading, const struct query *query)
{
    if (query->deadline != reading->deadline)
        db_limit(db, query->deadline ? clock_monotonic() + query->time : 0);
    reading->deadline = query->deadline;
}

/* One that is being read again. */
struct again {
    struct query query;
    struct db_rows rows;
};

/* A literal's statement that is in use already waits for the next batch. */
static bool is_in_use(struct db *db, const struct query *query)
{
    enum status status;
    struct db_statement *statement =
        query->literal ? statement_literal(db, query->literal, &status) : NULL;
    return statement && statement->in_use;
}

static enum status begin(struct db *db, struct reading *reading, struct again *out)
{
    const struct query *query = &out->query;
    struct reads_again again = {.literal = query->literal};
    take(reading, sizeof *query);
    struct db_parameter *parameters = take_parameters(reading, query->parameters);
    again.key = (struct text){take(reading, query->key), query->key};
    again.sql = (struct text){take(reading, query->sql), query->sql};
    for (size_t i = 0; i < query->parameters; i++)
        parameters[i].text.at = take(reading, parameters[i].text.length);
    keep_deadline(db, reading, query);
    db_query_again(db, &out->rows, &again, parameters, query->parameters);
    return out->rows.statement ? OK : out->rows.status;
}

/* As many as can be run at once: those with a limit of time of their own stand alone. */
static enum status begin_batch(struct db *db, struct reading *reading, struct again *batch,
                               size_t *count)
{
    size_t most = db->engine->run_all ? DB_MOST_AT_ONCE : 1;
    enum status status = OK;
    *count = 0;
    while (reading->rest.length && *count < most && status == OK) {
        struct again *again = &batch[*count];
        memcpy(&again->query, reading->rest.at, sizeof again->query);
        if (*count && (again->query.deadline || is_in_use(db, &again->query)))
            break;
        status = begin(db, reading, again);
        *count += status == OK;
        if (again->query.deadline)
            break;
    }
    return status;
}

static enum status run_batch(struct db *db, const struct reading *reading,
                             const struct again *batch, size_t count, bool whole)
{
    void *handles[DB_MOST_AT_ONCE];
    if (!db->engine->run_all || reading->deadline)
        return OK;
    for (size_t i = 0; i < count; i++)
        handles[i] = batch[i].rows.statement->handle;
    return db->engine->run_all(db->connection, handles, count, whole);
}

static enum status read_one(struct reading *reading, struct again *again)
{
    struct db_rows *rows = &again->rows;
    const struct db_statement *statement = rows->statement;
    bool more = true;
    for (size_t i = 0; more && i < again->query.steps; i++) {
        more = db_next(rows);
        put_step(statement,
                 more                 ? OK
                 : rows->status == OK ? NOT_FOUND
                                      : rows->status,
                 &reading->rows);
    }
    reading->same = XXH128_isEqual(digest(&reading->rows), again->query.rows);
    return db_finish(rows);
}

static enum status read_batch(struct db *db, struct reading *reading)
{
    struct again batch[DB_MOST_AT_ONCE];
    size_t count;
    bool is_first = reading->is_first;
    reading->is_first = false;
    enum status status = begin_batch(db, reading, batch, &count);
    bool whole = is_first && !reading->rest.length;
    if (status == OK)
        status = run_batch(db, reading, batch, count, whole);
    for (size_t i = 0; i < count; i++) {
        if (status == OK && reading->same)
            status = read_one(reading, &batch[i]);
        else
            db_finish(&batch[i].rows);
    }
    return status;
}

static enum status read_all(struct db *db, void *context)
{
    struct reading *reading = context;
    enum status status = OK;
    while (reading->rest.length && reading->same && status == OK)
        status = read_batch(db, reading);
    return status;
}

enum status db_reads_again(struct db *db, struct arena *arena, struct text queries, bool *same)
{
    struct reading reading = {
        .arena = arena, .rest = queries, .rows = {.arena = arena}, .is_first = true, .same = true};
    int64_t before = db_limit(db, 0);
    enum status status = db_snapshot(db, read_all, &reading);
    db_limit(db, before);
    *same = status == OK && reading.same;
    return status;
}
