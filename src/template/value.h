/* What a template can see: a tagged view of 16 bytes. Nothing is owned: what a value points to
 * lives in some arena, or is static, at least as long as the rendering. */
#pragma once

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/text.h"

struct arena;
struct buffer;

enum value_kind {
    VALUE_NONE,
    VALUE_BOOL,
    VALUE_INTEGER,
    VALUE_FLOAT,
    VALUE_TEXT, /* escaped when it is printed */
    VALUE_SAFE, /* text that is HTML already */
    VALUE_LIST,
    VALUE_MAP,
    VALUE_OBJECT,
    VALUE_TUPLE,    /* a list that prints with ( ) and does not equal one */
    VALUE_DECIMAL,  /* text: [-]digits[.digits] or NaN, Infinity, -Infinity */
    VALUE_DATE,     /* moment: year, month, day */
    VALUE_TIME,     /* moment: the time of day and, when aware, its offset */
    VALUE_DATETIME, /* moment: all of it */
    VALUE_DURATION, /* integer: microseconds */
    VALUE_FUNCTION, /* called where a template names it */
};

struct value {
    uint8_t kind;
    uint32_t length; /* of a text, in bytes */
    union {
        bool boolean;
        int64_t integer;
        double real;
        const char *text;
        const struct value_list *list;
        const struct value_map *map;
        const struct value_object *object;
        const struct value_moment *moment;
        const struct value_function *function;
    };
};
static_assert(sizeof(struct value) == 16, "a value is copied everywhere: keep it small");

struct value_list {
    size_t count;
    const struct value *items;
};

/* Ordered; a name is there once. Keys are texts unless value_map_put() gave it others. */
struct value_entry {
    struct value key;
    struct value value;
    uint32_t hash;
};
struct value_map {
    struct arena *arena;
    struct value_entry *entries;
    size_t count;
    size_t capacity;
    uint32_t *index; /* entry number + 1 by hash; NULL while the map is small */
    size_t index_size;
    struct value_rest *rest; /* NULL: nothing besides */
};

/* What a context has besides: made when a name is looked for that the map has not. */
struct value_rest {
    const struct value_map *(*make)(void *self);
    void *self;
    const struct value_map *made;
};

/* An attribute that all objects of a class have: looked up once for each place of a template. The
 * first member of what get() needs besides. False: it is not at hand, the class may know. */
struct value_attribute {
    const struct value_class *class;
    bool (*get)(const struct value_attribute *attribute, const void *self, struct arena *arena,
                struct value *out);
};

/* Where objects and functions load what is not at hand: the program says what it is (for tables'
 * rows model/loader.h). NULL where a rendering was given none. */
struct value_source;

/* Something of the program's own (a table's row, say), seen through its class. */
struct value_class {
    const char *name;
    /* The attribute `name`, which lives as long as the class; NULL: there is none. NULL: get()
     * alone knows. */
    const struct value_attribute *(*find)(struct text name);
    /* Any other attribute `name`; false when there is none. NULL: there is no other. May allocate
     * in `arena`. */
    bool (*get)(const void *self, struct text name, struct arena *arena, struct value *out);
    /* One that `get` does not have, from elsewhere; NULL: there is no more. NOT_FOUND: there is
     * none; any other failure ends the rendering. */
    enum status (*load)(const void *self, struct text name, struct value_source *source,
                        struct arena *arena, struct value *out);
    /* What `{{ object }}` prints, unescaped; NULL: the class's name. */
    struct text (*print)(const void *self, struct arena *arena);
    /* What print gives is HTML already. */
    bool print_is_html;
    /* What {% for %} walks over, `length` counts and `if` tests; NULL: cannot be walked, true. */
    struct value (*items)(const void *self, struct arena *arena);
    /* Whether two objects of this class are the same thing; NULL: when `self` is the same. */
    bool (*equal)(const void *self, const void *other);
};
struct value_object {
    const struct value_class *class;
    const void *self;
};

