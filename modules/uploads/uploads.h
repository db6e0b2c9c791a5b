/* Files that were uploaded, kept between a question and its answer: in the database, so that any
 * instance finds them, for an hour, each for the one who sent it. */
#pragma once

#include <stdint.h>
#include <stdio.h>

#include "base/status.h"
#include "base/text.h"

struct arena;
struct db;

/* `owner`: a user's key. `name`, in the arena: by which the owner, and nobody else, finds it again.
 * `in` is read from where it is to its end. In a transaction of its own. */
enum status uploads_keep(struct db *db, struct arena *arena, int64_t owner, FILE *in,
                         struct text *name);
enum status uploads_keep_bytes(struct db *db, struct arena *arena, int64_t owner, struct text bytes,
                               struct text *name);

/* NOT_FOUND: there is none of this name, or no longer. A copy, to be closed. */
enum status uploads_open(struct db *db, int64_t owner, struct text name, FILE **out);

enum status uploads_drop(struct db *db, int64_t owner, struct text name);

/* Deletes what is too old. */
enum status uploads_clear(struct db *db);
