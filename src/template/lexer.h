/* Source to tokens. A tag stands on one line; what does not close there is text. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

enum token_kind { TOKEN_END, TOKEN_TEXT, TOKEN_VARIABLE, TOKEN_BLOCK, TOKEN_COMMENT };

struct token {
    enum token_kind kind;
    struct text source;   /* all of it, with the braces */
    struct text contents; /* of a tag or variable: what is between them, trimmed */
    uint32_t line;
};

struct lexer {
    struct text source;
    size_t at;
    uint32_t line;
    struct text verbatim; /* the words that open the verbatim block we are in, else none */
};

struct token lexer_next(struct lexer *lexer);

/* Takes the next word of a tag off: quoted strings hold together. False at the end. */
bool lexer_word(struct text *rest, struct text *word);
