#include "issues/grouping.h"

#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "crypto/crypto.h"
#include "issues/normal.h"
#include "issues/payload.h"

#define HASH_DIGITS  32
#define LONGEST_LINE 120 /* of source that counts: longer ones are no code that people wrote */
#define MOST_FRAMES  250
#define MOST_CHAINED 50
#define PART         '\x1f' /* between parts */

/* What is in an event */

const json_t *event_exceptions(const json_t *event)
{
    return payload_values(json_object_get(event, "exception"));
}

const json_t *event_frames(const json_t *holder)
{
    return json_object_get(json_object_get(holder, "stacktrace"), "frames");
}

const json_t *event_thread(const json_t *event)
{
    const json_t *threads = payload_values(json_object_get(event, "threads"));
    size_t i;
    const json_t *thread;
    json_array_foreach(threads, i, thread)
    {
        if (json_is_true(json_object_get(thread, "crashed")))
            return thread;
    }
    json_array_foreach(threads, i, thread)
    {
        if (json_is_true(json_object_get(thread, "current")))
            return thread;
    }
    return json_array_size(threads) == 1 ? json_array_get(threads, 0) : NULL;
}

struct text event_message(const json_t *event)
{
    const json_t *entry = json_object_get(event, "logentry");
    const json_t *message = json_object_get(event, "message");
    if (!json_is_object(entry))
        entry = message; /* as older SDKs call it */
    struct text format = payload_text(entry, "message");
    if (!format.length)
        format = payload_text(entry, "formatted");
    return format.length ? format : payload_text_of(message);
}

struct text event_message_shown(const json_t *event)
{
    struct text formatted = payload_text(json_object_get(event, "logentry"), "formatted");
    return formatted.length ? formatted : event_message(event);
}

bool exception_is_synthetic(const json_t *exception)
{
    return json_is_true(json_object_get(json_object_get(exception, "mechanism"), "synthetic"));
}

/* Some SDKs call all frames the program's own: these lie where package managers put things. */
static bool is_of_package(struct text path)
{
    static const char *const places[] = {"/site-packages/", "/dist-packages/", "node_modules/",
                                         "/lib/python", "node:"};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (text_find(path, text_of(places[i])) != TEXT_NOT_FOUND)
            return true;
    return false;
}

bool frame_is_in_app(const json_t *frame)
{
    return !json_is_false(json_object_get(frame, "in_app"))
           && !is_of_package(payload_text(frame, "abs_path"))
           && !is_of_package(payload_text(frame, "filename"));
}

/* Parts */

static void put(struct buffer *out, struct text part)
{
    buffer_text(out, part);
    buffer_char(out, PART);
}

static struct text platform_of(const json_t *frame, struct text platform)
{
    struct text own = payload_text(frame, "platform");
    return own.length ? own : platform;
}

static bool is_one_of(struct text word, const char *const *words)
{
    for (; *words; words++)
        if (text_is(word, *words))
            return true;
    return false;
}

/* How a program in C dies, or begins, whatever it does in between. */
static bool is_of_system(struct text function)
{
    static const char *const words[] = {"abort",
                                        "raise",
                                        "__GI_abort",
                                        "__GI_raise",
                                        "gsignal",
                                        "__pthread_kill_implementation",
                                        "__pthread_kill",
                                        "pthread_kill",
                                        "_start",
                                        "start_thread",
                                        "clone",
                                        "clone3",
                                        "__clone3",
                                        "__clone",
                                        "__libc_start_main",
                                        "__libc_start_call_main",
                                        "__restore_rt",
                                        NULL};
    return is_one_of(function, words);
}

static bool is_unknown(struct text function)
{
    static const char *const words[] = {"", "<unknown>", "<redacted>", "?", "<anonymous>", NULL};
    return is_one_of(function, words);
}

/* Without template arguments, parameters and what the compiler adds. */
static struct text trim_function(struct text function, struct text platform)
{
    static const char *const natives[] = {"native", "c", "cocoa", "objc", "swift", NULL};
    if (!is_one_of(platform, natives))
        return function;
    size_t end = text_find_char(function, '(');
    function = text_part(function, 0, end);
    end = text_find_char(function, '<');
    return end ? text_part(function, 0, end) : function;
}

/* "views.py", in small letters, without what an address has behind it. */
static struct text base_name(struct arena *arena, struct text file)
{
    file = text_part(file, 0, text_find_char(file, '?'));
    for (size_t i = file.length; i-- > 0;)
        if (file.at[i] == '/' || file.at[i] == '\\') {
            file = text_from(file, i + 1);
            break;
        }
    char *name = text_string(arena, file);
    for (size_t i = 0; i < file.length; i++)
        if (name[i] >= 'A' && name[i] <= 'Z')
            name[i] = (char)(name[i] - 'A' + 'a');
    return (struct text){name, file.length};
}

/* Source tells apart what functions and files of these languages do not. */
static struct text source_line(const json_t *frame, struct text platform)
{
    static const char *const with_source[] = {"python", "php", "ruby", "javascript", "node", NULL};
    struct text line = text_trim(payload_text(frame, "context_line"));
    return is_one_of(platform, with_source) && line.length <= LONGEST_LINE ? line : TEXT("");
}

