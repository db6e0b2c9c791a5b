/* Addresses of the site's own pages. */
#pragma once

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

/* With scheme and host, as the visitor has them: of a path (encoded here) and a link_query(). */
struct text link_absolute(const struct request *request, struct text path, struct text query);
