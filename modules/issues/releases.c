/* The releases page: how the requests of each ended ("release health"). */
#include <stdlib.h>
#include <string.h>

#include "admin/admin.h"
#include "base/arena.h"
#include "db/db.h"
#include "http/request.h"
#include "http/response.h"
#include "issues/models.h"
#include "issues/period.h"
#include "issues/plot.h"
#include "issues/views.h"
#include "template/language.h"
#include "template/value.h"

#define MOST_ROWS   50
#define SPARK_WIDTH 96
#define SPARK_HIGH  24

struct release {
    struct text name;
    struct text environment;
    struct text project;
    int64_t exited;
    int64_t errored;
    int64_t crashed;
    int64_t last; /* hour */
    int64_t hours[PERIOD_MOST];
};
typedef LIST(struct release *) releases;

static bool is_same(const struct release *release, const struct db_rows *rows)
{
    return text_equal(release->name, db_text(rows, "release"))
           && text_equal(release->environment, db_text(rows, "environment"))
           && text_equal(release->project, db_text(rows, "project"));
}

static void add_hour(struct release *release, const struct db_rows *rows,
                     const struct period *range)
{
    int64_t exited = db_int(rows, "exited");
    int64_t errored = db_int(rows, "errored");
    int64_t crashed = db_int(rows, "crashed");
    int64_t at = db_int(rows, "hour") - range->first;
    release->exited += exited;
    release->errored += errored;
    release->crashed += crashed;
    release->last = db_int(rows, "hour");
    if (at >= 0 && at < range->hours)
        release->hours[at] += exited + errored + crashed;
}

static enum status read_releases(const struct request *request, const struct period *range,
                                 releases *out)
{
    struct arena *arena = request->arena;
    struct release *release = NULL;
    struct db_rows rows;
    db_query(request->db, &rows,
             "SELECT h.release, h.environment, h.hour, h.exited, h.errored, h.crashed,"
             " p.name AS project FROM issues_health h JOIN issues_project p ON p.id = h.project_id"
             " WHERE h.hour >= $1 ORDER BY p.name, h.project_id, h.release, h.environment, h.hour",
             DB_INT(range->first));
    while (db_next(&rows)) {
        if (!release || !is_same(release, &rows)) {
            release = ARENA_NEW(arena, struct release);
            release->name = text_copy(arena, db_text(&rows, "release"));
            release->environment = text_copy(arena, db_text(&rows, "environment"));
            release->project = text_copy(arena, db_text(&rows, "project"));
            *LIST_PUSH(arena, out) = release;
        }
        add_hour(release, &rows, range);
    }
    return db_finish(&rows);
}

static int64_t total_of(const struct release *release)
{
    return release->exited + release->errored + release->crashed;
}

/* What is used now first, and of these what is used most. */
static int by_use(const void *a, const void *b)
{
    const struct release *one = *(struct release *const *)a;
    const struct release *other = *(struct release *const *)b;
    if (one->last != other->last)
        return (one->last < other->last) - (one->last > other->last);
    return (total_of(one) < total_of(other)) - (total_of(one) > total_of(other));
}

/* Never 100 where some were not. */
static struct text percent(struct arena *arena, int64_t part, int64_t whole)
{
    double share = whole ? 100.0 * (double)part / (double)whole : 100.0;
    if (part < whole && share > 99.99)
        share = 99.99;
    return text_format(arena, share < 100 && share > 99 ? "%.2f %%" : "%.1f %%", share);
}

static struct value row_of(struct arena *arena, const struct release *release,
                           const struct period *range, int64_t all)
{
    struct value_map *map = value_map_new(arena);
    int64_t total = total_of(release);
    page_text(map, "name", release->name);
    page_text(map, "environment", release->environment);
    page_text(map, "project", release->project);
    page_text(map, "free", percent(arena, total - release->crashed, total));
    page_text(map, "share", percent(arena, total, all));
    value_map_set(map, TEXT("count"), value_integer(total));
    value_map_set(map, TEXT("errored"), value_integer(release->errored));
    value_map_set(map, TEXT("crashed"), value_integer(release->crashed));
    value_map_set(map, TEXT("plot"),
                  plot_bars(arena, release->hours, (size_t)range->hours, SPARK_WIDTH, SPARK_HIGH));
    return value_map(map);
}

static void add_rows(struct arena *arena, const releases *list, const struct period *range,
                     struct value_map *context)
{
    LIST(struct value) rows = {0};
    int64_t all = 0;
    for (size_t i = 0; i < list->count; i++)
        all += total_of(list->items[i]);
    for (size_t i = 0; i < list->count && i < MOST_ROWS; i++)
        *LIST_PUSH(arena, &rows) = row_of(arena, list->items[i], range, all);
    value_map_set(context, TEXT("releases"), value_list(arena, rows.items, rows.count));
}

enum status issues_releases(struct request *request, struct response *response)
{
    releases list = {0};
    struct period range;
    struct value_map *context = period_page(request, text_of(translate("Releases")), &range);
    enum status status = read_releases(request, &range, &list);
    if (list.count)
        qsort(list.items, list.count, sizeof *list.items, by_use);
    add_rows(request->arena, &list, &range, context);
    return status == OK ? page_show(request, response, "issues/releases.html", context) : status;
}
