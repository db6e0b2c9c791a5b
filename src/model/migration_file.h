/* What migrations.c and migration_plan.c read of a file, beside migration_read(). */
#pragma once

#include "model/migrations.h"

/* Takes the next "app.name" of the lines "-- needs:" off the file's text. */
bool migration_next_need(struct text *rest, struct text *need);

/* Whether the site serves without it. */
bool migration_is_deferrable(struct text sql);

/* The number of the line in which `at` stands. */
size_t migration_line(struct text sql, const char *at);

/* Whether one directly needs another, which stands before it. */
bool migration_needs(struct migration_list list, size_t index, size_t other);
