#include "admin/inlines.h"

#include <string.h>

#include "admin/registry.h"
#include "base/arena.h"
#include "http/request.h"
#include "model/query.h"
#include "template/language.h"

#define MOST_ROWS  100  /* stored ones that are shown */
#define MOST_FORMS 1000 /* as Django's formsets */

/* Who may */

static enum status ask_rights(const struct inlines *inlines, struct inline_set *set)
{
    enum status status = OK;
    for (int action = ADMIN_VIEW; action <= ADMIN_DELETE && status == OK; action++)
        status = registry_may(inlines->request, &set->nested->admin, (enum admin_action)action,
                              NULL, &set->may[action]);
    for (int action = ADMIN_ADD; action <= ADMIN_DELETE; action++)
        set->may[action] = set->may[action] && inlines->main->edits;
    set->may[ADMIN_DELETE] = set->may[ADMIN_DELETE] && !set->nested->keeps;
    return status;
}

static enum status row_edits(const struct inlines *inlines, const struct inline_set *set,
                             const void *before, bool *out)
{
    enum admin_action action = before ? ADMIN_CHANGE : ADMIN_ADD;
    *out = false;
    return set->may[action]
               ? registry_may(inlines->request, &set->nested->admin, action, before, out)
               : OK;
}

/* Rows */

int64_t *inline_joined_key(const struct inline_set *set, void *row)
{
    return (int64_t *)((char *)row + set->field->offset);
}

static enum status make_row(const struct inlines *inlines, const struct inline_set *set,
                            const void *before, struct text number, struct inline_row **out)
{
    struct arena *arena = inlines->request->arena;
    struct inline_row *row = ARENA_NEW(arena, struct inline_row);
    row->form = (struct admin_form){
        .request = inlines->request,
        .admin = &set->nested->admin,
        .before = before,
        .joined = set->nested->forward ? NULL : set->field,
        .prefix = text_format(arena, "%.*s-%.*s-", TEXT_ARG(set->prefix), TEXT_ARG(number)),
    };
    row->is_empty = !before;
    enum status status = row_edits(inlines, set, before, &row->form.edits);
    if (status == OK)
        status = admin_form_start(&row->form);
    if (status != OK)
        return status;
    const void *owner = inlines->main->before;
    if (!set->nested->forward && owner)
        *inline_joined_key(set, row->form.row) =
            *(const int64_t *)field_at(model_key(inlines->main->admin->model), owner);
    *out = row;
    return OK;
}

static enum status start_row(const struct inlines *inlines, struct inline_set *set,
                             const void *before, struct inline_row **out)
{
    struct arena *arena = inlines->request->arena;
    struct text number = text_format(arena, "%zu", set->total++);
    enum status status = make_row(inlines, set, before, number, out);
    if (status == OK)
        *LIST_PUSH(arena, &set->rows) = *out;
    return status;
}

enum status inline_blank_row(const struct inlines *inlines, struct inline_set *set,
                             struct inline_row **out)
{
    *out = NULL;
    return set->may[ADMIN_ADD] && !set->nested->forward && inline_most(set) > 1
               ? make_row(inlines, set, NULL, TEXT("__prefix__"), out)
               : OK;
}

size_t inline_most(const struct inline_set *set)
{
    bool is_one = set->nested->forward || set->field->type == &field_ONE_TO_ONE;
    return is_one ? 1 : set->nested->max ? set->nested->max : MOST_FORMS;
}

static size_t extra_of(const struct inline_set *set, size_t stored)
{
    size_t extra = set->nested->no_extra ? 0 : set->nested->extra ? set->nested->extra : 3;
    size_t most = inline_most(set);
    if (stored + extra < set->nested->min)
        extra = set->nested->min - stored;
    return stored >= most ? 0 : extra < most - stored ? extra : most - stored;
}

static enum status count_more(const struct inlines *inlines, struct inline_set *set,
                              struct query query, size_t shown)
{
    int64_t count;
    query.limit = 0;
    enum status status = query_count(inlines->request->db, &query, &count);
    if (status == OK)
        set->more = (size_t)count - shown;
    return status;
}

