#include "net/http.h"

#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/trace.h"
#include "net/curl.h"

#define CONNECT_TIMEOUT 15L
#define MOST_HEADERS    ((size_t)16 * 1024)
#define MOST_BODY       ((size_t)4 * 1024) /* that is kept */
#define MOST_READ       ((size_t)1024 * 1024)

struct http_client {
    CURL *handle;
};

struct http_client *http_client_new(void)
{
    struct http_client *client = malloc(sizeof *client);
    curl_start();
    if (!client || !(client->handle = curl_easy_init()))
        abort();
    return client;
}

void http_client_free(struct http_client *client)
{
    if (client)
        curl_easy_cleanup(client->handle);
    free(client);
}

struct receiving {
    struct buffer headers;
    struct buffer body; /* as far as it is kept */
    const struct http_post *post;
    size_t body_length;
};

static void keep(struct buffer *out, const char *bytes, size_t length, size_t most)
{
    size_t room = most - out->length;
    buffer_append(out, bytes, length < room ? length : room);
}

/* A status line begins another answer: before it were a proxy's or "100 Continue". */
static size_t take_header(char *bytes, size_t size, size_t count, void *context)
{
    struct receiving *receiving = context;
    struct text line = {bytes, size * count};
    if (text_starts(line, TEXT("HTTP/")))
        receiving->headers.length = 0;
    keep(&receiving->headers, bytes, line.length, MOST_HEADERS);
    return line.length;
}

static size_t take_body(char *bytes, size_t size, size_t count, void *context)
{
    struct receiving *receiving = context;
    keep(&receiving->body, bytes, size * count, MOST_BODY);
    receiving->body_length += size * count;
    return receiving->body_length > MOST_READ ? 0 : size * count;
}

static int ask(void *context, curl_off_t total, curl_off_t now, curl_off_t up, curl_off_t done)
{
    const struct receiving *receiving = context;
    (void)total;
    (void)now;
    (void)up;
    (void)done;
    return receiving->post->stops && receiving->post->stops(receiving->post->context);
}

static void set_options(CURL *handle, struct curl_slist *headers, struct receiving *receiving,
                        char *words)
{
    const char *certificates = getenv("SSL_CERT_FILE");
    const struct http_post *post = receiving->post;
    curl_easy_reset(handle);
    curl_easy_setopt(handle, CURLOPT_URL, post->url);
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(handle, CURLOPT_POST, 1L);
    curl_easy_setopt(handle, CURLOPT_POSTFIELDS, post->body.at);
    curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)post->body.length);
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT, CONNECT_TIMEOUT);
    curl_easy_setopt(handle, CURLOPT_TIMEOUT, (long)post->timeout);
    curl_easy_setopt(handle, CURLOPT_FRESH_CONNECT, (long)post->once);
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(handle, CURLOPT_HEADERDATA, receiving);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, receiving);
    curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, ask);
    curl_easy_setopt(handle, CURLOPT_XFERINFODATA, receiving);
    curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, words);
    if (certificates && *certificates)
        curl_easy_setopt(handle, CURLOPT_CAINFO, certificates);
}

static struct curl_slist *add_header(struct curl_slist *list, const char *header)
{
    struct curl_slist *longer = curl_slist_append(list, header);
    if (!longer)
        abort();
    return longer;
}

/* Of "https://user@host:443/path". */
static struct text host_of(struct text url)
{
    size_t scheme = text_find(url, TEXT("://"));
    struct text place = text_from(url, scheme == TEXT_NOT_FOUND ? 0 : scheme + 3);
    place = text_part(place, 0, text_find_char(place, '/'));
    size_t at = text_find_char(place, '@');
    place = text_from(place, at == TEXT_NOT_FOUND ? 0 : at + 1);
    size_t bracket = text_find_char(place, ']');
    return bracket == TEXT_NOT_FOUND ? text_part(place, 0, text_find_char(place, ':'))
                                     : text_part(place, 0, bracket + 1);
}

static struct curl_slist *add_trace(struct curl_slist *list, struct arena *arena, unsigned span)
{
    char trace[TRACE_HEADER_SIZE];
    struct buffer baggage = {.arena = arena};
    trace_header(trace, span);
    buffer_text(&baggage, TEXT("baggage: "));
    trace_baggage(&baggage);
    buffer_char(&baggage, '\0');
    list = add_header(list, text_format(arena, "sentry-trace: %s", trace).at);
    return add_header(list, baggage.at);
}

static struct curl_slist *list_of(struct arena *arena, const struct http_post *post, unsigned span)
{
    struct curl_slist *list = add_header(NULL, "Expect:"); /* no "100 Continue" first */
    for (const char *const *header = post->headers; *header; header++)
        list = add_header(list, *header);
    if (!post->untraced && trace_current.active && trace_is_target(host_of(text_of(post->url))))
        list = add_trace(list, arena, span);
    return list;
}

enum status http_send_post(struct http_client *client, struct arena *arena,
                           const struct http_post *post, struct http_answer *out)
{
    char words[CURL_ERROR_SIZE] = "";
    long status = 0;
    long sent = 0;
    struct text url = text_of(post->url);
    struct receiving receiving = {{.arena = arena}, {.arena = arena}, post, 0};
    unsigned span = post->untraced ? 0 : trace_http_open(TEXT("POST"), url);
    struct curl_slist *headers = list_of(arena, post, span);
    set_options(client->handle, headers, &receiving, words);
    CURLcode code = curl_easy_perform(client->handle);
    curl_easy_getinfo(client->handle, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(client->handle, CURLINFO_REQUEST_SIZE, &sent);
    curl_slist_free_all(headers);
    if (!post->untraced)
        trace_http_close(span, TEXT("POST"), url, (int)status);
    *out = (struct http_answer){
        .status = (int)status,
        .was_asked = sent > 0,
        .headers = buffer_contents(&receiving.headers),
        .body = buffer_contents(&receiving.body),
    };
    if (receiving.body_length > MOST_READ) /* its status is known: the rest is cut off */
        code = CURLE_OK;
    return code == CURLE_OK ? OK : fail_as(BUSY, "%s", words[0] ? words : curl_easy_strerror(code));
}

bool http_answer_header(const struct http_answer *answer, const char *name, struct text *out)
{
    struct text rest = answer->headers;
    struct text line;
    bool found = false;
    while (text_next(&rest, '\n', &line)) {
        size_t colon = text_find_char(line, ':');
        if (colon == TEXT_NOT_FOUND || !text_equal_nocase(text_part(line, 0, colon), text_of(name)))
            continue;
        *out = text_trim(text_from(line, colon + 1));
        found = true;
    }
    return found;
}
