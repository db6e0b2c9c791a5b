/* The form of a row: which fields it has, what was typed, and what templates see of it.
 *
 *     struct admin_form form = {request, admin, .before = row, .edits = true};
 *     status = admin_form_start(&form); */
#pragma once

#include <stdbool.h>

#include "base/list.h"
#include "model/form.h"
#include "site/admin.h"
#include "template/value.h"

struct db;
struct request;

struct admin_form {
    const struct request *request;
    const struct model_admin *admin;
    const void *before;         /* the row as it is; NULL: there is none yet */
    bool edits;                 /* else all is only shown */
    struct text prefix;         /* of the names that are sent, where a page has several forms */
    const struct field *joined; /* the reference that makes it an inline, which it does not show */
    const char *const *only;    /* fields; NULL: all that the admin has */

    struct form form;
    void *row;
    struct text digest; /* of what is edited, as it was when the form was made (row_digest.h) */
    struct text shown;  /* a digest of what the fields showed at first */
    bool is_touched;    /* something else was sent */
    bool is_behind;     /* somebody else has saved that since */
    const void *theirs; /* the row as they did; NULL: nobody has */
};

/* With what the row has (`before`), or with each field's default. */
enum status admin_form_start(struct admin_form *form);
/* What a query says instead. */
void admin_form_take_query(struct admin_form *form, struct text pairs);
/* What somebody sent instead, and the digest that came with it. */
void admin_form_take(struct admin_form *form);
/* What was sent under a name; empty: nothing. */
struct text admin_form_sent(const struct request *request, struct text prefix, const char *name);

/* CONFLICT: what is edited is no longer as the form was made of it. Without a digest nobody can
 * tell, and it is OK. Within the transaction that saves. NOT_FOUND: the row is gone. */
enum status admin_form_check_digest(struct admin_form *form, struct db *db);
/* Reads what somebody else has saved; the form is then made of that, with what was typed. */
enum status admin_form_meet(struct admin_form *form);

/* Labels of the fields in which the row differs from before, the pairs of each MANY_TO_MANY
 * included: before it is saved. */
enum status admin_form_changes(struct admin_form *form, struct text **labels, size_t *count);

/* One field, as templates see it: to be edited or, as any other name of the admin, shown. */
enum status admin_form_value(struct admin_form *form, const char *name, struct value *out);
/* All of them: a list of sections (title, rows). */
enum status admin_form_sections_value(struct admin_form *form, struct value *out);

/* What is wrong with the forms of a page. */
struct admin_error {
    struct text label;
    struct text id; /* of the input; empty: it is about no single one */
    struct text sentence;
};
struct admin_errors {
    struct admin_error *items;
    size_t count;
    size_t capacity;
};
/* `of`: what the form is about, where a page has several. */
void admin_errors_add(struct arena *arena, struct admin_errors *errors, const struct form *form,
                      struct text of);
struct value admin_errors_value(struct arena *arena, const struct admin_errors *errors);
