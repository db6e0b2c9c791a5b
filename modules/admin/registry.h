/* The tables that modules have put in the admin, and who may do what to them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "http/routes.h"
#include "site/admin.h"
#include "site/module.h"

struct row_list;

/* In the modules' order; NULL behind the last. */
const struct model_admin *registry_at(size_t index);
/* NULL: the table is not in the admin. */
const struct model_admin *registry_find(const struct model *model);

/* For module.h's make_routes: the pages of every table. */
void registry_make_routes(struct arena *arena, struct route_list *out);
/* The further page that was asked for. */
const struct admin_page *registry_page(const struct request *request);
/* Whose page was asked for. */
const struct model_admin *registry_of(const struct request *request);

/* Whether the one who asks may; `row` NULL: any of them. Who may change may view. What a table's
 * own row says holds for inlines of it too. */
enum status registry_may(const struct request *request, const struct model_admin *admin,
                         enum admin_action action, const void *row, bool *out);

/* Whether they may edit a field (of a new row: NULL), by the table's own rules where `admin` is an
 * inline. */
bool registry_may_edit(const struct request *request, const struct model_admin *admin,
                       const struct field *field, const void *row);

/* "admin:lettings_letting_change" of a row's key, or of no key (empty). */
struct text registry_url(struct arena *arena, const struct model_admin *admin, const char *page,
                         struct text key);

/* A key as it stands in a path (Django's quote()), and back. */
struct text key_quote(struct arena *arena, struct text key);
struct text key_unquote(struct arena *arena, struct text quoted);
/* The key of a row as text. */
struct text key_of(struct arena *arena, const struct model *model, const void *row);

/* The row of a key as it stands in a path, with the rows it refers to. NOT_FOUND: there is none. */
enum status registry_row(const struct request *request, const struct model *model,
                         struct text quoted, void **out);
/* So too the rows of these keys that are there, in the order of their keys. */
enum status registry_rows(const struct request *request, struct arena *arena,
                          const struct model *model, const int64_t *keys, size_t count,
                          struct row_list *out);
/* The names of all references of a table, to be read along: what people call a row may need them.
 */
const char *const *registry_related(struct arena *arena, const struct model *model);
