/* A change list as a file: the rows that it has, in its order, in the fields that forms show. */
#include "admin/views.h"

#include <string.h>

#include "admin/files.h"
#include "admin/list.h"
#include "admin/page.h"
#include "admin/registry.h"
#include "base/arena.h"
#include "http/request.h"
#include "http/response.h"
#include "model/csv.h"
#include "model/fixtures.h"
#include "site/site.h"
#include "template/language.h"

struct exporting {
    const struct model_admin *admin;
    bool as_json;
};

static bool is_shown(const struct model_admin *admin, const struct field *field)
{
    const struct admin_fieldset *set = admin->fieldsets;
    if (field->hidden || field == model_key(admin->model))
        return false;
    for (; set && set->fields; set++)
        for (const char *const *name = set->fields; *name; name++)
            if (strcmp(*name, field->name) == 0)
                return true;
    return !admin->fieldsets;
}

static bool is_edited(const struct request *request, const struct model_admin *admin,
                      const struct field *field)
{
    for (const char *const *name = admin->readonly_fields; name && *name; name++)
        if (strcmp(*name, field->name) == 0)
            return false;
    return !admin->may_edit || admin->may_edit(request, field, NULL);
}

const char *const *file_names(const struct request *request, const struct model_admin *admin,
                              bool edited)
{
    const struct model *model = admin->model;
    const char **names = ARENA_ARRAY(request->arena, const char *, model->field_count + 1);
    size_t count = 0;
    names[count++] = model_key(model)->name;
    for (size_t i = 0; i < model->field_count; i++)
        if (is_shown(admin, &model->fields[i])
            && (!edited || is_edited(request, admin, &model->fields[i])))
            names[count++] = model->fields[i].name;
    return names;
}

static enum status write_csv(struct request *request, FILE *out, const struct query *query,
                             const char *const *names)
{
    size_t written;
    const struct csv_dumping options = {.query = *query, .names = names, .byte_order_mark = true};
    return csv_dump(request->db, out, &options, &written);
}

static enum status write_json(struct request *request, FILE *out, const struct query *query,
                              const char *const *names)
{
    size_t written;
    const struct fixture_dumping options = {
        .models = site_models(request->arena),
        .labels = (const char *const[]){text_format(request->arena, "%s.%s",
                                                    query->model->app_label, query->model->name)
                                            .at,
                                        NULL},
        .rows = query,
        .names = names,
        .indent = 1,
    };
    return fixtures_dump(request->db, out, &options, &written);
}

static enum status produce(struct request *request, FILE *out, void *context)
{
    const struct exporting *exporting = context;
    struct list list;
    list_read(&list, request, exporting->admin);
    const struct query query = {
        .model = exporting->admin->model,
        .where = {list.where.items, list.where.count},
        .order = list.order.items,
    };
    const char *const *names = file_names(request, exporting->admin, false);
    return exporting->as_json ? write_json(request, out, &query, names)
                              : write_csv(request, out, &query, names);
}

enum status admin_export(struct request *request, struct response *response)
{
    struct exporting *exporting = ARENA_NEW(request->arena, struct exporting);
    const struct model_admin *admin = registry_of(request);
    struct arena *arena = request->arena;
    struct list list;
    struct text format;
    bool may;
    enum status status = registry_may(request, admin, ADMIN_VIEW, NULL, &may);
    if (status != OK)
        return status;
    if (!may)
        return page_forbidden(request, response);
    list_read(&list, request, admin);
    if (list.forbidden || list.mistaken)
        return fail_as(INVALID, "%s", translate("The list cannot be filtered by that."));
    exporting->admin = admin;
    exporting->as_json = request_query(request, "_format", &format) && text_is(format, "json");
    response->content_type = exporting->as_json ? "application/json" : "text/csv; charset=utf-8";
    response_header(response, "Content-Disposition",
                    text_format(arena, "attachment; filename=\"%s_%s.%s\"", admin->model->app_label,
                                admin->model->name, exporting->as_json ? "json" : "csv"));
    response_header(response, "Cache-Control", TEXT("private, no-store"));
    response_stream(response, produce, exporting);
    return OK;
}
