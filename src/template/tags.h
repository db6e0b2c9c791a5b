/* What the files of tags share. */
#pragma once

#include "template/parser.h"

struct expressions {
    struct expression **items;
    size_t count;
};

/* Compiles words[from … to). */
bool parser_expressions(struct parser *parser, const struct tag *tag, size_t from, size_t to,
                        struct expressions *out);

struct node *function_compile(struct parser *parser, const struct tag *tag,
                              const struct template_function *row);
