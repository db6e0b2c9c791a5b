/* Where events are sent, by SENTRY_DSN. */
#include <stdio.h>

#include "crypto/signing.h"
#include "http/origin.h"
#include "http/request.h"
#include "site/report.h"
#include "site/settings.h"
#include "site/version.h"

const char report_client[] = "oc-lettings/" PROGRAM_VERSION;

static bool is_standard(int64_t port)
{
    return port == 80 || port == 443;
}

/* As it stands there: a pattern may also stand for a neighbour, as sentry.example.com. */
static bool is_listed(struct text host, struct text allowed)
{
    struct text name;
    while (text_next(&allowed, ',', &name))
        if (text_equal_nocase(text_trim(name), host))
            return true;
    return false;
}

static bool is_site_url(const struct dsn *dsn)
{
    struct text url = site_settings.site_url;
    size_t scheme = text_find(url, TEXT("://"));
    if (scheme == TEXT_NOT_FOUND)
        return false;
    struct text place = text_from(url, scheme + 3);
    int64_t port = text_is(text_part(url, 0, scheme), "https") ? 443 : 80;
    text_to_int64(&port, origin_host_port(place));
    return text_equal_nocase(origin_host_name(place), dsn->host) && port == dsn->port;
}

/* Behind a proxy it has a standard port, else its own. */
static bool is_this_site(const struct dsn *dsn)
{
    bool local = text_equal_nocase(dsn->host, TEXT("localhost")) || text_is(dsn->host, "127.0.0.1")
                 || text_is(dsn->host, "[::1]");
    if (dsn->port == site_settings.port)
        return local || is_listed(dsn->host, site_settings.allowed_hosts);
    return is_site_url(dsn)
           || (is_standard(dsn->port) && !local
               && is_listed(dsn->host, site_settings.allowed_hosts));
}

enum status report_dsn(struct dsn *out)
{
    if (!site_settings.sentry_dsn.length)
        return fail_as(NOT_FOUND, "SENTRY_DSN is empty");
    if (dsn_read(out, site_settings.sentry_dsn) != OK)
        return fail_as(INVALID, "SENTRY_DSN is wrong: %s", status_failure()->message);
    return is_this_site(out) ? fail_as(CONFLICT, "SENTRY_DSN names this very site, which has its "
                                                 "events without it")
                             : OK;
}

/* Of what a site and its instances have in common, and no other. */
const char *report_own_mark(void)
{
    static const struct text salt = {"oc-lettings.monitor.site", 24};
    static char header[sizeof REPORT_OWN_HEADER + 2 + 2 * (size_t)DIGEST_LIMIT];
    if (header[0])
        return header;
    struct digest_value mark =
        salted_hmac(DIGEST_SHA256, salt, site_settings.database_url, site_settings.secret_key);
    int length = snprintf(header, sizeof header, "%s: ", REPORT_OWN_HEADER);
    for (size_t i = 0; i < mark.length; i++)
        length += snprintf(header + length, sizeof header - (size_t)length, "%02x", mark.bytes[i]);
    return header;
}

bool report_is_own(const struct request *request)
{
    struct text mark = text_from(text_of(report_own_mark()), sizeof REPORT_OWN_HEADER - 1 + 2);
    return request->method == HTTP_POST
           && text_equal(request_header(request, REPORT_OWN_HEADER), mark);
}
