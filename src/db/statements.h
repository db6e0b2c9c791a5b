/* A connection, and the statements that it keeps prepared: literals by their address, built ones by
 * a key of what they were built from. Of db.c alone. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "db/db.h"

#define CACHE_SIZE 256 /* literal statements a connection can know; a power of two */

/* Built statements that a connection keeps, in sets by the hash of their text. In a full set a new
 * one takes the place of the one that was used longest ago. */
#define BUILT_SETS 64
#define BUILT_WAYS 4

struct db_statement {
    struct db *db;
    struct text sql; /* of a literal, which is known by its address, or a copy */
    struct text key; /* a built one is known by it */
    uint64_t hash;   /* of the key */
    void *plan;      /* of who built it */
    bool ordered;    /* its parameters stand in their order */
    uint64_t used;   /* when, by the connection's count of statements */
    bool in_use;
    bool untold;               /* it names tables whose changes nobody tells of (changes.h) */
    unsigned span;             /* of this use (base/trace.h) */
    struct db_statement *next; /* of a built one's set */
    void *handle;
    int column_count;
    char *columns[];
};

struct db {
    const struct db_engine *engine;
    void *connection;
    int64_t busy_timeout;
    int64_t deadline; /* 0: none */
    bool writes;
    struct db_statement *cache[CACHE_SIZE];
    size_t cached;
    struct db_statement *built[BUILT_SETS];
    uint64_t count;
    struct db_reads *reads; /* NULL: nothing is taken down */
};

/* The statement, prepared; it lasts as long as the connection. NULL: `status` says why. */
struct db_statement *statement_literal(struct db *db, const char *sql, enum status *status);
/* One that is free, and lasts until it is finished; `build` as in db.h. */
struct db_statement *statement_built(struct db *db, struct text key, db_builder *build,
                                     void *context, enum status *status);
/* So too, where it is there already; else NULL. */
struct db_statement *statement_known(struct db *db, struct text key);
/* Finishes all of them, whatever they were doing. */
void statements_abandon(struct db *db);
void statements_free(struct db *db);
