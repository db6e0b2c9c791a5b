/* PostgreSQL behind db.h, shared by its own files alone (postgresql.org/docs/15/libpq.html).
 *
 * A connection is in libpq's pipeline mode all the time but for scripts: what begins a transaction,
 * a statement and, where it stands alone, what ends its transaction go out in one message, and cost
 * one way there and back. */
#pragma once

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

#include "db/engine.h"

struct arena;
struct buffer;

/* Where to connect: libpq's keywords and their values, ending with NULL. */
#define POSTGRES_KEYWORDS 64
struct postgres_target {
    PQconninfoOption *options; /* what the URL says */
    const char *keywords[POSTGRES_KEYWORDS];
    const char *values[POSTGRES_KEYWORDS];
};

/* Rows that are wanted are rather fetched one by one than found by going through all: that is so
 * where the disk need not turn, or all is in memory, which PostgreSQL does not take for granted. */
#define POSTGRES_PAGE_COST "1.1" /* random_page_cost */

/* libpq's, and those that Django sites have (dj-database-url, django-environ). */
extern const char *const postgres_schemes[];
enum status postgres_check_url(struct text url);
enum status postgres_target_read(struct postgres_target *out, const struct db_options *options);
void postgres_target_free(struct postgres_target *target);

enum postgres_transaction {
    POSTGRES_ALONE,   /* there is none */
    POSTGRES_PENDING, /* what begins it goes out with the first statement */
    POSTGRES_OPEN,
};

struct postgres {
    PGconn *handle; /* NULL: it is to be made */
    struct postgres_target target;
    struct db_options options;
    bool writes;
    int64_t deadline;
    int64_t patience; /* microseconds for an answer, then the connection is given up; 0: no limit */
    enum postgres_transaction transaction;
    bool is_stale; /* the last was dropped for tables that have changed: the batch was not run */
    struct db_fate fate;
    bool pooled;          /* each transaction may be another session's: said so, or found */
    bool reads_session;   /* what is not said to write only reads, and sees one state */
    bool only_reads;      /* the transaction does */
    bool is_schema;       /* it changes tables */
    bool is_ending;       /* it is being committed */
    uint64_t server;      /* connected to, as it was started; 0: it is a standby, or pooled */
    uint64_t made;        /* how often it was connected: statements are prepared in one of these */
    int64_t connected;    /* when, by clock_monotonic() */
    int64_t answered;     /* when it was last */
    struct arena *claims; /* NULL: none was made yet */
    const char *claim;    /* what a transaction that may write takes first */
    unsigned queued;      /* commands of the batch that is not sent yet */
    unsigned owed;        /* batches whose answers nobody has read */
    unsigned last_name;   /* of a statement */
    unsigned last_cursor;
    struct postgres_statement *gone; /* prepared ones that are to be forgotten */
};

/* Connections */

/* Ready for a batch: connected, to a server that takes writes where they are to come, and no
 * answers are owed. BUSY: there is no way to one. */
enum status postgres_ready(struct postgres *own);
enum status postgres_connect(struct postgres *own);
void postgres_drop(struct postgres *own);

/* What is beyond the server's own limit of time for a statement, before nobody waits any longer. */
#define POSTGRES_GRACE (INT64_C(3000) * 1000)
/* Waits for the next result; NULL also where the connection is lost: `handle` is NULL then, as it
 * is when the server does not answer in time, or another has taken its place. */
PGresult *postgres_result(struct postgres *own);
/* What a result says that is a failure. Where a prepared statement is of tables that have changed
 * since, the connection is dropped, so that all are prepared anew. */
enum status postgres_status(struct postgres *own, const PGresult *result);
/* Drops the connection: BUSY. */
enum status postgres_lost(struct postgres *own);

/* Batches: the commands that are queued up to postgres_send() are answered together. When one of
 * them fails, those behind it are not run. */

enum status postgres_queue(struct postgres *own, const char *sql);
/* Counts one that was handed to libpq, which gave `sent`. */
enum status postgres_queued(struct postgres *own, int sent);
enum status postgres_send(struct postgres *own);
/* Reads all answers of a batch. OK, or the first failure. The result of the command at `place`
 * goes to `out`, where it did not fail. */
enum status postgres_answers(struct postgres *own, unsigned place, PGresult **out);
/* The same of `count` commands from `first` on; those without a result stay as they are. */
enum status postgres_all_answers(struct postgres *own, unsigned first, unsigned count,
                                 PGresult **out);

/* Reads the answers of batches for which nobody has waited. */
void postgres_settle(struct postgres *own);

/* Transactions */

