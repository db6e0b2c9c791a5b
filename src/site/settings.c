#include "site/settings.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/log.h"
#include "db/db.h"
#include "http/origin.h"
#include "site/module.h"
#include "site/site.h"
#include "template/zone.h"

#define DAY         ((int64_t)24 * 60 * 60)
#define DEBUG_HOSTS TEXT("localhost,.localhost,127.0.0.1,[::1]")
#define LEAST_TOKEN 20
#define DEBUG_KEY   TEXT("only-for-debugging")

struct site_settings site_settings;

static const char *refuse_database_url(struct text value)
{
    return db_check_url(value) == OK ? NULL : status_failure()->message;
}

static const char *refuse_origins(struct text value)
{
    struct text rest = value;
    struct text origin;
    while (value.length && text_next(&rest, ',', &origin))
        if (text_find(origin, TEXT("://")) == TEXT_NOT_FOUND)
            return "each must begin with a scheme, as https://www.example.com";
    return NULL;
}

static const char *refuse_site_url(struct text value)
{
    struct text scheme = text_part(value, 0, text_find(value, TEXT("://")));
    struct text host = text_from(value, scheme.length + strlen("://"));
    bool is_web = text_is(scheme, "https") || text_is(scheme, "http");
    return value.length == 0 || (is_web && origin_host_name(host).length)
               ? NULL
               : "must be scheme and host alone, as https://www.example.com";
}

static const char *refuse_time_zone(struct text value)
{
    struct arena *arena = arena_new(4096);
    bool found = zone_open(arena, value) != NULL;
    arena_free(arena);
    return found ? NULL : "there is no such time zone; it is named as Europe/Paris, or UTC";
}

/* Sentry takes no others (develop.sentry.dev, "event payloads"). */
static const char *refuse_environment(struct text value)
{
    for (size_t i = 0; i < value.length; i++)
        if ((unsigned char)value.at[i] <= ' ' || value.at[i] == '/')
            return "must have no space and no slash";
    return value.length && value.length <= 64 ? NULL : "must have 1 to 64 bytes";
}

static const char *refuse_release(struct text value)
{
    for (size_t i = 0; i < value.length; i++)
        if ((unsigned char)value.at[i] < ' ' || value.at[i] == '/' || value.at[i] == '\\')
            return "must be one line without slashes";
    return value.length <= 200 ? NULL : "must have at most 200 bytes";
}

static const char *refuse_rate(struct text value)
{
    char digits[24] = "";
    char *end;
    if (!value.length)
        return NULL;
    if (value.length < sizeof digits)
        memcpy(digits, value.at, value.length);
    double rate = strtod(digits, &end);
    return end > digits && !*end && rate >= 0 && rate <= 1 ? NULL : "must be from 0 to 1, as 0.25";
}

static const char *refuse_token(struct text value)
{
    for (size_t i = 0; i < value.length; i++)
        if ((unsigned char)value.at[i] <= ' ' || (unsigned char)value.at[i] > '~')
            return "must be of letters, digits and signs, without spaces";
    return value.length == 0 || value.length >= LEAST_TOKEN ? NULL
                                                            : "must have at least 20 characters";
}

