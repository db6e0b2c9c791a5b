/* One interface to the database; an engine behind it does the work. Nothing above knows which.
 *
 * A connection belongs to one thread at a time. Statements are string literals, prepared once per
 * connection; parameters are `$1`, `$2` …; columns are read by name:
 *
 *     struct db_rows rows;
 *     db_query(db, &rows, "SELECT id, title FROM lettings_letting WHERE id > $1", DB_INT(after));
 *     while (db_next(&rows))
 *         use(db_int(&rows, "id"), db_text(&rows, "title"));
 *     return db_finish(&rows);
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/list.h"
#include "base/status.h"
#include "base/text.h"

struct arena;
struct db;
struct db_dialect;
struct db_statement;

struct db_options {
    /* "sqlite:///path", relative to `directory`, with four slashes absolute; or one of
     * "postgres://" or "postgresql://", as libpq and Django sites have them. */
    struct text url;
    struct text directory; /* of relative paths; empty: the working directory */
    bool writes;           /* else the connection refuses to write */
    bool create;           /* make the database when there is none. Of a server, what is written
                            * takes turns with others that may make tables, without a time limit */
    int64_t busy_timeout;  /* milliseconds to wait for another's lock */
    /* Of a server. */
    int64_t statement_timeout; /* milliseconds that one statement may take; 0: no limit */
    bool pooled;    /* each transaction may be another session's: nothing is prepared for longer */
    bool encrypted; /* by TLS only, where the URL does not say */
};

/* NOT_FOUND: there is no such database; INVALID: the URL is no good. */
enum status db_open(struct db **out, const struct db_options *options);
void db_close(struct db *db);

/* Whether `url` is one that db_open takes; INVALID says what is wrong with it. */
enum status db_check_url(struct text url);

/* The SQL that its engine speaks (dialect.h). */
const struct db_dialect *db_dialect(const struct db *db);
/* So too of a URL that db_check_url() takes; NULL: it takes it not. */
const struct db_dialect *db_url_dialect(struct text url);

/* Whether it is one of a server: each connection costs that something, and it may be away for a
 * while. */
bool db_url_is_server(struct text url);

/* Whether it may write from now on. Costs nothing where it is so already. */
enum status db_allow_writes(struct db *db, bool allowed);

/* Whether a read may have to wait for a writer, so that it does not belong on a server thread. */
bool db_reads_block(const struct db *db);

/* Statements that run past `deadline` (of clock_monotonic(); 0: no limit) end with TIMEOUT, as does
 * a read that begins behind it; the connection goes on as before. A write that ends so rolls its
 * transaction back. Gives the deadline there was, to be put back. A wait for another's lock is
 * bounded by `busy_timeout` alone. Costs a look at the clock for each read and for each thousand
 * steps of a statement. */
int64_t db_limit(struct db *db, int64_t deadline);

/* Since db_mark(): whether something was given up by the server, or lost with the connection to it,
 * before anything can have been written. Then it may well go through when it is all done again. */
void db_mark(struct db *db);
bool db_gave_up(const struct db *db);

/* Gives back the memory that statements have filled, the process's unused memory too: behind work
 * that went through much more than is usual. Costs some milliseconds, and the next reads are from
 * the file again. */
void db_trim(struct db *db);

/* What has become of the database's file since it was opened. */
enum db_place {
    DB_AT_ITS_PATH,
    DB_REPLACED,    /* another is at its path: this connection goes on with the old one */
    DB_OVERWRITTEN, /* not by its engine: this connection goes on with what it has read of it */
    DB_CUT_OFF, /* its log was taken away: what this process writes is lost, and what others write
                   it does not see. A further connection would share this fate: the process ends */
};
/* Costs a system call, and a second one before a write, when the file has changed, and each second.
 */
enum db_place db_place(struct db *db, bool writes);
/* Whether the log of the file that was opened lies beside the one that has taken its place, or was
 * written over it, and would be taken for that one's (sqlite.org/howtocorrupt.html, 4.1). */
