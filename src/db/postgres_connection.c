/* Connections to PostgreSQL, and what is sent and read over them. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/clock.h"
#include "base/guard.h"
#include "db/postgres.h"

#define MILLISECOND   INT64_C(1000)
#define SECOND        (1000 * MILLISECOND)
#define FIRST_PAUSE   (50 * MILLISECOND) /* after an attempt to connect that failed */
#define LONGEST_PAUSE (1000 * MILLISECOND)
#define SURELY_ALIVE  (100 * MILLISECOND) /* behind an answer */
#define COMMITTING    10                  /* times the patience that is had with a statement */
#define MOST_NOTICES  16
#define LOOK_AROUND   (1000 * MILLISECOND) /* between two looks at whether the server was left */

/* Connecting */

/* Of the process: while a server is away, nobody waits for it at each request. */
static _Atomic int64_t next_attempt;
static _Atomic int64_t pause_length = FIRST_PAUSE;

static void note_failure(void)
{
    int64_t length = pause_length;
    next_attempt = clock_monotonic() + length;
    pause_length = 2 * length < LONGEST_PAUSE ? 2 * length : LONGEST_PAUSE;
}

static void note_success(void)
{
    next_attempt = 0;
    pause_length = FIRST_PAUSE;
}

/* In one line: there is one for each host. */
static enum status refuse_connection(PGconn *handle)
{
    char words[400] = "out of memory";
    if (handle) {
        strncpy(words, PQerrorMessage(handle), sizeof words - 1);
        for (char *at = words; *at; at++)
            if (*at == '\n')
                *at = at[1] ? ';' : '\0';
    }
    PQfinish(handle);
    note_failure();
    return fail_as(BUSY, "no way to the database: %s", words);
}

static void ignore_notice(void *context, const PGresult *notice)
{
    (void)context;
    (void)notice;
}

/* Which server this is, and since when it runs; empty where it only follows another, so that what
 * it has may be older than what was told of. */
#define WHICH_SERVER                                                                               \
    "SELECT CASE WHEN pg_is_in_recovery() THEN '' ELSE concat_ws(' ',"                             \
    " extract(epoch FROM pg_postmaster_start_time()), current_setting('port'),"                    \
    " (SELECT oid FROM pg_database WHERE datname = current_database())) END"

static void keep_server(struct postgres *own, const PGresult *answer)
{
    struct text name = answer ? text_of(PQgetvalue(answer, 0, 0)) : TEXT_NONE;
    own->server = name.length ? XXH3_64bits(name.at, name.length) : 0;
}

/* What the session has from then on, unless it is a pooler's, which has a number of its own for
 * whom it serves, and gives the session to others: those would have all of it, too. */
static enum status queue_settings(struct postgres *own)
{
    char sql[1024];
    bool reads = !own->options.writes;
    snprintf(sql, sizeof sql,
             "SELECT set_config('random_page_cost', '" POSTGRES_PAGE_COST "', false),"
             " set_config('standard_conforming_strings', 'on', false),"
             " set_config('quote_all_identifiers', 'off', false),"
             " set_config('lock_timeout', '%lld', false),"
             " set_config('statement_timeout', '%lld', false)%s WHERE pg_backend_pid() = %d",
             (long long)own->options.busy_timeout, (long long)own->options.statement_timeout,
             reads ? ", set_config('default_transaction_isolation', 'repeatable read', false),"
                     " set_config('default_transaction_read_only', 'on', false)"
                   : "",
             PQbackendPID(own->handle));
    return postgres_queue(own, sql);
}

/* The server looks each second whether anybody still waits for a statement, and ends it where that
 * process was killed, with the locks it holds. Older ones cannot, which is no failure: hence a
 * batch of its own. */
static enum status ask_to_look_after_us(struct postgres *own)
{
    if (own->pooled)
        return OK;
    enum status status = postgres_queue(own, "SET client_connection_check_interval = 1000");
    if (status == OK)
        status = postgres_send(own);
    if (status == OK && postgres_answers(own, 0, NULL) != OK)
        status = own->handle ? OK : BUSY;
    return status;
}

/* Poolers that give each transaction to another session know and keep the first two; the limits of
 * time then come with each transaction. */
