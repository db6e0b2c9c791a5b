/* A table, declared once. The declaration gives the row's struct, its columns, reading and
 * writing, validation and forms, what templates see of it, and fixtures.
 *
 *     #define LETTING_FIELDS(F)                                                    \
 *         F(id,      ROWID,      "ID")                                             \
 *         F(title,   TEXT,       "title",   .max_length = 256)                     \
 *         F(address, ONE_TO_ONE, "address", .to = &address_model, .on_delete = CASCADE)
 *
 *     MODEL_ROW(letting, LETTING_FIELDS);          in models.h
 *     MODEL(letting, LETTING_FIELDS, "lettings");  in models.c
 *
 * A field's name is Django's. A reference (FOREIGN_KEY, ONE_TO_ONE) has the column `<name>_id`,
 * the member of that name, and a member `<name>`: the row it points to when it was read along.
 * A MANY_TO_MANY has no member: its pairs are in a table of their own (query.h). */
#pragma once

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "db/db.h"
#include "model/field.h"
#include "template/value.h"

/* Names of fields, ended by NULL. */
#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})
/* Sets of fields, each NAMES(…), ended by NULL. */
#define TOGETHER(...) ((const char *const *const[]){__VA_ARGS__, NULL})

/* What templates can ask a row for besides its fields: `{{ letting.art }}`. */
struct model_method {
    struct value_attribute attribute;
    const char *name;
    struct value (*call)(const void *row, struct arena *arena);
};
/* Ended by a row without a name. */
#define METHODS(...) ((const struct model_method[]){__VA_ARGS__, {.name = NULL}})
#define METHOD(row, method_name, function)                                                         \
    {                                                                                              \
        {&row##_model.class, model_method_get}, (method_name), (function)                          \
    }
bool model_method_get(const struct value_attribute *attribute, const void *row, struct arena *arena,
                      struct value *out);

struct model {
    const char *app_label; /* Django's: the module's name */
    const char *name;
    const char *table;               /* "<app_label>_<name>" */
    const char *db_table;            /* another name for the table; NULL: none */
    const char *verbose_name;        /* the name unless it is given */
    const char *verbose_name_plural; /* the verbose name with an s */
    const char *const *ordering;     /* "-title": falling; NULL: by key */
    const char *const *const *unique_together;
    const char *const *natural_key; /* fields that tell rows apart in fixtures, for others too */
    /* What people call a row (Django's __str__); NULL: "letting object (1)". */
    struct text (*print)(const void *row, struct arena *arena);
    const struct model_method *methods;

    const struct field *fields; /* the key first */
    size_t field_count;
    size_t row_size;
    struct value_class class;
};

/* Kinds: which options each takes, and what member of the row holds it. */
#define MODEL_KIND_ROWID                  ROWID, INTEGER
#define MODEL_KIND_INTEGER                INTEGER, INTEGER
#define MODEL_KIND_POSITIVE_INTEGER       INTEGER, INTEGER
#define MODEL_KIND_SMALL_INTEGER          INTEGER, INTEGER
#define MODEL_KIND_POSITIVE_SMALL_INTEGER INTEGER, INTEGER
#define MODEL_KIND_BIG_INTEGER            INTEGER, INTEGER
#define MODEL_KIND_POSITIVE_BIG_INTEGER   INTEGER, INTEGER
#define MODEL_KIND_TEXT                   TEXT, TEXT
#define MODEL_KIND_LONG_TEXT              TEXT, TEXT
#define MODEL_KIND_BOOLEAN                BOOLEAN, BOOLEAN
#define MODEL_KIND_DATE                   DATE, INTEGER
#define MODEL_KIND_TIME                   DATE, INTEGER
#define MODEL_KIND_DATETIME               DATE, INTEGER
#define MODEL_KIND_DECIMAL                DECIMAL, TEXT
#define MODEL_KIND_FLOAT                  FLOAT, FLOAT
#define MODEL_KIND_UUID                   DATE, TEXT
#define MODEL_KIND_JSON                   DATE, TEXT
#define MODEL_KIND_FOREIGN_KEY            FOREIGN_KEY, REFERENCE
#define MODEL_KIND_ONE_TO_ONE             FOREIGN_KEY, REFERENCE
#define MODEL_KIND_MANY_TO_MANY           MANY_TO_MANY, NOTHING

/* An unknown kind leaves its own name in the first place and UNKNOWN in the second. */
#define MODEL_OPTIONS_OF(kind)              MODEL_FIRST(MODEL_KIND_##kind, UNKNOWN, UNKNOWN)
#define MODEL_MEMBER_OF(kind)               MODEL_SECOND(MODEL_KIND_##kind, UNKNOWN, UNKNOWN)
#define MODEL_FIRST(...)                    MODEL_FIRST_OF(__VA_ARGS__)
#define MODEL_FIRST_OF(first, ...)          first
#define MODEL_SECOND(...)                   MODEL_SECOND_OF(__VA_ARGS__)
#define MODEL_SECOND_OF(first, second, ...) second
#define MODEL_JOIN(a, b)                    MODEL_JOIN_2(a, b)
#define MODEL_JOIN_2(a, b)                  a##b

#define MODEL_MEMBER(name, kind, label, ...)                                                       \
    MODEL_JOIN(MODEL_MEMBER_, MODEL_MEMBER_OF(kind))(name, kind)
#define MODEL_MEMBER_INTEGER(name, kind) int64_t name;
#define MODEL_MEMBER_TEXT(name, kind)    struct text name;
#define MODEL_MEMBER_BOOLEAN(name, kind) bool name;
#define MODEL_MEMBER_FLOAT(name, kind)   double name;
#define MODEL_MEMBER_REFERENCE(name, kind)                                                         \
    int64_t name##_id;                                                                             \
    const void *name;
#define MODEL_MEMBER_NOTHING(name, kind) char name[0];
#define MODEL_MEMBER_UNKNOWN(name, kind)                                                           \
    int64_t name;                                                                                  \
    static_assert(0, "the field " #name " has the kind " #kind ", which does not exist: see the "  \
                     "list of kinds in model/model.h");

#define MODEL_COLUMN_INTEGER(name)   name), .column = #name
#define MODEL_COLUMN_TEXT(name)      name), .column = #name
#define MODEL_COLUMN_BOOLEAN(name)   name), .column = #name
#define MODEL_COLUMN_FLOAT(name)     name), .column = #name
#define MODEL_COLUMN_REFERENCE(name) name##_id), .column = #name "_id"
#define MODEL_COLUMN_NOTHING(name)   name)
#define MODEL_COLUMN_UNKNOWN(name)   name)

/* FIELDS(MODEL_FIELD_OF(row)) makes of F(id, …) the words `MODEL_FIELD_OF(row)(id, …)`: the first
 * half of an initializer ends with the name of the macro that takes the arguments behind it. */
/* clang-format off */
#define MODEL_FIELD_OF(row) {.attribute = {&row##_model.class, field_get}, \
                             .offset = __builtin_offsetof(struct row, MODEL_FIELD_REST
#define MODEL_FIELD_REST(field_name, kind, field_label, ...)                                       \
    MODEL_JOIN(MODEL_COLUMN_, MODEL_MEMBER_OF(kind))(field_name),                                  \
    .name = #field_name,                                                                           \
    .label = (field_label),                                                                        \
    .type = &field_##kind __VA_OPT__(, ) __VA_ARGS__},
/* clang-format on */

/* The options of a field must be those of its kind. */
#define MODEL_CHECK(name, kind, label, ...)                                                        \
    static_assert(sizeof((struct MODEL_JOIN(options_of_, MODEL_OPTIONS_OF(kind))){__VA_ARGS__}),   \
                  "");

/* `struct <row>` and the declaration of `<row>_model`. */
#define MODEL_ROW(row, FIELDS)                                                                     \
    struct row {                                                                                   \
        FIELDS(MODEL_MEMBER)                                                                       \
    };                                                                                             \
    extern const struct model row##_model

/* The definition of `<row>_model`; `label` is a literal, what follows it members of struct model.
 */
#define MODEL(row, FIELDS, label, ...)                                                             \
    FIELDS(MODEL_CHECK)                                                                            \
    static const struct field row##_fields[] = {FIELDS(MODEL_FIELD_OF(row))};                      \
    static const struct value_attribute *row##_find(struct text name)                              \
    {                                                                                              \
        return model_attribute(&row##_model, name);                                                \
    }                                                                                              \
    static bool row##_get(const void *self, struct text name, struct arena *arena,                 \
                          struct value *out)                                                       \
    {                                                                                              \
        return model_get(&row##_model, self, name, arena, out);                                    \
    }                                                                                              \
    static enum status row##_load(const void *self, struct text name, struct value_source *source, \
                                  struct arena *arena, struct value *out)                          \
    {                                                                                              \
        return model_load(&row##_model, self, name, source, arena, out);                           \
    }                                                                                              \
    static struct text row##_text(const void *self, struct arena *arena)                           \
    {                                                                                              \
        return model_print(&row##_model, self, arena);                                             \
    }                                                                                              \
    const struct model row##_model = {.app_label = (label),                                        \
                                      .name = #row,                                                \
                                      .table = label "_" #row,                                     \
                                      .fields = row##_fields,                                      \
                                      .field_count = sizeof row##_fields / sizeof *row##_fields,   \
                                      .row_size = sizeof(struct row),                              \
                                      .class = {.name = #row,                                      \
                                                .find = row##_find,                                \
                                                .get = row##_get,                                  \
                                                .load = row##_load,                                \
                                                .print = row##_text} __VA_OPT__(, ) __VA_ARGS__}

/* The first field: of the key. */
const struct field *model_key(const struct model *model) __attribute__((returns_nonnull));
/* By its name, its column or "pk"; NULL: there is none. */
const struct field *model_field(const struct model *model, struct text name);

const char *model_table(const struct model *model);
/* In the thread's language. */
struct text model_verbose_name(const struct model *model);
struct text model_verbose_name_plural(const struct model *model, struct arena *arena);
/* As it is declared: for what is stored. */
const char *model_source_name(const struct model *model);

/* A row with all NULL, as far as its fields can be; in the arena. */
void *model_empty(const struct model *model, struct arena *arena);
/* A row with every field's default; in the arena. */
void *model_new(const struct model *model, struct arena *arena);

/* What people call the row. */
struct text model_print(const struct model *model, const void *row, struct arena *arena);

/* What a name is in each row: a field or a method; NULL: model_get() may know. */
const struct value_attribute *model_attribute(const struct model *model, struct text name);

/* What `{{ row.name }}` is: a field, `pk`, a reference's key (`address_id`) or its row,
 * `get_<field>_display`, or what one of the model's methods gives. A reference's row that was not
 * read along is not there: model_load() reads it, once for each rendering. */
bool model_get(const struct model *model, const void *row, struct text name, struct arena *arena,
               struct value *out);
enum status model_load(const struct model *model, const void *row, struct text name,
                       struct value_source *source, struct arena *arena, struct value *out);

struct value model_value(const struct model *model, const void *row, struct arena *arena);

/* Whether the declaration makes sense, which the compiler cannot say: a length for each text, a
 * table for each reference, no method that a field of its name hides, and so on. INVALID names the
 * field or the method and what is wrong with it. */
enum status model_check(const struct model *model);
