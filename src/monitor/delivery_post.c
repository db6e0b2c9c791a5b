#include "monitor/delivery_post.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/log.h"

#define TIMEOUT_S 30
#define TOO_LARGE 413

/* A trace that begins here is of this key; one that was taken over says whose it is. */
static void add_key(json_t *trace, const struct dsn *dsn)
{
    if (trace && !json_object_get(trace, "public_key"))
        json_object_set_new(trace, "public_key",
                            json_stringn(dsn->public_key.at, dsn->public_key.length));
}

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
    add_key(json_object_get(all, "trace"), &options->dsn);
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

struct text delivery_bytes(struct arena *arena, const struct delivery_options *options,
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

enum status delivery_post(struct http_client *client, struct arena *arena,
                          const struct delivery_options *options, struct text bytes,
                          struct http_post *call, struct http_answer *answer)
{
    struct text packed = gzip(arena, bytes);
    const char *const headers[] = {
        "Content-Type: application/x-sentry-envelope",
        auth_header(arena, options).at,
        text_format(arena, "User-Agent: %s", options->client).at,
        options->mark,
        packed.at ? "Content-Encoding: gzip" : NULL,
        NULL,
    };
    call->url = dsn_envelope_url(arena, &options->dsn).at;
    call->headers = headers;
    call->body = packed.at ? packed : bytes;
    call->timeout = TIMEOUT_S;
    call->untraced = true;
    return http_send_post(client, arena, call, answer);
}

bool delivery_is_taken(const struct http_answer *answer)
{
    return answer->status >= 200 && answer->status < 300;
}

/* In its own words, where it has some. */
static struct text refusal(const struct http_answer *answer)
{
    struct text words = TEXT("");
    if (!http_answer_header(answer, "X-Sentry-Error", &words))
        words = text_part(answer->body, 0, 200);
    return text_is_utf8(words) ? words : TEXT("");
}

void delivery_tell_refusal(const struct http_answer *answer, struct text headers)
{
    log_error(answer->status == TOO_LARGE ? "an event is too large for Sentry"
                                          : "Sentry refuses an event",
              LOG_INT("status", answer->status), LOG_TEXT("reason", refusal(answer)),
              LOG_TEXT("event", headers));
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
    struct text bytes = delivery_bytes(arena, options, headers, items, &(struct losses){0});
    enum status status = delivery_post(client, arena, options, bytes, &call, &answer);
    http_client_free(client);
    if (status != OK || delivery_is_taken(&answer))
        return status;
    struct text words = refusal(&answer);
    return fail_as(INVALID, "it answers %d: %.*s", answer.status, TEXT_ARG(words));
}
