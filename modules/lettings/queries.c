#include "lettings/queries.h"

#include <stdlib.h>

#include "base/arena.h"
#include "http/request.h"

bool search_is_there(struct db *db, struct arena *arena)
{
    struct db_table table;
    return db_table_read(db, arena, TEXT("lettings_search_letting"), &table) == OK
           && table.columns.count > 0;
}

/* A parameter that PostgreSQL does not look at when it plans: else a plan is made for each request
 * where some values have more rows than others. These statements have one good plan. */
#define UNSEEN(parameter)        "(SELECT " parameter ")"
#define UNSEEN_NUMBER(parameter) "(SELECT CAST(" parameter " AS bigint))"

/* Places */

static enum status read_places(struct db_rows *rows, struct arena *arena, struct place_list *out)
{
    int state = db_column(rows, "state");
    int city = db_column(rows, "city");
    int lettings = db_column(rows, "lettings");
    *out = (struct place_list){0};
    while (db_next(rows))
        *LIST_PUSH(arena, out) = (struct place){
            .state = text_copy(arena, db_text_at(rows, state)),
            .city = text_copy(arena, db_text_at(rows, city)),
            .lettings = db_int_at(rows, lettings),
        };
    return db_finish(rows);
}

enum status places_states(struct db *db, struct arena *arena, struct place_list *out)
{
    struct db_rows rows;
    db_query(db, &rows,
             "SELECT state, '' AS city, lettings FROM lettings_search_state WHERE state > ''"
             " ORDER BY state LIMIT " UNSEEN_NUMBER("$1"),
             DB_INT(STATES_SHOWN));
    return read_places(&rows, arena, out);
}

enum status places_cities(struct db *db, struct arena *arena, struct text state, int64_t limit,
                          struct place_list *out)
{
    struct db_rows rows;
    if (state.length)
        db_query(db, &rows,
                 "SELECT state, city, lettings FROM lettings_search_city WHERE state = $1"
                 " AND city <> '' ORDER BY lettings DESC, city LIMIT " UNSEEN_NUMBER("$2"),
                 DB_TEXT(state), DB_INT(limit));
    else
        db_query(db, &rows,
                 "SELECT state, city, lettings FROM lettings_search_city WHERE lettings > 0"
                 " AND city <> '' AND state <> ''"
                 " ORDER BY lettings DESC, city, state LIMIT " UNSEEN_NUMBER("$1"),
                 DB_INT(limit));
    return read_places(&rows, arena, out);
}

enum status places_count(struct db *db, const struct letting_filter *filter, int64_t *out)
{
    if (!filter->city.length)
        return db_integer(db, out, 0, "SELECT lettings FROM lettings_search_state WHERE state = $1",
                          DB_TEXT(filter->state));
    if (!filter->state.length)
        return db_integer(db, out, 0,
                          "SELECT SUM(lettings) FROM lettings_search_city WHERE city = $1",
                          DB_TEXT(filter->city));
    return db_integer(db, out, 0,
                      "SELECT lettings FROM lettings_search_city WHERE city = $1 AND state = $2",
                      DB_TEXT(filter->city), DB_TEXT(filter->state));
}

static int by_place(const void *a, const void *b)
{
    const struct place *one = a;
    const struct place *other = b;
    int order = text_compare(one->state, other->state);
    return order ? order : text_compare(one->city, other->city);
}

static void count_alike(struct place_list *places)
{
    size_t count = 0;
    if (places->count)
        qsort(places->items, places->count, sizeof *places->items, by_place);
    for (size_t i = 0; i < places->count; i++)
        if (count && by_place(&places->items[count - 1], &places->items[i]) == 0)
            places->items[count - 1].lettings++;
        else
            places->items[count++] = places->items[i];
    places->count = count;
}

enum status places_of_keys(struct db *db, struct arena *arena, const int64_t *keys, size_t count,
                           struct place_list *out)
{
    enum status status = OK;
    *out = (struct place_list){0};
    for (size_t i = 0; i < count && status == OK; i++) {
        struct db_rows rows;
        db_query(db, &rows, "SELECT state, city FROM lettings_search_letting WHERE id = $1",
                 DB_INT(keys[i]));
        while (db_next(&rows))
            *LIST_PUSH(arena, out) = (struct place){
                .state = text_copy(arena, db_text(&rows, "state")),
                .city = text_copy(arena, db_text(&rows, "city")),
                .lettings = 1,
            };
        status = db_finish(&rows);
    }
    count_alike(out);
    return status;
}

/* Lettings */

/* Goes by an index of the place, and from there to one letting and one address by their keys. */
#define IN_PLACE                                                                                   \
    "FROM lettings_search_letting p CROSS JOIN lettings_letting t0 CROSS JOIN lettings_address t1" \
    " WHERE t0.id = p.id AND t1.id = t0.address_id AND "
