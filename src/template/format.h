/* Values as Django shows them in the current locale. */
#pragma once

#include "template/node.h"

/* A value as {{ value }} shows it: floats without exponent, dates in words, as the language has it
 * where that is on. A decimal without digits fails in `render->status`. */
struct text format_local(struct value value, struct render *render);
/* The same in the language's form, or in that of the options. */
struct text format_localized(struct value value, struct render *render, bool local);

/* A number with so many places, cut or filled up with zeros, as the options say. */
struct text format_places(struct value value, struct render *render, int places);
/* A number in groups of digits, as the language writes it. */
struct text format_number_grouped(struct value value, struct render *render);

struct locale;
/* The language's, when `local`, or that of the options. */
const struct locale *format_locale(const struct render *render, bool local);
/* The format behind a name such as "SHORT_DATE_FORMAT", or what was given. */
struct text format_named(const struct render *render, struct text format);

struct zone;
struct value_moment;

/* The zone of naive datetimes. */
const struct zone *format_zone(const struct render *render);
/* The current moment: naive in that zone, or aware in UTC. */
struct value_moment format_now(const struct render *render, bool aware);
/* From 0 to below `limit`, which is not 0. */
size_t format_pick(const struct render *render, size_t limit);
/* The same in the current zone. */
struct value_moment format_now_current(const struct render *render);
/* An aware datetime in the current zone, when they are shown there; else the value as it is. */
struct value format_localtime(struct value value, const struct render *render);
/* By name, opened once in a rendering; NULL when there is none. */
const struct zone *format_named_zone(struct render *render, struct text name);
