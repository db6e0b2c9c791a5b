#include "http/kept.h"

#include <microhttpd.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "http/headers.h"
#include "http/request.h"

/* What libmicrohttpd takes for a header of its own list, about. */
#define HEADER_OVERHEAD 128

/* One block: this, the headers, and the bytes of all. */
struct kept {
    atomic_uint users;
    atomic_uint handles; /* those of `whole` and `unchanged` that libmicrohttpd still has */
    size_t size;
    struct MHD_Response *whole;
    struct MHD_Response *unchanged; /* 304 */
    struct response response;
    struct response_header headers[];
};

static size_t size_of(const struct response *response)
{
    size_t size = sizeof(struct kept) + response_bytes(response).length + 1;
    size += response->encoding.length + 1;
    for (size_t i = 0; i < response->headers.count; i++)
        size += sizeof *response->headers.items + response->headers.items[i].value.length + 1;
    return size;
}

static struct text put(char **room, struct text text)
{
    char *at = *room;
    if (text.length)
        memcpy(at, text.at, text.length);
    at[text.length] = '\0';
    *room += text.length + 1;
    return (struct text){at, text.length};
}

static void copy(struct kept *kept, const struct response *response)
{
    size_t count = response->headers.count;
    char *room = (char *)&kept->headers[count];
    kept->response = (struct response){
        .status = 200,
        .content_type = response->content_type,
        .encoding = put(&room, response->encoding),
        .fixed = put(&room, response_bytes(response)),
        .headers = {kept->headers, count, count},
    };
    for (size_t i = 0; i < count; i++)
        kept->headers[i] = (struct response_header){response->headers.items[i].name,
                                                    put(&room, response->headers.items[i].value)};
}

/* libmicrohttpd has sent the last copy of a handle that we gave back. */
static void on_handle_gone(void *context)
{
    struct kept *kept = context;
    if (atomic_fetch_sub(&kept->handles, 1) == 1)
        free(kept);
}

static struct MHD_Response *handle_new(struct kept *kept, int status)
{
    struct text bytes = kept->response.fixed;
    struct MHD_Response *handle =
        MHD_create_response_from_buffer_with_free_callback_cls(bytes.length,
                                                               (void *)(uintptr_t)bytes.at,
                                                               on_handle_gone, kept);
    if (handle) {
        atomic_fetch_add(&kept->handles, 1);
        headers_add(handle, &kept->response, status);
    }
    return handle;
}

static void destroy(struct kept *kept)
{
    if (kept->whole)
        MHD_destroy_response(kept->whole);
    if (kept->unchanged)
        MHD_destroy_response(kept->unchanged);
    on_handle_gone(kept);
}

struct kept *kept_new(const struct response *response)
{
    size_t size = size_of(response);
    struct kept *kept = response_bytes(response).length ? malloc(size) : NULL;
    if (!kept)
        return NULL;
    memset(kept, 0, sizeof *kept);
    atomic_init(&kept->users, 1);
    atomic_init(&kept->handles, 1); /* the block itself, until destroy() */
    kept->size = size + 2 * response->headers.count * HEADER_OVERHEAD;
    copy(kept, response);
    kept->whole = handle_new(kept, 200);
    kept->unchanged = handle_new(kept, 304);
    if (kept->whole && kept->unchanged)
        return kept;
    destroy(kept);
    return NULL;
}

struct kept *kept_acquire(struct kept *kept)
{
    atomic_fetch_add(&kept->users, 1);
    return kept;
}

void kept_release(struct kept *kept)
{
    if (atomic_fetch_sub(&kept->users, 1) == 1)
        destroy(kept);
}

size_t kept_size(const struct kept *kept)
{
    return kept->size;
}

void kept_answer(struct kept *kept, const struct request *request, struct response *response)
{
    struct text tag = response_header_value(&kept->response, "ETag");
    response->kept = kept_acquire(kept);
    response->status = response_client_has(request, tag) ? 304 : 200;
    response->content_type = kept->response.content_type;
    response->encoding = kept->response.encoding;
    response->fixed = kept->response.fixed;
}

struct MHD_Response *kept_handle(const struct kept *kept, int status)
{
    return status == 304 ? kept->unchanged : kept->whole;
}

const struct response *kept_response(const struct kept *kept)
{
    return &kept->response;
}
