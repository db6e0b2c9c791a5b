/* Any bytes as an SDK's envelope: the first byte says how it is compressed. What is found lies
 * within it, and what becomes of an event is of the length that its columns have. */
#include <stdint.h>
#include <stdlib.h>

#include "base/arena.h"
#include "issues/envelope.h"
#include "issues/payload.h"
#include "issues/report.h"
#include "issues/show.h"

#define LONGEST_TITLE   ((size_t)256 * 4) /* bytes of so many characters */
#define LONGEST_CULPRIT ((size_t)200 * 4)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void read_event(struct arena *arena, struct text payload)
{
    struct report report;
    json_t *event = payload_read(arena, payload);
    if (json_is_object(event)
        && report_read(arena, event, INT64_C(1700000000000000), &report) == OK) {
        require(report.event_id.length == 32 && report.title.length > 0);
        require(report.title.length <= LONGEST_TITLE && report.culprit.length <= LONGEST_CULPRIT);
        require(report.grouping.count >= 1 && report.grouping.count <= GROUPING_HASHES);
        require(text_is_utf8(report.title) && text_is_utf8(report.culprit));
    }
    if (json_is_object(event))
        show_event(arena, event);
    json_decref(event);
}

static void read_items(struct arena *arena, struct text rest)
{
    const struct text all = rest;
    struct envelope_item item;
    for (int i = 0; i < ENVELOPE_ITEMS && envelope_next(arena, &rest, &item) == OK; i++) {
        require(!item.payload.length
                || (item.payload.at >= all.at
                    && item.payload.at + item.payload.length <= all.at + all.length));
        read_event(arena, item.payload);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const char *const encodings[] = {"", "gzip", "br"};
    struct text rest;
    json_t *headers = NULL;
    if (!size)
        return -1;
    struct arena *arena = arena_new((size_t)64 * 1024);
    const struct text body = {(const char *)bytes + 1, size - 1};
    if (envelope_decode(arena, text_of(encodings[bytes[0] % 3]), body, &rest) == OK
        && envelope_headers(arena, &rest, &headers) == OK)
        read_items(arena, rest);
    json_decref(headers);
    arena_free(arena);
    return 0;
}
