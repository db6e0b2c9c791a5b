/* The form of a row: which fields it has, what was typed, and what templates see of it. */
#pragma once

#include <stdbool.h>

#include "model/form.h"
#include "site/admin.h"

struct db;
struct request;
struct value_map;

struct admin_form {
    const struct request *request;
    const struct model_admin *admin;
    struct form form;
    const void *before; /* the row as it is; NULL: there is none yet */
    void *row;
    bool edits; /* else all is only shown */
    struct text
        digest; /* of what is edited, as it was when the form was made (model/row_digest.h) */
    const void *theirs; /* the row as somebody else has saved it since; NULL: nobody has */
};

/* With what the row has (`before`), or with each field's default. */
enum status admin_form_start(struct admin_form *form, const struct request *request,
                             const struct model_admin *admin, const void *before, bool edits);
/* What a query says instead. */
void admin_form_take_query(struct admin_form *form, struct text pairs);
/* What somebody sent instead, and the digest that came with it. */
void admin_form_take(struct admin_form *form);

/* CONFLICT: what is edited is no longer as the form was made of it. Without a digest nobody can
 * tell, and it is OK. Within the transaction that saves. NOT_FOUND: the row is gone. */
enum status admin_form_check_digest(struct admin_form *form, struct db *db);
/* Reads what somebody else has saved; the form is then made of that, with what was typed. */
enum status admin_form_meet(struct admin_form *form);

/* Sets `sections`, `form`, `edits`, `digest` and `theirs`. */
enum status admin_form_add_context(struct admin_form *form, struct value_map *context);

/* Labels of the fields in which the row differs from before, the pairs of each MANY_TO_MANY
 * included: before it is saved. */
enum status admin_form_changes(struct admin_form *form, struct text **labels, size_t *count);
