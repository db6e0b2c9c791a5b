/* Routes that the site itself has no use for, so that the tests can see what the core does. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/guard.h"
#include "base/log.h"
#include "db/db.h"
#include "net/http.h"
#include "site/internal.h"
#include "site/module.h"
#include "site/site.h"
#include "template/template.h"

#define LONGEST_SLEEP 10000

static enum status echo(struct request *request, struct response *response)
{
    response->content_type = "text/plain; charset=utf-8";
    buffer_text(&response->body, request->body);
    return OK;
}

/* One more byte in a file of the working directory. */
static enum status leave_mark(const char *name)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0)
        return fail("cannot leave a mark: %s", strerror(errno));
    ssize_t written = write(fd, ".", 1);
    close(fd);
    return written == 1 ? OK : fail("cannot leave a mark");
}

/* ?ms=… on the executor. Leaves a mark when it begins. */
static enum status slow(struct request *request, struct response *response)
{
    struct text text;
    int64_t milliseconds = 0;
    if (!request_query(request, "ms", &text) || !text_to_int64(&milliseconds, text)
        || milliseconds < 0 || milliseconds > LONGEST_SLEEP)
        return fail_as(INVALID, "ms must be a number up to %d", LONGEST_SLEEP);
    enum status status = leave_mark("slow-began");
    if (status != OK)
        return status;
    usleep((useconds_t)milliseconds * 1000);
    response_plain(response, 200, TEXT("slept"));
    return OK;
}

static enum status fails(struct request *request, struct response *response)
{
    (void)request;
    (void)response;
    return fail("the probe fails as it was told to");
}

static void put_name(struct response *response, struct text name)
{
    buffer_text(&response->body, TEXT("<h1>"));
    buffer_escaped(&response->body, name);
    buffer_text(&response->body, TEXT("</h1>\n"));
}

static void page_start(struct response *response)
{
    response->content_type = "text/html; charset=utf-8";
    buffer_text(&response->body, TEXT("<!doctype html>\n<title>Users</title>\n"));
}

/* The first name of each user: pages that read the database, whatever modules are installed. */
static enum status users(struct request *request, struct response *response)
{
    struct db_rows rows;
    page_start(response);
    db_query(request->db, &rows, "SELECT first_name FROM auth_user ORDER BY id");
    while (db_next(&rows))
        put_name(response, db_text(&rows, "first_name"));
    return db_finish(&rows);
}

static enum status user(struct request *request, struct response *response)
{
    struct db_rows rows;
    page_start(response);
    db_query(request->db, &rows, "SELECT first_name FROM auth_user WHERE id = $1",
             DB_INT(request_int(request, "id")));
    bool found = db_next(&rows);
    if (found)
        put_name(response, db_text(&rows, "first_name"));
    enum status status = db_finish(&rows);
    return status == OK && !found ? NOT_FOUND : status;
}

static enum status put_column(struct request *request, struct buffer *out, const char *sql)
{
    struct db_rows rows;
    db_query_built(request->db, &rows, text_of(sql), NULL, 0);
    if (db_next(&rows))
        buffer_text(out, db_text_at(&rows, 0));
    return db_finish(&rows);
}

/* A page by a template, whose heading is the first user's first name. */
static enum status page(struct request *request, struct response *response)
{
    struct value_map *context = site_context(request);
    struct buffer name = {.arena = request->arena};
    enum status status =
        put_column(request, &name, "SELECT first_name FROM auth_user ORDER BY id LIMIT 1");
    value_map_set(context, TEXT("reason"), value_text(buffer_contents(&name)));
    return status == OK ? site_render(request, response, "site/error.html", context) : status;
}

/* The same, and behind it the last name, which is read after the rendering. */
static enum status late_page(struct request *request, struct response *response)
{
    enum status status = page(request, response);
    if (status != OK)
        return status;
    buffer_text(&response->body, TEXT("<!-- "));
    status =
        put_column(request, &response->body, "SELECT last_name FROM auth_user ORDER BY id LIMIT 1");
    buffer_text(&response->body, TEXT(" -->"));
    return status;
}

