#include "http/headers.h"

#include <microhttpd.h>

#include "http/response.h"

void headers_add(struct MHD_Response *handle, const struct response *response, int status)
{
    for (size_t i = 0; i < response->headers.count; i++)
        MHD_add_response_header(handle, response->headers.items[i].name,
                                response->headers.items[i].value.at);
    if (status == 204 || status == 304)
        return; /* they describe a body */
    MHD_add_response_header(handle, "Content-Type", response->content_type);
    if (response->encoding.length)
        MHD_add_response_header(handle, "Content-Encoding", response->encoding.at);
}
