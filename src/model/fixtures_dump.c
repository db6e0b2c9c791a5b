/* Dumping fixtures: the bytes of Django's dumpdata. */
#include <errno.h>
#include <string.h>

#include "base/arena.h"
#include "base/list.h"
#include "model/fixtures_internal.h"
#include "model/query.h"

#define PROGRESS_EVERY 512
#define KEYS_AT_ONCE   ((size_t)10000)

struct dumper {
    struct db *db;
    FILE *out;
    const struct fixture_dumping *options;
    struct json_style style;
    const struct model_list *models;
    struct arena *arena;
    struct condition keys;
    const struct model *model; /* whose rows are being written */
    size_t written;
};

typedef LIST(const char *) name_list;

/* Adds the references within a model's natural key, whose rows are needed to write it. */
static void add_key_names(struct arena *arena, const struct model *model, const char *prefix,
                          name_list *names)
{
    for (const char *const *each = model->natural_key; each && *each; each++) {
        const struct field *field = model_field(model, text_of(*each));
        if (!natural_key_continues(field) || field->to == model)
            continue;
        const char *name = text_format(arena, "%s%s", prefix, field->name).at;
        *LIST_PUSH(arena, names) = name;
        add_key_names(arena, field->to, text_format(arena, "%s__", name).at, names);
    }
}

/* The references of a model that are written by natural key. */
static const char *const *names_along(const struct dumper *dumper, struct arena *arena)
{
    name_list names = {0};
    for (size_t i = 0; i < dumper->model->field_count; i++) {
        const struct field *field = &dumper->model->fields[i];
        if (!dumper->options->natural_foreign || !natural_key_continues(field))
            continue;
        *LIST_PUSH(arena, &names) = field->name;
        add_key_names(arena, field->to, text_format(arena, "%s__", field->name).at, &names);
    }
    *LIST_PUSH(arena, &names) = NULL;
    return names.items;
}

/* Fields */

static enum status put_reference(const struct dumper *dumper, struct buffer *out,
                                 const struct field *field, const void *row, struct arena *arena)
{
    const void *related = *field_related(field, (void *)(uintptr_t)row);
    if (!dumper->options->natural_foreign || !natural_key_continues(field)
        || field_is_null(field, row))
        return fixture_put(out, dumper->style, 2, field, row, arena);
    if (!related)
        return fail_as(INVALID, "it refers to a row that is not there");
    return natural_key_put(out, dumper->style, 2, field->to, related, arena);
}

struct link_list {
    const struct dumper *dumper;
    struct buffer *out;
    const struct field *field;
    struct arena *arena;
    size_t count;
};

static enum status put_link(void *row, struct arena *arena, void *context)
{
    struct link_list *list = context;
    const struct dumper *dumper = list->dumper;
    const struct model *to = list->field->to;
    (list->count++ ? json_put_next : json_put_first)(list->out, dumper->style, 2);
    if (dumper->options->natural_foreign && to->natural_key)
        return natural_key_put(list->out, dumper->style, 3, to, row, arena);
    return fixture_put(list->out, dumper->style, 3, model_key(to), row, arena);
}

/* In the order of the model that they lead to. */
static enum status put_linked(struct link_list *list, const int64_t *keys, size_t count)
{
    struct db_parameter *values = ARENA_ARRAY(list->arena, struct db_parameter, count);
    name_list names = {0};
    for (size_t i = 0; i < count; i++)
        values[i] = DB_INT(keys[i]);
    if (list->dumper->options->natural_foreign)
        add_key_names(list->arena, list->field->to, "", &names);
    *LIST_PUSH(list->arena, &names) = NULL;
    struct query query = {
        list->field->to,
        .where = WHERE({"pk", LOOKUP_IN, .values = values, .value_count = count}),
        .related = names.items,
    };
    return query_each(list->dumper->db, &query, put_link, list);
}

