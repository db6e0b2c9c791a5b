/* A digest of a row, for two people who edit the same one: a form carries the digest of the row it
 * was made from, and the save compares it within its transaction:
 *
 *     status = row_digest(db, arena, &home_model, key, NULL, secret, &now);
 *     if (status == OK && !secret_equal(now, sent))
 *         … somebody else has saved it in the meantime
 *
 * It is an HMAC under `secret` (the site's SECRET_KEY): who has it cannot try out values of columns
 * that they may not see, as they could with a bare digest. The same rows have the same digest in
 * every process with that secret. */
#pragma once

#include "base/status.h"
#include "db/db.h"
#include "model/model.h"

struct arena;

/* 32 hexadecimal digits in `out`, of the columns as they are stored and the pairs of each
 * MANY_TO_MANY. `names`: fields to look at; NULL: all. A name that is no field aborts.
 * NOT_FOUND: there is no such row. */
enum status row_digest(struct db *db, struct arena *arena, const struct model *model,
                       struct db_parameter key, const char *const *names, struct text secret,
                       struct text *out);
