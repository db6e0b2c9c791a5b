#include "mail/models.h"

static struct text outgoing_print(const void *row, struct arena *arena)
{
    const struct outgoing *mail = row;
    return text_format(arena, "%.*s: %.*s", TEXT_ARG(mail->recipient), TEXT_ARG(mail->subject));
}

MODEL(outgoing, OUTGOING_FIELDS, "mail", .verbose_name = N_("outgoing mail"),
      .verbose_name_plural = N_("outgoing mails"), .print = outgoing_print);
