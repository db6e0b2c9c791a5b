#include "issues/counts.h"

#include "base/arena.h"
#include "db/db.h"
#include "issues/period.h"
#include "issues/plot.h"

#define SPARK_WIDTH  96
#define SPARK_HEIGHT 24

struct counts {
    int64_t hours[COUNTS_HOURS];
    int64_t days[COUNTS_DAYS];
};

static void add_count(struct counts *counts, int64_t ago, int64_t count)
{
    if (ago < 0)
        ago = 0;
    if (ago < COUNTS_HOURS)
        counts->hours[COUNTS_HOURS - 1 - ago] += count;
    if (ago / 24 < COUNTS_DAYS)
        counts->days[COUNTS_DAYS - 1 - ago / 24] += count;
}

enum status counts_add(struct db *db, struct arena *arena, int64_t issue, int64_t now,
                       struct value_map *out)
{
    struct db_rows rows;
    struct counts counts = {0};
    int64_t hour = now / PERIOD_HOUR;
    db_query(db, &rows, "SELECT hour, count FROM issues_hourly WHERE issue_id = $1 AND hour > $2",
             DB_INT(issue), DB_INT(hour - INT64_C(24) * COUNTS_DAYS));
    while (db_next(&rows))
        add_count(&counts, hour - db_int(&rows, "hour"), db_int(&rows, "count"));
    enum status status = db_finish(&rows);
    value_map_set(out, TEXT("day"),
                  plot_bars(arena, counts.hours, COUNTS_HOURS, SPARK_WIDTH, SPARK_HEIGHT));
    value_map_set(out, TEXT("fortnight"),
                  plot_bars(arena, counts.days, COUNTS_DAYS, SPARK_WIDTH, SPARK_HEIGHT));
    return status;
}