/* A function without arguments: what it gives is in the place of its name. NOT_FOUND: there is no
 * such variable; any other failure ends the rendering. */
struct value_function {
    enum status (*call)(const void *self, struct value_source *source, struct arena *arena,
                        struct value *out);
    const void *self;
};

/* A point on a calendar. `zone` is the abbreviation ("CET") and counts with `aware` alone. */
struct value_moment {
    int32_t year;
    uint8_t month;
    uint8_t day;
    uint8_t hour;
    uint8_t minute;
    uint8_t second;
    bool aware;
    bool daylight;
    bool unclear; /* the zone shows that date and time twice, or never */
    bool zoned;   /* the offset is that of a zone, which may have others */
    bool fixed;   /* shown as it is, whatever the current zone */
    uint32_t microsecond;
    int32_t offset; /* seconds east of UTC */
    struct text zone;
};

#define VALUE_NULL ((struct value){0})
struct value value_bool(bool boolean);
struct value value_integer(int64_t integer);
struct value value_float(double real);
/* Texts beyond 4 GiB are cut. */
struct value value_text(struct text text);
struct value value_safe(struct text html);
struct value value_string(const char *string); /* NULL: none */
struct value value_list(struct arena *arena, const struct value *items,
                        size_t count); /* borrowed */
struct value value_tuple(struct arena *arena, const struct value *items, size_t count);
struct value value_object(struct arena *arena, const struct value_class *class, const void *self);
struct value value_function(struct arena *arena,
                            enum status (*call)(const void *self, struct value_source *source,
                                                struct arena *arena, struct value *out),
                            const void *self);
struct value value_decimal(struct text digits);
/* `kind`: VALUE_DATE, VALUE_TIME or VALUE_DATETIME; the moment is copied. */
struct value value_moment(struct arena *arena, enum value_kind kind,
                          const struct value_moment *moment);

struct value_map *value_map_new(struct arena *arena);
/* Replaces a value of the same name. `name` is borrowed. */
void value_map_set(struct value_map *map, struct text name, struct value value);
struct value value_map(const struct value_map *map);

/* The same with any kind of key; a float, a decimal or a bool finds the integer it equals. */
void value_map_put(struct value_map *map, struct value key, struct value value);
const struct value *value_map_find(const struct value_map *map, struct value key);

/* For names known beforehand: the lookup with the hash that text_hash() gave. */
uint32_t value_hash_text(struct text text);
const struct value *value_map_find_text(const struct value_map *map, struct text name,
                                        uint32_t hash);

/* Python's view of a value. */
bool value_truth(struct value value, struct arena *arena);
bool value_equal(struct value a, struct value b);
/* False when the two have no order; else `order` is below, at or above 0. */
bool value_compare(struct value a, struct value b, int *order);
/* `in`: false in `found` or, when `whole` cannot contain anything, as the result. */
bool value_contains(struct value whole, struct value part, struct arena *arena, bool *found);
/* Characters, items or keys; false when the value has no length. */
bool value_length(struct value value, struct arena *arena, size_t *length);
/* The items of anything that can be walked; false when it cannot. */
bool value_items(struct value value, struct arena *arena, struct value_list *out);

bool value_is_text(struct value value);
bool value_is_number(struct value value); /* bool, integer, float, decimal */
/* Of Python's type int: also one beyond 64 bits, which is a decimal of digits alone. */
bool value_is_integer(struct value value);
/* Of a text, safe text or decimal; TEXT_NONE of another. */
struct text value_as_text(struct value value);
/* Of a number; decimals lose digits. */
double value_as_double(struct value value);

/* str(value), and repr(value), of Python. */
struct text value_to_text(struct value value, struct arena *arena);
void value_print(struct buffer *out, struct value value, struct arena *arena);
void value_print_repr(struct buffer *out, struct value value, struct arena *arena);
