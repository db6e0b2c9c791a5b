/* What templates see of a form. */
#include "admin/form.h"

#include <string.h>

#include "admin/cell.h"
#include "admin/form_internal.h"
#include "admin/page.h"
#include "admin/registry.h"
#include "base/arena.h"
#include "base/buffer.h"
#include "http/request.h"
#include "model/query.h"
#include "template/language.h"

#define MOST_OPTIONS 200  /* rows of a reference's table in a list to choose from */
#define MOST_BOXES   1000 /* the same of a MANY_TO_MANY */

static bool is_among(const struct form_field *field, struct text key)
{
    if (field->field->type != &field_MANY_TO_MANY)
        return field->raw.at && text_equal(text_trim(field->raw), key);
    for (size_t i = 0; i < field->raws.count; i++)
        if (text_equal(text_trim(field->raws.items[i]), key))
            return true;
    return false;
}

static struct value option_value(const struct admin_form *form, const struct form_field *field,
                                 const void *row)
{
    struct arena *arena = form->request->arena;
    const struct model *to = field->field->to;
    struct value_map *map = value_map_new(arena);
    struct text key = key_of(arena, to, row);
    page_text(map, "value", key);
    page_text(map, "label", model_print(to, row, arena));
    value_map_set(map, TEXT("chosen"), value_bool(is_among(field, key)));
    return value_map(map);
}

/* Whether a row is filled in below, in an inline, instead of being added elsewhere. */
static bool is_inline(const struct model_admin *admin, const struct field *field)
{
    const struct admin_inline *each = admin->inlines;
    for (; each && each->admin.model; each++)
        if (each->forward && strcmp(each->forward, field->name) == 0)
            return true;
    return false;
}

/* Ways to the table that a reference leads into, for who may go them. */
static enum status set_ways(const struct admin_form *form, const struct field *field,
                            struct value_map *map)
{
    struct arena *arena = form->request->arena;
    const struct model_admin *to = registry_find(field->to);
    bool may_view = false;
    bool may_add = false;
    if (!to || !field->type->is_reference)
        return OK;
    enum status status = registry_may(form->request, to, ADMIN_VIEW, NULL, &may_view);
    if (status == OK)
        status = registry_may(form->request, to, ADMIN_ADD, NULL, &may_add);
    if (status != OK)
        return status;
    struct text path = page_path(arena, "admin:autocomplete", TEXT_NONE);
    if (may_view)
        page_text(map, "list_url", registry_url(arena, to, "changelist", TEXT_NONE));
    if (may_add && !is_inline(form->admin, field))
        page_text(map, "add_url", registry_url(arena, to, "add", TEXT_NONE));
    page_text(map, "to_field", text_of(model_key(field->to)->name));
    if (may_view && to->search_fields
        && !admin_form_has_name(form->admin->raw_id_fields, field->name))
        page_text(map, "autocomplete",
                  text_format(arena, "%.*s?app_label=%s&model_name=%s&field_name=%s",
                              TEXT_ARG(path), form->admin->model->app_label,
                              form->admin->model->name, field->name));
    return OK;
}

/* A reference into a table of many rows is typed as its key; the row's name stands beside it. */
static enum status set_named(const struct admin_form *form, const struct form_field *field,
                             struct value_map *map)
{
    void *row;
    struct arena *arena = form->request->arena;
    value_map_set(map, TEXT("is_raw"), value_bool(true));
    if (!field->raw.length)
        return OK;
    enum status status = registry_row(form->request, field->field->to,
                                      key_quote(arena, text_trim(field->raw)), &row);
    if (status == OK)
        page_text(map, "related", model_print(field->field->to, row, arena));
    return status == NOT_FOUND ? OK : status;
}

/* What is chosen is offered in any case, or saving the form would take it away. */
static enum status add_chosen(const struct admin_form *form, const struct form_field *field,
                              struct row_list *rows)
{
    struct arena *arena = form->request->arena;
    size_t listed = rows->count;
    for (size_t i = 0; i < field->raws.count; i++) {
        struct text key = text_trim(field->raws.items[i]);
        void *row;
        bool is_listed = false;
        for (size_t k = 0; k < listed && !is_listed; k++)
            is_listed = text_equal(key_of(arena, field->field->to, rows->items[k]), key);
        enum status status =
            is_listed ? NOT_FOUND
                      : registry_row(form->request, field->field->to, key_quote(arena, key), &row);
        if (status == OK)
            *LIST_PUSH(arena, rows) = row;
        else if (status != NOT_FOUND)
            return status;
    }
    return OK;
}

