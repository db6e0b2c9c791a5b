#pragma once

#include "model/model.h"

#define ADDRESS_FIELDS(F)                                                                          \
    F(id, ROWID, "ID")                                                                             \
    F(number, POSITIVE_INTEGER, N_("number"), .range = RANGE(0, 9999))                             \
    F(street, TEXT, N_("street"), .max_length = 64)                                                \
    F(city, TEXT, N_("city"), .max_length = 64)                                                    \
    F(state, TEXT, N_("state"), .max_length = 2, .min_length = 2)                                  \
    F(zip_code, POSITIVE_INTEGER, N_("zip code"), .range = RANGE(0, 99999))                        \
    F(country_iso_code, TEXT, N_("country iso code"), .max_length = 3, .min_length = 3)

#define LETTING_FIELDS(F)                                                                          \
    F(id, ROWID, "ID")                                                                             \
    F(title, TEXT, N_("title"), .max_length = 256)                                                 \
    F(address, ONE_TO_ONE, N_("address"), .to = &address_model, .on_delete = CASCADE)

MODEL_ROW(address, ADDRESS_FIELDS);
MODEL_ROW(letting, LETTING_FIELDS);

/* "Ocean City, NJ"; of what is not empty alone. */
struct text place_text(struct arena *arena, struct text city, struct text state);
