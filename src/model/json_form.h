/* JSON as Python's json.dumps writes it: what Django keeps in its JSON columns and fixtures. */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "base/status.h"
#include "base/text.h"

struct buffer;

/* How JSON is laid out, as Python's json.dumps does by `indent` and `ensure_ascii`. */
struct json_style {
    int indent; /* negative: all in one line */
    bool ascii;
};

/* Begins the first, a further or no item of a list or object at this depth. */
void json_put_first(struct buffer *out, struct json_style style, int depth);
void json_put_next(struct buffer *out, struct json_style style, int depth);
void json_put_end(struct buffer *out, struct json_style style, int depth);

void json_put_string(struct buffer *out, struct json_style style, struct text text);
/* INVALID: a number that JSON has no form for. */
enum status json_put_real(struct buffer *out, double real);
enum status json_put_value(struct buffer *out, struct json_style style, int depth,
                           const json_t *json);