/* As a template with {% now %}. */
static enum status clock_page(struct request *request, struct response *response)
{
    const struct template_host host = site_template_host();
    host.now(host.context);
    return page(request, response);
}

/* As one with {% lorem 1 w random %}. */
static enum status chance_page(struct request *request, struct response *response)
{
    const struct template_host host = site_template_host();
    host.random(host.context);
    return page(request, response);
}

static enum status rename_user(struct db *db, void *context)
{
    const struct request *request = context;
    return db_run(db, "UPDATE auth_user SET first_name = $1 WHERE id = $2", DB_TEXT(request->body),
                  DB_INT(request_int(request, "id")));
}

static enum status write_name(struct request *request, struct response *response)
{
    enum status status = db_transaction(request->db, rename_user, request);
    if (status == OK)
        response_plain(response, 200, TEXT("written"));
    return status;
}

static enum status insert_note(struct db *db, void *context)
{
    const struct request *request = context;
    return db_run(db, "INSERT INTO probe_note (note) VALUES ($1)", DB_TEXT(request->body));
}

/* Into a table that the test has made; ?twice=1: once more, in a transaction of its own. */
static enum status note(struct request *request, struct response *response)
{
    struct text text;
    enum status status = db_transaction(request->db, insert_note, request);
    if (status == OK && request_query(request, "twice", &text))
        status = db_transaction(request->db, insert_note, request);
    if (status == OK)
        response_plain(response, 200, TEXT("noted"));
    return status;
}

/* Two statements that no database takes; the second fails in a function of its own. */
static enum status broken_statement(struct request *request, struct response *response)
{
    int64_t value;
    (void)response;
    return db_integer(request->db, &value, 0, "SELECT nothing FROM auth_user");
}

static enum status read_missing(struct request *request)
{
    struct db_rows rows;
    db_query(request->db, &rows, "SELECT id FROM missing_table WHERE id = $1", DB_INT(7));
    return db_finish(&rows);
}

static enum status broken_query(struct request *request, struct response *response)
{
    (void)response;
    return read_missing(request);
}

/* A GET's connection must refuse to write. */
static enum status write_on_read(struct request *request, struct response *response)
{
    (void)response;
    return db_run(request->db, "UPDATE auth_user SET first_name = 'changed by a read'");
}

static enum status argument(struct request *request, struct response *response)
{
    response_plain(response, 200, request_text(request, "value"));
    return OK;
}

/* ?kb=… of text. */
static enum status large(struct request *request, struct response *response)
{
    struct text text;
    int64_t kilobytes = 1;
    if (request_query(request, "kb", &text))
        text_to_int64(&kilobytes, text);
    response->content_type = "application/octet-stream";
    for (int64_t i = 0; i < kilobytes * 64 && i < (int64_t)64 * 65536; i++)
        buffer_text(&response->body, TEXT("0123456789abcde\n"));
    return OK;
}

/* What has arrived of a form: "field=value" and "file=name type bytes sum", on lines. */
static enum status upload(struct request *request, struct response *response)
{
    struct request_file file;
    struct text name;
    struct text value;
    size_t at = 0;
    response->content_type = "text/plain; charset=utf-8";
    while (request_form_next(request, &at, &name, &value))
        buffer_format(&response->body, "%.*s=%.*s\n", TEXT_ARG(name), TEXT_ARG(value));
    if (!request_file(request, "file", &file))
        return OK;
    unsigned sum = 0;
    for (size_t i = 0; i < file.bytes.length; i++)
        sum = sum * 31 + (unsigned char)file.bytes.at[i];
    buffer_format(&response->body, "file=%.*s %.*s %zu %u\n", TEXT_ARG(file.filename),
                  TEXT_ARG(file.content_type), file.bytes.length, sum);
    return OK;
}

static void fault_of(struct text kind);

/* ?kb=… of text, streamed, ?ms=… before each 64 kB; ?fail=1: which then fails. */
struct streaming {
    int64_t kilobytes;
    int64_t milliseconds;
    bool fails;
    struct text fault; /* ?fault=KIND, behind the text */
};

