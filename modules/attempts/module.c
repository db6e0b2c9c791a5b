/* How often something may be tried in vain, counted by all instances together. */
#include "site/module.h"
#include "attempts/attempts.h"

#define HOUR 3600

const struct module attempts_module = {
    .name = "attempts",
    .mount = "",
    .jobs = JOBS({"clear attempts", .interval = HOUR, .run = attempts_clear, .waits = true}),
};