const struct setting site_setting_rows[] = {
    {"DEBUG", "0", "for developing: failures are shown, files are read from disk",
     .flag = &site_settings.debug},
    {"SECRET_KEY", "", "signs sessions and tokens; needed unless DEBUG=1",
     .value = &site_settings.secret_key, .secret = true},
    {"SECRET_KEY_FALLBACKS", "",
     "earlier keys, parted by commas: what they signed is still taken, and nothing new is signed",
     .value = &site_settings.secret_key_fallbacks, .secret = true},
    {"SITE_NAME", "Holiday Homes", "the name in titles and header",
     .value = &site_settings.site_name},
    {"SITE_URL", "",
     "the site's address in mails and for search engines, as https://www.example.com; empty: the "
     "first public name in ALLOWED_HOSTS",
     .value = &site_settings.site_url, .refuse = refuse_site_url},
    {"LANGUAGE_CODE", "en", "the language of visitors who ask for none that the site has",
     .value = &site_settings.language_code, .refuse = site_refuse_language},
    {"TIME_ZONE", "UTC", "in which dates and times are shown: Europe/Paris",
     .value = &site_settings.time_zone, .refuse = refuse_time_zone},
    {"HOST", "", "address to listen on; empty: 127.0.0.1 with DEBUG=1, else all",
     .value = &site_settings.host},
    {"PORT", "8000", "TCP port to listen on; 0: any free one", .integer = &site_settings.port,
     .max = 65535},
    {"ALLOWED_HOSTS", "",
     "names the site answers to, parted by commas; .example.com with subdomains",
     .value = &site_settings.allowed_hosts},
    {"CSRF_TRUSTED_ORIGINS", "",
     "further sites whose forms are taken, parted by commas: https://www.example.com, "
     "https://*.example.com",
     .value = &site_settings.csrf_trusted_origins, .refuse = refuse_origins},
    {"TRUSTED_PROXIES", "",
     "proxies whose X-Forwarded-For, -Proto and X-Request-ID are believed: addresses, or heroku",
     .value = &site_settings.trusted_proxies, .refuse = origin_refuse_proxies},
    {"USE_X_FORWARDED_HOST", "0", "believe X-Forwarded-Host of trusted proxies too, over Host",
     .flag = &site_settings.use_forwarded_host},
    {"SECURE_SSL_REDIRECT", "1", "send visitors who come to a trusted proxy by http to https",
     .flag = &site_settings.ssl_redirect},
    {"SECURE_HSTS_SECONDS", "31536000", "how long browsers keep to https, told to those who use it",
     .integer = &site_settings.hsts_seconds, .max = DAY * 366 * 10},
    {"SECURE_HSTS_INCLUDE_SUBDOMAINS", "1", "tell browsers that subdomains keep to https too",
     .flag = &site_settings.hsts_include_subdomains},
    {"SECURE_HSTS_PRELOAD", "1", "tell browsers' makers that they may list the site as https-only",
     .flag = &site_settings.hsts_preload},
    {"DATABASE_URL", "sqlite:///oc-lettings-site.sqlite3",
     "sqlite:///file below DATA_DIR, sqlite:////absolute/file, or "
     "postgres://user:password@host/name",
     .value = &site_settings.database_url, .url = true, .refuse = refuse_database_url},
    {"DATABASE_MAX_CONNECTIONS", "10",
     "of PostgreSQL: connections of this instance (for a moment twice as many while HUP renews "
     "it): one for the clerk, one for each worker, and where there are as many again, one of each "
     "to listen; of "
     "SQLite: those that may wait, of all workers together, at least one each; beside them, each "
     "of "
     "WEB_THREADS has one that reads a database in WAL mode, and each worker one for passwords",
     .integer = &site_settings.database_max_connections, .min = 1, .max = 1000},
    {"DATABASE_TIMEOUT", "5000", "milliseconds to wait for another's lock",
     .integer = &site_settings.database_timeout, .max = 600000},
    {"DATABASE_STATEMENT_TIMEOUT", "30000",
     "milliseconds that PostgreSQL may spend on one statement while it is served; 0: no limit",
     .integer = &site_settings.database_statement_timeout, .max = 3600000},
    {"DATABASE_POOLED", "0",
     "1: PostgreSQL is reached through a pooler that gives each transaction another session, as "
     "pgbouncer with pool_mode=transaction: no statement is kept prepared, nobody listens",
     .flag = &site_settings.database_pooled},
    {"DATA_DIR", ".", "where relative database files are", .value = &site_settings.data_dir},
    {"DATA_EPHEMERAL", "0",
     "1: DATA_DIR is empty at every start, as on Heroku; serve migrates first, and says so in the "
     "log",
     .flag = &site_settings.data_ephemeral},
    {"SOURCE_DIR", ".",
     "the checkout: with DEBUG=1 its templates and files are used; shown around errors",
     .value = &site_settings.source_dir},
    {"WEB_CONCURRENCY", "0",
     "worker processes; 0: one a processor, of PostgreSQL no more than half of "
     "DATABASE_MAX_CONNECTIONS",
     .integer = &site_settings.workers, .max = 256},
    {"WEB_THREADS", "2", "threads of a worker that serve", .integer = &site_settings.threads,
     .min = 1, .max = 64},
    {"PAGE_CACHE_SIZE", "4",
     "MiB of rendered pages that a worker keeps while the database is unchanged; 0: none",
     .integer = &site_settings.page_cache_size, .max = 4096},
    {"PAGE_CACHE_READS", "0",
     "1: ask the database for each page, and send the kept one where it shows the same",
     .flag = &site_settings.page_cache_reads},
    {"PAGE_CACHE_LISTEN", "1",
     "1: pages are sent again unread while the database tells of no change to what they show: of "
     "PostgreSQL through one connection of each worker, but with DATABASE_POOLED=1; 0: they are "
     "read anew after any change",
     .flag = &site_settings.page_cache_listen},
    {"MAX_CONNECTIONS", "10000", "connections that a worker holds at once",
     .integer = &site_settings.max_connections, .min = 1, .max = 1000000},
    {"RECEIVE_TIMEOUT", "20", "seconds for a request to arrive",
     .integer = &site_settings.receive_timeout, .min = 1, .max = 3600},
    {"IDLE_TIMEOUT", "60", "seconds a connection is kept for the next request",
     .integer = &site_settings.idle_timeout, .min = 1, .max = 3600},
    {"SEND_TIMEOUT", "60", "seconds for a client to take an answer",
     .integer = &site_settings.send_timeout, .min = 1, .max = 3600},
    {"SHUTDOWN_TIMEOUT", "25", "seconds for begun requests to finish at a stop",
     .integer = &site_settings.shutdown_timeout, .min = 1, .max = 600},
    {"SHUTDOWN_DELAY", "0",
     "seconds that a stop goes on serving with /readyz saying 503, so that a balancer sends nobody "
     "there any more",
     .integer = &site_settings.shutdown_delay, .max = 600},
    {"SENTRY_DSN", "",
     "where Sentry takes events: https://KEY@HOST/PROJECT; empty or wrong: none are sent",
     .value = &site_settings.sentry_dsn, .secret = true},
    {"SENTRY_ENVIRONMENT", "production", "where this runs, as events say it",
     .value = &site_settings.sentry_environment, .refuse = refuse_environment},
    {"SENTRY_RELEASE", "", "which release this is, as events say it; empty: the commit built",
     .value = &site_settings.sentry_release, .refuse = refuse_release},
    {"SENTRY_SAMPLE_RATE", "1.0", "which part of the errors is sent to Sentry, from 0 to 1",
     .value = &site_settings.sentry_sample_rate, .refuse = refuse_rate},
    {"SENTRY_TRACES_SAMPLE_RATE", "",
     "which part of the requests is measured, from 0 to 1; empty: none, also where who asks has "
     "decided so",
     .value = &site_settings.sentry_traces_sample_rate, .refuse = refuse_rate},
    {"SENTRY_TRACE_PROPAGATION_TARGETS", "",
     "hosts that are told which trace a request to them is part of, parted by commas; .example.com "
     "with subdomains",
     .value = &site_settings.sentry_targets},
    {"SENTRY_AUTO_SESSION_TRACKING", "1",
     "how many requests end well, with an error or a crash is counted by releases",
     .flag = &site_settings.sentry_sessions},
    {"SENTRY_SEND_DEFAULT_PII", "0",
     "1: errors say who the visitor is: name, mail and IP address, cookies",
     .flag = &site_settings.sentry_send_default_pii},
    {"SENTRY_DEBUG", "0", "1: the log has each envelope that is sent",
     .flag = &site_settings.sentry_debug},
    {"METRICS_TOKEN", "",
     "who sends it may read /metrics: Authorization: Bearer TOKEN; without it, only this machine",
     .value = &site_settings.metrics_token, .secret = true, .refuse = refuse_token},
    {"LOG_LEVEL", "info", "least level that is logged", .value = &site_settings.log_level,
     .choices = "debug info warning error"},
    {"LOG_FORMAT", "logfmt", "form of the log's lines", .value = &site_settings.log_format,
     .choices = "logfmt json"},
    {0},
};

