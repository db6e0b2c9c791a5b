/* The regular expressions of Django's URL tables: Python's, turned round into the paths that they
 * match (django.utils.regex_helper), and matched. */
#pragma once

#include "base/status.h"
#include "base/text.h"

struct arena;

/* A part of a path: a literal, or the parameter of that name. */
struct url_piece {
    struct text literal;
    struct text parameter;
    bool repeated; /* a back reference: the same parameter again */
};
struct url_form {
    struct url_piece *items;
    size_t count;
};
struct url_forms {
    struct url_form *items;
    size_t count;
};

/* The ways to write a path: each thing as seldom as it may be, an optional group with a parameter
 * both without and with it. With "|" outside of a parameter: only the empty one. */
struct url_forms url_forms(struct arena *arena, struct text regex);

/* INVALID, with the reason: not well formed. */
enum status url_regex_check(struct text regex);
/* Whether `text` begins like it. */
bool url_regex_matches(struct arena *arena, struct text regex, struct text text);