#define RISING  " AND p.id > " UNSEEN_NUMBER("$1") " ORDER BY p.id"
#define FALLING " AND p.id < " UNSEEN_NUMBER("$1") " ORDER BY p.id DESC"
#define STATE   "p.state = " UNSEEN("$2")

static const char *in_place(const struct letting_filter *filter, bool rises)
{
    if (filter->state.length && filter->city.length)
        return rises ? IN_PLACE STATE " AND p.city = " UNSEEN("$3") RISING
                     : IN_PLACE STATE " AND p.city = " UNSEEN("$3") FALLING;
    if (filter->state.length)
        return rises ? IN_PLACE STATE RISING : IN_PLACE STATE FALLING;
    return rises ? IN_PLACE "p.city = " UNSEEN("$2") RISING
                 : IN_PLACE "p.city = " UNSEEN("$2") FALLING;
}

enum status lettings_in_place(const struct request *request, const void *context, enum lookup side,
                              int64_t key, int64_t limit, struct row_list *out)
{
    const struct letting_filter *filter = context;
    bool has_state = filter->state.length > 0;
    bool has_both = has_state && filter->city.length;
    const struct db_parameter parameters[] = {
        DB_INT(key),
        DB_TEXT(has_state ? filter->state : filter->city),
        DB_TEXT(filter->city),
    };
    const struct query query = {
        &letting_model,
        .related = NAMES("address"),
        .raw = {in_place(filter, side == LOOKUP_GT), parameters, has_both ? 3 : 2},
        .limit = limit,
    };
    return query_rows(request->db, request->arena, &query, out);
}

static void *find_row(const struct row_list *rows, int64_t key)
{
    size_t from = 0;
    size_t to = rows->count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (((const struct letting *)rows->items[middle])->id < key)
            from = middle + 1;
        else
            to = middle;
    }
    bool found = from < rows->count && ((const struct letting *)rows->items[from])->id == key;
    return found ? rows->items[from] : NULL;
}

/* The list of values is filled up with the last, so that few statements serve for all lengths. */
static size_t padded_count(size_t count)
{
    size_t padded = 1;
    while (padded < count)
        padded *= 2;
    return padded;
}

enum status lettings_of_keys(struct db *db, struct arena *arena, const int64_t *keys, size_t count,
                             struct row_list *out)
{
    *out = (struct row_list){0};
    if (count == 0)
        return OK;
    size_t padded = padded_count(count);
    struct db_parameter *values = ARENA_ARRAY(arena, struct db_parameter, padded);
    for (size_t i = 0; i < padded; i++)
        values[i] = DB_INT(keys[i < count ? i : count - 1]);
    const struct query query = {
        &letting_model,
        .where = WHERE({"pk", LOOKUP_IN, .values = values, .value_count = padded}),
        .order = NAMES("pk"),
        .related = NAMES("address"),
    };
    struct row_list rows;
    enum status status = query_rows(db, arena, &query, &rows);
    for (size_t i = 0; i < count && status == OK; i++) {
        void *row = find_row(&rows, keys[i]);
        if (row)
            *LIST_PUSH(arena, out) = row;
    }
    return status;
}

enum status lettings_newest(struct db *db, struct arena *arena, int64_t limit, struct row_list *out)
{
    const struct query query = {
        &letting_model,        .where = WHERE({"pk", LOOKUP_LT, .value = DB_INT(INT64_MAX)}),
        .order = NAMES("-pk"), .related = NAMES("address"),
        .limit = limit,
    };
    return query_rows(db, arena, &query, out);
}

enum status letting_among(struct db *db, struct arena *arena, int64_t key, struct neighbours *out)
{
    const struct query query = {
        &letting_model,
        .related = NAMES("address"),
        .raw = RAW("FROM lettings_letting t0 LEFT JOIN lettings_address t1 ON t1.id = t0.address_id"
                   " WHERE t0.id >= COALESCE((SELECT MAX(id) FROM lettings_letting WHERE id < $1),"
                   " $1) ORDER BY t0.id LIMIT 3",
                   DB_INT(key)),
    };
    struct row_list rows;
    *out = (struct neighbours){0};
    enum status status = query_rows(db, arena, &query, &rows);
    for (size_t i = 0; i < rows.count; i++) {
        const struct letting *letting = rows.items[i];
        if (letting->id < key)
            out->previous = letting;
        else if (letting->id == key)
            out->letting = letting;
        else if (!out->next)
            out->next = letting;
    }
    return status == OK && !out->letting ? NOT_FOUND : status;
}
