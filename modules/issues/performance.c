/* The performance page: what is asked for most, what takes longest, what fails. */
#include <stdlib.h>
#include <string.h>

#include "admin/admin.h"
#include "base/arena.h"
#include "base/clock.h"
#include "db/db.h"
#include "http/request.h"
#include "http/response.h"
#include "issues/models.h"
#include "issues/plot.h"
#include "issues/timing.h"
#include "issues/views.h"
#include "template/language.h"
#include "template/value.h"

#define HOUR        (INT64_C(3600) * 1000000)
#define DAY_HOURS   24
#define MOST_ROWS   50
#define PLOT_WIDTH  480
#define PLOT_HEIGHT 96
#define SPARK_WIDTH 96
#define SPARK_HIGH  24

typedef LIST(struct value) values;

/* What is known of a route or statement, or of an hour. */
struct histogram {
    int64_t id;
    struct text name;
    int64_t count;
    int64_t failures;
    int64_t micros;
    int64_t counts[TIMING_BUCKETS];
};
typedef LIST(struct histogram *) histograms;

struct span_of_time {
    int64_t first; /* hour */
    int64_t hours;
};

static void add_bucket(struct histogram *histogram, const struct db_rows *rows)
{
    int64_t bucket = db_int(rows, "bucket");
    int64_t count = db_int(rows, "count");
    histogram->count += count;
    histogram->failures += db_int(rows, "failures");
    histogram->micros += db_int(rows, "micros");
    if (bucket >= 0 && bucket < TIMING_BUCKETS)
        histogram->counts[bucket] += count;
}

static enum status read_kind(const struct request *request, const char *what,
                             const struct span_of_time *time, histograms *out)
{
    struct db_rows rows;
    struct histogram *last = NULL;
    db_query(
        request->db, &rows,
        "SELECT d.id, d.name, t.bucket, sum(t.count) AS count, sum(t.failures) AS failures,"
        " sum(t.micros) AS micros FROM issues_timed d JOIN issues_timing t ON t.timed_id = d.id"
        " WHERE d.kind = $1 AND t.hour >= $2 GROUP BY d.id, d.name, t.bucket"
        " ORDER BY d.id, t.bucket",
        DB_TEXT(text_of(what)), DB_INT(time->first));
    while (db_next(&rows)) {
        if (!last || last->id != db_int(&rows, "id")) {
            last = ARENA_NEW(request->arena, struct histogram);
            last->id = db_int(&rows, "id");
            last->name = text_copy(request->arena, db_text(&rows, "name"));
            *LIST_PUSH(request->arena, out) = last;
        }
        add_bucket(last, &rows);
    }
    return db_finish(&rows);
}

/* All routes together, by hours. */
static enum status read_hours(const struct request *request, const struct span_of_time *time,
                              struct histogram *out)
{
    struct db_rows rows;
    db_query(
        request->db, &rows,
        "SELECT t.hour, t.bucket, sum(t.count) AS count, sum(t.failures) AS failures,"
        " sum(t.micros) AS micros FROM issues_timing t JOIN issues_timed d ON d.id = t.timed_id"
        " WHERE d.kind = 'route' AND t.hour >= $1 GROUP BY t.hour, t.bucket",
        DB_INT(time->first));
    while (db_next(&rows)) {
        int64_t at = db_int(&rows, "hour") - time->first;
        if (at >= 0 && at < time->hours)
            add_bucket(&out[at], &rows);
    }
    return db_finish(&rows);
}

/* Orders */

static int by_count(const void *a, const void *b)
{
    int64_t one = (*(struct histogram *const *)a)->count;
    int64_t other = (*(struct histogram *const *)b)->count;
    return (one < other) - (one > other);
}

static int by_p95(const void *a, const void *b)
{
    double one = timing_percentile((*(struct histogram *const *)a)->counts, 0.95);
    double other = timing_percentile((*(struct histogram *const *)b)->counts, 0.95);
    return (one < other) - (one > other);
}

static int by_failures(const void *a, const void *b)
{
    const struct histogram *one = *(struct histogram *const *)a;
    const struct histogram *other = *(struct histogram *const *)b;
    double first = (double)one->failures / (double)(one->count ? one->count : 1);
    double second = (double)other->failures / (double)(other->count ? other->count : 1);
    return (first < second) - (first > second);
}

static void sort(histograms *list, int (*order)(const void *, const void *))
{
    if (list->count)
        qsort(list->items, list->count, sizeof *list->items, order);
}

/* Shown */

static struct text duration(struct arena *arena, double micros)
{
    if (micros < 10000)
        return text_format(arena, "%.2f ms", micros / 1000);
    return micros < 1e6 ? text_format(arena, "%.0f ms", micros / 1000)
                        : text_format(arena, "%.1f s", micros / 1e6);
}