static int64_t number_of(struct request *request, const char *name)
{
    struct text text;
    int64_t number = 0;
    return request_query(request, name, &text) && text_to_int64(&number, text) ? number : 0;
}

/* Counts the users, and ?ms=… later once more. */
static enum status between(struct request *request, struct response *response)
{
    static const char sql[] = "SELECT count(*) FROM auth_user";
    int64_t first = 0;
    int64_t second = 0;
    enum status status = db_integer_with(request->db, &first, 0, sql, NULL, 0);
    usleep((useconds_t)number_of(request, "ms") * 1000);
    if (status == OK)
        status = db_integer_with(request->db, &second, 0, sql, NULL, 0);
    if (status == OK)
        response_plain(response, 200,
                       text_format(request->arena, "%lld and %lld", (long long)first,
                                   (long long)second));
    return status;
}

static enum status produce(struct request *request, FILE *out, void *context)
{
    const struct streaming *streaming = context;
    int64_t users = 0;
    enum status status = db_integer(request->db, &users, 0, "SELECT COUNT(*) FROM auth_user");
    leave_mark("stream-began");
    for (int64_t i = 0; i < streaming->kilobytes * 64 && status == OK; i++) {
        if (i % 4096 == 0 && streaming->milliseconds)
            usleep((useconds_t)streaming->milliseconds * 1000);
        if (fputs("0123456789abcde\n", out) == EOF)
            status = fail("the client has gone");
    }
    leave_mark(status == OK ? "stream-ended" : "stream-gone");
    if (streaming->fault.length)
        fault_of(streaming->fault);
    return streaming->fails ? fail("the stream fails as it was told to") : status;
}

static enum status stream(struct request *request, struct response *response)
{
    struct streaming *streaming = ARENA_NEW(request->arena, struct streaming);
    streaming->kilobytes = number_of(request, "kb");
    streaming->milliseconds = number_of(request, "ms");
    streaming->fails = number_of(request, "fail");
    request_query(request, "fault", &streaming->fault);
    response->content_type = "text/plain; charset=utf-8";
    response_stream(response, produce, streaming);
    return OK;
}

/* Fails while there is a file "panel-fails", and else has nothing to show. */
static enum status fill_panel(const struct request *request, struct text subject,
                              struct value_map *context)
{
    (void)request;
    (void)subject;
    (void)context;
    return access("panel-fails", F_OK) == 0 ? fail("the panel fails as it was told to") : NOT_FOUND;
}

static enum status mark(struct db *db)
{
    (void)db;
    if (access("fault-job", F_OK) == 0)
        fault_of(TEXT("overflow"));
    return access("fail-job", F_OK) == 0 ? fail("the probe fails as it was told to")
                                         : leave_mark("job-ran");
}

/* What SQLite does for each statement goes into the file "plans": the statement, then its steps,
 * each after a tab. The parameters are NULL. */
#define MOST_PARAMETERS 100

static size_t count_parameters(struct text sql)
{
    size_t most = 0;
    for (size_t i = 0; i < sql.length; i++) {
        size_t number = 0;
        for (size_t k = i + 1;
             sql.at[i] == '$' && k < sql.length && isdigit((unsigned char)sql.at[k]); k++)
            number = number * 10 + (size_t)(sql.at[k] - '0');
        most = number > most ? number : most;
    }
    return most;
}

static void write_plan(struct db *db, struct text sql)
{
    static const struct db_parameter nothing[MOST_PARAMETERS];
    struct arena *arena = arena_new(1024);
    struct buffer out = {.arena = arena};
    struct db_rows rows;
    buffer_format(&out, "%.*s", TEXT_ARG(sql));
    db_query_built(db, &rows, text_format(arena, "EXPLAIN QUERY PLAN %.*s", TEXT_ARG(sql)), nothing,
                   count_parameters(sql));
    while (db_next(&rows)) {
        struct text detail = db_text(&rows, "detail");
        buffer_format(&out, "\t%.*s", TEXT_ARG(detail));
    }
    if (db_finish(&rows) != OK)
        buffer_format(&out, "\tFAILED: %s", status_failure()->message);
    buffer_char(&out, '\n');
    int fd = open("plans", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, out.at, out.length) != (ssize_t)out.length)
        abort();
    close(fd);
    arena_free(arena);
}

