#include "admin/list_edit.h"

#include "admin/entries.h"
#include "admin/page.h"
#include "admin/registry.h"
#include "base/arena.h"
#include "db/db.h"
#include "http/request.h"
#include "site/messages.h"
#include "template/language.h"
#include "template/value.h"

#define PREFIX     TEXT("form-")
#define MOST_FORMS 1000 /* as Django's formsets */

/* The forms */

static enum status add_form(struct list_edit *edit, const void *row)
{
    const struct list *list = edit->list;
    struct admin_form *form = ARENA_NEW(list->arena, struct admin_form);
    bool may;
    enum status status = registry_may(list->request, list->admin, ADMIN_CHANGE, row, &may);
    if (status != OK)
        return status;
    *form = (struct admin_form){
        .request = list->request,
        .admin = list->admin,
        .before = row,
        .edits = may,
        .only = list->admin->list_editable,
        .prefix = text_format(list->arena, "form-%zu-", edit->forms.count),
    };
    *LIST_PUSH(list->arena, &edit->forms) = form;
    return admin_form_start(form);
}

enum status list_edit_start(struct list_edit *edit, struct list *list, const struct row_list *rows)
{
    bool may = false;
    *edit = (struct list_edit){.list = list};
    enum status status = list->admin->list_editable
                             ? registry_may(list->request, list->admin, ADMIN_CHANGE, NULL, &may)
                             : OK;
    for (size_t i = 0; may && i < rows->count && status == OK; i++)
        status = add_form(edit, rows->items[i]);
    return status;
}

/* What was sent */

bool list_edit_was_sent(const struct list *list)
{
    struct text value;
    return list->admin->list_editable && list->request->method == HTTP_POST
           && request_form(list->request, "_save", &value);
}

static enum status take_form(struct list_edit *edit, size_t index, struct row_list *rows)
{
    const struct list *list = edit->list;
    const struct model *model = list->admin->model;
    struct text prefix = text_format(list->arena, "form-%zu-", index);
    struct text key = text_trim(admin_form_sent(list->request, prefix, model_key(model)->name));
    void *row;
    enum status status = key.length
                             ? registry_row(list->request, model, key_quote(list->arena, key), &row)
                             : NOT_FOUND;
    edit->lost += status == NOT_FOUND && key.length;
    if (status != OK)
        return status == NOT_FOUND ? OK : status;
    status = add_form(edit, row);
    if (status != OK)
        return status;
    struct admin_form *form = edit->forms.items[edit->forms.count - 1];
    struct text own = form->prefix;
    form->prefix = prefix;
    if (form->edits)
        admin_form_take(form);
    form->prefix = form->form.prefix = own;
    *LIST_PUSH(list->arena, rows) = row;
    if (!form->is_touched)
        return OK;
    status = form_check(&form->form, list->request->db, form->row);
    return status == INVALID ? OK : status;
}

static enum status take_forms(struct list_edit *edit, struct row_list *rows)
{
    int64_t total;
    enum status status = OK;
    struct text sent = admin_form_sent(edit->list->request, PREFIX, "TOTAL_FORMS");
    if (!text_to_int64(&total, text_trim(sent)))
        total = 0;
    for (int64_t i = 0; i < total && i < MOST_FORMS && status == OK; i++)
        status = take_form(edit, (size_t)i, rows);
    return status;
}

static size_t count_errors(const struct list_edit *edit)
{
    size_t count = 0;
    for (size_t i = 0; i < edit->forms.count; i++)
        count += form_count_errors(&edit->forms.items[i]->form);
    return count;
}

/* Saving */

struct saving {
    struct list_edit *edit;
    size_t done;
    size_t lost;
};

static enum status save_form(struct saving *saving, struct admin_form *form, struct db *db)
{
    struct entry_part part = {.action = ENTRY_CHANGED};
    struct text *labels;
    enum status status = admin_form_changes(form, &labels, &part.field_count);
    part.fields = labels;
    if (status != OK || !part.field_count)
        return status;
    if (form->admin->prepare)
        form->admin->prepare(form->request, form->before, form->row);
    status = form_save(&form->form, db, form->before, form->row);
    if (status == OK)
        status = entry_write(form->request, form->admin->model, form->row, ENTRY_CHANGED, &part, 1);
    saving->done += status == OK;
    return status;
}

/* Its row was deleted meanwhile: the rest is saved. */
static void lose(struct saving *saving, struct admin_form *form)
{
    form->is_touched = false;
    saving->lost++;
}

/* NOT_FOUND: its row is gone; CONFLICT: somebody else has saved it. */
static enum status check_form(struct admin_form *form, struct db *db)
{
    void *row;
    struct arena *arena = form->request->arena;
    struct text key = key_quote(arena, key_of(arena, form->admin->model, form->before));
    enum status status = registry_row(form->request, form->admin->model, key, &row);
    return status == OK ? admin_form_check_digest(form, db) : status;
}

