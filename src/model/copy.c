#include "model/copy.h"

#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "db/db.h"

#define ROWS_AT_ONCE   2000
#define VALUES_AT_MOST 900 /* of one INSERT: SQLite and PostgreSQL take more, but no faster */

/* Rows */

static void put_name(struct buffer *out, struct text name)
{
    buffer_format(out, "\"%.*s\"", TEXT_ARG(name));
}

static void put_columns(struct buffer *out, const struct copy_table *table)
{
    for (size_t i = 0; i < table->columns.count; i++) {
        if (i)
            buffer_text(out, TEXT(", "));
        put_name(out, table->columns.items[i]);
    }
}

/* Behind $1, in the order of keys; else all. */
static struct text select_rows(struct arena *arena, const struct copy_table *table)
{
    struct buffer sql = {.arena = arena};
    buffer_text(&sql, TEXT("SELECT "));
    put_columns(&sql, table);
    buffer_text(&sql, TEXT(" FROM "));
    put_name(&sql, table->name);
    if (!table->key.length)
        return buffer_contents(&sql);
    buffer_text(&sql, TEXT(" WHERE "));
    put_name(&sql, table->key);
    buffer_text(&sql, TEXT(" > $1 ORDER BY "));
    put_name(&sql, table->key);
    buffer_format(&sql, " LIMIT %d", ROWS_AT_ONCE);
    return buffer_contents(&sql);
}

static struct text insert_rows(struct arena *arena, const struct copy_table *table, size_t rows)
{
    struct buffer sql = {.arena = arena};
    size_t place = 1;
    buffer_text(&sql, TEXT("INSERT INTO "));
    put_name(&sql, table->name);
    buffer_text(&sql, TEXT(" ("));
    put_columns(&sql, table);
    buffer_text(&sql, TEXT(") VALUES "));
    for (size_t i = 0; i < rows; i++) {
        buffer_text(&sql, i ? TEXT(", (") : TEXT("("));
        for (size_t k = 0; k < table->columns.count; k++)
            buffer_format(&sql, "%s$%zu", k ? ", " : "", place++);
        buffer_char(&sql, ')');
    }
    return buffer_contents(&sql);
}

static enum status run_built(struct db *db, struct text sql, const struct db_parameter *parameters,
                             size_t count)
{
    struct db_rows rows;
    db_query_built(db, &rows, sql, parameters, count);
    while (db_next(&rows))
        ;
    return db_finish(&rows);
}

static enum status read_integer(struct db *db, struct text sql, int64_t *out)
{
    struct db_rows rows;
    db_query_built(db, &rows, sql, NULL, 0);
    bool found = db_next(&rows);
    if (found && !db_is_null_at(&rows, 0))
        *out = db_int_at(&rows, 0);
    return db_finish(&rows);
}

/* A stretch of rows, as texts, which either engine turns into what its column holds. */
struct stretch {
    const struct copy_table *table;
    struct arena *arena;
    LIST(struct db_parameter) values;
    size_t rows;
};

static enum status read_stretch(struct db *from, const struct copy_table *source,
                                struct stretch *stretch, int64_t after)
{
    struct db_rows rows;
    const struct db_parameter key = DB_INT(after);
    size_t columns = stretch->table->columns.count;
    db_query_built(from, &rows, select_rows(stretch->arena, source), &key,
                   stretch->table->key.length ? 1 : 0);
    while (db_next(&rows)) {
        stretch->rows++;
        for (size_t i = 0; i < columns; i++)
            *LIST_PUSH(stretch->arena, &stretch->values) =
                db_is_null_at(&rows, (int)i)
                    ? DB_NULL
                    : DB_TEXT(text_copy(stretch->arena, db_text_at(&rows, (int)i)));
    }
    return db_finish(&rows);
}

/* In INSERTs of so many rows; `done`: how many are there. */
static enum status write_rows(struct db *to, const struct stretch *stretch, size_t at_once,
                              size_t *done)
{
    const struct copy_table *table = stretch->table;
    size_t columns = table->columns.count;
    enum status status = OK;
    if (!table->key.length)
        status =
            run_built(to,
                      text_format(stretch->arena, "DELETE FROM \"%.*s\"", TEXT_ARG(table->name)),
                      NULL, 0);
    for (*done = 0; *done < stretch->rows && status == OK;) {
        size_t left = stretch->rows - *done;
        size_t rows = left < at_once ? left : at_once;
        status = run_built(to, insert_rows(stretch->arena, table, rows),
                           &stretch->values.items[*done * columns], rows * columns);
        *done += status == OK ? rows : 0;
    }
    return status;
}

