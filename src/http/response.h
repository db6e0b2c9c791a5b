/* An answer in the making. Lives in the request's arena. */
#pragma once

#include <stdio.h>

#include "base/buffer.h"
#include "base/list.h"
#include "base/status.h"
#include "base/text.h"

struct kept;
struct request;

/* Writes the body of an answer while it is sent. Called after the view has ended, on a thread for
 * such answers, with a copy of the request that has neither headers nor body, and a database
 * connection for reading, in no transaction. `out` fails once the client has gone. Anything but OK
 * breaks the answer off, which the client sees. */
typedef enum status response_producer(struct request *request, FILE *out, void *context);

struct response_header {
    const char *name;
    struct text value;
};

struct response {
    struct arena *arena;
    int status; /* 200 unless it is set */
    const char *content_type;
    struct buffer body;
    struct text fixed;          /* bytes that outlive the answer, sent instead of the body */
    struct text encoding;       /* Content-Encoding of the bytes as they are; empty: none */
    response_producer *produce; /* makes the body; NULL: it is there */
    void *produce_context;
    LIST(struct response_header) headers;
    bool close;        /* end the connection after this answer */
    bool scripts;      /* the page runs scripts of the site's own static files */
    bool reread;       /* … although the database has changed: what was read is the same */
    struct kept *kept; /* it is sent as this, whose status alone counts; NULL: it is not */
};

void response_start(struct response *response, struct arena *arena);

/* Drops what was written so far and starts an answer with `status`. Headers are kept. */
void response_restart(struct response *response, int status);

/* Replaces a header of the same name. `name` is borrowed, the value copied. A value with a line
 * break aborts: it would be another header. */
void response_header(struct response *response, const char *name, struct text value);
/* Adds one more of that name, as for Set-Cookie. */
void response_add_header(struct response *response, const char *name, struct text value);
/* Adds the name of a request header to Vary, once. */
void response_vary(struct response *response, const char *name);
/* The value, or empty. */
struct text response_header_value(const struct response *response, const char *name);

/* `status` 301, 302, 303, 307 or 308; a body of a line says where to. Bytes that a URI cannot have
 * are percent-encoded. */
void response_redirect(struct response *response, int status, struct text location);

/* The body is to be made while it is sent: for answers of any length. `context` lives in the
 * request's arena. Never compressed nor kept; when too many are on their way, the answer is 503. */
void response_stream(struct response *response, response_producer *produce, void *context);

void response_plain(struct response *response, int status, struct text line);

/* Ready to send: ETag and 304 for what a client has already (whose bytes stay, for their length),
 * gzip where it is worth it, Vary; caches must ask again unless the answer said otherwise. */
void response_finish(struct response *response, const struct request *request);

/* Whether the client has what has this ETag already (RFC 9110, 13.1.2). */
bool response_client_has(const struct request *request, struct text tag);

/* The bytes to send. */
struct text response_bytes(const struct response *response);

/* "Not Found". */
const char *http_reason(int status);
