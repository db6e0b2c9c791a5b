#include "model/form.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/log.h"
#include "db/db.h"
#include "model/query.h"
#include "template/language.h"

static bool is_link(const struct field *field)
{
    return field->type == &field_MANY_TO_MANY;
}

/* The fields */

static void add_field(struct form *form, const struct field *field)
{
    form->fields[form->count++] = (struct form_field){.form = form, .field = field};
}

void form_start(struct form *form, struct arena *arena, const struct model *model,
                const char *const *names)
{
    *form = (struct form){.arena = arena, .model = model};
    form->fields = ARENA_ARRAY(arena, struct form_field, model->field_count);
    for (size_t i = 1; !names && i < model->field_count; i++)
        if (!model->fields[i].hidden)
            add_field(form, &model->fields[i]);
    for (; names && *names; names++) {
        const struct field *field = model_field(model, text_of(*names));
        if (!field || form->count == model->field_count) {
            log_error("no such field of a form", LOG_STRING("name", *names));
            abort();
        }
        add_field(form, field);
    }
}

struct form_field *form_field(const struct form *form, struct text name)
{
    for (size_t i = 0; i < form->count; i++)
        if (text_is(name, form->fields[i].field->name))
            return &form->fields[i];
    return NULL;
}

/* As HTML's inputs have it: no zone (it is UTC), no zeros behind the last digit of a fraction. */
static struct text local_datetime(struct text printed)
{
    size_t length = printed.length && printed.at[printed.length - 1] == 'Z' ? printed.length - 1
                                                                            : printed.length;
    bool fraction = text_find_char(printed, '.') != TEXT_NOT_FOUND;
    while (fraction && printed.at[length - 1] == '0')
        length--;
    return text_part(printed, 0, length);
}

static enum status show_links(struct form_field *field, struct db *db, int64_t key)
{
    struct arena *arena = field->form->arena;
    int64_t *keys;
    size_t count;
    enum status status =
        links_read(db, arena, field->form->model, field->field, key, &keys, &count);
    for (size_t i = 0; status == OK && i < count; i++)
        *LIST_PUSH(arena, &field->raws) = text_format(arena, "%lld", (long long)keys[i]);
    return status;
}

enum status form_show(struct form *form, struct db *db, const void *row)
{
    const struct field *key = model_key(form->model);
    enum status status = OK;
    for (size_t i = 0; i < form->count && status == OK; i++) {
        struct form_field *field = &form->fields[i];
        if (!is_link(field->field)) {
            field->raw = field_print(field->field, row, form->arena);
            if (field->field->type == &field_DATETIME)
                field->raw = local_datetime(field->raw);
        } else if (!field_is_null(key, row)) {
            status = show_links(field, db, *(const int64_t *)field_at(key, row));
        }
    }
    return status;
}

bool form_take(struct form *form, struct text name, struct text value)
{
    if (!text_starts(name, form->prefix))
        return false;
    struct form_field *field = form_field(form, text_from(name, form->prefix.length));
    if (!field)
        return false;
    if (is_link(field->field))
        *LIST_PUSH(form->arena, &field->raws) = text_copy(form->arena, value);
    else
        field->raw = text_copy(form->arena, value);
    return true;
}

static bool is_checked(struct text raw)
{
    return raw.length && !text_is(raw, "false") && !text_is(raw, "0");
}

/* A browser sends a line's end as CR LF. */
static void put_raw(struct buffer *out, struct text raw)
{
    raw = text_trim(raw);
    for (size_t i = 0; i < raw.length; i++)
        if (raw.at[i] != '\r')
            buffer_char(out, raw.at[i]);
    buffer_char(out, '\0');
}

struct text form_print(const struct form *form)
{
    struct buffer out = {.arena = form->arena};
    for (size_t i = 0; i < form->count; i++) {
        const struct form_field *field = &form->fields[i];
        bool is_box = field->field->type == &field_BOOLEAN && !field->field->choices;
        put_raw(&out, is_box ? TEXT("") : field->raw);
        buffer_char(&out, is_box && is_checked(field->raw) ? '1' : '0');
        for (size_t k = 0; k < field->raws.count; k++)
            put_raw(&out, field->raws.items[k]);
        buffer_char(&out, '\0');
    }
    return buffer_contents(&out);
}

