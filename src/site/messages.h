/* Messages to a visitor that the next page shows, whichever it is: "Signed in as …". They travel in
 * a cookie that is signed as Django's (docs.djangoproject.com/en/5.2/ref/contrib/messages/). */
#pragma once

#include "base/text.h"

struct request;
struct value_map;

#define MESSAGES_COOKIE "messages"

/* Django's levels. */
enum message_level {
    MESSAGE_DEBUG = 10,
    MESSAGE_INFO = 20,
    MESSAGE_SUCCESS = 25,
    MESSAGE_WARNING = 30,
    MESSAGE_ERROR = 40,
};

/* Copied. Beyond ten the oldest go. */
void message_add(struct request *request, enum message_level level, struct text text);
/* The same of HTML, which is shown as it is (Django's SafeString): escape what is put into it. */
void message_add_html(struct request *request, enum message_level level, struct text html);

/* Sets `messages`, a list of maps: message, level, tags ("success"). A page that walks it has shown
 * them. */
void messages_add_context(const struct request *request, struct value_map *context);
