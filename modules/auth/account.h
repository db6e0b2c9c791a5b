/* Who comes: the session's user, as Django signs in and checks
 * (django.contrib.auth.login, get_user). */
#pragma once

#include <stdbool.h>

struct request;
struct response;
struct text;
struct value_map;

/* The step around a view. */
bool account_enter(struct request *request, struct response *response);

/* Sets `user` and `perms`. */
void account_add_context(const struct request *request, struct value_map *context);