static enum status show_stored(const struct inlines *inlines, struct inline_set *set)
{
    struct arena *arena = inlines->request->arena;
    const struct model *model = set->nested->admin.model;
    const void *owner = inlines->main->before;
    struct row_list rows = {0};
    if (!owner || !set->may[ADMIN_VIEW])
        return OK;
    const struct condition where = {.name = set->field->name,
                                    .value =
                                        model_key_of(inlines->main->admin->model, owner, arena)};
    const struct query query = {.model = model,
                                .where = {&where, 1},
                                .order = set->nested->admin.ordering,
                                .related = registry_related(arena, model),
                                .limit = MOST_ROWS + 1};
    enum status status = query_rows(inlines->request->db, arena, &query, &rows);
    for (size_t i = 0; i < rows.count && i < MOST_ROWS && status == OK; i++) {
        struct inline_row *row;
        status = start_row(inlines, set, rows.items[i], &row);
    }
    return status == OK && rows.count > MOST_ROWS ? count_more(inlines, set, query, MOST_ROWS)
                                                  : status;
}

static enum status show_rows(const struct inlines *inlines, struct inline_set *set)
{
    enum status status = show_stored(inlines, set);
    size_t extra = set->may[ADMIN_ADD] ? extra_of(set, set->rows.count + set->more) : 0;
    for (size_t i = 0; i < extra && status == OK; i++) {
        struct inline_row *row;
        status = start_row(inlines, set, NULL, &row);
    }
    return status;
}

/* What was sent */

static struct text sent(const struct inlines *inlines, const struct inline_set *set,
                        const char *name)
{
    struct text prefix = text_format(inlines->request->arena, "%.*s-", TEXT_ARG(set->prefix));
    return admin_form_sent(inlines->request, prefix, name);
}

/* A stored row of that key that belongs to the main one. NOT_FOUND. */
static enum status find_stored(const struct inlines *inlines, const struct inline_set *set,
                               struct text raw, void **out)
{
    struct arena *arena = inlines->request->arena;
    const struct model *model = set->nested->admin.model;
    const void *owner = inlines->main->before;
    enum status status =
        owner ? registry_row(inlines->request, model, key_quote(arena, raw), out) : NOT_FOUND;
    if (status != OK)
        return status;
    int64_t key = *(const int64_t *)field_at(model_key(inlines->main->admin->model), owner);
    if (*inline_joined_key(set, *out) == key)
        return OK;
    *out = NULL;
    return NOT_FOUND;
}

void inline_row_set_gone(struct inline_row *row)
{
    row->form.before = NULL;
    row->form.digest = TEXT("");
    row->is_gone = true;
    row->is_empty = false;
}

static void take_row(struct inline_row *row)
{
    row->is_taken = true;
    row->deletes = admin_form_sent(row->form.request, row->form.prefix, "DELETE").length > 0;
    if (row->form.edits)
        admin_form_take(&row->form);
    row->is_empty = !row->form.is_touched;
}

/* A copy is one, as often as it is sent. */
static void make_new(struct inline_row *row)
{
    row->is_empty = !row->form.edits;
    row->form.shown = TEXT("");
    row->form.digest = TEXT("");
}

static enum status take_numbered(const struct inlines *inlines, struct inline_set *set, size_t i)
{
    struct arena *arena = inlines->request->arena;
    const struct model *model = set->nested->admin.model;
    struct text prefix = text_format(arena, "%.*s-%zu-", TEXT_ARG(set->prefix), i);
    struct text key = text_trim(admin_form_sent(inlines->request, prefix, model_key(model)->name));
    void *before = NULL;
    struct inline_row *row;
    enum status status = key.length ? find_stored(inlines, set, key, &before) : NOT_FOUND;
    set->total = i;
    if (status == NOT_FOUND)
        status = OK;
    if (status == OK)
        status = start_row(inlines, set, before, &row);
    if (status != OK)
        return status;
    take_row(row);
    row->deletes = row->deletes && (!before || set->may[ADMIN_DELETE]);
    if (key.length && inlines->as_new)
        make_new(row);
    else if (key.length && !before && !row->deletes && row->form.edits)
        inline_row_set_gone(row);
    else if (!before && i < set->nested->min && row->form.edits)
        row->is_empty = false;
    return OK;
}