bool db_leaves_log(struct db *db);

/* While it is equal, read before a query and later, nobody has committed in between; of one process
 * and one file, or what one server has told of (db_listen()). Costs some memory reads. False: this
 * database cannot tell. */
#define DB_STATE_HEADER 6
struct db_state {
    uint64_t header[DB_STATE_HEADER];
    uint64_t file;
    int64_t written; /* the file itself, as db_place() saw it last */
};
bool db_state(struct db *db, struct db_state *out);

/* Changes of some tables, of which triggers on them tell, whoever writes: those of a server's
 * database (PostgreSQL's NOTIFY) to a thread of the process that listens. */
struct db_listening {
    const char *const *told; /* tables that db_tell_changes() was called for; ends with NULL */
    const char *const
        *untold; /* the others: what reads one of them is not proven by what is told */
    /* Of a server; in memory that the instance's processes share: raised by what they have written
     * to the told tables, before whoever wrote it hears so. */
    _Atomic int64_t *written;
};

/* Begins to listen, for as long as the process lasts. From then on db_stamp() tells of a file, and
 * db_state() of connections to a server, while it is sure that nothing goes unheard for longer than
 * DB_UNHEARD microseconds. Once. `options` and `listening` must last. */
#define DB_UNHEARD ((int64_t)1000 * 1000)
enum status db_listen(const struct db_options *options, const struct db_listening *listening);
/* The state of what is listened to, without a connection. False: it is not known now. */
bool db_heard(struct db_state *out);

/* While it is equal, read before a query and later, nobody has changed the told tables in between,
 * whatever else was written; of one file. Costs reading a row. False: this database cannot tell. */
struct db_stamp {
    uint64_t words[2];
    int64_t schema;
    uint64_t file;
};
bool db_stamp(struct db *db, struct db_stamp *out);

/* Whether changes of a table are told. */
enum status db_tells_changes(struct db *db, struct text table, bool *out);
/* Sees to it that they are: within a transaction that may write. */
enum status db_tell_changes(struct db *db, struct text table);

/* Puts the database into the mode that serves best (SQLite: the write-ahead log, which lets
 * readers and a writer work at once). Lasting; for `migrate`. */
enum status db_set_up(struct db *db);

struct db_copying {
    void (*progress)(int64_t done, int64_t all); /* in parts of some size; NULL: nobody */
    /* Of a restoring: the file in which what was there before is kept; NULL: nobody. */
    void (*kept)(const char *path);
    void (*left_out)(const char *why); /* what could not be put back, such as a grant */
};

/* Writes the whole database as it is at one moment into a new file, which is checked, and there
 * wholly or not at all; others go on writing. CONFLICT: there is a file of that name. */
enum status db_backup(const struct db_options *options, const char *path,
                      const struct db_copying *copying);

/* Puts such a file in the place of what is there, which is kept beside it. Others see it as one
 * transaction. INVALID: the file is none; NOT_FOUND: there is none; BUSY: what is there cannot be
 * written to while others have it. */
enum status db_restore(const struct db_options *options, const char *path,
                       const struct db_copying *copying);

enum db_kind { DB_KIND_NULL, DB_KIND_INTEGER, DB_KIND_REAL, DB_KIND_TEXT };

struct db_parameter {
    enum db_kind kind;
    int64_t integer;
    double real;
    struct text text;
};

#define DB_NULL        ((struct db_parameter){.kind = DB_KIND_NULL})
#define DB_INT(value)  ((struct db_parameter){.kind = DB_KIND_INTEGER, .integer = (value)})
#define DB_BOOL(value) DB_INT((value) ? 1 : 0)
#define DB_REAL(value) ((struct db_parameter){.kind = DB_KIND_REAL, .real = (value)})
#define DB_TEXT(value) ((struct db_parameter){.kind = DB_KIND_TEXT, .text = (value)})

