/* The admin's pages. */
#pragma once

#include "http/routes.h"

view admin_index, admin_app, admin_login, admin_nothing, admin_autocomplete;
view admin_list, admin_add, admin_change, admin_old_change, admin_delete, admin_history,
    admin_further, admin_export, admin_import;
