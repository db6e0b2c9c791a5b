#include "site/contain.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/trace.h"
#include "db/db.h"
#include "http/kept.h"
#include "monitor/crumbs.h"
#include "monitor/fault.h"
#include "monitor/flood.h"
#include "monitor/record.h"
#include "monitor/scrub.h"
#include "monitor/signals.h"
#include "site/internal.h"
#include "site/page_cache.h"
#include "site/processes.h"
#include "site/settings.h"
#include "site/site.h"
#include "site/tracing.h"

#define SPOOL_FOLDER   "spool"
#define LONGEST_METHOD 32
#define LONGEST_PATH   1024
#define CLOSING        4 /* bytes: what ends the line */

/* The record's second line */

static void put_value(struct buffer *out, struct text value)
{
    buffer_json(out, text_is_utf8(value) ? value : TEXT("(not UTF-8)"));
}

static void put_member(struct buffer *out, const char *name, struct text value)
{
    buffer_char(out, ',');
    buffer_json(out, text_of(name));
    buffer_char(out, ':');
    put_value(out, value);
}

/* What no longer fits is left out, with all since `before`, so that a visitor's headers cannot push
 * out what matters. True: it does. */
static bool fits(struct buffer *out, size_t before)
{
    if (!out->failed && (!out->limit || out->limit - out->length >= CLOSING))
        return true;
    out->length = before;
    out->failed = false;
    return false;
}

static void put_if_fits(struct buffer *out, const char *name, struct text value)
{
    size_t before = out->length;
    put_member(out, name, value);
    fits(out, before);
}

/* Up to where a route begins whose arguments are secret: the Referer of a page that was reached
 * through one names it, and so do headers with the address before it was rewritten. */
static struct text before_secret(struct text url)
{
    struct route_row row;
    for (size_t i = 0; router_row(site_router(), i, &row); i++) {
        struct text fixed = text_part(row.path, 0, text_find_char(row.path, '<'));
        size_t at = row.route->is_secret ? text_find(url, fixed) : TEXT_NOT_FOUND;
        if (at != TEXT_NOT_FOUND)
            return text_part(url, 0, at + fixed.length);
    }
    return url;
}

static void put_header_value(struct buffer *out, const struct request_header *header)
{
    char room[2048];
    struct buffer scrubbed = BUFFER_ON(room);
    struct text shown = before_secret(header->value);
    scrub_header(&scrubbed, header->name, shown);
    if (shown.length < header->value.length)
        buffer_text(&scrubbed, SCRUB_FILTERED);
    put_value(out, scrubbed.failed ? TEXT("(long)") : buffer_contents(&scrubbed));
}

static bool put_header(struct buffer *out, const struct request_header *header, bool first)
{
    size_t before = out->length;
    buffer_text(out, first ? TEXT("[") : TEXT(",["));
    put_value(out, header->name);
    buffer_char(out, ',');
    put_header_value(out, header);
    buffer_char(out, ']');
    return fits(out, before);
}

static void put_headers(struct buffer *out, const struct request *request)
{
    bool first = true;
    size_t before = out->length;
    buffer_text(out, TEXT(",\"headers\":["));
    if (!fits(out, before))
        return;
    for (size_t i = 0; i < request->header_count; i++)
        first = !put_header(out, &request->headers[i], first) && first;
    buffer_char(out, ']');
}

static void put_query(struct buffer *out, struct text query)
{
    char room[2048];
    struct buffer scrubbed = BUFFER_ON(room);
    scrub_query(&scrubbed, query);
    put_if_fits(out, "query", scrubbed.failed ? TEXT("(long)") : buffer_contents(&scrubbed));
}

/* A path that is itself a key, as that of a mail to set a new password, is told by its pattern. */
static bool find_secret(const struct request *request)
{
    if (request->route && request->route->is_secret)
        return true;
    for (size_t i = 0; i < request->argument_count; i++)
        if (scrub_is_secret(request->arguments[i].name))
            return true;
    return false;
}

/* The same of all requests of a route, and each asks. */
bool contain_path_is_secret(const struct request *request)
{
    enum { UNKNOWN, OPEN, SECRET };
    static _Atomic unsigned char known[512];
    size_t number = request->route_number;
    if (number >= sizeof known)
        return find_secret(request);
    if (known[number] == UNKNOWN)
        known[number] = find_secret(request) ? SECRET : OPEN;
    return known[number] == SECRET;
}

