/* A C struct that templates see: its members by name, at the cost of reading them.
 *
 *     static const struct value_class place_class;
 *     static const struct record_attribute place_attributes[] = {
 *         RECORD(struct place, name, TEXT, &place_class),
 *         RECORD(struct place, lettings, INTEGER, &place_class),
 *         {0}};
 *     static const struct value_attribute *find_place(struct text name)
 *     {
 *         return record_find(place_attributes, name);
 *     }
 *     static const struct value_class place_class = {.name = "place", .find = find_place};
 *     … value_object(arena, &place_class, place)
 *
 * A row with a get() of its own gives what is made only when it is asked for.
 *
 * TEXT is a struct text, INTEGER an int64_t, BOOL a bool, VALUE a struct value. */
#pragma once

#include <assert.h>
#include <stddef.h>

#include "template/value.h"

enum record_kind { RECORD_TEXT, RECORD_INTEGER, RECORD_BOOL, RECORD_VALUE };

struct record_attribute {
    struct value_attribute attribute;
    const char *name;
    enum record_kind kind;
    size_t offset;
};

#define RECORD_TYPE_TEXT    struct text
#define RECORD_TYPE_INTEGER int64_t
#define RECORD_TYPE_BOOL    bool
#define RECORD_TYPE_VALUE   struct value

/* A member of another type than `kind` says does not compile. */
#define RECORD(type, member, kind, class)                                                          \
    {                                                                                              \
        {(class), record_get}, #member, RECORD_##kind,                                             \
            offsetof(type, member)                                                                 \
                + 0 * sizeof(char[_Generic(((type *)0)->member, RECORD_TYPE_##kind : 1)])          \
    }

bool record_get(const struct value_attribute *attribute, const void *self, struct arena *arena,
                struct value *out);

/* Of a list that ends with {0}. */
const struct value_attribute *record_find(const struct record_attribute *attributes,
                                          struct text name);
