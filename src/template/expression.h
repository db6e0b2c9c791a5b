/* The compiled form of filter expressions. */
#pragma once

#include <stdatomic.h>

#include "template/node.h"

/* What was found here the last time, by any thread: mostly it is looked up again in an object of
 * the same class. */
struct attribute_cache {
    _Atomic(const struct value_attribute *) found;
};

struct step {
    struct text text;
    int64_t index;
    struct attribute_cache *cache;
    uint32_t hash;
    bool is_index;
};

struct variable {
    struct text source;
    const struct name *name;
    size_t count;
    struct step steps[];
};

/* A variable, or else the constant. */
struct operand {
    const struct variable *variable;
    struct value constant;
    bool translate; /* _("…") */
};

struct applied {
    const struct template_filter *filter;
    bool has_argument;
    struct operand argument;
};

struct expression {
    struct text source;
    struct operand operand;
    const struct applied *filters;
    size_t count;
};

struct expression *expression_compile(struct parser *parser, struct text source);

/* One attribute, key or index further; false when `value` has none such, or could not load it:
 * render->status. */
bool lookup_step(struct render *render, const struct step *step, struct value *value);
/* So too what an object's class loads, and what a function gives. */
bool lookup_load(struct render *render, const struct step *step, struct value *value);
bool lookup_call(struct render *render, struct value *value);
