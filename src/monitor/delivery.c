#include "monitor/delivery.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zlib.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/log.h"
#include "monitor/envelope.h"
#include "monitor/spool.h"
#include "net/http.h"

#define SECOND        ((int64_t)1000000)
#define TIMEOUT_S     30
#define FLUSH         (2 * SECOND)
#define FIRST_RETRY   SECOND
#define LONGEST_RETRY (60 * SECOND)
#define REPORT_EVERY  (60 * SECOND)
#define TOO_MANY      429
#define TOO_LARGE     413

struct delivery {
    const struct delivery_options *options;
    pthread_t thread;
    pthread_mutex_t mutex; /* of what follows, up to the blank line */
    pthread_cond_t changed;
    struct losses losses;
    int64_t stop; /* clock_monotonic() by which it must have ended; 0: it goes on */
    bool woken;

    struct http_client *client;
    struct limits limits;
    int64_t retry; /* not before; 0: the receiver could be had the last time */
    int64_t pause; /* before the next retry */
    int64_t reported;
};

/* Bytes */

/* What an envelope of the spool lacks: to whom it goes, from whom, when. */
static struct text open_headers(struct arena *arena, const struct delivery_options *options,
                                struct text headers)
{
    char moment[CLOCK_ISO_SIZE];
    struct text client = text_of(options->client);
    size_t slash = text_find_char(client, '/');
    json_t *all = json_loadb(headers.at ? headers.at : "", headers.length, 0, NULL);
    if (!all)
        all = json_object();
    clock_iso(moment, clock_wall());
    json_object_set_new(all, "dsn", json_stringn(options->dsn.whole.at, options->dsn.whole.length));
    json_object_set_new(all, "sent_at", json_string(moment));
    json_object_set_new(all, "sdk",
                        json_pack("{s:s%, s:s}", "name", client.at, (size_t)slash, "version",
                                  client.at + slash + 1));
    char *bytes = json_dumps(all, JSON_COMPACT);
    struct text copy = text_copy(arena, text_of(bytes));
    free(bytes);
    json_decref(all);
    return copy;
}

static void put_report(struct buffer *out, const struct losses *losses)
{
    json_t *report = losses_report(losses, clock_wall());
    char *bytes = report ? json_dumps(report, JSON_COMPACT) : NULL;
    if (bytes)
        buffer_format(out, "{\"type\":\"client_report\",\"length\":%zu}\n%s\n", strlen(bytes),
                      bytes);
    free(bytes);
    json_decref(report);
}

/* `items`: lines of headers and payloads; "": the report alone. */
static struct text whole(struct arena *arena, const struct delivery_options *options,
                         struct text headers, struct text items, const struct losses *losses)
{
    struct buffer out = {.arena = arena};
    buffer_text(&out, open_headers(arena, options, headers));
    buffer_char(&out, '\n');
    buffer_text(&out, items);
    put_report(&out, losses);
    return buffer_contents(&out);
}

/* TEXT_NONE: it cannot be done. */
static struct text gzip(struct arena *arena, struct text bytes)
{
    z_stream stream = {0};
    if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY)
        != Z_OK)
        return TEXT_NONE;
    uLong room = deflateBound(&stream, bytes.length);
    char *out = arena_alloc(arena, room);
    stream.next_in = (Bytef *)(uintptr_t)bytes.at;
    stream.avail_in = (uInt)bytes.length;
    stream.next_out = (Bytef *)out;
    stream.avail_out = (uInt)room;
    int result = deflate(&stream, Z_FINISH);
    struct text packed = {out, stream.total_out};
    deflateEnd(&stream);
    return result == Z_STREAM_END ? packed : TEXT_NONE;
}

static struct text auth_header(struct arena *arena, const struct delivery_options *options)
{
    const struct dsn *dsn = &options->dsn;
    struct text header =
        text_format(arena,
                    "X-Sentry-Auth: Sentry sentry_version=7, sentry_client=%s, sentry_key=%.*s",
                    options->client, TEXT_ARG(dsn->public_key));
    return dsn->secret_key.length ? text_format(arena, "%.*s, sentry_secret=%.*s", TEXT_ARG(header),
                                                TEXT_ARG(dsn->secret_key))
                                  : header;
}

static enum status post(struct http_client *client, struct arena *arena,
                        const struct delivery_options *options, struct text bytes,
                        struct http_post *call, struct http_answer *answer)
{
    struct text packed = gzip(arena, bytes);
    const char *const headers[] = {
        "Content-Type: application/x-sentry-envelope",
        auth_header(arena, options).at,
        text_format(arena, "User-Agent: %s", options->client).at,
        packed.at ? "Content-Encoding: gzip" : NULL,
        NULL,
    };
    call->url = dsn_envelope_url(arena, &options->dsn).at;
    call->headers = headers;
    call->body = packed.at ? packed : bytes;
    call->timeout = TIMEOUT_S;
    return http_send_post(client, arena, call, answer);
}