static enum status put_links(const struct dumper *dumper, struct buffer *out,
                             const struct field *field, const void *row, struct arena *arena)
{
    struct link_list list = {dumper, out, field, arena, 0};
    int64_t key = *(const int64_t *)field_at(model_key(dumper->model), row);
    int64_t *keys = NULL;
    size_t count = 0;
    enum status status = links_read(dumper->db, arena, dumper->model, field, key, &keys, &count);
    buffer_char(out, '[');
    for (size_t at = 0; at < count && status == OK; at += KEYS_AT_ONCE)
        status =
            put_linked(&list, keys + at, count - at < KEYS_AT_ONCE ? count - at : KEYS_AT_ONCE);
    if (list.count)
        json_put_end(out, dumper->style, 2);
    buffer_char(out, ']');
    return status;
}

static enum status put_field(const struct dumper *dumper, struct buffer *out,
                             const struct field *field, const void *row, struct arena *arena)
{
    if (!field->column)
        return put_links(dumper, out, field, row, arena);
    if (field->type->is_reference)
        return put_reference(dumper, out, field, row, arena);
    return fixture_put(out, dumper->style, 2, field, row, arena);
}

static bool is_written(const struct dumper *dumper, const struct field *field)
{
    const char *const *name = dumper->options->names;
    while (name && *name && strcmp(*name, field->name) != 0)
        name++;
    return field != model_key(dumper->model) && (!name || *name);
}

/* Many to many come last, as in Django. */
static enum status put_fields(const struct dumper *dumper, struct buffer *out, const void *row,
                              struct arena *arena)
{
    const struct model *model = dumper->model;
    size_t count = 0;
    buffer_char(out, '{');
    for (size_t i = 0; i < 2 * model->field_count; i++) {
        const struct field *field =
            &model->fields[i < model->field_count ? i : i - model->field_count];
        bool links = i >= model->field_count;
        if (!is_written(dumper, field) || links == (field->column != NULL))
            continue;
        (count++ ? json_put_next : json_put_first)(out, dumper->style, 1);
        buffer_format(out, "\"%s\": ", field->name);
        enum status status = put_field(dumper, out, field, row, arena);
        if (status != OK)
            return fail_as(status, "the field \"%s\": %s", field->name, status_failure()->message);
    }
    if (count)
        json_put_end(out, dumper->style, 1);
    buffer_char(out, '}');
    return OK;
}

/* Objects */

static enum status put_object(const struct dumper *dumper, struct buffer *out, const void *row,
                              struct arena *arena)
{
    const struct model *model = dumper->model;
    enum status status = OK;
    buffer_char(out, '{');
    json_put_first(out, dumper->style, 0);
    buffer_format(out, "\"model\": \"%s.%s\"", model->app_label, model->name);
    if (!dumper->options->natural_primary || !model->natural_key) {
        json_put_next(out, dumper->style, 0);
        buffer_text(out, TEXT("\"pk\": "));
        status = fixture_put(out, dumper->style, 1, model_key(model), row, arena);
    }
    json_put_next(out, dumper->style, 0);
    buffer_text(out, TEXT("\"fields\": "));
    if (status == OK)
        status = put_fields(dumper, out, row, arena);
    json_put_end(out, dumper->style, 0);
    buffer_char(out, '}');
    return status;
}

static enum status write_text(const struct dumper *dumper, struct text text)
{
    if (fwrite(text.at, 1, text.length, dumper->out) == text.length)
        return OK;
    return fail("it cannot be written: %s", strerror(errno));
}

static struct text between_objects(const struct dumper *dumper)
{
    bool lines = dumper->style.indent > 0;
    if (!dumper->written)
        return lines ? TEXT("\n") : TEXT("");
    return lines ? TEXT(",\n") : TEXT(", ");
}

static enum status write_row(void *row, struct arena *arena, void *context)
{
    struct dumper *dumper = context;
    const struct fixture_progress *progress = &dumper->options->progress;
    struct buffer out = {.arena = arena};
    buffer_text(&out, between_objects(dumper));
    enum status status = put_object(dumper, &out, row, arena);
    if (status != OK) {
        struct text key = field_print(model_key(dumper->model), row, arena);
        return fail_as(status, "%s.%s %.*s: %s", dumper->model->app_label, dumper->model->name,
                       TEXT_ARG(key), status_failure()->message);
    }
    if (++dumper->written % PROGRESS_EVERY == 0 && progress->show)
        progress->show(dumper->written, progress->context);
    return write_text(dumper, buffer_contents(&out));
}

