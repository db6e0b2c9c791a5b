/* Loading fixtures. An object whose references name rows that are not there yet waits in a
 * temporary file until all others are loaded. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/list.h"
#include "model/fixtures_internal.h"
#include "model/query.h"

#define PROGRESS_EVERY 512

/* Waiting */

/* One that is saved in part is found again by its key. */
static enum status remember_key(const struct object *object)
{
    const struct field *key = model_key(object->plan->model);
    if (key->type != &field_ROWID)
        return OK;
    json_t *number = json_integer(*(const int64_t *)field_at(key, object->row));
    return json_object_set_new(object->json, "pk", number) == 0 ? OK : fail("out of memory");
}

static enum status wait_for_others(struct object *object)
{
    struct loader *loader = object->loader;
    enum status status = object->saved ? remember_key(object) : OK;
    if (status != OK)
        return status;
    json_t *record =
        json_pack("{s:I, s:I, s:I, s:b, s:O}", "source", (json_int_t)object->origin.source,
                  "number", (json_int_t)object->origin.number, "line",
                  (json_int_t)object->origin.line, "saved", object->saved, "object", object->json);
    bool good = record && json_dumpf(record, loader->waiting, JSON_COMPACT) == 0
                && fputc('\n', loader->waiting) != EOF;
    json_decref(record);
    loader->waiting_count++;
    return good ? OK : fail("a temporary file cannot be written: %s", strerror(errno));
}

/* One object */

static enum status load_object(struct object *object)
{
    struct loader *loader = object->loader;
    bool was_saved = object->saved;
    enum status status = object_load(object);
    if (status == OK && object->incomplete)
        status = wait_for_others(object);
    if (status != OK)
        return object_refuse(object, status == NOT_FOUND ? FAILED : status);
    if (!object->saved || was_saved)
        return OK;
    loader->saved_one = true;
    loader->loaded++;
    return trigger_pause_count(&object->plan->pause, loader->db, loader->options->migrations);
}

static void show_progress(const struct loader *loader, size_t objects)
{
    const struct fixture_progress *progress = &loader->options->progress;
    if (progress->show && objects % PROGRESS_EVERY == 0)
        progress->show(objects, progress->context);
}

static enum status load_objects(struct loader *loader, size_t index, FILE *file)
{
    struct arena *arena = arena_new((size_t)16 * 1024);
    struct fixture_reader *reader =
        fixture_reader_new(loader->arena, &loader->sources[index], file);
    json_t *json = NULL;
    enum status status;
    while ((status = fixture_reader_next(reader, &json)) == OK) {
        struct object object = {.loader = loader, .arena = arena, .json = json};
        object.origin =
            (struct origin){index, fixture_reader_number(reader), fixture_reader_line(reader)};
        status = load_object(&object);
        json_decref(json);
        arena_reset(arena);
        if (status != OK)
            break;
        show_progress(loader, loader->loaded + loader->waiting_count);
    }
    fixture_reader_free(reader);
    arena_free(arena);
    return status == NOT_FOUND ? OK : status;
}

static enum status load_source(struct loader *loader, size_t index)
{
    const struct fixture_source *source = &loader->sources[index];
    if (source->kind != FIXTURE_FILE)
        return load_objects(loader, index, source->kind == FIXTURE_TEXT ? NULL : stdin);
    FILE *file = fopen(source->name, "re");
    if (!file)
        return fail_as(NOT_FOUND, "%s cannot be read: %s", source->name, strerror(errno));
    enum status status = load_objects(loader, index, file);
    fclose(file);
    return status;
}

/* What waited */

static enum status load_record(struct loader *loader, struct arena *arena, json_t *record)
{
    struct object object = {
        .loader = loader,
        .arena = arena,
        .json = json_object_get(record, "object"),
        .saved = json_is_true(json_object_get(record, "saved")),
        .origin = {(size_t)json_integer_value(json_object_get(record, "source")),
                   (size_t)json_integer_value(json_object_get(record, "number")),
                   (size_t)json_integer_value(json_object_get(record, "line"))},
    };
    return load_object(&object);
}

static enum status load_records(struct loader *loader, FILE *records, size_t count)
{
    struct arena *arena = arena_new((size_t)16 * 1024);
    enum status status = OK;
    rewind(records);
    for (size_t i = 0; i < count && status == OK; i++) {
        json_error_t error;
        json_t *record = json_loadf(records, JSON_DISABLE_EOF_CHECK | JSON_ALLOW_NUL, &error);
        status = record ? load_record(loader, arena, record)
                        : fail("a temporary file cannot be read: %s", error.text);
        json_decref(record);
        arena_reset(arena);
        show_progress(loader, loader->loaded);
    }
    arena_free(arena);
    return status;
}

/* Goes through what waits until nothing does; a round that changed nothing is followed by the last,
 * which refuses what still leads nowhere. */
