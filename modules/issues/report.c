#include "issues/report.h"

#include "base/arena.h"
#include "base/buffer.h"
#include "base/status.h"
#include "crypto/crypto.h"
#include "issues/payload.h"

#define ID_DIGITS 32
#define TITLE     256 /* characters, as the columns have */
#define CULPRIT   200
#define LEVEL     10
#define PLATFORM  30
#define RELEASE   200
#define PLACE     64
#define TAG       200
#define MOST_TAGS 30

struct text report_id(struct arena *arena, struct text id)
{
    struct buffer out = {.arena = arena};
    for (size_t i = 0; i < id.length && id.length <= ID_DIGITS + 4; i++) {
        char c = id.at[i];
        if (c >= 'A' && c <= 'F')
            c = (char)(c - 'A' + 'a');
        if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))
            buffer_char(&out, c);
        else if (c != '-')
            return TEXT("");
    }
    return out.length == ID_DIGITS ? buffer_contents(&out) : TEXT("");
}

const json_t *report_exception(const json_t *event)
{
    const json_t *exceptions = event_exceptions(event);
    size_t count = json_array_size(exceptions);
    return count ? json_array_get(exceptions, count - 1) : NULL;
}

static struct text first_line(struct text text)
{
    text = text_trim(text);
    return text_part(text, 0, text_find_char(text, '\n'));
}

/* The innermost function of the program's own, else the innermost. */
static struct text function_of(const json_t *frames)
{
    size_t count = json_array_size(frames);
    for (size_t i = count; i-- > 0;)
        if (frame_is_in_app(json_array_get(frames, i)))
            return payload_text(json_array_get(frames, i), "function");
    return payload_text(json_array_get(frames, count - 1), "function");
}

static struct text exception_title(struct arena *arena, const json_t *exception)
{
    struct text type = payload_text(exception, "type");
    struct text value = first_line(payload_text(exception, "value"));
    struct text function = function_of(event_frames(exception));
    if (exception_is_synthetic(exception) && function.length)
        return text_format(arena, "%.*s in %.*s", TEXT_ARG(type), TEXT_ARG(function));
    if (!type.length || !value.length)
        return type.length ? type : value;
    return text_format(arena, "%.*s: %.*s", TEXT_ARG(type), TEXT_ARG(value));
}

static struct text title_of(struct arena *arena, const json_t *event)
{
    const json_t *exception = report_exception(event);
    struct text title =
        exception ? exception_title(arena, exception) : first_line(event_message_shown(event));
    title = payload_line(arena, title, TITLE);
    return title.length ? title : TEXT("<unlabeled event>");
}

static struct text culprit_of(struct arena *arena, const json_t *event)
{
    struct text culprit = payload_text(event, "transaction");
    const json_t *exception = report_exception(event);
    if (!culprit.length)
        culprit = function_of(event_frames(exception ? exception : event));
    if (!culprit.length)
        culprit = payload_text(json_object_get(event, "request"), "url");
    return payload_line(arena, culprit, CULPRIT);
}

static struct text level_of(const json_t *event)
{
    static const char *const levels[] = {"fatal", "error", "warning", "info", "debug"};
    struct text level = payload_text(event, "level");
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
        if (text_is(level, levels[i]))
            return level;
    return TEXT("error");
}

/* By id, address or name, whichever there is; never kept as it is. */
static struct text visitor_of(struct arena *arena, const json_t *event)
{
    static const char *const keys[] = {"id", "username", "email", "ip_address"};
    const json_t *user = json_object_get(event, "user");
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        struct text value = payload_scalar(arena, json_object_get(user, keys[i]));
        if (!value.length || text_is(value, "{{auto}}")) /* nobody knows whose address */
            continue;
        const struct text parts[] = {text_of(keys[i]), TEXT(":"), value};
        struct digest_value digest = digest_of(DIGEST_SHA256, parts, 3);
        return text_part(hex_of(arena, digest_bytes(&digest)), 0, ID_DIGITS);
    }
    return TEXT("");
}

/* Tags */

static void add_tag(struct arena *arena, struct report *report, struct text name, struct text value)
{
    name = payload_line(arena, name, TAG);
    value = payload_line(arena, value, TAG);
    /* One of each request says nothing of a kind. */
    if (text_is(name, "request_id"))
        return;
    if (name.length && value.length && report->tags.count < MOST_TAGS)
        *LIST_PUSH(arena, &report->tags) = (struct report_tag){name, value};
}

struct tagging {
    struct arena *arena;
    struct report *report;
};

static void take_tag(struct text name, const json_t *value, void *context)
{
    const struct tagging *tagging = context;
    add_tag(tagging->arena, tagging->report, name, payload_scalar(tagging->arena, value));
}

/* What is in every event, so that issues are found by it. */
static void read_tags(struct arena *arena, const json_t *event, struct report *report)
{
    static const char *const contexts[] = {"browser", "os", "runtime", "device"};
    add_tag(arena, report, TEXT("release"), report->release);
    add_tag(arena, report, TEXT("environment"), report->environment);
    add_tag(arena, report, TEXT("server_name"), payload_text(event, "server_name"));
    add_tag(arena, report, TEXT("logger"), payload_text(event, "logger"));
    for (size_t i = 0; i < sizeof contexts / sizeof *contexts; i++) {
        const json_t *context = json_object_get(json_object_get(event, "contexts"), contexts[i]);
        add_tag(arena, report, text_of(contexts[i]), payload_text(context, "name"));
    }
    payload_each_pair(json_object_get(event, "tags"), take_tag, &(struct tagging){arena, report});
}

static int64_t moment_of(const json_t *event, int64_t now)
{
    int64_t at = payload_moment(json_object_get(event, "timestamp"), now);
    return at > now ? now : at;
}

enum status report_read(struct arena *arena, const json_t *event, int64_t now, struct report *out)
{
    *out = (struct report){.event_id = report_id(arena, payload_text(event, "event_id"))};
    if (!out->event_id.length)
        return fail_as(INVALID, "the event has no event_id of 32 hexadecimal digits");
    out->title = title_of(arena, event);
    out->culprit = culprit_of(arena, event);
    out->level = level_of(event);
    out->platform = payload_line(arena, payload_text(event, "platform"), PLATFORM);
    out->release = payload_line(arena, payload_text(event, "release"), RELEASE);
    out->environment = payload_line(arena, payload_text(event, "environment"), PLACE);
    out->visitor = visitor_of(arena, event);
    out->happened_at = moment_of(event, now);
    read_tags(arena, event, out);
    grouping_of(arena, event, &out->grouping);
    return OK;
}
