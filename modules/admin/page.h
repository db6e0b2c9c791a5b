/* What the admin's pages share. */
#pragma once

#include "base/status.h"
#include "base/text.h"

struct arena;
struct buffer;
struct model_admin;
struct request;
struct response;
struct value_map;

/* A context with the title, and the way here: `crumbs` begins with the index and, where they are
 * given, the table's module and the table, which leads to its list for who may see that. */
struct value_map *page_context(struct request *request, struct text title,
                               const struct model_admin *admin);
/* One more step of the way; an empty url: it is here. */
void page_crumb(struct value_map *context, struct text label, struct text url);

/* Nobody keeps these pages. */
enum status page_show(struct request *request, struct response *response, const char *name,
                      struct value_map *context);
enum status page_go(struct response *response, struct text url);
enum status page_forbidden(struct request *request, struct response *response);
/* Back to the index, which says that there is no such row. */
enum status page_missing(struct request *request, struct response *response,
                         const struct model_admin *admin, struct text key);

/* The path of a page of the admin's own: "admin:app_list" and what it takes, or nothing (empty). */
struct text page_path(struct arena *arena, const char *route, struct text argument);

/* "_changelist_filters=…": the list's own query, to be kept while its rows are edited. */
void page_put_kept(struct buffer *out, struct text query);
/* Where the list is, as it was when this page was come to from it; the index for who may not see
 * it. */
struct text page_list_url(const struct request *request, const struct model_admin *admin);
/* "?_changelist_filters=…" of this page, to be taken on to the next; or nothing. */
struct text page_kept(const struct request *request);

/* Texts into a context; copied are neither. */
void page_text(struct value_map *context, const char *name, struct text text);

/* "Favorite city" of "favorite city". */
struct text page_titled(struct arena *arena, struct text text);
/* The name of a module, for people: "Lettings". */
struct text page_app_name(struct arena *arena, const char *app_label);