/* What this worker has logged is written at once. */
static enum status flush(struct request *request, struct response *response)
{
    (void)request;
    log_flush();
    response_plain(response, 200, TEXT("flushed"));
    return OK;
}

/* ?on=1: from now on, in this worker. */
static enum status plans(struct request *request, struct response *response)
{
    struct text text;
    db_watch(request_query(request, "on", &text) ? write_plan : NULL);
    response_plain(response, 200, TEXT("watching"));
    return OK;
}

/* Faults, each of its kind: volatile, since a compiler may do as it likes with what is undefined.
 */

static void fault_null(void)
{
    static volatile int *volatile nowhere;
    *nowhere = 1; /* NOLINT(clang-analyzer-core.NullDereference) */
}

static void fault_wild(void)
{
    volatile int *volatile wild = (volatile int *)(uintptr_t)0x5EED5EED5EED0;
    *wild = 1;
}

static void fault_divide(void)
{
    static volatile int zero;
    volatile int quotient = 6;
    quotient = quotient / zero; /* NOLINT(clang-analyzer-core.DivideZero) */
}

static void fault_illegal(void)
{
    __builtin_trap();
}

static void fault_abort(void)
{
    abort();
}

static int descend(volatile char *from)
{
    volatile char room[4096];
    room[0] = from[0];
    return from[0] ? descend(room) + room[0] : 0; /* it never ends */
}

static void fault_overflow(void)
{
    descend((volatile char[]){1});
}

/* free() finds what is behind the block overwritten, and aborts. */
static void fault_heap(void)
{
    volatile char *volatile block = malloc(2000);
    for (volatile size_t i = 0; i < 2064; i++)
        block[i] = 'x';
    free((void *)(uintptr_t)block);
}

/* Where no code is: by a call through a null pointer, through a wild one, and by a return address
 * that was overwritten. */

static void (*volatile nobody)(void);
static void (*volatile somewhere)(void) =
    (void (*)(void))(uintptr_t)0x5EED5EED5000; /* NOLINT(performance-no-int-to-ptr) */

static void fault_call(void)
{
    nobody();
    nobody = NULL; /* so that the call is no jump */
}

static void fault_jump(void)
{
    somewhere();
    somewhere = NULL;
}

/* It lies behind the caller's frame pointer (System V ABI, 3.2.2; the same of AAPCS64). */
__attribute__((noinline)) static void fault_return(void)
{
    volatile uintptr_t *frame = __builtin_frame_address(0);
    frame[1] = (uintptr_t)somewhere;
}

static void fault_in_function(sqlite3_context *context, int count, sqlite3_value **values)
{
    (void)context;
    (void)count;
    (void)values;
    fault_divide();
}

static void fault_callback(void)
{
    sqlite3 *handle;
    if (sqlite3_open(":memory:", &handle) != SQLITE_OK
        || sqlite3_create_function(handle, "fault", 0, SQLITE_UTF8, NULL, fault_in_function, NULL,
                                   NULL)
               != SQLITE_OK)
        return;
    sqlite3_exec(handle, "SELECT fault()", NULL, NULL, NULL);
}

static void fault_held(void)
{
    guard_hold();
    fault_divide();
    guard_release();
}

static void fault_of(struct text kind)
{
    static const struct {
        const char *kind;
        void (*run)(void);
    } faults[] = {
        {"null", fault_null},       {"wild", fault_wild},   {"divide", fault_divide},
        {"illegal", fault_illegal}, {"abort", fault_abort}, {"overflow", fault_overflow},
        {"heap", fault_heap},       {"held", fault_held},   {"callback", fault_callback},
        {"call", fault_call},       {"jump", fault_jump},   {"return", fault_return},
    };
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        if (text_is(kind, faults[i].kind))
            faults[i].run();
}

static enum status fault(struct request *request, struct response *response)
{
    fault_of(request_text(request, "kind"));
    response_plain(response, 200, TEXT("no fault"));
    return OK;
}

