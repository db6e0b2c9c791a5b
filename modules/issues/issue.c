/* The page of an issue, with one of its events. */
#include "admin/admin.h"
#include "base/arena.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "db/db.h"
#include "http/request.h"
#include "http/response.h"
#include "issues/counts.h"
#include "issues/models.h"
#include "issues/payload.h"
#include "issues/show.h"
#include "issues/views.h"
#include "model/query.h"
#include "template/language.h"
#include "template/value.h"

#define MOST_TAGS   200
#define MOST_EVENTS 50

typedef LIST(struct value) values;

static enum status find_issue(const struct request *request, struct issue **out)
{
    const struct query query = {
        .model = &issue_model,
        .where = WHERE({"pk", .value = DB_INT(request_int(request, "id"))}),
        .related = NAMES("project"),
    };
    return query_first(request->db, request->arena, &query, out);
}

/* The one that is asked for, else the newest. */
static enum status find_event(const struct request *request, struct text event_id,
                              struct event **out)
{
    struct db_parameter issue = DB_INT(request_int(request, "id"));
    const struct query newest = {.model = &event_model,
                                 .where = WHERE({"issue", .value = issue}),
                                 .order = NAMES("-pk")};
    const struct query named = {
        .model = &event_model,
        .where = WHERE({"issue", .value = issue}, {"event_id", .value = DB_TEXT(event_id)}),
    };
    return query_first(request->db, request->arena, event_id.length ? &named : &newest, out);
}

static struct text event_url(struct arena *arena, struct text event_id)
{
    return text_format(arena, "?event=%.*s", TEXT_ARG(event_id));
}

static enum status add_neighbour(const struct request *request, const struct event *event,
                                 bool older, struct value_map *context)
{
    const struct event *found;
    const struct query query = {
        .model = &event_model,
        .where = WHERE({"issue", .value = DB_INT(event->issue_id)},
                       {"pk", older ? LOOKUP_LT : LOOKUP_GT, .value = DB_INT(event->id)}),
        .order = older ? NAMES("-pk") : NAMES("pk"),
    };
    enum status status = query_first(request->db, request->arena, &query, &found);
    if (status == OK)
        page_text(context, older ? "older_url" : "newer_url",
                  event_url(request->arena, found->event_id));
    return status == NOT_FOUND ? OK : status;
}

static enum status add_event(const struct request *request, struct value_map *context)
{
    struct arena *arena = request->arena;
    struct event *event;
    struct text event_id;
    if (!request_query(request, "event", &event_id) || !event_id.at)
        event_id = TEXT("");
    enum status status = find_event(request, event_id, &event);
    if (status != OK)
        return status == NOT_FOUND && !event_id.length ? OK : status;
    json_t *json = payload_read(arena, event->payload);
    value_map_set(context, TEXT("event"), model_value(&event_model, event, arena));
    value_map_set(context, TEXT("shown"), show_event(arena, json));
    json_decref(json);
    status = add_neighbour(request, event, true, context);
    return status == OK ? add_neighbour(request, event, false, context) : status;
}

/* How the values of each tag are spread, the most frequent first. */
static enum status add_tags(const struct request *request, struct value_map *context)
{
    struct arena *arena = request->arena;
    struct row_list rows = {0};
    values out = {0};
    const struct query query = {
        .model = &tagvalue_model,
        .where = WHERE({"issue", .value = DB_INT(request_int(request, "id"))}),
        .order = NAMES("name", "-count"),
        .limit = MOST_TAGS,
    };
    enum status status = query_rows(request->db, arena, &query, &rows);
    for (size_t i = 0; i < rows.count; i++)
        *LIST_PUSH(arena, &out) = model_value(&tagvalue_model, rows.items[i], arena);
    value_map_set(context, TEXT("values"), value_list(arena, out.items, out.count));
    return status;
}

static enum status add_events(const struct request *request, struct value_map *context)
{
    struct arena *arena = request->arena;
    struct db_rows rows;
    values out = {0};
    db_query(request->db, &rows,
             "SELECT event_id, happened_at, release FROM issues_event WHERE issue_id = $1"
             " ORDER BY id DESC LIMIT $2",
             DB_INT(request_int(request, "id")), DB_INT(MOST_EVENTS));
    const struct field *when = model_field(&event_model, TEXT("happened_at"));
    while (db_next(&rows)) {
        struct event *event = model_empty(&event_model, arena);
        when->type->read(when, &event->happened_at, &rows, db_column(&rows, "happened_at"), arena);
        event->event_id = text_copy(arena, db_text(&rows, "event_id"));
        event->release = text_copy(arena, db_text(&rows, "release"));
        *LIST_PUSH(arena, &out) = model_value(&event_model, event, arena);
    }
    value_map_set(context, TEXT("events"), value_list(arena, out.items, out.count));
    return db_finish(&rows);
}

enum status issues_show(struct request *request, struct response *response)
{
    struct issue *issue;
    bool may_change;
    enum status status = find_issue(request, &issue);
    if (status == OK)
        status = admin_may(request, &issue_model, ADMIN_CHANGE, &may_change);
    if (status != OK)
        return status;
    struct value_map *context = page_context(request, issue->title, NULL);
    page_crumb(context, text_of(translate("Issues")),
               page_path(request->arena, "admin:issues_index", TEXT_NONE));
    page_crumb(context, issue->title, TEXT(""));
    value_map_set(context, TEXT("issue"), model_value(&issue_model, issue, request->arena));
    value_map_set(context, TEXT("may_change"), value_bool(may_change));
    static enum status (*const steps[])(const struct request *,
                                        struct value_map *) = {add_event, add_tags, add_events};
    for (size_t i = 0; i < sizeof steps / sizeof *steps && status == OK; i++)
        status = steps[i](request, context);
    if (status == OK)
        status = counts_add(request->db, request->arena, issue->id, clock_wall(), context);
    return status == OK ? page_show(request, response, "issues/issue.html", context) : status;
}

enum status issues_raw(struct request *request, struct response *response)
{
    struct event *event;
    struct text event_id = request_text(request, "event_id");
    enum status status = find_event(request, event_id, &event);
    if (status != OK)
        return status;
    response->content_type = "application/json";
    buffer_text(&response->body, event->payload);
    response_header(response, "Cache-Control", TEXT("private, no-store"));
    response_header(response, "Content-Disposition",
                    text_format(request->arena, "attachment; filename=\"event-%.*s.json\"",
                                TEXT_ARG(event->event_id)));
    return OK;
}
