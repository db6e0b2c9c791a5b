/* The inlines of a form: rows of other tables that are edited with it, in one transaction. Names
 * are those of Django's formsets: "berth_set-0-number", "berth_set-TOTAL_FORMS". */
#pragma once

#include <stdbool.h>

#include "admin/entries.h"
#include "admin/form.h"
#include "base/list.h"

struct inline_row {
    struct admin_form form;
    bool is_taken; /* it was sent */
    bool is_empty; /* nothing was typed: it is not saved */
    bool deletes;
    bool is_gone; /* somebody else has deleted it: it is a new one now */
};

struct inline_set {
    const struct admin_inline *nested;
    const struct field *field; /* that joins the two */
    struct text prefix;
    bool may[ADMIN_DELETE + 1];
    LIST(struct inline_row *) rows;
    size_t total;      /* of rows that have been numbered */
    size_t more;       /* that are not shown */
    struct text error; /* of all of them */
};

struct inlines {
    struct request *request;
    struct admin_form *main;
    bool as_new; /* the rows that were sent are to be made anew, for a new main one */
    LIST(struct inline_set) sets;
    LIST(struct entry_part) parts; /* what was done, for the log */
};

/* The reference in a row, of the inline or (forward) the main one: to be read and set. */
int64_t *inline_joined_key(const struct inline_set *set, void *row);
void inline_row_set_gone(struct inline_row *row);
/* An empty one that is not of the set yet, for the page's script to add; NULL: there may be no
 * more. */
enum status inline_blank_row(const struct inlines *inlines, struct inline_set *set,
                             struct inline_row **out);
/* How many there may be. */
size_t inline_most(const struct inline_set *set);
/* Says in the set what is wrong when there are, or are to be, so many of the main row: too many
 * only where some are added. */
void inline_check_count(const struct inlines *inlines, struct inline_set *set, size_t count);

/* Those that the visitor may see, with what is stored, or with what was sent. */
enum status inlines_start(struct inlines *inlines, struct request *request, struct admin_form *main,
                          bool as_new);

/* INVALID: errors are in the forms. Of the main form too: a row that it refers to may be filled in
 * in an inline instead. */
enum status inlines_check(struct inlines *inlines);

/* Within the transaction: CONFLICT when somebody else has saved, or deleted, any of them since. */
enum status inlines_check_digests(struct inlines *inlines, struct db *db);
enum status inlines_meet(struct inlines *inlines);

/* The rows that the main one refers to, before it; those that refer to it, behind it. INVALID, with
 * errors in the forms, when one cannot be saved or deleted. */
enum status inlines_save_forward(struct inlines *inlines, struct db *db);
enum status inlines_save(struct inlines *inlines, struct db *db);

/* Adds `inlines`, and what is wrong with them. */
enum status inlines_add_context(struct inlines *inlines, struct value_map *context);
void inlines_add_errors(const struct inlines *inlines, struct admin_errors *errors);
/* Whether somebody else has saved any of them since. */
bool inlines_have_met(const struct inlines *inlines);