/* Which rows */

static enum status take_keys(struct dumper *dumper, const struct model *model)
{
    const struct field *key = model_key(model);
    LIST(struct db_parameter) values = {0};
    for (const char *const *each = dumper->options->keys; each && *each; each++) {
        void *row = model_empty(model, dumper->arena);
        struct text why = field_parse(key, row, text_of(*each), dumper->arena);
        if (why.length)
            return fail_as(INVALID, "\"%s\" is no key of %s.%s", *each, model->app_label,
                           model->name);
        *LIST_PUSH(dumper->arena, &values) = field_bind(key, row, dumper->arena);
    }
    dumper->keys = (struct condition){.name = "pk",
                                      .lookup = LOOKUP_IN,
                                      .values = values.items,
                                      .value_count = values.count};
    return OK;
}

static enum status write_model(struct dumper *dumper)
{
    struct query query = {dumper->model, .order = NAMES("pk")};
    if (dumper->options->rows)
        query = *dumper->options->rows;
    if (dumper->options->keys)
        query.where = (struct conditions){&dumper->keys, 1};
    query.related = names_along(dumper, dumper->arena);
    return query_each(dumper->db, &query, write_row, dumper);
}

static enum status write_models(struct db *db, void *context)
{
    struct dumper *dumper = context;
    const struct model_list *models = dumper->models;
    (void)db;
    enum status status = write_text(dumper, TEXT("["));
    for (size_t i = 0; i < models->count && status == OK; i++) {
        dumper->model = models->items[i];
        if (!labels_have(dumper->options->excluded, dumper->model))
            status = write_model(dumper);
    }
    if (status == OK)
        status = write_text(dumper, dumper->style.indent > 0 ? TEXT("\n]\n") : TEXT("]"));
    if (status == OK && fflush(dumper->out) != 0)
        status = fail("it cannot be written: %s", strerror(errno));
    return status;
}

/* Apps that are excluded are not among those that the order of natural keys looks at. */
static void drop_excluded_apps(const struct fixture_dumping *options, struct model_list *models)
{
    size_t kept = 0;
    for (size_t i = 0; i < models->count; i++) {
        const struct model *model = models->items[i];
        const char *const *label = options->excluded;
        while (label && *label && strcmp(*label, model->app_label) != 0)
            label++;
        if (!label || !*label)
            models->items[kept++] = model;
    }
    models->count = kept;
}

static enum status select_models(const struct fixture_dumping *options, struct arena *arena,
                                 struct model_list *out)
{
    const char *const *labels = options->labels;
    enum status status = labels_check(options->models, labels);
    if (status == OK)
        status = labels_check(options->models, options->excluded);
    if (status != OK)
        return status;
    if (options->keys
        && (!labels || !labels[0] || labels[1] || !label_model(options->models, text_of(*labels))))
        return fail_as(INVALID, "keys can be given of one model only, named as app.model");
    labels_select(options->models, labels, arena, out);
    drop_excluded_apps(options, out);
    if (options->natural_foreign)
        labels_sort(out, arena);
    return OK;
}

enum status fixtures_dump(struct db *db, FILE *out, const struct fixture_dumping *options,
                          size_t *written)
{
    struct arena *arena = arena_new(8192);
    struct model_list models = {0};
    struct dumper dumper = {.db = db,
                            .out = out,
                            .options = options,
                            .style = {.indent = options->indent},
                            .models = &models,
                            .arena = arena};
    enum status status = select_models(options, arena, &models);
    if (status == OK && models.count)
        status = options->keys ? take_keys(&dumper, models.items[0]) : OK;
    if (status == OK)
        status = db_snapshot(db, write_models, &dumper); /* as it is at one moment */
    *written = dumper.written;
    arena_free(arena);
    return status;
}
