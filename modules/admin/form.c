#include "admin/form.h"

#include <stdlib.h>
#include <string.h>

#include "admin/cell.h"
#include "admin/page.h"
#include "admin/registry.h"
#include "base/arena.h"
#include "crypto/crypto.h"
#include "http/request.h"
#include "http/url.h"
#include "model/query.h"
#include "model/row_digest.h"
#include "site/settings.h"
#include "template/language.h"
#include "template/value.h"

#define MOST_OPTIONS 200  /* rows of a reference's table in a list to choose from */
#define MOST_BOXES   1000 /* the same of a MANY_TO_MANY */
#define DIGEST_NAME  "_digest"

/* Which fields */

static bool has_name(const char *const *names, const char *name)
{
    for (; names && *names; names++)
        if (strcmp(*names, name) == 0)
            return true;
    return false;
}

static bool is_edited(const struct admin_form *form, const struct field *field)
{
    const struct model_admin *admin = form->admin;
    return form->edits && field && field != model_key(admin->model) && !field->hidden
           && !has_name(admin->readonly_fields, field->name)
           && (!admin->may_edit || admin->may_edit(form->request, field, form->before));
}

typedef LIST(const char *) name_list;

/* In the order they stand in; read-only ones that no section names come last, as Django has them.
 */
static const struct admin_fieldset *sections_of(const struct admin_form *form)
{
    const struct model_admin *admin = form->admin;
    struct arena *arena = form->request->arena;
    name_list names = {0};
    if (admin->fieldsets)
        return admin->fieldsets;
    for (size_t i = 1; i < admin->model->field_count; i++)
        if (!admin->model->fields[i].hidden
            && !has_name(admin->readonly_fields, admin->model->fields[i].name))
            *LIST_PUSH(arena, &names) = admin->model->fields[i].name;
    for (const char *const *name = admin->readonly_fields; name && *name; name++)
        *LIST_PUSH(arena, &names) = *name;
    *LIST_PUSH(arena, &names) = NULL;
    struct admin_fieldset *sets = ARENA_ARRAY(arena, struct admin_fieldset, 2);
    sets[0].fields = names.items;
    return sets;
}

static const char *const *names_of(const struct admin_form *form)
{
    struct arena *arena = form->request->arena;
    name_list names = {0};
    for (const struct admin_fieldset *set = sections_of(form); set->fields; set++)
        for (const char *const *name = set->fields; *name; name++)
            if (is_edited(form, model_field(form->admin->model, text_of(*name))))
                *LIST_PUSH(arena, &names) = *name;
    *LIST_PUSH(arena, &names) = NULL;
    return names.items;
}

static enum status digest_now(const struct admin_form *form, struct db *db, struct text *out)
{
    struct arena *arena = form->request->arena;
    const struct model *model = form->admin->model;
    return row_digest(db, arena, model, model_key_of(model, form->before, arena), names_of(form),
                      site_settings.secret_key, out);
}

enum status admin_form_start(struct admin_form *form, const struct request *request,
                             const struct model_admin *admin, const void *before, bool edits)
{
    struct arena *arena = request->arena;
    const struct model *model = admin->model;
    *form = (struct admin_form){request, admin, .before = before, .edits = edits};
    form->row = model_new(model, arena);
    if (before)
        memcpy(form->row, before, model->row_size);
    form_start(&form->form, arena, model, names_of(form));
    enum status status = form->form.count && before && request->method != HTTP_POST
                             ? digest_now(form, request->db, &form->digest)
                             : OK;
    return status == OK ? form_show(&form->form, request->db, form->row) : status;
}

void admin_form_take_query(struct admin_form *form, struct text pairs)
{
    struct text name;
    struct text value;
    while (url_query_next(form->request->arena, &pairs, &name, &value))
        if (name.at && value.at)
            form_take(&form->form, name, value);
}

void admin_form_take(struct admin_form *form)
{
    struct text name;
    struct text value;
    size_t at = 0;
    form_start(&form->form, form->request->arena, form->admin->model, names_of(form));
    while (request_form_next(form->request, &at, &name, &value))
        if (name.at && value.at)
            form_take(&form->form, name, value);
    if (!request_form(form->request, DIGEST_NAME, &form->digest) || !form->digest.at)
        form->digest = TEXT("");
}

/* Meeting others */

enum status admin_form_check_digest(struct admin_form *form, struct db *db)
{
    struct text now;
    if (!form->before || !form->digest.length)
        return OK;
    enum status status = digest_now(form, db, &now);
    return status == OK && !secret_equal(now, form->digest) ? CONFLICT : status;
}

enum status admin_form_meet(struct admin_form *form)
{
    void *row;
    struct text key = key_of(form->request->arena, form->admin->model, form->before);
    enum status status = digest_now(form, form->request->db, &form->digest);
    if (status == OK)
        status = registry_row(form->request, form->admin->model, key, &row);
    if (status == OK)
        form->before = form->theirs = row;
    return status;
}

