/* createsuperuser, changepassword, and what `check` looks at. */
#pragma once

#include "base/status.h"

struct arena;
struct db;
struct difference_list;

int command_createsuperuser(int count, char **arguments);
int command_changepassword(int count, char **arguments);
extern const char command_createsuperuser_help[];

/* Names accounts that the demo's published password opens, unless DEBUG=1. */
enum status auth_check(struct db *db, struct arena *arena, struct difference_list *out);