static enum status set_options(const struct admin_form *form, const struct form_field *field,
                               struct value_map *map)
{
    struct arena *arena = form->request->arena;
    const struct field *of = field->field;
    struct row_list rows;
    int64_t most = of->type->is_reference ? MOST_OPTIONS : MOST_BOXES;
    const struct query query = {.model = of->to,
                                .related = registry_related(arena, of->to),
                                .limit = most + 1};
    enum status status = set_ways(form, of, map);
    if (status != OK)
        return status;
    if (admin_form_has_name(form->admin->raw_id_fields, of->name)
        || admin_form_has_name(form->admin->autocomplete_fields, of->name))
        return set_named(form, field, map);
    status = query_rows(form->request->db, arena, &query, &rows);
    if (status != OK)
        return status;
    if ((int64_t)rows.count > most && of->type->is_reference)
        return set_named(form, field, map);
    bool is_cut = (int64_t)rows.count > most;
    if (is_cut)
        rows.count = (size_t)most;
    status = is_cut ? add_chosen(form, field, &rows) : OK;
    struct value *items = ARENA_ARRAY(arena, struct value, rows.count);
    for (size_t i = 0; i < rows.count; i++)
        items[i] = option_value(form, field, rows.items[i]);
    value_map_set(map, TEXT("options"), value_list(arena, items, rows.count));
    value_map_set(map, TEXT("is_cut"), value_bool(is_cut));
    return status;
}

static struct value choices_value(const struct admin_form *form, const struct form_field *field)
{
    struct arena *arena = form->request->arena;
    LIST(struct value) items = {0};
    for (const struct field_choice *each = field->field->choices; each->value; each++) {
        struct value_map *map = value_map_new(arena);
        page_text(map, "value", text_of(each->value));
        page_text(map, "label", text_of(translate(each->label)));
        value_map_set(map, TEXT("chosen"), value_bool(is_among(field, text_of(each->value))));
        *LIST_PUSH(arena, &items) = value_map(map);
    }
    return value_list(arena, items.items, items.count);
}

static enum status input_value(const struct admin_form *form, struct form_field *field,
                               struct value_map **out)
{
    struct arena *arena = form->request->arena;
    struct value_map *map = value_map_new(arena);
    enum status status = OK;
    value_map_set(map, TEXT("field"), form_field_value(field));
    page_text(map, "label", page_titled(arena, text_of(translate(field->field->label))));
    if (field->field->help_text)
        page_text(map, "help", text_of(translate(field->field->help_text)));
    if (field->field->to)
        status = set_options(form, field, map);
    else if (field->field->choices)
        value_map_set(map, TEXT("options"), choices_value(form, field));
    *out = map;
    return status;
}

/* The rows on the other side, by what people call them. */
static enum status set_linked(const struct admin_form *form, const struct field *field,
                              struct value_map *map)
{
    struct arena *arena = form->request->arena;
    int64_t *keys = NULL;
    size_t count = 0;
    struct buffer out = {.arena = arena};
    enum status status =
        links_read(form->request->db, arena, form->admin->model, field,
                   *(const int64_t *)field_at(model_key(form->admin->model), form->before), &keys,
                   &count);
    for (size_t i = 0; i < count && status == OK; i++) {
        void *row;
        struct text key = text_format(arena, "%lld", (long long)keys[i]);
        status = registry_row(form->request, field->to, key, &row);
        if (status == OK) {
            struct text label = model_print(field->to, row, arena);
            buffer_format(&out, "%s%.*s", i ? ", " : "", TEXT_ARG(label));
        }
        status = status == NOT_FOUND ? OK : status;
    }
    page_text(map, "value", count ? buffer_contents(&out) : TEXT("-"));
    return status;
}

