/* What an engine provides to db.c. */
#pragma once

#include "db/db.h"
#include "db/dialect.h"

struct db_engine {
    const char *scheme; /* of its URLs, with "://" */
    const struct db_dialect *dialect;
    enum status (*check_url)(struct text url);
    enum status (*open)(void **connection, const struct db_options *options);
    void (*close)(void *connection);
    enum status (*allow_writes)(void *connection, bool allowed);
    void (*limit)(void *connection, int64_t deadline); /* what runs past it ends; 0: none */
    void (*trim)(void *connection);
    bool (*reads_block)(void *connection);
    enum db_place (*place)(void *connection, bool writes);
    bool (*leaves_log)(void *connection);
    bool (*state)(void *connection, struct db_state *out); /* all but the generation */
    enum status (*set_up)(void *connection, int64_t busy_timeout);
    /* `at`: where the statement begins that failed, or the fault in it. */
    enum status (*script)(void *connection, const char *sql, const char **at);
    /* Answer db_table_read() for the table $1, in order. */
    const char *columns_sql;
    const char *indexes_sql;
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
    /* OK: a row; NOT_FOUND: no more. */
    enum status (*step)(void *connection, void *statement);
    void (*reset)(void *statement);
    bool (*is_null)(void *statement, int column);
    int64_t (*integer)(void *statement, int column);
    double (*real)(void *statement, int column);
    struct text (*text)(void *statement, int column);

    enum status (*begin)(void *connection);
    enum status (*commit)(void *connection);
    void (*rollback)(void *connection);
    /* In place of begin, before commit, and when all is over: see db_schema_transaction(). */
    enum status (*begin_schema)(void *connection);
    enum status (*check_schema)(void *connection);
    enum status (*end_schema)(void *connection);
};

extern const struct db_engine db_sqlite;
