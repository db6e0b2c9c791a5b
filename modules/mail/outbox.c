#include "mail/outbox.h"

#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "db/db.h"
#include "mail/delivery.h"
#include "mail/mail.h"
#include "mail/models.h"
#include "model/query.h"

#define SECOND      INT64_C(1000000)
#define CLAIMED_FOR (120 * SECOND) /* longer than a server may take */
#define FIRST_DELAY (30 * SECOND)
#define LAST_DELAY  (INT64_C(21600) * SECOND)
#define MOST_TRIES  20
#define AT_ONCE     50

static enum status remove_mail(struct db *db, int64_t id)
{
    return db_run(db, "DELETE FROM mail_outgoing WHERE id = $1", DB_INT(id));
}

static enum status put(struct db *db, struct text recipient, struct text subject, struct text body,
                       int64_t *id)
{
    struct arena *arena = arena_new(1024);
    struct outgoing *mail = model_new(&outgoing_model, arena);
    mail->recipient = recipient;
    mail->subject = subject;
    mail->body = body;
    mail->error = TEXT("");
    enum status status = OK;
    if (validate_email(recipient) || text_find_char(subject, '\n') != TEXT_NOT_FOUND
        || text_find_char(subject, '\r') != TEXT_NOT_FOUND)
        status = fail_as(INVALID, "\"%.*s\" is no address for a mail", TEXT_ARG(recipient));
    if (status == OK)
        status = model_insert(db, &outgoing_model, mail);
    *id = mail->id;
    arena_free(arena);
    return status;
}

enum status mail_put(struct db *db, struct text recipient, struct text subject, struct text body)
{
    int64_t id;
    return put(db, recipient, subject, body, &id);
}

enum status mail_waste(struct db *db, struct text recipient, struct text subject, struct text body)
{
    int64_t id;
    enum status status = put(db, recipient, subject, body, &id);
    return status == OK ? remove_mail(db, id) : status;
}

/* Another clerk that works beside this one passes over what is claimed. */

struct claiming {
    const struct outgoing *mail;
    struct outgoing claimed;
    struct arena *arena;
    bool is_ours;
};

static enum status claim(struct db *db, void *context)
{
    struct claiming *claiming = context;
    const struct outgoing *now;
    enum status status =
        model_find(db, claiming->arena, &outgoing_model, DB_INT(claiming->mail->id), &now);
    if (status == NOT_FOUND || (status == OK && now->next_try_at > clock_wall()))
        return OK;
    if (status != OK)
        return status;
    claiming->claimed = *now;
    claiming->claimed.next_try_at = clock_wall() + CLAIMED_FOR;
    claiming->claimed.tries++;
    claiming->is_ours = true;
    return model_update(db, &outgoing_model, now, &claiming->claimed);
}

static int64_t next_try(int64_t tries, bool is_final)
{
    if (is_final || tries >= MOST_TRIES)
        return OUTBOX_GIVEN_UP;
    int64_t delay = FIRST_DELAY << (tries < 16 ? tries - 1 : 15);
    return clock_wall() + (delay < LAST_DELAY ? delay : LAST_DELAY);
}

static enum status put_off(struct db *db, const struct outgoing *mail, bool is_final,
                           struct arena *arena)
{
    struct outgoing after = *mail;
    after.error = text_copy(arena, text_of(status_failure()->message));
    after.next_try_at = next_try(mail->tries, is_final);
    log_error(after.next_try_at == OUTBOX_GIVEN_UP ? "mail given up" : "mail not sent yet",
              LOG_INT("mail", mail->id), LOG_INT("tries", mail->tries),
              LOG_TEXT("error", after.error));
    return model_update(db, &outgoing_model, mail, &after);
}

static enum status try_mail(struct db *db, const struct outgoing *mail, struct arena *arena)
{
    struct claiming claiming = {.mail = mail, .arena = arena};
    const struct text path = model_path(&outgoing_model, mail, arena);
    enum status status = db_transaction_on(db, &path, 1, claim, &claiming);
    if (status != OK || !claiming.is_ours)
        return status;
    status = mail_deliver(arena, &claiming.claimed);
    if (status == OK) {
        log_info("mail sent", LOG_INT("mail", mail->id));
        return remove_mail(db, mail->id);
    }
    return put_off(db, &claiming.claimed, status == INVALID, arena);
}

enum status outbox_send(struct db *db)
{
    struct arena *arena = arena_new((size_t)16 * 1024);
    const struct outgoing now = {.next_try_at = clock_wall()};
    const struct field *due = model_field(&outgoing_model, TEXT("next_try_at"));
    const struct query query = {
        .model = &outgoing_model,
        .where = WHERE({"next_try_at", LOOKUP_LTE, .value = field_bind(due, &now, arena)}),
        .order = NAMES("next_try_at"),
        .limit = AT_ONCE,
    };
    struct row_list mails = {0};
    struct text table;
    enum status status = db_object_sql(db, arena, TEXT("mail_outgoing"), &table);
    if (status == NOT_FOUND) /* before `migrate` */
        status = OK;
    else if (status == OK && mail_has_way())
        status = query_rows(db, arena, &query, &mails);
    for (size_t i = 0; i < mails.count && status == OK; i++)
        status = try_mail(db, mails.items[i], arena);
    arena_free(arena);
    return status;
}
