/* Views: changing one's password, and resetting a forgotten one by mail. */
#pragma once

#include "http/routes.h"

view password_change, password_reset, password_reset_done, password_reset_confirm,
    password_reset_complete;
