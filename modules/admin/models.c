#include "admin/models.h"

static struct text logentry_print(const void *row, struct arena *arena)
{
    static const char *const actions[] = {"Log entry of", "Added", "Changed", "Deleted"};
    const struct logentry *entry = row;
    bool known = entry->action_flag >= 1 && entry->action_flag <= 3;
    return text_format(arena, "%s \"%.*s\"", actions[known ? entry->action_flag : 0],
                       TEXT_ARG(entry->object_repr));
}

MODEL(logentry, LOGENTRY_FIELDS, "admin", .db_table = "django_admin_log",
      .verbose_name = N_("log entry"), .verbose_name_plural = N_("log entries"),
      .ordering = NAMES("-action_time"), .print = logentry_print);