static enum status set_up(struct postgres *own)
{
    PGresult *answers[2] = {NULL}; /* which server, and the settings */
    enum status status = postgres_queue(own, "SET timezone = 'UTC'");
    if (status == OK)
        status = postgres_queue(own, "SET datestyle = 'ISO, YMD'");
    if (!own->options.pooled && status == OK)
        status = postgres_queue(own, WHICH_SERVER);
    if (!own->options.pooled && status == OK)
        status = queue_settings(own);
    if (status == OK)
        status = postgres_send(own);
    if (status == OK)
        status = postgres_all_answers(own, 2, 2, answers);
    own->pooled = !answers[1] || PQntuples(answers[1]) == 0;
    own->reads_session = !own->pooled && !own->options.writes;
    keep_server(own, answers[0]);
    PQclear(answers[0]);
    PQclear(answers[1]);
    return status == OK ? ask_to_look_after_us(own) : status;
}

/* Others cannot hold what people write. Poolers may not say. */
static enum status check_encoding(PGconn *handle)
{
    const char *encoding = PQparameterStatus(handle, "server_encoding");
    if (!encoding || strcmp(encoding, "UTF8") == 0)
        return OK;
    return fail_as(
        INVALID,
        "the database's encoding is %s, but must be UTF8: make another (CREATE DATABASE … "
        "ENCODING 'UTF8' TEMPLATE template0), and bring over what is in this one by "
        "pg_dump and psql",
        encoding);
}

enum status postgres_connect(struct postgres *own)
{
    if (clock_monotonic() < next_attempt)
        return fail_as(BUSY, "no way to the database a moment ago");
    PGconn *handle = PQconnectdbParams(own->target.keywords, own->target.values, 0);
    if (PQstatus(handle) != CONNECTION_OK)
        return refuse_connection(handle);
    enum status status = check_encoding(handle);
    if (status != OK) {
        PQfinish(handle);
        return status;
    }
    PQsetNoticeReceiver(handle, ignore_notice, NULL);
    PQsetnonblocking(handle, 1);
    PQenterPipelineMode(handle);
    own->handle = handle;
    own->owed = 0;
    own->is_stale = false;
    own->connected = clock_monotonic();
    own->made++;
    status = set_up(own);
    if (status != OK)
        postgres_drop(own);
    else
        note_success();
    return status;
}

void postgres_drop(struct postgres *own)
{
    PQfinish(own->handle);
    own->handle = NULL;
    own->owed = 0;
}

enum status postgres_lost(struct postgres *own)
{
    own->fate.gave_up = true;
    postgres_drop(own);
    return fail_as(BUSY, "the connection to the database is lost");
}

/* Waiting */

enum waited { WAITED_ENOUGH, WAITED_LONG, WAITED_IN_VAIN };

/* WAITED_LONG: the time is over. WAITED_IN_VAIN: the connection is. */
static enum waited wait_for(struct postgres *own, short events, int64_t until)
{
    int64_t left = until ? until - clock_monotonic() : LOOK_AROUND;
    if (left < 0)
        return WAITED_LONG;
    struct pollfd poll_for = {.fd = PQsocket(own->handle), .events = events};
    int64_t slice = left < LOOK_AROUND ? left / MILLISECOND + 1 : LOOK_AROUND / MILLISECOND;
    int count = poll(&poll_for, 1, (int)slice);
    if (count > 0 && poll_for.revents & ~POLLOUT && PQconsumeInput(own->handle) != 1)
        return WAITED_IN_VAIN;
    if ((count < 0 && errno != EINTR) || (count == 0 && postgres_is_left(own)))
        return WAITED_IN_VAIN;
    return WAITED_ENOUGH;
}

static void *send_cancel(void *request)
{
    char words[256];
    guard_thread();
    PQcancel(request, words, sizeof words);
    PQfreeCancel(request);
    return NULL;
}

