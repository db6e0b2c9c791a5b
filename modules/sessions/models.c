#include "sessions/models.h"

static struct text session_print(const void *row, struct arena *arena)
{
    (void)arena;
    return ((const struct session *)row)->session_key;
}

MODEL(session, SESSION_FIELDS, "sessions", .db_table = "django_session",
      .verbose_name = N_("session"), .verbose_name_plural = N_("sessions"), .print = session_print);
