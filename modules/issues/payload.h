/* Reading what somebody else wrote: whatever is not there, or not of the kind, is empty. */
#pragma once

#include <jansson.h>

#include "base/text.h"

struct arena;

/* A string of an object; borrowed from it. */
struct text payload_text(const json_t *object, const char *key);
struct text payload_text_of(const json_t *value);

/* A string, number or boolean as text: ids and tags come as any of them. */
struct text payload_scalar(struct arena *arena, const json_t *value);

/* The list itself, or the one under "values", as Sentry's lists come. */
const json_t *payload_values(const json_t *value);

/* Calls `visit` with each name and value of a map, of a list of pairs, or of a list of objects with
 * "key" and "value": headers and tags come as any of them. */
void payload_each_pair(const json_t *value,
                       void (*visit)(struct text name, const json_t *value, void *context),
                       void *context);

/* Well-formed UTF-8 of at most `limit` characters in one line, without control characters. */
struct text payload_line(struct arena *arena, struct text text, size_t limit);

/* What an SDK sent; NULL: it is no JSON. Halves of surrogate pairs, which JavaScript writes where
 * it cuts a text, become U+FFFD, and integers beyond 64 bits real numbers. */
json_t *payload_read(struct arena *arena, struct text text);

/* Our own monitor counts equal ones rather than write down each (site/module.h): how many this one
 * stands for, itself among them. */
int64_t payload_stands_for(const json_t *payload);

/* "2024-05-07T14:05:00Z" or seconds since 1970, as microseconds since 1970; `otherwise` when it is
 * neither, or not between 1970 and 9999. */
int64_t payload_moment(const json_t *value, int64_t otherwise);
