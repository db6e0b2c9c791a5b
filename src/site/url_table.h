/* A Django URL table: names and arguments back to paths, as django.urls reverses them. */
#pragma once

#include <jansson.h>

#include "base/status.h"
#include "base/text.h"
#include "template/template.h"

struct arena;
struct url_table;

/* Of a list of {"kind": "path" or "re", "pattern", "name", "args": {}} and of {"kind": "include",
 * "prefix_kind", "prefix", "app_name", "namespace", "patterns": […]}; NULL gives an empty table. */
struct url_table *url_table_new(struct arena *arena, const json_t *patterns);

/* NOT_FOUND when nothing fits; INVALID, with the reason and the kind of Python's exception, when
 * some pattern of the table is no good. `current_app` may be empty. With `arguments` NULL it
 * answers only whether the namespaces are there. */
enum status url_table_reverse(const struct url_table *table, struct arena *arena, struct text name,
                              struct text current_app, const struct template_argument *arguments,
                              size_t count, struct text *out, const char **kind);