static enum status write_stretch(struct db *to, void *context)
{
    const struct stretch *stretch = context;
    size_t most = VALUES_AT_MOST / stretch->table->columns.count;
    size_t done;
    return write_rows(to, stretch, most ? most : 1, &done);
}

static enum status last_key(struct db *db, struct arena *arena, const struct copy_table *table,
                            int64_t *out)
{
    *out = INT64_MIN;
    return read_integer(db,
                        text_format(arena, "SELECT max(\"%.*s\") FROM \"%.*s\"",
                                    TEXT_ARG(table->key), TEXT_ARG(table->name)),
                        out);
}

static enum status count_rows(struct db *db, struct arena *arena, const struct copy_table *table,
                              int64_t *out)
{
    return read_integer(db,
                        text_format(arena, "SELECT count(*) FROM \"%.*s\"", TEXT_ARG(table->name)),
                        out);
}

/* What is refused */

struct refusal {
    const struct stretch *stretch;
    size_t row;
    size_t column; /* among those of the row; their count: no single one */
};

/* Takes nothing back that it has written: whoever calls it rolls back. */
static enum status find_row(struct db *to, void *context)
{
    struct refusal *refusal = context;
    enum status status = write_rows(to, refusal->stretch, 1, &refusal->row);
    return status == OK ? fail("no row alone is refused") : status;
}

/* A table of the same columns for this connection alone, where nothing is unique or must be there.
 */
static enum status make_again(struct db *to, struct arena *arena, const struct copy_table *table,
                              struct copy_table *out)
{
    struct buffer sql = {.arena = arena};
    *out = *table;
    out->name = text_format(arena, "oc_again_%.*s", TEXT_ARG(table->name));
    buffer_format(&sql, "CREATE TEMPORARY TABLE \"%.*s\" AS SELECT ", TEXT_ARG(out->name));
    put_columns(&sql, table);
    buffer_format(&sql, " FROM \"%.*s\" LIMIT 0", TEXT_ARG(table->name));
    return run_built(to, buffer_contents(&sql), NULL, 0);
}

static enum status drop_again(struct db *to, struct arena *arena, const struct copy_table *again)
{
    return run_built(to, text_format(arena, "DROP TABLE \"%.*s\"", TEXT_ARG(again->name)), NULL, 0);
}

/* One value after the other. */
static enum status find_column(struct db *to, void *context)
{
    struct refusal *refusal = context;
    const struct stretch *stretch = refusal->stretch;
    size_t columns = stretch->table->columns.count;
    struct copy_table again;
    enum status status = make_again(to, stretch->arena, stretch->table, &again);
    for (refusal->column = 0; status == OK && refusal->column < columns; refusal->column++) {
        struct text *column = &stretch->table->columns.items[refusal->column];
        const struct copy_table one = {.name = again.name, .columns = {column, 1, 1}};
        status = run_built(to, insert_rows(stretch->arena, &one, 1),
                           &stretch->values.items[refusal->row * columns + refusal->column], 1);
        if (status != OK)
            break;
    }
    return status == OK ? fail("no value alone is refused") : status;
}

static void put_row(struct buffer *out, const struct refusal *refusal)
{
    const struct copy_table *table = refusal->stretch->table;
    size_t columns = table->columns.count;
    for (size_t i = 0; i < columns && table->key.length; i++)
        if (text_equal(table->columns.items[i], table->key))
            buffer_format(out, ", %.*s %.*s", TEXT_ARG(table->key),
                          TEXT_ARG(
                              refusal->stretch->values.items[refusal->row * columns + i].text));
    if (refusal->column < columns)
        buffer_format(out, ", %.*s", TEXT_ARG(table->columns.items[refusal->column]));
}

/* With the table, and the row and column that it is about. */
static enum status name_refused(struct db *to, const struct stretch *stretch, enum status status)
{
    struct buffer place = {.arena = stretch->arena};
    struct refusal refusal = {.stretch = stretch, .column = stretch->table->columns.count};
    struct text why = text_copy(stretch->arena, text_of(status_failure()->message));
    if (status == BUSY || status == TIMEOUT)
        return status;
    db_transaction(to, find_row, &refusal);
    if (refusal.row < stretch->rows) {
        db_transaction(to, find_column, &refusal);
        put_row(&place, &refusal);
    }
    struct text at = buffer_contents(&place);
    return fail_as(status, "%.*s%.*s: %.*s", TEXT_ARG(stretch->table->name), TEXT_ARG(at),
                   TEXT_ARG(why));
}

/* One stretch behind the last that is there. `write` is within a transaction, or is one. */
static enum status copy_stretch(struct db *from, struct db *to, const struct copy_table *source,
                                struct stretch *stretch,
                                enum status (*write)(struct db *to, struct stretch *stretch))
{
    int64_t after = 0;
    enum status status = OK;
    if (source->key.length)
        status = last_key(to, stretch->arena, stretch->table, &after);
    if (status == OK)
        status = read_stretch(from, source, stretch, after);
    return status == OK ? write(to, stretch) : status;
}

