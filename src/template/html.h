/* HTML as text: tags taken out, entities resolved, texts cut between tags. */
#pragma once

#include "base/text.h"

struct arena;
struct buffer;

/* Without tags, as often as there are any; false when they are nested suspiciously deep. */
bool html_strip_tags(struct arena *arena, struct text html, struct text *out);
/* Entities as the characters that they stand for. */
struct text html_unescape(struct arena *arena, struct text html);
/* At most `limit` characters or words, tags not counted; open tags are closed. */
struct text html_truncated(struct arena *arena, struct text html, int64_t limit, bool words);
