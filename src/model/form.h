/* What somebody typed into the fields of a row, beside what is wrong with it.
 *
 *     struct form form;
 *     form_start(&form, arena, &letting_model, NAMES("title", "address"));
 *     form_take(&form, name, value);                   for each pair that was sent
 *     status = form_check(&form, db, row);             INVALID: errors are in the form
 *     if (status == OK)
 *         status = form_save(&form, db, before, row);  in a transaction
 *
 * Only the fields it was started with are taken: other names never reach a row. All errors are
 * found at once, and what was typed is kept to be shown again. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/list.h"
#include "base/status.h"
#include "model/model.h"

struct arena;
struct db;

struct form_field {
    const struct form *form;
    const struct field *field;
    struct text raw;
    LIST(struct text) raws; /* of a MANY_TO_MANY */
    struct text error;      /* a sentence for whoever typed it; empty: none */
};

struct form {
    struct arena *arena;
    const struct model *model;
    struct text prefix; /* of the names that are sent: "berth_set-0-"; set it behind form_start() */
    struct form_field *fields;
    size_t count;
    struct text error; /* of the row as a whole */
};

/* `names`: NULL for every field but the key and hidden ones. A name that is no field aborts. */
void form_start(struct form *form, struct arena *arena, const struct model *model,
                const char *const *names);

/* What the row has, to be shown at first. For what is sent then, start another form: a box that was
 * unchecked is not sent at all. */
enum status form_show(struct form *form, struct db *db, const void *row);

/* What was sent under a name, decoded; copied. False: the form has no such field. */
bool form_take(struct form *form, struct text name, struct text value);

/* All that was typed, as bytes that two forms of the same fields share only when the same was. */
struct text form_print(const struct form *form);

/* Parses all fields into the row, and looks up what must be there once, or be there at all. A field
 * with an error leaves the row's member as it was. INVALID: there are errors. */
enum status form_check(struct form *form, struct db *db, void *row);

/* How many there are, that of the row as a whole included. */
size_t form_count_errors(const struct form *form);

/* Inserts the row (`before` NULL) or writes what changed, and the pairs of each MANY_TO_MANY.
 * INVALID, with an error in the form, when somebody else was faster. Within the caller's
 * transaction, which it must then end. */
enum status form_save(struct form *form, struct db *db, const void *before, void *row);

/* NULL: the form has no such field. */
struct form_field *form_field(const struct form *form, struct text name);

/* For templates: the fields in order, or by name; `errors`: how many there are; `error`. Of a
 * field: name, id (both with the prefix), label, help_text, value, values, checked, error,
 * required, max_length, input (HTML's type, or "textarea", "select", "select_multiple") and choices
 * (value, label). */
struct value form_value(const struct form *form);
/* One of its fields. */
struct value form_field_value(const struct form_field *field);
