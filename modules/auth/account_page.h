/* The module's forms: a table of inputs, what was typed, and what is wrong with it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/text.h"

struct request;
struct response;
struct value_map;

struct input {
    const char *name;
    const char *label;        /* N_("…") */
    const char *type;         /* HTML's: "password" is never shown again */
    const char *autocomplete; /* HTML's */
    const char *help;         /* N_("…"); NULL: none */
    size_t max_length;        /* characters; 0: none */
    bool keeps_space;         /* at its ends, as passwords do */
    struct text value;
    struct text error; /* a sentence for whoever typed it; empty: none */
};

struct account_page {
    const char *title;  /* translated */
    const char *intro;  /* NULL: none */
    const char *submit; /* what the button says */
    struct input *inputs;
    size_t count;
    struct text error; /* of the form as a whole */
    struct text next;  /* where to go on; empty: as the page does by itself */
    const char *more;  /* a route to link to, and its words; NULL: none */
    const char *more_label;
    const char *back; /* where the page was come to from, as a reference; NULL: no link there */
};

/* Reads what was sent. False: something is missing, too long or not text, and the inputs say so. */
bool account_page_take(struct account_page *page, struct request *request);

/* Where the visitor wanted to go, if that is a page of this site, of the form or of the address. */
struct text account_page_next(const struct request *request);

/* Nobody keeps these pages. */
enum status account_page_show(struct account_page *page, struct request *request,
                              struct response *response);

/* What to say to who must wait so many seconds, having tried too often. */
struct text account_page_wait_words(const struct request *request, int64_t seconds);
/* The page with that, 429 and Retry-After (RFC 9110, 10.2.3). */
enum status account_page_wait(struct account_page *page, struct request *request,
                              struct response *response, int64_t seconds);

/* A page that only says something, with a link to a route. */
enum status account_page_say(struct request *request, struct response *response, const char *title,
                             const char *words, const char *route, const char *label);

/* A page of some template of the module's. */
enum status account_page_render(struct request *request, struct response *response,
                                const char *name, struct value_map *context);

/* Goes on (302) to a route, or to `next`. */
enum status account_page_go(struct request *request, struct response *response, struct text next,
                            const char *route);
