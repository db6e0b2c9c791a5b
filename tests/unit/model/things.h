/* Owners and things, and samples: a table of every kind of field. */
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

#define SAMPLE_FIELDS(F)                                                                           \
    F(id, ROWID, "ID")                                                                             \
    F(code, TEXT, "code", .max_length = 20)                                                        \
    F(words, LONG_TEXT, "words", .blank = true)                                                    \
    F(size, TEXT, "size", .max_length = 1, .default_to = "m",                                      \
      .choices = CHOICES({"s", "small"}, {"m", "middling"}))                                       \
    F(whole, INTEGER, "whole", .null = true)                                                       \
    F(natural, POSITIVE_INTEGER, "natural", .null = true)                                          \
    F(small, SMALL_INTEGER, "small", .null = true)                                                 \
    F(small_natural, POSITIVE_SMALL_INTEGER, "small natural", .null = true)                        \
    F(big, BIG_INTEGER, "big", .null = true)                                                       \
    F(big_natural, POSITIVE_BIG_INTEGER, "big natural", .default_to = "1")                         \
    F(open, BOOLEAN, "open", .default_to = "true")                                                 \
    F(day, DATE, "day", .null = true)                                                              \
    F(hour, TIME, "hour", .null = true)                                                            \
    F(moment, DATETIME, "moment", .null = true)                                                    \
    F(price, DECIMAL, "price", .max_digits = 10, .decimal_places = 2, .null = true)                \
    F(fine, DECIMAL, "fine", .max_digits = 12, .decimal_places = 9, .null = true)                  \
    F(real, FLOAT, "real", .null = true)                                                           \
    F(token, UUID, "token", .null = true)                                                          \
    F(extra, JSON, "extra", .null = true)                                                          \
    F(owner, FOREIGN_KEY, "owner", .to = &owner_model, .on_delete = CASCADE)                       \
    F(rival, FOREIGN_KEY, "rival", .to = &sample_model, .on_delete = SET_NULL, .null = true)       \
    F(twin, ONE_TO_ONE, "twin", .to = &sample_model, .on_delete = SET_NULL, .null = true)          \
    F(friends, MANY_TO_MANY, "friends", .to = &owner_model, .blank = true)

MODEL_ROW(owner, OWNER_FIELDS);
MODEL_ROW(thing, THING_FIELDS);
MODEL_ROW(sample, SAMPLE_FIELDS);

MODEL(owner, OWNER_FIELDS, "shop", .natural_key = NAMES("name"));
MODEL(thing, THING_FIELDS, "shop");
MODEL(sample, SAMPLE_FIELDS, "shop", .natural_key = NAMES("code", "owner"));

#define THINGS_SQL                                                                                 \
    "CREATE TABLE shop_owner (id {key}, name TEXT NOT NULL UNIQUE);"                               \
    "CREATE TABLE shop_thing (id {key}, title TEXT NOT NULL,"                                      \
    " balance INTEGER NOT NULL, count INTEGER NOT NULL CHECK (count >= 0), sold {bool} NOT NULL,"  \
    " seen {datetime} NULL,"                                                                       \
    " owner_id INTEGER NOT NULL REFERENCES shop_owner (id) DEFERRABLE INITIALLY DEFERRED,"         \
    " keeper_id INTEGER NULL UNIQUE REFERENCES shop_owner (id) DEFERRABLE INITIALLY DEFERRED);"    \
    "CREATE INDEX shop_thing_owner ON shop_thing (owner_id);"

/* As Django makes them. */
#define SAMPLES_SQL                                                                                \
    "CREATE TABLE shop_sample (id {pk},"                                                           \
    " code varchar(20) NOT NULL, words TEXT NOT NULL, size varchar(1) NOT NULL,"                   \
    " whole INTEGER NULL, \"natural\" {positive_integer} NULL CHECK (\"natural\" >= 0),"           \
    " small SMALLINT NULL, small_natural {positive_small_integer} NULL CHECK (small_natural >= "   \
    "0),"                                                                                          \
    " big BIGINT NULL, big_natural BIGINT NOT NULL CHECK (big_natural >= 0),"                      \
    " open {bool} NOT NULL, day DATE NULL, hour TIME NULL, moment {datetime} NULL,"                \
    " price DECIMAL NULL, fine DECIMAL NULL, real DOUBLE PRECISION NULL, token CHAR(32) NULL,"     \
    " extra {json} NULL CHECK (JSON_VALID(extra) OR extra IS NULL),"                               \
    " owner_id INTEGER NOT NULL REFERENCES shop_owner (id) DEFERRABLE INITIALLY DEFERRED,"         \
    " rival_id INTEGER NULL REFERENCES shop_sample (id) DEFERRABLE INITIALLY DEFERRED,"            \
    " twin_id INTEGER NULL UNIQUE REFERENCES shop_sample (id) DEFERRABLE INITIALLY DEFERRED,"      \
    " UNIQUE (code, owner_id));"                                                                   \
    "CREATE TABLE shop_sample_friends (id {pk},"                                                   \
    " sample_id INTEGER NOT NULL REFERENCES shop_sample (id) DEFERRABLE INITIALLY DEFERRED,"       \
    " owner_id INTEGER NOT NULL REFERENCES shop_owner (id) DEFERRABLE INITIALLY DEFERRED,"         \
    " UNIQUE (sample_id, owner_id));"
