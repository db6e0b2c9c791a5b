/* An import as pages show it: how far it is, what it would do, how it ended. */
#include <sys/stat.h>

#include "admin/import.h"
#include "admin/page.h"
#include "base/arena.h"
#include "base/buffer.h"
#include "http/request.h"
#include "site/site.h"
#include "template/language.h"
#include "template/value.h"

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
        value_map_set(map, TEXT("gone"), value_bool(row->gone));
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

void importing_add_report(const struct importing *importing, struct value_map *context)
{
    const struct import_report *report = &importing->report;
    const struct {
        const char *name;
        size_t count;
    } counts[] = {
        {"added", report->added},
        {"changed", report->changed},
        {"unchanged", report->unchanged},
        {"refused", report->refused},
        {"differing", report->differing},
        {"more_rows", report->more_rows},
        {"more_errors", report->more_errors},
    };
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        value_map_set(context, text_of(counts[i].name), value_integer((int64_t)counts[i].count));
    value_map_set(context, TEXT("rows"), rows_value(importing));
    value_map_set(context, TEXT("errors"), errors_value(importing));
    value_map_set(context, TEXT("reported"), value_bool(true));
}

/* While it runs */

/* A page in two halves, between which the answer grows. */
#define GROWS TEXT("<!--outcome-->")

void importing_write_head(struct importing *importing)
{
    struct text page = importing->page;
    size_t at = text_find(page, GROWS);
    struct text head = at == TEXT_NOT_FOUND ? page : text_part(page, 0, at);
    fwrite(head.at, 1, head.length, importing->out);
    fflush(importing->out);
    importing->page = text_from(page, head.length);
}

/* Of the file's bytes, of a hundred. */
static int percent_of(FILE *in)
{
    struct stat file;
    off_t at = ftello(in);
    if (fstat(fileno(in), &file) != 0 || file.st_size <= 0 || at < 0)
        return 0;
    return at >= file.st_size ? 99 : (int)(at * 100 / file.st_size);
}

static enum status write_template(const struct importing *importing, struct arena *arena,
                                  const char *name, const struct value_map *context)
{
    struct request request = *importing->request;
    struct buffer out = {.arena = arena};
    request.arena = arena;
    enum status status = site_render_into(&request, &out, name, context);
    if (status == OK)
        fwrite(out.at, 1, out.length, importing->out);
    fflush(importing->out);
    return status;
}

void importing_show_progress(size_t rows, void *context)
{
    struct importing *importing = context;
    int percent = percent_of(importing->in);
    if (percent == importing->percent)
        return;
    struct arena *arena = arena_new(4096);
    struct value_map *map = value_map_new(arena);
    importing->percent = percent;
    value_map_set(map, TEXT("percent"), value_integer(percent));
    value_map_set(map, TEXT("rows"), value_integer((int64_t)rows));
    write_template(importing, arena, "admin/import_progress.html", map);
    arena_free(arena);
}

enum status importing_write_end(const struct importing *importing)
{
    enum status status = write_template(importing, importing->request->arena,
                                        "admin/import_outcome.html", importing->context);
    fwrite(importing->page.at, 1, importing->page.length, importing->out);
    return status;
}
