/* Pages that another page has opened to be given a row back: Django's `?_popup=1`. */
#pragma once

#include <stdbool.h>

#include "base/status.h"
#include "base/text.h"

struct model;
struct request;
struct response;
struct value_map;

/* Whether the page is one, by its address. */
bool popup_is(const struct request *request);
/* INVALID: it asks for a row by a field that no reference leads to (`_to_field`). */
enum status popup_check(const struct request *request, const struct model *model);
/* `?` or `&` with what makes the next page one too, behind such a query; or nothing. */
struct text popup_kept(const struct request *request, struct text query);

/* The page that gives the row back; its script closes it. `action`: "add" or "change". */
enum status popup_answer(struct request *request, struct response *response, const char *action,
                         const struct model *model, const void *row);
