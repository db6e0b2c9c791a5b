/* Routes: Django's path syntax (docs.djangoproject.com/en/5.2/topics/http/urls/), matching, and
 * reversing by name. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/text.h"
#include "http/request.h"

struct arena;
struct buffer;
struct response;

typedef enum status view(struct request *request, struct response *response);

/* What a view does, so that the server knows where to run it. */
enum work {
    WORK_READS = 0, /* reads the database: in place where reads cannot wait, else on the executor */
    WORK_NONE,      /* touches no database: always in place */
    WORK_BLOCKS,    /* may wait (writes): always on the executor, with a writing connection */
    /* A GET reads; what may write computes for long (hashes passwords), on threads of its own and
     * of low priority, so that a crowd of them slows nobody else. */
    WORK_HASHES,
};

struct route {
    const char *pattern; /* below the mount: "<int:letting_id>/" */
    view *view;
    const char *name; /* without namespace */
    enum access access;
    unsigned methods;  /* bits of enum http_method; 0: GET. HEAD goes wherever GET goes */
    enum work work;    /* methods other than GET, HEAD and OPTIONS are WORK_BLOCKS by themselves */
    size_t body_limit; /* bytes; 0: none is taken */
    bool any_host;     /* also answers hosts that ALLOWED_HOSTS does not name */
    bool is_secret;    /* its arguments let in whoever has them: the log leaves them out */
    /* Asked on the server's own thread as soon as the headers are there, so that it must not wait:
     * 0, or 429. Then the view alone is called, without the body, and says so, a second later: no
     * step around it is gone through, and the log has no line of it. */
    int (*admit)(const struct request *request);
    bool csrf_exempt; /* takes POST and the like without the form's token */
    const void *data; /* what the view is about, where several routes share one; the module's own */
    const char *failure; /* the line of text to answer with where the view fails; NULL: a page */
};

struct route_argument {
    struct text name;
    struct text value; /* decoded */
    int64_t integer;   /* of an <int:…> */
};

struct router;
struct router *router_new(struct arena *arena);

/* Adds `count` routes below `mount` ("lettings/", or "" for the root), under `namespace` (NULL:
 * none). INVALID: a pattern is no good. Of several routes with one name, reversing takes the last
 * whose arguments fit, as Django does. */
enum status router_add(struct router *router, const char *namespace, const char *mount,
                       const struct route *routes, size_t count);

struct route_match {
    const struct route *route;
    size_t number; /* of its row (router_row()), from 1 on */
    const struct route_argument *arguments;
    size_t count;
    struct text pattern; /* "/lettings/<int:letting_id>/" */
};

/* `path` is decoded and begins with '/'. False: none. The first route that fits is taken. */
bool router_match(const struct router *router, struct arena *arena, struct text path,
                  struct route_match *out);

/* The path of "namespace:name", percent-encoded; of several of that name, the last that takes the
 * arguments. They are all named, or all positional (empty names). NOT_FOUND: no such name, or its
 * patterns do not take these arguments. */
enum status router_reverse(const struct router *router, struct arena *arena, struct text name,
                           const struct route_argument *arguments, size_t count, struct text *out);

/* For a name that is reversed again and again: its route, where it is the only one of that name and
 * takes arguments of these names; NULL: router_reverse() has to look each time. */
struct route_entry;
const struct route_entry *router_prepare(const struct router *router, struct text name,
                                         const struct text *names, size_t count);
/* Appends the path. False: the pattern does not take these arguments. */
bool route_put(const struct route_entry *entry, const struct route_argument *arguments,
               size_t count, struct buffer *out);

bool router_has(const struct router *router, struct text name);

/* All routes in the order they are tried; false after the last. */
struct route_row {
    const struct route *route;
    struct text path; /* "/lettings/<int:letting_id>/" */
    struct text name; /* "lettings:letting" */
};
bool router_row(const struct router *router, size_t index, struct route_row *out);

unsigned route_methods(const struct route *route);
const char *access_name(enum access access);
