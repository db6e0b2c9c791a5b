/* URL tables of recorded cases: names and arguments back to paths, as Django reverses them. */
#pragma once

#include <jansson.h>

#include "base/arena.h"
#include "base/status.h"
#include "template/template.h"

struct url_table;

/* `patterns` as the cases have it; NULL gives an empty table. */
struct url_table *url_table_new(struct arena *arena, const json_t *patterns);

/* NOT_FOUND when nothing fits. `current_app` may be empty. */
enum status url_reverse(const struct url_table *table, struct arena *arena, struct text name,
                        struct text current_app, const struct template_argument *arguments,
                        size_t count, struct text *out);
