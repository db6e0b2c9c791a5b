/* The way through a list by year, month and day (date_hierarchy). Which of them have rows is found
 * by going from one to the next: an index of the field serves that, however long the list is. */
#include <stdlib.h>
#include <string.h>

#include "admin/list.h"
#include "admin/page.h"
#include "base/arena.h"
#include "http/request.h"
#include "template/language.h"
#include "template/moment.h"
#include "template/value.h"

#define MOST_CHOICES 100 /* years */
#define LAST_YEAR    9999

enum unit { YEAR, MONTH, DAY, UNITS };
static const char *const endings[UNITS] = {"__year", "__month", "__day"};
static const char *const formats[UNITS] = {"Y", "YEAR_MONTH_FORMAT", "MONTH_DAY_FORMAT"};

/* Members of a row are days, or microseconds. */
static int64_t scale_of(const struct field *field)
{
    return field->type == &field_DATE ? 1 : DAY_SECONDS * MICROSECONDS;
}

/* Of a list that has a date hierarchy: the start has looked whether there is such a field. */
static const struct field *field_of(const struct list *list)
{
    const struct field *field =
        model_field(list->admin->model, text_of(list->admin->date_hierarchy));
    if (!field)
        abort();
    return field;
}

/* The day on which a year, or a month or day of it, begins; and the one behind its last. */
static int64_t first_day(const struct list_dates *dates)
{
    return moment_days((int32_t)dates->part[YEAR], dates->part[MONTH] ? (int)dates->part[MONTH] : 1,
                       dates->part[DAY] ? (int)dates->part[DAY] : 1);
}

static int64_t day_behind(const struct list_dates *dates)
{
    struct list_dates next = *dates;
    if (dates->part[DAY])
        return first_day(dates) + 1;
    if (dates->part[MONTH])
        return first_day(dates)
               + moment_month_days((int32_t)next.part[YEAR], (int)next.part[MONTH]);
    next.part[YEAR]++;
    return first_day(&next);
}

static struct db_parameter bound(const struct list *list, int64_t day)
{
    const struct field *field = field_of(list);
    void *row = model_empty(list->admin->model, list->arena);
    *(int64_t *)field_member(field, row) = day * scale_of(field);
    return field_bind(field, row, list->arena);
}

/* Reading the address */

bool list_dates_has(const struct list *list, struct text name)
{
    const char *field = list->admin->date_hierarchy;
    for (int unit = YEAR; field && unit < UNITS; unit++)
        if (text_equal(name, text_format(list->arena, "%s%s", field, endings[unit])))
            return true;
    return false;
}

/* False: what is there is no such part of a date. */
static bool read_part(const struct list *list, enum unit unit, int64_t most, int64_t *out)
{
    struct text name = text_format(list->arena, "%s%s", list->admin->date_hierarchy, endings[unit]);
    struct text value = list_value(list, name);
    *out = 0;
    return !value.length || (text_to_int64(out, value) && *out >= 1 && *out <= most);
}

void list_dates_read(struct list *list)
{
    struct list_dates *dates = &list->dates;
    int64_t *part = dates->part;
    if (!list->admin->date_hierarchy)
        return;
    bool good = read_part(list, YEAR, LAST_YEAR, &part[YEAR])
                && read_part(list, MONTH, part[YEAR] ? 12 : 0, &part[MONTH]);
    int days = good && part[MONTH] ? moment_month_days((int32_t)part[YEAR], (int)part[MONTH]) : 0;
    good = good && read_part(list, DAY, days, &part[DAY]);
    list->mistaken = list->mistaken || !good;
    if (!good || !part[YEAR])
        return;
    const char *name = list->admin->date_hierarchy;
    list->filtered = true;
    *LIST_PUSH(list->arena, &list->where) =
        (struct condition){.name = name,
                           .lookup = LOOKUP_GTE,
                           .value = bound(list, first_day(dates))};
    *LIST_PUSH(list->arena, &list->where) =
        (struct condition){.name = name,
                           .lookup = LOOKUP_LT,
                           .value = bound(list, day_behind(dates))};
}

/* Which there are */

