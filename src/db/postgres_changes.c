/* What PostgreSQL tells of changes (postgresql.org/docs/15/sql-notify.html), heard by a thread.
 *
 * A trigger on each table that is told of notifies in the transaction that writes. The server tells
 * of it once the transaction is committed and can be seen, so that whoever reads after having heard
 * it sees it. What is heard raises a count; while that is equal, nothing has changed.
 *
 * Silence is no proof: so the server is asked again and again, and answers behind all that it has
 * told. What is known is known for DB_UNHEARD from when it was asked. The question also finds
 * tables that were changed past their triggers: made anew, restored, rewritten, without the
 * trigger. Answers alone do not prove that what is told comes through: a pooler may answer by
 * another session than the one that listens, and a proxy may pass on answers only. So the session
 * must be the server's own, and is told something by itself, at first and now and then. */
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/guard.h"
#include "base/log.h"
#include "base/metrics.h"
#include "db/postgres.h"

#define NAME "oc_lettings_changed" /* of the channel, the function and the triggers */

#define MILLISECOND ((int64_t)1000)
#define BEAT        (DB_UNHEARD / 4)     /* between two questions */
#define PAUSE       (200 * MILLISECOND)  /* before the next attempt to listen */
#define LONG_PAUSE  (5000 * MILLISECOND) /* where the way there passes nothing on */
#define ECHO_TEXT   "echo"               /* what it tells itself; others hear no change in it */
#define ECHO_AGAIN  (60000 * MILLISECOND)
#define LARGEST     4096 /* bytes of an answer, about 60 a table */

static struct {
    /* Until when it is sure; 0: it is not. Set to 0 before the others change for another server. */
    _Atomic int64_t until;
    _Atomic uint64_t server;
    _Atomic int64_t since; /* when that server was found */
    _Atomic uint64_t count;
    _Atomic int64_t *written; /* NULL: nobody listens */
} heard;

struct listener {
    struct db_options options;
    struct postgres connection;
    struct arena *arena;
    const char *question;
    char tables[LARGEST]; /* what it was answered last */
    bool has_said;        /* something to the log … */
    enum status said;     /* … of this */
    int64_t echoed;       /* when it told itself something; 0: not over this connection */
    bool has_echo;        /* it has heard that */
};

bool postgres_heard(struct db_state *out)
{
    int64_t until = atomic_load(&heard.until);
    if (clock_monotonic() >= until)
        return false;
    *out = (struct db_state){.header = {atomic_load(&heard.server), atomic_load(&heard.count),
                                        (uint64_t)atomic_load(heard.written)}};
    return true;
}

bool postgres_is_left(const struct postgres *own)
{
    return clock_monotonic() < atomic_load(&heard.until)
           && atomic_load(&heard.server) != own->server
           && own->connected < atomic_load(&heard.since);
}

/* Own writes */

const char *postgres_has_told_sql(void)
{
    return heard.written ? "SELECT current_setting('" NAME ".told', true)" : NULL;
}

void postgres_wrote(const PGresult *answer)
{
    bool changed = !answer || PQntuples(answer) != 1 || strcmp(PQgetvalue(answer, 0, 0), "1") == 0;
    if (heard.written && changed)
        atomic_fetch_add(heard.written, 1);
}

/* Telling */

const char postgres_told_sql[] =
    "SELECT count(*) FROM pg_trigger WHERE tgrelid = to_regclass(quote_ident($1))"
    " AND tgname = '" NAME "' AND tgenabled = 'A'";

/* For each statement, of whomever; once in a transaction, and again where that was undone. It fires
 * also where session_replication_role keeps others from firing. */
