#include "admin/form.h"

#include <string.h>

#include "admin/form_internal.h"
#include "admin/page.h"
#include "admin/registry.h"
#include "base/arena.h"
#include "crypto/crypto.h"
#include "http/request.h"
#include "http/url.h"
#include "model/query.h"
#include "model/row_digest.h"
#include "site/settings.h"

/* Which fields */

bool admin_form_has_name(const char *const *names, const char *name)
{
    for (; names && *names; names++)
        if (strcmp(*names, name) == 0)
            return true;
    return false;
}

static bool is_edited(const struct admin_form *form, const struct field *field)
{
    const struct model_admin *admin = form->admin;
    return form->edits && field && field != model_key(admin->model) && field != form->joined
           && !field->hidden && !admin_form_has_name(admin->readonly_fields, field->name)
           && registry_may_edit(form->request, admin, field, form->before);
}

typedef LIST(const char *) name_list;

const struct admin_fieldset *admin_form_sections(const struct admin_form *form)
{
    const struct model_admin *admin = form->admin;
    struct arena *arena = form->request->arena;
    name_list names = {0};
    if (!form->only && admin->fieldsets)
        return admin->fieldsets;
    struct admin_fieldset *sets = ARENA_ARRAY(arena, struct admin_fieldset, 2);
    sets[0].fields = form->only;
    if (form->only)
        return sets;
    for (size_t i = 1; i < admin->model->field_count; i++)
        if (!admin->model->fields[i].hidden && &admin->model->fields[i] != form->joined
            && !admin_form_has_name(admin->readonly_fields, admin->model->fields[i].name))
            *LIST_PUSH(arena, &names) = admin->model->fields[i].name;
    for (const char *const *name = admin->readonly_fields; name && *name; name++)
        *LIST_PUSH(arena, &names) = *name;
    *LIST_PUSH(arena, &names) = NULL;
    sets[0].fields = names.items;
    return sets;
}

static const char *const *names_of(const struct admin_form *form)
{
    struct arena *arena = form->request->arena;
    name_list names = {0};
    for (const struct admin_fieldset *set = admin_form_sections(form); set->fields; set++)
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

static void start_fields(struct admin_form *form)
{
    form_start(&form->form, form->request->arena, form->admin->model, names_of(form));
    form->form.prefix = form->prefix;
}

static struct text digest_shown(const struct admin_form *form)
{
    const struct text typed = form_print(&form->form);
    struct digest_value digest = digest_of(DIGEST_SHA256, &typed, 1);
    return hex_of(form->request->arena, text_part(digest_bytes(&digest), 0, 16));
}

/* A new row has nothing typed but what the fields say. */
static void clear_undefined(struct admin_form *form)
{
    for (size_t i = 0; i < form->form.count; i++)
        if (!form->form.fields[i].field->default_to)
            form->form.fields[i].raw = TEXT("");
}

enum status admin_form_start(struct admin_form *form)
{
    struct arena *arena = form->request->arena;
    const struct model *model = form->admin->model;
    form->row = model_new(model, arena);
    if (form->before)
        memcpy(form->row, form->before, model->row_size);
    start_fields(form);
    enum status status = form->form.count && form->before && form->request->method != HTTP_POST
                             ? digest_now(form, form->request->db, &form->digest)
                             : OK;
    if (status == OK)
        status = form_show(&form->form, form->request->db, form->row);
    if (!form->before)
        clear_undefined(form);
    form->shown = digest_shown(form);
    return status;
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
    start_fields(form);
    while (request_form_next(form->request, &at, &name, &value))
        if (name.at && value.at)
            form_take(&form->form, name, value);
    form->digest = admin_form_sent(form->request, form->prefix, "_digest");
    struct text shown = admin_form_sent(form->request, form->prefix, "_shown");
    form->shown = shown.length ? shown : form->shown;
    form->is_touched = !text_equal(digest_shown(form), form->shown);
}

struct text admin_form_sent(const struct request *request, struct text prefix, const char *name)
{
    struct text value;
    struct text full = text_format(request->arena, "%.*s%s", TEXT_ARG(prefix), name);
    bool sent = request_form(request, text_string(request->arena, full), &value);
    return sent && value.at ? value : TEXT("");
}

/* Meeting others */

enum status admin_form_check_digest(struct admin_form *form, struct db *db)
{
    struct text now;
    if (!form->before || !form->digest.length)
        return OK;
    enum status status = digest_now(form, db, &now);
    form->is_behind = status == OK && !secret_equal(now, form->digest);
    return form->is_behind ? CONFLICT : status;
}

enum status admin_form_meet(struct admin_form *form)
{
    void *row;
    struct arena *arena = form->request->arena;
    struct text key = key_quote(arena, key_of(arena, form->admin->model, form->before));
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

enum status admin_form_links_differ(const struct admin_form *form, const struct form_field *field,
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
            status = admin_form_links_differ(form, field, &differs);
        else
            differs = !form->before || !field_equal(field->field, form->before, form->row, arena);
        if (differs)
            (*labels)[(*count)++] = page_titled(arena, text_of(field->field->label));
    }
    return status;
}
