#pragma once

#include "model/model.h"

#define ADDRESS_FIELDS(F)                                                                          \
    F(id, ROWID, "ID")                                                                             \
    F(number, POSITIVE_INTEGER, "number", .range = RANGE(0, 9999))                                 \
    F(street, TEXT, "street", .max_length = 64)                                                    \
    F(city, TEXT, "city", .max_length = 64)                                                        \
    F(state, TEXT, "state", .max_length = 2, .min_length = 2)                                      \
    F(zip_code, POSITIVE_INTEGER, "zip code", .range = RANGE(0, 99999))                            \
    F(country_iso_code, TEXT, "country iso code", .max_length = 3, .min_length = 3)

#define LETTING_FIELDS(F)                                                                          \
    F(id, ROWID, "ID")                                                                             \
    F(title, TEXT, "title", .max_length = 256)                                                     \
    F(address, ONE_TO_ONE, "address", .to = &address_model, .on_delete = CASCADE)

MODEL_ROW(address, ADDRESS_FIELDS);
MODEL_ROW(letting, LETTING_FIELDS);

/* "Ocean City, NJ"; of what is not empty alone. */
struct text place_text(struct arena *arena, struct text city, struct text state);
