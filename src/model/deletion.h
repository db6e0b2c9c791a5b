/* A row and all that goes with it, by the on_delete of the references to it: collected first, so
 * that it can be shown, then done. */
#pragma once

#include "base/list.h"
#include "base/status.h"
#include "model/model.h"

struct arena;
struct db;

/* Rows of one model that a reference of theirs (NULL: the ones asked for) leads to. */
struct deletion_group {
    const struct model *model;
    const struct field *reference;
    LIST(int64_t) keys;
    size_t followed; /* how many of them have had their referring rows looked for */
};

typedef LIST(struct deletion_group) deletion_groups;

struct deletion {
    struct arena *arena;
    const struct model *const *models; /* all there are, ended by NULL */
    deletion_groups deleted;           /* what a row refers to before the row */
    deletion_groups unlinked;          /* their reference is set to NULL */
    deletion_groups protectors;        /* rows that forbid it */
};

/* Fills `out` for a row of an integer key; NOT_FOUND: there is none. */
enum status deletion_collect(struct db *db, struct arena *arena, const struct model *const *models,
                             const struct model *model, int64_t key, struct deletion *out);

/* The same of several rows; those that are not there are left out. */
enum status deletion_collect_rows(struct db *db, struct arena *arena,
                                  const struct model *const *models, const struct model *model,
                                  const int64_t *keys, size_t count, struct deletion *out);

/* Does it, within a transaction of the caller's. CONFLICT when rows forbid it: nothing is done. */
enum status deletion_run(struct db *db, const struct deletion *deletion);
