/* Saving and deleting the rows of inlines, within the transaction of the form. */
#include "admin/inlines.h"

#include <string.h>

#include "admin/registry.h"
#include "admin/tree.h"
#include "base/arena.h"
#include "db/db.h"
#include "http/request.h"
#include "model/deletion.h"
#include "model/query.h"
#include "site/site.h"
#include "template/language.h"

/* Meeting others */

static bool is_saved(const struct inline_row *row)
{
    return row->is_taken && (row->deletes || !row->is_empty);
}

static enum status check_digest(struct inline_row *row, struct db *db, bool *conflict)
{
    *conflict = *conflict || row->is_gone;
    if (!is_saved(row) || !row->form.before)
        return OK;
    enum status status = admin_form_check_digest(&row->form, db);
    if (status == NOT_FOUND && !row->deletes)
        inline_row_set_gone(row);
    *conflict = *conflict || status == CONFLICT || row->is_gone;
    return status == CONFLICT || status == NOT_FOUND ? OK : status;
}

enum status inlines_check_digests(struct inlines *inlines, struct db *db)
{
    enum status status = OK;
    bool conflict = false;
    for (size_t i = 0; i < inlines->sets.count; i++)
        for (size_t k = 0; k < inlines->sets.items[i].rows.count && status == OK; k++)
            status = check_digest(inlines->sets.items[i].rows.items[k], db, &conflict);
    return status == OK && conflict ? CONFLICT : status;
}

/* Somebody else has changed which row the main one refers to, and the visitor has not: what they
 * typed is then of the other one. */
static void follow_choice(const struct inlines *inlines, const struct inline_set *set)
{
    struct arena *arena = inlines->request->arena;
    const struct inline_row *row = set->rows.count ? set->rows.items[0] : NULL;
    struct form_field *field = form_field(&inlines->main->form, text_of(set->field->name));
    if (!inlines->main->is_behind || !row || !is_saved(row) || !field)
        return;
    const struct model *model = row->form.admin->model;
    struct text sent =
        text_trim(admin_form_sent(inlines->request, row->form.prefix, model_key(model)->name));
    if (!sent.length || !text_equal(text_trim(field->raw), sent))
        return;
    field->raw = row->form.before ? key_of(arena, model, row->form.before) : TEXT("");
    field->error = TEXT_NONE;
}

enum status inlines_meet(struct inlines *inlines)
{
    enum status status = OK;
    for (size_t i = 0; i < inlines->sets.count; i++)
        if (inlines->sets.items[i].nested->forward)
            follow_choice(inlines, &inlines->sets.items[i]);
    for (size_t i = 0; i < inlines->sets.count; i++)
        for (size_t k = 0; k < inlines->sets.items[i].rows.count && status == OK; k++) {
            struct inline_row *row = inlines->sets.items[i].rows.items[k];
            if (row->form.is_behind)
                status = admin_form_meet(&row->form);
            if (status == NOT_FOUND) {
                inline_row_set_gone(row);
                status = OK;
            }
        }
    return status;
}

bool inlines_have_met(const struct inlines *inlines)
{
    for (size_t i = 0; i < inlines->sets.count; i++)
        for (size_t k = 0; k < inlines->sets.items[i].rows.count; k++)
            if (inlines->sets.items[i].rows.items[k]->form.theirs
                || inlines->sets.items[i].rows.items[k]->is_gone)
                return true;
    return false;
}

/* Saving */

static void note(struct inlines *inlines, const struct inline_row *row, struct entry_part part)
{
    struct arena *arena = inlines->request->arena;
    const struct model *model = row->form.admin->model;
    const void *named = part.action == ENTRY_DELETED ? row->form.before : row->form.row;
    part.name = text_of(model_source_name(model));
    part.object = model_print(model, named, arena);
    *LIST_PUSH(arena, &inlines->parts) = part;
}

static void prepare(const struct inlines *inlines, struct inline_row *row)
{
    const struct model_admin *own = registry_find(row->form.admin->model);
    const struct model_admin *admin = row->form.admin->prepare || !own ? row->form.admin : own;
    if (admin->prepare)
        admin->prepare(inlines->request, row->form.before, row->form.row);
}

static enum status save_row(struct inlines *inlines, struct inline_row *row, struct db *db)
{
    struct admin_form *form = &row->form;
    struct entry_part part = {.action = form->before ? ENTRY_CHANGED : ENTRY_ADDED};
    struct text *labels;
    enum status status = admin_form_changes(form, &labels, &part.field_count);
    part.fields = labels;
    if (status != OK || (form->before && !part.field_count))
        return status;
    prepare(inlines, row);
    status = form_save(&form->form, db, form->before, form->row);
    if (status == OK)
        note(inlines, row, part);
    return status;
}

