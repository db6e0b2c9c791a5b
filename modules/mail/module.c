/* Mails to people, which survive whatever happens between their cause and the mail server. */
#include "site/module.h"
#include "base/arena.h"
#include "db/db.h"
#include "mail/delivery.h"
#include "mail/mail.h"
#include "mail/models.h"
#include "mail/outbox.h"
#include "model/differences.h"
#include "model/query.h"

#define INTERVAL   1  /* seconds */
#define MOST_NAMED 20 /* mails that check names */

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

static enum status name_given_up(struct db *db, struct arena *arena, struct difference_list *out)
{
    const struct outgoing then = {.next_try_at = OUTBOX_GIVEN_UP};
    const struct field *due = model_field(&outgoing_model, TEXT("next_try_at"));
    const struct query query = {
        .model = &outgoing_model,
        .where = WHERE({"next_try_at", LOOKUP_GTE, .value = field_bind(due, &then, arena)}),
        .limit = MOST_NAMED,
    };
    struct row_list mails = {0};
    enum status status = query_rows(db, arena, &query, &mails);
    for (size_t i = 0; i < mails.count && status == OK; i++) {
        const struct outgoing *mail = mails.items[i];
        *LIST_PUSH(arena, &out->items) =
            text_format(arena, "the mail %lld to %.*s was given up: %.*s", (long long)mail->id,
                        TEXT_ARG(mail->recipient), TEXT_ARG(mail->error));
    }
    return status;
}

static enum status check_mail(struct db *db, struct arena *arena, struct difference_list *out)
{
    int64_t waiting;
    enum status status = db_integer(db, &waiting, 0, "SELECT count(*) FROM mail_outgoing");
    if (status == OK && waiting && !mail_has_way())
        *LIST_PUSH(arena, &out->items) =
            text_format(arena, "EMAIL_URL is empty, and %lld mails wait to be sent",
                        (long long)waiting);
    return status == OK ? name_given_up(db, arena, out) : status;
}

static enum status count_mails(struct db *db, enum lookup lookup, int64_t *out)
{
    struct arena *arena = arena_new(1024);
    const struct outgoing then = {.next_try_at = OUTBOX_GIVEN_UP};
    const struct field *due = model_field(&outgoing_model, TEXT("next_try_at"));
    const struct query query = {
        .model = &outgoing_model,
        .where = WHERE({"next_try_at", lookup, .value = field_bind(due, &then, arena)}),
    };
    enum status status = query_count(db, &query, out);
    arena_free(arena);
    return status;
}

static enum status count_waiting(struct db *db, int64_t *out)
{
    return count_mails(db, LOOKUP_LT, out);
}

static enum status count_given_up(struct db *db, int64_t *out)
{
    return count_mails(db, LOOKUP_GTE, out);
}

#define HELP "Mails in the outbox: those that are still tried, and those that were given up."

const struct module mail_module = {
    .name = "mail",
    .mount = "",
    .models = MODELS(&outgoing_model),
    .settings = settings,
    .check = check_mail,
    .gauges = GAUGES({"oc_mails", "state=\"waiting\"", HELP, count_waiting},
                     {"oc_mails", "state=\"given up\"", HELP, count_given_up}),
    .jobs = JOBS({"send mails", .interval = INTERVAL, .run = outbox_send}),
};
