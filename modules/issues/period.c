#include "issues/period.h"

#include "admin/admin.h"
#include "base/clock.h"
#include "http/request.h"
#include "template/language.h"
#include "template/value.h"

#define DAY_HOURS 24

struct value_map *period_page(struct request *request, struct text title, struct period *out)
{
    struct text hours;
    bool is_week = request_query(request, "hours", &hours) && hours.at && text_is(hours, "168");
    out->hours = is_week ? PERIOD_MOST : DAY_HOURS;
    out->first = clock_wall() / PERIOD_HOUR - out->hours + 1;
    struct value_map *context = page_context(request, title, NULL);
    page_crumb(context, text_of(translate("Issues")),
               page_path(request->arena, "admin:issues_index", TEXT_NONE));
    page_crumb(context, title, TEXT(""));
    value_map_set(context, TEXT("hours"), value_integer(out->hours));
    return context;
}
