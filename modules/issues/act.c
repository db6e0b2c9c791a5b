/* Resolving, ignoring and opening issues again. */
#include "admin/admin.h"
#include "base/arena.h"
#include "base/clock.h"
#include "db/db.h"
#include "http/request.h"
#include "http/response.h"
#include "issues/models.h"
#include "issues/views.h"
#include "model/query.h"
#include "site/links.h"
#include "site/messages.h"
#include "template/language.h"

struct acting {
    struct request *request;
    const char *status; /* that they get */
    int64_t done;
};

static const char *status_of(struct text action)
{
    static const struct {
        const char *action;
        const char *status;
    } actions[] = {
        {"resolve", ISSUE_RESOLVED},
        {"ignore", ISSUE_IGNORED},
        {"reopen", ISSUE_UNRESOLVED},
    };
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
        if (text_is(action, actions[i].action))
            return actions[i].status;
    return NULL;
}

/* One that is gone meanwhile is passed over. */
static enum status change(struct db *db, struct acting *acting, int64_t id)
{
    struct arena *arena = acting->request->arena;
    struct issue *issue;
    enum status status = model_find(db, arena, &issue_model, DB_INT(id), &issue);
    if (status == NOT_FOUND || (status == OK && text_is(issue->status, acting->status)))
        return OK;
    if (status != OK)
        return status;
    const struct issue before = *issue;
    const struct text label = text_of(translate("status"));
    const struct entry_part part = {.action = ENTRY_CHANGED, .fields = &label, .field_count = 1};
    issue->status = text_of(acting->status);
    issue->is_regressed = false;
    bool resolved = text_is(issue->status, ISSUE_RESOLVED);
    issue->resolved_in = resolved ? issue->last_release : TEXT("");
    issue->resolved_at = resolved ? clock_wall() : FIELD_NULL;
    acting->done++;
    status = model_update(db, &issue_model, &before, issue);
    return status == OK ? entry_write(acting->request, &issue_model, issue, ENTRY_CHANGED, &part, 1)
                        : status;
}

static enum status change_all(struct db *db, void *context)
{
    struct acting *acting = context;
    size_t at = 0;
    struct text name;
    struct text value;
    int64_t id;
    enum status status = OK;
    while (status == OK && request_form_next(acting->request, &at, &name, &value))
        if (name.at && text_is(name, "issue") && text_to_int64(&id, value))
            status = change(db, acting, id);
    return status;
}

static void say(struct acting *acting)
{
    struct arena *arena = acting->request->arena;
    if (!acting->done)
        message_add(acting->request, MESSAGE_WARNING,
                    text_of(
                        translate("No issue was changed: choose some whose status is another.")));
    else
        message_add(acting->request, MESSAGE_SUCCESS,
                    text_format(arena, translate("Issues changed: %lld"), (long long)acting->done));
}

enum status issues_act(struct request *request, struct response *response)
{
    struct text action;
    struct text next;
    struct acting acting = {.request = request};
    if (!request_form(request, "action", &action) || !(acting.status = status_of(action)))
        return fail_as(INVALID, "there is no such action: resolve, ignore or reopen");
    enum status status = db_transaction_on(request->db, &issues_path, 1, change_all, &acting);
    if (status != OK)
        return status;
    say(&acting);
    if (!request_form(request, "next", &next) || !next.at || !link_is_local(next))
        next = page_path(request->arena, "admin:issues_index", TEXT_NONE);
    return page_go(response, next);
}
