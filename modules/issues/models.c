#include "issues/models.h"

const struct text issues_path = {"issues", 6};

static struct text project_print(const void *row, struct arena *arena)
{
    (void)arena;
    return ((const struct project *)row)->name;
}

static struct text issue_print(const void *row, struct arena *arena)
{
    (void)arena;
    return ((const struct issue *)row)->title;
}

MODEL(project, PROJECT_FIELDS, "issues", .verbose_name = N_("project"), .ordering = NAMES("name"),
      .print = project_print);
MODEL(issue, ISSUE_FIELDS, "issues", .verbose_name = N_("issue"), .ordering = NAMES("-last_seen"),
      .print = issue_print);
MODEL(grouphash, GROUPHASH_FIELDS, "issues", .verbose_name = "hash of an issue",
      .unique_together = TOGETHER(NAMES("project", "hash")));
MODEL(event, EVENT_FIELDS, "issues", .verbose_name = "event");
MODEL(seenevent, SEENEVENT_FIELDS, "issues", .verbose_name = "counted event",
      .unique_together = TOGETHER(NAMES("project", "event_id")));
MODEL(hourly, HOURLY_FIELDS, "issues", .verbose_name = "events of an hour",
      .unique_together = TOGETHER(NAMES("issue", "hour")));
MODEL(tagvalue, TAGVALUE_FIELDS, "issues", .verbose_name = "value of a tag",
      .unique_together = TOGETHER(NAMES("issue", "name", "value")));
MODEL(touched, TOUCHED_FIELDS, "issues", .verbose_name = "visitor of an issue",
      .unique_together = TOGETHER(NAMES("issue", "visitor")));
MODEL(timed, TIMED_FIELDS, "issues", .verbose_name = "what takes time",
      .unique_together = TOGETHER(NAMES("project", "kind", "name")));
MODEL(timing, TIMING_FIELDS, "issues", .verbose_name = "times of an hour",
      .unique_together = TOGETHER(NAMES("timed", "hour", "bucket")));
MODEL(health, HEALTH_FIELDS, "issues", .verbose_name = "health of a release",
      .unique_together = TOGETHER(NAMES("project", "release", "environment", "hour")));