static bool has_more(const struct stretch *stretch)
{
    return stretch->table->key.length && stretch->rows == ROWS_AT_ONCE;
}

static enum status write_for_good(struct db *to, struct stretch *stretch)
{
    enum status status = db_transaction(to, write_stretch, stretch);
    return status == OK ? OK : name_refused(to, stretch, status);
}

enum status copy_rows(struct db *from, struct db *to, const struct copy_table *table,
                      void (*progress)(struct text table, int64_t rows))
{
    struct arena *arena = arena_new((size_t)256 * 1024);
    int64_t rows = 0;
    bool more = true;
    enum status status = table->key.length ? count_rows(to, arena, table, &rows) : OK;
    while (more && status == OK) {
        arena_reset(arena);
        struct stretch stretch = {.table = table, .arena = arena};
        status = copy_stretch(from, to, table, &stretch, write_for_good);
        rows += status == OK ? (int64_t)stretch.rows : 0;
        more = has_more(&stretch);
        if (status == OK)
            progress(table->name, rows);
    }
    arena_free(arena);
    return status;
}

enum status copy_sequence(struct db *from, struct db *to, const struct copy_table *table)
{
    int64_t value = 0;
    if (!table->has_sequence)
        return OK;
    enum status status = db_sequence(from, table->name, &value);
    return status == OK && value > 0 ? db_sequence_set(to, table->name, value) : status;
}

/* Sums */

static void add_row(struct copy_sum *sum, const struct db_rows *rows, size_t columns)
{
    XXH3_state_t state;
    XXH3_128bits_reset(&state);
    for (size_t i = 0; i < columns; i++) {
        bool null = db_is_null_at(rows, (int)i);
        struct text value = null ? TEXT_NONE : db_text_at(rows, (int)i);
        uint64_t length = null ? UINT64_MAX : value.length;
        XXH3_128bits_update(&state, &length, sizeof length);
        XXH3_128bits_update(&state, value.length ? value.at : "", value.length);
    }
    XXH128_hash_t hash = XXH3_128bits_digest(&state);
    sum->rows++;
    sum->sum[0] += hash.low64;
    sum->sum[1] += hash.high64;
}

enum status copy_sum_of(struct db *db, const struct copy_table *table, struct copy_sum *out)
{
    struct arena *arena = arena_new(4096);
    struct text sql = select_rows(arena, table);
    int64_t after = INT64_MIN;
    size_t key = 0;
    bool more = true;
    enum status status = OK;
    while (table->key.length && !text_equal(table->columns.items[key], table->key))
        key++;
    *out = (struct copy_sum){0};
    while (more && status == OK) {
        const struct db_parameter parameter = DB_INT(after);
        struct db_rows rows;
        int64_t before = out->rows;
        db_query_built(db, &rows, sql, &parameter, table->key.length ? 1 : 0);
        while (db_next(&rows)) {
            add_row(out, &rows, table->columns.count);
            after = table->key.length ? db_int_at(&rows, (int)key) : 0;
        }
        status = db_finish(&rows);
        more = table->key.length && out->rows - before == ROWS_AT_ONCE;
    }
    arena_free(arena);
    return status;
}

bool copy_sum_equal(const struct copy_sum *a, const struct copy_sum *b)
{
    return a->rows == b->rows && a->sum[0] == b->sum[0] && a->sum[1] == b->sum[1];
}

struct again {
    struct db *from;
    const struct copy_table *table;
    struct copy_sum *out;
};

static enum status write_within(struct db *to, struct stretch *stretch)
{
    return write_stretch(to, stretch);
}

static enum status sum_again(struct db *to, void *context)
{
    const struct again *again = context;
    struct arena *names = arena_new(1024);
    struct arena *arena = arena_new((size_t)256 * 1024);
    struct copy_table table;
    bool more = true;
    enum status status = make_again(to, names, again->table, &table);
    while (more && status == OK) {
        arena_reset(arena);
        struct stretch stretch = {.table = &table, .arena = arena};
        status = copy_stretch(again->from, to, again->table, &stretch, write_within);
        more = has_more(&stretch);
    }
    if (status == OK)
        status = copy_sum_of(to, &table, again->out);
    if (status == OK)
        status = drop_again(to, names, &table);
    arena_free(arena);
    arena_free(names);
    return status;
}

enum status copy_sum_again(struct db *from, struct db *to, const struct copy_table *table,
                           struct copy_sum *out)
{
    struct again again = {from, table, out};
    return db_transaction(to, sum_again, &again);
}
