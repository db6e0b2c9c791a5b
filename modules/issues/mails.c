#include "issues/mails.h"

#include "base/arena.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "db/db.h"
#include "issues/models.h"
#include "mail/mail.h"
#include "model/query.h"
#include "site/settings.h"

#define BETWEEN    (INT64_C(600) * 1000000) /* two mails at least */
#define MOST_NAMED 20
#define SUBJECT    200 /* bytes */

bool mails_wanted;

/* Who reads them: active staff with an address who may see issues. */
#define READERS                                                                                    \
    "SELECT DISTINCT email FROM auth_user u WHERE u.is_staff AND u.is_active AND u.email <> ''"    \
    " AND (u.is_superuser OR EXISTS (SELECT 1 FROM auth_permission p"                              \
    " JOIN django_content_type c ON c.id = p.content_type_id"                                      \
    " WHERE c.app_label = 'issues' AND p.codename IN ('view_issue', 'change_issue')"               \
    " AND (EXISTS (SELECT 1 FROM auth_user_user_permissions o"                                     \
    " WHERE o.user_id = u.id AND o.permission_id = p.id)"                                          \
    " OR EXISTS (SELECT 1 FROM auth_user_groups m JOIN auth_group_permissions g"                   \
    " ON g.group_id = m.group_id WHERE m.user_id = u.id AND g.permission_id = p.id))))"            \
    " ORDER BY email LIMIT 100"

static enum status mail_readers(struct db *db, struct arena *arena, struct text subject,
                                struct text body)
{
    LIST(struct text) addresses = {0};
    struct db_rows rows;
    db_query(db, &rows, READERS);
    while (db_next(&rows))
        *LIST_PUSH(arena, &addresses) = text_copy(arena, db_text(&rows, "email"));
    enum status status = db_finish(&rows);
    for (size_t i = 0; i < addresses.count && status == OK; i++) {
        status = mail_put(db, addresses.items[i], subject, body);
        if (status == INVALID) /* an address of old that is none: the others get theirs */
            status = OK;
    }
    return status;
}

static bool is_recent(struct db *db, struct arena *arena, int64_t now, enum status *status)
{
    const struct issue *newest;
    const struct issue since = {.mailed_at = now - BETWEEN};
    const struct field *mailed = model_field(&issue_model, TEXT("mailed_at"));
    const struct query query = {
        .model = &issue_model,
        .where = WHERE({"mailed_at", LOOKUP_GT, .value = field_bind(mailed, &since, arena)}),
        .order = NAMES("pk"),
        .limit = 1,
    };
    *status = query_first(db, arena, &query, &newest);
    bool found = *status == OK;
    if (*status == NOT_FOUND)
        *status = OK;
    return found;
}

static void put_issue(struct buffer *out, const struct issue *issue)
{
    struct text site = site_settings.site_url;
    buffer_format(out, "%.*s\n", TEXT_ARG(issue->title));
    if (issue->culprit.length)
        buffer_format(out, "in %.*s\n", TEXT_ARG(issue->culprit));
    if (issue->last_release.length)
        buffer_format(out, "release %.*s\n", TEXT_ARG(issue->last_release));
    if (text_ends(site, TEXT("/")))
        site = text_part(site, 0, site.length - 1);
    buffer_format(out, "%s\n%.*s/admin/issues/%lld/\n\n",
                  issue->is_regressed ? "It was resolved, and has come back." : "It is new.",
                  TEXT_ARG(site), (long long)issue->id);
}

static struct text subject_of(struct arena *arena, const struct issue *issue)
{
    return text_cut(text_format(arena, "[%.*s] %.*s", TEXT_ARG(issue->level),
                                TEXT_ARG(issue->title)),
                    SUBJECT);
}

enum status mails_announce(struct db *db, struct arena *arena, struct issue *issue)
{
    struct buffer body = {.arena = arena};
    enum status status = OK;
    int64_t now = clock_wall();
    if (!mails_wanted)
        return OK;
    if (!mail_has_way() || is_recent(db, arena, now, &status)) {
        issue->waits_for_mail = true;
        return OK;
    }
    put_issue(&body, issue);
    issue->mailed_at = now;
    return status == OK ? mail_readers(db, arena, subject_of(arena, issue), buffer_contents(&body))
                        : status;
}

/* Several in one */

static enum status read_waiting(struct db *db, struct arena *arena, struct row_list *out)
{
    const struct query query = {
        .model = &issue_model,
        .where = WHERE({"waits_for_mail", .value = DB_BOOL(true)}),
        .order = NAMES("-last_seen"),
    };
    return query_rows(db, arena, &query, out);
}

static enum status mark_mailed(struct db *db, const struct row_list *rows, int64_t now)
{
    enum status status = OK;
    for (size_t i = 0; i < rows->count && status == OK; i++) {
        const struct issue *before = rows->items[i];
        struct issue issue = *before;
        issue.waits_for_mail = false;
        issue.mailed_at = now;
        status = model_update(db, &issue_model, before, &issue);
    }
    return status;
}

static enum status send_waiting(struct db *db, void *context)
{
    struct arena *arena = context;
    struct row_list rows = {0};
    struct buffer body = {.arena = arena};
    enum status status = OK;
    int64_t now = clock_wall();
    if (is_recent(db, arena, now, &status) || status != OK)
        return status;
    status = read_waiting(db, arena, &rows);
    if (status != OK || !rows.count)
        return status;
    for (size_t i = 0; i < rows.count && i < MOST_NAMED; i++)
        put_issue(&body, rows.items[i]);
    if (rows.count > MOST_NAMED)
        buffer_format(&body, "… and %zu more.\n", rows.count - MOST_NAMED);
    struct text subject =
        rows.count == 1 ? subject_of(arena, rows.items[0])
                        : text_format(arena, "%zu issues are new or have come back", rows.count);
    status = mail_readers(db, arena, subject, buffer_contents(&body));
    return status == OK ? mark_mailed(db, &rows, now) : status;
}

enum status mails_send(struct db *db)
{
    struct text table;
    struct arena *arena = arena_new((size_t)32 * 1024);
    enum status status = mails_wanted && mail_has_way()
                             ? db_object_sql(db, arena, TEXT("issues_issue"), &table)
                             : NOT_FOUND;
    if (status == OK)
        status = db_transaction_on(db, &issues_path, 1, send_waiting, arena);
    arena_free(arena);
    return status == NOT_FOUND ? OK : status; /* before `migrate` */
}
