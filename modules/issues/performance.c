/* The performance page: what is asked for most, what takes longest, what fails. */
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
#include "issues/timing.h"
#include "issues/views.h"
#include "template/language.h"
#include "template/moment.h"
#include "template/value.h"

#define FEW_ROWS    12
#define MOST_ROWS   (TIMING_NAMES + 1)
#define TICKS       4
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
                             const struct period *time, histograms *out)
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
static enum status read_hours(const struct request *request, const struct period *time,
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
                             const struct period *time, struct value *row)
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

static bool wants_all(const struct request *request)
{
    struct text rows;
    return request_query(request, "rows", &rows) && rows.at && text_is(rows, "all");
}

static size_t shown_of(const struct request *request, const histograms *list)
{
    size_t most = wants_all(request) ? MOST_ROWS : FEW_ROWS;
    return list->count < most ? list->count : most;
}

static enum status add_routes(const struct request *request, const histograms *list,
                              const struct period *time, struct value_map *context)
{
    values out = {0};
    enum status status = OK;
    for (size_t i = 0; i < shown_of(request, list) && status == OK; i++) {
        struct value row = row_of(request->arena, list->items[i]);
        status = add_spark(request, list->items[i], time, &row);
        *LIST_PUSH(request->arena, &out) = row;
    }
    value_map_set(context, TEXT("routes"), value_list(request->arena, out.items, out.count));
    return status;
}

static void add_statements(const struct request *request, const histograms *list,
                           struct value_map *context)
{
    values out = {0};
    for (size_t i = 0; i < shown_of(request, list); i++)
        *LIST_PUSH(request->arena, &out) = row_of(request->arena, list->items[i]);
    value_map_set(context, TEXT("statements"), value_list(request->arena, out.items, out.count));
}

/* The moments at which each quarter of the time begins. */
static void add_ticks(const struct request *request, const struct period *time,
                      struct value_map *context)
{
    values out = {0};
    for (int64_t i = 0; i < TICKS; i++) {
        struct value_moment moment =
            moment_from_utc((time->first + i * time->hours / TICKS) * PERIOD_HOUR);
        *LIST_PUSH(request->arena, &out) = value_moment(request->arena, VALUE_DATETIME, &moment);
    }
    value_map_set(context, TEXT("ticks"), value_list(request->arena, out.items, out.count));
}

static enum status add_plots(const struct request *request, const struct period *time,
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
    add_ticks(request, time, context);
    page_text(context, "slowest",
              duration(arena, (double)value_map_find(plot.map, value_text(TEXT("most")))->integer));
    return status;
}

static enum status add_tables(const struct request *request, const struct period *time,
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
    value_map_set(context, TEXT("all"), value_bool(wants_all(request)));
    value_map_set(context, TEXT("more"),
                  value_bool(routes.count > FEW_ROWS || statements.count > FEW_ROWS));
    add_statements(request, &statements, context);
    return add_routes(request, &routes, time, context);
}

enum status issues_performance(struct request *request, struct response *response)
{
    struct period time;
    struct value_map *context = period_page(request, text_of(translate("Performance")), &time);
    enum status status = add_plots(request, &time, context);
    if (status == OK)
        status = add_tables(request, &time, context);
    return status == OK ? page_show(request, response, "issues/performance.html", context) : status;
}