/* All that somebody else has saved is found before anything is written. */
static enum status save(struct db *db, void *context)
{
    struct saving *saving = context;
    struct list_edit *edit = saving->edit;
    enum status status = OK;
    bool conflict = false;
    saving->done = 0;
    for (size_t i = 0; i < edit->forms.count && status == OK; i++) {
        struct admin_form *form = edit->forms.items[i];
        status = form->is_touched ? check_form(form, db) : OK;
        conflict = conflict || status == CONFLICT;
        if (status == NOT_FOUND)
            lose(saving, form);
        status = status == CONFLICT || status == NOT_FOUND ? OK : status;
    }
    if (status == OK && conflict)
        return CONFLICT;
    for (size_t i = 0; i < edit->forms.count && status == OK; i++)
        if (edit->forms.items[i]->is_touched)
            status = save_form(saving, edit->forms.items[i], db);
    return status;
}

static enum status save_rows(struct saving *saving)
{
    const struct list_edit *edit = saving->edit;
    struct request *request = edit->list->request;
    LIST(struct text) paths = {0};
    for (size_t i = 0; i < edit->forms.count; i++) {
        const struct admin_form *form = edit->forms.items[i];
        if (form->is_touched)
            *LIST_PUSH(request->arena, &paths) =
                model_path(form->admin->model, form->before, request->arena);
    }
    return db_transaction_on(request->db, paths.items, paths.count, save, saving);
}

static enum status meet(struct list_edit *edit)
{
    enum status status = OK;
    for (size_t i = 0; i < edit->forms.count && status == OK; i++)
        if (edit->forms.items[i]->is_behind)
            status = admin_form_meet(edit->forms.items[i]);
    edit->has_met = true;
    return status == OK ? CONFLICT : status;
}

static void tell(const struct list *list, size_t done, size_t lost)
{
    const struct model *model = list->admin->model;
    struct text plural = model_verbose_name_plural(model, list->arena);
    struct text name = done == 1 ? model_verbose_name(model) : plural;
    const char *format = done == 1 ? translate("%zu %.*s was changed successfully.")
                                   : translate("%zu %.*s were changed successfully.");
    if (done)
        message_add(list->request, MESSAGE_SUCCESS,
                    text_format(list->arena, format, done, TEXT_ARG(name)));
    if (lost)
        message_add(list->request, MESSAGE_WARNING,
                    text_of(translate("Somebody else has deleted rows of this list since you "
                                      "opened it: they were not saved.")));
}

enum status list_edit_take(struct list_edit *edit, struct list *list, struct row_list *rows)
{
    *edit = (struct list_edit){.list = list};
    struct saving saving = {.edit = edit};
    enum status status = take_forms(edit, rows);
    if (status == OK && count_errors(edit))
        status = fail_as(INVALID, "some rows need another look");
    else if (status == OK)
        status = save_rows(&saving);
    edit->lost += saving.lost;
    if (status == CONFLICT)
        status = meet(edit);
    if (status == OK || status == INVALID || status == CONFLICT)
        tell(list, status == OK ? saving.done : 0, edit->lost);
    return status;
}

enum status list_edit_refuse_loss(struct list_edit *edit, struct list *list, struct row_list *rows)
{
    bool is_touched = false;
    *edit = (struct list_edit){.list = list};
    enum status status = list->admin->list_editable ? take_forms(edit, rows) : OK;
    for (size_t i = 0; i < edit->forms.count; i++)
        is_touched = is_touched || edit->forms.items[i]->is_touched;
    if (status != OK || !is_touched)
        return status;
    message_add(list->request, MESSAGE_WARNING,
                text_of(translate("Nothing was done yet: what you typed in this list is not "
                                  "saved. Save it, and then choose the action again.")));
    tell(list, 0, edit->lost);
    return fail_as(INVALID, "what was typed in the list is not saved");
}

/* Showing */

enum status list_edit_set_cell(const struct list_edit *edit, size_t row, const char *name,
                               struct value_map *cell)
{
    struct admin_form *form = row < edit->forms.count ? edit->forms.items[row] : NULL;
    struct value value;
    if (!form || !form_field(&form->form, text_of(name)))
        return OK;
    struct arena *arena = form->request->arena;
    const struct field *field = model_field(form->admin->model, text_of(name));
    struct text label = page_titled(arena, text_of(translate(field->label)));
    struct text object = model_print(form->admin->model, form->before, arena);
    enum status status = admin_form_value(form, name, &value);
    value_map_set(cell, TEXT("edit"), value);
    page_text(cell, "named", text_format(arena, "%.*s: %.*s", TEXT_ARG(label), TEXT_ARG(object)));
    return status;
}

void list_edit_set_row(const struct list_edit *edit, size_t row, struct value_map *map)
{
    if (row >= edit->forms.count)
        return;
    const struct admin_form *form = edit->forms.items[row];
    page_text(map, "prefix", form->prefix);
    page_text(map, "shown", form->shown);
    page_text(map, "digest", form->digest.at ? form->digest : TEXT(""));
    page_text(map, "error", form->form.error.at ? form->form.error : TEXT(""));
}

void list_edit_add_context(const struct list_edit *edit, struct value_map *context)
{
    value_map_set(context, TEXT("editable"), value_integer((int64_t)edit->forms.count));
    value_map_set(context, TEXT("errors"), value_integer((int64_t)count_errors(edit)));
    value_map_set(context, TEXT("theirs"), value_bool(edit->has_met));
    if (edit->forms.count)
        page_text(context, "key_name", text_of(model_key(edit->list->admin->model)->name));
}
