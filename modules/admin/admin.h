/* What other modules use for pages of their own in the admin (site/admin.h, struct admin_route). */
#pragma once

#include "admin/entries.h"
#include "admin/page.h"
#include "base/status.h"
#include "site/admin.h"

struct model;
struct request;

/* Whether the one who asks has the permission of a table; who may change may view. */
enum status admin_may(const struct request *request, const struct model *model,
                      enum admin_action action, bool *out);
