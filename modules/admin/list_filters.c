/* The filters beside a change list. */
#include <string.h>

#include "admin/list.h"
#include "admin/page.h"
#include "admin/registry.h"
#include "base/arena.h"
#include "base/clock.h"
#include "http/request.h"
#include "template/language.h"
#include "template/value.h"

#define MOST_CHOICES 100 /* rows of a reference's table that are offered */
#define DAY          ((int64_t)86400 * 1000000)

struct filter {
    const struct list *list;
    const char *name;
    LIST(struct value) choices;
    int64_t deadline;   /* of counting, for all filters */
    enum status status; /* of counting: the first failure, but for TIMEOUT */
};

static bool is_chosen(const struct list *list, const struct list_parameter *set, size_t count)
{
    bool chosen = true;
    for (size_t i = 0; i < count; i++) {
        struct text value = list_value(list, set[i].name);
        chosen =
            chosen && (set[i].value.length ? text_equal(value, set[i].value) : value.length == 0);
    }
    return chosen;
}

/* How many rows of the list a choice would show; not there when there is too little time. */
static void set_count(struct filter *filter, const struct list_parameter *set, size_t count,
                      struct value_map *map)
{
    struct list changed;
    int64_t found;
    if (!filter->list->facets || filter->status != OK)
        return;
    list_read_changed(&changed, filter->list, set, count);
    const struct query query = {.model = changed.admin->model,
                                .where = {changed.where.items, changed.where.count},
                                .limit = LIST_COUNT_MOST + 1};
    db_limit(filter->list->request->db, filter->deadline);
    enum status status = query_count(filter->list->request->db, &query, &found);
    list_stop_clock(filter->list);
    filter->status = status == TIMEOUT ? OK : status;
    if (status != OK)
        return;
    bool is_more = found > LIST_COUNT_MOST;
    value_map_set(map, TEXT("count"), value_integer(is_more ? LIST_COUNT_MOST : found));
    value_map_set(map, TEXT("is_more"), value_bool(is_more));
}

static void add_choice(struct filter *filter, struct text label, const struct list_parameter *set,
                       size_t count)
{
    struct value_map *map = value_map_new(filter->list->arena);
    page_text(map, "label", label);
    page_text(map, "url", list_link(filter->list, set, count));
    value_map_set(map, TEXT("chosen"), value_bool(is_chosen(filter->list, set, count)));
    set_count(filter, set, count, map);
    *LIST_PUSH(filter->list->arena, &filter->choices) = value_map(map);
}

static struct text named(const struct filter *filter, const char *end)
{
    return text_format(filter->list->arena, "%s%s", filter->name, end);
}

static void add_exact(struct filter *filter, const char *end, struct text label, struct text value)
{
    add_choice(filter, label, &(struct list_parameter){named(filter, end), value}, 1);
}

static struct text day_text(const struct filter *filter, const struct field *field, int64_t time)
{
    char iso[CLOCK_ISO_SIZE];
    clock_iso(iso, time);
    bool has_time = field->type == &field_DATETIME;
    return text_format(filter->list->arena, "%.10s%s", iso, has_time ? "T00:00:00" : "");
}

static void add_dates(struct filter *filter, const struct field *field)
{
    int64_t now = clock_wall();
    struct text tomorrow = day_text(filter, field, now + DAY);
    struct text today = day_text(filter, field, now);
    struct text this_month = text_part(today, 0, 7);
    struct text this_year = text_part(today, 0, 4);
    struct text clock = text_from(today, 10);
    struct text month =
        text_format(filter->list->arena, "%.*s-01%.*s", TEXT_ARG(this_month), TEXT_ARG(clock));
    struct text year =
        text_format(filter->list->arena, "%.*s-01-01%.*s", TEXT_ARG(this_year), TEXT_ARG(clock));
    const struct {
        const char *label;
        struct text from;
    } ranges[] = {
        {translate("Any date"), TEXT("")},
        {translate("Today"), today},
        {translate("Past 7 days"), day_text(filter, field, now - 7 * DAY)},
        {translate("This month"), month},
        {translate("This year"), year},
    };
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        const struct list_parameter set[] = {
            {named(filter, "__gte"), ranges[i].from},
            {named(filter, "__lt"), i ? tomorrow : TEXT("")},
        };
        add_choice(filter, text_of(ranges[i].label), set, 2);
    }
}

/* A row of the reference's table, or none: one of the two takes the other's place. */
static void add_reference(struct filter *filter, const struct field *field, struct text label,
                          struct text key, struct text is_null)
{
    const struct list_parameter set[] = {{named(filter, "__id__exact"), key},
                                         {named(filter, "__isnull"), is_null}};
    add_choice(filter, label, set, field->null ? 2 : 1);
}

static enum status add_rows(struct filter *filter, const struct field *field)
{
    struct row_list rows;
    struct arena *arena = filter->list->arena;
    const struct query query = {.model = field->to,
                                .related = registry_related(arena, field->to),
                                .limit = MOST_CHOICES};
    enum status status = query_rows(filter->list->request->db, arena, &query, &rows);
    if (status != OK)
        return status;
    add_reference(filter, field, text_of(translate("All")), TEXT(""), TEXT(""));
    for (size_t i = 0; i < rows.count; i++)
        add_reference(filter, field, model_print(field->to, rows.items[i], arena),
                      key_of(arena, field->to, rows.items[i]), TEXT(""));
    if (field->null)
        add_reference(filter, field, text_of(translate("Empty")), TEXT(""), TEXT("1"));
    return OK;
}

static enum status add_choices(struct filter *filter, const struct field *field)
{
    static const char end[] = "__exact";
    if (field->type == &field_DATE || field->type == &field_DATETIME) {
        add_dates(filter, field);
        return OK;
    }
    if (field->type->is_reference)
        return add_rows(filter, field);
    add_exact(filter, end, text_of(translate("All")), TEXT(""));
    if (field->type == &field_BOOLEAN) {
        add_exact(filter, end, text_of(translate("Yes")), TEXT("1"));
        add_exact(filter, end, text_of(translate("No")), TEXT("0"));
    }
    for (const struct field_choice *each = field->choices; each && each->value; each++)
        add_exact(filter, end, text_of(translate(each->label)), text_of(each->value));
    return OK;
}

enum status list_filters(const struct list *list, struct value *out)
{
    LIST(struct value) filters = {0};
    enum status status = OK;
    int64_t deadline = list_deadline();
    for (const char *const *name = list->admin->list_filter; name && *name && status == OK;
         name++) {
        const struct field *field = query_name(list->admin->model, text_of(*name));
        struct filter filter = {.list = list, .name = *name, .deadline = deadline};
        struct value_map *map = value_map_new(list->arena);
        status = add_choices(&filter, field);
        status = status == OK ? filter.status : status;
        page_text(map, "title", text_of(translate(field->label)));
        value_map_set(map, TEXT("choices"),
                      value_list(list->arena, filter.choices.items, filter.choices.count));
        *LIST_PUSH(list->arena, &filters) = value_map(map);
    }
    *out = value_list(list->arena, filters.items, filters.count);
    return status;
}
