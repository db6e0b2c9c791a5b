/* A table of every kind of field, and one it refers to. */
#pragma once

#include "database.h"

#include "model/model.h"

#define OWNER_FIELDS(F)                                                                            \
    F(id, ROWID, "ID")                                                                             \
    F(name, TEXT, "name", .max_length = 20, .unique = true)

#define THING_FIELDS(F)                                                                            \
    F(id, ROWID, "ID")                                                                             \
    F(title, TEXT, "title", .max_length = 20)                                                      \
    F(balance, INTEGER, "balance")                                                                 \
    F(count, POSITIVE_INTEGER, "count", .range = RANGE(0, 9999))                                   \
    F(sold, BOOLEAN, "sold")                                                                       \
    F(seen, DATETIME, "seen", .null = true)                                                        \
    F(owner, FOREIGN_KEY, "owner", .to = &owner_model, .on_delete = CASCADE)                       \
    F(keeper, ONE_TO_ONE, "keeper", .to = &owner_model, .on_delete = SET_NULL, .null = true)

MODEL_ROW(owner, OWNER_FIELDS);
MODEL_ROW(thing, THING_FIELDS);

MODEL(owner, OWNER_FIELDS, "shop");
MODEL(thing, THING_FIELDS, "shop");

#define THINGS_SQL                                                                                 \
    "CREATE TABLE shop_owner (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);"                 \
    "CREATE TABLE shop_thing (id INTEGER PRIMARY KEY, title TEXT NOT NULL,"                        \
    " balance INTEGER NOT NULL, count INTEGER NOT NULL CHECK (count >= 0), sold BOOL NOT NULL,"    \
    " seen DATETIME NULL,"                                                                         \
    " owner_id INTEGER NOT NULL REFERENCES shop_owner (id) DEFERRABLE INITIALLY DEFERRED,"         \
    " keeper_id INTEGER NULL UNIQUE REFERENCES shop_owner (id) DEFERRABLE INITIALLY DEFERRED);"
