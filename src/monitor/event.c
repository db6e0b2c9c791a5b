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
    return strncmp(file, "src/", 4) == 0 || strncmp(file, "modules/", 8) == 0;
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

/* The oldest first. A return address may lie behind its function: one less is in the call. */
static json_t *frames_of(const json_t *record, struct symbols *symbols,
                         const struct event_origin *origin)
{
    const json_t *addresses = json_object_get(record, "frames");
    json_t *frames = json_array();
    for (size_t i = json_array_size(addresses); i-- > 0;) {
        const char *digits = json_string_value(json_array_get(addresses, i));
        uint64_t address = strtoull(digits ? digits : "", NULL, 16);
        if (!address)
            continue;
        struct symbol symbol;
        symbols_find(symbols, i ? address - 1 : address, &symbol);
        json_t *frame = placed_frame(origin, symbol.function, symbol.file, symbol.line);
        const json_t *image = image_at(json_object_get(record, "images"), address);
        json_object_set_new(frame, "instruction_addr", json_string(digits));
        if (image)
            json_object_set(frame, "package", json_object_get(image, "path"));
        json_array_append_new(frames, frame);
    }
    return frames;
}

static void load_images(struct symbols *symbols, const json_t *images, json_t *out)
{
    size_t i;
    const json_t *image;
    json_array_foreach(images, i, image)
    {
        json_array_append_new(out, image_of(image));
        symbols_load(symbols, string_of(image, "path"),
                     strtoull(string_of(image, "base"), NULL, 16), string_of(image, "build_id"));
    }
}

/* What happened */

static void add_exception(json_t *event, const json_t *type, const json_t *value, json_t *frames,
                          json_t *mechanism)
{
    json_t *exception = json_pack("{s:O, s:O, s:o, s:{s:o}}", "type", type, "value", value,
                                  "mechanism", mechanism, "stacktrace", "frames", frames);
    json_object_set_new(event, "exception", json_pack("{s:[o]}", "values", exception));
}

static bool add_fault(json_t *event, const json_t *record, const struct event_origin *origin)
{
    struct symbols *symbols = symbols_open();
    if (!symbols)
        return false;
    json_t *images = json_array();
    load_images(symbols, json_object_get(record, "images"), images);
    json_t *frames = frames_of(record, symbols, origin);
    symbols_close(symbols);
    json_t *name = json_object_get(record, "name");
    json_t *value = json_sprintf("address %s", string_of(record, "address"));
    json_t *mechanism =
        json_pack("{s:s, s:b, s:b, s:{s:{s:O?, s:O?, s:O?}}}", "type", "signalhandler", "handled",
                  0, "synthetic", 1, "meta", "signal", "number", json_object_get(record, "signal"),
                  "name", name, "code", json_object_get(record, "code"));
    add_exception(event, name, value, frames, mechanism);
    json_decref(value);
    json_object_set_new(event, "debug_meta", json_pack("{s:o}", "images", images));
    json_object_set_new(event, "level", json_string("fatal"));
    return true;
}

/* `kind`: of what was done, where it was no request. */
static const char *mechanism_of(const json_t *request)
{
    const char *kind = string_of(request, "kind");
    if (strcmp(kind, "job") == 0)
        return "auto.job";
    return strcmp(kind, "command") == 0 ? "auto.command" : "auto.http.microhttpd";
}

static void add_failure(json_t *event, const json_t *record, const char *mechanism,
                        const struct event_origin *origin)
{
    json_t *frame = placed_frame(origin, string_of(record, "function"), string_of(record, "file"),
                                 (int)json_integer_value(json_object_get(record, "line")));
    add_exception(event, json_object_get(record, "type"), json_object_get(record, "message"),
                  json_pack("[o]", frame),
                  json_pack("{s:s, s:b}", "type", mechanism, "handled", 0));
    json_object_set_new(event, "level", json_string("error"));
}

static void add_request(json_t *event, const json_t *request)
{
    json_t *url =
        json_sprintf("http://%s%s", string_of(request, "host"), string_of(request, "path"));
    json_object_set_new(event, "request",
                        json_pack("{s:O?, s:o, s:O?, s:O?}", "method",
                                  json_object_get(request, "method"), "url", url, "query_string",
                                  json_object_get(request, "query"), "headers",
                                  json_object_get(request, "headers")));
    json_object_set_new(event, "tags",
                        json_pack("{s:O?}", "request_id", json_object_get(request, "request_id")));
}

/* Of a request that belongs to no trace: its own. */
static json_t *trace_of(const json_t *event)
{
    const char *id = string_of(event, "event_id");
    return json_pack("{s:s, s:s%}", "trace_id", id, "span_id", id, (size_t)16);
}

static void add_contexts(json_t *event)
{
    struct utsname machine = {0};
    uname(&machine);
    json_object_set_new(event, "contexts",
                        json_pack("{s:o, s:{s:s, s:s}, s:{s:s, s:s}}", "trace", trace_of(event),
                                  "os", "name", machine.sysname, "kernel_version", machine.release,
                                  "runtime", "name", "C", "version", __VERSION__));
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
    add_failure(event, record, "generic", origin);
    json_object_set_new(event, "level", json_string("info"));
    json_decref(record);
    return event;
}

json_t *event_from_record(struct text name, struct text record, const struct event_origin *origin)
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
    if (json_is_string(json_object_get(what, "name")))
        good = add_fault(event, what, origin);
    else if (json_is_string(json_object_get(what, "type"))
             && json_is_string(json_object_get(what, "message")))
        add_failure(event, what, mechanism_of(request), origin);
    else
        good = false;
    add_equals(event, what);
    if (json_object_get(request, "method"))
        add_request(event, request);
    json_object_set(event, "transaction", json_object_get(request, "route"));
    json_decref(what);
    json_decref(request);
    if (good)
        return event;
    json_decref(event);
    return NULL;
}
