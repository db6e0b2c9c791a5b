/* Texts, uuids and JSON: kept as text. */
#include <ctype.h>
#include <jansson.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "model/field.h"
#include "model/json_form.h"
#include "template/language.h"

static bool text_is_null(const void *member)
{
    return !((const struct text *)member)->at;
}

static void text_set_null(void *member)
{
    *(struct text *)member = TEXT_NONE;
}

static void text_read(const struct field *field, void *member, const struct db_rows *rows,
                      int column, struct arena *arena)
{
    (void)field;
    *(struct text *)member = text_copy(arena, db_text_at(rows, column));
}

static struct db_parameter text_bind(const void *member, struct arena *arena)
{
    (void)arena;
    return DB_TEXT(*(const struct text *)member);
}

static struct value text_as_value(const void *member, struct arena *arena)
{
    (void)arena;
    return value_text(*(const struct text *)member);
}

static struct text text_parse(const struct field *field, void *member, struct text raw,
                              struct arena *arena)
{
    (void)field;
    *(struct text *)member = text_copy(arena, raw);
    return TEXT("");
}

static struct text text_print(const void *member, struct arena *arena)
{
    (void)arena;
    return *(const struct text *)member;
}

#define TEXT_TYPE(kind)                                                                            \
    const struct field_type field_##kind = {                                                       \
        .name = #kind,                                                                             \
        .json = FIELD_JSON_STRING,                                                                 \
        .read = text_read,                                                                         \
        .is_null = text_is_null,                                                                   \
        .set_null = text_set_null,                                                                 \
        .bind = text_bind,                                                                         \
        .value = text_as_value,                                                                    \
        .parse = text_parse,                                                                       \
        .print = text_print,                                                                       \
    }

TEXT_TYPE(TEXT);
TEXT_TYPE(LONG_TEXT);

/* UUIDs: "f81d4fae-7dec-11d0-a765-00a0c91e6bf6" in rows, the 32 digits alone in the database, as
 * Django keeps them where the engine has no such type. */

#define UUID_DIGITS 32

/* False unless these are 32 hexadecimal digits, hyphens left out. */
static bool uuid_digits(char out[UUID_DIGITS], struct text raw)
{
    size_t count = 0;
    for (size_t i = 0; i < raw.length; i++) {
        if (raw.at[i] == '-')
            continue;
        if (count == UUID_DIGITS || !isxdigit((unsigned char)raw.at[i]))
            return false;
        out[count++] = (char)tolower((unsigned char)raw.at[i]);
    }
    return count == UUID_DIGITS;
}

static struct text uuid_canonical(const char digits[UUID_DIGITS], struct arena *arena)
{
    return text_format(arena, "%.8s-%.4s-%.4s-%.4s-%.12s", digits, digits + 8, digits + 12,
                       digits + 16, digits + 20);
}

static void uuid_read(const struct field *field, void *member, const struct db_rows *rows,
                      int column, struct arena *arena)
{
    char digits[UUID_DIGITS];
    if (uuid_digits(digits, db_text_at(rows, column)))
        *(struct text *)member = uuid_canonical(digits, arena);
    else
        text_read(field, member, rows, column, arena);
}

static struct db_parameter uuid_bind(const void *member, struct arena *arena)
{
    char digits[UUID_DIGITS];
    struct text text = *(const struct text *)member;
    return DB_TEXT(
        uuid_digits(digits, text) ? text_copy(arena, (struct text){digits, sizeof digits}) : text);
}

static struct text uuid_parse(const struct field *field, void *member, struct text raw,
                              struct arena *arena)
{
    char digits[UUID_DIGITS];
    (void)field;
    if (!uuid_digits(digits, raw))
        return text_of(translate("This must be a UUID: 32 digits from 0 to 9 and a to f."));
    *(struct text *)member = uuid_canonical(digits, arena);
    return TEXT("");
}

const struct field_type field_UUID = {
    .name = "UUID",
    .json = FIELD_JSON_STRING,
    .read = uuid_read,
    .is_null = text_is_null,
    .set_null = text_set_null,
    .bind = uuid_bind,
    .value = text_as_value,
    .parse = uuid_parse,
    .print = text_print,
};

/* JSON */

static struct text json_parse(const struct field *field, void *member, struct text raw,
                              struct arena *arena)
{
    json_error_t error;
    (void)field;
    json_t *json = json_loadb(raw.at, raw.length, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
    if (!json)
        return text_format(arena, translate("This is no JSON: %s (line %d)."), error.text,
                           error.line);
    struct buffer out = {.arena = arena};
    json_put_value(&out, (struct json_style){.indent = -1, .ascii = true}, 0, json);
    *(struct text *)member = buffer_contents(&out);
    json_decref(json);
    return TEXT("");
}

static struct value value_of_json(json_t *json, struct arena *arena);

static struct value list_of_json(const json_t *json, struct arena *arena)
{
    size_t count = json_array_size(json);
    struct value *items = ARENA_ARRAY(arena, struct value, count);
    for (size_t i = 0; i < count; i++)
        items[i] = value_of_json(json_array_get(json, i), arena);
    return value_list(arena, items, count);
}

static struct value map_of_json(json_t *json, struct arena *arena)
{
    struct value_map *map = value_map_new(arena);
    const char *name;
    json_t *each;
    json_object_foreach(json, name, each)
        value_map_set(map, text_copy(arena, text_of(name)), value_of_json(each, arena));
    return value_map(map);
}

static struct value value_of_json(json_t *json, struct arena *arena)
{
    switch (json_typeof(json)) {
    case JSON_OBJECT: return map_of_json(json, arena);
    case JSON_ARRAY: return list_of_json(json, arena);
    case JSON_STRING:
        return value_text(
            text_copy(arena, (struct text){json_string_value(json), json_string_length(json)}));
    case JSON_INTEGER: return value_integer(json_integer_value(json));
    case JSON_REAL: return value_float(json_real_value(json));
    case JSON_TRUE: return value_bool(true);
    case JSON_FALSE: return value_bool(false);
    default: return VALUE_NULL;
    }
}

static struct value json_value(const void *member, struct arena *arena)
{
    struct text text = *(const struct text *)member;
    json_t *json = json_loadb(text.at, text.length, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    struct value value = json ? value_of_json(json, arena) : value_text(text);
    json_decref(json);
    return value;
}

const struct field_type field_JSON = {
    .name = "JSON",
    .json = FIELD_JSON_RAW,
    .read = text_read,
    .is_null = text_is_null,
    .set_null = text_set_null,
    .bind = text_bind,
    .value = json_value,
    .parse = json_parse,
    .print = text_print,
};