/* PQcancel() waits for the server without a limit of time. False: it does not answer. */
static bool cancel(struct postgres *own)
{
    int64_t until = clock_monotonic() + POSTGRES_GRACE;
    struct timespec limit = {until / SECOND, until % SECOND * 1000};
    PGcancel *request = PQgetCancel(own->handle);
    pthread_t thread;
    if (!request || pthread_create(&thread, NULL, send_cancel, request) != 0) {
        PQfreeCancel(request);
        return false;
    }
    bool ended = pthread_clockjoin_np(thread, NULL, CLOCK_MONOTONIC, &limit) == 0;
    if (!ended)
        pthread_detach(thread);
    return ended;
}

/* Until when there must be an answer of any kind; 0: it may take as long as it needs. The server
 * limits statements, but not what a commit has to check. */
static int64_t end_of_patience(const struct postgres *own)
{
    int64_t patience = own->is_ending ? COMMITTING * own->patience : own->patience;
    return own->patience && !own->is_schema ? clock_monotonic() + patience : 0;
}

/* All is sent, and a result has come. What runs past the deadline is cancelled once, and its
 * answer, which says so, awaited a little longer. */
static bool wait_for_result(struct postgres *own)
{
    int64_t given_up = end_of_patience(own);
    bool may_cancel = own->deadline && (!given_up || own->deadline < given_up);
    int64_t until = may_cancel ? own->deadline : given_up;
    int sending;
    while ((sending = PQflush(own->handle)) > 0 || (sending == 0 && PQisBusy(own->handle))) {
        enum waited waited = wait_for(own, (short)(POLLIN | (sending ? POLLOUT : 0)), until);
        if (waited == WAITED_ENOUGH)
            continue;
        if (waited == WAITED_IN_VAIN || !may_cancel || !cancel(own))
            return false;
        may_cancel = false;
        until = clock_monotonic() + POSTGRES_GRACE;
    }
    return sending == 0;
}

PGresult *postgres_result(struct postgres *own)
{
    if (!own->handle)
        return NULL;
    if (wait_for_result(own))
        return PQgetResult(own->handle);
    postgres_lost(own);
    return NULL;
}

/* Failures */

static bool is_class(const char *code, const char *class)
{
    return strncmp(code, class, strlen(class)) == 0;
}

/* postgresql.org/docs/15/errcodes-appendix.html */
#define READ_ONLY "25006" /* as a standby is, which a primary may be by now */

static enum status status_of(const char *code)
{
    if (is_class(code, "23"))
        return CONFLICT; /* integrity constraints */
    if (is_class(code, "22"))
        return INVALID; /* values that the type does not have */
    if (is_class(code, "57014"))
        return TIMEOUT; /* cancelled, by us or by statement_timeout */
    static const char *const passing[] = {
        "08",    /* connection */
        "40",    /* serialization, deadlock */
        "53",    /* resources */
        "55P03", /* lock_timeout */
        "57P",   /* shutdown, start */
        READ_ONLY,
    };
    for (size_t i = 0; i < sizeof passing / sizeof *passing; i++)
        if (is_class(code, passing[i]))
            return BUSY;
    return FAILED;
}

/* The function's name is the same in all languages, and one with the code is no other failure. */
static bool is_stale(const char *code, const PGresult *result)
{
    const char *function = PQresultErrorField(result, PG_DIAG_SOURCE_FUNCTION);
    return is_class(code, "0A000") && function && strcmp(function, "RevalidateCachedQuery") == 0;
}

static bool is_given_up(const char *code)
{
    return is_class(code, "40001") || is_class(code, "40P01"); /* serialization, deadlock */
}

enum status postgres_status(struct postgres *own, const PGresult *result)
{
    const char *code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *words = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const char *detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
    enum status status = code ? status_of(code) : FAILED;
    own->fate.gave_up = own->fate.gave_up || (code && is_given_up(code));
    if (code && is_stale(code, result)) {
        postgres_lost(own);
        own->is_stale = true;
        return fail_as(BUSY, "the database's tables were changed a moment ago");
    }
    if (code && (is_class(code, "26000") || is_class(code, "42P05")))
        return fail("database: %s: where a pooler between here and the database gives each "
                    "transaction to another session, set DATABASE_POOLED=1",
                    words);
    if (code && is_class(code, READ_ONLY))
        return fail_as(BUSY,
                       "the database takes no writes, as a standby, or where "
                       "default_transaction_read_only is on: %s",
                       words);
    if (status == TIMEOUT)
        return fail_as(TIMEOUT, "the database needs longer than it may take");
    if (status == BUSY)
        return fail_as(BUSY, "the database is busy: %s", words ? words : code);
    return fail_as(status, "%s%s%s%s", status == FAILED ? "database: " : "",
                   words ? words : PQresultErrorMessage(result), detail ? ": " : "",
                   detail ? detail : "");
}