bool site_secret_key(size_t index, struct text *out)
{
    struct text rest = site_settings.secret_key_fallbacks;
    struct text part;
    *out = site_settings.secret_key;
    while (index && text_next(&rest, ',', &part)) {
        *out = text_trim(part);
        index -= out->length > 0;
    }
    return index == 0;
}

struct each_context {
    void (*visit)(const struct setting *row, void *context);
    void *context;
};

static enum status each_module_row(const struct module *module, void *context)
{
    const struct each_context *each = context;
    for (const struct setting *row = module->settings; row && row->name; row++)
        each->visit(row, each->context);
    return OK;
}

void site_settings_each(void (*visit)(const struct setting *row, void *context), void *context)
{
    struct each_context each = {visit, context};
    site_each_module(each_module_row, &each);
}

static enum status load_module(const struct module *module, void *context)
{
    const struct setting **refused = context;
    if (module->settings && settings_load(site_settings.values, module->settings) != OK
        && !*refused)
        *refused = module->settings;
    return OK;
}

/* All modules' rows, also those behind one that is refused. */
static enum status load_all(void)
{
    const struct setting *refused = NULL;
    site_each_module(load_module, &refused);
    return refused ? settings_load(site_settings.values, refused) : OK; /* again, for the message */
}

/* Of a server: one for the clerk, and one for each worker at least. Of as many workers as there are
 * processors, only so many that each can listen too. */
