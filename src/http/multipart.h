/* multipart/form-data (RFC 7578, 2046): the form that files are sent with.
 *
 * Parsed here rather than by libmicrohttpd's MHD_PostProcessor, which takes a body that breaks off
 * for a whole one and needs the connection. Parts are slices of the body: nothing is copied. */
#pragma once

#include <stdbool.h>

#include "base/list.h"
#include "base/status.h"
#include "base/text.h"

struct arena;

#define MULTIPART_PARTS 1000 /* as many fields as Django takes (DATA_UPLOAD_MAX_NUMBER_FIELDS) */

struct multipart_part {
    struct text name;
    bool is_file;             /* it has a filename, which may be empty */
    struct text filename;     /* without folders; empty: no file was chosen */
    struct text content_type; /* as sent; empty: none */
    struct text bytes;
};

struct multipart {
    LIST(struct multipart_part) parts; /* in the order they came */
};

/* Whether a body of this Content-Type is one. */
bool multipart_is(struct text content_type);

/* INVALID: it is not well formed, breaks off, or has too many parts; the message says which. */
enum status multipart_parse(struct arena *arena, struct text content_type, struct text body,
                            struct multipart *out);
