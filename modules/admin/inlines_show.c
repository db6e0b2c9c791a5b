/* What templates see of inlines. */
#include "admin/inlines.h"

#include "admin/page.h"
#include "admin/registry.h"
#include "base/arena.h"
#include "http/request.h"
#include "template/language.h"

static struct text name_of(const struct inline_row *row, struct arena *arena)
{
    const struct model *model = row->form.admin->model;
    struct text verbose = model_verbose_name(model);
    return row->form.before ? model_print(model, row->form.before, arena)
                            : text_format(arena, translate("New %.*s"), TEXT_ARG(verbose));
}

void inlines_add_errors(const struct inlines *inlines, struct admin_errors *errors)
{
    struct arena *arena = inlines->request->arena;
    for (size_t i = 0; i < inlines->sets.count; i++) {
        const struct inline_set *set = &inlines->sets.items[i];
        struct text plural = model_verbose_name_plural(set->nested->admin.model, arena);
        if (set->error.length)
            *LIST_PUSH(arena, errors) =
                (struct admin_error){.label = page_titled(arena, plural), .sentence = set->error};
        for (size_t k = 0; k < set->rows.count; k++)
            admin_errors_add(arena, errors, &set->rows.items[k]->form.form,
                             name_of(set->rows.items[k], arena));
    }
}

/* The row's own page, for who may see it. */
static enum status set_url(const struct inlines *inlines, const struct inline_row *row,
                           struct value_map *map)
{
    struct arena *arena = inlines->request->arena;
    const struct model_admin *own = registry_find(row->form.admin->model);
    bool may = false;
    enum status status =
        own ? registry_may(inlines->request, own, ADMIN_VIEW, row->form.before, &may) : OK;
    if (status == OK && may)
        page_text(map, "url",
                  registry_url(arena, own, "change",
                               key_of(arena, row->form.admin->model, row->form.before)));
    return status;
}

static enum status row_value(const struct inlines *inlines, const struct inline_set *set,
                             struct inline_row *row, struct value *out)
{
    struct arena *arena = inlines->request->arena;
    const struct model *model = row->form.admin->model;
    struct value_map *map = value_map_new(arena);
    struct value sections;
    enum status status = admin_form_sections_value(&row->form, &sections);
    if (status == OK && row->form.before)
        status = set_url(inlines, row, map);
    if (status != OK)
        return status;
    page_text(map, "name", name_of(row, arena));
    page_text(map, "prefix", row->form.prefix);
    page_text(map, "key_name", text_of(model_key(model)->name));
    page_text(map, "key", row->form.before ? key_of(arena, model, row->form.before) : TEXT(""));
    page_text(map, "digest", row->form.digest.at ? row->form.digest : TEXT(""));
    page_text(map, "shown", row->form.shown);
    page_text(map, "error", row->form.form.error.at ? row->form.form.error : TEXT(""));
    value_map_set(map, TEXT("is_gone"), value_bool(row->is_gone));
    value_map_set(map, TEXT("sections"), sections);
    value_map_set(map, TEXT("is_new"), value_bool(!row->form.before));
    value_map_set(map, TEXT("deletes"), value_bool(row->deletes));
    value_map_set(map, TEXT("may_delete"),
                  value_bool(!set->nested->forward
                             && (row->form.before ? set->may[ADMIN_DELETE] : row->deletes)));
    *out = value_map(map);
    return OK;
}

static enum status set_blank(const struct inlines *inlines, struct inline_set *set,
                             struct value_map *map)
{
    struct inline_row *row;
    struct value value;
    enum status status = inline_blank_row(inlines, set, &row);
    if (status == OK && row)
        status = row_value(inlines, set, row, &value);
    if (status != OK || !row)
        return status;
    value_map_set(map, TEXT("blank"), value);
    value_map_set(map, TEXT("most"), value_integer((int64_t)inline_most(set)));
    return OK;
}

static enum status set_value(const struct inlines *inlines, struct inline_set *set,
                             struct value *out)
{
    struct arena *arena = inlines->request->arena;
    const struct model *model = set->nested->admin.model;
    struct value_map *map = value_map_new(arena);
    struct value *items = ARENA_ARRAY(arena, struct value, set->rows.count);
    enum status status = OK;
    bool edits = set->may[ADMIN_ADD] || set->may[ADMIN_CHANGE] || set->may[ADMIN_DELETE];
    int64_t stored = 0;
    for (size_t i = 0; i < set->rows.count && status == OK; i++) {
        status = row_value(inlines, set, set->rows.items[i], &items[i]);
        stored += set->rows.items[i]->form.before != NULL;
    }
    page_text(map, "title",
              page_titled(arena, set->nested->forward ? model_verbose_name(model)
                                                      : model_verbose_name_plural(model, arena)));
    page_text(map, "name", model_verbose_name(model));
    page_text(map, "prefix", set->prefix);
    page_text(map, "error", set->error.at ? set->error : TEXT(""));
    value_map_set(map, TEXT("edits"), value_bool(edits));
    value_map_set(map, TEXT("is_one"), value_bool(set->nested->forward != NULL));
    value_map_set(map, TEXT("total"), value_integer((int64_t)set->total));
    value_map_set(map, TEXT("stored"), value_integer(stored));
    value_map_set(map, TEXT("more"), value_integer((int64_t)set->more));
    value_map_set(map, TEXT("rows"), value_list(arena, items, set->rows.count));
    *out = value_map(map);
    return status == OK ? set_blank(inlines, set, map) : status;
}

enum status inlines_add_context(struct inlines *inlines, struct value_map *context)
{
    struct arena *arena = inlines->request->arena;
    struct value *items = ARENA_ARRAY(arena, struct value, inlines->sets.count);
    enum status status = OK;
    for (size_t i = 0; i < inlines->sets.count && status == OK; i++)
        status = set_value(inlines, &inlines->sets.items[i], &items[i]);
    value_map_set(context, TEXT("inlines"), value_list(arena, items, inlines->sets.count));
    return status;
}
