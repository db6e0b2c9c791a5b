#include "model/import.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "db/db.h"
#include "model/form.h"
#include "model/import_internal.h"
#include "model/query.h"
#include "template/language.h"

#define PROGRESS_EVERY 512
#define LONGEST        300 /* bytes of a value in a report */

struct taking {
    struct importer *importer;
    struct arena *arena;
    size_t line;
    const struct import_cell *cells;
    size_t count;
    const void *before; /* NULL: it is new */
    void *row;
    struct form form;
    LIST(const char *) names; /* of the form's fields */
    bool refused;
};

/* The report */

static size_t limit_of(const struct importer *importer)
{
    return importer->options->limit ? importer->options->limit : IMPORT_LIMIT;
}

static struct text cut(struct arena *arena, struct text text)
{
    struct text start = text_cut(text, LONGEST);
    return start.length < text.length ? text_format(arena, "%.*s…", TEXT_ARG(start))
                                      : text_copy(arena, text);
}

void import_refuse(struct importer *importer, size_t line, struct text column, struct text sentence)
{
    struct import_report *report = importer->report;
    if (report->errors.count == limit_of(importer)) {
        report->more_errors++;
        return;
    }
    *LIST_PUSH(report->arena, &report->errors) =
        (struct import_error){line, cut(report->arena, column), cut(report->arena, sentence)};
}

static void refuse(struct taking *taking, const char *column, struct text sentence)
{
    import_refuse(taking->importer, taking->line, text_of(column), sentence);
    taking->refused = true;
}

void import_report_row(struct importer *importer, const struct import_row *change)
{
    struct import_report *report = importer->report;
    struct arena *arena = report->arena;
    if (report->rows.count == limit_of(importer)) {
        report->more_rows++;
        return;
    }
    struct import_change *changes = ARENA_ARRAY(arena, struct import_change, change->change_count);
    for (size_t i = 0; i < change->change_count; i++)
        changes[i] =
            (struct import_change){change->changes[i].field, cut(arena, change->changes[i].before),
                                   cut(arena, change->changes[i].after)};
    struct import_row *copy = LIST_PUSH(arena, &report->rows);
    *copy = *change;
    copy->key = cut(arena, change->key);
    copy->changes = changes;
}

/* Fields */

static bool may_be_given(const struct importer *importer, const struct field *field)
{
    const struct model *model = importer->options->model;
    const char *const *name = importer->options->names;
    if (field == model_key(model))
        return true;
    if (!name)
        return !field->hidden;
    while (*name && model_field(model, text_of(*name)) != field)
        name++;
    return *name != NULL;
}

const struct field *import_field(const struct importer *importer, struct text name)
{
    const struct field *field = model_field(importer->options->model, name);
    return field && may_be_given(importer, field) ? field : NULL;
}

struct text import_field_names(const struct importer *importer, struct arena *arena)
{
    const struct model *model = importer->options->model;
    struct buffer out = {.arena = arena};
    for (size_t i = 0; i < model->field_count; i++)
        if (may_be_given(importer, &model->fields[i]))
            buffer_format(&out, "%s%s", i ? ", " : "", model->fields[i].name);
    return buffer_contents(&out);
}

static bool is_text(const struct field *field)
{
    return field->type == &field_TEXT || field->type == &field_LONG_TEXT;
}

/* Whether a new row cannot do without it. */
static bool is_needed(const struct field *field)
{
    bool has_default = field->default_to && field->default_to[0];
    if (!field->column)
        return !field->blank;
    return !field->null && !has_default && field->type != &field_BOOLEAN
           && !(is_text(field) && field->blank);
}

/* Which row it is */

static const struct import_cell *cell_of(const struct taking *taking, const struct field *field)
{
    for (size_t i = 0; i < taking->count; i++)
        if (taking->cells[i].field == field)
            return &taking->cells[i];
    return NULL;
}

/* A key that stood in the file before. */
static enum status is_seen(const struct taking *taking, struct text key, bool *out)
{
    int64_t is_new = 0;
    enum status status = db_integer(taking->importer->db, &is_new, 0,
                                    "INSERT INTO import_seen (key) VALUES ($1)"
                                    " ON CONFLICT DO NOTHING RETURNING 1",
                                    DB_TEXT(key));
    *out = !is_new;
    return status;
}

