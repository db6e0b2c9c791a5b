#include "issues/plot.h"

#include "base/arena.h"
#include "base/buffer.h"

static int64_t most_of(const int64_t *values, size_t count)
{
    int64_t most = 0;
    for (size_t i = 0; i < count; i++)
        if (values[i] > most)
            most = values[i];
    return most;
}

static void put_bar(struct buffer *out, double x, double width, double bottom, double height)
{
    buffer_format(out, "M%.1f %.0fv-%.1fh%.1fv%.1fz", x, bottom, height, width, height);
}

struct value plot_bars(struct arena *arena, const int64_t *values, size_t count, int width,
                       int height)
{
    struct buffer path = {.arena = arena};
    int64_t most = most_of(values, count);
    int64_t total = 0;
    double step = (double)width / (double)(count ? count : 1);
    for (size_t i = 0; i < count; i++) {
        if (values[i] <= 0)
            continue;
        double high = (double)height * (double)values[i] / (double)most;
        put_bar(&path, (double)i * step, step * 0.8, height, high < 1.5 ? 1.5 : high);
        total += values[i];
    }
    struct value_map *map = value_map_new(arena);
    value_map_set(map, TEXT("path"), value_text(buffer_contents(&path)));
    value_map_set(map, TEXT("width"), value_integer(width));
    value_map_set(map, TEXT("height"), value_integer(height));
    value_map_set(map, TEXT("most"), value_integer(most));
    value_map_set(map, TEXT("total"), value_integer(total));
    return value_map(map);
}
