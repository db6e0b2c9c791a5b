#include "monitor/dsc.h"

#include <stdlib.h>

#include "base/buffer.h"

#define LONGEST 512

static void set_text(json_t *out, const char *name, struct text value)
{
    if (value.length)
        json_object_set_new(out, name, json_stringn(value.at, value.length));
}

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))
        return (c & 7) + 9;
    return -1;
}

/* What is no escape stays as it is. */
static void put_decoded(struct buffer *out, struct text value)
{
    for (size_t i = 0; i < value.length; i++) {
        int high = value.at[i] == '%' && i + 2 < value.length ? digit_of(value.at[i + 1]) : -1;
        int low = high >= 0 ? digit_of(value.at[i + 2]) : -1;
        char c = value.at[i];
        if (low >= 0) {
            c = (char)(high * 16 + low);
            i += 2;
        }
        buffer_char(out, c);
    }
}

/* "sentry-release=shop%401,sentry-sampled=true" */
static void add_baggage(json_t *out, struct text baggage)
{
    struct text member;
    while (text_next(&baggage, ',', &member)) {
        char name[64];
        char value[LONGEST];
        struct buffer key = BUFFER_ON(name);
        struct buffer decoded = BUFFER_ON(value);
        size_t equals = text_find_char(member, '=');
        if (!text_starts(member, TEXT("sentry-")) || equals == TEXT_NOT_FOUND)
            continue;
        buffer_text(&key, text_part(member, sizeof "sentry-" - 1, equals));
        buffer_char(&key, '\0');
        put_decoded(&decoded, text_from(member, equals + 1));
        if (!key.failed && !decoded.failed && text_is_utf8(buffer_contents(&decoded)))
            set_text(out, name, buffer_contents(&decoded));
    }
}

json_t *dsc_make(const struct dsc_source *source)
{
    json_t *out = json_object();
    add_baggage(out, source->baggage);
    set_text(out, "trace_id", source->trace_id);
    if (source->baggage.length)
        return out;
    set_text(out, "release", source->release);
    set_text(out, "environment", source->environment);
    if (!source->rate.length)
        return out;
    set_text(out, "transaction", source->transaction);
    set_text(out, "sample_rate", source->rate);
    json_object_set_new(out, "sample_rand", json_sprintf("0.%06d", (int)source->sample_rand));
    json_object_set_new(out, "sampled", json_string(source->sampled ? "true" : "false"));
    return out;
}
