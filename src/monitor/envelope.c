#include "monitor/envelope.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/buffer.h"

static void put_json(struct buffer *out, const json_t *value)
{
    char *bytes = json_dumps(value, JSON_COMPACT);
    buffer_text(out, text_of(bytes));
    free(bytes);
}

struct text envelope_write(struct arena *arena, const char *type, const json_t *payload)
{
    static const char dsc[] = "dynamic_sampling_context";
    struct buffer out = {.arena = arena};
    json_t *trace = json_object_get(json_object_get(payload, "contexts"), "trace");
    json_t *headers = json_pack("{s:O*, s:O*}", "event_id", json_object_get(payload, "event_id"),
                                "trace", json_object_get(trace, dsc));
    json_object_del(trace, dsc);
    char *bytes = json_dumps(payload, JSON_COMPACT);
    struct text body = text_of(bytes);
    put_json(&out, headers);
    buffer_format(&out, "\n{\"type\":\"%s\",\"length\":%zu}\n", type, body.length);
    buffer_text(&out, body);
    buffer_char(&out, '\n');
    json_decref(headers);
    free(bytes);
    return buffer_contents(&out);
}

bool envelope_read(struct arena *arena, struct text bytes, struct envelope *out)
{
    struct text line;
    *out = (struct envelope){0};
    if (!text_next(&bytes, '\n', &out->headers) || !text_next(&bytes, '\n', &line))
        return false;
    json_t *item = json_loadb(line.at, line.length, 0, NULL);
    const char *type = json_string_value(json_object_get(item, "type"));
    json_int_t length = json_integer_value(json_object_get(item, "length"));
    out->type = text_copy(arena, text_of(type));
    json_decref(item);
    out->payload = text_part(bytes, 0, length > 0 ? (size_t)length : 0);
    return out->type.length && out->payload.length && out->payload.length == (size_t)length;
}