static enum status find_by_key(struct taking *taking, const struct field *key)
{
    const struct model *model = taking->importer->options->model;
    bool seen = false;
    enum status status = is_seen(taking, field_print(key, taking->row, taking->arena), &seen);
    if (status == OK && seen)
        refuse(taking, key->name, text_of(translate("A row above has this key already.")));
    if (status != OK || seen)
        return status;
    void *found = NULL;
    status = model_find(taking->importer->db, taking->arena, model,
                        field_bind(key, taking->row, taking->arena), (void *)&found);
    if (status != OK)
        return status == NOT_FOUND ? OK : status;
    taking->before = found;
    memcpy(taking->row, found, model->row_size);
    return OK;
}

static enum status find_row(struct taking *taking)
{
    const struct import_options *options = taking->importer->options;
    const struct model *model = options->model;
    const struct field *key = model_key(model);
    const struct import_cell *cell = cell_of(taking, key);
    taking->row = model_new(model, taking->arena);
    if (options->prepare)
        options->prepare(taking->row, taking->arena, options->context);
    if (!cell || !text_trim(cell->raw).length) {
        if (key->type != &field_ROWID)
            refuse(taking, key->name, text_of(translate("Please fill this in.")));
        return OK;
    }
    struct text why = field_parse(key, taking->row, cell->raw, taking->arena);
    if (!why.length)
        return find_by_key(taking, key);
    refuse(taking, key->name, why);
    return OK;
}

/* Values */

static int compare_keys(const void *a, const void *b)
{
    int64_t one = *(const int64_t *)a;
    int64_t other = *(const int64_t *)b;
    return (one > other) - (one < other);
}

static bool is_between_keys(char c)
{
    return c == ' ' || c == ',' || c == ';' || c == '\t' || c == '\r' || c == '\n';
}

typedef LIST(struct text) word_list;

static void split_keys(struct arena *arena, struct text raw, word_list *out)
{
    for (size_t at = 0; at < raw.length;) {
        size_t end = at;
        while (end < raw.length && !is_between_keys(raw.at[end]))
            end++;
        if (end > at)
            *LIST_PUSH(arena, out) = text_part(raw, at, end);
        at = end + 1;
    }
}

/* Rising, each once, with spaces between; as it was where it is no list of keys. */
static struct text links_text(struct arena *arena, struct text raw)
{
    word_list words = {0};
    struct buffer out = {.arena = arena};
    split_keys(arena, raw, &words);
    int64_t *keys = ARENA_ARRAY(arena, int64_t, words.count);
    for (size_t i = 0; i < words.count; i++)
        if (!text_to_int64(&keys[i], words.items[i]))
            return raw;
    if (words.count)
        qsort(keys, words.count, sizeof *keys, compare_keys);
    for (size_t i = 0; i < words.count; i++)
        if (i == 0 || keys[i] != keys[i - 1])
            buffer_format(&out, "%s%lld", out.length ? " " : "", (long long)keys[i]);
    return out.length ? buffer_contents(&out) : TEXT("");
}

static enum status links_before(const struct taking *taking, const struct field *field,
                                struct text *out)
{
    const struct model *model = taking->importer->options->model;
    struct buffer keys = {.arena = taking->arena};
    int64_t *others = NULL;
    size_t count = 0;
    *out = TEXT("");
    if (!taking->before)
        return OK;
    enum status status =
        links_read(taking->importer->db, taking->arena, model, field,
                   *(const int64_t *)field_at(model_key(model), taking->before), &others, &count);
    for (size_t i = 0; i < count; i++)
        buffer_format(&keys, "%s%lld", i ? " " : "", (long long)others[i]);
    if (count)
        *out = buffer_contents(&keys);
    return status;
}

/* What a field had; empty of a new row. */
static enum status text_before(const struct taking *taking, const struct field *field,
                               struct text *out)
{
    if (!field->column)
        return links_before(taking, field, out);
    *out = taking->before ? field_print(field, taking->before, taking->arena) : TEXT("");
    return OK;
}