/* What this process does where it answers no request. */
static struct {
    const char *kind;
    const char *name;
} doing = {"worker", "worker"};

static _Thread_local const struct request *volatile answering;

void contain_answering(const struct request *request)
{
    answering = request;
    atomic_signal_fence(memory_order_seq_cst);
}

static void describe_doing(struct buffer *out, const char *kind, const char *name)
{
    buffer_text(out, TEXT("{\"kind\":"));
    buffer_json(out, text_of(kind));
    put_member(out, "route", text_of(name));
    crumbs_put_trace(out, &trace_current, TEXT_NONE);
    buffer_char(out, '}');
}

/* "user:password@host", of a target that names a host. */
struct text contain_host(struct text host)
{
    size_t at = text_find_char(host, '@');
    return at == TEXT_NOT_FOUND ? host : contain_host(text_from(host, at + 1));
}

static void describe(struct buffer *out, const void *context)
{
    const struct request *request = context ? context : answering;
    if (!request) {
        describe_doing(out, doing.kind, doing.name);
        return;
    }
    struct text path = contain_path_is_secret(request) ? request->pattern : request->path;
    buffer_text(out, TEXT("{\"method\":"));
    put_value(out, text_cut(request->method_name, LONGEST_METHOD));
    put_member(out, "route", request->pattern);
    crumbs_put_trace(out, &trace_current, request->client);
    put_if_fits(out, "scheme", request->secure ? TEXT("https") : TEXT("http"));
    put_if_fits(out, "host", contain_host(request->host));
    put_if_fits(out, "path", text_cut(path, LONGEST_PATH));
    put_query(out, request->query);
    put_headers(out, request);
    buffer_char(out, '}');
}

static uintptr_t route_of(const void *context)
{
    const struct request *request = context ? context : answering;
    return request ? (uintptr_t)request->route : 0;
}

/* NULL: the path is too long. */
static const char *spool_path(void)
{
    static char folder[200];
    struct buffer path = BUFFER_ON(folder);
    buffer_text(&path, site_settings.data_dir);
    buffer_text(&path, TEXT("/" SPOOL_FOLDER));
    buffer_char(&path, '\0');
    return path.failed ? NULL : folder;
}

const char *contain_spool(void)
{
    const char *folder = spool_path();
    if (folder && (mkdir(folder, 0700) == 0 || errno == EEXIST))
        return folder;
    log_warning("faults are not written down", LOG_TEXT("data_dir", site_settings.data_dir),
                LOG_STRING("reason", folder ? strerror(errno) : "the path is too long"));
    return NULL;
}

static const char *spool;

void contain_faults(void)
{
    contain_spool(); /* says why there is none, which may change */
    spool = spool_path();
    tracing_start();
    tracing_tell(spool);
    fault_install(&(const struct fault_options){
        .spool = spool, .describe = describe, .route = route_of, .ends = tracing_note_end});
}

void contain_crashes(const char *kind, const char *name)
{
    doing.kind = kind;
    doing.name = name;
    spool = spool_path();
    tracing_start();
    tracing_begin_work(kind, name);
    status_keep_stacks();
    fault_install(&(const struct fault_options){.spool = spool, .describe = describe});
}

/* One whose place, callers or route are others is another. */
static uint64_t key_of(const struct failure *failure, const void *what)
{
    static const uint64_t step = UINT64_C(0x9E3779B97F4A7C15);
    uint64_t key = (uint64_t)(uintptr_t)failure->file ^ (uint64_t)(uintptr_t)what << 17;
    key = (key ^ (uint64_t)failure->line << 48) * step;
    for (size_t i = 0; i < failure->frame_count; i++)
        key = (key ^ failure->frames[i]) * step;
    return key;
}

static bool write_parts(const struct failure *failure, struct text description, uint64_t key,
                        uint64_t stands_for)
{
    char room[8192];
    struct buffer line = BUFFER_ON(room);
    struct record record;
    record_failure(&line, failure);
    buffer_char(&line, '\n');
    flood_keep(key, buffer_contents(&line), description);
    if (!spool || !record_open(&record, spool, clock_wall(), stands_for))
        return false;
    return record_close(&record, record_append(&record, buffer_contents(&line))
                                     && record_append(&record, description)
                                     && crumbs_write(&record));
}

