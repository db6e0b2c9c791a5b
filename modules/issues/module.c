/* The site as its own Sentry: what failed, here and in other programs, grouped and explained. */
#include "site/module.h"
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

static const struct setting settings[] = {
    {"ISSUES_RATE_LIMIT", "1200",
     "requests a minute that each worker takes of each project that reports errors here; 0: no "
     "limit",
     .integer = &limit_per_minute, .max = 1000000},
    {"ISSUES_MAIL", "1", "mail staff who may see issues of new ones, and of those that come back",
     .flag = &mails_wanted},
    {0},
};

const struct module issues_module = {
    .name = "issues",
    .mount = "api/",
    .needs = NEEDS("admin", "auth", "mail"),
    .models = MODELS(&project_model, &issue_model, &grouphash_model, &event_model, &seenevent_model,
                     &hourly_model, &tagvalue_model, &touched_model, &timed_model, &timing_model),
    .settings = settings,
    .routes = ROUTES({"<int:project>/envelope/", intake_envelope, .name = "issues_envelope",
                      .access = ACCESS_PUBLIC, .methods = HTTP_POST | HTTP_OPTIONS,
                      .work = WORK_NONE, .body_limit = INTAKE_BODY_LIMIT, .csrf_exempt = true,
                      .admit = intake_admit, .failure = "the envelope cannot be taken"},
                     {"<int:project>/store/", intake_store, .name = "issues_store",
                      .access = ACCESS_PUBLIC, .methods = HTTP_POST | HTTP_OPTIONS,
                      .work = WORK_NONE, .body_limit = INTAKE_BODY_LIMIT, .csrf_exempt = true,
                      .admit = intake_admit, .failure = "the event cannot be taken"}),
    .admin = ADMINS({.model = &project_model,
                     .list_display = NAMES("name", "is_active"),
                     .may = project_may,
                     .prepare = project_prepare,
                     .pages = ADMIN_PAGES({"setup", N_("Set up"), .view = project_setup})}),
    .admin_routes =
        ADMIN_ROUTES({.route = {"", issues_list, .name = "index", .work = WORK_BLOCKS},
                      .model = &issue_model,
                      .needs = ADMIN_VIEW,
                      .label = N_("Issues")},
                     {.route = {"performance/", issues_performance, .name = "performance",
                                .work = WORK_BLOCKS},
                      .model = &issue_model,
                      .needs = ADMIN_VIEW,
                      .label = N_("Performance")},
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
    .jobs = JOBS({"mail issues", .interval = MINUTE, .run = mails_send},
                 {"prune issues", .interval = MINUTE, .run = prune_issues, .waits = true}),
    .keep_event = keep_own,
};
