/* Django's template language (docs.djangoproject.com/en/5.2/ref/templates/language/).
 *
 * A template is compiled once, by name, and then rendered any number of times, by any number of
 * threads at once when the set was completed first (template_set_complete). */
#pragma once

#include "base/buffer.h"
#include "base/status.h"
#include "base/text.h"
#include "template/value.h"

struct arena;
struct language;
struct language_list;
struct locale;
struct template_set;
struct template_library;

struct template_source {
    struct text text;
    struct text path; /* for messages: "modules/home/templates/index.html" */
};

/* One argument of {% url %}; `name` is empty for a positional one. */
struct template_argument {
    struct text name;
    struct value value;
};

struct template_options {
    bool autoescape_off;
    /* Names that are constant are looked up when they are rendered, as Django does, rather than
     * by template_set_add: includes, url, static. */
    bool late;
    bool localize;  /* numbers and dates as the language writes them (USE_L10N) */
    bool thousands; /* and digits in groups (USE_THOUSAND_SEPARATOR) */
    const struct locale
        *locale; /* how they are written otherwise; NULL: as Django's settings say */
    struct text string_if_invalid; /* "%s" in it stands for the variable */
    /* "Europe/Paris": of naive datetimes, and of now; none, or one that is not known: UTC. */
    struct text time_zone;
    struct text current_zone; /* that aware ones are shown in; none, or not known: the same */
    bool use_tz;              /* whether they are (USE_TZ); {% now %} is aware then */
    size_t memory_limit;      /* bytes one rendering may allocate; 0: 256 MiB */
};

/* What templates need from the program around them. */
struct template_host {
    void *context;
    /* NOT_FOUND when there is none of that name. */
    enum status (*load)(void *context, struct arena *arena, struct text name,
                        struct template_source *out);
    /* NOT_FOUND when no route has that name and takes those arguments. With `arguments` NULL it
     * answers only whether the name exists (`out` is then untouched). */
    enum status (*reverse)(void *context, struct arena *arena, struct text name,
                           const struct template_argument *arguments, size_t count,
                           struct text *out);
    /* What reverse() can do quicker with a name that is constant, from the names of its arguments
     * alone; NULL: nothing. It must last as long as the set. May be NULL. */
    const void *(*prepare)(void *context, struct text name, const struct text *names, size_t count);
    /* Appends what reverse() would give. False: ask that one, why not. */
    bool (*put_prepared)(void *context, const void *prepared,
                         const struct template_argument *arguments, size_t count,
                         struct buffer *out);
    /* NOT_FOUND when there is no such static file. */
    enum status (*static_url)(void *context, struct arena *arena, struct text path,
                              struct text *out);
    /* Microseconds since 1970-01-01T00:00:00Z for {% now %}, timesince …; NULL: the wall clock. */
    int64_t (*now)(void *context);
    /* The same of the local clock, for naive datetimes; NULL: what options.time_zone makes of it.
     */
    int64_t (*now_local)(void *context);
    /* For what is picked at random; NULL: the system's. */
    uint32_t (*random)(void *context);
    /* Whether {% load %} finds the library of that name; NULL: all of them. */
    bool (*has_library)(void *context, struct text name);
    /* What {% get_static_prefix %} and {% get_media_prefix %} give. */
    struct text static_prefix;
    struct text media_prefix;
    /* What {% get_available_languages %} and {% language %} know; NULL: none. */
    const struct language_list *languages;
    struct template_options options;
};

/* What one rendering has of its own, beside its context. */
struct template_request {
    const struct language *language; /* of its texts; NULL: as they stand in the templates */
    struct value_source *source;     /* of what objects load (value.h) */
    const void *caller;              /* for the program's own tags: tag_call.caller */
};

/* `host` is copied; sources and compiled templates live in `arena`. */
struct template_set *template_set_new(struct arena *arena, const struct template_host *host);

/* What {% load %} finds from now on; the newest of a name wins. Borrowed (template/library.h). */
void template_set_library(struct template_set *set, const struct template_library *library);

/* Compiles `name` and all it extends and includes by constant names, and tries each constant
 * {% url %} and {% static %}; INVALID with "path:line: message" and the words it is about. */
enum status template_set_add(struct template_set *set, struct text name);

/* From here on the set does not change: an unknown name is NOT_FOUND instead of being loaded. */
void template_set_complete(struct template_set *set);

/* Renders into `out`, allocating in `arena`. `request` may be NULL. NOT_FOUND: no template of that
 * name; else INVALID, FAILED, or what a load or a tag of the program's gave, with
 * "path:line: message". */
enum status template_render(struct template_set *set, struct text name,
                            const struct template_request *request, const struct value_map *context,
                            struct arena *arena, struct buffer *out);

/* Django's name for this thread's newest template failure: "TemplateSyntaxError",
 * "TemplateDoesNotExist", "NoReverseMatch", "ValueError" …; "" when there was none. */
const char *template_error_kind(void);
/* Where it is: the file and the line that its message begins with; false: in no template. Lasts
 * until the next. */
bool template_error_place(struct text *path, uint32_t *line);