/* `stands_for`: 0: it is only counted. */
static void write_failure(const struct failure *failure, struct text description, uint64_t key,
                          uint64_t stands_for)
{
    if (stands_for && !write_parts(failure, description, key, stands_for))
        flood_put_back(key, stands_for);
}

/* The newest, which may have been made without words. */
static const struct failure *failure_of(const char *what)
{
    if (!status_failure()->file)
        fail("%s has failed without a reason", what);
    return status_failure();
}

void contain_note(const char *kind, const char *name)
{
    char room[2048];
    struct buffer line = BUFFER_ON(room);
    const struct failure *failure = failure_of(name);
    uint64_t key = key_of(failure, name);
    describe_doing(&line, kind, name);
    buffer_char(&line, '\n');
    write_failure(failure, buffer_contents(&line), key, flood_ask(key, clock_wall()));
}

void contain_note_request(const struct request *request)
{
    struct buffer line = {.arena = request->arena, .limit = FAULT_CONTEXT_SIZE};
    const struct failure *failure = failure_of("the request");
    uint64_t key = key_of(failure, request->route);
    uint64_t stands_for = flood_ask(key, clock_wall());
    trace_current.failed = true;
    if (!stands_for)
        return;
    describe(&line, request);
    buffer_char(&line, '\n');
    write_failure(failure, buffer_contents(&line), key, stands_for);
}

void contain_note_end(const char *role, int64_t pid, int signal)
{
    char room[512];
    struct record record;
    struct buffer lines = BUFFER_ON(room);
    const char *folder = contain_spool();
    record_end(&lines, role, pid, signal);
    buffer_char(&lines, '\n');
    describe_doing(&lines, role, role);
    buffer_char(&lines, '\n');
    if (!folder || !record_open(&record, folder, clock_wall(), 1)
        || !record_close(&record, record_append(&record, buffer_contents(&lines))))
        log_warning("that end is written down nowhere", LOG_INT("pid", pid));
}

void contain_flush(bool all)
{
    fault_flush(all);
}

/* Once is enough: until somebody has taken its place it goes on. */
static void ask_for_replacement(void)
{
    static atomic_flag asked = ATOMIC_FLAG_INIT;
    if (atomic_flag_test_and_set(&asked))
        return;
    log_warning("this worker may be harmed by a fault: it asks to be replaced");
    if (write(WORKER_FD_READY, "w", 1) != 1)
        log_warning("nobody replaces this worker", LOG_STRING("reason", strerror(errno)));
}

static enum status recover(struct request *request, const struct fault *fault)
{
    if (request->db)
        db_abandon(request->db);
    metric_add(METRIC_FAULTS_CONTAINED, 1);
    trace_current.failed = true;
    if (fault_is_suspect(fault))
        ask_for_replacement();
    return fail("it was left by a fault: %s, address %#jx, instruction %#jx",
                signal_name(fault->signal), (uintmax_t)fault->address,
                (uintmax_t)(fault->frame_count ? fault->frames[0] : 0));
}

static enum status recover_view(struct request *request, struct response *response,
                                const struct fault *fault)
{
    if (response->kept)
        kept_release(response->kept);
    response->kept = NULL;
    response->reread = false;
    response->close = true;
    request->noted = true;
    page_cache_refuse(request);
    return recover(request, fault);
}

enum status contain_view(view *run, struct request *request, struct response *response)
{
    struct fault_frame frame;
    fault_enter(&frame, request);
    if (sigsetjmp(frame.place, 0))
        return recover_view(request, response, &frame.fault);
    enum status status = run(request, response);
    fault_leave(&frame);
    return status;
}

/* What cannot be written any more, since the visitor has gone, is no failure. */
enum status contain_produce(struct request *request, const struct response *response, FILE *out)
{
    struct fault_frame frame;
    fault_enter(&frame, request);
    if (sigsetjmp(frame.place, 0))
        return recover(request, &frame.fault);
    enum status status = response->produce(request, out, response->produce_context);
    fault_leave(&frame);
    if ((status == FAILED || status == BUSY || status == TIMEOUT) && !ferror(out))
        contain_note_request(request);
    return status;
}