static bool is_taken(const struct http_answer *answer)
{
    return answer->status >= 200 && answer->status < 300;
}

/* Why: its own words, where it has some. */
static struct text refusal_of(const struct http_answer *answer)
{
    struct text words = TEXT("");
    if (!http_answer_header(answer, "X-Sentry-Error", &words))
        words = text_part(answer->body, 0, 200);
    return text_is_utf8(words) ? words : TEXT("");
}

enum status delivery_send(struct arena *arena, const struct delivery_options *options,
                          struct text envelope)
{
    struct http_answer answer;
    struct http_post call = {0};
    struct text headers;
    struct text items = envelope;
    struct http_client *client = http_client_new();
    text_next(&items, '\n', &headers);
    struct text bytes = whole(arena, options, headers, items, &(struct losses){0});
    enum status status = post(client, arena, options, bytes, &call, &answer);
    http_client_free(client);
    if (status != OK || is_taken(&answer))
        return status;
    struct text words = refusal_of(&answer);
    return fail_as(INVALID, "it answers %d: %.*s", answer.status, TEXT_ARG(words));
}

/* The thread */

static bool must_end(void *context)
{
    struct delivery *delivery = context;
    pthread_mutex_lock(&delivery->mutex);
    bool over = delivery->stop && clock_monotonic() >= delivery->stop;
    pthread_mutex_unlock(&delivery->mutex);
    return over;
}

static bool is_stopping(struct delivery *delivery)
{
    pthread_mutex_lock(&delivery->mutex);
    bool stops = delivery->stop != 0;
    pthread_mutex_unlock(&delivery->mutex);
    return stops;
}

static struct losses take_losses(struct delivery *delivery)
{
    pthread_mutex_lock(&delivery->mutex);
    struct losses losses = delivery->losses;
    pthread_mutex_unlock(&delivery->mutex);
    return losses;
}

void delivery_lost(struct delivery *delivery, enum loss loss, enum category category,
                   uint64_t count)
{
    pthread_mutex_lock(&delivery->mutex);
    delivery->losses.count[loss][category] += count;
    pthread_mutex_unlock(&delivery->mutex);
}

static void note_failure(struct delivery *delivery, const char *reason)
{
    if (!delivery->pause) /* told once */
        log_warning("events wait: Sentry cannot be had", LOG_STRING("reason", reason));
    delivery->pause = delivery->pause ? delivery->pause * 2 : FIRST_RETRY;
    if (delivery->pause > LONGEST_RETRY)
        delivery->pause = LONGEST_RETRY;
    delivery->retry = clock_monotonic() + delivery->pause;
}

static void note_answer(struct delivery *delivery, const struct http_answer *answer)
{
    struct text limits = TEXT_NONE;
    struct text retry_after = TEXT_NONE;
    if (delivery->pause)
        log_info("events are sent again");
    delivery->pause = 0;
    delivery->retry = 0;
    http_answer_header(answer, "X-Sentry-Rate-Limits", &limits);
    http_answer_header(answer, "Retry-After", &retry_after);
    limits_read(&delivery->limits, answer->status, limits, retry_after, clock_monotonic(),
                clock_wall());
}

static void note_refusal(const struct http_answer *answer, struct text headers)
{
    log_error(answer->status == TOO_LARGE ? "an event is too large for Sentry"
                                          : "Sentry refuses an event",
              LOG_INT("status", answer->status), LOG_TEXT("reason", refusal_of(answer)),
              LOG_TEXT("event", headers));
}

/* What became of it. */
enum outcome { TAKEN, WAITS, GONE };

/* `losses` are part of the bytes: with them they have arrived, or not. */
static enum outcome send_bytes(struct delivery *delivery, struct arena *arena, struct text headers,
                               struct text items)
{
    struct http_answer answer;
    struct losses losses = take_losses(delivery);
    struct http_post call = {.stops = must_end, .context = delivery};
    struct text bytes = whole(arena, delivery->options, headers, items, &losses);
    if (post(delivery->client, arena, delivery->options, bytes, &call, &answer) != OK) {
        note_failure(delivery, status_failure()->message);
        return WAITS;
    }
    note_answer(delivery, &answer);
    if (delivery->options->tells)
        log_info("sent to Sentry", LOG_INT("status", answer.status), LOG_INT("bytes", bytes.length),
                 LOG_TEXT("envelope", headers));
    if (answer.status == TOO_MANY)
        return WAITS;
    if (!is_taken(&answer)) {
        note_refusal(&answer, headers);
        return GONE;
    }
    pthread_mutex_lock(&delivery->mutex);
    losses_subtract(&delivery->losses, &losses);
    pthread_mutex_unlock(&delivery->mutex);
    delivery->reported = clock_monotonic();
    return TAKEN;
}