/* Checking */

static struct text titled(struct text text, struct arena *arena)
{
    struct text copy = text_copy(arena, text);
    if (copy.length && copy.at[0] >= 'a' && copy.at[0] <= 'z')
        ((char *)(uintptr_t)copy.at)[0] = (char)(copy.at[0] - 'a' + 'A');
    return copy;
}

/* Whether another row has this row's values of the fields. */
static enum status is_taken(struct form *form, struct db *db, const void *row,
                            const struct field *const *fields, size_t count, bool *out)
{
    struct condition *where = ARENA_ARRAY(form->arena, struct condition, count + 1);
    size_t used = 0;
    int64_t found = 0;
    for (; used < count; used++) {
        where[used].name = fields[used]->name;
        where[used].value = field_bind(fields[used], row, form->arena);
        if (where[used].value.kind == DB_KIND_NULL)
            return OK;
    }
    const struct field *key = model_key(form->model);
    if (!field_is_null(key, row))
        where[used++] = (struct condition){.name = "pk",
                                           .value = field_bind(key, row, form->arena),
                                           .negated = true};
    const struct query query = {.model = form->model, .where = {where, used}};
    enum status status = query_count(db, &query, &found);
    *out = found > 0;
    return status;
}

static enum status check_unique(struct form *form, struct db *db, struct form_field *field,
                                const void *row)
{
    const struct field *of = field->field;
    bool taken = false;
    if (!of->unique && of->type != &field_ONE_TO_ONE)
        return OK;
    enum status status = is_taken(form, db, row, &of, 1, &taken);
    if (status == OK && taken) {
        struct text verbose = model_verbose_name(form->model);
        field->error = text_format(form->arena, translate("Another %.*s has this %s already."),
                                   TEXT_ARG(verbose), translate(of->label));
    }
    return status;
}

/* A row that a reference names must be there. */
static enum status check_there(struct form *form, struct db *db, const struct field *field,
                               struct db_parameter key, struct text *error)
{
    int64_t count = 0;
    const struct query query = {.model = field->to, .where = WHERE({.name = "pk", .value = key})};
    if (key.kind == DB_KIND_NULL)
        return OK;
    enum status status = query_count(db, &query, &count);
    if (status == OK && count == 0) {
        struct text verbose = model_verbose_name(field->to);
        *error = text_format(form->arena, translate("There is no such %.*s."), TEXT_ARG(verbose));
    }
    return status;
}

static enum status check_links(struct form *form, struct db *db, struct form_field *field)
{
    enum status status = OK;
    for (size_t i = 0; i < field->raws.count && status == OK && !field->error.length; i++) {
        int64_t key;
        struct text verbose = model_verbose_name(field->field->to);
        if (text_to_int64(&key, text_trim(field->raws.items[i])))
            status = check_there(form, db, field->field, DB_INT(key), &field->error);
        else
            field->error =
                text_format(form->arena, translate("There is no such %.*s."), TEXT_ARG(verbose));
    }
    if (!field->raws.count && !field->field->blank)
        field->error = text_of(translate("Please choose at least one."));
    return status;
}

static enum status check_field(struct form *form, struct db *db, struct form_field *field,
                               void *row)
{
    const struct field *of = field->field;
    if (is_link(of))
        return check_links(form, db, field);
    field->error = field_parse(of, row, field->raw, form->arena);
    if (field->error.length)
        return OK;
    enum status status = OK;
    if (of->type->is_reference)
        status = check_there(form, db, of, field_bind(of, row, form->arena), &field->error);
    if (status == OK && !field->error.length)
        status = check_unique(form, db, field, row);
    return status;
}

size_t form_count_errors(const struct form *form)
{
    size_t count = form->error.length > 0;
    for (size_t i = 0; i < form->count; i++)
        count += form->fields[i].error.length > 0;
    return count;
}

