/* The regular expressions of Django's URL tables: Python's, turned round into the paths that they
 * match (django.utils.regex_helper), and matched. */
#pragma once

#include "base/status.h"
#include "base/text.h"

struct arena;
struct url_matcher;

/* A way to write a path, as Python's % takes it: "a/%(x)s/", and its parameters in order, one that
 * stands there twice twice. */
struct url_form {
    struct text format;
    const struct text *names;
    size_t count;
};
struct url_forms {
    const struct url_form *items;
    size_t count;
};

/* Each thing as seldom as it may be, an optional group with a parameter both without and with it.
 * With "|" outside of a parameter only the empty one; none when there would be too many. INVALID,
 * with the kind of Python's exception, for what Django cannot turn round. */
enum status url_forms(struct arena *arena, struct text regex, struct url_forms *out,
                      const char **kind);

/* Compiled in the arena. INVALID, with the reason: not well formed. */
enum status url_matcher_new(struct arena *arena, struct text regex, struct url_matcher **out);
/* Whether `text` has it anywhere; false also when that takes too long to find out. */
bool url_matcher_matches(const struct url_matcher *matcher, struct text text);
