/* Against forms that another site makes a visitor send, as Django's CsrfViewMiddleware does
 * (docs.djangoproject.com/en/5.2/ref/csrf/): a secret in the cookie `csrftoken`, and its masked
 * copy in each form ({% csrf_token %}) or in the header X-CSRFToken. Either program takes the
 * other's cookie. */
#pragma once

#include "base/text.h"

struct request;
struct value_map;

/* Sets `csrf_token`. Only a page that prints it sets the cookie. */
void csrf_add_context(const struct request *request, struct value_map *context);

/* A fresh masked copy; with it the answer sets the cookie. */
struct text csrf_token(const struct request *request);

/* A new secret, for whoever has just signed in: what was known before is worth nothing. */
void csrf_rotate(struct request *request);