static enum status take_rows(const struct inlines *inlines, struct inline_set *set)
{
    int64_t total;
    enum status status = OK;
    if (!text_to_int64(&total, text_trim(sent(inlines, set, "TOTAL_FORMS"))) || total < 0)
        return OK;
    for (int64_t i = 0; i < total && i < MOST_FORMS && status == OK; i++)
        status = take_numbered(inlines, set, (size_t)i);
    return status;
}

/* No two rows refer to one by a ONE_TO_ONE: a copy of the main one needs another. */
static void take_copy(const struct inlines *inlines, const struct inline_set *set,
                      struct inline_row *row)
{
    struct form_field *field = form_field(&inlines->main->form, text_of(set->field->name));
    struct text key = admin_form_sent(inlines->request, row->form.prefix,
                                      model_key(row->form.admin->model)->name);
    if (!inlines->as_new || set->field->type != &field_ONE_TO_ONE || !field || !key.length
        || !text_equal(text_trim(field->raw), key))
        return;
    make_new(row);
    field->raw = TEXT("");
}

/* The row that the main one refers to, or one to be filled in. */
static enum status start_forward(const struct inlines *inlines, struct inline_set *set)
{
    struct arena *arena = inlines->request->arena;
    const void *owner = inlines->main->before;
    void *before = NULL;
    struct inline_row *row;
    enum status status = NOT_FOUND;
    if (owner && !field_is_null(set->field, owner))
        status = registry_row(inlines->request, set->nested->admin.model,
                              key_quote(arena, field_print(set->field, owner, arena)), &before);
    if (status != OK && status != NOT_FOUND)
        return status;
    bool is_edited = form_field(&inlines->main->form, text_of(set->field->name)) != NULL;
    if (before ? !set->may[ADMIN_VIEW] : !set->may[ADMIN_ADD] || !is_edited)
        return OK;
    status = start_row(inlines, set, before, &row);
    bool was_sent = sent(inlines, set, "TOTAL_FORMS").length > 0;
    if (status == OK && inlines->request->method == HTTP_POST && was_sent) {
        take_row(row);
        take_copy(inlines, set, row);
    }
    return status;
}

/* Starting */

/* Django's: what the rows are to the main one. */
static struct text prefix_of(const struct inlines *inlines, const struct inline_set *set)
{
    struct arena *arena = inlines->request->arena;
    const char *name = set->nested->forward ? set->field->name : set->nested->admin.model->name;
    bool is_one = set->nested->forward || set->field->type == &field_ONE_TO_ONE;
    struct text prefix = text_format(arena, "%s%s", name, is_one ? "" : "_set");
    size_t same = 1;
    for (size_t i = 0; i < inlines->sets.count; i++)
        same += text_starts(inlines->sets.items[i].prefix, prefix);
    return same > 1 ? text_format(arena, "%.*s-%zu", TEXT_ARG(prefix), same) : prefix;
}

static enum status start_set(struct inlines *inlines, const struct admin_inline *nested)
{
    struct inline_set set = {
        .nested = nested,
        .field = admin_inline_field(inlines->main->admin->model, nested),
    };
    set.prefix = prefix_of(inlines, &set);
    enum status status = ask_rights(inlines, &set);
    bool edits = set.may[ADMIN_ADD] || set.may[ADMIN_CHANGE] || set.may[ADMIN_DELETE];
    if (status != OK)
        return status;
    if (nested->forward)
        status = start_forward(inlines, &set);
    else if (inlines->request->method == HTTP_POST && edits)
        status = take_rows(inlines, &set);
    else
        status = show_rows(inlines, &set);
    if (status == OK && (set.rows.count || set.may[ADMIN_VIEW] || edits))
        *LIST_PUSH(inlines->request->arena, &inlines->sets) = set;
    return status;
}

