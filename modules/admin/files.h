/* Rows as files: what export and import share. */
#pragma once

#include <stdbool.h>

#include "site/admin.h"

struct arena;
struct request;

/* The key and the fields of a table that its form shows, ended by NULL; `edited`: only those that
 * the visitor may edit. What no form shows, as a password's hash, is in no file either. */
const char *const *file_names(const struct request *request, const struct model_admin *admin,
                              bool edited);
