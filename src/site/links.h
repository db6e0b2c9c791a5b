/* Addresses of the site's own pages. */
#pragma once

#include <stdbool.h>

#include "base/text.h"

struct buffer;
struct request;

/* Appends "name=value", encoded, behind a '&' where something is there; nothing for no value. */
void link_put(struct buffer *out, const char *name, struct text value);

/* "state=NJ&city=Ocean+City": those parameters of the request that have a value; `names` ends with
 * NULL, or is NULL for none. */
struct text link_parameters(const struct request *request, const char *const *names);

/* "?" and what comes behind it; nothing for nothing. */
struct text link_query(const struct request *request, struct text parameters);

/* Whether an address that somebody gave is a path of this site: "//host" and "/\host" are others
 * to a browser, which also drops control characters (Django's url_has_allowed_host_and_scheme). */
bool link_is_local(struct text target);

/* The page that the request asks for, encoded, with its query; "/" of what is no GET. */
struct text link_here(const struct request *request);

/* With the site's scheme and host: of a path (encoded here) and a link_query(). They are SITE_URL;
 * where that is empty, the visitor's scheme, and the first public host that ALLOWED_HOSTS names,
 * else the visitor's, in lower case, without the dot at its end, and without any port but PORT. */
struct text link_absolute(const struct request *request, struct text path, struct text query);
