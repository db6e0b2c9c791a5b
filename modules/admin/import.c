/* Rows from a file into a table: what it would change is shown first, and done when that is
 * confirmed, if it is still the same. Both take as long as the file is long: the page begins at
 * once, shows how far it is, and says at its end how it ended. */
#include "admin/import.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "admin/entries.h"
#include "admin/files.h"
#include "admin/page.h"
#include "admin/registry.h"
#include "admin/views.h"
#include "auth/auth.h"
#include "base/arena.h"
#include "base/log.h"
#include "base/temporary.h"
#include "http/request.h"
#include "http/response.h"
#include "http/url.h"
#include "model/csv.h"
#include "site/csrf.h"
#include "site/messages.h"
#include "site/site.h"
#include "template/language.h"
#include "template/value.h"
#include "uploads/uploads.h"

/* One row */

struct saving {
    struct importing *importing;
    struct entries entries; /* of the log */
    bool names_need_more;   /* what people call a row may need the rows it refers to */
    bool dry_run;
};

static void prepare(void *row, struct arena *arena, void *context)
{
    const struct importing *importing = ((const struct saving *)context)->importing;
    struct request request = *importing->request;
    request.arena = arena; /* that of the row: there may be many */
    if (importing->admin->prepare)
        importing->admin->prepare(&request, NULL, row);
}

static enum status log_row(struct saving *saving, const struct import_row *change, const void *row,
                           struct arena *arena)
{
    const struct importing *importing = saving->importing;
    struct text *labels = ARENA_ARRAY(arena, struct text, change->change_count);
    struct request request = *importing->request;
    void *named = NULL;
    enum status status = OK;
    request.arena = arena;
    for (size_t i = 0; i < change->change_count; i++)
        labels[i] = page_titled(arena, text_of(change->changes[i].field->label));
    const struct entry_part part = {
        .action = change->added ? ENTRY_ADDED : ENTRY_CHANGED,
        .fields = labels,
        .field_count = change->change_count,
    };
    if (saving->names_need_more)
        status =
            registry_row(&request, importing->admin->model, key_quote(arena, change->key), &named);
    return status == OK ? entries_add(&saving->entries, named ? named : row, part.action, &part, 1)
                        : status;
}

static enum status take_row(struct db *db, const struct import_row *change, const void *row,
                            struct arena *arena, void *context)
{
    struct saving *saving = context;
    const struct importing *importing = saving->importing;
    const struct model_admin *admin = importing->admin;
    enum admin_action action = change->added ? ADMIN_ADD : ADMIN_CHANGE;
    (void)db;
    if (saving->dry_run && ferror(importing->out))
        return fail("nobody waits for it");
    if (admin->may && !admin->may(importing->request, action, row))
        return fail_as(INVALID, "%s", translate("You may not change this row."));
    return saving->dry_run ? OK : log_row(saving, change, row, arena);
}

