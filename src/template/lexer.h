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
    size_t line_end;      /* of the line that was last searched for the end of a tag */
    size_t closers[3];    /* the next end of each kind of tag in it, or line_end */
    struct text verbatim; /* the words that open the verbatim block we are in, else none */
};

struct token lexer_next(struct lexer *lexer);

/* What is left of a tag, without white space at its end. */
struct tag_words {
    struct text rest;
    bool unclosed[2]; /* no " or no ' that is left is closed */
};

/* Takes the next word off: quoted strings hold together. False at the end. */
bool lexer_word(struct tag_words *words, struct text *word);