struct db_rows {
    struct db_statement *statement;
    enum status status;
};

/* Texts among the parameters must live until the rows are finished. */
#define db_query(db, rows, sql, ...)                                                               \
    db_query_with((db), (rows), "" sql, DB_PARAMETERS(__VA_ARGS__), DB_COUNT(__VA_ARGS__))

/* For statements that give no rows. */
#define db_run(db, sql, ...)                                                                       \
    db_run_with((db), "" sql, DB_PARAMETERS(__VA_ARGS__), DB_COUNT(__VA_ARGS__))

#define DB_PARAMETERS(...)                                                                         \
    ((const struct db_parameter[]){__VA_ARGS__ __VA_OPT__(, ){.kind = DB_KIND_NULL}})
#define DB_COUNT(...) (sizeof DB_PARAMETERS(__VA_ARGS__) / sizeof(struct db_parameter) - 1)

/* `sql` is the statement's identity: the same address must always hold the same text. */
void db_query_with(struct db *db, struct db_rows *rows, const char *sql,
                   const struct db_parameter *parameters, size_t count);
enum status db_run_with(struct db *db, const char *sql, const struct db_parameter *parameters,
                        size_t count);

/* SQL that was built of trusted words, as model/query.h does: kept prepared by its text. */
void db_query_built(struct db *db, struct db_rows *rows, struct text sql,
                    const struct db_parameter *parameters, size_t count);

/* The same where building costs more than looking: known by a key that says all that the SQL
 * depends on, and built only when no statement has it. `plan`, from malloc() or NULL, is kept with
 * the statement and freed with it. */
struct db_built {
    struct text sql;
    void *plan;
};
typedef void db_builder(void *context, struct db_built *out);
void db_query_keyed(struct db *db, struct db_rows *rows, struct text key, db_builder *build,
                    void *context, const struct db_parameter *parameters, size_t count);
/* The plan that came with the statement; NULL also when it failed. */
const void *db_plan(const struct db_rows *rows);

/* Before the first step: there may be more rows than should be in memory at once, and they are read
 * within a transaction or a snapshot. A failure of another query there may then end them too. */
void db_expect_many(struct db_rows *rows);

/* Steps to the next row; at the end, or when it failed, finishes and gives false. */
bool db_next(struct db_rows *rows);
/* Ends the reading, also before the last row; OK, BUSY, CONFLICT, TIMEOUT or FAILED. */
enum status db_finish(struct db_rows *rows);

/* The current row. A column the statement does not give aborts. Texts last until the next step. */
int64_t db_int(const struct db_rows *rows, const char *column);
bool db_bool(const struct db_rows *rows, const char *column);
double db_real(const struct db_rows *rows, const char *column);
struct text db_text(const struct db_rows *rows, const char *column);
bool db_is_null(const struct db_rows *rows, const char *column);

/* The place of a column, to read it by in each row of a loop; -1 when the statement has none. */
int db_column(const struct db_rows *rows, const char *column);
int64_t db_int_at(const struct db_rows *rows, int column);
double db_real_at(const struct db_rows *rows, int column);
struct text db_text_at(const struct db_rows *rows, int column);
bool db_is_null_at(const struct db_rows *rows, int column);

/* What is read, as something that can be read again. */
struct db_reads {
    struct buffer queries; /* each with a digest of what it gave, for db_reads_again() */
    bool unrepeatable;     /* rows were read within others, or a query failed */
    bool untold;           /* tables were read of whose changes nothing tells (db_listen()) */

    const void *reading; /* the statement whose rows are being read … */
    size_t at;           /* … where it stands in `queries` … */
    size_t steps;        /* … and how far it has come … */
    struct buffer rows;  /* … through these */
};
/* Takes down all that is read from now on, in the arena; `reads` NULL: no longer. */
void db_take_down(struct db *db, struct arena *arena, struct db_reads *reads);
/* Reads it again through any connection of this process to the database, in one state of it, up to
 * where something else is given. Limits of time are as they were. */