/* The first day that has rows from `from` on, or (falling) the last. NOT_FOUND. */
static enum status find_day(const struct list *list, int64_t from, bool falling,
                            struct value_moment *out)
{
    const struct field *field = field_of(list);
    const char *name = list->admin->date_hierarchy;
    const char *last = text_string(list->arena, text_format(list->arena, "-%s", name));
    struct condition *where = ARENA_ARRAY(list->arena, struct condition, list->where.count + 1);
    void *row;
    if (list->where.count)
        memcpy(where, list->where.items, list->where.count * sizeof *where);
    where[list->where.count] =
        (struct condition){.name = name, .lookup = LOOKUP_GTE, .value = bound(list, from)};
    const struct query query = {.model = list->admin->model,
                                .where = {where, list->where.count + 1},
                                .order = NAMES(falling ? last : name)};
    enum status status = query_first(list->request->db, list->arena, &query, &row);
    if (status != OK)
        return status;
    int64_t member = *(const int64_t *)field_at(field, row);
    *out =
        moment_from_local(member * (field->type == &field_DATE ? DAY_SECONDS * MICROSECONDS : 1));
    return OK;
}

static struct value link_value(const struct list *list, const struct list_dates *dates,
                               enum unit unit)
{
    struct value_map *map = value_map_new(list->arena);
    struct list_parameter set[UNITS];
    for (int i = YEAR; i < UNITS; i++) {
        int64_t part = dates->part[i];
        set[i].name = text_format(list->arena, "%s%s", list->admin->date_hierarchy, endings[i]);
        set[i].value = part ? text_format(list->arena, "%lld", (long long)part) : TEXT("");
    }
    page_text(map, "url", list_link(list, set, UNITS));
    if (!dates->part[YEAR])
        return value_map(map);
    const struct value_moment moment =
        moment_from_local(first_day(dates) * DAY_SECONDS * MICROSECONDS);
    value_map_set(map, TEXT("date"), value_moment(list->arena, VALUE_DATE, &moment));
    page_text(map, "format", text_of(formats[unit]));
    return value_map(map);
}

static struct list_dates dates_of(const struct value_moment *moment, enum unit unit)
{
    return (struct list_dates){
        {moment->year, unit >= MONTH ? moment->month : 0, unit >= DAY ? moment->day : 0}};
}

static enum status add_choices(const struct list *list, enum unit unit, struct value_map *map)
{
    LIST(struct value) choices = {0};
    struct list_dates at = {{1}};
    struct value_moment found;
    enum status status = find_day(list, first_day(&at), false, &found);
    while (status == OK && choices.count < MOST_CHOICES) {
        at = dates_of(&found, unit);
        *LIST_PUSH(list->arena, &choices) = link_value(list, &at, unit);
        status =
            at.part[YEAR] < LAST_YEAR ? find_day(list, day_behind(&at), false, &found) : NOT_FOUND;
    }
    value_map_set(map, TEXT("choices"), value_list(list->arena, choices.items, choices.count));
    return status == NOT_FOUND ? OK : status;
}

/* Where all rows are of one year, its months are shown at once; of one month, its days. */
static enum status start_unit(const struct list *list, enum unit *out)
{
    struct list_dates begin = {{1}};
    struct value_moment first;
    struct value_moment last;
    enum status status = find_day(list, first_day(&begin), false, &first);
    if (status == OK)
        status = find_day(list, first_day(&begin), true, &last);
    if (status != OK)
        return status;
    bool one_year = first.year == last.year;
    *out = !one_year ? YEAR : first.month == last.month ? DAY : MONTH;
    return OK;
}

static enum status add_dates(const struct list *list, struct value_map *map)
{
    const int64_t *part = list->dates.part;
    struct list_dates wider = list->dates;
    enum unit unit = part[MONTH] ? DAY : part[YEAR] ? MONTH : YEAR;
    enum status status = part[YEAR] ? OK : start_unit(list, &unit);
    if (status != OK)
        return status;
    if (part[YEAR]) {
        int last = part[DAY] ? DAY : part[MONTH] ? MONTH : YEAR;
        wider.part[last] = 0;
        value_map_set(map, TEXT("back"),
                      link_value(list, &wider, last ? (enum unit)(last - 1) : YEAR));
    }
    value_map_set(map, TEXT("is_day"), value_bool(part[DAY] != 0));
    return add_choices(list, unit, map);
}

enum status list_dates_add_context(const struct list *list, struct value_map *context)
{
    struct value_map *map = value_map_new(list->arena);
    if (!list->admin->date_hierarchy)
        return OK;
    list_start_clock(list);
    enum status status = add_dates(list, map);
    list_stop_clock(list);
    if (status == OK)
        value_map_set(context, TEXT("dates"), value_map(map));
    return status == NOT_FOUND || status == TIMEOUT ? OK : status;
}