static struct text frame_part(struct arena *arena, const json_t *frame, struct text platform)
{
    struct buffer out = {.arena = arena};
    platform = platform_of(frame, platform);
    struct text module = payload_text(frame, "module");
    struct text function = trim_function(payload_text(frame, "function"), platform);
    struct text line = source_line(frame, platform);
    struct text file = payload_text(frame, "filename");
    if (is_unknown(function))
        function = TEXT("");
    if (!module.length && !text_starts(file, TEXT("<")))
        module = base_name(arena, file);
    if (is_of_system(function) || !(function.length || line.length || module.length))
        return TEXT_NONE;
    put(&out, module);
    put(&out, function);
    put(&out, line);
    return buffer_contents(&out);
}

/* Those of the program's own, or all; false: none counts. Recursion counts once. */
static bool put_frames(struct buffer *out, const json_t *frames, struct text platform, bool all)
{
    struct text last = TEXT_NONE;
    size_t count = json_array_size(frames);
    size_t start = count > MOST_FRAMES ? count - MOST_FRAMES : 0;
    for (size_t i = start; i < count; i++) {
        const json_t *frame = json_array_get(frames, i);
        struct text part =
            all || frame_is_in_app(frame) ? frame_part(out->arena, frame, platform) : TEXT_NONE;
        if (!part.at || (last.at && text_equal(part, last)))
            continue;
        put(out, part);
        last = part;
    }
    return last.at != NULL;
}

/* An exception is its type and its frames; where none of these counts, its words. */
static bool put_exception(struct buffer *out, const json_t *exception, struct text platform,
                          bool all)
{
    if (!exception_is_synthetic(exception))
        put(out, payload_text(exception, "type"));
    bool has_frames = put_frames(out, event_frames(exception), platform, all);
    if (!has_frames)
        put(out, message_normal(out->arena, payload_text(exception, "value")));
    return has_frames;
}

static bool put_exceptions(struct buffer *out, const json_t *exceptions, struct text platform,
                           bool all)
{
    bool any = false;
    size_t count = json_array_size(exceptions);
    size_t start = count > MOST_CHAINED ? count - MOST_CHAINED : 0;
    for (size_t i = start; i < count; i++)
        any = put_exception(out, json_array_get(exceptions, i), platform, all) || any;
    return any;
}

/* Whether frames have part in it. */
static bool put_default(struct buffer *out, const json_t *event, bool all)
{
    struct text platform = payload_text(event, "platform");
    const json_t *exceptions = event_exceptions(event);
    if (json_array_size(exceptions))
        return put_exceptions(out, exceptions, platform, all);
    const json_t *thread = event_thread(event);
    if (thread && put_frames(out, event_frames(thread), platform, all))
        return true;
    if (put_frames(out, event_frames(event), platform, all))
        return true;
    put(out, message_normal(out->arena, event_message(event)));
    return false;
}

/* Fingerprints */

/* The innermost function of the program's own. */
static struct text top_function(const json_t *exception)
{
    const json_t *frames = event_frames(exception);
    for (size_t i = json_array_size(frames); i-- > 0;)
        if (frame_is_in_app(json_array_get(frames, i)))
            return payload_text(json_array_get(frames, i), "function");
    return TEXT("");
}

static struct text tag_of(const json_t *event, struct text name, struct arena *arena)
{
    const json_t *tags = json_object_get(event, "tags");
    return payload_scalar(arena, json_object_get(tags, text_string(arena, name)));
}

static struct text variable(struct arena *arena, const json_t *event, struct text name)
{
    const json_t *exceptions = event_exceptions(event);
    const json_t *main = json_array_get(exceptions, json_array_size(exceptions) - 1);
    if (text_is(name, "transaction"))
        return payload_text(event, "transaction");
    if (text_is(name, "error.type"))
        return payload_text(main, "type");
    if (text_is(name, "error.value"))
        return payload_text(main, "value");
    if (text_is(name, "stack.function"))
        return top_function(main);
    if (text_starts(name, TEXT("tags.")))
        return tag_of(event, text_from(name, 5), arena);
    return name;
}

static void put_fingerprint(struct buffer *out, const json_t *event, const json_t *fingerprint,
                            bool all, bool *is_default)
{
    size_t i;
    const json_t *item;
    json_array_foreach(fingerprint, i, item)
    {
        struct text part = payload_scalar(out->arena, item);
        bool is_variable =
            text_starts(part, TEXT("{{")) && text_ends(part, TEXT("}}")) && part.length >= 4;
        struct text name = is_variable ? text_trim(text_part(part, 2, part.length - 2)) : part;
        if (is_variable && text_is(name, "default")) {
            put_default(out, event, all);
            *is_default = true;
        } else {
            put(out, is_variable ? variable(out->arena, event, name) : part);
        }
    }
}

static void add_hash(struct arena *arena, struct grouping *out, struct text parts)
{
    struct digest_value digest = digest_of(DIGEST_SHA256, &parts, 1);
    struct text hash = text_part(hex_of(arena, digest_bytes(&digest)), 0, HASH_DIGITS);
    if (!out->count || !text_equal(out->hashes[0], hash))
        out->hashes[out->count++] = hash;
}

void grouping_of(struct arena *arena, const json_t *event, struct grouping *out)
{
    const json_t *fingerprint = json_object_get(event, "fingerprint");
    *out = (struct grouping){.count = 0};
    for (int all = 0; all <= 1; all++) {
        struct buffer parts = {.arena = arena};
        bool counts = true;
        bool is_default = false;
        if (json_array_size(fingerprint))
            put_fingerprint(&parts, event, fingerprint, all, &is_default);
        else
            counts = put_default(&parts, event, all);
        /* Without any frame of its own, that of all frames alone decides. */
        if (counts || all)
            add_hash(arena, out, buffer_contents(&parts));
    }
}
