/* Where mails go: EMAIL_URL. */
#pragma once

#include <stdbool.h>

#include "base/status.h"
#include "base/text.h"

struct arena;
struct outgoing;

/* EMAIL_URL and DEFAULT_FROM_EMAIL. */
extern struct text mail_url;
extern struct text mail_sender;

/* For EMAIL_URL: NULL, or why it is no good. */
const char *mail_refuse_url(struct text url);
/* For DEFAULT_FROM_EMAIL. */
const char *mail_refuse_sender(struct text sender);

/* BUSY: try again; INVALID: this mail is refused for good. */
enum status mail_deliver(struct arena *arena, const struct outgoing *mail);