/* In front of what is only looked at before a transaction begins, where a COMMIT must end it. */
enum status postgres_queue_look(struct postgres *own);
/* What has to stand in front of a statement in its batch, and behind it. */
enum status postgres_queue_begin(struct postgres *own);
enum status postgres_queue_end(struct postgres *own);
/* Whether the next statement begins a transaction that may write. */
bool postgres_begins_writing(const struct postgres *own);
/* Lets the session's transactions write where they do not say so. */
enum status postgres_leave_reads_session(struct postgres *own);
/* After a failure: ends what a statement that stood alone has begun. What only reads goes on with
 * another state of the database, as PostgreSQL would refuse all that follows. */
void postgres_leave(struct postgres *own);

/* The advisory lock of who makes tables: "octables" in ASCII. */
#define POSTGRES_TURN "8026386922516276595"
/* What the next transactions that may write are alone with, as db_transaction_on(). */
void postgres_claim(void *connection, const struct text *paths, size_t count);
enum status postgres_begin(void *connection);
enum status postgres_begin_reads(void *connection);
enum status postgres_begin_schema(void *connection);
enum status postgres_check_schema(void *connection);
enum status postgres_end_schema(void *connection);
enum status postgres_commit(void *connection);
void postgres_rollback(void *connection);
enum status postgres_script(void *connection, const char *sql, const char **at);

/* Statements */

struct postgres_statement {
    struct postgres *connection;
    struct postgres_statement *next; /* among those that are gone */
    unsigned name;                   /* behind a pooler it has none, and is sent with each use */
    uint64_t prepared;               /* in which connection; 0: in none yet */
    PGresult *description;           /* of its columns */
    int parameter_count;
    Oid *types;
    const char **values;
    int *lengths;
    int *formats;
    char (*numbers)[32]; /* numbers among the values */
    struct arena *texts; /* of texts among the values that had to be copied; NULL: there are none */
    PGresult *result;    /* NULL: it has not run yet */
    int row;
    bool expects_many;
    unsigned cursor;      /* whose rows come in parts; 0: all come at once */
    uint64_t cursor_made; /* in which connection */
    struct arena *forms;  /* of what was read in another form than libpq's; NULL: nothing */
    char sql[];
};

enum status postgres_prepare(void *connection, void **statement, struct text sql);
void postgres_discard(void *statement);
void postgres_forget(struct postgres_statement *statement);
int postgres_column_count(void *statement);
const char *postgres_column_name(void *statement, int column);
bool postgres_is_ordered(void *statement);
enum status postgres_bind(void *connection, void *statement, const struct db_parameter *parameters,
                          size_t count, bool ordered);
enum status postgres_step(void *connection, void *statement);
enum status postgres_run_all(void *connection, void *const *statements, size_t count, bool whole);
void postgres_reset(void *statement);

bool postgres_is_null(void *statement, int column);
int64_t postgres_integer(void *statement, int column);
double postgres_real(void *statement, int column);
struct text postgres_text(void *statement, int column);
void postgres_put_row(void *statement, int columns, struct buffer *out);

/* Changes (postgres_changes.c) */

enum status postgres_listen(const struct db_options *options, const struct db_listening *listening);
bool postgres_heard(struct db_state *out);
/* Whether the server of a connection is not the one that takes writes, which was found since. */
bool postgres_is_left(const struct postgres *own);
extern const char postgres_told_sql[];
void postgres_put_tell_sql(struct buffer *out, struct text table, bool told);
/* Within a transaction, answers whether it has changed what is told of. NULL: nobody listens. */
const char *postgres_has_told_sql(void);
/* Raises what the instance has written; `answer` to that, NULL where it is not known. */
void postgres_wrote(const PGresult *answer);

/* Cursors: a statement that expects many rows has one, where a transaction is begun or to be. */

#define POSTGRES_AT_ONCE 1000 /* rows */
void postgres_expect_many(void *statement);
/* In place of the statement: the cursor, and its first part. */
enum status postgres_queue_cursor(struct postgres *own, struct postgres_statement *statement);
/* The next part. BUSY: the transaction is over. */
enum status postgres_fetch(struct postgres *own, struct postgres_statement *statement);
void postgres_close_cursor(struct postgres *own, struct postgres_statement *statement);

/* By PostgreSQL's own pg_dump, pg_restore and psql (postgres_tools.h). */
enum status postgres_backup(const struct db_options *options, const char *path,
                            const struct db_copying *copying);
enum status postgres_restore(const struct db_options *options, const char *path,
                             const struct db_copying *copying);

/* Types (SELECT oid, typname FROM pg_type): these numbers never change. */
enum {
    TYPE_BOOL = 16,
    TYPE_INT8 = 20,
    TYPE_INT2 = 21,
    TYPE_INT4 = 23,
    TYPE_TEXT = 25,
    TYPE_BPCHAR = 1042,
    TYPE_VARCHAR = 1043,
    TYPE_TIME = 1083,
    TYPE_TIMESTAMP = 1114,
    TYPE_TIMESTAMPTZ = 1184,
};
