/* What the files of site/ share and nobody else sees. */
#pragma once

#include <stdatomic.h>

#include "base/list.h"
#include "base/status.h"
#include "base/text.h"
#include "db/db.h"
#include "template/language.h"
#include "template/value.h"

struct arena;
struct middleware;
struct module;
struct request;
struct response;
struct route;
struct router;
struct template_host;
struct template_set;

struct nav_entry {
    struct text url;
    const struct value *values; /* label, url, module; one for each language */
};

struct site {
    struct arena *arena;
    struct router *router;
    struct template_set *templates;
    LIST(struct nav_entry) nav;
    struct language_list languages;  /* the source's first */
    const struct language *language; /* LANGUAGE_CODE */
    /* Made at the start, one for each language: they must not need anything to work. */
    const struct text *server_error_pages;
    LIST(const struct middleware *) middleware; /* of the modules */
    bool reads_block;
    bool supervised;     /* this process: HUP to its parent renews it */
    atomic_bool leaving; /* it is about to stop */
};

extern struct site site;

/* From now on threads share so many connections: each has one from site_database() until
 * site_database_release(), and waits for it as long as DATABASE_TIMEOUT. */
void site_database_share(unsigned connections);
/* Now and then: gives the place of an idle one at the server to a worker that has none. */
void site_database_tick(void);
/* How the database is opened. */
struct db_options site_database_options(bool writes);
/* Whether workers have a connection that listens to changes, and the beginning of that: of a
 * worker, once, when it counts (metrics_begin()). */
bool site_listens(void);
void site_listen(void);
/* Whether a database's server is asked by TLS only, where its URL does not say. */
bool site_needs_encryption(void);

/* As TIME_ZONE says; numbers and dates as the language of the page writes them. */
struct template_host site_template_host(void);

/* Whether this thread's templates have asked for the time, or for chance, since the last such
 * question. */
bool site_was_fleeting(void);

/* A set with the libraries of all modules. */
struct template_set *site_template_set(struct arena *arena, struct template_host host);
/* Whether the libraries of modules[index] can stand beside Django's and those of the modules
 * before it. */
enum status site_libraries_check(const struct module *const *modules, size_t index);

enum status site_prepare_error_pages(void);

/* The source's language and each locale/<code>.po; INVALID names the file and what is wrong. */
enum status site_languages_load(void);
/* Of the request, also before one is chosen. */
const struct language *site_language(const struct request *request);
/* By the headers alone; never NULL once the site has started. A few compares, no allocation. */
const struct language *language_of_visitor(const struct request *request);
/* The middleware's step, and its end. */
bool language_choose(struct request *request, struct response *response);
void language_forget(struct request *request, struct response *response);
/* For an answer whose texts depend on the language: Content-Language and Vary. */
void language_mark(const struct request *request, struct response *response);
/* `language_code`, and `languages` (code, name, url, current) where there are several. */
void language_add_context(const struct request *request, struct value_map *context);
/* The view of /language/<code>/?next=/path/: remembers the language and goes on to the path. */
enum status language_set(struct request *request, struct response *response);

/* The steps in csrf.c, messages.c and access.c. */
bool csrf_enter(struct request *request, struct response *response);
void csrf_leave(struct request *request, struct response *response);
bool messages_enter(struct request *request, struct response *response);
void messages_leave(struct request *request, struct response *response);
bool modules_enter(struct request *request, struct response *response);
void modules_leave(struct request *request, struct response *response);
/* Last before the view: whether the visitor is one whom the route lets in. */
bool access_check(struct request *request, struct response *response);
/* What a read of a path without a route gets, so that its 404 has all that a page has; and only
 * where there is a database, which a missing page does not need. */
extern const struct route site_no_route;
/* Keeps the arguments of a route that is secret out of the log. */
void handle_hide_secret(struct request *request, const struct route *route);

/* Answers with what page_cache_find() has found (page_cache.h). */
bool site_is_ready(void *context, struct request *request);

/* What a request needs from the way of handle.c in the middle of the steps. */
bool handle_open_database(struct request *request, struct response *response);

/* The steps around a view, in the order that middleware.c shows. `entered` counts those begun: it
 * goes on behind them. */
bool middleware_before(struct request *request, struct response *response, size_t *entered);
/* How many stand before the one that opens the database. */
size_t middleware_before_database(void);
void middleware_after(struct request *request, struct response *response, size_t entered);