/* What has changed */

static bool has_key(const int64_t *keys, size_t count, struct text raw)
{
    int64_t key;
    if (!text_to_int64(&key, text_trim(raw)))
        return false;
    for (size_t i = 0; i < count; i++)
        if (keys[i] == key)
            return true;
    return false;
}

static enum status links_differ(const struct admin_form *form, const struct form_field *field,
                                bool *out)
{
    int64_t *keys = NULL;
    size_t count = 0;
    enum status status = OK;
    if (form->before)
        status =
            links_read(form->request->db, form->request->arena, form->admin->model, field->field,
                       *(const int64_t *)field_at(model_key(form->admin->model), form->before),
                       &keys, &count);
    *out = field->raws.count != count;
    for (size_t i = 0; i < field->raws.count; i++)
        *out = *out || !has_key(keys, count, field->raws.items[i]);
    return status;
}

enum status admin_form_changes(struct admin_form *form, struct text **labels, size_t *count)
{
    struct arena *arena = form->request->arena;
    enum status status = OK;
    *labels = ARENA_ARRAY(arena, struct text, form->form.count);
    *count = 0;
    for (size_t i = 0; i < form->form.count && status == OK; i++) {
        const struct form_field *field = &form->form.fields[i];
        bool differs = false;
        if (field->field->type == &field_MANY_TO_MANY)
            status = links_differ(form, field, &differs);
        else
            differs = !form->before || !field_equal(field->field, form->before, form->row, arena);
        if (differs)
            (*labels)[(*count)++] = page_titled(arena, text_of(field->field->label));
    }
    return status;
}

/* Showing */

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

/* A reference into a table of many rows is typed as its key; the row's name stands beside it. */
static enum status set_named(const struct admin_form *form, const struct form_field *field,
                             struct value_map *map)
{
    void *row;
    const struct model_admin *to = registry_find(field->field->to);
    struct arena *arena = form->request->arena;
    value_map_set(map, TEXT("is_raw"), value_bool(true));
    if (to)
        page_text(map, "list_url", registry_url(arena, to, "changelist", TEXT_NONE));
    if (!field->raw.length)
        return OK;
    enum status status = registry_row(form->request, field->field->to,
                                      key_quote(arena, text_trim(field->raw)), &row);
    if (status == OK)
        page_text(map, "related", model_print(field->field->to, row, arena));
    return status == NOT_FOUND ? OK : status;
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
    if (has_name(form->admin->raw_id_fields, of->name))
        return set_named(form, field, map);
    enum status status = query_rows(form->request->db, arena, &query, &rows);
    if (status != OK)
        return status;
    if ((int64_t)rows.count > most && of->type->is_reference)
        return set_named(form, field, map);
    struct value *items = ARENA_ARRAY(arena, struct value, rows.count);
    for (size_t i = 0; i < rows.count; i++)
        items[i] = option_value(form, field, rows.items[i]);
    value_map_set(map, TEXT("options"), value_list(arena, items, rows.count));
    return OK;
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
    enum status status = is_link ? links_differ(form, field, &differs) : OK;
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

static enum status section_value(struct admin_form *form, const struct admin_fieldset *set,
                                 struct value *out)
{
    struct arena *arena = form->request->arena;
    LIST(struct value) rows = {0};
    enum status status = OK;
    for (const char *const *name = set->fields; *name && status == OK; name++) {
        struct form_field *field = form_field(&form->form, text_of(*name));
        struct value row;
        status = field ? edited_value(form, field, &row) : shown_value(form, *name, &row);
        *LIST_PUSH(arena, &rows) = row;
    }
    struct value_map *map = value_map_new(arena);
    if (set->title)
        page_text(map, "title", text_of(translate(set->title)));
    value_map_set(map, TEXT("rows"), value_list(arena, rows.items, rows.count));
    *out = value_map(map);
    return status;
}

enum status admin_form_add_context(struct admin_form *form, struct value_map *context)
{
    struct arena *arena = form->request->arena;
    LIST(struct value) sections = {0};
    enum status status = OK;
    for (const struct admin_fieldset *set = sections_of(form); set->fields && status == OK; set++) {
        struct value section;
        status = section_value(form, set, &section);
        *LIST_PUSH(arena, &sections) = section;
    }
    value_map_set(context, TEXT("sections"), value_list(arena, sections.items, sections.count));
    value_map_set(context, TEXT("form"), form_value(&form->form));
    value_map_set(context, TEXT("edits"), value_bool(form->form.count > 0));
    value_map_set(context, TEXT("theirs"), value_bool(form->theirs != NULL));
    page_text(context, "digest", form->digest);
    return status;
}
