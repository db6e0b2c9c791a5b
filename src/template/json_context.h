/* JSON to what templates see. Beside JSON's own values there are objects of one marked key:
 *
 *     {"$safe": "<b>"}                  text that is HTML already
 *     {"$datetime": "2024-05-07T14:05:00+02:00", "zone": "Europe/Paris", "tzname": "CET"}
 *     {"$date": "2024-05-07"}  {"$time": "14:05"}  {"$timedelta": 90.5}    seconds
 *     {"$decimal": "1.20"}  {"$float": "nan"}  {"$tuple": […]}
 *     {"$dict": [[key, value], …]}      keys of any kind
 */
#pragma once

#include <jansson.h>

#include "base/status.h"
#include "base/text.h"
#include "template/value.h"

struct arena;

/* To be freed by json_decref(); integers may be of any length. NULL, with the reason, when it is
 * not JSON. */
json_t *json_context_parse(struct arena *arena, struct text text);

/* Texts are parts of `json`. INVALID, with the reason: a marked value is none of those. */
enum status json_context_value(struct arena *arena, const json_t *json, struct value *out);

/* A string's; TEXT_NONE of anything else, NULL too. */
struct text json_text(const json_t *json);