static enum status load_waiting(struct loader *loader)
{
    enum status status = OK;
    while (loader->waiting_count && status == OK) {
        FILE *records = loader->waiting;
        size_t count = loader->waiting_count;
        loader->waiting = loader->spare;
        loader->spare = records;
        rewind(loader->waiting);
        loader->waiting_count = 0;
        loader->saved_one = false;
        status = load_records(loader, records, count);
        loader->last = loader->waiting_count == count && !loader->saved_one;
    }
    return status;
}

/* References by key */

static enum status refuse_dangling(const struct loader *loader, const struct model *model,
                                   const char *field, const struct model *to,
                                   const struct buffer *sql)
{
    struct db_rows rows;
    db_query_built(loader->db, &rows, buffer_contents(sql), NULL, 0);
    bool found = db_next(&rows);
    struct text key = found ? text_copy(loader->arena, db_text_at(&rows, 0)) : TEXT_NONE;
    int64_t other = found ? db_int_at(&rows, 1) : 0;
    enum status status = db_finish(&rows);
    if (status != OK || !found)
        return status;
    return fail_as(CONFLICT,
                   "%s.%s %.*s: the field \"%s\" refers to %s.%s %" PRId64 ", which is not there",
                   model->app_label, model->name, TEXT_ARG(key), field, to->app_label, to->name,
                   other);
}

static void put_dangling(struct buffer *sql, const char *table, const char *key, const char *column,
                         const struct model *to)
{
    buffer_format(sql,
                  "SELECT t.\"%s\", t.\"%s\" FROM \"%s\" t WHERE t.\"%s\" IS NOT NULL AND NOT "
                  "EXISTS (SELECT 1 FROM \"%s\" o WHERE o.\"%s\" = t.\"%s\") LIMIT 1",
                  key, column, table, column, model_table(to), model_key(to)->column, column);
}

static enum status check_field(const struct loader *loader, const struct model *model,
                               const struct field *field)
{
    struct buffer sql = {.arena = loader->arena};
    if (field->type->is_reference) {
        put_dangling(&sql, model_table(model), model_key(model)->column, field->column, field->to);
    } else if (!field->column) {
        struct link_table links = link_table_of(model, field, loader->arena);
        put_dangling(&sql, links.name, links.from, links.to, field->to);
    } else {
        return OK;
    }
    return refuse_dangling(loader, model, field->name, field->to, &sql);
}

/* The database itself says at the commit only that there is a fault. */
static enum status check_references(const struct loader *loader)
{
    enum status status = OK;
    for (const struct plan *plan = loader->plans; plan->model && status == OK; plan++)
        for (size_t i = 0; plan->used && i < plan->model->field_count && status == OK; i++)
            status = check_field(loader, plan->model, &plan->model->fields[i]);
    return status;
}

static bool has_paused(const struct loader *loader)
{
    const struct plan *plan = loader->plans;
    while (plan->model && !plan->pause.paused)
        plan++;
    return plan->model != NULL;
}

static enum status follow_keys(const struct loader *loader)
{
    enum status status = OK;
    for (const struct plan *plan = loader->plans; plan->model && status == OK; plan++)
        if (plan->used)
            status = model_keys_follow(loader->db, plan->model);
    return status;
}

static enum status load_all(struct db *db, void *context)
{
    struct loader *loader = context;
    enum status status = OK;
    (void)db;
    for (size_t i = 0; i < loader->source_count && status == OK; i++)
        status = load_source(loader, i);
    if (status == OK)
        status = load_waiting(loader);
    if (status == OK)
        status = trigger_pause_end(has_paused(loader), loader->db, loader->options->migrations);
    if (status == OK)
        status = check_references(loader);
    return status == OK ? follow_keys(loader) : status;
}

static struct plan *plans_of(struct arena *arena, const struct model *const *models)
{
    size_t count = 0;
    while (models[count])
        count++;
    struct plan *plans = ARENA_ARRAY(arena, struct plan, count + 1);
    for (size_t i = 0; i < count; i++)
        plans[i] = (struct plan){.model = models[i], .pause = trigger_pause_start(models[i])};
    return plans;
}

static enum status load_with(struct loader *loader, FILE *waiting, FILE *spare)
{
    if (!waiting || !spare)
        return fail("no temporary file can be made: %s", strerror(errno));
    loader->waiting = waiting;
    loader->spare = spare;
    return db_transaction(loader->db, load_all, loader);
}

enum status fixtures_load(struct db *db, const struct fixture_source *sources, size_t count,
                          const struct fixture_loading *options, size_t *loaded)
{
    *loaded = 0;
    enum status status = labels_check(options->models, options->excluded);
    if (status != OK)
        return status;
    struct arena *arena = arena_new(8192);
    struct loader loader = {.db = db,
                            .options = options,
                            .sources = sources,
                            .source_count = count,
                            .arena = arena,
                            .plans = plans_of(arena, options->models)};
    FILE *waiting = tmpfile();
    FILE *spare = tmpfile();
    status = load_with(&loader, waiting, spare);
    if (waiting)
        fclose(waiting);
    if (spare)
        fclose(spare);
    arena_free(arena);
    *loaded = status == OK ? loader.loaded : 0;
    return status;
}
