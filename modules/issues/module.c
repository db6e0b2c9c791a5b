/* The site as its own Sentry: what failed, here and in other programs, grouped and explained. */
#include "site/module.h"
#include "issues/keep.h"
#include "issues/models.h"
#include "issues/views.h"
#include "site/admin.h"

#define FORM_LIMIT ((size_t)64 * 1024)

const struct module issues_module = {
    .name = "issues",
    .mount = "",
    .needs = NEEDS("admin", "auth"),
    .models = MODELS(&project_model, &issue_model, &grouphash_model, &event_model, &seenevent_model,
                     &hourly_model, &tagvalue_model, &touched_model),
    .admin_routes =
        ADMIN_ROUTES({.route = {"", issues_list, .name = "index", .work = WORK_BLOCKS},
                      .model = &issue_model,
                      .needs = ADMIN_VIEW,
                      .label = N_("Issues")},
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
    .keep_event = keep_own,
};