enum status inlines_save_forward(struct inlines *inlines, struct db *db)
{
    enum status status = OK;
    for (size_t i = 0; i < inlines->sets.count && status == OK; i++) {
        const struct inline_set *set = &inlines->sets.items[i];
        struct inline_row *row =
            set->nested->forward && set->rows.count ? set->rows.items[0] : NULL;
        if (!row || !is_saved(row))
            continue;
        status = save_row(inlines, row, db);
        if (status == OK)
            *inline_joined_key(set, inlines->main->row) =
                *(const int64_t *)field_at(model_key(row->form.admin->model), row->form.row);
    }
    return status;
}

/* Deleting */

/* "That cannot be deleted, since lettings “Sea View” need it." */
static struct text protectors_of(const struct request *request, const struct deletion *deletion)
{
    const struct deletion_group *group = &deletion->protectors.items[0];
    struct text key = text_format(request->arena, "%lld", (long long)group->keys.items[0]);
    struct text name = model_verbose_name(group->model);
    struct text label = key;
    void *row;
    if (registry_row(request, group->model, key, &row) == OK)
        label = model_print(group->model, row, request->arena);
    return text_format(request->arena,
                       translate("This cannot be deleted, since the %.*s “%.*s” needs it."),
                       TEXT_ARG(name), TEXT_ARG(label));
}

static enum status refuse(struct inline_row *row, struct text why)
{
    row->form.form.error = why;
    return fail_as(INVALID, "a row of an inline cannot be deleted");
}

static enum status delete_row(struct inlines *inlines, struct inline_row *row, struct db *db)
{
    struct request *request = inlines->request;
    const struct model *model = row->form.admin->model;
    struct deletion deletion;
    struct value missing;
    bool may = false;
    enum status status =
        deletion_collect(db, request->arena, site_models(request->arena), model,
                         *(const int64_t *)field_at(model_key(model), row->form.before), &deletion);
    if (status == OK)
        status = registry_may(request, row->form.admin, ADMIN_DELETE, row->form.before, &may);
    if (status == OK)
        status = tree_find_missing(request, &deletion, &missing);
    if (status != OK)
        return status == NOT_FOUND ? OK : status;
    if (!may || missing.list->count)
        return refuse(row, text_of(translate("You may not delete this, or what goes with it.")));
    if (deletion.protectors.count)
        return refuse(row, protectors_of(request, &deletion));
    note(inlines, row, (struct entry_part){.action = ENTRY_DELETED});
    return deletion_run(db, &deletion);
}

static enum status save_set(struct inlines *inlines, const struct inline_set *set, struct db *db)
{
    const struct admin_form *main = inlines->main;
    enum status status = OK;
    for (size_t i = 0; i < set->rows.count && status == OK; i++)
        if (is_saved(set->rows.items[i]) && set->rows.items[i]->deletes
            && set->rows.items[i]->form.before)
            status = delete_row(inlines, set->rows.items[i], db);
    for (size_t i = 0; i < set->rows.count && status == OK; i++) {
        struct inline_row *row = set->rows.items[i];
        if (!is_saved(row) || row->deletes)
            continue;
        if (!row->form.before)
            *inline_joined_key(set, row->form.row) =
                *(const int64_t *)field_at(model_key(main->admin->model), main->row);
        status = save_row(inlines, row, db);
    }
    return status;
}

/* All that there are by now, also those that were not sent. */
static enum status check_stored(const struct inlines *inlines, struct inline_set *set,
                                struct db *db)
{
    int64_t count;
    const struct condition where = {.name = set->field->name,
                                    .value =
                                        model_key_of(inlines->main->admin->model,
                                                     inlines->main->row, inlines->request->arena)};
    const struct query query = {.model = set->nested->admin.model, .where = {&where, 1}};
    if (!set->nested->min && !set->nested->max)
        return OK;
    enum status status = query_count(db, &query, &count);
    if (status != OK)
        return status;
    inline_check_count(inlines, set, (size_t)count);
    return set->error.length ? fail_as(INVALID, "an inline has too many rows, or too few") : OK;
}

enum status inlines_save(struct inlines *inlines, struct db *db)
{
    enum status status = OK;
    for (size_t i = 0; i < inlines->sets.count && status == OK; i++) {
        struct inline_set *set = &inlines->sets.items[i];
        if (set->nested->forward)
            continue;
        status = save_set(inlines, set, db);
        if (status == OK)
            status = check_stored(inlines, set, db);
    }
    return status;
}
