/* Paths of static files without a manifest of them. */
#pragma once

#include "base/text.h"

struct arena;

/* The percent-encoded path, relative to a prefix such as "/static/" or "https://cdn.example/s/", as
 * RFC 3986 (5.2) resolves it; empty segments are left out. */
struct text static_path_join(struct arena *arena, struct text prefix, struct text path);
