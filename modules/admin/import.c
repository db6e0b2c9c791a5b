/* Rows from a file into a table: what it would change is shown first, and done when that is
 * confirmed. */
#include <ctype.h>
#include <string.h>

#include "admin/entries.h"
#include "admin/files.h"
#include "admin/page.h"
#include "admin/registry.h"
#include "admin/views.h"
#include "auth/auth.h"
#include "base/arena.h"
#include "http/request.h"
#include "http/response.h"
#include "model/csv.h"
#include "model/import.h"
#include "model/query.h"
#include "site/messages.h"
#include "site/site.h"
#include "template/language.h"
#include "template/value.h"
#include "uploads/uploads.h"

struct importing {
    struct request *request;
    struct response *response;
    const struct model_admin *admin;
    struct text name; /* of the upload */
    struct import_report report;
    bool dry_run;
};

/* One row */

static void prepare(void *row, struct arena *arena, void *context)
{
    const struct importing *importing = context;
    struct request request = *importing->request;
    request.arena = arena; /* that of the row: there may be many */
    if (importing->admin->prepare)
        importing->admin->prepare(&request, NULL, row);
}

static enum status log_row(const struct importing *importing, const struct import_row *change,
                           struct arena *arena)
{
    const struct model *model = importing->admin->model;
    struct request request = *importing->request;
    struct text *labels = ARENA_ARRAY(arena, struct text, change->change_count);
    void *row;
    request.arena = arena;
    for (size_t i = 0; i < change->change_count; i++)
        labels[i] = page_titled(arena, text_of(change->changes[i].field->label));
    const struct entry_part part = {
        .action = change->added ? ENTRY_ADDED : ENTRY_CHANGED,
        .fields = labels,
        .field_count = change->change_count,
    };
    enum status status = registry_row(&request, model, key_quote(arena, change->key), &row);
    return status == OK ? entry_write(&request, model, row, part.action, &part, 1) : status;
}

static enum status take_row(struct db *db, const struct import_row *change, const void *row,
                            struct arena *arena, void *context)
{
    const struct importing *importing = context;
    const struct model_admin *admin = importing->admin;
    enum admin_action action = change->added ? ADMIN_ADD : ADMIN_CHANGE;
    (void)db;
    if (admin->may && !admin->may(importing->request, action, row))
        return fail_as(INVALID, "%s", translate("You may not change this row."));
    return importing->dry_run ? OK : log_row(importing, change, arena);
}

/* The file */

/* A fixture is a list of JSON; a byte order mark may be before it. */
static bool is_json(FILE *in)
{
    int c = getc(in);
    while (c != EOF && (isspace(c) || c == 0xEF || c == 0xBB || c == 0xBF))
        c = getc(in);
    rewind(in);
    return c == '[';
}

static enum status run(struct importing *importing)
{
    struct request *request = importing->request;
    FILE *in;
    enum status status = uploads_open(request->db, request->user->id, importing->name, &in);
    if (status != OK)
        return status;
    const struct import_options options = {
        .model = importing->admin->model,
        .names = file_names(request, importing->admin, true),
        .dry_run = importing->dry_run,
        .prepare = prepare,
        .each = take_row,
        .context = importing,
    };
    importing->report = (struct import_report){.arena = request->arena};
    status = is_json(in) ? fixtures_import(request->db, in, &options, &importing->report)
                         : csv_load(request->db, in, &options, &importing->report);
    fclose(in);
    return status;
}

/* What it would do */

static struct value changes_value(struct arena *arena, const struct import_row *row)
{
    struct value *items = ARENA_ARRAY(arena, struct value, row->change_count);
    for (size_t i = 0; i < row->change_count; i++) {
        struct value_map *map = value_map_new(arena);
        page_text(map, "label",
                  page_titled(arena, text_of(translate(row->changes[i].field->label))));
        page_text(map, "before", row->changes[i].before);
        page_text(map, "after", row->changes[i].after);
        items[i] = value_map(map);
    }
    return value_list(arena, items, row->change_count);
}

static struct value rows_value(const struct importing *importing)
{
    struct arena *arena = importing->request->arena;
    const struct import_report *report = &importing->report;
    struct value *items = ARENA_ARRAY(arena, struct value, report->rows.count);
    for (size_t i = 0; i < report->rows.count; i++) {
        const struct import_row *row = &report->rows.items[i];
        struct value_map *map = value_map_new(arena);
        value_map_set(map, TEXT("line"), value_integer((int64_t)row->line));
        value_map_set(map, TEXT("added"), value_bool(row->added));
        page_text(map, "key", row->key);
        value_map_set(map, TEXT("changes"), changes_value(arena, row));
        items[i] = value_map(map);
    }
    return value_list(arena, items, report->rows.count);
}