enum status inlines_start(struct inlines *inlines, struct request *request, struct admin_form *main,
                          bool as_new)
{
    *inlines = (struct inlines){.request = request, .main = main, .as_new = as_new};
    const struct admin_inline *each = main->admin->inlines;
    enum status status = OK;
    for (; each && each->admin.model && status == OK; each++)
        status = start_set(inlines, each);
    return status;
}

/* Checking */

/* The row that the main one refers to is either chosen there, or filled in here. */
static void check_choice(const struct inlines *inlines, const struct inline_set *set)
{
    struct form_field *field = form_field(&inlines->main->form, text_of(set->field->name));
    const struct inline_row *row = set->rows.count ? set->rows.items[0] : NULL;
    if (!row || !row->is_taken || row->is_empty || !field)
        return;
    struct text own =
        row->form.before ? key_of(inlines->request->arena, row->form.admin->model, row->form.before)
                         : TEXT("");
    if (!text_equal(text_trim(field->raw), own))
        field->error =
            text_of(translate("Either choose one, or fill in the fields of one below: not both."));
    else if (!row->form.before)
        field->error = TEXT_NONE;
}

static enum status check_row(const struct inlines *inlines, struct inline_row *row)
{
    if (!row->is_taken || row->deletes || row->is_empty)
        return OK;
    enum status status = form_check(&row->form.form, inlines->request->db, row->form.row);
    return status == INVALID ? OK : status;
}

void inline_check_count(const struct inlines *inlines, struct inline_set *set, size_t count)
{
    struct arena *arena = inlines->request->arena;
    size_t max = set->nested->max;
    bool adds = false;
    for (size_t i = 0; i < set->rows.count; i++)
        adds = adds
               || (!set->rows.items[i]->form.before && !set->rows.items[i]->deletes
                   && !set->rows.items[i]->is_empty);
    if (max && adds && count > max)
        set->error = text_format(arena, translate("There may be %zu at most."), max);
    else if ((set->rows.count || !inlines->main->before) && set->may[ADMIN_ADD]
             && count < set->nested->min)
        set->error = text_format(arena, translate("There must be %zu at least."), set->nested->min);
}

/* Of a new main row there are no others than those that were sent; of one that is there they are
 * counted within the transaction. */
static void check_count(const struct inlines *inlines, struct inline_set *set)
{
    size_t kept = 0;
    for (size_t i = 0; i < set->rows.count; i++)
        kept += !set->rows.items[i]->deletes && !set->rows.items[i]->is_empty;
    if (!inlines->main->before)
        inline_check_count(inlines, set, kept);
}

static enum status check_set(const struct inlines *inlines, struct inline_set *set)
{
    enum status status = OK;
    for (size_t i = 0; i < set->rows.count && status == OK; i++)
        status = check_row(inlines, set->rows.items[i]);
    if (set->nested->forward)
        check_choice(inlines, set);
    else if (status == OK && inlines->request->method == HTTP_POST)
        check_count(inlines, set);
    return status;
}

static size_t count_errors(const struct inlines *inlines)
{
    struct admin_errors errors = {0};
    admin_errors_add(inlines->request->arena, &errors, &inlines->main->form, TEXT(""));
    inlines_add_errors(inlines, &errors);
    return errors.count;
}

enum status inlines_check(struct inlines *inlines)
{
    struct admin_form *main = inlines->main;
    enum status status = form_check(&main->form, inlines->request->db, main->row);
    if (status == INVALID)
        status = OK;
    for (size_t i = 0; i < inlines->sets.count && status == OK; i++)
        status = check_set(inlines, &inlines->sets.items[i]);
    if (status == OK && count_errors(inlines))
        return fail_as(INVALID, "some fields need another look");
    return status;
}
