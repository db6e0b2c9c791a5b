/* The set of templates, from within. */
#pragma once

#include "template/node.h"
#include "template/parser.h"
#include "template/template.h"

/* A constant name that a template mentions: compiled with it, unless options.late. */
struct reference {
    struct text name;
    const struct template *from;
    struct text source;
    uint32_t line;
    const struct template **target;
};

struct well_known {
    const struct name *forloop;
    const struct name *block;
    const struct name *csrf_token;
};

#define NAME_BUCKETS     512
#define TEMPLATE_BUCKETS 128

struct template_set {
    struct arena *arena;
    struct template_host host;
    bool complete;
    const struct zone *zone;         /* of options.time_zone */
    const struct zone *current_zone; /* of options.current_zone, or the same */
    struct well_known names;
    struct name *name_buckets[NAME_BUCKETS];
    struct template *templates[TEMPLATE_BUCKETS];
    LIST(const struct template_library *) libraries;
    LIST(struct reference) references;
};

const struct name *set_name(struct template_set *set, struct text text);
/* NULL: no template of the set names it. */
const struct name *set_known_name(const struct template_set *set, struct text text);
/* Loads and compiles when it is not there and the set not complete. Else NULL, and the failure
 * is recorded without a place (NOT_FOUND), or with its own. */
const struct template *set_template(struct template_set *set, struct text name,
                                    enum status *status);

/* Compiles `template->path`'s `source`. */
enum status template_compile(struct template_set *set, struct template *template,
                             struct text source);

/* Records "path:line: message" and the kind; `words` may be empty. */
enum status template_failure(enum status status, const char *kind, struct text path, uint32_t line,
                             struct text words, const char *format, va_list more)
    __attribute__((format(printf, 6, 0)));
/* What template_error_kind() and template_error_place() tell from now on. */
void template_failed(const char *kind, struct text path, uint32_t line);
/* The same as template_failure() without a place. */
enum status template_failure_plain(enum status status, const char *kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* `name` relative to the template `from` when it begins with ./ or ../; false when it leaves the
 * root. A name of `from` itself is refused in `extends`. */
bool template_resolve_name(struct arena *arena, struct text from, struct text name,
                           struct text *out);