static struct value row_of(struct arena *arena, const struct histogram *histogram)
{
    struct value_map *map = value_map_new(arena);
    double count = (double)(histogram->count ? histogram->count : 1);
    page_text(map, "name", histogram->name);
    value_map_set(map, TEXT("count"), value_integer(histogram->count));
    page_text(map, "p50", duration(arena, timing_percentile(histogram->counts, 0.5)));
    page_text(map, "p95", duration(arena, timing_percentile(histogram->counts, 0.95)));
    page_text(map, "p99", duration(arena, timing_percentile(histogram->counts, 0.99)));
    page_text(map, "total", duration(arena, (double)histogram->micros));
    page_text(map, "failures",
              text_format(arena, "%.1f %%", 100.0 * (double)histogram->failures / count));
    return value_map(map);
}

/* How often an hour, of one route. */
static enum status add_spark(const struct request *request, const struct histogram *histogram,
                             const struct span_of_time *time, struct value *row)
{
    int64_t counts[TIMING_HOURS] = {0};
    struct db_rows rows;
    db_query(
        request->db, &rows,
        "SELECT hour, sum(count) AS count FROM issues_timing WHERE timed_id = $1 AND hour >= $2"
        " GROUP BY hour",
        DB_INT(histogram->id), DB_INT(time->first));
    while (db_next(&rows)) {
        int64_t at = db_int(&rows, "hour") - time->first;
        if (at >= 0 && at < time->hours)
            counts[at] += db_int(&rows, "count");
    }
    struct value plot =
        plot_bars(request->arena, counts, (size_t)time->hours, SPARK_WIDTH, SPARK_HIGH);
    value_map_set((struct value_map *)(uintptr_t)row->map, TEXT("plot"), plot);
    return db_finish(&rows);
}

static enum status add_rows(const struct request *request, const histograms *list,
                            const struct span_of_time *time, const char *name,
                            struct value_map *context)
{
    values out = {0};
    enum status status = OK;
    for (size_t i = 0; i < list->count && i < MOST_ROWS && status == OK; i++) {
        struct value row = row_of(request->arena, list->items[i]);
        status = add_spark(request, list->items[i], time, &row);
        *LIST_PUSH(request->arena, &out) = row;
    }
    value_map_set(context, text_of(name), value_list(request->arena, out.items, out.count));
    return status;
}

static enum status add_plots(const struct request *request, const struct span_of_time *time,
                             struct value_map *context)
{
    struct arena *arena = request->arena;
    struct histogram *hours = ARENA_ARRAY(arena, struct histogram, (size_t)time->hours);
    int64_t *requests = ARENA_ARRAY(arena, int64_t, (size_t)time->hours);
    int64_t *slow = ARENA_ARRAY(arena, int64_t, (size_t)time->hours);
    enum status status = read_hours(request, time, hours);
    for (int64_t i = 0; i < time->hours; i++) {
        requests[i] = hours[i].count;
        slow[i] = (int64_t)timing_percentile(hours[i].counts, 0.95);
    }
    struct value plot = plot_bars(arena, slow, (size_t)time->hours, PLOT_WIDTH, PLOT_HEIGHT);
    value_map_set(context, TEXT("requests"),
                  plot_bars(arena, requests, (size_t)time->hours, PLOT_WIDTH, PLOT_HEIGHT));
    value_map_set(context, TEXT("slow"), plot);
    page_text(context, "slowest",
              duration(arena, (double)value_map_find(plot.map, value_text(TEXT("most")))->integer));
    return status;
}

static enum status add_tables(const struct request *request, const struct span_of_time *time,
                              struct value_map *context)
{
    histograms routes = {0};
    histograms statements = {0};
    struct text order;
    if (!request_query(request, "sort", &order) || !order.at)
        order = TEXT("count");
    enum status status = read_kind(request, TIMING_ROUTE, time, &routes);
    if (status == OK)
        status = read_kind(request, TIMING_SQL, time, &statements);
    if (status != OK)
        return status;
    sort(&routes, text_is(order, "p95")        ? by_p95
                  : text_is(order, "failures") ? by_failures
                                               : by_count);
    sort(&statements, by_p95);
    page_text(context, "sort", order);
    status = add_rows(request, &routes, time, "routes", context);
    return status == OK ? add_rows(request, &statements, time, "statements", context) : status;
}

enum status issues_performance(struct request *request, struct response *response)
{
    struct text week;
    bool is_week = request_query(request, "hours", &week) && week.at && text_is(week, "168");
    struct span_of_time time = {.hours = is_week ? TIMING_HOURS : DAY_HOURS};
    time.first = clock_wall() / HOUR - time.hours + 1;
    struct text title = text_of(translate("Performance"));
    struct value_map *context = page_context(request, title, NULL);
    page_crumb(context, text_of(translate("Issues")),
               page_path(request->arena, "admin:issues_index", TEXT_NONE));
    page_crumb(context, title, TEXT(""));
    value_map_set(context, TEXT("hours"), value_integer(time.hours));
    enum status status = add_plots(request, &time, context);
    if (status == OK)
        status = add_tables(request, &time, context);
    return status == OK ? page_show(request, response, "issues/performance.html", context) : status;
}
