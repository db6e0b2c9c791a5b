/* The site: the installed modules put together, and what views use of it. */
#pragma once

#include "base/status.h"
#include "base/text.h"
#include "http/request.h"
#include "http/response.h"
#include "site/module.h"

struct arena;
struct buffer;
struct db;
struct fixture_source;
struct difference_list;
struct migration_list;
struct router;
struct tag_call;
struct value;
struct value_map;

/* Checks the list of modules and builds routes and templates from it. INVALID names the module, or
 * the template and its line, and the reason. Once per process; lasts as long as it. */
enum status site_start(void);

/* The module that the core itself is: error pages, health, static files. Before all others. */
extern const struct module site_module;

/* Calls `visit` with the core's module and each installed one, until it gives not OK. */
enum status site_each_module(enum status (*visit)(const struct module *module, void *context),
                             void *context);

const struct router *site_router(void);

/* A context for a template of this request: to what is set in it comes what every page shows, when
 * a template asks for it. */
struct value_map *site_context(struct request *request);

/* Sets `panels` in the context: what the modules show in a place, rendered (a list of HTML). The
 * subject says of what, as module.h says. One that fails is left out, and the log says why. */
void site_panels(struct request *request, struct value_map *context, const char *place,
                 struct text subject);

/* What the modules show in the place "header" of every page: a list as that of site_panels(). */
struct value site_header_panels(struct request *request);

/* The path of a route: of "lettings:letting" and the one argument it takes. */
enum status site_path(struct arena *arena, const char *route, struct text argument,
                      struct text *out);

/* Renders a template into the response. FAILED when it cannot be; the response is then empty. */
enum status site_render(const struct request *request, struct response *response,
                        const char *template_name, const struct value_map *context);

/* The same into a buffer. */
enum status site_render_into(const struct request *request, struct buffer *out,
                             const char *template_name, const struct value_map *context);

/* The request that a tag of a module's stands in the answer of. */
const struct request *site_tag_request(const struct tag_call *call);

/* The page for a status of 400 or above, with the words of `detail` where the page shows them. */
void site_error_page(struct request *request, struct response *response, int status,
                     struct text detail);

/* The page, and the line in the log, for a view or a step before it that failed with this status.
 */
void site_answer_failure(struct request *request, struct response *response, enum status status);

/* Who asks, for events and traces (base/trace.h): by a keyed hash of the id, and with
 * SENTRY_SEND_DEFAULT_PII by id, name and mail address, which are borrowed. */
void site_trace_user(const struct request *request, int64_t id, struct text username,
                     struct text email);

/* The way of a request; see http/server.h. */
struct server_plan site_plan(void *context, struct request *request);
void site_answer(void *context, struct request *request, struct response *response);
enum status site_produce(void *context, struct request *request, const struct response *response,
                         FILE *out);
void site_streamed(void *context, struct request *request, struct response *response,
                   uint64_t bytes, bool whole);

/* The one connection of this thread, opened at its first use, again when another file has taken the
 * database's place, and closed when the thread ends. It may write until the next call says
 * otherwise. */
enum status site_database(struct db **out, bool writes);
/* Ends the thread's use of its connection where threads share some (site_database_share()). */
void site_database_release(void);
/* For the main thread, which has no end that closes it. */
void site_database_close(void);

/* Migrations of the installed modules, in order (model/migrations.h). */
struct migration_list site_migrations(struct arena *arena);
enum status site_migrations_apply(struct db *db, size_t *applied);
/* Lets each module write what must be there of itself (module.h), where all is applied. */
enum status site_migrated(struct db *db);
/* Sees to it that a server's database tells of changes of what public pages show; within a
 * transaction. And adds of which tables it does not. */
enum status site_tell_changes(struct db *db);
enum status site_untold_changes(struct db *db, struct arena *arena, struct difference_list *out);
/* OK when all are applied that serving needs; INVALID names the first that is missing. */
enum status site_migrations_check(struct db *db);
/* Adds what migrations have made beside the tables and is lost: search then misses what is
 * written. */
enum status site_database_losses(struct db *db, struct arena *arena, struct difference_list *out);
/* Adds every migration that is missing, what is lost, and where the tables differ from the models.
 */
enum status site_database_faults(struct db *db, struct arena *arena, struct difference_list *out);

/* The models of the installed modules, in order; ends with NULL. */
const struct model *const *site_models(struct arena *arena);

/* Adds the fixtures that the modules have under a name: fixtures/<name>.json of each. */
struct fixture_sources {
    struct fixture_source *items;
    size_t count;
    size_t capacity;
};
void site_fixtures_find(struct arena *arena, struct text name, struct fixture_sources *out);

/* Loads each module's fixtures/demo.json, all or nothing. CONFLICT with rows that are there.
 * `rows`: how many there are now more. */
enum status site_demo_load(struct db *db, struct arena *arena, size_t *rows);
