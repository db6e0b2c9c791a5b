/* Files embedded at build time, and static files served from them (or, with a directory, from
 * disk, where a change shows at once). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"
#include "base/text.h"

struct arena;
struct request;
struct response;

struct asset {
    const char *name;        /* "static/site/site.css", "templates/base.html" */
    const char *path;        /* in the source tree */
    const char *hashed_name; /* "static/site/site.0123456789ab.css"; NULL for what is not served */
    const char *type;        /* Content-Type */
    struct text plain;
    struct text gzip;   /* empty where it would not be smaller */
    struct text brotli; /* so too */
};

/* Sorted by name; made by the build. */
extern const struct asset assets[];
extern const size_t asset_count;

const struct asset *asset_find(struct text name);

/* The file's text now: from `directory` (empty: none) when it is there, else as embedded. */
struct text asset_read(struct arena *arena, const struct asset *asset, struct text directory);

/* "/static/…" of a file's path below static/, with its hash unless `directory` is given.
 * NOT_FOUND when there is no such file. */
enum status asset_url(struct arena *arena, struct text path, struct text directory,
                      struct text *out);

/* Answers for "/static/" + `path`: conditional, by range, in the encoding the client takes.
 * NOT_FOUND when there is no such file. */
enum status asset_serve(const struct request *request, struct response *response, struct text path,
                        struct text directory);

/* As the above for one given file under its plain name. */
void asset_send(const struct request *request, struct response *response, const struct asset *asset,
                struct text directory, bool immutable);