/* The labels of the fields that must be unique together, as "Content type and codename". */
static struct text labels_of(struct form *form, const struct field *const *fields, size_t count)
{
    struct buffer out = {.arena = form->arena};
    for (size_t i = 0; i < count; i++) {
        const char *between = i == 0 ? "" : i + 1 == count ? translate(" and ") : ", ";
        buffer_format(&out, "%s%s", between, translate(fields[i]->label));
    }
    return titled(buffer_contents(&out), form->arena);
}

static enum status check_set(struct form *form, struct db *db, const void *row,
                             const char *const *names)
{
    const struct field **fields =
        ARENA_ARRAY(form->arena, const struct field *, form->model->field_count);
    size_t count = 0;
    bool taken = false;
    for (; *names; names++)
        fields[count++] = model_field(form->model, text_of(*names));
    enum status status = is_taken(form, db, row, fields, count, &taken);
    if (status == OK && taken) {
        struct text labels = labels_of(form, fields, count);
        struct text verbose = model_verbose_name(form->model);
        form->error = text_format(form->arena,
                                  count == 2 ? translate("%.*s: another %.*s has both already.")
                                             : translate("%.*s: another %.*s has all already."),
                                  TEXT_ARG(labels), TEXT_ARG(verbose));
    }
    return status;
}

static enum status check_together(struct form *form, struct db *db, const void *row)
{
    enum status status = OK;
    const char *const *const *set = form->model->unique_together;
    for (; set && *set && status == OK && !form_count_errors(form); set++)
        status = check_set(form, db, row, *set);
    return status;
}

enum status form_check(struct form *form, struct db *db, void *row)
{
    enum status status = OK;
    form->error = TEXT_NONE;
    for (size_t i = 0; i < form->count && status == OK; i++)
        status = check_field(form, db, &form->fields[i], row);
    if (status == OK)
        status = check_together(form, db, row);
    if (status == OK && form_count_errors(form))
        return fail_as(INVALID, "some fields need another look");
    return status;
}

/* Saving */

static enum status save_links(struct form *form, struct db *db, int64_t key)
{
    enum status status = OK;
    for (size_t i = 0; i < form->count && status == OK; i++) {
        const struct form_field *field = &form->fields[i];
        if (!is_link(field->field))
            continue;
        int64_t *keys = ARENA_ARRAY(form->arena, int64_t, field->raws.count);
        for (size_t k = 0; k < field->raws.count; k++)
            text_to_int64(&keys[k], text_trim(field->raws.items[k]));
        status = links_write(db, form->model, field->field, key, keys, field->raws.count);
    }
    return status;
}

enum status form_save(struct form *form, struct db *db, const void *before, void *row)
{
    enum status status =
        before ? model_update(db, form->model, before, row) : model_insert(db, form->model, row);
    if (status == OK && model_key(form->model)->type == &field_ROWID)
        status = save_links(form, db, *(const int64_t *)field_at(model_key(form->model), row));
    if (status != CONFLICT && status != NOT_FOUND)
        return status;
    form->error = text_of(
        translate("This was changed, or taken, by somebody else in the meantime. Please look "
                  "again."));
    return fail_as(INVALID, "the row was changed in the meantime");
}

/* For templates */

static const char *input_of(const struct field *field)
{
    static const struct {
        const struct field_type *type;
        const char *input;
    } inputs[] = {
        {&field_BOOLEAN, "checkbox"},
        {&field_DATE, "date"},
        {&field_TIME, "time"},
        {&field_DATETIME, "datetime-local"},
        {&field_LONG_TEXT, "textarea"},
        {&field_JSON, "textarea"},
        {&field_FOREIGN_KEY, "select"},
        {&field_ONE_TO_ONE, "select"},
        {&field_FLOAT, "number"},
        {&field_DECIMAL, "number"},
        {&field_MANY_TO_MANY, "select_multiple"},
    };
    if (field->choices)
        return "select";
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++)
        if (field->type == inputs[i].type)
            return inputs[i].input;
    for (field_validator *const *each = field->validators; each && *each; each++)
        if (*each == validate_email || *each == validate_url)
            return *each == validate_email ? "email" : "url";
    return field->type->json == FIELD_JSON_NUMBER ? "number" : "text";
}

