/* Fixture JSON of one model as rows to be imported. */
#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "model/fixtures_internal.h"
#include "model/import_internal.h"
#include "template/language.h"

#define SOURCE_NAME "JSON"

/* One object on its way to be a row. */
struct object_reading {
    struct importer *importer;
    struct arena *arena;
    size_t line;
    LIST(struct import_cell) cells;
    bool refused;
};

static void refuse(struct object_reading *reading, const char *column, struct text sentence)
{
    import_refuse(reading->importer, reading->line, text_of(column), sentence);
    reading->refused = true;
}

/* Values */

/* What people would have typed for it. */
static struct text typed(const json_t *value, struct arena *arena)
{
    if (json_is_null(value))
        return TEXT("");
    if (json_is_string(value))
        return (struct text){json_string_value(value), json_string_length(value)};
    struct buffer out = {.arena = arena};
    json_put_value(&out, (struct json_style){.indent = -1}, 0, value);
    return buffer_contents(&out);
}

/* What JSON has no form for in this kind is left to the form to refuse. */
static struct text plain_text(struct object_reading *reading, const struct field *field,
                              const json_t *value)
{
    void *scratch = model_empty(reading->importer->options->model, reading->arena);
    if (json_is_null(value) || fixture_take(field, scratch, value, reading->arena).length)
        return typed(value, reading->arena);
    return field_print(field, scratch, reading->arena);
}

static enum status referred_text(struct object_reading *reading, const struct field *field,
                                 const json_t *value, struct text *out)
{
    int64_t key;
    *out = TEXT("");
    if (!json_is_array(value)) {
        *out = typed(value, reading->arena);
        return OK;
    }
    enum status status =
        natural_key_find(reading->importer->db, reading->arena, field->to, value, &key);
    if (status == OK)
        *out = text_format(reading->arena, "%" PRId64, key);
    if (status == NOT_FOUND) {
        struct text verbose = model_verbose_name(field->to);
        refuse(reading, field->name,
               text_format(reading->arena, translate("There is no such %.*s."), TEXT_ARG(verbose)));
    }
    if (status == INVALID)
        refuse(reading, field->name, text_copy(reading->arena, text_of(status_failure()->message)));
    return status == NOT_FOUND || status == INVALID ? OK : status;
}

static enum status links_text(struct object_reading *reading, const struct field *field,
                              const json_t *values, struct text *out)
{
    struct buffer keys = {.arena = reading->arena};
    enum status status = OK;
    size_t count = json_array_size(values);
    *out = TEXT("");
    if (!json_is_array(values))
        refuse(reading, field->name, text_of(translate("This must be a list of keys.")));
    for (size_t i = 0; i < count && status == OK; i++) {
        struct text key;
        status = referred_text(reading, field, json_array_get(values, i), &key);
        buffer_format(&keys, "%s%.*s", i ? " " : "", TEXT_ARG(key));
    }
    if (count)
        *out = buffer_contents(&keys);
    return status;
}

static enum status cell_text(struct object_reading *reading, const struct field *field,
                             const json_t *value, struct text *out)
{
    if (!field->column)
        return links_text(reading, field, value, out);
    if (field->type->is_reference)
        return referred_text(reading, field, value, out);
    *out = plain_text(reading, field, value);
    return OK;
}

/* Objects */

static void refuse_name(struct object_reading *reading, const char *name)
{
    struct text known = import_field_names(reading->importer, reading->arena);
    refuse(reading, name,
           text_format(reading->arena,
                       translate("There is no such field here. The fields are: %.*s."),
                       TEXT_ARG(known)));
}

static enum status read_fields(struct object_reading *reading, json_t *fields)
{
    const struct model *model = reading->importer->options->model;
    enum status status = OK;
    for (void *at = json_object_iter(fields); at && status == OK;
         at = json_object_iter_next(fields, at)) {
        const char *name = json_object_iter_key(at);
        const struct field *field = import_field(reading->importer, text_of(name));
        struct text raw;
        if (!field || field == model_key(model)) {
            refuse_name(reading, name);
            continue;
        }
        status = cell_text(reading, field, json_object_iter_value(at), &raw);
        *LIST_PUSH(reading->arena, &reading->cells) = (struct import_cell){field, raw};
    }
    return status;
}

static bool is_of_model(const struct object_reading *reading, const json_t *object)
{
    const struct model *model = reading->importer->options->model;
    const char *label = json_string_value(json_object_get(object, "model"));
    struct text wanted = text_format(reading->arena, "%s.%s", model->app_label, model->name);
    return label && text_equal_nocase(text_of(label), wanted);
}

static void refuse_model(struct object_reading *reading)
{
    const struct model *model = reading->importer->options->model;
    refuse(reading, "model",
           text_format(reading->arena, translate("Only %s.%s can be imported here."),
                       model->app_label, model->name));
}

static enum status read_object(struct object_reading *reading, const json_t *object)
{
    const struct model *model = reading->importer->options->model;
    const json_t *key = json_object_get(object, "pk");
    json_t *fields = json_object_get(object, "fields");
    if (!is_of_model(reading, object)) {
        refuse_model(reading);
        return OK;
    }
    if (!json_is_object(fields)) {
        refuse(reading, "fields", text_of(translate("Please fill this in.")));
        return OK;
    }
    if (key)
        *LIST_PUSH(reading->arena, &reading->cells) =
            (struct import_cell){model_key(model), plain_text(reading, model_key(model), key)};
    return read_fields(reading, fields);
}

static enum status take_object(struct importer *importer, const json_t *object, size_t line,
                               struct arena *arena)
{
    struct object_reading reading = {.importer = importer, .arena = arena, .line = line};
    enum status status = read_object(&reading, object);
    importer->report->refused += reading.refused;
    if (status != OK || reading.refused)
        return status;
    return import_row(importer, line, reading.cells.items, reading.cells.count, arena);
}

static enum status take_all(struct importer *importer, struct fixture_reader *reader)
{
    struct arena *arena = arena_new((size_t)16 * 1024);
    enum status status;
    json_t *object = NULL;
    while ((status = fixture_reader_next(reader, &object)) == OK) {
        status = take_object(importer, object, fixture_reader_line(reader), arena);
        json_decref(object);
        arena_reset(arena);
        if (status != OK)
            break;
    }
    arena_free(arena);
    return status == NOT_FOUND ? OK : status;
}

static enum status read_objects(struct importer *importer, void *context)
{
    const struct fixture_source source = {.name = SOURCE_NAME, .kind = FIXTURE_FILE};
    struct arena *arena = arena_new(8192);
    struct fixture_reader *reader = fixture_reader_new(arena, &source, context);
    enum status status = take_all(importer, reader);
    if (status == INVALID)
        import_refuse(importer, fixture_reader_line(reader), TEXT(""),
                      text_copy(arena, text_of(status_failure()->message)));
    fixture_reader_free(reader);
    arena_free(arena);
    return status;
}

enum status fixtures_import(struct db *db, FILE *in, const struct import_options *options,
                            struct import_report *report)
{
    struct importer importer = {
        .db = db, .options = options, .report = report, .read = read_objects, .context = in};
    return import_run(&importer);
}
