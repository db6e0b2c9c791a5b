/* What an issue's row and its lists need to know of an event. */
#pragma once

#include <jansson.h>
#include <stdint.h>

#include "base/list.h"
#include "base/text.h"
#include "issues/grouping.h"

struct arena;

struct report_tag {
    struct text name;
    struct text value;
};

/* Texts are at most as long as their columns. */
struct report {
    struct text event_id; /* 32 hexadecimal digits */
    struct text title;
    struct text culprit;
    struct text level;
    struct text platform;
    struct text release;
    struct text environment;
    struct text visitor; /* digest of who was touched; empty: nobody is known */
    int64_t happened_at; /* microseconds since 1970, not after `now` */
    LIST(struct report_tag) tags;
    struct grouping grouping;
};

/* INVALID: it has no id. */
enum status report_read(struct arena *arena, const json_t *event, int64_t now, struct report *out);

/* 32 digits in lower case of an id as SDKs write it, also as a UUID; empty: it is none. */
struct text report_id(struct arena *arena, struct text id);

/* The exception that a report is named by: the last; NULL: there is none. */
const json_t *report_exception(const json_t *event);
