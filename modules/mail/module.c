/* Mails to people, which survive whatever happens between their cause and the mail server. */
#include "site/module.h"
#include "base/arena.h"
#include "db/db.h"
#include "mail/delivery.h"
#include "mail/models.h"
#include "mail/outbox.h"
#include "model/differences.h"

#define INTERVAL 1 /* seconds */

static const struct setting settings[] = {
    {"EMAIL_URL", "",
     "where mails go: smtp://user:password@host:port, smtps://…, smtp+tls://… (STARTTLS), "
     "file:///folder or console:; empty: the console with DEBUG=1, else they wait",
     .value = &mail_url, .url = true, .refuse = mail_refuse_url},
    {"DEFAULT_FROM_EMAIL", "webmaster@localhost",
     "who mails are from: an address, or Holiday Homes <site@example.com>", .value = &mail_sender,
     .refuse = mail_refuse_sender},
    {0},
};

static enum status check_mail(struct db *db, struct arena *arena, struct difference_list *out)
{
    int64_t waiting;
    enum status status = db_integer(db, &waiting, 0, "SELECT count(*) FROM mail_outgoing");
    if (status == OK && waiting && !mail_has_way())
        *LIST_PUSH(arena, &out->items) =
            text_format(arena, "EMAIL_URL is empty, and %lld mails wait to be sent",
                        (long long)waiting);
    return status;
}

const struct module mail_module = {
    .name = "mail",
    .mount = "",
    .models = MODELS(&outgoing_model),
    .settings = settings,
    .check = check_mail,
    .jobs = JOBS({"send mails", .interval = INTERVAL, .run = outbox_send}),
};
