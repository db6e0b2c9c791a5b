#include "site/admin.h"

#include <string.h>

#include "model/query.h"
#include "site/module.h"

const struct admin_column *model_admin_column(const struct model_admin *admin, struct text name)
{
    for (const struct admin_column *each = admin->columns; each && each->name; each++)
        if (text_is(name, each->name))
            return each;
    return NULL;
}

const struct model_method *model_admin_method(const struct model_admin *admin, struct text name)
{
    for (const struct model_method *each = admin->model->methods; each && each->name; each++)
        if (text_is(name, each->name))
            return each;
    return NULL;
}

static const struct field *only_reference(const struct model *from, const struct model *to)
{
    const struct field *found = NULL;
    for (size_t i = 0; i < from->field_count; i++) {
        const struct field *field = &from->fields[i];
        if (!field->type->is_reference || field->to != to)
            continue;
        if (found)
            return NULL;
        found = field;
    }
    return found;
}

const struct field *admin_inline_field(const struct model *model, const struct admin_inline *nested)
{
    const struct model *other = nested->admin.model;
    const struct model *from = nested->forward ? model : other;
    const struct model *to = nested->forward ? other : model;
    const char *name = nested->forward ? nested->forward : nested->reference;
    if (!name)
        return only_reference(from, to);
    const struct field *field = model_field(from, text_of(name));
    return field && field->type->is_reference && field->to == to ? field : NULL;
}

/* What a name of a list may be. */
typedef bool is_good(const struct model_admin *admin, const char *name);

static bool is_column(const struct model_admin *admin, const char *name)
{
    struct text text = text_of(name);
    return text_is(text, "__str__") || query_name(admin->model, text)
           || model_admin_column(admin, text) || model_admin_method(admin, text);
}

static bool is_queried(const struct model_admin *admin, const char *name)
{
    return query_name(admin->model, text_of(name)) != NULL;
}

static bool is_filtered(const struct model_admin *admin, const char *name)
{
    const struct field *field = query_name(admin->model, text_of(name));
    return field
           && (field->choices || field->type->is_reference || field->type == &field_BOOLEAN
               || field->type == &field_DATE || field->type == &field_DATETIME);
}

static bool is_searched(const struct model_admin *admin, const char *name)
{
    return is_queried(admin, name + (*name == '^' || *name == '='));
}

static bool is_sorted(const struct model_admin *admin, const char *name)
{
    return is_queried(admin, name + (*name == '-'));
}

static bool is_own(const struct model_admin *admin, const char *name)
{
    return model_field(admin->model, text_of(name)) != NULL;
}

static bool is_shown(const struct model_admin *admin, const char *name)
{
    return is_own(admin, name) || is_column(admin, name);
}

static bool is_reference(const struct model_admin *admin, const char *name)
{
    const struct field *field = model_field(admin->model, text_of(name));
    return field && field->to;
}

static bool is_among(const char *const *names, const char *name)
{
    while (names && *names && strcmp(*names, name) != 0)
        names++;
    return names && *names;
}

static bool is_displayed(const struct model_admin *admin, const char *name)
{
    return is_among(admin->list_display, name);
}

static bool is_dated(const struct model_admin *admin, const char *name)
{
    const struct field *field = model_field(admin->model, text_of(name));
    return field && (field->type == &field_DATE || field->type == &field_DATETIME);
}

/* A column that is no link to the row. */
static bool is_editable(const struct model_admin *admin, const char *name)
{
    const char *const *links = admin->list_display_links;
    const char *const *display = admin->list_display;
    const struct field *field = model_field(admin->model, text_of(name));
    bool is_link = links ? is_among(links, name) : display && strcmp(display[0], name) == 0;
    return field && field != model_key(admin->model) && is_among(display, name) && !is_link
           && !is_among(admin->readonly_fields, name);
}

static enum status check_names(const struct module *module, const struct model_admin *admin,
                               const char *list, const char *const *names, is_good *good)
{
    for (; names && *names; names++)
        if (!good(admin, *names))
            return fail_as(INVALID, "module %s: the admin of %s has \"%s\" in %s, which is no %s",
                           module->name, admin->model->name, *names, list,
                           good == is_displayed   ? "column of list_display"
                           : good == is_dated     ? "date or datetime of the table"
                           : good == is_editable  ? "field in list_display that is not its link"
                           : good == is_column    ? "field, method or column"
                           : good == is_reference ? "reference"
                           : good == is_filtered  ? "boolean, choice, date or reference"
                                                  : "field");
    return OK;
}

static enum status check_lists(const struct module *module, const struct model_admin *admin)
{
    const struct {
        const char *list;
        const char *const *names;
        is_good *good;
    } lists[] = {
        {"list_display", admin->list_display, is_column},
        {"list_display_links", admin->list_display_links, is_displayed},
        {"list_editable", admin->list_editable, is_editable},
        {"list_filter", admin->list_filter, is_filtered},
        {"date_hierarchy", NAMES(admin->date_hierarchy), is_dated},
        {"search_fields", admin->search_fields, is_searched},
        {"ordering", admin->ordering, is_sorted},
        {"readonly_fields", admin->readonly_fields, is_shown},
        {"raw_id_fields", admin->raw_id_fields, is_reference},
        {"autocomplete_fields", admin->autocomplete_fields, is_reference},
    };
    enum status status = OK;
    for (size_t i = 0; i < sizeof lists / sizeof *lists && status == OK; i++)
        status = check_names(module, admin, lists[i].list, lists[i].names, lists[i].good);
    for (const struct admin_fieldset *set = admin->fieldsets; set && set->fields; set++)
        if (status == OK)
            status = check_names(module, admin, "fieldsets", set->fields, is_shown);
    return status;
}

static enum status check_key(const struct module *module, const struct model *model)
{
    if (model_key(model)->type == &field_ROWID)
        return OK;
    return fail_as(INVALID, "module %s: the admin takes no table whose key is no ROWID, as of %s",
                   module->name, model->name);
}

static enum status check_inlines(const struct module *module, const struct model_admin *admin)
{
    enum status status = OK;
    const struct admin_inline *each = admin->inlines;
    for (; each && each->admin.model && status == OK; each++) {
        const char *other = each->admin.model->name;
        const char *from = each->forward ? admin->model->name : other;
        const char *to = each->forward ? other : admin->model->name;
        status = check_key(module, each->admin.model);
        if (status == OK && each->admin.inlines)
            status = fail_as(INVALID, "module %s: the inline %s of %s has inlines of its own",
                             module->name, other, admin->model->name);
        else if (status == OK && !admin_inline_field(admin->model, each))
            status = fail_as(INVALID,
                             "module %s: the inline %s of %s must name one reference of %s to %s",
                             module->name, other, admin->model->name, from, to);
        if (status == OK)
            status = check_lists(module, &each->admin);
    }
    return status;
}

enum status model_admin_check(const struct module *module, const struct model_admin *admin)
{
    enum status status = check_key(module, admin->model);
    if (status == OK)
        status = check_lists(module, admin);
    return status == OK ? check_inlines(module, admin) : status;
}
