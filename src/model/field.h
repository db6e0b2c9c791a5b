/* A column of a table, and what its kind means: how it is kept in a row, bound, read, shown in
 * templates, typed by people and written in fixtures. Kinds and options are Django's
 * (docs.djangoproject.com/en/5.2/ref/models/fields/).
 *
 * A member of a row is NULL when it is
 *     text, decimal, uuid, json          a text without place (TEXT_NONE)
 *     integers, keys, date, time, …      FIELD_NULL
 *     float                              NaN
 * A BOOLEAN is never NULL. A key of 0 is a key: rows begin with model_new(), not with zeros. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "db/db.h"
#include "template/value.h"

struct arena;
struct field;
struct model;

#define FIELD_NULL INT64_MIN

/* How a value is written in JSON: bare, or as a string. */
enum field_json { FIELD_JSON_STRING, FIELD_JSON_NUMBER, FIELD_JSON_BOOLEAN, FIELD_JSON_RAW };

struct field_type {
    const char *name;
    enum field_json json;
    int64_t min; /* of integers */
    int64_t max;
    bool is_reference;
    /* Reads a column that is not NULL. */
    void (*read)(const struct field *field, void *member, const struct db_rows *rows, int column,
                 struct arena *arena);
    bool (*is_null)(const void *member);
    void (*set_null)(void *member);
    /* Of what is not NULL. */
    struct db_parameter (*bind)(const void *member, struct arena *arena);
    struct value (*value)(const void *member, struct arena *arena);
    /* What people and fixtures write; parse takes what print gives. `raw` is trimmed and not
     * empty. Gives what is wrong with it, or an empty text. */
    struct text (*parse)(const struct field *field, void *member, struct text raw,
                         struct arena *arena);
    struct text (*print)(const void *member, struct arena *arena);
};

extern const struct field_type field_ROWID, field_INTEGER, field_POSITIVE_INTEGER,
    field_SMALL_INTEGER, field_POSITIVE_SMALL_INTEGER, field_BIG_INTEGER,
    field_POSITIVE_BIG_INTEGER, field_TEXT, field_LONG_TEXT, field_BOOLEAN, field_DATE, field_TIME,
    field_DATETIME, field_DECIMAL, field_FLOAT, field_UUID, field_JSON, field_FOREIGN_KEY,
    field_ONE_TO_ONE, field_MANY_TO_MANY;

enum on_delete {
    ON_DELETE_UNSET,
    CASCADE,  /* the rows that refer to it go with it */
    SET_NULL, /* they refer to nothing */
    PROTECT,  /* it stays while there are any */
};

/* One of the values a field may have, and what people see of it. Ends with {0}. */
struct field_choice {
    const char *value;
    const char *label; /* N_("…") */
};
#define CHOICES(...) ((const struct field_choice[]){__VA_ARGS__, {0}})

/* The least and the greatest number that is taken; INT64_MIN, INT64_MAX: the kind's own. */
struct field_range {
    int64_t min, max;
};
#define RANGE(min, max) (&(const struct field_range){min, max})

/* A further rule of a value that its kind takes: what is wrong with it, in a sentence for whoever
 * typed it, or NULL. */
typedef const char *field_validator(struct text value);
/* What is stored of a text that was given, before the rules are looked at. */
typedef struct text field_normalizer(struct arena *arena, struct text value);
field_validator validate_email, validate_slug, validate_url;
#define VALIDATORS(...) ((field_validator *const[]){__VA_ARGS__, NULL})

struct field {
    struct value_attribute attribute; /* what templates see of it by its name */
    const char *name;                 /* Django's field name */
    const char *label;
    const char *column; /* NULL: many to many, which has a table of its own */
    const struct field_type *type;
    size_t offset; /* of the member that holds the column */

    const char *help_text;
    const char *default_to; /* as people would type it; "now" of a date, time or datetime */
    const struct field_choice *choices;
    field_validator *const *validators;
    field_normalizer *normalize;
    size_t max_length; /* characters */
    size_t min_length;
    const struct field_range *range;
    int max_digits;
    int decimal_places;
    const struct model *to;
    enum on_delete on_delete;
    bool null;
    bool blank;
    bool unique;
    bool index;
    bool hidden; /* no form shows it */
};

/* What each kind may be given. A wrong option fails to compile, naming kind and option. */
#define FIELD_OPTIONS                                                                              \
    const char *help_text;                                                                         \
    const char *default_to;                                                                        \
    bool null, blank, unique, index, hidden;
#define FIELD_CHOICE_OPTIONS                                                                       \
    FIELD_OPTIONS                                                                                  \
    const struct field_choice *choices;                                                            \
    field_validator *const *validators;
struct options_of_ROWID {
    const char *help_text;
};
struct options_of_INTEGER {
    FIELD_CHOICE_OPTIONS
    const struct field_range *range;
};
struct options_of_TEXT {
    FIELD_CHOICE_OPTIONS
    field_normalizer *normalize;
    size_t max_length, min_length;
};
struct options_of_BOOLEAN {
    const char *help_text;
    const char *default_to;
    bool blank, index, hidden;
};
struct options_of_DECIMAL {
    FIELD_CHOICE_OPTIONS
    const struct field_range *range;
    int max_digits, decimal_places;
};
struct options_of_FLOAT {
    FIELD_CHOICE_OPTIONS
    const struct field_range *range;
};
struct options_of_DATE {
    FIELD_OPTIONS
    field_validator *const *validators;
};
struct options_of_FOREIGN_KEY {
    FIELD_OPTIONS
    const struct model *to;
    enum on_delete on_delete;
};
struct options_of_MANY_TO_MANY {
    const char *help_text;
    bool blank, hidden;
    const struct model *to;
};

/* The member of a row. */
static inline void *field_member(const struct field *field, void *row)
{
    return (char *)row + field->offset;
}
static inline const void *field_at(const struct field *field, const void *row)
{
    return (const char *)row + field->offset;
}

/* The row that a reference points to, when it was read along: right behind its key. */
static inline const void **field_related(const struct field *field, void *row)
{
    return (const void **)(void *)((char *)row + field->offset + sizeof(int64_t));
}

bool field_is_null(const struct field *field, const void *row);
void field_set_null(const struct field *field, void *row);

/* Its column's parameter, NULL included. */
struct db_parameter field_bind(const struct field *field, const void *row, struct arena *arena);

/* What `{{ row.field }}` is; of a reference the row it points to, when it was read along. */
struct value field_value(const struct field *field, const void *row, struct arena *arena);

/* The same, for a class; false when it is of a row that was not read along. */
bool field_get(const struct value_attribute *attribute, const void *row, struct arena *arena,
               struct value *out);
/* A reference to a row that was not read along. */
bool field_is_elsewhere(const struct field *field, const void *row);

/* The choice's label in the thread's language, or the value as text; what `get_<field>_display`
 * is. */
struct text field_display(const struct field *field, const void *row, struct arena *arena);

/* As text that field_parse() takes; empty of NULL. */
struct text field_print(const struct field *field, const void *row, struct arena *arena);

/* Takes what was typed into the row: kind, length, range, choices and validators. Gives what is
 * wrong with it, in a sentence for whoever typed it, and then leaves the row as it was; or an empty
 * text. */
struct text field_parse(const struct field *field, void *row, struct text raw, struct arena *arena);

/* Gives the row the field's default: `default_to`, else NULL where it may be, else nothing. */
void field_set_default(const struct field *field, void *row, struct arena *arena);

bool field_equal(const struct field *field, const void *row, const void *other,
                 struct arena *arena);
