/* What users may do: their own permissions and those of their groups, and superusers everything. */
#pragma once

#include "base/status.h"
#include "template/value.h"

struct db;
struct request;

/* `perms` of templates: {{ perms.lettings.change_letting }}. */
struct value permissions_value(const struct request *request);

/* After `migrate`: a permission to add, change, delete and view rows of each model there is. */
enum status permissions_write(struct db *db);