static struct value choices_value(const struct field *field, struct arena *arena)
{
    size_t count = 0;
    while (field->choices && field->choices[count].value)
        count++;
    struct value *items = ARENA_ARRAY(arena, struct value, count);
    for (size_t i = 0; i < count; i++) {
        struct value_map *choice = value_map_new(arena);
        value_map_set(choice, TEXT("value"), value_string(field->choices[i].value));
        value_map_set(choice, TEXT("label"), value_string(field->choices[i].label));
        items[i] = value_map(choice);
    }
    return value_list(arena, items, count);
}

static struct value raws_value(const struct form_field *field, struct arena *arena)
{
    struct value *items = ARENA_ARRAY(arena, struct value, field->raws.count);
    for (size_t i = 0; i < field->raws.count; i++)
        items[i] = value_text(field->raws.items[i]);
    return value_list(arena, items, field->raws.count);
}

static struct text prefixed(const struct form_field *field, const char *before, struct arena *arena)
{
    return text_format(arena, "%s%.*s%s", before, TEXT_ARG(field->form->prefix),
                       field->field->name);
}

static bool field_attribute(const void *self, struct text name, struct arena *arena,
                            struct value *out)
{
    const struct form_field *field = self;
    const struct field *of = field->field;
    if (text_is(name, "name"))
        *out = value_text(prefixed(field, "", arena));
    else if (text_is(name, "id"))
        *out = value_text(prefixed(field, "id_", arena));
    else if (text_is(name, "label"))
        *out = value_text(titled(text_of(translate(of->label)), arena));
    else if (text_is(name, "help_text"))
        *out = value_string(of->help_text ? of->help_text : "");
    else if (text_is(name, "value"))
        *out = value_text(field->raw.at ? field->raw : TEXT(""));
    else if (text_is(name, "values"))
        *out = raws_value(field, arena);
    else if (text_is(name, "checked"))
        *out = value_bool(is_checked(field->raw));
    else if (text_is(name, "error"))
        *out = value_text(field->error.at ? field->error : TEXT(""));
    else if (text_is(name, "required"))
        *out = value_bool(!of->blank && of->type != &field_BOOLEAN);
    else if (text_is(name, "max_length"))
        *out = of->max_length ? value_integer((int64_t)of->max_length) : VALUE_NULL;
    else if (text_is(name, "input"))
        *out = value_string(input_of(of));
    else if (text_is(name, "choices"))
        *out = choices_value(of, arena);
    else
        return false;
    return true;
}

static const struct value_class field_class = {.name = "form field", .get = field_attribute};

static bool form_attribute(const void *self, struct text name, struct arena *arena,
                           struct value *out)
{
    const struct form *form = self;
    const struct form_field *field = form_field(form, name);
    if (field)
        *out = value_object(arena, &field_class, field);
    else if (text_is(name, "errors"))
        *out = value_integer((int64_t)form_count_errors(form));
    else if (text_is(name, "error"))
        *out = value_text(form->error.at ? form->error : TEXT(""));
    else
        return false;
    return true;
}

static struct value form_items(const void *self, struct arena *arena)
{
    const struct form *form = self;
    struct value *items = ARENA_ARRAY(arena, struct value, form->count);
    for (size_t i = 0; i < form->count; i++)
        items[i] = value_object(arena, &field_class, &form->fields[i]);
    return value_list(arena, items, form->count);
}

static const struct value_class form_class = {.name = "form",
                                              .get = form_attribute,
                                              .items = form_items};

struct value form_value(const struct form *form)
{
    return value_object(form->arena, &form_class, form);
}

struct value form_field_value(const struct form_field *field)
{
    return value_object(field->form->arena, &field_class, field);
}
