/* What programs send without leaving out secrets: replaced before it is kept, as Sentry's servers
 * do by default (docs.sentry.io/security-legal-pii/scrubbing/server-side-scrubbing). */
#pragma once

#include <jansson.h>

struct arena;

/* In requests, contexts, variables, data of breadcrumbs, extra, tags and users: values whose key,
 * or that themselves, have a word such as "password", and private keys become "[Filtered]"; so do
 * texts in lines of source that are given to such a name. Numbers of cards, and who an address says
 * is signed in ("user:password@"), within what is else kept. */
void scrubbing_apply(struct arena *arena, json_t *event);
