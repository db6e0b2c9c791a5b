/* How accounts are edited in the admin. */
#pragma once

#include "site/admin.h"

extern const struct model_admin auth_admins[];
enum { AUTH_ADMINS = 2 };
