#include "monitor/event.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <xxhash.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/status.h"
#include "monitor/dsc.h"
#include "monitor/signals.h"
#include "monitor/symbols.h"

#define CONTEXT_LINES 5
#define LONGEST_LINE  512
#define PLATFORM      "native"

static const char *string_of(const json_t *object, const char *key)
{
    const char *value = json_string_value(json_object_get(object, key));
    return value ? value : "";
}

static void put_text(json_t *object, const char *key, struct text value)
{
    json_object_set_new(object, key, json_stringn(value.at ? value.at : "", value.length));
}

/* 32 hexadecimal digits, of the record's name and whose it is: made again of the same record, it is
 * the same event, which Sentry takes once. */
static json_t *id_of(struct text name, const char *server_name)
{
    char whose[512];
    char digits[33];
    struct buffer key = BUFFER_ON(whose);
    buffer_text(&key, text_of(server_name));
    buffer_char(&key, '/');
    buffer_text(&key, name);
    struct text bytes = buffer_contents(&key);
    XXH128_hash_t hash = XXH3_128bits(bytes.at, bytes.length);
    snprintf(digits, sizeof digits, "%016" PRIx64 "%016" PRIx64, hash.high64, hash.low64);
    return json_string(digits);
}

/* Images */

/* Of a build id: its first 16 bytes as a UUID whose first three parts are the other way round. */
static json_t *debug_id(const char *build_id)
{
    static const size_t order[] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
    char id[37];
    size_t at = 0;
    if (strlen(build_id) < 2 * sizeof order / sizeof *order)
        return NULL;
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            id[at++] = '-';
        id[at++] = build_id[2 * order[i]];
        id[at++] = build_id[2 * order[i] + 1];
    }
    return json_stringn(id, at);
}

static json_t *image_of(const json_t *image)
{
    json_t *out =
        json_pack("{s:s, s:O?, s:O?, s:O?, s:O?}", "type", "elf", "code_file",
                  json_object_get(image, "path"), "image_addr", json_object_get(image, "start"),
                  "image_size", json_object_get(image, "size"), "code_id",
                  json_object_get(image, "build_id"));
    json_object_set_new(out, "debug_id", debug_id(string_of(image, "build_id")));
    return out;
}

static const json_t *image_at(const json_t *images, uint64_t address)
{
    size_t i;
    const json_t *image;
    json_array_foreach(images, i, image)
    {
        uint64_t start = strtoull(string_of(image, "start"), NULL, 16);
        uint64_t size = (uint64_t)json_integer_value(json_object_get(image, "size"));
        if (address >= start && address - start < size)
            return image;
    }
    return NULL;
}

/* Frames */

/* As from the top of the sources: compilers are given paths from the build's folder. */
static const char *file_name(const char *file)
{
    while (strncmp(file, "../", 3) == 0)
        file += 3;
    return file;
}

