/* Tables that refer to each other in every way. */
#pragma once

#include "database.h"

#include "model/query.h"

#define REGION_FIELDS(F)                                                                           \
    F(id, ROWID, "ID")                                                                             \
    F(name, TEXT, "name", .max_length = 20)                                                        \
    F(parent, FOREIGN_KEY, "parent", .to = &region_model, .on_delete = CASCADE, .null = true)

#define AGENT_FIELDS(F)                                                                            \
    F(id, ROWID, "ID")                                                                             \
    F(name, TEXT, "name", .max_length = 20, .unique = true)

#define TAG_FIELDS(F)                                                                              \
    F(id, ROWID, "ID")                                                                             \
    F(word, TEXT, "word", .max_length = 20)

#define HOME_FIELDS(F)                                                                             \
    F(id, ROWID, "ID")                                                                             \
    F(title, TEXT, "title", .max_length = 40)                                                      \
    F(beds, POSITIVE_INTEGER, "beds", .null = true, .blank = true)                                 \
    F(region, FOREIGN_KEY, "region", .to = &region_model, .on_delete = CASCADE)                    \
    F(agent, FOREIGN_KEY, "agent", .to = &agent_model, .on_delete = SET_NULL, .null = true,        \
      .blank = true)                                                                               \
    F(tags, MANY_TO_MANY, "tags", .to = &tag_model)

#define BOOKING_FIELDS(F)                                                                          \
    F(id, ROWID, "ID")                                                                             \
    F(home, FOREIGN_KEY, "home", .to = &home_model, .on_delete = PROTECT)

MODEL_ROW(region, REGION_FIELDS);
MODEL_ROW(agent, AGENT_FIELDS);
MODEL_ROW(tag, TAG_FIELDS);
MODEL_ROW(home, HOME_FIELDS);
MODEL_ROW(booking, BOOKING_FIELDS);

MODEL(region, REGION_FIELDS, "stay");
MODEL(agent, AGENT_FIELDS, "stay");
MODEL(tag, TAG_FIELDS, "stay");
MODEL(home, HOME_FIELDS, "stay", .ordering = NAMES("-title"));
MODEL(booking, BOOKING_FIELDS, "stay");

static const struct model *const home_models[] = {&region_model, &agent_model,   &tag_model,
                                                  &home_model,   &booking_model, NULL};

/* Regions: 1 Coast with 2 North and 3 South below it, 4 Hills. */
#define HOMES_SQL                                                                                  \
    "CREATE TABLE stay_region (id {key}, name TEXT NOT NULL,"                                      \
    " parent_id INTEGER NULL REFERENCES stay_region (id) DEFERRABLE INITIALLY DEFERRED);"          \
    "CREATE TABLE stay_agent (id {key}, name TEXT NOT NULL UNIQUE);"                               \
    "CREATE TABLE stay_tag (id {key}, word TEXT NOT NULL);"                                        \
    "CREATE TABLE stay_home (id {key}, title TEXT NOT NULL, beds INTEGER NULL,"                    \
    " region_id INTEGER NOT NULL REFERENCES stay_region (id),"                                     \
    " agent_id INTEGER NULL REFERENCES stay_agent (id));"                                          \
    "CREATE TABLE stay_home_tags (id {key},"                                                       \
    " home_id INTEGER NOT NULL REFERENCES stay_home (id),"                                         \
    " tag_id INTEGER NOT NULL REFERENCES stay_tag (id), UNIQUE (home_id, tag_id));"                \
    "CREATE TABLE stay_booking (id {key},"                                                         \
    " home_id INTEGER NOT NULL REFERENCES stay_home (id));"                                        \
    "INSERT INTO stay_region VALUES (1, 'Coast', NULL), (2, 'North', 1), (3, 'South', 1),"         \
    " (4, 'Hills', NULL);"                                                                         \
    "INSERT INTO stay_agent VALUES (1, 'Ada'), (2, 'Grace');"                                      \
    "INSERT INTO stay_tag VALUES (1, 'sea'), (2, 'quiet'), (3, 'dogs');"                           \
    "INSERT INTO stay_home VALUES (1, 'Blue Door', 4, 2, 1), (2, 'Attic', 2, 3, NULL),"            \
    " (3, '100% Wood_Hut', NULL, 4, 1), (4, 'Cabin', 6, 4, 2);"                                    \
    "INSERT INTO stay_home_tags (home_id, tag_id) VALUES (1, 1), (1, 2), (4, 2);"                  \
    "INSERT INTO stay_booking VALUES (1, 4);"
