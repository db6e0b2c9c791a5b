/* All rows from one database into another, of whichever engines, table by table. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "base/status.h"
#include "base/text.h"

struct arena;
struct db;

/* A table of both databases, in the columns of the second. */
struct copy_table {
    struct text name;
    struct text key;   /* its one key, a number; empty: it has another kind of key */
    bool has_sequence; /* its key is given by the database */
    LIST(struct text) columns;
    LIST(struct text) left_out; /* columns of the first database alone */
    LIST(struct text) needs;    /* tables that its rows refer to */
};
struct copy_tables {
    LIST(struct copy_table) items;
};

/* The tables that both have, each behind those that it refers to. `is_wanted`: of which. CONFLICT:
 * a column of the second is not in the first. */
enum status copy_tables_find(struct db *from, struct db *to, struct arena *arena,
                             bool (*is_wanted)(struct text table, void *context), void *context,
                             struct copy_tables *out);

/* Copies what is not there yet: a table with a key goes on behind its last row, another begins
 * anew. Each stretch of rows is a transaction of `to`. `progress` is told how many rows are there.
 * What `to` refuses is named: table, row and, where it is one value's fault, column. */
enum status copy_rows(struct db *from, struct db *to, const struct copy_table *table,
                      void (*progress)(struct text table, int64_t rows));

/* What the next key will be counted on from. */
enum status copy_sequence(struct db *from, struct db *to, const struct copy_table *table);

/* Of all values of all rows, whatever their order. */
struct copy_sum {
    int64_t rows;
    uint64_t sum[2];
};
enum status copy_sum_of(struct db *db, const struct copy_table *table, struct copy_sum *out);
bool copy_sum_equal(const struct copy_sum *a, const struct copy_sum *b);

/* What `to` would make of the rows of `from` now: another sum than that of `from` where values have
 * another form there, such as dates without a time. Writes them into a temporary table. */
enum status copy_sum_again(struct db *from, struct db *to, const struct copy_table *table,
                           struct copy_sum *out);