/* Chooses what the form has to look at. */
static enum status choose(struct taking *taking, const struct import_cell *cell)
{
    const struct field *field = cell->field;
    struct text before;
    enum status status = text_before(taking, field, &before);
    if (status != OK)
        return status;
    struct text raw = field->column ? cell->raw : links_text(taking->arena, cell->raw);
    if (taking->before && text_equal(raw, before))
        return OK;
    if (field->column && field->null && !text_trim(raw).length)
        field_set_null(field, taking->row);
    else
        *LIST_PUSH(taking->arena, &taking->names) = field->name;
    return OK;
}

static void give(struct taking *taking, const struct import_cell *cell)
{
    word_list words = {0};
    struct text name = text_of(cell->field->name);
    if (!form_field(&taking->form, name))
        return;
    if (cell->field->column) {
        form_take(&taking->form, name, cell->raw);
        return;
    }
    split_keys(taking->arena, cell->raw, &words);
    for (size_t i = 0; i < words.count; i++)
        form_take(&taking->form, name, words.items[i]);
}

static bool is_prepared(const struct taking *taking, const struct field *field)
{
    return is_text(field) && !field_is_null(field, taking->row)
           && field_print(field, taking->row, taking->arena).length > 0;
}

/* Fields that the file does not have. */
static void complete(struct taking *taking)
{
    const struct model *model = taking->importer->options->model;
    struct buffer missing = {.arena = taking->arena};
    for (size_t i = 1; i < model->field_count; i++) {
        const struct field *field = &model->fields[i];
        if (cell_of(taking, field))
            continue;
        if (is_needed(field) && !is_prepared(taking, field))
            buffer_format(&missing, "%s%s", missing.length ? ", " : "", field->name);
        else if (field->column && is_text(field) && field_is_null(field, taking->row)
                 && !field->null)
            *(struct text *)field_member(field, taking->row) = TEXT("");
    }
    if (!missing.length)
        return;
    taking->refused = true;
    if (!taking->importer->missing_is_told) {
        struct text names = buffer_contents(&missing);
        refuse(taking, "",
               text_format(taking->arena, translate("A new row needs these columns too: %.*s."),
                           TEXT_ARG(names)));
    }
    taking->importer->missing_is_told = true;
}

static void refuse_form(struct taking *taking)
{
    for (size_t i = 0; i < taking->form.count; i++)
        if (taking->form.fields[i].error.length)
            refuse(taking, taking->form.fields[i].field->name, taking->form.fields[i].error);
    if (taking->form.error.length)
        refuse(taking, "", taking->form.error);
}

static enum status check_values(struct taking *taking)
{
    enum status status = OK;
    for (size_t i = 0; i < taking->count && status == OK; i++)
        if (taking->cells[i].field != model_key(taking->importer->options->model))
            status = choose(taking, &taking->cells[i]);
    if (!taking->before)
        complete(taking);
    *LIST_PUSH(taking->arena, &taking->names) = NULL;
    form_start(&taking->form, taking->arena, taking->importer->options->model, taking->names.items);
    for (size_t i = 0; i < taking->count; i++)
        give(taking, &taking->cells[i]);
    if (status == OK)
        status = form_check(&taking->form, taking->importer->db, taking->row);
    if (status != INVALID)
        return status;
    refuse_form(taking);
    return OK;
}

/* Saving */

static struct text text_after(const struct taking *taking, const struct import_cell *cell)
{
    return cell->field->column ? field_print(cell->field, taking->row, taking->arena)
                               : links_text(taking->arena, cell->raw);
}

static enum status find_changes(const struct taking *taking, struct import_row *out)
{
    struct import_change *changes = ARENA_ARRAY(taking->arena, struct import_change, taking->count);
    enum status status = OK;
    size_t count = 0;
    for (size_t i = 0; i < taking->count && status == OK; i++) {
        const struct import_cell *cell = &taking->cells[i];
        struct text before;
        if (cell->field == model_key(taking->importer->options->model))
            continue;
        status = text_before(taking, cell->field, &before);
        struct text after = text_after(taking, cell);
        bool turned = taking->before && cell->field->column
                      && field_is_null(cell->field, taking->before)
                             != field_is_null(cell->field, taking->row);
        if (!text_equal(before, after) || turned)
            changes[count++] = (struct import_change){cell->field, before, after};
    }
    *out = (struct import_row){.line = taking->line,
                               .added = !taking->before,
                               .changes = changes,
                               .change_count = count};
    return status;
}

