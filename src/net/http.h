/* Requests to other servers, with libcurl. They block: for the clerk and commands. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "base/text.h"

struct arena;
struct http_client;

/* One connection that is kept from one request to the next; of one thread at a time. Certificates
 * are checked against the system's, or the file that SSL_CERT_FILE names; proxies are those of the
 * environment (http_proxy, https_proxy, no_proxy). */
struct http_client *http_client_new(void);
void http_client_free(struct http_client *client);

struct http_post {
    const char *url;
    const char *const *headers; /* "Name: value", up to NULL */
    struct text body;
    int64_t timeout; /* seconds, of the whole */
    bool once;       /* no kept connection, over which libcurl sends again what had no answer */
    bool untraced;   /* it is no part of what this thread is about (base/trace.h) */
    /* Asked about once a second: true breaks it off. NULL: nobody does. */
    bool (*stops)(void *context);
    void *context;
};

struct http_answer {
    int status;     /* 0: there was none */
    bool was_asked; /* something was sent: where the answer is missing, nobody knows what came of it
                     */
    struct text headers; /* their lines */
    struct text body;    /* its beginning */
};

/* Leaves a crumb and a span, and tells hosts that are to know of the trace (base/trace.h).
 *
 * Redirects are not followed. BUSY: there was no whole answer, and the message says why. */
enum status http_send_post(struct http_client *client, struct arena *arena,
                           const struct http_post *post, struct http_answer *out);

/* The value of a header by its name, in any case; of the last if there are several. False: none. */
bool http_answer_header(const struct http_answer *answer, const char *name, struct text *out);
