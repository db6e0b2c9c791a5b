/* The list of issues, searched and filtered. */
#include "admin/admin.h"
#include "base/arena.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "db/db.h"
#include "http/request.h"
#include "http/response.h"
#include "http/url.h"
#include "issues/counts.h"
#include "issues/models.h"
#include "issues/views.h"
#include "model/query.h"
#include "site/links.h"
#include "template/language.h"
#include "template/value.h"

#define PER_PAGE      25
#define MOST_PAGES    400
#define MOST_CHOICES  50
#define LONGEST_WORDS 200

typedef LIST(struct value) values;

/* What the address asks for. */
struct asked {
    struct text words;
    struct text status;
    struct text level;
    struct text release;
    struct text environment;
    int64_t project; /* 0: all */
    int64_t page;    /* from 1 */
};

static struct text query_text(const struct request *request, const char *name)
{
    struct text value;
    return request_query(request, name, &value) && value.at ? value : TEXT("");
}

static int64_t query_number(const struct request *request, const char *name, int64_t otherwise,
                            int64_t most)
{
    int64_t number;
    return text_to_int64(&number, query_text(request, name)) && number > 0 && number <= most
               ? number
               : otherwise;
}

static void read_asked(const struct request *request, struct asked *out)
{
    struct text status;
    *out = (struct asked){
        .words = text_part(text_trim(query_text(request, "q")), 0, LONGEST_WORDS),
        .level = query_text(request, "level"),
        .release = query_text(request, "release"),
        .environment = query_text(request, "environment"),
        .project = query_number(request, "project", 0, INT64_MAX),
        .page = query_number(request, "page", 1, MOST_PAGES),
    };
    out->status =
        request_query(request, "status", &status) && status.at ? status : TEXT(ISSUE_UNRESOLVED);
    if (text_is(out->status, "all"))
        out->status = TEXT("");
}

/* "%word%", in which nothing but these two stands for anything else. */
static struct text like_of(struct arena *arena, struct text words)
{
    struct buffer out = {.arena = arena};
    if (!words.length)
        return TEXT("");
    buffer_char(&out, '%');
    for (size_t i = 0; i < words.length; i++) {
        char c = words.at[i];
        if (c == '%' || c == '_' || c == '\\')
            buffer_char(&out, '\\');
        buffer_char(&out, c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c);
    }
    buffer_char(&out, '%');
    return buffer_contents(&out);
}

/* One more than a page has, to know whether there is a next. */
static enum status read_rows(const struct request *request, const struct asked *asked,
                             struct row_list *out)
{
    const struct query query = {
        .model = &issue_model,
        .related = NAMES("project"),
        .raw =
            RAW(" FROM issues_issue t0 JOIN issues_project t1 ON t1.id = t0.project_id"
                " WHERE ($1 = '' OR t0.status = $1) AND ($2 = '' OR t0.level = $2)"
                " AND ($3 = '' OR EXISTS (SELECT 1 FROM issues_tagvalue g WHERE g.issue_id = t0.id"
                " AND g.name = 'release' AND g.value = $3))"
                " AND ($4 = '' OR EXISTS (SELECT 1 FROM issues_tagvalue g WHERE g.issue_id = t0.id"
                " AND g.name = 'environment' AND g.value = $4))"
                " AND ($5 = 0 OR t0.project_id = $5)"
                " AND ($6 = '' OR lower(t0.title) LIKE $6 ESCAPE '\\'"
                " OR lower(t0.culprit) LIKE $6 ESCAPE '\\')"
                " ORDER BY t0.last_seen DESC, t0.id DESC LIMIT $7 OFFSET $8",
                DB_TEXT(asked->status), DB_TEXT(asked->level), DB_TEXT(asked->release),
                DB_TEXT(asked->environment), DB_INT(asked->project),
                DB_TEXT(like_of(request->arena, asked->words)), DB_INT(PER_PAGE + 1),
                DB_INT((asked->page - 1) * PER_PAGE)),
    };
    return query_rows(request->db, request->arena, &query, out);
}

static struct text issue_url(struct arena *arena, int64_t id)
{
    return page_path(arena, "admin:issues_issue", text_format(arena, "%lld", (long long)id));
}

static enum status add_rows(const struct request *request, const struct row_list *rows,
                            struct value_map *context)
{
    struct arena *arena = request->arena;
    values items = {0};
    enum status status = OK;
    for (size_t i = 0; i < rows->count && i < PER_PAGE && status == OK; i++) {
        const struct issue *issue = rows->items[i];
        struct value_map *map = value_map_new(arena);
        value_map_set(map, TEXT("issue"), model_value(&issue_model, issue, arena));
        page_text(map, "url", issue_url(arena, issue->id));
        status = counts_add(request->db, arena, issue->id, clock_wall(), map);
        *LIST_PUSH(arena, &items) = value_map(map);
    }
    value_map_set(context, TEXT("rows"), value_list(arena, items.items, items.count));
    return status;
}

/* What can be chosen */

