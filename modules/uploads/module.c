/* Files that were uploaded, until it is said what becomes of them; found by every instance. */
#include "site/module.h"
#include "uploads/uploads.h"

#define QUARTER_OF_AN_HOUR 900

const struct module uploads_module = {
    .name = "uploads",
    .mount = "",
    .jobs = JOBS(
        {"clear uploads", .interval = QUARTER_OF_AN_HOUR, .run = uploads_clear, .waits = true}),
};
