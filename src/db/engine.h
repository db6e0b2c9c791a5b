/* What an engine provides to db.c. */
#pragma once

#include "db/db.h"
#include "db/dialect.h"

/* What has become of what was done since db_mark(). */
struct db_fate {
    bool gave_up;          /* the server, or the connection, has of something */
    bool may_have_written; /* something that is there, or may be */
};

#define DB_MOST_AT_ONCE 32 /* statements of run_all() */

struct db_engine {
    const char *const *schemes; /* of its URLs, with "://"; ends with NULL */
    bool is_server;             /* elsewhere, or started later than we are */
    const struct db_dialect *dialect;
    enum status (*check_url)(struct text url);
    enum status (*open)(void **connection, const struct db_options *options);
    void (*close)(void *connection);
    enum status (*allow_writes)(void *connection, bool allowed);
    void (*limit)(void *connection, int64_t deadline); /* what runs past it ends; 0: none */
    struct db_fate *(*fate)(void *connection);         /* NULL: it gives nothing up */
    void (*trim)(void *connection);
    bool (*reads_block)(void *connection);
    enum db_place (*place)(void *connection, bool writes);
    bool (*leaves_log)(void *connection);
    bool (*state)(void *connection, struct db_state *out); /* all but the generation */
    enum status (*set_up)(void *connection, int64_t busy_timeout);
    enum status (*backup)(const struct db_options *options, const char *path,
                          const struct db_copying *copying);
    enum status (*restore)(const struct db_options *options, const char *path,
                           const struct db_copying *copying);
    /* `at`: where the statement begins that failed, or the fault in it. */
    enum status (*script)(void *connection, const char *sql, const char **at);
    /* Answer db_table_read() for the table $1, in order. */
    const char *columns_sql;
    const char *indexes_sql;
    const char *tables_sql; /* answers db_tables() */
    /* The last key that was given to a row of the table $1; and, in order, what makes it $2. */
    const char *sequence_sql;
    const char *const *set_sequence_sql; /* ends with NULL; each takes $1 and $2 */
    enum status (*listen)(const struct db_options *options, const struct db_listening *listening);
    bool (*heard)(struct db_state *out);                   /* NULL: nothing, without a connection */
    bool (*stamp)(void *connection, struct db_stamp *out); /* NULL: it has none */
    const char *told_sql; /* whether changes of the table $1 are told */
    /* What sees to it that they are; `told`: they are already. */
    void (*put_tell_sql)(struct buffer *out, struct text table, bool told);
    /* Answers db_object_sql() for $1. */
    const char *object_sql;

    enum status (*prepare)(void *connection, void **statement, struct text sql);
    void (*discard)(void *statement);
    int (*column_count)(void *statement);
    const char *(*column_name)(void *statement, int column);

    /* Whether $1, $2 … are the first, second … that the engine counts. */
    bool (*is_ordered)(void *statement);
    enum status (*bind)(void *connection, void *statement, const struct db_parameter *parameters,
                        size_t count, bool ordered);
    void (*expect_many)(void *statement); /* NULL: it never has more than one in memory */
    /* OK: a row; NOT_FOUND: no more. */
    enum status (*step)(void *connection, void *statement);
    /* Runs statements that are bound and only read, before their first steps, at once; NULL: there
     * is nothing to be had by that. `whole`: no more follow in the transaction that has begun. */
    enum status (*run_all)(void *connection, void *const *statements, size_t count, bool whole);
    void (*reset)(void *statement);
    bool (*is_null)(void *statement, int column);
    int64_t (*integer)(void *statement, int column);
    double (*real)(void *statement, int column);
    struct text (*text)(void *statement, int column);
    /* Appends the row: the same bytes for the same values alone. */
    void (*put_row)(void *statement, int columns, struct buffer *out);

    /* What the next transaction is alone with; NULL: each is with all. */
    void (*claim)(void *connection, const struct text *paths, size_t count);
    enum status (*begin_reads)(void *connection); /* committed as others are */
    enum status (*begin)(void *connection);
    enum status (*commit)(void *connection);
    void (*rollback)(void *connection);
    /* In place of begin, before commit, and when all is over: see db_schema_transaction(). */
    enum status (*begin_schema)(void *connection);
    enum status (*check_schema)(void *connection);
    enum status (*end_schema)(void *connection);
};

extern const struct db_engine db_sqlite, db_postgres;

/* NULL: none takes this URL, and `status` says why. */
const struct db_engine *db_engine_for(struct text url, enum status *status);