void postgres_put_tell_sql(struct buffer *out, struct text table, bool told)
{
    if (told)
        return;
    buffer_text(out,
                TEXT("CREATE OR REPLACE FUNCTION " NAME
                     "() RETURNS trigger LANGUAGE plpgsql AS $$\n"
                     "BEGIN\n"
                     "    IF current_setting('" NAME ".told', true) IS DISTINCT FROM '1' THEN\n"
                     "        PERFORM set_config('" NAME ".told', '1', true), pg_notify('" NAME
                     "', '');\n"
                     "    END IF;\n"
                     "    RETURN NULL;\n"
                     "END $$;\n"));
    buffer_format(out,
                  "DROP TRIGGER IF EXISTS " NAME " ON \"%.*s\";\n"
                  "CREATE TRIGGER " NAME " AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON \"%.*s\""
                  " FOR EACH STATEMENT EXECUTE FUNCTION " NAME "();\n"
                  "ALTER TABLE \"%.*s\" ENABLE ALWAYS TRIGGER " NAME,
                  TEXT_ARG(table), TEXT_ARG(table), TEXT_ARG(table));
}

/* Listening */

/* How many of the tables tell, and what makes each table and its trigger that one. */
static const char *make_question(struct arena *arena, const struct db_listening *listening)
{
    struct buffer sql = {.arena = arena};
    size_t count = 0;
    while (listening->told[count])
        count++;
    buffer_format(&sql,
                  "SELECT count(t.oid) = %zu, concat_ws(' ', string_agg(concat_ws(':', c.oid,"
                  " c.relfilenode, c.xmin, t.oid, t.xmin), ' ' ORDER BY c.oid),"
                  " (SELECT p.xmin FROM pg_proc p WHERE p.oid = to_regproc('" NAME "'))),"
                  " pg_backend_pid()"
                  " FROM pg_class c LEFT JOIN pg_trigger t ON t.tgrelid = c.oid"
                  " AND t.tgname = '" NAME "' AND t.tgenabled = 'A' WHERE c.oid IN (NULL",
                  count);
    for (size_t i = 0; i < count; i++)
        buffer_format(&sql, ", to_regclass('\"%s\"')", listening->told[i]);
    buffer_text(&sql, TEXT(")"));
    buffer_char(&sql, '\0');
    return sql.at;
}

static void raise_count(void)
{
    atomic_fetch_add(&heard.count, 1);
    metric_add(METRIC_CHANGES_HEARD, 1);
}

static void hear(struct listener *listener)
{
    PGconn *handle = listener->connection.handle;
    PGnotify *notice;
    bool any = false;
    while ((notice = PQnotifies(handle))) {
        bool is_echo = strcmp(notice->extra, ECHO_TEXT) == 0;
        listener->has_echo =
            listener->has_echo || (is_echo && notice->be_pid == PQbackendPID(handle));
        any = any || !is_echo;
        PQfreemem(notice);
    }
    if (any)
        raise_count();
}

static enum status run(struct postgres *own, const char *sql, const char *then, PGresult **out)
{
    enum status status = postgres_queue(own, sql);
    if (status == OK && then)
        status = postgres_queue(own, then);
    if (status == OK)
        status = postgres_send(own);
    return status == OK ? postgres_answers(own, 0, out) : status;
}

static enum status note_tables(struct listener *listener, const PGresult *answer)
{
    const char *tables = PQgetvalue(answer, 0, 1);
    if (*PQgetvalue(answer, 0, 0) != 't')
        return fail_as(NOT_FOUND, "tables do not tell of their changes: run `oc-lettings migrate`");
    if (strlen(tables) >= sizeof listener->tables)
        return fail("too many tables tell of their changes");
    if (strcmp(listener->tables, tables) != 0)
        raise_count();
    memcpy(listener->tables, tables, strlen(tables) + 1);
    return OK;
}

/* A pooler has numbers of its own for those who connect to it. */
static enum status check_session(const struct postgres *own, const PGresult *answer)
{
    int64_t number;
    if (text_to_int64(&number, text_of(PQgetvalue(answer, 0, 2)))
        && number == PQbackendPID(own->handle))
        return OK;
    return fail_as(INVALID, "a pooler between here and the database may give the session that "
                            "listens to others: set DATABASE_POOLED=1");
}

static enum status check_echo(const struct listener *listener)
{
    if (listener->has_echo)
        return OK;
    return fail_as(INVALID, "what the database tells is not passed on by what stands between here "
                            "and it: set PAGE_CACHE_LISTEN=0");
}