enum status db_reads_again(struct db *db, struct arena *arena, struct text queries, bool *same);

/* Runs several statements parted by `;`, without parameters. For migrations. */
enum status db_script(struct db *db, const char *sql);
/* `at`: where in `sql` the statement begins that failed, or the fault in it. */
enum status db_script_at(struct db *db, const char *sql, const char **at);

/* Runs `body`, whose reads all see one state of the database, and which writes nothing. */
enum status db_snapshot(struct db *db, enum status (*body)(struct db *db, void *context),
                        void *context);

/* Runs `body` in a transaction that may write: committed when it gives OK, else rolled back. It is
 * alone with that: what it has read stays true until it is committed. */
enum status db_transaction(struct db *db, enum status (*body)(struct db *db, void *context),
                           void *context);

/* The same for one that relies on less, where an engine lets several write at once: "table/key"
 * (a row), "table" or any other name, and all below it. Others do not wait that are on other paths.
 * `count` 0: on nothing, since it only adds rows, or takes away what is its own. */
enum status db_transaction_on(struct db *db, const struct text *paths, size_t count,
                              enum status (*body)(struct db *db, void *context), void *context);

/* Within a transaction: runs `body`, and unless it gives OK undoes what it has done alone, so that
 * the transaction goes on. Its status is that of `body`. Not within itself. */
enum status db_attempt(struct db *db, enum status (*body)(struct db *db, void *context),
                       void *context);

/* The same for a `body` that remakes tables: meanwhile references are not watched over, and before
 * it is committed all of them are checked. CONFLICT names a row that refers to nothing. */
enum status db_schema_transaction(struct db *db, enum status (*body)(struct db *db, void *context),
                                  void *context);

/* After whoever used it was left by a jump (monitor/fault.h), which is never within these
 * functions: rows that are still read are finished, taking down ends, so does a limit of time,
 * and a transaction is rolled back. */
void db_abandon(struct db *db);

struct db_table_column {
    struct text name;
    struct text type; /* as declared: "varchar(30)" */
    bool not_null;
    bool has_default;
    bool is_key;
    struct text refers_to; /* a table, or empty */
};
/* Neither of a part of the rows only, nor the key's own. */
struct db_table_index {
    bool is_unique;
    LIST(struct text) columns; /* one that is an expression is empty */
};
struct db_table {
    LIST(struct db_table_column) columns; /* none: there is no such table */
    LIST(struct db_table_index) indexes;
};
/* Those of this database that hold rows, by name; without what an engine keeps for itself. */
struct db_names {
    struct text *items;
    size_t count;
    size_t capacity;
};
enum status db_tables(struct db *db, struct arena *arena, struct db_names *out);

/* The last key that the database has given by itself to a row of a table; 0: none. */
enum status db_sequence(struct db *db, struct text table, int64_t *out);
enum status db_sequence_set(struct db *db, struct text table, int64_t value);

enum status db_table_read(struct db *db, struct arena *arena, struct text name,
                          struct db_table *out);

/* Called with each statement that is prepared, before it runs: for tests, which look at plans. Not
 * called for what it prepares itself. NULL: nobody. */
void db_watch(void (*watch)(struct db *db, struct text sql));

/* The SQL that made a table, view, index or trigger; empty where the database does not keep it.
 * NOT_FOUND: there is none of that name. */
enum status db_object_sql(struct db *db, struct arena *arena, struct text name, struct text *out);

/* SELECT that answers one integer, or `otherwise` when there is no row. */
#define db_integer(db, out, otherwise, sql, ...)                                                   \
    db_integer_with((db), (out), (otherwise), "" sql, DB_PARAMETERS(__VA_ARGS__),                  \
                    DB_COUNT(__VA_ARGS__))
enum status db_integer_with(struct db *db, int64_t *out, int64_t otherwise, const char *sql,
                            const struct db_parameter *parameters, size_t count);