static enum status shown_value(const struct admin_form *form, const char *name, struct value *out)
{
    struct arena *arena = form->request->arena;
    const struct field *field = model_field(form->admin->model, text_of(name));
    bool is_link = field && field->type == &field_MANY_TO_MANY;
    struct value_map *map = is_link || !form->before
                                ? value_map_new(arena)
                                : cell_value(arena, form->admin, name, form->before);
    enum status status = is_link && form->before ? set_linked(form, field, map) : OK;
    if (!form->before)
        page_text(map, "value", TEXT("-"));
    value_map_set(map, TEXT("is_shown"), value_bool(true));
    page_text(map, "label", page_titled(arena, cell_label(arena, form->admin, name)));
    *out = value_map(map);
    return status;
}

/* What somebody else has saved in a field, where it is not what was typed. */
static enum status set_theirs(const struct admin_form *form, const struct form_field *field,
                              struct value_map *map)
{
    struct arena *arena = form->request->arena;
    const struct field *of = field->field;
    bool is_link = of->type == &field_MANY_TO_MANY;
    bool differs = !is_link && !field_equal(of, form->theirs, form->row, arena);
    enum status status = is_link ? admin_form_links_differ(form, field, &differs) : OK;
    if (status != OK || !differs)
        return status;
    struct value_map *theirs =
        is_link ? value_map_new(arena) : cell_value(arena, form->admin, of->name, form->theirs);
    if (is_link)
        status = set_linked(form, of, theirs);
    value_map_set(map, TEXT("theirs"), value_map(theirs));
    return status;
}

static enum status edited_value(struct admin_form *form, struct form_field *field,
                                struct value *out)
{
    struct value_map *map;
    enum status status = input_value(form, field, &map);
    if (status == OK && form->theirs)
        status = set_theirs(form, field, map);
    *out = value_map(map);
    return status;
}

enum status admin_form_value(struct admin_form *form, const char *name, struct value *out)
{
    struct form_field *field = form_field(&form->form, text_of(name));
    return field ? edited_value(form, field, out) : shown_value(form, name, out);
}

static enum status section_value(struct admin_form *form, const struct admin_fieldset *set,
                                 struct value *out)
{
    struct arena *arena = form->request->arena;
    LIST(struct value) rows = {0};
    enum status status = OK;
    for (const char *const *name = set->fields; *name && status == OK; name++)
        status = admin_form_value(form, *name, LIST_PUSH(arena, &rows));
    struct value_map *map = value_map_new(arena);
    if (set->title)
        page_text(map, "title", text_of(translate(set->title)));
    value_map_set(map, TEXT("rows"), value_list(arena, rows.items, rows.count));
    *out = value_map(map);
    return status;
}

enum status admin_form_sections_value(struct admin_form *form, struct value *out)
{
    struct arena *arena = form->request->arena;
    LIST(struct value) sections = {0};
    enum status status = OK;
    const struct admin_fieldset *set = admin_form_sections(form);
    for (; set->fields && status == OK; set++)
        status = section_value(form, set, LIST_PUSH(arena, &sections));
    *out = value_list(arena, sections.items, sections.count);
    return status;
}

/* Errors, together */

void admin_errors_add(struct arena *arena, struct admin_errors *errors, const struct form *form,
                      struct text of)
{
    if (form->error.length)
        *LIST_PUSH(arena, errors) = (struct admin_error){.label = of, .sentence = form->error};
    for (size_t i = 0; i < form->count; i++) {
        const struct form_field *field = &form->fields[i];
        if (!field->error.length)
            continue;
        struct text label = page_titled(arena, text_of(translate(field->field->label)));
        *LIST_PUSH(arena, errors) = (struct admin_error){
            .label =
                of.length ? text_format(arena, "%.*s: %.*s", TEXT_ARG(of), TEXT_ARG(label)) : label,
            .id = text_format(arena, "id_%.*s%s", TEXT_ARG(form->prefix), field->field->name),
            .sentence = field->error,
        };
    }
}

struct value admin_errors_value(struct arena *arena, const struct admin_errors *errors)
{
    struct value *items = ARENA_ARRAY(arena, struct value, errors->count);
    for (size_t i = 0; i < errors->count; i++) {
        struct value_map *map = value_map_new(arena);
        page_text(map, "label", errors->items[i].label.at ? errors->items[i].label : TEXT(""));
        page_text(map, "id", errors->items[i].id.at ? errors->items[i].id : TEXT(""));
        page_text(map, "sentence", errors->items[i].sentence);
        items[i] = value_map(map);
    }
    return value_list(arena, items, errors->count);
}