/* What was told before the answer has been read with it. */
static enum status ask(struct listener *listener)
{
    struct postgres *own = &listener->connection;
    PGresult *answer = NULL;
    int64_t asked = clock_monotonic();
    bool echoes = !listener->echoed || asked - listener->echoed >= ECHO_AGAIN;
    if (echoes) {
        listener->echoed = asked;
        listener->has_echo = false;
    }
    enum status status =
        run(own, listener->question, echoes ? "NOTIFY " NAME ", '" ECHO_TEXT "'" : NULL, &answer);
    if (own->handle)
        hear(listener);
    if (status == OK)
        status = check_session(own, answer);
    if (status == OK)
        status = note_tables(listener, answer);
    if (status == OK)
        status = check_echo(listener);
    PQclear(answer);
    if (status == OK)
        atomic_store(&heard.until, asked + DB_UNHEARD);
    return status;
}

/* What it tells itself need not be on any disk, nor wait for a standby. */
static const char *const first_statements[] = {
    "SET application_name = 'oc-lettings, listening'",
    "SET synchronous_commit = off",
    ("LISTEN " NAME),
};

/* What changed before the listening began is unknown: it counts as a change. */
static enum status begin(struct listener *listener)
{
    struct postgres *own = &listener->connection;
    enum status status = own->handle ? OK : postgres_connect(own);
    if (status == OK && !own->server)
        return fail_as(BUSY, "the server is a standby");
    for (size_t i = 0; i < sizeof first_statements / sizeof *first_statements; i++)
        if (status == OK)
            status = run(own, first_statements[i], NULL, NULL);
    if (status != OK)
        return status;
    atomic_store(&heard.server, own->server);
    atomic_store(&heard.since, clock_monotonic());
    raise_count();
    listener->echoed = 0;
    return ask(listener);
}

/* Until the time for the next question has come. False: the connection is lost. */
static bool wait(struct listener *listener, int64_t until)
{
    struct postgres *own = &listener->connection;
    for (int64_t left; (left = until - clock_monotonic()) > 0;) {
        struct pollfd readable = {.fd = PQsocket(own->handle), .events = POLLIN};
        if (poll(&readable, 1, (int)(left / MILLISECOND) + 1) <= 0)
            continue;
        if (!PQconsumeInput(own->handle) || PQstatus(own->handle) != CONNECTION_OK)
            return false;
        hear(listener);
    }
    return true;
}

/* That it works, or why it does not, once. */
static void tell_log(struct listener *listener, enum status status)
{
    if (listener->has_said && listener->said == status)
        return;
    if (status == OK)
        log_info("the database tells of its changes");
    else
        log_warning("pages are read anew while the database does not tell of its changes",
                    LOG_STRING("reason", status_failure()->message));
    listener->has_said = true;
    listener->said = status;
}

static void *listen_on(void *argument)
{
    struct listener *listener = argument;
    struct postgres *own = &listener->connection;
    guard_thread();
    for (;;) {
        enum status status = begin(listener);
        tell_log(listener, status);
        bool connected = own->handle;
        metric_add(METRIC_DATABASE_CONNECTIONS, connected);
        while (status == OK)
            status = wait(listener, clock_monotonic() + BEAT)
                         ? ask(listener)
                         : fail_as(BUSY, "the connection to the database is lost");
        atomic_store(&heard.until, 0);
        tell_log(listener, status);
        postgres_drop(own);
        metric_add(METRIC_DATABASE_CONNECTIONS, -(int64_t)connected);
        usleep((useconds_t)(status == INVALID ? LONG_PAUSE : PAUSE));
    }
    return NULL;
}

enum status postgres_listen(const struct db_options *options, const struct db_listening *listening)
{
    struct listener *listener = calloc(1, sizeof *listener);
    pthread_t thread;
    if (!listener)
        abort();
    listener->options = *options;
    listener->connection.options = *options;
    listener->connection.patience = DB_UNHEARD;
    listener->arena = arena_new(4096);
    listener->question = make_question(listener->arena, listening);
    heard.written = listening->written;
    enum status status = postgres_target_read(&listener->connection.target, options);
    if (status == OK && pthread_create(&thread, NULL, listen_on, listener) != 0)
        status = fail("cannot start a thread");
    if (status == OK)
        pthread_detach(thread);
    return status;
}
