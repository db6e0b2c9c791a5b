#include "admin/entries.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "admin/models.h"
#include "admin/page.h"
#include "admin/registry.h"
#include "base/arena.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "db/db.h"
#include "http/request.h"
#include "model/query.h"
#include "site/site.h"
#include "template/language.h"
#include "template/unicode.h"

#define LONGEST_NAME    200 /* characters of django_admin_log.object_repr */
#define ENTRIES_AT_ONCE 64

/* Writing */

static const char *const words[] = {"", "added", "changed", "deleted"};

static json_t *string_of(struct text text)
{
    json_t *string = json_stringn(text.at ? text.at : "", text.length);
    if (!string)
        abort();
    return string;
}

static json_t *part_json(const struct entry_part *part)
{
    json_t *inside = json_object();
    if (part->object.at) {
        json_object_set_new(inside, "name", string_of(part->name));
        json_object_set_new(inside, "object", string_of(part->object));
    }
    if (part->action == ENTRY_CHANGED) {
        json_t *fields = json_array();
        for (size_t i = 0; i < part->field_count; i++)
            json_array_append_new(fields, string_of(part->fields[i]));
        json_object_set_new(inside, "fields", fields);
    }
    json_t *json = json_object();
    json_object_set_new(json, words[part->action], inside);
    return json;
}

static struct text message_of(struct arena *arena, const struct entry_part *parts, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, part_json(&parts[i]));
    char *dumped = json_dumps(list, 0);
    json_decref(list);
    if (!dumped)
        abort();
    struct text message = text_copy(arena, text_of(dumped));
    free(dumped);
    return message;
}

static enum status content_type_of(const struct request *request, const struct model *model,
                                   int64_t *out)
{
    return db_integer(request->db, out, FIELD_NULL,
                      "SELECT id FROM django_content_type WHERE app_label = $1 AND model = $2",
                      DB_TEXT(text_of(model->app_label)), DB_TEXT(text_of(model->name)));
}

static void fill_entry(struct logentry *entry, struct arena *arena, const struct model *model,
                       const void *row, enum entry_action action, const struct entry_part *parts,
                       size_t count)
{
    struct text name = model_print(model, row, arena);
    entry->action_time = clock_wall();
    entry->action_flag = action;
    entry->object_id = key_of(arena, model, row);
    entry->object_repr = unicode_part(name, 0, LONGEST_NAME);
    entry->change_message = action == ENTRY_DELETED ? TEXT("") : message_of(arena, parts, count);
}

enum status entry_write(const struct request *request, const struct model *model, const void *row,
                        enum entry_action action, const struct entry_part *parts, size_t count)
{
    struct logentry *entry = model_new(&logentry_model, request->arena);
    entry->user_id = request->user->id;
    fill_entry(entry, request->arena, model, row, action, parts, count);
    enum status status = content_type_of(request, model, &entry->content_type_id);
    return status == OK ? model_insert(request->db, &logentry_model, entry) : status;
}

/* Many of one table */

enum status entries_start(struct entries *entries, const struct request *request,
                          const struct model *model)
{
    *entries = (struct entries){.db = request->db, .model = model, .user = request->user->id};
    entries->arena = arena_new((size_t)32 * 1024);
    return content_type_of(request, model, &entries->content_type);
}

enum status entries_add(struct entries *entries, const void *row, enum entry_action action,
                        const struct entry_part *parts, size_t count)
{
    struct logentry *entry = model_new(&logentry_model, entries->arena);
    entry->user_id = entries->user;
    entry->content_type_id = entries->content_type;
    fill_entry(entry, entries->arena, entries->model, row, action, parts, count);
    entry->object_id = text_copy(entries->arena, entry->object_id);
    entry->object_repr = text_copy(entries->arena, entry->object_repr);
    *LIST_PUSH(entries->arena, &entries->rows) = entry;
    return entries->rows.count < ENTRIES_AT_ONCE ? OK : entries_flush(entries);
}

enum status entries_flush(struct entries *entries)
{
    enum status status =
        model_insert_all(entries->db, &logentry_model, entries->rows.items, entries->rows.count);
    memset(&entries->rows, 0, sizeof entries->rows);
    arena_reset(entries->arena);
    return status;
}

void entries_end(struct entries *entries)
{
    arena_free(entries->arena);
    entries->arena = NULL;
}

/* Reading */

static struct text json_slice(const json_t *string)
{
    return json_is_string(string)
               ? (struct text){json_string_value(string), json_string_length(string)}
               : TEXT("");
}

/* Labels are in the log as forms of English write them: "Zip code". */
static struct text label_of(struct arena *arena, struct text stored)
{
    char *label = text_string(arena, stored);
    if (!stored.length)
        return stored;
    if (label[0] >= 'A' && label[0] <= 'Z' && !(label[1] >= 'A' && label[1] <= 'Z'))
        label[0] = (char)(label[0] - 'A' + 'a');
    return page_titled(arena, text_of(translate(label)));
}

static struct text name_of(struct arena *arena, struct text stored)
{
    return stored.length ? text_of(translate(text_string(arena, stored))) : stored;
}

