#include "site/messages.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/list.h"
#include "crypto/signing.h"
#include "http/request.h"
#include "http/response.h"
#include "site/internal.h"
#include "site/settings.h"
#include "template/unicode.h"
#include "template/value.h"

#define SALT        TEXT("django.contrib.messages")
#define MOST        10
#define LARGEST     2048 /* bytes of the cookie */
#define LARGEST_RAW 16384
#define SECOND      INT64_C(1000000)

struct message {
    int64_t level;
    struct text text;
    bool is_html;
};

struct message_box {
    struct arena *arena;
    LIST(struct message) list;
    bool was_sent;   /* a cookie came */
    bool is_shown;   /* what came is done with */
    bool is_changed; /* there is something new */
};

/* Django's get_cookie_signer(), which signs the time too. */
static struct text signing_key(struct arena *arena, struct text key)
{
    return text_format(arena, "django.http.cookies%.*s", TEXT_ARG(key));
}

/* The cookie is JSON, which has no other bytes. */
static struct text as_utf8(struct arena *arena, struct text text)
{
    struct buffer out = {.arena = arena};
    while (text.length) {
        uint32_t character = unicode_take(&text);
        unicode_put(&out, character >= 0xDC80 && character <= 0xDCFF ? 0xFFFD : character);
    }
    return buffer_contents(&out);
}

static void add(struct message_box *box, struct message message)
{
    if (box->list.count == MOST)
        memmove(box->list.items, box->list.items + 1, --box->list.count * sizeof *box->list.items);
    message.text = as_utf8(box->arena, message.text);
    *LIST_PUSH(box->arena, &box->list) = message;
    box->is_changed = true;
}

void message_add(struct request *request, enum message_level level, struct text text)
{
    add(request->messages, (struct message){level, text, false});
}

void message_add_html(struct request *request, enum message_level level, struct text html)
{
    add(request->messages, (struct message){level, html, true});
}

/* The cookie: a list of ["__json_message", is safe, level, text]. */

static void take_message(struct message_box *box, const json_t *item)
{
    const json_t *text = json_array_get(item, 3);
    if (!json_is_string(text) || box->list.count == MOST)
        return;
    struct text slice = {json_string_value(text), json_string_length(text)};
    *LIST_PUSH(box->arena, &box->list) =
        (struct message){json_integer_value(json_array_get(item, 2)), text_copy(box->arena, slice),
                         json_integer_value(json_array_get(item, 1)) == 1};
}

static bool verify(struct arena *arena, struct text cookie, struct text *packed)
{
    struct text key;
    int64_t time;
    for (size_t i = 0; site_secret_key(i, &key); i++)
        if (signing_verify_at(arena, cookie, SALT, signing_key(arena, key), packed, &time))
            return true;
    return false;
}

static void read_cookie(struct message_box *box, struct text cookie)
{
    struct text packed;
    struct text json;
    size_t index;
    json_t *item;
    if (!verify(box->arena, cookie, &packed)
        || !signing_unpack(box->arena, packed, LARGEST_RAW, &json))
        return;
    json_t *list = json_loadb(json.at, json.length, 0, NULL);
    json_array_foreach(list, index, item) take_message(box, item);
    json_decref(list);
}

static struct text cookie_of(const struct message_box *box, size_t from)
{
    json_t *list = json_array();
    for (size_t i = from; i < box->list.count; i++) {
        const struct message *message = &box->list.items[i];
        json_t *item =
            json_pack("[s, i, I, s%]", "__json_message", message->is_html,
                      (json_int_t)message->level, message->text.at, message->text.length);
        if (!item || json_array_append_new(list, item) != 0)
            abort();
    }
    char *json = json_dumps(list, JSON_COMPACT);
    json_decref(list);
    if (!json)
        abort();
    struct text packed = signing_pack(box->arena, text_of(json));
    free(json);
    return signing_sign_at(box->arena, packed, clock_wall() / SECOND, SALT,
                           signing_key(box->arena, site_settings.secret_key));
}

bool messages_enter(struct request *request, struct response *response)
{
    (void)response;
    struct text cookie;
    request->messages = ARENA_NEW(request->arena, struct message_box);
    request->messages->arena = request->arena;
    if (request_cookie(request, MESSAGES_COOKIE, &cookie)) {
        request->messages->was_sent = true;
        read_cookie(request->messages, cookie);
    }
    return true;
}

static void set_cookie(const struct request *request, struct response *response, struct text value,
                       const char *age)
{
    response_add_header(response, "Set-Cookie",
                        text_format(request->arena,
                                    MESSAGES_COOKIE "=%.*s; Path=/; SameSite=Lax; HttpOnly%s%s",
                                    TEXT_ARG(value), age, request->secure ? "; Secure" : ""));
}

void messages_leave(struct request *request, struct response *response)
{
    const struct message_box *box = request->messages;
    if (box->is_shown || (box->was_sent && !box->list.count)) {
        if (box->was_sent)
            set_cookie(request, response, TEXT(""),
                       "; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT");
    } else if (box->is_changed) {
        size_t from = 0;
        struct text cookie = cookie_of(box, from);
        while (cookie.length > LARGEST && from + 1 < box->list.count)
            cookie = cookie_of(box, ++from);
        set_cookie(request, response, cookie, "");
    }
}

/* For templates */

static const char *tag_of(int64_t level)
{
    if (level >= MESSAGE_ERROR)
        return "error";
    if (level >= MESSAGE_WARNING)
        return "warning";
    if (level >= MESSAGE_SUCCESS)
        return "success";
    return level >= MESSAGE_INFO ? "info" : "debug";
}

static struct value message_value(const struct message *message, struct arena *arena)
{
    struct value_map *map = value_map_new(arena);
    struct value html = value_safe(message->text);
    value_map_set(map, TEXT("message"), message->is_html ? html : value_text(message->text));
    value_map_set(map, TEXT("level"), value_integer(message->level));
    value_map_set(map, TEXT("tags"), value_string(tag_of(message->level)));
    return value_map(map);
}

void messages_add_context(const struct request *request, struct value_map *context)
{
    struct message_box *box = request->messages;
    if (!box || !box->list.count)
        return;
    struct value *items = ARENA_ARRAY(request->arena, struct value, box->list.count);
    for (size_t i = 0; i < box->list.count; i++)
        items[i] = message_value(&box->list.items[i], request->arena);
    box->is_shown = true;
    value_map_set(context, TEXT("messages"), value_list(request->arena, items, box->list.count));
}
