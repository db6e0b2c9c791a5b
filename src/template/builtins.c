#include "template/builtins.h"

#include <stddef.h>

#define ALL(L)                                                                                     \
    L(tags_logic)                                                                                  \
    L(tags_loop)                                                                                   \
    L(tags_block)                                                                                  \
    L(tags_text)                                                                                   \
    L(tags_url)                                                                                    \
    L(tags_static)                                                                                 \
    L(tags_lorem)                                                                                  \
    L(tags_number)                                                                                 \
    L(tags_translate)                                                                              \
    L(tags_language)                                                                               \
    L(tags_cache)                                                                                  \
    L(tags_zone)                                                                                   \
    L(tags_locale)                                                                                 \
    L(filters_text)                                                                                \
    L(filters_html)                                                                                \
    L(filters_list)                                                                                \
    L(filters_logic)                                                                               \
    L(filters_number)                                                                              \
    L(filters_date)                                                                                \
    L(filters_humanize)                                                                            \
    L(filters_urlize)

#define DECLARE(library) extern const struct template_library library;
ALL(DECLARE)

#define ROW(library) &library,
const struct template_library *const template_libraries[] = {ALL(ROW) NULL};
