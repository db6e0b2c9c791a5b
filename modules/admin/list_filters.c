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

static void add_choice(struct filter *filter, struct text label, const struct list_parameter *set,
                       size_t count)
{
    struct value_map *map = value_map_new(filter->list->arena);
    page_text(map, "label", label);
    page_text(map, "url", list_link(filter->list, set, count));
    value_map_set(map, TEXT("chosen"), value_bool(is_chosen(filter->list, set, count)));
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
    for (size_t i = 0; i < rows.count; i++)
        add_exact(filter, "__id__exact", model_print(field->to, rows.items[i], arena),
                  key_of(arena, field->to, rows.items[i]));
    if (field->null)
        add_exact(filter, "__isnull", text_of(translate("Empty")), TEXT("1"));
    return OK;
}

static enum status add_choices(struct filter *filter, const struct field *field)
{
    const char *end = field->type->is_reference ? "__id__exact" : "__exact";
    if (field->type == &field_DATE || field->type == &field_DATETIME) {
        add_dates(filter, field);
        return OK;
    }
    add_exact(filter, end, text_of(translate("All")), TEXT(""));
    if (field->type->is_reference)
        return add_rows(filter, field);
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
    for (const char *const *name = list->admin->list_filter; name && *name && status == OK;
         name++) {
        const struct field *field = query_name(list->admin->model, text_of(*name));
        struct filter filter = {.list = list, .name = *name};
        struct value_map *map = value_map_new(list->arena);
        status = add_choices(&filter, field);
        page_text(map, "title", text_of(field->label));
        value_map_set(map, TEXT("choices"),
                      value_list(list->arena, filter.choices.items, filter.choices.count));
        *LIST_PUSH(list->arena, &filters) = value_map(map);
    }
    *out = value_list(list->arena, filters.items, filters.count);
    return status;
}
