/* Values as Django shows them in the current locale. */
#pragma once

#include "template/node.h"

/* str() of a value as {{ value }} shows it: floats without exponent, dates in words. */
struct text format_local(struct value value, struct render *render);

struct zone;
struct value_moment;

/* The zone of naive datetimes, NULL when there is none; the current moment in it, or in UTC. */
const struct zone *format_zone(const struct render *render);
struct value_moment format_now(const struct render *render, bool utc);
