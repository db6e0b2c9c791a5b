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
#include "db/db.h"
#include "http/kept.h"
#include "monitor/fault.h"
#include "monitor/flood.h"
#include "monitor/record.h"
#include "monitor/scrub.h"
#include "site/internal.h"
#include "site/page_cache.h"
#include "site/processes.h"
#include "site/settings.h"
#include "site/site.h"

#define SPOOL_FOLDER "spool"

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

/* Up to where a route begins whose arguments are secret: a page that was reached through one names
 * it. */
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

static void put_referer(struct buffer *out, struct text url)
{
    char room[2048];
    struct buffer scrubbed = BUFFER_ON(room);
    struct text shown = before_secret(url);
    scrub_url(&scrubbed, shown);
    if (shown.length < url.length)
        buffer_text(&scrubbed, SCRUB_FILTERED);
    put_value(out, scrubbed.failed ? TEXT("(long)") : buffer_contents(&scrubbed));
}

static void put_header_value(struct buffer *out, const struct request_header *header)
{
    if (scrub_is_secret(header->name) || scrub_is_personal(header->name))
        put_value(out, SCRUB_FILTERED);
    else if (text_equal_nocase(header->name, TEXT("Referer")))
        put_referer(out, header->value);
    else
        put_value(out, header->value);
}

static void put_headers(struct buffer *out, const struct request *request)
{
    buffer_text(out, TEXT(",\"headers\":["));
    for (size_t i = 0; i < request->header_count; i++) {
        const struct request_header *header = &request->headers[i];
        if (i)
            buffer_char(out, ',');
        buffer_char(out, '[');
        put_value(out, header->name);
        buffer_char(out, ',');
        put_header_value(out, header);
        buffer_char(out, ']');
    }
    buffer_char(out, ']');
}

static void put_query(struct buffer *out, struct text query)
{
    char room[2048];
    struct buffer scrubbed = BUFFER_ON(room);
    scrub_query(&scrubbed, query);
    put_member(out, "query", scrubbed.failed ? TEXT("(long)") : buffer_contents(&scrubbed));
}

static struct text pattern_of(const struct route *route)
{
    struct route_row row;
    for (size_t i = 0; router_row(site_router(), i, &row); i++)
        if (row.route == route)
            return row.path;
    return TEXT_NONE;
}

/* A path that is itself a key, as that of a mail to set a new password, is told by its pattern. */
static bool path_is_secret(const struct request *request)
{
    if (request->route->is_secret)
        return true;
    for (size_t i = 0; i < request->argument_count; i++)
        if (scrub_is_secret(request->arguments[i].name))
            return true;
    return false;
}

/* What this process does where it answers no request. */
static struct {
    const char *kind;
    const char *name;
} doing = {"worker", "worker"};

static void describe_doing(struct buffer *out, const char *kind, const char *name)
{
    buffer_text(out, TEXT("{\"kind\":"));
    buffer_json(out, text_of(kind));
    put_member(out, "route", text_of(name));
    buffer_char(out, '}');
}

static void describe(struct buffer *out, const void *context)
{
    const struct request *request = context;
    if (!request) {
        describe_doing(out, doing.kind, doing.name);
        return;
    }
    struct text pattern = pattern_of(request->route);
    buffer_text(out, TEXT("{\"method\":"));
    put_value(out, request->method_name);
    put_member(out, "route", pattern);
    put_member(out, "path", path_is_secret(request) ? pattern : request->path);
    put_query(out, request->query);
    put_member(out, "host", request->host);
    put_member(out, "request_id", request->id);
    put_headers(out, request);
    buffer_char(out, '}');
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
    spool = contain_spool();
    fault_install(&(const struct fault_options){.spool = spool, .describe = describe});
}

void contain_crashes(const char *kind, const char *name)
{
    doing.kind = kind;
    doing.name = name;
    spool = spool_path();
    fault_install(&(const struct fault_options){.spool = spool, .describe = describe});
}

/* One whose place or words are others is another. */
static uint64_t key_of(const struct failure *failure, const void *what)
{
    uint64_t key = (uint64_t)(uintptr_t)failure->file ^ (uint64_t)(uintptr_t)what << 17;
    return (key ^ (uint64_t)failure->line << 48) * UINT64_C(0x9E3779B97F4A7C15);
}

/* `stands_for`: 0: it is only counted. */
static void write_failure(const struct failure *failure, struct text description,
                          uint64_t stands_for)
{
    char room[4096];
    struct buffer line = BUFFER_ON(room);
    struct record record;
    int64_t now = clock_wall();
    if (!stands_for || !spool || !record_open(&record, spool, now))
        return;
    record_failure(&line, failure, now, stands_for);
    buffer_char(&line, '\n');
    record_append(&record, buffer_contents(&line));
    record_append(&record, description);
    record_close(&record);
}

void contain_note(const char *kind, const char *name)
{
    char room[512];
    struct buffer line = BUFFER_ON(room);
    const struct failure *failure = status_failure();
    describe_doing(&line, kind, name);
    buffer_char(&line, '\n');
    if (failure->file)
        write_failure(failure, buffer_contents(&line),
                      flood_ask(key_of(failure, name), clock_wall()));
}

void contain_note_request(const struct request *request)
{
    struct buffer line = {.arena = request->arena};
    const struct failure *failure = status_failure();
    uint64_t stands_for = flood_ask(key_of(failure, request->route), clock_wall());
    if (!stands_for)
        return;
    describe(&line, request);
    buffer_char(&line, '\n');
    write_failure(failure, buffer_contents(&line), stands_for);
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
    if (fault_is_suspect(fault))
        ask_for_replacement();
    return fail("it was left by a fault: %s, address %#jx, instruction %#jx",
                fault_name(fault->signal), (uintmax_t)fault->address,
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
    if (status == FAILED || status == BUSY)
        contain_note_request(request);
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
    if ((status == FAILED || status == BUSY) && !ferror(out))
        contain_note_request(request);
    return status;
}