static enum status tell(struct taking *taking, const struct import_row *change)
{
    struct importer *importer = taking->importer;
    const struct import_options *options = importer->options;
    bool differs;
    enum status status = import_notes_take(importer, taking->line, change, taking->arena, &differs);
    if (status != OK)
        return status;
    if (differs || !options->noted)
        import_report_row(importer, change);
    *(change->added ? &importer->report->added : &importer->report->changed) += 1;
    if (!options->each)
        return OK;
    status = options->each(importer->db, change, taking->row, taking->arena, options->context);
    if (status != INVALID)
        return status;
    refuse(taking, "", text_copy(taking->arena, text_of(status_failure()->message)));
    return OK;
}

static enum status save_row(struct db *db, void *context)
{
    struct taking *taking = context;
    return form_save(&taking->form, db, taking->before, taking->row);
}

static enum status save(struct taking *taking)
{
    struct importer *importer = taking->importer;
    const struct field *key = model_key(importer->options->model);
    bool is_new_key = field_is_null(key, taking->row);
    bool seen;
    struct import_row change;
    enum status status = find_changes(taking, &change);
    if (status == OK && taking->before && !change.change_count) {
        importer->report->unchanged++;
        return OK;
    }
    if (status == OK)
        status = db_attempt(importer->db, save_row, taking);
    if (status == INVALID) {
        refuse_form(taking);
        return OK;
    }
    if (status == OK)
        status = trigger_pause_count(&importer->pause, importer->db, importer->options->migrations);
    change.key = field_print(key, taking->row, taking->arena);
    if (status == OK && is_new_key)
        status = is_seen(taking, change.key, &seen);
    return status == OK ? tell(taking, &change) : status;
}

enum status import_row(struct importer *importer, size_t line, const struct import_cell *cells,
                       size_t count, struct arena *arena)
{
    const struct fixture_progress *progress = &importer->options->progress;
    struct taking taking = {
        .importer = importer, .arena = arena, .line = line, .cells = cells, .count = count};
    enum status status = find_row(&taking);
    if (status == OK && !taking.refused)
        status = check_values(&taking);
    if (status == OK && !taking.refused)
        status = save(&taking);
    importer->report->refused += taking.refused;
    if (++importer->rows % PROGRESS_EVERY == 0 && progress->show)
        progress->show(importer->rows, progress->context);
    return status;
}

/* All of it */

static enum status read_all(struct importer *importer)
{
    enum status status =
        db_script(importer->db, "CREATE TEMPORARY TABLE import_seen (key text PRIMARY KEY)");
    if (status == OK)
        status = import_notes_start(importer);
    if (status == OK)
        status = importer->read(importer, importer->context);
    if (status == OK && (importer->report->errors.count || importer->report->refused))
        status = fail_as(INVALID, "the file has errors");
    return status == OK ? import_notes_end(importer) : status;
}

/* NOT_FOUND: all is well, and to be undone. */
static enum status import_all(struct db *db, void *context)
{
    struct importer *importer = context;
    enum status status = read_all(importer);
    if (status == OK && importer->options->dry_run)
        return NOT_FOUND;
    if (status == OK && importer->options->end)
        status = importer->options->end(db, importer->options->context);
    if (status == OK)
        status = trigger_pause_end(importer->pause.paused, db, importer->options->migrations);
    if (status == OK)
        status = model_keys_follow(db, importer->options->model);
    return status == OK ? db_script(db, "DROP TABLE import_seen") : status;
}

enum status import_run(struct importer *importer)
{
    const struct text table = text_of(model_table(importer->options->model));
    importer->pause = trigger_pause_start(importer->options->model);
    enum status status = db_transaction_on(importer->db, &table, 1, import_all, importer);
    return status == NOT_FOUND && importer->options->dry_run ? OK : status;
}
