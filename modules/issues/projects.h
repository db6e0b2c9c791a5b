/* Programs that report here, as they are edited in the admin. */
#pragma once

#include "site/admin.h"

/* This site's own row stays, and takes nothing by a key. */
bool project_may(const struct request *request, enum admin_action action, const void *row);
/* Gives a new one its key. */
void project_prepare(const struct request *request, const void *before, void *row);
/* The page that says how a program is told to report here. */
enum status project_setup(struct request *request, struct response *response, const void *row,
                          struct admin_change *change);
