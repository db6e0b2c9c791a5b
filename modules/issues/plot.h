/* Plots drawn here, as paths of an SVG. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "template/value.h"

struct arena;

/* Bars side by side, as high as `height` at the greatest of them: `path` ("M0 24v-8h3v8z …"),
 * `width`, `height`, `most` and `total`. A value above 0 is seen. */
struct value plot_bars(struct arena *arena, const int64_t *values, size_t count, int width,
                       int height);