static enum status share_connections(void)
{
    bool is_server = db_url_is_server(site_settings.database_url);
    int64_t most = site_settings.database_max_connections - 1;
    if (!site_settings.workers) {
        site_settings.workers = sysconf(_SC_NPROCESSORS_ONLN);
        if (is_server && site_settings.workers > most / 2)
            site_settings.workers = most / 2 ? most / 2 : 1;
    }
    if (!is_server || site_settings.workers <= most)
        return OK;
    return fail_as(INVALID,
                   "DATABASE_MAX_CONNECTIONS is %" PRId64 ", but %" PRId64
                   " workers (WEB_CONCURRENCY) need one each, and the clerk one",
                   most + 1, site_settings.workers);
}

static enum status check_together(void)
{
    if (!site_settings.debug && !site_settings.secret_key.length)
        return fail_as(INVALID, "SECRET_KEY is empty: set it to at least 50 random characters, or "
                                "DEBUG=1 to try the site out");
    if (!site_settings.debug && !site_settings.allowed_hosts.length)
        return fail_as(INVALID, "ALLOWED_HOSTS is empty: name the hosts the site answers to, as "
                                "ALLOWED_HOSTS=www.example.com, or set DEBUG=1");
    if (site_settings.max_connections < site_settings.threads)
        return fail_as(INVALID, "MAX_CONNECTIONS is %" PRId64 ", fewer than WEB_THREADS",
                       site_settings.max_connections);
    if (!site_settings.secret_key.length)
        site_settings.secret_key = DEBUG_KEY;
    if (!site_settings.allowed_hosts.length)
        site_settings.allowed_hosts = DEBUG_HOSTS;
    return share_connections();
}

static void configure_log(const char *process)
{
    static const char *const levels[] = {"debug", "info", "warning", "error"};
    struct log_options options = {.json = text_is(site_settings.log_format, "json"),
                                  .process = process};
    for (int i = LOG_DEBUG; i <= LOG_ERROR; i++)
        if (text_is(site_settings.log_level, levels[i]))
            options.level = (enum log_level)i;
    log_configure(&options);
}

enum status site_settings_load(const char *process)
{
    site_settings.values = arena_new(8192);
    enum status status = load_all();
    if (status == OK)
        status = check_together();
    if (status == OK)
        configure_log(process);
    return status;
}

enum status site_settings_load_unserved(void)
{
    site_settings.values = arena_new(8192);
    enum status status = load_all();
    if (status == OK)
        configure_log(NULL);
    return status;
}

struct text site_source_dir(void)
{
    return site_settings.debug ? site_settings.source_dir : TEXT_NONE;
}
