/* A request as the views see it. It and all it points to live in its arena until the answer has
 * been sent. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "base/text.h"

struct arena;
struct csrf;
struct db;
struct kept;
struct language;
struct message_box;
struct multipart;
struct page_key;
struct route;
struct route_argument;
struct request_start;
struct session_state;
struct user;

enum http_method {
    HTTP_OTHER = 0,
    HTTP_GET = 1,
    HTTP_HEAD = 2,
    HTTP_POST = 4,
    HTTP_PUT = 8,
    HTTP_PATCH = 16,
    HTTP_DELETE = 32,
    HTTP_OPTIONS = 64,
};

/* Bits of enum http_method, as "GET, HEAD". */
struct text http_methods_text(struct arena *arena, unsigned methods);
enum http_method http_method_of(struct text name);

/* Who may, and as whom somebody comes: each also has what those before it have. The zero value of a
 * route lets nobody in. */
enum access { ACCESS_DENIED = 0, ACCESS_PUBLIC, ACCESS_SIGNED_IN, ACCESS_STAFF };

struct request {
    struct arena *arena;
    struct text id; /* of log lines and X-Request-ID */
    enum http_method method;
    struct text method_name;
    struct text target; /* as sent */
    struct text logged; /* what the log shows in place of the target; empty: the target itself */
    struct text path;   /* decoded, UTF-8, begins with '/'; "*" of OPTIONS; empty when refused */
    struct text query;  /* as sent, without '?' */
    struct text body;   /* raw, at most the route's limit */
    const struct multipart *multipart; /* the body, where it is multipart/form-data; else NULL */
    struct text peer;                  /* address of the socket's other end */
    struct text client;                /* address of the visitor, as far as it can be trusted */
    struct text host;                  /* as the visitor wrote it, with port */
    bool secure;                       /* the visitor came by https */
    bool noted;                        /* its failure is an event already */
    bool forwarded;                    /* a trusted proxy told scheme and client */
    int refused;     /* status of an answer that is due before any route: 400, 414, 431; or 429
                        (routes.h); else 0 */
    int64_t started; /* clock_monotonic() */

    const struct route *route; /* NULL: none matches */
    size_t route_number;       /* 0: none matched */
    struct text pattern;       /* "/lettings/<int:letting_id>/"; empty: none matches */
    const struct route_argument *arguments;
    size_t argument_count;

    const struct language *language; /* of the answer, chosen before the view; NULL: not yet */

    struct db *db;                     /* this thread's connection; NULL where a route needs none */
    const struct request_start *start; /* to begin anew from; NULL: it is not to be … */
    bool is_anew;                      /* … since it has been */
    struct kept *found_page;      /* its answer, which needs no database; NULL: there is none */
    struct page_key *page_key;    /* of the page cache; NULL: the answer is not to be kept */
    struct csrf *csrf;            /* NULL: no view will be called */
    struct message_box *messages; /* likewise */
    size_t steps;                 /* of modules' middleware that have begun */
    void *trace; /* suspended (base/trace.h), of an answer that is streamed; else NULL */

    /* What modules find out before the view; NULL and ACCESS_PUBLIC without them. */
    enum access access;
    struct session_state *session;
    const struct user *user; /* who is signed in */

    const struct request_header *headers; /* in the order they came */
    size_t header_count;
};

struct request_header {
    struct text name;
    struct text value;
};

/* Value of a header, without regard to case; several of one name are joined by ", " (RFC 9110,
 * 5.3); empty when it is not there. */
struct text request_header(const struct request *request, const char *name);

/* The value of a cookie as sent, the last one of that name; false: not there (RFC 6265, 5.4). */
bool request_cookie(const struct request *request, const char *name, struct text *out);

/* One of several values of a header in a list ("a, b;q=0.5"): true when `token` is there with a
 * weight above 0 (RFC 9110, 12.4). */
bool header_accepts(struct text header, struct text token);

/* A parameter of the query string, decoded; TEXT_NONE when it cannot be. False: not there. */
bool request_query(const struct request *request, const char *name, struct text *out);

/* A field of a form that was sent, as application/x-www-form-urlencoded or multipart/form-data, as
 * request_query(); of a file there is none. */
bool request_form(const struct request *request, const char *name, struct text *out);

/* The next field of such a form, in the order they were sent; `at` begins with 0. What cannot be
 * decoded is passed over. False: there are no more. */
bool request_form_next(const struct request *request, size_t *at, struct text *name,
                       struct text *value);

/* A file that was sent with a form (multipart/form-data): its bytes are not copied, and from some
 * size on not in memory. False: none was. */
struct request_file {
    struct text filename;     /* without folders; never a path. May be anything else */
    struct text content_type; /* as the client says */
    struct text bytes;
};
bool request_file(const struct request *request, const char *name, struct request_file *out);

/* Parses a body of multipart/form-data, for the two above. INVALID: it is not well formed. */
enum status request_read_multipart(struct request *request);

/* What the route's <…:name> matched, decoded; aborts when the route has no such argument. */
struct text request_text(const struct request *request, const char *name);
/* Of an <int:…>. */
int64_t request_int(const struct request *request, const char *name);

/* The target for a line of the log, without what its route calls secret. */
struct text request_logged(const struct request *request);
