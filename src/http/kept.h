/* An answer that is sent again and again, by any thread, without being put together anew: what
 * libmicrohttpd makes of its headers is kept with its bytes.
 *
 * Counted: who has one gives it back with kept_release(). What is being sent lives on until it has
 * been sent. */
#pragma once

#include <stddef.h>

#include "http/response.h"

struct MHD_Response;
struct request;
struct kept;

/* A copy of a finished answer, which must be a 200, or the 304 of one. NULL: no memory. */
struct kept *kept_new(const struct response *response);
struct kept *kept_acquire(struct kept *kept);
void kept_release(struct kept *kept);

/* Bytes of memory that it takes, about. */
size_t kept_size(const struct kept *kept);

/* Makes it the answer to this request: 304 where the client has it already. `response` takes a
 * share of it, which the server gives back. */
void kept_answer(struct kept *kept, const struct request *request, struct response *response);

/* For the server. What is sent with `status`, borrowed; and the answer it was made of. */
struct MHD_Response *kept_handle(const struct kept *kept, int status);
const struct response *kept_response(const struct kept *kept);
