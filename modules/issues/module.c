/* The site as its own Sentry: what failed, here and in other programs, grouped and explained. */
#include "site/module.h"
#include "db/db.h"
#include "issues/intake.h"
#include "issues/keep.h"
#include "issues/limit.h"
#include "issues/mails.h"
#include "issues/models.h"
#include "issues/projects.h"
#include "issues/prune.h"
#include "issues/views.h"
#include "site/admin.h"

#define FORM_LIMIT ((size_t)64 * 1024)
#define MINUTE     60 /* seconds */

#define TAKES(take)                                                                                \
    take, .access = ACCESS_PUBLIC, .methods = HTTP_POST | HTTP_OPTIONS, .work = WORK_NONE,         \
          .body_limit = INTAKE_BODY_LIMIT, .csrf_exempt = true, .admit = intake_admit,             \
          .failure = "what was sent cannot be taken"

static const struct setting settings[] = {
    {"ISSUES_RATE_LIMIT", "1200",
     "requests a minute that each worker takes with each key that reports errors here; 0: no "
     "limit",
     .integer = &limit_per_minute, .max = 1000000},
    {"ISSUES_MAIL", "1", "mail staff who may see issues of new ones, and of those that come back",
     .flag = &mails_wanted},
    {0},
};

static enum status count_unresolved(struct db *db, int64_t *out)
{
    return db_integer(db, out, 0, "SELECT count(*) FROM issues_issue WHERE status = 'unresolved'");
}

const struct module issues_module = {
    .name = "issues",
    .mount = "api/",
    .needs = NEEDS("admin", "auth", "mail"),
    .models = MODELS(&project_model, &issue_model, &grouphash_model, &event_model, &seenevent_model,
                     &hourly_model, &tagvalue_model, &touched_model, &timed_model, &timing_model,
                     &health_model),
    .settings = settings,
    .routes = ROUTES({"<int:project>/envelope/", TAKES(intake_envelope), .name = "issues_envelope"},
                     {"<int:project>/envelope", TAKES(intake_envelope)},
                     {"<int:project>/store/", TAKES(intake_store), .name = "issues_store"},
                     {"<int:project>/store", TAKES(intake_store)}),
    .admin = ADMINS({.model = &project_model,
                     .list_display = NAMES("name", "is_active"),
                     .may = project_may,
                     .prepare = project_prepare,
                     .pages = ADMIN_PAGES({"setup", N_("Set up"), .view = project_setup})}),
    .admin_routes = ADMIN_ROUTES(
        {.route = {"", issues_list, .name = "index", .work = WORK_BLOCKS},
         .model = &issue_model,
         .needs = ADMIN_VIEW,
         .label = N_("Issues")},
        {.route = {"performance/", issues_performance, .name = "performance", .work = WORK_BLOCKS},
         .model = &issue_model,
         .needs = ADMIN_VIEW,
         .label = N_("Performance")},
        {.route = {"releases/", issues_releases, .name = "releases", .work = WORK_BLOCKS},
         .model = &issue_model,
         .needs = ADMIN_VIEW,
         .label = N_("Releases")},
        {.route = {"act/", issues_act, .name = "act", .methods = HTTP_POST,
                   .body_limit = FORM_LIMIT},
         .model = &issue_model,
         .needs = ADMIN_CHANGE},
        {.route = {"<int:id>/", issues_show, .name = "issue"},
         .model = &issue_model,
         .needs = ADMIN_VIEW},
        {.route = {"<int:id>/<slug:event_id>.json", issues_raw, .name = "raw"},
         .model = &issue_model,
         .needs = ADMIN_VIEW}),
    .gauges = GAUGES({"oc_issues_unresolved", "", "Issues that nobody has resolved or ignored.",
                      count_unresolved}),
    .jobs = JOBS({"mail issues", .interval = MINUTE, .run = mails_send},
                 {"prune issues", .interval = MINUTE, .run = prune_issues, .waits = true}),
    .keep_event = keep_own,
};