/* Batches */

enum status postgres_queued(struct postgres *own, int sent)
{
    own->queued++;
    return sent ? OK : postgres_lost(own);
}

enum status postgres_queue(struct postgres *own, const char *sql)
{
    return postgres_queued(own, PQsendQueryParams(own->handle, sql, 0, NULL, NULL, NULL, NULL, 0));
}

enum status postgres_send(struct postgres *own)
{
    own->queued = 0;
    if (!PQpipelineSync(own->handle))
        return postgres_lost(own);
    own->owed++;
    return PQflush(own->handle) >= 0 ? OK : postgres_lost(own);
}

static bool is_failure(const PGresult *result)
{
    return PQresultStatus(result) == PGRES_FATAL_ERROR
           || PQresultStatus(result) == PGRES_BAD_RESPONSE;
}

/* Not run, since one before it in the batch has failed. */
static bool is_skipped(const PGresult *result)
{
    return PQresultStatus(result) == PGRES_PIPELINE_ABORTED;
}

/* The results of each command end with a NULL, those of the batch with one of their own. */
enum status postgres_all_answers(struct postgres *own, unsigned first, unsigned count,
                                 PGresult **out)
{
    enum status status = OK;
    bool ended = false;
    for (unsigned at = 0; !ended;) {
        PGresult *result = postgres_result(own);
        bool failed = result && is_failure(result);
        ended = result && PQresultStatus(result) == PGRES_PIPELINE_SYNC;
        at += !result;
        if (failed && status == OK)
            status = postgres_status(own, result);
        if (result && !failed && !ended && !is_skipped(result) && at - first < count)
            out[at - first] = result;
        else
            PQclear(result);
        if (!own->handle)
            return own->is_stale ? status : fail_as(BUSY, "the connection to the database is lost");
        if (PQstatus(own->handle) != CONNECTION_OK)
            return postgres_lost(own);
    }
    own->owed--;
    own->answered = clock_monotonic();
    return status;
}

enum status postgres_answers(struct postgres *own, unsigned place, PGresult **out)
{
    return postgres_all_answers(own, place, out != NULL, out);
}

/* Whether the other end has closed, as it does when it is stopped: nothing should come now. */
static bool is_alive(struct postgres *own)
{
    struct pollfd readable = {.fd = PQsocket(own->handle), .events = POLLIN};
    for (int i = 0; i < MOST_NOTICES && poll(&readable, 1, 0) > 0; i++)
        if (!PQconsumeInput(own->handle) || PQstatus(own->handle) != CONNECTION_OK)
            return false;
    return true;
}

void postgres_settle(struct postgres *own)
{
    while (own->handle && own->owed)
        postgres_answers(own, 0, NULL);
}

/* One that was promoted meanwhile is no longer, to a new connection. */
static bool is_standby(const struct postgres *own)
{
    return own->handle && !own->server && !own->pooled;
}

enum status postgres_ready(struct postgres *own)
{
    postgres_settle(own);
    if (own->transaction == POSTGRES_OPEN)
        return own->handle ? OK : fail_as(BUSY, "the connection to the database is lost");
    bool needs_primary = postgres_begins_writing(own);
    /* What only reads is run again where the connection turns out to be lost. */
    bool is_surely = !own->writes && clock_monotonic() - own->answered < SURELY_ALIVE;
    if (own->handle && !is_surely
        && (postgres_is_left(own) || (needs_primary && is_standby(own)) || !is_alive(own)))
        postgres_drop(own);
    enum status status = own->handle ? OK : postgres_connect(own);
    if (status == OK && needs_primary && is_standby(own))
        return fail_as(BUSY, "the database's server is a standby, which takes no writes: name the "
                             "primary too, and target_session_attrs=read-write, in DATABASE_URL");
    return status;
}
