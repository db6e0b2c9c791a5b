/* The headers of an answer as libmicrohttpd takes them. */
#pragma once

struct MHD_Response;
struct response;

/* Those of `response` when it is sent with `status`. */
void headers_add(struct MHD_Response *handle, const struct response *response, int status);
