/* What a compiled template is made of, and the state of one rendering: for writers of tags. */
#pragma once

#include <stdatomic.h>

#include "base/buffer.h"
#include "base/list.h"
#include "base/status.h"
#include "base/text.h"
#include "template/library.h"
#include "template/value.h"

/* The first member of each kind of node. */
struct node {
    enum status (*render)(const struct node *self, struct render *render);
    struct node *next;
    struct text source; /* the tag, for messages */
    uint32_t line;
};

struct nodes {
    struct node *first;
    struct node *last;
    bool has_tags; /* something that is not text */
    uint32_t count;
};

/* A name that templates look up: one for each text in a set, so that they compare by address. */
struct name {
    struct text text;
    uint32_t hash;
    bool is_builtin; /* True, False, None: variables of the outermost frame */
    struct name *next;
};

struct block {
    struct node node;
    const struct name *name;
    struct nodes body;
    const struct template *template;
};

struct template
{
    struct template *next;
    struct text name;
    struct text path;
    uint32_t hash;
    struct nodes nodes;
    const struct node *extends;
    atomic_size_t *usual; /* bytes of its newest rendering */
    LIST(struct block *) blocks;
    enum status status; /* not OK: `error` says why it did not compile */
    struct text error;
    const char *error_kind;
    uint32_t error_line;
};

struct binding {
    const struct name *name;
    struct value value;
};

/* What a node keeps between its renderings (cycle, ifchanged). */
struct state {
    struct state *next;
    const void *owner;
    uint64_t path; /* of the layer */
    struct value value;
    size_t count;
};

/* What an included template has for itself: its chain of extends and its nodes' states. */
struct layer {
    LIST(const struct template *) chain; /* of extends, the newest child first */
    const struct active_block *active;
    struct state *states;
    uint64_t path; /* by which includes it was reached */
};

/* A round of {% for %}; `forloop` is an object whose self is this. */
struct loop {
    struct value_object object;
    size_t at;
    size_t count;
    struct value parent;
    struct state *states;
};

/* What {% localize %} says; else what the options say. */
enum localize { LOCALIZE_AS_SET, LOCALIZE_ON, LOCALIZE_OFF };

struct render {
    struct template_set *set;
    struct arena *arena;
    struct buffer *out;
    const struct language *language; /* NULL: texts as they stand in the templates */
    struct value_source *source;
    const void *caller;
    const struct value_map *context; /* NULL within {% include … only %} */
    LIST(struct binding) bindings;
    LIST(struct binding) overrides; /* of names in `context` (a named cycle) */
    size_t floor;                   /* bindings below it are out of sight */
    size_t frame;                   /* those from here on are the innermost frame's */
    const struct template *template;
    const struct node *node;
    struct layer *layer;
    struct loop *loop;
    unsigned depth;
    uint64_t steps; /* that may still be taken: nodes, and bodies of them */
    size_t memory_limit;
    bool autoescape;
    const struct zone *zone; /* the current one */
    enum localize localize;
    bool use_tz;                 /* aware datetimes are shown in it */
    struct zone_list *zones;     /* those opened so far */
    struct value_map *fragments; /* of {% cache %}; NULL: none yet */
    enum status status;          /* a failure inside of an attribute ({{ block.super }}) */
};

/* Renders one after the other; stops at the first failure. */
enum status render_nodes(struct render *render, const struct nodes *nodes);
/* Into a text of its own. */
enum status render_captured(struct render *render, const struct nodes *nodes, struct text *out);
/* As {{ value }}. */
enum status render_value(struct render *render, struct value value);
/* What {{ value }} would give, escaped when that is on. */
struct text render_value_text(struct render *render, struct value value);

/* Fails as Python's exception `kind` would, with place and words of the node; gives INVALID. */
enum status render_fail(struct render *render, const char *kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* A limit was reached: nothing in the template may go on from it; gives FAILED. */
enum status render_stop(struct render *render, const char *kind, const char *reason);
/* `status`, whose failure is recorded, with place and words of the node. */
enum status render_pass(struct render *render, enum status status);
/* FAILED when output or memory are over their limits. */
enum status render_check(struct render *render);

struct frame {
    size_t frame;
    size_t count;
};
struct frame frame_push(struct render *render);
void frame_pop(struct render *render, struct frame frame);
/* In the innermost frame. */
void scope_set(struct render *render, const struct name *name, struct value value);
/* In the frame that has the name already, else in the innermost. */
void scope_replace(struct render *render, const struct name *name, struct value value);
bool scope_get(const struct render *render, const struct name *name, struct value *out);

/* The state of `owner` in the list, made when it is not there. */
struct state *state_of(struct render *render, struct state **states, const void *owner, bool *made);

/* A compiled filter expression: x.y|default:"z". */
struct expression;

/* string_if_invalid when the variable does not exist. NOT_FOUND: one in an argument did not. */
enum status expression_value(const struct expression *expression, struct render *render,
                             struct value *out);
/* Null when the variable does not exist. */
enum status expression_or_none(const struct expression *expression, struct render *render,
                               struct value *out);
/* As expression_value(), but what stands before the filters is translated, within `context` unless
 * that is TEXT_NONE. */
enum status expression_translated(const struct expression *expression, struct render *render,
                                  struct text context, struct value *out);
/* Its value, when it is a literal without filters. */
bool expression_constant(const struct expression *expression, struct value *out);
