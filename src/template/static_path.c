#include "template/static_path.h"

#include "base/buffer.h"
#include "base/list.h"
#include "template/percent.h"

typedef LIST(struct text) segments;

/* What stands before the path: "https://cdn.example" of "https://cdn.example/s/". */
static struct text origin_of(struct text prefix)
{
    size_t slashes = text_find(prefix, TEXT("//"));
    size_t colon = text_find_char(prefix, ':');
    bool has_host = slashes == 0
                    || (slashes != TEXT_NOT_FOUND && colon + 1 == slashes
                        && text_find_char(prefix, '/') == slashes);
    if (!has_host)
        return TEXT("");
    size_t slash = text_find_char(text_from(prefix, slashes + 2), '/');
    return text_part(prefix, 0, slash == TEXT_NOT_FOUND ? slash : slashes + 2 + slash);
}

static void add_segments(struct arena *arena, segments *out, struct text path)
{
    struct text part;
    while (text_next(&path, '/', &part))
        *LIST_PUSH(arena, out) = part;
}

/* Without "." and "..", and without the empty ones within. */
static struct text resolved(struct arena *arena, const segments *all, bool keep_empty)
{
    segments kept = {0};
    struct buffer out = {.arena = arena};
    for (size_t i = 0; i < all->count; i++) {
        struct text part = all->items[i];
        bool inner = i > 0 && i + 1 < all->count;
        if (text_is(part, "..") && kept.count > 0)
            kept.count--;
        if (!text_is(part, "..") && !text_is(part, ".") && (part.length || !inner || keep_empty))
            *LIST_PUSH(arena, &kept) = part;
    }
    struct text last = all->count ? all->items[all->count - 1] : TEXT("");
    if (text_is(last, ".") || text_is(last, ".."))
        *LIST_PUSH(arena, &kept) = TEXT("");
    for (size_t i = 0; i < kept.count; i++) {
        buffer_text(&out, i > 0 ? TEXT("/") : TEXT(""));
        buffer_text(&out, kept.items[i]);
    }
    return out.length ? buffer_contents(&out) : TEXT("/");
}

struct text static_path_join(struct arena *arena, struct text prefix, struct text path)
{
    struct buffer encoded = {.arena = arena};
    struct buffer out = {.arena = arena};
    segments all = {0};
    percent_encode(&encoded, path, "/");
    if (!encoded.length)
        return prefix;
    path = buffer_contents(&encoded);
    prefix = text_part(prefix, 0, text_find_char(prefix, '#'));
    prefix = text_part(prefix, 0, text_find_char(prefix, '?'));
    struct text origin = origin_of(prefix);
    if (text_starts(path, TEXT("//"))) {
        buffer_text(&out, text_part(origin, 0, text_find(origin, TEXT("//"))));
        buffer_text(&out, path);
        return buffer_contents(&out);
    }
    bool absolute = text_starts(path, TEXT("/"));
    if (!absolute) {
        add_segments(arena, &all, text_from(prefix, origin.length));
        if (all.count)
            all.count--; /* what follows the prefix's last slash */
    }
    add_segments(arena, &all, path);
    path = resolved(arena, &all, absolute);
    buffer_text(&out, origin);
    if (origin.length && !text_starts(path, TEXT("/")))
        buffer_char(&out, '/');
    buffer_text(&out, path);
    return buffer_contents(&out);
}