static void add_choice(struct arena *arena, values *out, struct text value, struct text label,
                       struct text chosen)
{
    struct value_map *map = value_map_new(arena);
    page_text(map, "value", value);
    page_text(map, "label", label);
    value_map_set(map, TEXT("chosen"), value_bool(text_equal(value, chosen)));
    *LIST_PUSH(arena, out) = value_map(map);
}

static void add_statuses(struct arena *arena, struct text chosen, struct value_map *context)
{
    values out = {0};
    const struct field *field = model_field(&issue_model, TEXT("status"));
    for (const struct field_choice *choice = field->choices; choice->value; choice++)
        add_choice(arena, &out, text_of(choice->value), text_of(translate(choice->label)), chosen);
    add_choice(arena, &out, TEXT("all"), text_of(translate("all")),
               chosen.length ? chosen : TEXT("all"));
    value_map_set(context, TEXT("statuses"), value_list(arena, out.items, out.count));
}

static void add_levels(struct arena *arena, struct text chosen, struct value_map *context)
{
    static const char *const levels[] = {"fatal", "error", "warning", "info", "debug"};
    values out = {0};
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
        add_choice(arena, &out, text_of(levels[i]), text_of(levels[i]), chosen);
    value_map_set(context, TEXT("levels"), value_list(arena, out.items, out.count));
}

/* The values that a tag has, the last of the alphabet first: of releases that is often the newest.
 */
static enum status add_values(const struct request *request, const char *tag, const char *name,
                              struct text chosen, struct value_map *context)
{
    struct arena *arena = request->arena;
    struct db_rows rows;
    values out = {0};
    db_query(request->db, &rows,
             "SELECT DISTINCT value FROM issues_tagvalue WHERE name = $1 ORDER BY value DESC"
             " LIMIT $2",
             DB_TEXT(text_of(tag)), DB_INT(MOST_CHOICES));
    while (db_next(&rows)) {
        struct text value = text_copy(arena, db_text(&rows, "value"));
        add_choice(arena, &out, value, value, chosen);
    }
    value_map_set(context, text_of(name), value_list(arena, out.items, out.count));
    return db_finish(&rows);
}

static enum status add_projects(const struct request *request, int64_t chosen,
                                struct value_map *context)
{
    struct arena *arena = request->arena;
    values out = {0};
    struct row_list rows = {0};
    const struct query query = {.model = &project_model, .limit = MOST_CHOICES};
    enum status status = query_rows(request->db, arena, &query, &rows);
    for (size_t i = 0; i < rows.count; i++) {
        const struct project *project = rows.items[i];
        add_choice(arena, &out, text_format(arena, "%lld", (long long)project->id), project->name,
                   text_format(arena, "%lld", (long long)chosen));
    }
    value_map_set(context, TEXT("projects"), value_list(arena, out.items, out.count));
    return status;
}

static enum status add_filters(const struct request *request, const struct asked *asked,
                               struct value_map *context)
{
    page_text(context, "words", asked->words);
    add_statuses(request->arena, asked->status, context);
    add_levels(request->arena, asked->level, context);
    enum status status = add_values(request, "release", "releases", asked->release, context);
    if (status == OK)
        status = add_values(request, "environment", "environments", asked->environment, context);
    return status == OK ? add_projects(request, asked->project, context) : status;
}

/* The same list, at another page. */
static struct text page_url(const struct request *request, int64_t page)
{
    static const char *const kept[] = {"q",           "status",  "level", "release",
                                       "environment", "project", NULL};
    struct buffer out = {.arena = request->arena};
    buffer_text(&out, link_parameters(request, kept));
    if (page > 1)
        link_put(&out, "page", text_format(request->arena, "%lld", (long long)page));
    struct text query = buffer_contents(&out);
    return text_format(request->arena, "?%.*s", TEXT_ARG(query));
}

static void add_pages(const struct request *request, const struct asked *asked, bool more,
                      struct value_map *context)
{
    value_map_set(context, TEXT("number"), value_integer(asked->page));
    page_text(context, "here", page_url(request, asked->page));
    if (asked->page > 1)
        page_text(context, "previous_url", page_url(request, asked->page - 1));
    if (more && asked->page < MOST_PAGES)
        page_text(context, "next_url", page_url(request, asked->page + 1));
}

enum status issues_list(struct request *request, struct response *response)
{
    struct asked asked;
    struct row_list rows = {0};
    bool may_change;
    read_asked(request, &asked);
    struct text title = text_of(translate("Issues"));
    struct value_map *context = page_context(request, title, NULL);
    page_crumb(context, title, TEXT(""));
    enum status status = admin_may(request, &issue_model, ADMIN_CHANGE, &may_change);
    if (status == OK)
        status = read_rows(request, &asked, &rows);
    if (status == OK)
        status = add_rows(request, &rows, context);
    if (status == OK)
        status = add_filters(request, &asked, context);
    if (status != OK)
        return status;
    value_map_set(context, TEXT("may_change"), value_bool(may_change));
    add_pages(request, &asked, rows.count > PER_PAGE, context);
    return page_show(request, response, "issues/list.html", context);
}
