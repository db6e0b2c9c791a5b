/* The module's own parts. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct request;
struct response;

extern int64_t session_cookie_age; /* seconds */

bool session_enter(struct request *request, struct response *response);
void session_leave(struct request *request, struct response *response);
