/* A table, declared once. The declaration gives the row's struct, its columns, reading, what
 * templates see of it, and fixtures.
 *
 *     #define LETTING_FIELDS(F)                                                    \
 *         F(id,      ROWID,      "ID")                                             \
 *         F(title,   TEXT,       "title",   .max_length = 256)                     \
 *         F(address, ONE_TO_ONE, "address", .to = &address_model)
 *
 *     MODEL_ROW(letting, LETTING_FIELDS);                       in models.h
 *     MODEL(letting, LETTING_FIELDS, .app_label = "lettings");  in models.c
 *
 * A field's name is Django's. A reference (FOREIGN_KEY, ONE_TO_ONE) has the column `<name>_id`,
 * the member of that name, and a member `<name>`: the row it points to when it was read along. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "db/db.h"
#include "template/value.h"

struct model;

enum field_kind {
    FIELD_ROWID,
    FIELD_INTEGER,
    FIELD_POSITIVE_INTEGER,
    FIELD_TEXT,
    FIELD_BOOLEAN,
    FIELD_DATETIME, /* as the database's text */
    FIELD_FOREIGN_KEY,
    FIELD_ONE_TO_ONE,
};

struct field {
    const char *name;
    const char *column;
    enum field_kind kind;
    const char *label;
    size_t offset;     /* of the member that holds the column */
    size_t row_offset; /* of a reference's member for the row it points to */
    size_t max_length; /* characters; 0: no limit */
    int64_t min;
    int64_t max;
    bool null;
    bool unique;
    const struct model *to;
};

struct model {
    const char *app_label; /* Django's; the table is "<app_label>_<name>" */
    const char *name;
    const char *table;
    const struct field *fields; /* the key first */
    size_t field_count;
    size_t row_size;
    struct value_class class;
};

#define MODEL_MEMBER(name, kind, label, ...) MODEL_MEMBER_##kind(name)
#define MODEL_MEMBER_ROWID(name)             int64_t name;
#define MODEL_MEMBER_INTEGER(name)           int64_t name;
#define MODEL_MEMBER_POSITIVE_INTEGER(name)  int64_t name;
#define MODEL_MEMBER_TEXT(name)              struct text name;
#define MODEL_MEMBER_BOOLEAN(name)           bool name;
#define MODEL_MEMBER_DATETIME(name)          struct text name;
#define MODEL_MEMBER_FOREIGN_KEY(name)                                                             \
    int64_t name##_id;                                                                             \
    const void *name;
#define MODEL_MEMBER_ONE_TO_ONE(name) MODEL_MEMBER_FOREIGN_KEY(name)

#define MODEL_PLACE_ROWID(name)            .column = #name, .offset = offsetof(MODEL_STRUCT, name)
#define MODEL_PLACE_INTEGER(name)          MODEL_PLACE_ROWID(name)
#define MODEL_PLACE_POSITIVE_INTEGER(name) MODEL_PLACE_ROWID(name)
#define MODEL_PLACE_TEXT(name)             MODEL_PLACE_ROWID(name)
#define MODEL_PLACE_BOOLEAN(name)          MODEL_PLACE_ROWID(name)
#define MODEL_PLACE_DATETIME(name)         MODEL_PLACE_ROWID(name)
#define MODEL_PLACE_FOREIGN_KEY(name)                                                              \
    .column = #name "_id", .offset = offsetof(MODEL_STRUCT, name##_id),                            \
    .row_offset = offsetof(MODEL_STRUCT, name)
#define MODEL_PLACE_ONE_TO_ONE(name) MODEL_PLACE_FOREIGN_KEY(name)

#define MODEL_FIELD(field_name, field_kind, field_label, ...)                                      \
    {.name = #field_name,                                                                          \
     .kind = FIELD_##field_kind,                                                                   \
     .label = (field_label),                                                                       \
     MODEL_PLACE_##field_kind(field_name) __VA_OPT__(, ) __VA_ARGS__},

/* `struct <row>` and the declaration of `<row>_model`. */
#define MODEL_ROW(row, FIELDS)                                                                     \
    struct row {                                                                                   \
        FIELDS(MODEL_MEMBER)                                                                       \
    };                                                                                             \
    extern const struct model row##_model

/* The definition of `<row>_model`. MODEL_STRUCT must be defined as `struct <row>` before it. */
#define MODEL(row, FIELDS, label)                                                                  \
    static const struct field row##_fields[] = {FIELDS(MODEL_FIELD)};                              \
    static bool row##_get(const void *self, struct text name, struct arena *arena,                 \
                          struct value *out)                                                       \
    {                                                                                              \
        return model_get(&row##_model, self, name, arena, out);                                    \
    }                                                                                              \
    const struct model row##_model = {.app_label = (label),                                        \
                                      .name = #row,                                                \
                                      .table = label "_" #row,                                     \
                                      .fields = row##_fields,                                      \
                                      .field_count = sizeof row##_fields / sizeof *row##_fields,   \
                                      .row_size = sizeof(struct row),                              \
                                      .class = {.name = #row, .get = row##_get}}

/* What `{{ row.name }}` is: a field, `pk`, a reference's key (`address_id`) or its row. */
bool model_get(const struct model *model, const void *row, struct text name, struct arena *arena,
               struct value *out);

struct value model_value(const struct model *model, const void *row, struct arena *arena);

/* Reads rows of a model from columns whose names begin with `prefix` ("address__city"). NULL, and
 * columns that the statement does not give, leave their member zero. */
struct model_reader {
    const struct model *model;
    const struct db_rows *rows;
    struct arena *arena;
    int *columns; /* by field */
};
void model_reader_start(struct model_reader *reader, const struct model *model,
                        const struct db_rows *rows, const char *prefix, struct arena *arena);
/* A new row in the arena, its texts copied. */
void *model_read(const struct model_reader *reader);
