#include "net/http.h"

#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "net/curl.h"

#define CONNECT_TIMEOUT 15L
#define MOST_HEADERS    ((size_t)16 * 1024)
#define MOST_BODY       ((size_t)4 * 1024) /* that is kept */

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
    struct buffer body;
    const struct http_post *post;
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
    return size * count;
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

static struct curl_slist *list_of(const char *const *headers)
{
    struct curl_slist *list = curl_slist_append(NULL, "Expect:"); /* no "100 Continue" first */
    for (; list && *headers; headers++) {
        struct curl_slist *longer = curl_slist_append(list, *headers);
        if (!longer)
            abort();
        list = longer;
    }
    if (!list)
        abort();
    return list;
}

enum status http_send_post(struct http_client *client, struct arena *arena,
                           const struct http_post *post, struct http_answer *out)
{
    char words[CURL_ERROR_SIZE] = "";
    long status = 0;
    struct receiving receiving = {{.arena = arena}, {.arena = arena}, post};
    struct curl_slist *headers = list_of(post->headers);
    set_options(client->handle, headers, &receiving, words);
    CURLcode code = curl_easy_perform(client->handle);
    curl_easy_getinfo(client->handle, CURLINFO_RESPONSE_CODE, &status);
    curl_slist_free_all(headers);
    *out = (struct http_answer){
        .status = (int)status,
        .headers = buffer_contents(&receiving.headers),
        .body = buffer_contents(&receiving.body),
    };
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
