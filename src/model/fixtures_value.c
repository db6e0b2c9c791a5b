/* Values of fixtures: out of JSON into rows, and back as Python's json.dumps writes them. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "model/fixtures_internal.h"
#include "template/decimal.h"
#include "template/unicode.h"

#define EXCERPT_LENGTH 60

struct text fixture_excerpt(const json_t *value, struct arena *arena)
{
    struct buffer out = {.arena = arena};
    json_put_value(&out, (struct json_style){.indent = -1}, 0, value);
    struct text text = buffer_contents(&out);
    struct text start = text_cut(text, EXCERPT_LENGTH);
    return start.length < text.length ? text_format(arena, "%.*s…", TEXT_ARG(start)) : text;
}

/* Out of JSON */

static struct text take_integer(const struct field *field, void *member, const json_t *value,
                                struct arena *arena)
{
    int64_t number = json_integer_value(value);
    if (!json_is_integer(value))
        return TEXT("a whole number is needed");
    if (number < field->type->min || number > field->type->max)
        return text_format(arena, "it must be from %" PRId64 " to %" PRId64, field->type->min,
                           field->type->max);
    *(int64_t *)member = number;
    return TEXT("");
}

static struct text take_text(void *member, const json_t *value)
{
    struct text text = {json_string_value(value), json_string_length(value)};
    if (!json_is_string(value))
        return TEXT("a text is needed");
    if (text_find_char(text, '\0') != TEXT_NOT_FOUND)
        return TEXT("a NUL character cannot be stored");
    *(struct text *)member = text;
    return TEXT("");
}

/* What is written as a string that the kind has a form for: dates, decimals, UUIDs. */
static struct text take_typed(const struct field *field, void *member, const json_t *value,
                              struct arena *arena)
{
    struct text raw = {json_string_value(value), json_string_length(value)};
    if (!json_is_string(value))
        return TEXT("a text is needed");
    raw = text_trim(raw);
    if (!raw.length || text_is(raw, "now"))
        return TEXT("it has no value of this kind");
    return field->type->parse(field, member, raw, arena);
}

/* A decimal may also stand as a number, as people write it. */
static struct text take_decimal(const struct field *field, void *member, const json_t *value,
                                struct arena *arena)
{
    if (!json_is_number(value))
        return take_typed(field, member, value, arena);
    return field->type->parse(field, member, fixture_excerpt(value, arena), arena);
}

/* As Django keeps it, which is Python's usual form. */
static struct text take_json(void *member, const json_t *value, struct arena *arena)
{
    struct buffer out = {.arena = arena};
    json_put_value(&out, (struct json_style){.indent = -1, .ascii = true}, 0, value);
    *(struct text *)member = buffer_contents(&out);
    return TEXT("");
}

static struct text take_bare(const struct field *field, void *member, const json_t *value,
                             struct arena *arena)
{
    if (field->type != &field_FLOAT)
        return take_integer(field, member, value, arena);
    if (!json_is_number(value))
        return TEXT("a number is needed");
    *(double *)member = json_number_value(value);
    return TEXT("");
}

struct text fixture_take(const struct field *field, void *row, const json_t *value,
                         struct arena *arena)
{
    void *member = field_member(field, row);
    if (json_is_null(value) && !field->null)
        return TEXT("it cannot be null");
    if (json_is_null(value)) {
        field_set_null(field, row);
        return TEXT("");
    }
    switch (field->type->json) {
    case FIELD_JSON_NUMBER: return take_bare(field, member, value, arena);
    case FIELD_JSON_RAW: return take_json(member, value, arena);
    case FIELD_JSON_BOOLEAN:
        if (!json_is_boolean(value))
            return TEXT("true or false is needed");
        *(bool *)member = json_is_true(value);
        return TEXT("");
    case FIELD_JSON_STRING: break;
    }
    if (field->type == &field_TEXT || field->type == &field_LONG_TEXT)
        return take_text(member, value);
    return field->type == &field_DECIMAL ? take_decimal(field, member, value, arena)
                                         : take_typed(field, member, value, arena);
}

/* Into JSON */

/* "14:05:00.123456Z" as far as milliseconds, which is as far as Django writes them. */
static struct text cut_moment(struct text printed, struct arena *arena)
{
    size_t point = text_find_char(printed, '.');
    if (point == TEXT_NOT_FOUND)
        return printed;
    struct text zone = text_ends(printed, TEXT("Z")) ? TEXT("Z") : TEXT("");
    return text_format(arena, "%.*s%.*s", (int)point + 4, printed.at, TEXT_ARG(zone));
}

/* As Python's str(Decimal), which has an exponent where there are many zeros. */
static struct text decimal_form(struct text printed, struct arena *arena)
{
    struct decimal number;
    struct buffer out = {.arena = arena};
    if (!decimal_parse(&number, printed, arena))
        return printed;
    decimal_print(&out, number);
    return buffer_contents(&out);
}

static enum status put_stored_json(struct buffer *out, struct json_style style, int depth,
                                   struct text stored)
{
    json_error_t error;
    json_t *json = json_loadb(stored.at, stored.length, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
    if (!json)
        return fail_as(INVALID, "what is stored is no JSON: %s", error.text);
    enum status status = json_put_value(out, style, depth, json);
    json_decref(json);
    return status;
}

enum status fixture_put(struct buffer *out, struct json_style style, int depth,
                        const struct field *field, const void *row, struct arena *arena)
{
    const struct field_type *type = field->type;
    if (field_is_null(field, row)) {
        buffer_text(out, TEXT("null"));
        return OK;
    }
    if (type == &field_FLOAT)
        return json_put_real(out, *(const double *)field_at(field, row));
    struct text printed = type->print(field_at(field, row), arena);
    if (type->json == FIELD_JSON_RAW)
        return put_stored_json(out, style, depth, printed);
    if (type == &field_DATETIME || type == &field_TIME)
        printed = cut_moment(printed, arena);
    else if (type == &field_DECIMAL)
        printed = decimal_form(printed, arena);
    if (type->json != FIELD_JSON_STRING) {
        buffer_text(out, printed);
        return OK;
    }
    if (!text_is_utf8(printed))
        return fail_as(INVALID, "what is stored is no UTF-8 text");
    json_put_string(out, style, printed);
    return OK;
}