/* False: nothing more can be sent now. */
static bool send_file(struct delivery *delivery, struct spool *spool, struct arena *arena,
                      struct text name)
{
    struct envelope envelope;
    struct text bytes = spool_read(spool, arena, name);
    struct text headers;
    struct text items = bytes;
    if (!envelope_read(arena, bytes, &envelope)) {
        spool_remove(spool, name);
        return true;
    }
    enum category category = category_of(envelope.type);
    bool limited = limits_hold(&delivery->limits, category, clock_monotonic());
    bool once = category == CATEGORY_SESSION; /* rather lost than counted twice */
    if (once)
        spool_remove(spool, name);
    if (limited) {
        if (once)
            delivery_lost(delivery, LOSS_LIMIT, category, 1);
        return true;
    }
    text_next(&items, '\n', &headers);
    enum outcome outcome = send_bytes(delivery, arena, headers, items);
    if (outcome == GONE)
        delivery_lost(delivery, LOSS_REFUSED, category, 1);
    if (outcome != WAITS && !once)
        spool_remove(spool, name);
    return delivery->retry == 0 && !must_end(delivery);
}

static void send_waiting(struct delivery *delivery, struct spool *spool)
{
    struct spool_names names = {0};
    struct arena *arena = arena_new((size_t)64 * 1024);
    struct arena *work = arena_new((size_t)64 * 1024);
    bool goes_on = true;
    spool_waiting(spool, arena, SPOOL_SENTRY, &names);
    for (size_t i = 0; i < names.count && goes_on; i++) {
        goes_on = send_file(delivery, spool, work, names.items[i]);
        arena_reset(work);
    }
    struct losses losses = take_losses(delivery);
    bool due = clock_monotonic() - delivery->reported > REPORT_EVERY
               || (is_stopping(delivery) && !must_end(delivery));
    if (goes_on && due && losses_sum(&losses)
        && !limits_hold(&delivery->limits, CATEGORY_ERROR, clock_monotonic()))
        send_bytes(delivery, work, TEXT("{}"), TEXT(""));
    arena_free(work);
    arena_free(arena);
}

/* Until it is woken, or for a second. True: it is to stop. */
static bool wait_for_more(struct delivery *delivery)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec++;
    pthread_mutex_lock(&delivery->mutex);
    while (!delivery->woken && !delivery->stop
           && pthread_cond_timedwait(&delivery->changed, &delivery->mutex, &until) == 0)
        continue;
    delivery->woken = false;
    bool stops = delivery->stop != 0;
    pthread_mutex_unlock(&delivery->mutex);
    return stops;
}

static void *run(void *context)
{
    struct delivery *delivery = context;
    struct spool *spool;
    if (spool_look(&spool, delivery->options->spool) != OK)
        return NULL;
    for (bool stops = false; !stops;) {
        stops = wait_for_more(delivery);
        if (stops || delivery->retry <= clock_monotonic())
            send_waiting(delivery, spool);
    }
    spool_close(spool);
    return NULL;
}

/* Others' signals are for the main thread. */
static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP};

struct delivery *delivery_start(const struct delivery_options *options)
{
    sigset_t all;
    sigset_t before;
    pthread_condattr_t attributes;
    struct delivery *delivery = calloc(1, sizeof *delivery);
    if (!delivery)
        abort();
    delivery->options = options;
    delivery->client = http_client_new();
    delivery->reported = clock_monotonic();
    pthread_mutex_init(&delivery->mutex, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&delivery->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    sigfillset(&all);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        sigdelset(&all, faults[i]);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    int error = pthread_create(&delivery->thread, NULL, run, delivery);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error)
        abort();
    return delivery;
}

void delivery_wake(struct delivery *delivery)
{
    pthread_mutex_lock(&delivery->mutex);
    delivery->woken = true;
    pthread_cond_signal(&delivery->changed);
    pthread_mutex_unlock(&delivery->mutex);
}

void delivery_stop(struct delivery *delivery)
{
    pthread_mutex_lock(&delivery->mutex);
    delivery->stop = clock_monotonic() + FLUSH;
    pthread_cond_signal(&delivery->changed);
    pthread_mutex_unlock(&delivery->mutex);
    pthread_join(delivery->thread, NULL);
    http_client_free(delivery->client);
    pthread_cond_destroy(&delivery->changed);
    pthread_mutex_destroy(&delivery->mutex);
    free(delivery);
}