static struct value errors_value(const struct importing *importing)
{
    struct arena *arena = importing->request->arena;
    const struct import_report *report = &importing->report;
    struct value *items = ARENA_ARRAY(arena, struct value, report->errors.count);
    for (size_t i = 0; i < report->errors.count; i++) {
        struct value_map *map = value_map_new(arena);
        value_map_set(map, TEXT("line"), value_integer((int64_t)report->errors.items[i].line));
        page_text(map, "column", report->errors.items[i].column);
        page_text(map, "sentence", report->errors.items[i].sentence);
        items[i] = value_map(map);
    }
    return value_list(arena, items, report->errors.count);
}

static void add_report(const struct importing *importing, struct value_map *context)
{
    const struct import_report *report = &importing->report;
    const struct {
        const char *name;
        size_t count;
    } counts[] = {
        {"added", report->added},         {"changed", report->changed},
        {"unchanged", report->unchanged}, {"refused", report->refused},
        {"more_rows", report->more_rows}, {"more_errors", report->more_errors},
    };
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        value_map_set(context, text_of(counts[i].name), value_integer((int64_t)counts[i].count));
    value_map_set(context, TEXT("rows"), rows_value(importing));
    value_map_set(context, TEXT("errors"), errors_value(importing));
    value_map_set(context, TEXT("reported"), value_bool(true));
}

static struct text columns_text(const struct importing *importing)
{
    struct arena *arena = importing->request->arena;
    struct buffer out = {.arena = arena};
    const char *const *names = file_names(importing->request, importing->admin, true);
    for (size_t i = 0; names[i]; i++)
        buffer_format(&out, "%s%s", i ? ", " : "", names[i]);
    return buffer_contents(&out);
}

static enum status show(const struct importing *importing)
{
    struct request *request = importing->request;
    struct text plural = model_verbose_name_plural(importing->admin->model, request->arena);
    struct text title = text_format(request->arena, translate("Import %.*s"), TEXT_ARG(plural));
    struct value_map *context = page_context(request, title, importing->admin);
    page_crumb(context, text_of(translate("Import")), TEXT(""));
    page_text(context, "columns", columns_text(importing));
    page_text(context, "back_url",
              registry_url(request->arena, importing->admin, "changelist", TEXT_NONE));
    if (importing->report.arena)
        add_report(importing, context);
    if (importing->name.at)
        page_text(context, "upload", importing->name);
    return page_show(request, importing->response, "admin/import.html", context);
}

static enum status refuse(struct importing *importing, const char *words)
{
    message_add(importing->request, MESSAGE_WARNING, text_of(words));
    return page_go(importing->response,
                   registry_url(importing->request->arena, importing->admin, "import", TEXT_NONE));
}

/* The two steps */

static enum status drop(struct importing *importing)
{
    struct text name = importing->name;
    importing->name = TEXT_NONE;
    return uploads_drop(importing->request->db, importing->request->user->id, name);
}

static enum status ask(struct importing *importing)
{
    struct request_file file;
    if (!request_file(importing->request, "file", &file) || !file.bytes.length)
        return refuse(importing, translate("Choose a file that has something in it."));
    struct request *request = importing->request;
    enum status status =
        uploads_keep(request->db, request->arena, request->user->id, file.bytes, &importing->name);
    if (status != OK)
        return status;
    importing->dry_run = true;
    status = run(importing);
    const struct import_report *report = &importing->report;
    if (status != OK && status != INVALID)
        return status;
    if (status == INVALID || report->added + report->changed == 0)
        status = drop(importing);
    return status == OK ? show(importing) : status;
}

static enum status confirm(struct importing *importing)
{
    struct request *request = importing->request;
    const struct import_report *report = &importing->report;
    enum status status = run(importing);
    if (status == NOT_FOUND)
        return refuse(importing, translate("The file is no longer there: choose it again."));
    if (status != OK && status != INVALID)
        return status;
    enum status dropped = drop(importing);
    if (dropped != OK)
        return dropped;
    if (status == INVALID)
        return show(importing);
    message_add(request, MESSAGE_SUCCESS,
                text_format(request->arena, translate("Imported: %zu added, %zu changed."),
                            report->added, report->changed));
    return page_go(importing->response,
                   registry_url(request->arena, importing->admin, "changelist", TEXT_NONE));
}

enum status admin_import(struct request *request, struct response *response)
{
    struct importing *importing = ARENA_NEW(request->arena, struct importing);
    bool may_add;
    bool may_change = false;
    *importing = (struct importing){request, response, .admin = registry_of(request)};
    enum status status = registry_may(request, importing->admin, ADMIN_ADD, NULL, &may_add);
    if (status == OK)
        status = registry_may(request, importing->admin, ADMIN_CHANGE, NULL, &may_change);
    if (status != OK)
        return status;
    if (!may_add || !may_change)
        return page_forbidden(request, response);
    if (request->method != HTTP_POST)
        return show(importing);
    return request_form(request, "upload", &importing->name) ? confirm(importing) : ask(importing);
}
