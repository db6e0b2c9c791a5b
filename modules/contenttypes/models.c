#include "contenttypes/models.h"

static struct text contenttype_print(const void *row, struct arena *arena)
{
    const struct contenttype *type = row;
    return text_format(arena, "%.*s | %.*s", TEXT_ARG(type->app_label), TEXT_ARG(type->model));
}

MODEL(contenttype, CONTENTTYPE_FIELDS, "contenttypes", .db_table = "django_content_type",
      .verbose_name = N_("content type"), .verbose_name_plural = N_("content types"),
      .unique_together = TOGETHER(NAMES("app_label", "model")),
      .natural_key = NAMES("app_label", "model"), .print = contenttype_print);
