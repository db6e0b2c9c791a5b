/* Rows by conditions that are data: no SQL is glued from what somebody typed.
 *
 *     struct query query = {&letting_model,
 *                           .where = WHERE({"address__city", .value = DB_TEXT(city)}),
 *                           .order = NAMES("-title"),
 *                           .related = NAMES("address"),
 *                           .limit = 50};
 *     struct row_list lettings;
 *     status = query_rows(db, arena, &query, &lettings);
 *
 * Names are Django's: a field, or through references "address__city"; "pk" is the key
 * (docs.djangoproject.com/en/5.2/topics/db/queries/). A name that is none aborts: it is in the
 * program's text, or was looked up with query_names() before. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "db/db.h"
#include "model/model.h"

struct arena;
struct condition;

enum lookup {
    LOOKUP_EXACT, /* with NULL: is null */
    LOOKUP_IEXACT,
    LOOKUP_ICONTAINS,
    LOOKUP_ISTARTSWITH,
    LOOKUP_GT,
    LOOKUP_GTE,
    LOOKUP_LT,
    LOOKUP_LTE,
    LOOKUP_IN,
};

struct conditions {
    const struct condition *items;
    size_t count;
};

struct condition {
    const char *name;
    enum lookup lookup;
    struct db_parameter value;
    const struct db_parameter *values; /* of LOOKUP_IN */
    size_t value_count;
    bool negated;          /* a NULL column is among what does not match, as Django's exclude() */
    struct conditions any; /* instead of a name: one of these at least */
};

#define CONDITIONS(...)                                                                            \
    {                                                                                              \
        (const struct condition[]){__VA_ARGS__},                                                   \
            sizeof((const struct condition[]){__VA_ARGS__}) / sizeof(struct condition)             \
    }
/* All of them. */
#define WHERE(...) CONDITIONS(__VA_ARGS__)
#define ANY(...)                                                                                   \
    {                                                                                              \
        .any = CONDITIONS(__VA_ARGS__)                                                             \
    }

/* What stands behind a query's columns, from FROM on, where conditions do not say it. It names the
 * model's table t0 and those that are read along t1, t2 …, in their order. */
struct raw {
    const char *sql; /* a literal: its address is its identity */
    const struct db_parameter *parameters;
    size_t count;
};
/* Lives as long as the block that it stands in. */
#define RAW(text, ...)                                                                             \
    {                                                                                              \
        "" text, DB_PARAMETERS(__VA_ARGS__), DB_COUNT(__VA_ARGS__)                                 \
    }

struct query {
    const struct model *model;
    struct conditions where;
    const char *const *order;   /* "-title": falling; NULL: the model's. The key comes last */
    const char *const *related; /* references whose rows are read along, in the same statement */
    int64_t limit;              /* 0: all */
    int64_t offset;
    struct raw raw; /* instead of conditions and order; for rows alone */
};

struct row_list {
    void **items;
    size_t count;
    size_t capacity;
};

/* The rows in the arena. */
enum status query_rows(struct db *db, struct arena *arena, const struct query *query,
                       struct row_list *out);

/* The first row: `out` is the address of a pointer to the model's struct. NOT_FOUND. */
enum status query_first(struct db *db, struct arena *arena, const struct query *query, void *out);

/* By its key. NOT_FOUND. */
enum status model_find(struct db *db, struct arena *arena, const struct model *model,
                       struct db_parameter key, void *out);

/* Their keys alone, in their order: far down a list an index may give these without the rows. */
enum status query_keys(struct db *db, struct arena *arena, const struct query *query,
                       struct db_parameter **out, size_t *count);

/* How many there are; of a query with a limit at most that many, and none are looked at beyond. */
enum status query_count(struct db *db, const struct query *query, int64_t *out);

/* Calls `visit` for each row, in memory that is used again for the next: for lists of any length.
 * Ends with the first status that is not OK. */
enum status query_each(struct db *db, const struct query *query,
                       enum status (*visit)(void *row, struct arena *arena, void *context),
                       void *context);

/* The field that a name leads to; NULL: none. */
const struct field *query_name(const struct model *model, struct text name);

/* The key of a row as a parameter. */
struct db_parameter model_key_of(const struct model *model, const void *row, struct arena *arena);

/* "table/key" of a row, for db_transaction_on(). */
struct text model_path(const struct model *model, const void *row, struct arena *arena);

/* Adds the row, and sets its key when that was NULL. CONFLICT with what is stored. */
enum status model_insert(struct db *db, const struct model *model, void *row);
/* Adds many, in a statement for some dozens of them; all have a key, or none, and none is set.
 * Within the caller's transaction. */
enum status model_insert_all(struct db *db, const struct model *model, void *const *rows,
                             size_t count);

/* After rows were inserted with keys of their own: those that the database gives come behind them.
 */
enum status model_keys_follow(struct db *db, const struct model *model);

/* Writes the columns in which `row` differs from `before`; none: no statement. NOT_FOUND: there is
 * no row of that key. */
enum status model_update(struct db *db, const struct model *model, const void *before,
                         const void *row);

/* Keys on the other side of a MANY_TO_MANY, rising. */
enum status links_read(struct db *db, struct arena *arena, const struct model *model,
                       const struct field *field, int64_t key, int64_t **out, size_t *count);
/* Makes them these: what is missing is added, what is too much taken out. */
enum status links_write(struct db *db, const struct model *model, const struct field *field,
                        int64_t key, const int64_t *others, size_t count);

/* The table and columns of a MANY_TO_MANY, as Django names them. */
struct link_table {
    const char *name;
    const char *from; /* column */
    const char *to;
};
struct link_table link_table_of(const struct model *model, const struct field *field,
                                struct arena *arena);
