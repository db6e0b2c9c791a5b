/* Views: changing one's password, and resetting a forgotten one by mail. */
#pragma once

#include "http/routes.h"

struct admin_change;

view password_change, password_reset, password_reset_done, password_reset_confirm,
    password_reset_complete;

/* What gives any user a password: a page of the admin (site/admin.h). */
enum status password_of_user(struct request *request, struct response *response, const void *row,
                             struct admin_change *change);