static enum status end_log(struct db *db, void *context)
{
    struct saving *saving = context;
    (void)db;
    return entries_flush(&saving->entries);
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

static enum status run(struct importing *importing, struct import_options options)
{
    struct request *request = importing->request;
    struct saving saving = {.importing = importing, .dry_run = options.dry_run};
    saving.names_need_more = registry_related(request->arena, importing->admin->model)[0] != NULL;
    options.model = importing->admin->model;
    options.names = file_names(request, importing->admin, true);
    options.migrations = site_migrations(request->arena);
    options.progress = (struct fixture_progress){importing_show_progress, importing};
    options.prepare = prepare;
    options.each = take_row;
    options.end = end_log;
    options.context = &saving;
    importing->report = (struct import_report){.arena = request->arena};
    enum status status = entries_start(&saving.entries, request, options.model);
    if (status == OK)
        status = is_json(importing->in)
                     ? fixtures_import(request->db, importing->in, &options, &importing->report)
                     : csv_load(request->db, importing->in, &options, &importing->report);
    entries_end(&saving.entries);
    return status;
}

static enum status drop(const struct importing *importing, struct text name)
{
    return name.length ? uploads_drop(importing->request->db, importing->request->user->id, name)
                       : OK;
}

/* What it would do; `noted`: what another page has said, or NULL. */

static enum status keep_notes(struct importing *importing, FILE *notes)
{
    struct request *request = importing->request;
    struct text name;
    rewind(notes);
    enum status status = uploads_keep(request->db, request->arena, request->user->id, notes, &name);
    if (status == OK)
        page_text(importing->context, "seen", name);
    return status;
}

static enum status look_into(struct importing *importing, FILE *noted, FILE *notes)
{
    const struct import_report *report = &importing->report;
    enum status status =
        run(importing, (struct import_options){.dry_run = true, .noted = noted, .notes = notes});
    if (status != OK && status != INVALID)
        return status;
    importing_add_report(importing, importing->context);
    if (status == INVALID)
        return OK;
    if (report->added + report->changed)
        return keep_notes(importing, notes);
    return drop(importing, importing->name);
}

static enum status look(struct importing *importing, FILE *noted)
{
    int fd;
    enum status status = temporary_open(&fd);
    if (status != OK)
        return status;
    FILE *notes = fdopen(fd, "w+b");
    if (!notes) {
        close(fd);
        return fail("no file for notes: %s", strerror(errno));
    }
    status = look_into(importing, noted, notes);
    fclose(notes);
    return status;
}

/* Doing it */

static enum status tell_done(const struct importing *importing)
{
    const struct import_report *report = &importing->report;
    page_text(importing->context, "done",
              text_format(importing->request->arena, translate("Imported: %zu added, %zu changed."),
                          report->added, report->changed));
    enum status status = drop(importing, importing->name);
    return status == OK ? drop(importing, importing->seen) : status;
}

static enum status confirm(struct importing *importing)
{
    FILE *noted;
    struct request *request = importing->request;
    enum status status = uploads_open(request->db, request->user->id, importing->seen, &noted);
    if (status != OK)
        return status;
    status = run(importing, (struct import_options){.noted = noted});
    if (status == CONFLICT && importing->report.differing) {
        rewind(noted);
        status = look(importing, noted);
        if (status == OK)
            status = drop(importing, importing->seen);
    } else if (status == INVALID) {
        importing_add_report(importing, importing->context);
        status = OK;
    } else if (status == OK) {
        status = tell_done(importing);
    }
    fclose(noted);
    return status;
}

static enum status work(struct importing *importing)
{
    struct request *request = importing->request;
    enum status status = site_database(&request->db, true);
    if (status == OK)
        status = uploads_open(request->db, request->user->id, importing->name, &importing->in);
    if (status != OK)
        return status;
    status = importing->confirmed ? confirm(importing) : look(importing, NULL);
    fclose(importing->in);
    return status;
}

/* What went wrong is said on the page, which has begun. */
static void tell_failure(const struct importing *importing, enum status status)
{
    const char *words = status == NOT_FOUND
                            ? translate("The file is no longer there: choose it again.")
                        : status == BUSY || status == TIMEOUT
                            ? translate("Others are writing just now. Nothing was imported, and "
                                        "the file is kept: try again in a moment.")
                            : translate("That did not work. Nothing was imported, and the file is "
                                        "kept: try again in a moment.");
    page_text(importing->context, "failed", text_of(words));
    value_map_set(importing->context, TEXT("is_lost"), value_bool(status == NOT_FOUND));
    if (status != NOT_FOUND)
        log_error("an import failed", LOG_STRING("reason", status_failure()->message));
}

static enum status produce(struct request *request, FILE *out, void *context)
{
    struct importing *importing = context;
    importing->request = request;
    importing->out = out;
    importing_write_head(importing);
    enum status status = work(importing);
    if (status != OK)
        tell_failure(importing, status);
    return importing_write_end(importing);
}

/* The page */

static struct text columns_text(const struct importing *importing)
{
    struct arena *arena = importing->request->arena;
    struct buffer out = {.arena = arena};
    const char *const *names = file_names(importing->request, importing->admin, true);
    for (size_t i = 0; names[i]; i++)
        buffer_format(&out, "%s%s", i ? ", " : "", names[i]);
    return buffer_contents(&out);
}

static enum status show(struct importing *importing, struct response *response)
{
    struct request *request = importing->request;
    struct text plural = model_verbose_name_plural(importing->admin->model, request->arena);
    struct text title = text_format(request->arena, translate("Import %.*s"), TEXT_ARG(plural));
    struct value_map *context = page_context(request, title, importing->admin);
    page_crumb(context, text_of(translate("Import")), TEXT(""));
    page_text(context, "columns", columns_text(importing));
    page_text(context, "back_url",
              registry_url(request->arena, importing->admin, "changelist", TEXT_NONE));
    page_text(context, "upload", importing->name);
    page_text(context, "csrf_token", csrf_token(request)); /* the page outlives the request's own */
    importing->context = context;
    return page_show(request, response, "admin/import.html", context);
}

/* It grows: a proxy is asked to pass on what there is (nginx.org, X-Accel-Buffering). */
static enum status show_growing(struct importing *importing, struct response *response)
{
    enum status status = show(importing, response);
    if (status != OK)
        return status;
    importing->page = text_copy(importing->request->arena, buffer_contents(&response->body));
    response_header(response, "X-Accel-Buffering", TEXT("no"));
    response_stream(response, produce, importing);
    return OK;
}

/* The file is kept, and the page shown at an address of its own: it can be asked for again. */
static enum status take_file(struct importing *importing, struct response *response)
{
    struct request *request = importing->request;
    struct arena *arena = request->arena;
    struct text url = registry_url(arena, importing->admin, "import", TEXT_NONE);
    struct request_file file;
    if (!request_file(request, "file", &file) || !file.bytes.length) {
        message_add(request, MESSAGE_WARNING,
                    text_of(translate("Choose a file that has something in it.")));
        return page_go(response, url);
    }
    enum status status =
        uploads_keep_bytes(request->db, arena, request->user->id, file.bytes, &importing->name);
    return status == OK ? page_go(response, text_format(arena, "%.*s?upload=%.*s", TEXT_ARG(url),
                                                        TEXT_ARG(importing->name)))
                        : status;
}

static enum status answer(struct importing *importing, struct response *response)
{
    struct request *request = importing->request;
    if (request->method != HTTP_POST)
        return request_query(request, "upload", &importing->name) && importing->name.length
                   ? show_growing(importing, response)
                   : show(importing, response);
    if (!request_form(request, "upload", &importing->name) || !importing->name.length)
        return take_file(importing, response);
    importing->confirmed = request_form(request, "seen", &importing->seen);
    return show_growing(importing, response);
}

enum status admin_import(struct request *request, struct response *response)
{
    struct importing *importing = ARENA_NEW(request->arena, struct importing);
    bool may_add;
    bool may_change = false;
    *importing = (struct importing){.request = request, .admin = registry_of(request)};
    enum status status = registry_may(request, importing->admin, ADMIN_ADD, NULL, &may_add);
    if (status == OK)
        status = registry_may(request, importing->admin, ADMIN_CHANGE, NULL, &may_change);
    if (status != OK)
        return status;
    return may_add && may_change ? answer(importing, response) : page_forbidden(request, response);
}
