/* Requests to render, as JSON: what `oc-lettings render --jsonl` reads and writes.
 *
 *     {"templates": {name: source}, "entry": name, "context": {…}, "autoescape": true,
 *      "string_if_invalid": "", "now": local ISO time, "now_utc": ISO time, "settings": {…},
 *      "libraries": [name], "urls": […], "current_app": name}
 *     {"output": "…"} or {"error": kind, "message": "…"}
 *
 * "context" takes the marked values of template/json_context.h, "urls" what site/url_table.h says;
 * all but "templates" and "entry" may be left out. Of "settings", docs/templates.md says which
 * count. A request knows nothing of those before it, nor of the site's modules. */
#pragma once

#include "base/text.h"

struct arena;
struct buffer;

/* Appends the answer and a line break. */
void render_request(struct arena *arena, struct text request, struct buffer *out);
