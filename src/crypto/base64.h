/* Base64 (RFC 4648): the standard alphabet with padding, and the one for addresses without. */
#pragma once

#include <stdbool.h>

#include "base/text.h"

struct arena;

struct text base64_encode(struct arena *arena, struct text bytes);
struct text base64url_encode(struct arena *arena, struct text bytes);

/* Strict: false for what the encoder would not have written. */
bool base64_decode(struct arena *arena, struct text encoded, struct text *out);
bool base64url_decode(struct arena *arena, struct text encoded, struct text *out);
