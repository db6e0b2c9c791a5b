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

#include "base/list.h"
#include "base/status.h"
#include "base/text.h"

struct arena;
struct buffer;
struct db;
struct db_dialect;
struct db_statement;

struct db_options {
    struct text url;       /* "sqlite:///path": relative to `directory`; four slashes: absolute */
    struct text directory; /* of relative paths; empty: the working directory */
    bool writes;           /* else the connection refuses to write */
    bool create;           /* make the database when there is none */
    int64_t busy_timeout;  /* milliseconds to wait for another's lock */
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
 * and one file. Costs some memory reads. False: this database cannot tell. */
#define DB_STATE_HEADER 6
struct db_state {
    uint64_t header[DB_STATE_HEADER];
    uint64_t file;
    int64_t written; /* the file itself, as db_place() saw it last */
};
bool db_state(struct db *db, struct db_state *out);

/* Puts the database into the mode that serves best (SQLite: the write-ahead log, which lets
 * readers and a writer work at once). Lasting; for `migrate`. */
enum status db_set_up(struct db *db);

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

/* From now on all that is read, and where rows end, is appended to `reads`, in a form of no meaning
 * but that the same reads give the same bytes; NULL: no longer. */
void db_record(struct db *db, struct buffer *reads);

/* Runs several statements parted by `;`, without parameters. For migrations. */
enum status db_script(struct db *db, const char *sql);
/* `at`: where in `sql` the statement begins that failed, or the fault in it. */
enum status db_script_at(struct db *db, const char *sql, const char **at);

/* Runs `body`, whose reads all see one state of the database, and which writes nothing. */
enum status db_snapshot(struct db *db, enum status (*body)(struct db *db, void *context),
                        void *context);

/* Runs `body` in a transaction that may write: committed when it gives OK, else rolled back. */
enum status db_transaction(struct db *db, enum status (*body)(struct db *db, void *context),
                           void *context);

/* The same for a `body` that remakes tables: meanwhile references are not watched over, and before
 * it is committed all of them are checked. CONFLICT names a row that refers to nothing. */
enum status db_schema_transaction(struct db *db, enum status (*body)(struct db *db, void *context),
                                  void *context);

/* After whoever used it was left by a jump (monitor/fault.h), which is never within these
 * functions: rows that are still read are finished, what is recorded ends, so does a limit of time,
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
