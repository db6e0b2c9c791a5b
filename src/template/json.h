/* Values as JSON, in ASCII. */
#pragma once

#include "template/value.h"

struct buffer;

/* NULL, or the kind of the value that JSON has no form for. */
const char *json_put(struct buffer *out, struct value value, struct arena *arena);
/* JSON within <script>: < > & as \u003C \u003E \u0026. */
void json_put_for_html(struct buffer *out, struct text json);