/* While rows are being read, which leaves a statement open. */
static enum status fault_in_rows(struct request *request, struct response *response)
{
    struct db_rows rows;
    db_query(request->db, &rows, "SELECT id FROM auth_user ORDER BY id");
    if (db_next(&rows))
        fault_divide();
    response_plain(response, 200, TEXT("no fault"));
    return db_finish(&rows);
}

static enum status write_and_fault(struct db *db, void *context)
{
    const struct request *request = context;
    enum status status = db_run(db, "UPDATE auth_user SET first_name = 'half written'");
    fault_of(request_text(request, "kind"));
    return status;
}

static enum status fault_in_transaction(struct request *request, struct response *response)
{
    response_plain(response, 200, TEXT("no fault"));
    return db_transaction(request->db, write_and_fault, request);
}

static enum status post_to(struct request *request, struct text url)
{
    static const char *const headers[] = {"Content-Type: text/plain", NULL};
    struct http_answer answer;
    struct http_client *client = http_client_new();
    const struct http_post post = {.url = text_string(request->arena, url),
                                   .headers = headers,
                                   .body = TEXT("from the probe"),
                                   .timeout = 5};
    enum status status = http_send_post(client, request->arena, &post, &answer);
    http_client_free(client);
    return status;
}

/* ?url=…: asks there; ?queries=…: so many statements; ?fault=KIND: faults, else fails; ?ok=1: does
 * neither. What is in the query and the body is secret. */
static enum status leaves_crumbs(struct request *request, struct response *response)
{
    struct text text;
    int64_t value;
    enum status status = OK;
    log_warning("the probe leaves crumbs", LOG_TEXT("target", request->target),
                LOG_TEXT("api_token", TEXT("s3cret-log")), LOG_TEXT("client", request->client),
                LOG_INT("number", 7));
    for (int64_t i = number_of(request, "queries"); i >= 0 && status == OK; i--)
        status =
            db_integer(request->db, &value, 0, "SELECT count(*) FROM auth_user WHERE username = $1",
                       DB_TEXT(TEXT("s3cret-parameter")));
    if (status == OK && request_query(request, "url", &text))
        status = post_to(request, text);
    if (request_query(request, "fault", &text))
        fault_of(text);
    response_plain(response, 200, TEXT("left"));
    if (status == OK && number_of(request, "ok"))
        return OK;
    return status == OK ? fail("the probe fails behind its crumbs") : status;
}

/* ?after=KIND: once more behind the view, where nothing contains it. */
static void fault_after(struct request *request, struct response *response)
{
    (void)response;
    struct text kind;
    if (request_query(request, "after", &kind))
        fault_of(kind);
}

/* Each as a file in kept/ of the working directory; none while there is a file refuse-events. */
static enum status keep_event(struct db *db, const char *type, const json_t *payload)
{
    char path[256];
    const char *id = json_string_value(json_object_get(payload, "event_id"));
    (void)db;
    if (access("refuse-events", F_OK) == 0)
        return fail_as(BUSY, "the probe takes no events, as it was told");
    if (mkdir("kept", 0700) != 0 && errno != EEXIST)
        return fail("cannot make kept: %s", strerror(errno));
    snprintf(path, sizeof path, "kept/%s-%jd.json", type, (intmax_t)clock_wall());
    if (id)
        snprintf(path, sizeof path, "kept/%s-%s.json", type, id);
    bool good = json_dump_file(payload, "event.tmp", JSON_COMPACT) == 0;
    return good && rename("event.tmp", path) == 0 ? OK : fail("cannot write %s", path);
}

