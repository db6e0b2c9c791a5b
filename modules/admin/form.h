/* The form of a row: which fields it has, what was typed, and what templates see of it. */
#pragma once

#include <stdbool.h>

#include "model/form.h"
#include "site/admin.h"

struct request;
struct value_map;

struct admin_form {
    const struct request *request;
    const struct model_admin *admin;
    struct form form;
    const void *before; /* the row as it is; NULL: there is none yet */
    void *row;
    bool edits; /* else all is only shown */
};

/* With what the row has (`before`), or with each field's default. */
enum status admin_form_start(struct admin_form *form, const struct request *request,
                             const struct model_admin *admin, const void *before, bool edits);
/* What somebody sent instead: pairs as of a form or a query. */
void admin_form_take(struct admin_form *form, struct text pairs, bool whole);

/* Sets `sections`, `form` and `error_count`. */
enum status admin_form_add_context(struct admin_form *form, struct value_map *context);

/* Labels of the fields in which the row differs from before, the pairs of each MANY_TO_MANY
 * included: before it is saved. */
enum status admin_form_changes(struct admin_form *form, struct text **labels, size_t *count);
