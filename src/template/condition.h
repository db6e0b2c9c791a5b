/* The expression of {% if %}. */
#pragma once

#include "template/parser.h"

struct condition;

/* Of words[1 …]; NULL after parser_fail(). */
const struct condition *condition_compile(struct parser *parser, const struct tag *tag);
/* An undefined variable is null; an operator that fails is false. */
enum status condition_test(const struct condition *condition, struct render *render, bool *out);