/* "title, city and state" */
static struct text fields_of(struct arena *arena, const json_t *fields)
{
    struct buffer out = {.arena = arena};
    size_t count = json_array_size(fields);
    for (size_t i = 0; i < count; i++) {
        const char *between = i == 0 ? "" : i + 1 == count ? translate(" and ") : ", ";
        struct text label = label_of(arena, json_slice(json_array_get(fields, i)));
        buffer_format(&out, "%s%.*s", between, TEXT_ARG(label));
    }
    return buffer_contents(&out);
}

static const char *template_of(const char *word, bool inner)
{
    if (strcmp(word, "added") == 0)
        return inner ? translate("Added %.*s “%.*s”.") : translate("Added.");
    if (strcmp(word, "deleted") == 0)
        return inner ? translate("Deleted %.*s “%.*s”.") : translate("Deleted.");
    return inner ? translate("Changed %.*s for %.*s “%.*s”.") : translate("Changed %.*s.");
}

static void put_part(struct buffer *out, const char *word, const json_t *inside)
{
    const json_t *object = json_object_get(inside, "object");
    struct text name = name_of(out->arena, json_slice(json_object_get(inside, "name")));
    struct text of = json_slice(object);
    struct text fields = fields_of(out->arena, json_object_get(inside, "fields"));
    const char *format = template_of(word, object != NULL);
    if (out->length)
        buffer_char(out, ' ');
    if (strcmp(word, "changed") != 0)
        buffer_text(out, object ? text_format(out->arena, format, TEXT_ARG(name), TEXT_ARG(of))
                                : text_of(format));
    else if (object)
        buffer_text(out, text_format(out->arena, format, TEXT_ARG(fields), TEXT_ARG(name),
                                     TEXT_ARG(of)));
    else
        buffer_text(out, text_format(out->arena, format, TEXT_ARG(fields)));
}

/* What was done, in the visitor's language; a message that is no JSON stands as it is. */
static struct text sentence_of(struct arena *arena, struct text message)
{
    struct buffer out = {.arena = arena};
    json_t *list =
        text_starts(message, TEXT("[")) ? json_loadb(message.at, message.length, 0, NULL) : NULL;
    if (!json_is_array(list)) {
        json_decref(list);
        return message;
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *item = json_array_get(list, i);
        const char *word;
        json_t *inside;
        json_object_foreach(item, word, inside) put_part(&out, word, inside);
    }
    if (!json_array_size(list))
        buffer_text(&out, text_of(translate("No fields changed.")));
    json_decref(list);
    return buffer_contents(&out);
}

static const struct model *model_named(struct arena *arena, const struct contenttype *type)
{
    for (const struct model *const *model = site_models(arena); type && *model; model++)
        if (text_is(type->app_label, (*model)->app_label) && text_is(type->model, (*model)->name))
            return *model;
    return NULL;
}

static struct value entry_value(const struct request *request, const struct logentry *entry)
{
    struct arena *arena = request->arena;
    struct value_map *map = value_map_new(arena);
    const struct model *model = model_named(arena, entry->content_type);
    const struct model_admin *admin = model ? registry_find(model) : NULL;
    bool may = false;
    if (admin && entry->action_flag != ENTRY_DELETED && entry->object_id.length
        && registry_may(request, admin, ADMIN_VIEW, NULL, &may) == OK && may)
        value_map_set(map, TEXT("url"),
                      value_text(registry_url(arena, admin, "change", entry->object_id)));
    value_map_set(map, TEXT("entry"), model_value(&logentry_model, entry, arena));
    value_map_set(map, TEXT("time"),
                  field_value(model_field(&logentry_model, TEXT("action_time")), entry, arena));
    value_map_set(map, TEXT("user"),
                  value_text(entry->user ? model_print(&user_model, entry->user, arena)
                                         : TEXT("")));
    value_map_set(map, TEXT("object"), value_text(entry->object_repr));
    value_map_set(map, TEXT("kind"), value_text(model ? model_verbose_name(model) : TEXT("")));
    value_map_set(map, TEXT("action"),
                  value_string(entry->action_flag == ENTRY_ADDED     ? "added"
                               : entry->action_flag == ENTRY_DELETED ? "deleted"
                                                                     : "changed"));
    value_map_set(map, TEXT("message"), value_text(sentence_of(arena, entry->change_message)));
    return value_map(map);
}

enum status entry_list(const struct request *request, const struct model *model, struct text key,
                       struct entry_page *page, struct value *out)
{
    struct row_list rows;
    int64_t type = FIELD_NULL;
    enum status status = model ? content_type_of(request, model, &type) : OK;
    const struct query query = {
        .model = &logentry_model,
        .where = model ? (struct conditions)WHERE({"content_type", .value = DB_INT(type)},
                                                  {"object_id", .value = DB_TEXT(key)})
                       : (struct conditions)WHERE({"user", .value = DB_INT(request->user->id)}),
        .order = NAMES("-action_time", "-pk"),
        .related = NAMES("user", "content_type"),
        .limit = page->size + 1,
        .offset = (page->number - 1) * page->size,
    };
    if (status == OK)
        status = query_rows(request->db, request->arena, &query, &rows);
    if (status != OK)
        return status;
    page->is_more = (int64_t)rows.count > page->size;
    size_t count = page->is_more ? (size_t)page->size : rows.count;
    struct value *items = ARENA_ARRAY(request->arena, struct value, count);
    for (size_t i = 0; i < count; i++)
        items[i] = entry_value(request, rows.items[i]);
    *out = value_list(request->arena, items, count);
    return OK;
}