static bool is_in_app(const char *file)
{
    static const char *const folders[] = {"src/", "modules/", "tests/"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        if (strncmp(file, folders[i], strlen(folders[i])) == 0)
            return true;
    return false;
}

static void add_source_line(json_t *frame, json_t *before, json_t *after, int distance,
                            const char *text)
{
    if (distance < 0)
        json_array_append_new(before, json_string(text));
    else if (distance == 0)
        json_object_set_new(frame, "context_line", json_string(text));
    else
        json_array_append_new(after, json_string(text));
}

static void add_source(json_t *frame, struct text folder, const char *file, int line)
{
    char path[4096];
    char text[LONGEST_LINE];
    int length = snprintf(path, sizeof path, "%.*s/%s", TEXT_ARG(folder), file);
    FILE *source = length > 0 && (size_t)length < sizeof path ? fopen(path, "re") : NULL;
    if (!source)
        return;
    json_t *before = json_array();
    json_t *after = json_array();
    for (int number = 1; number <= line + CONTEXT_LINES && fgets(text, sizeof text, source);
         number++) {
        text[strcspn(text, "\n")] = '\0';
        if (number >= line - CONTEXT_LINES)
            add_source_line(frame, before, after, number - line, text);
    }
    fclose(source);
    json_object_set_new(frame, "pre_context", before);
    json_object_set_new(frame, "post_context", after);
}

static json_t *placed_frame(const struct event_origin *origin, const char *function,
                            const char *file, int line)
{
    json_t *frame = json_object();
    if (function && *function)
        /* Without what the optimizer adds, as ".lto_priv.0": C's own names have no dot. */
        json_object_set_new(frame, "function", json_stringn(function, strcspn(function, ".")));
    json_object_set_new(frame, "in_app", json_boolean(file && is_in_app(file_name(file))));
    if (!file || !*file)
        return frame;
    json_object_set_new(frame, "filename", json_string(file_name(file)));
    json_object_set_new(frame, "lineno", json_integer(line));
    if (is_in_app(file_name(file)))
        add_source(frame, origin->source_dir, file_name(file), line);
    return frame;
}

/* A return address may lie behind its function: `in_call`, one less, is in the call. */
static size_t find_symbols(struct symbols *symbols, const json_t *image, uint64_t in_call,
                           struct symbol out[SYMBOLS_INLINED])
{
    struct symbols_file *file = image && symbols ? symbols_file(symbols, string_of(image, "path"),
                                                                string_of(image, "build_id"))
                                                 : NULL;
    return symbols_find(file, in_call - strtoull(string_of(image, "base"), NULL, 16), out);
}

/* Of one address. What was put into its function has none: who looks up the address finds both. */
static void add_frames(json_t *frames, const char *digits, const json_t *image,
                       const struct symbol *found, size_t count, const struct event_origin *origin)
{
    for (size_t i = count; i-- > 0;) {
        json_t *frame = placed_frame(origin, found[i].function, found[i].file, found[i].line);
        if (i == count - 1)
            json_object_set_new(frame, "instruction_addr", json_string(digits));
        if (image) {
            json_object_set(frame, "package", json_object_get(image, "path"));
            json_object_set(frame, "image_addr", json_object_get(image, "start"));
        }
        json_array_append_new(frames, frame);
    }
}

/* The oldest first. */
static json_t *frames_of(const json_t *record, struct symbols *symbols,
                         const struct event_origin *origin)
{
    const json_t *addresses = json_object_get(record, "frames");
    json_t *frames = json_array();
    for (size_t i = json_array_size(addresses); i-- > 0;) {
        struct symbol found[SYMBOLS_INLINED];
        const char *digits = json_string_value(json_array_get(addresses, i));
        uint64_t address = strtoull(digits ? digits : "", NULL, 16);
        if (!address) /* what was called by a null pointer: its caller comes next */
            continue;
        const json_t *image = image_at(json_object_get(record, "images"), address);
        size_t count = find_symbols(symbols, image, i ? address - 1 : address, found);
        add_frames(frames, digits, image, found, count, origin);
    }
    return frames;
}

static json_t *images_of(const json_t *record)
{
    size_t i;
    const json_t *image;
    json_t *images = json_array();
    json_array_foreach(json_object_get(record, "images"), i, image)
    {
        json_array_append_new(images, image_of(image));
    }
    return images;
}

static void add_images(json_t *event, const json_t *record)
{
    if (json_array_size(json_object_get(record, "images")))
        json_object_set_new(event, "debug_meta", json_pack("{s:o}", "images", images_of(record)));
}

/* What happened */

static void add_exception(json_t *event, const json_t *type, const json_t *value, json_t *frames,
                          json_t *mechanism)
{
    json_t *exception = json_pack("{s:O, s:O, s:o, s:{s:o}}", "type", type, "value", value,
                                  "mechanism", mechanism, "stacktrace", "frames", frames);
    json_object_set_new(event, "exception", json_pack("{s:[o]}", "values", exception));
}

/* "division by zero: FPE_INTDIV at 0x55d0c0ffee00" */
static json_t *words_of_fault(const json_t *record, int signal, int code)
{
    const char *address = string_of(record, "address");
    const char *own = string_of(record, "words");
    const char *name = signal_code_name(signal, code);
    const char *words = signal_words(signal, code, (uintptr_t)strtoull(address, NULL, 16));
    if (*own)
        return json_sprintf("%s: %s", words, own);
    return code > 0 ? json_sprintf("%s: %s at %s", words, name ? name : "address", address)
                    : json_sprintf("%s: %s", words, name ? name : "sent");
}

static void add_fault(json_t *event, const json_t *record, struct symbols *symbols,
                      const struct event_origin *origin)
{
    json_t *name = json_object_get(record, "name");
    int signal = (int)json_integer_value(json_object_get(record, "signal"));
    int code = (int)json_integer_value(json_object_get(record, "code"));
    json_t *value = words_of_fault(record, signal, code);
    json_t *mechanism =
        json_pack("{s:s, s:b, s:b, s:{s:{s:i, s:O?, s:i, s:s*}}}", "type", "signalhandler",
                  "handled", 0, "synthetic", 1, "meta", "signal", "number", signal, "name", name,
                  "code", code, "code_name", signal_code_name(signal, code));
    add_exception(event, name, value, frames_of(record, symbols, origin), mechanism);
    json_decref(value);
    add_images(event, record);
    json_object_set_new(event, "level", json_string("fatal"));
}

/* "worker ended by SIGKILL": of one that could say nothing itself. */
static void add_end(json_t *event, const json_t *record)
{
    const char *name = string_of(record, "name");
    json_t *exception =
        json_pack("{s:s, s:o, s:{s:s, s:b, s:b, s:{s:{s:O?, s:s}}}}", "type", name, "value",
                  json_sprintf("%s ended by %s", string_of(record, "ended"), name), "mechanism",
                  "type", "signalhandler", "handled", 0, "synthetic", 1, "meta", "signal", "number",
                  json_object_get(record, "signal"), "name", name);
    json_object_set_new(event, "exception", json_pack("{s:[o]}", "values", exception));
    json_object_set_new(event, "level", json_string("fatal"));
}

/* `kind`: of what was done, where it was no request. */
static const char *mechanism_of(const json_t *request)
{
    const char *kind = string_of(request, "kind");
    if (strcmp(kind, "job") == 0)
        return "auto.job";
    return strcmp(kind, "command") == 0 ? "auto.command" : "auto.http.microhttpd";
}

/* What says that a statement failed is the same for all of them: its callers say whose it was. */
static bool is_plumbing(const json_t *frame)
{
    const char *file = string_of(frame, "filename");
    return strncmp(file, "src/db/", strlen("src/db/")) == 0
           || strncmp(file, "src/base/", strlen("src/base/")) == 0;
}

/* The number of the innermost frames that only passed it on; 0: there is nothing else of ours. */
static size_t count_plumbing(const json_t *frames)
{
    size_t size = json_array_size(frames);
    size_t count = 0;
    while (count < size && is_plumbing(json_array_get(frames, size - 1 - count)))
        count++;
    for (size_t i = 0; i < size - count; i++)
        if (json_is_true(json_object_get(json_array_get(frames, i), "in_app")))
            return count;
    return 0;
}

/* The place is known exactly of the innermost frame, by address of the others. */
static json_t *frames_of_failure(const json_t *record, struct symbols *symbols,
                                 const struct event_origin *origin)
{
    json_t *frames = frames_of(record, symbols, origin);
    size_t size = json_array_size(frames);
    if (size)
        json_array_remove(frames, size - 1);
    json_array_append_new(frames,
                          placed_frame(origin, string_of(record, "function"),
                                       string_of(record, "file"),
                                       (int)json_integer_value(json_object_get(record, "line"))));
    size = json_array_size(frames);
    for (size_t i = count_plumbing(frames); i-- > 0;)
        json_object_set_new(json_array_get(frames, size - 1 - i), "in_app", json_false());
    return frames;
}

static void add_failure(json_t *event, const json_t *record, const char *mechanism,
                        struct symbols *symbols, const struct event_origin *origin)
{
    add_exception(event, json_object_get(record, "type"), json_object_get(record, "message"),
                  frames_of_failure(record, symbols, origin),
                  json_pack("{s:s, s:b}", "type", mechanism, "handled", 0));
    add_images(event, record);
    json_object_set_new(event, "level", json_string("error"));
}

/* Of pairs a map, as Sentry's own types have it; several of one name in one line (RFC 9110, 5.3).
 */
static json_t *headers_of(const json_t *pairs)
{
    size_t i;
    const json_t *pair;
    json_t *headers = json_object();
    json_array_foreach(pairs, i, pair)
    {
        const char *name = json_string_value(json_array_get(pair, 0));
        const char *value = json_string_value(json_array_get(pair, 1));
        const char *before = name ? json_string_value(json_object_get(headers, name)) : NULL;
        if (name && value)
            json_object_set_new(headers, name,
                                before ? json_sprintf("%s, %s", before, value)
                                       : json_string(value));
    }
    return headers;
}

static void add_request(json_t *event, const json_t *request)
{
    json_t *url = json_sprintf("%s://%s%s", string_of(request, "scheme"),
                               string_of(request, "host"), string_of(request, "path"));
    json_object_set_new(event, "request",
                        json_pack("{s:O?, s:o, s:O?, s:o}", "method",
                                  json_object_get(request, "method"), "url", url, "query_string",
                                  json_object_get(request, "query"), "headers",
                                  headers_of(json_object_get(request, "headers"))));
}

static struct text text_at(const json_t *object, const char *key)
{
    return text_of(string_of(object, key));
}

/* `trace`: of a record; NULL: it belongs to none but its own. */
static json_t *trace_of(const json_t *event, const json_t *trace, const char *op,
                        const struct event_origin *origin)
{
    const char *id = string_of(event, "event_id");
    json_t *out =
        trace ? json_pack("{s:O?, s:O?, s:O*, s:s}", "trace_id", json_object_get(trace, "trace_id"),
                          "span_id", json_object_get(trace, "span_id"), "parent_span_id",
                          json_object_get(trace, "parent_span_id"), "op", op)
              : json_pack("{s:s, s:s%}", "trace_id", id, "span_id", id, (size_t)16);
    const struct dsc_source source = {
        .trace_id = text_at(out, "trace_id"),
        .baggage = text_at(trace, "baggage"),
        .release = origin->release,
        .environment = origin->environment,
        .transaction = text_at(event, "transaction"),
        .rate = origin->traces_rate,
        .sample_rand = json_integer_value(json_object_get(trace, "sample_rand")),
        .sampled = json_is_true(json_object_get(trace, "sampled")),
    };
    json_object_set_new(out, "dynamic_sampling_context", dsc_make(&source));
    return out;
}

static void add_crumbs(json_t *event, struct text lines)
{
    struct text line;
    json_t *crumbs = json_array();
    while (text_next(&lines, '\n', &line)) {
        char moment[CLOCK_ISO_SIZE];
        json_t *crumb = json_loadb(line.at, line.length, 0, NULL);
        if (!json_is_integer(json_object_get(crumb, "at"))) {
            json_decref(crumb);
            continue;
        }
        clock_iso(moment, json_integer_value(json_object_get(crumb, "at")));
        json_object_del(crumb, "at");
        json_object_set_new(crumb, "timestamp", json_string(moment));
        json_array_append_new(crumbs, crumb);
    }
    if (json_array_size(crumbs))
        json_object_set_new(event, "breadcrumbs", json_pack("{s:O}", "values", crumbs));
    json_decref(crumbs);
}

/* Who, what for, and what of. */
static void add_scope(json_t *event, const json_t *request, const struct event_origin *origin)
{
    static const char *const keys[] = {"user", "tags"};
    json_t *trace = json_object_get(request, "trace");
    const char *op =
        json_object_get(request, "method") ? "http.server" : string_of(request, "kind");
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (json_object_get(request, keys[i]))
            json_object_set(event, keys[i], json_object_get(request, keys[i]));
    json_object_set_new(json_object_get(event, "contexts"), "trace",
                        trace_of(event, json_is_object(trace) ? trace : NULL, op, origin));
}

static void add_contexts(json_t *event)
{
    struct utsname machine = {0};
    uname(&machine);
    json_object_set_new(event, "contexts",
                        json_pack("{s:{s:s, s:s}, s:{s:s, s:s}}", "os", "name", machine.sysname,
                                  "kernel_version", machine.release, "runtime", "name", "C",
                                  "version", __VERSION__));
}

/* How many equal ones were only counted. */
static void add_equals(json_t *event, const json_t *record)
{
    json_int_t stands_for = json_integer_value(json_object_get(record, "stands_for"));
    if (stands_for > 1)
        json_object_set_new(event, "extra",
                            json_pack("{s:I}", "equal_events_before", stands_for - 1));
}

static void add_origin(json_t *event, struct text name, const json_t *record,
                       const struct event_origin *origin)
{
    char moment[CLOCK_ISO_SIZE];
    clock_iso(moment, json_integer_value(json_object_get(record, "at")));
    json_object_set_new(event, "event_id", id_of(name, origin->server_name));
    json_object_set_new(event, "timestamp", json_string(moment));
    json_object_set_new(event, "platform", json_string(PLATFORM));
    json_object_set_new(event, "server_name", json_string(origin->server_name));
    put_text(event, "release", origin->release);
    put_text(event, "environment", origin->environment);
    add_contexts(event);
}

json_t *event_of_test(struct text name, const struct failure *failure,
                      const struct event_origin *origin)
{
    json_t *record = json_pack("{s:I, s:s, s:s, s:s, s:s, s:i}", "at", (json_int_t)clock_wall(),
                               "type", "Test", "message", failure->message, "file", failure->file,
                               "function", failure->function, "line", failure->line);
    json_t *event = json_object();
    add_origin(event, name, record, origin);
    add_failure(event, record, "generic", NULL, origin);
    add_scope(event, NULL, origin);
    json_object_set_new(event, "level", json_string("info"));
    json_decref(record);
    return event;
}

json_t *event_from_record(struct text name, struct text record, struct symbols *symbols,
                          const struct event_origin *origin)
{
    struct text first;
    struct text second = TEXT_NONE;
    text_next(&record, '\n', &first);
    text_next(&record, '\n', &second);
    json_t *what = json_loadb(first.at, first.length, 0, NULL);
    json_t *request = json_loadb(second.at ? second.at : "", second.length, 0, NULL);
    json_t *event = json_object();
    bool good = true;
    add_origin(event, name, what, origin);
    if (json_is_string(json_object_get(what, "ended")))
        add_end(event, what);
    else if (json_is_string(json_object_get(what, "name")))
        add_fault(event, what, symbols, origin);
    else if (json_is_string(json_object_get(what, "type"))
             && json_is_string(json_object_get(what, "message")))
        add_failure(event, what, mechanism_of(request), symbols, origin);
    else
        good = false;
    add_equals(event, what);
    if (json_object_get(request, "method"))
        add_request(event, request);
    json_object_set(event, "transaction", json_object_get(request, "route"));
    add_scope(event, request, origin);
    add_crumbs(event, record);
    json_decref(what);
    json_decref(request);
    if (good)
        return event;
    json_decref(event);
    return NULL;
}
