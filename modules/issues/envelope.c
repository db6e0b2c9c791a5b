#include "issues/envelope.h"

#include "base/arena.h"
#include "issues/payload.h"

/* Headers are short: what is longer is no such line. */
#define HEADERS_LIMIT ((size_t)64 * 1024)

enum status envelope_headers(struct arena *arena, struct text *rest, json_t **out)
{
    struct text line;
    if (!text_next(rest, '\n', &line) || line.length > HEADERS_LIMIT)
        return fail_as(INVALID, "the envelope has no headers");
    *out = payload_read(arena, line);
    if (json_is_object(*out))
        return OK;
    json_decref(*out);
    *out = NULL;
    return fail_as(INVALID, "the envelope's headers are no JSON object");
}

/* With a length exactly that, and then a line's end; without one up to the line's end. */
static enum status take_payload(const json_t *headers, struct text *rest, struct text *out)
{
    const json_t *length = json_object_get(headers, "length");
    if (!length) {
        if (!text_next(rest, '\n', out))
            *out = TEXT("");
        return OK;
    }
    json_int_t size = json_integer_value(length);
    if (!json_is_integer(length) || size < 0 || (uint64_t)size > rest->length)
        return fail_as(INVALID, "an item's length is not what there is");
    *out = text_part(*rest, 0, (size_t)size);
    *rest = text_from(*rest, (size_t)size);
    if (rest->length && rest->at[0] != '\n')
        return fail_as(INVALID, "an item goes on behind its length");
    *rest = text_from(*rest, 1);
    return OK;
}

enum status envelope_next(struct arena *arena, struct text *rest, struct envelope_item *out)
{
    struct text line = TEXT("");
    json_t *headers;
    while (rest->length && !line.length)
        text_next(rest, '\n', &line);
    if (!line.length)
        return NOT_FOUND;
    headers = line.length > HEADERS_LIMIT ? NULL : payload_read(arena, line);
    out->type = text_copy(arena, payload_text(headers, "type"));
    enum status status = out->type.length ? take_payload(headers, rest, &out->payload)
                                          : fail_as(INVALID, "an item has no type");
    json_decref(headers);
    return status;
}
