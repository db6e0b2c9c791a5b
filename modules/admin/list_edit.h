/* Rows that are edited where they are listed (list_editable): Django's formset "form". */
#pragma once

#include "admin/form.h"
#include "admin/list.h"
#include "base/list.h"

struct value_map;

struct list_edit {
    struct list *list;
    LIST(struct admin_form *) forms; /* one for each row of the list, in its order */
    size_t lost;                     /* rows that were sent and are not there any more */
    bool has_met;                    /* somebody else has saved one of them since */
};

/* Makes the forms of the rows that are shown; none where nothing may be edited. */
enum status list_edit_start(struct list_edit *edit, struct list *list, const struct row_list *rows);

/* Whether the form of the list was sent to save its rows. */
bool list_edit_was_sent(const struct list *list);
/* Saves them. INVALID or CONFLICT: the forms say why, and `rows` are those that were sent. */
enum status list_edit_take(struct list_edit *edit, struct list *list, struct row_list *rows);
/* Before an action is taken. INVALID: something was typed in the list, which the action would lose;
 * a message says so, and forms and `rows` are as above. */
enum status list_edit_refuse_loss(struct list_edit *edit, struct list *list, struct row_list *rows);

/* What templates see: of a field that is edited, its input and a name that says whose it is; of a
 * row, what is sent along; of the list, how many are edited and what is wrong. */
enum status list_edit_set_cell(const struct list_edit *edit, size_t row, const char *name,
                               struct value_map *cell);
void list_edit_set_row(const struct list_edit *edit, size_t row, struct value_map *map);
void list_edit_add_context(const struct list_edit *edit, struct value_map *context);
