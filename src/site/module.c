/* The core as a module: static files, language, health, icon, robots. */
#include <signal.h>

#include "base/arena.h"
#include "http/assets.h"
#include "model/differences.h"
#include "monitor/fault.h"
#include "site/internal.h"
#include "site/links.h"
#include "site/metrics.h"
#include "site/settings.h"
#include "site/site.h"
#include "site/sitemap.h"

#define KEY_LEAST     50 /* characters */
#define KEY_DIFFERENT 5

static enum status static_file(struct request *request, struct response *response)
{
    return asset_serve(request, response, request_text(request, "path"), site_source_dir());
}

static enum status send_file(struct request *request, struct response *response, const char *name)
{
    const struct asset *asset = asset_find(text_of(name));
    if (!asset)
        return NOT_FOUND;
    asset_send(request, response, asset, site_source_dir(), false);
    return OK;
}

static enum status favicon(struct request *request, struct response *response)
{
    return send_file(request, response, "static/site/favicon.ico");
}

static enum status robots(struct request *request, struct response *response)
{
    const struct asset *asset = asset_find(TEXT("static/site/robots.txt"));
    response->content_type = asset->type;
    buffer_text(&response->body, asset_read(request->arena, asset, site_source_dir()));
    struct text link = link_absolute(request, TEXT("/sitemap.xml"), TEXT(""));
    buffer_format(&response->body, "Sitemap: %.*s\n", TEXT_ARG(link));
    return OK;
}

static enum status alive(struct request *request, struct response *response)
{
    (void)request;
    response_plain(response, 200, TEXT("ok"));
    response_header(response, "Cache-Control", TEXT("no-store"));
    return OK;
}

static enum status module_health(const struct module *module, void *context)
{
    return module->health ? module->health(context) : OK;
}

static enum status ready(struct request *request, struct response *response)
{
    enum status status = site.leaving ? fail_as(BUSY, "the site is about to stop")
                                      : site_migrations_check(request->db);
    if (status == OK)
        status = site_each_module(module_health, request->db);
    if (status == OK)
        response_plain(response, 200, TEXT("ready"));
    else
        response_plain(response, 503, text_of(status_failure()->message));
    response_header(response, "Cache-Control", TEXT("no-store"));
    return OK;
}

static bool can_be_guessed(struct text key)
{
    bool seen[256] = {0};
    size_t different = 0;
    for (size_t i = 0; i < key.length; i++) {
        different += !seen[(unsigned char)key.at[i]];
        seen[(unsigned char)key.at[i]] = true;
    }
    return key.length < KEY_LEAST || different < KEY_DIFFERENT;
}

/* As Django's security.W009 and W025: whoever guesses the key writes sessions. */
static enum status check_key(struct db *db, struct arena *arena, struct difference_list *out)
{
    struct text key;
    (void)db;
    for (size_t i = 0; !site_settings.debug && site_secret_key(i, &key); i++)
        if (can_be_guessed(key))
            *LIST_PUSH(arena, &out->items) =
                text_format(arena,
                            "%s can be guessed: it needs %d characters, and %d different ones",
                            i ? "a key of SECRET_KEY_FALLBACKS" : "SECRET_KEY", KEY_LEAST,
                            KEY_DIFFERENT);
    return OK;
}

/* Sentry's own way to see whether errors arrive: a view that fails, here by a fault. */
__attribute__((no_sanitize("undefined"))) static enum status sentry_debug(struct request *request,
                                                                          struct response *response)
{
    if (!fault_is_handled())
        return fail("division by zero");
    volatile int division_by_zero = (int)request->header_count + 2; /* not 1: gcc folds 1 / x */
    static volatile int zero;
    division_by_zero = division_by_zero / zero; /* NOLINT(clang-analyzer-core.DivideZero) */
    raise(SIGFPE);                              /* where the processor does not trap, as ARM's */
    response_plain(response, 200, TEXT("no fault"));
    return OK;
}

const struct module site_module = {
    .name = "site",
    .mount = "",
    .settings = site_setting_rows,
    .check = check_key,
    .routes =
        ROUTES({"static/<path:path>", static_file, .name = "static", .access = ACCESS_PUBLIC,
                .work = WORK_NONE},
               {"language/<slug:code>/", language_set, .name = "language", .access = ACCESS_PUBLIC,
                .work = WORK_NONE},
               {"healthz", alive, .name = "healthz", .access = ACCESS_PUBLIC, .work = WORK_NONE,
                .any_host = true},
               {"readyz", ready, .name = "readyz", .access = ACCESS_PUBLIC, .any_host = true,
                .failure = "the database cannot be opened"},
               {"metrics", metrics_page, .name = "metrics", .access = ACCESS_PUBLIC,
                .work = WORK_NONE, .any_host = true},
               {"sentry-debug/", sentry_debug, .name = "sentry-debug", .access = ACCESS_PUBLIC,
                .work = WORK_NONE},
               {"sentry-debug", sentry_debug, .access = ACCESS_PUBLIC, .work = WORK_NONE},
               {"favicon.ico", favicon, .name = "favicon", .access = ACCESS_PUBLIC,
                .work = WORK_NONE},
               {"robots.txt", robots, .name = "robots", .access = ACCESS_PUBLIC, .work = WORK_NONE},
               {"sitemap.xml", sitemap_index, .name = "sitemap", .access = ACCESS_PUBLIC},
               {"sitemap-pages.xml", sitemap_pages, .name = "sitemap-pages",
                .access = ACCESS_PUBLIC, .work = WORK_NONE},
               /* Tens of thousands of rows: too long for a server thread. */
               {"sitemap-<slug:name>-<int:part>.xml", sitemap_part, .name = "sitemap-part",
                .access = ACCESS_PUBLIC, .work = WORK_BLOCKS}),
};
