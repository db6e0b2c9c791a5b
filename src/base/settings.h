/* Settings: rows of a table that drive environment, `.env`, defaults, help and `settings`.
 *
 *     static int64_t port;
 *     static const struct setting rows[] = {
 *         {"PORT", "8000", "TCP port that serve listens on", .integer = &port, .max = 65535},
 *         {0}};
 *
 * The pointer that is set tells the kind and receives the value. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "base/text.h"

struct arena;

struct setting {
    const char *name;
    const char *fallback;
    const char *help;
    bool *flag;         /* 1 true yes on, 0 false no off */
    int64_t *integer;   /* within min and max */
    struct text *value; /* any text; with `choices` one of its words */
    int64_t min;
    int64_t max;
    const char *choices; /* words parted by spaces */
    bool secret;         /* never shown */
    bool url;            /* shown without its password */
    /* Further rule of a text: NULL, or why it is refused, in words that follow the value. */
    const char *(*refuse)(struct text value);
};

/* Reads `path` (KEY=value lines, '#' comments, optional "export ", quotes) into the environment
 * without replacing what is set there. A missing file is fine. INVALID names file and line. */
enum status settings_read_file(const char *path);

/* Gives each row its value from the environment or its default, which stays valid as long as
 * `arena`. A row that is refused stays as it was, and the rest is loaded all the same. INVALID
 * names key and value of the first that is refused, and what would do. */
enum status settings_load(struct arena *arena, const struct setting *rows);

/* What settings_load says of this row. */
enum status settings_check(struct arena *arena, const struct setting *row);

/* For people, in `arena`: the row's value, and what was given for it; "(secret)" stands for
 * secrets that are not empty, and for a URL's password. */
struct text settings_show(struct arena *arena, const struct setting *row);
struct text settings_show_given(struct arena *arena, const struct setting *row);

/* Whether the environment says it, rather than the default. */
bool settings_is_set(const struct setting *row);