const struct module probe_module = {
    .name = "probe",
    .namespace = "probe",
    .mount = "probe/",
    .routes = ROUTES(
        {"echo/", echo, .name = "echo", .access = ACCESS_PUBLIC, .methods = HTTP_POST,
         .csrf_exempt = true, .body_limit = 1000},
        {"slow/", slow, .name = "slow", .access = ACCESS_PUBLIC, .work = WORK_BLOCKS},
        {"fail/", fails, .name = "fail", .access = ACCESS_PUBLIC, .work = WORK_NONE},
        {"denied/", fails, .name = "denied"},
        {"staff/", fails, .name = "staff", .access = ACCESS_STAFF},
        {"page/", page, .name = "page", .access = ACCESS_PUBLIC},
        {"chance/", chance_page, .name = "chance", .access = ACCESS_PUBLIC},
        {"late/", late_page, .name = "late", .access = ACCESS_PUBLIC},
        {"clock/", clock_page, .name = "clock", .access = ACCESS_PUBLIC},
        {"users/", users, .name = "users", .access = ACCESS_PUBLIC},
        {"users/<int:id>/", user, .name = "user", .access = ACCESS_PUBLIC},
        {"write/<int:id>/", write_name, .name = "write", .access = ACCESS_PUBLIC,
         .methods = HTTP_POST, .csrf_exempt = true, .body_limit = 300},
        {"note/", note, .name = "note", .access = ACCESS_PUBLIC, .methods = HTTP_POST,
         .csrf_exempt = true, .body_limit = 300},
        {"between/", between, .name = "between", .access = ACCESS_PUBLIC},
        {"broken-statement/", broken_statement, .access = ACCESS_PUBLIC},
        {"broken-query/", broken_query, .access = ACCESS_PUBLIC},
        {"write-on-read/", write_on_read, .name = "write-on-read", .access = ACCESS_PUBLIC},
        {"int/<int:value>/", argument, .name = "int", .access = ACCESS_PUBLIC, .work = WORK_NONE},
        {"str/<str:value>/", argument, .name = "str", .access = ACCESS_PUBLIC, .work = WORK_NONE},
        {"slug/<slug:value>/", argument, .name = "slug", .access = ACCESS_PUBLIC,
         .work = WORK_NONE},
        {"uuid/<uuid:value>/", argument, .name = "uuid", .access = ACCESS_PUBLIC,
         .work = WORK_NONE},
        {"path/<path:value>/", argument, .name = "path", .access = ACCESS_PUBLIC,
         .work = WORK_NONE},
        {"fault/<slug:kind>/", fault, .name = "fault", .access = ACCESS_PUBLIC, .work = WORK_NONE},
        {"fault-on-executor/<slug:kind>/", fault, .access = ACCESS_PUBLIC, .work = WORK_BLOCKS},
        {"fault-slowly/<slug:kind>/", fault, .access = ACCESS_PUBLIC, .methods = HTTP_POST,
         .csrf_exempt = true, .work = WORK_HASHES},
        {"fault-behind/<slug:kind>/", fault, .access = ACCESS_PUBLIC, .work = WORK_NONE,
         .is_secret = true},
        {"fault-in-rows/", fault_in_rows, .access = ACCESS_PUBLIC},
        {"fault-in-transaction/<slug:kind>/", fault_in_transaction, .access = ACCESS_PUBLIC,
         .work = WORK_BLOCKS},
        {"crumbs/", leaves_crumbs, .name = "crumbs", .access = ACCESS_PUBLIC, .work = WORK_BLOCKS,
         .methods = HTTP_GET | HTTP_POST, .csrf_exempt = true, .body_limit = 1000},
        {"flush/", flush, .name = "flush", .access = ACCESS_PUBLIC, .work = WORK_NONE},
        {"plans/", plans, .name = "plans", .access = ACCESS_PUBLIC, .work = WORK_NONE},
        {"upload/", upload, .name = "upload", .access = ACCESS_PUBLIC, .methods = HTTP_POST,
         .csrf_exempt = true, .body_limit = (size_t)20 * 1024 * 1024},
        {"guarded-upload/", upload, .name = "guarded-upload", .access = ACCESS_PUBLIC,
         .methods = HTTP_POST, .body_limit = 10000},
        {"stream/", stream, .name = "stream", .access = ACCESS_PUBLIC},
        {"large/", large, .name = "large", .access = ACCESS_PUBLIC, .work = WORK_NONE}),
    .middleware = MIDDLEWARE({.after = fault_after}),
    .panels = PANELS({"home", "site/front_page_link.html", fill_panel}),
    .keep_event = keep_event,
    .jobs = JOBS({"mark", .interval = 1, .run = mark}),
};
