/* The core's settings. Modules have rows of their own. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/settings.h"

struct arena;

struct site_settings {
    struct arena *values; /* of the newest load; the texts of earlier ones may still be in use */
    bool debug;
    struct text secret_key;
    struct text secret_key_fallbacks;
    struct text site_name;
    struct text site_url;
    struct text language_code;
    struct text time_zone;
    struct text host;
    int64_t port;
    struct text csrf_trusted_origins;
    struct text allowed_hosts; /* as effective: DEBUG=1 names localhost by itself */
    struct text trusted_proxies;
    bool use_forwarded_host;
    bool ssl_redirect;
    int64_t hsts_seconds;
    bool hsts_include_subdomains;
    bool hsts_preload;
    struct text database_url;
    int64_t database_max_connections;
    int64_t database_timeout;
    int64_t database_statement_timeout;
    bool database_pooled;
    struct text data_dir;
    bool data_ephemeral;
    struct text source_dir;
    int64_t workers; /* 0: as many as there are processors */
    int64_t threads;
    int64_t max_connections;
    int64_t page_cache_size; /* MiB */
    bool page_cache_reads;
    bool page_cache_listen;
    int64_t receive_timeout;
    int64_t idle_timeout;
    int64_t send_timeout;
    int64_t shutdown_timeout;
    int64_t shutdown_delay;
    struct text sentry_dsn; /* empty: none; may be wrong, which report_dsn() finds */
    struct text sentry_environment;
    struct text sentry_release;            /* empty: the commit */
    struct text sentry_sample_rate;        /* of events */
    struct text sentry_traces_sample_rate; /* empty: nothing is traced */
    struct text sentry_targets;            /* hosts that are told of traces */
    bool sentry_sessions;                  /* how requests end is counted */
    bool sentry_send_default_pii;
    bool sentry_debug;
    struct text metrics_token; /* empty: none */
    struct text log_level;
    struct text log_format;
};

extern struct site_settings site_settings;
extern const struct setting site_setting_rows[];

#define SITE_SETTINGS_FILE ".env"

/* Reads the environment into the core's and every module's rows, checks what must hold between
 * them, and configures the log. INVALID names the key. The file is read before, by
 * settings_read_file(), except in the supervisor's children: they are given what it read. */
enum status site_settings_load(const char *process);

/* The same without what only serving needs: SECRET_KEY, ALLOWED_HOSTS. */
enum status site_settings_load_unserved(void);

/* The key that signs (0), and those that signed before it, which still verify. False: there are no
 * more of them. */
bool site_secret_key(size_t index, struct text *out);

/* Calls `visit` with each row there is, the core's first. */
void site_settings_each(void (*visit)(const struct setting *row, void *context), void *context);

/* For LANGUAGE_CODE: NULL, or why there is no such language. */
const char *site_refuse_language(struct text code);

/* Where files are read from while developing; empty unless DEBUG. */
struct text site_source_dir(void);
