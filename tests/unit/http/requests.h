/* Requests made by hand. */
#pragma once

#include "unit.h"

#include "http/request.h"
#include "http/response.h"

#define MOST_HEADERS 8

/* A GET of "/" with these headers: name, value, name, value …, NULL. */
UNIT struct request *unit_request(struct arena *arena, const char *const *pairs)
{
    struct request *request = ARENA_NEW(arena, struct request);
    struct request_header *headers = ARENA_ARRAY(arena, struct request_header, MOST_HEADERS);
    *request = (struct request){.arena = arena,
                                .method = HTTP_GET,
                                .method_name = TEXT("GET"),
                                .target = TEXT("/"),
                                .path = TEXT("/"),
                                .headers = headers};
    for (; pairs && *pairs; pairs += 2)
        headers[request->header_count++] =
            (struct request_header){text_of(pairs[0]), text_of(pairs[1])};
    return request;
}

#define REQUEST(arena, ...) unit_request((arena), (const char *const[]){__VA_ARGS__, NULL})

UNIT struct response *unit_response(struct arena *arena)
{
    struct response *response = ARENA_NEW(arena, struct response);
    response_start(response, arena);
    return response;
}
