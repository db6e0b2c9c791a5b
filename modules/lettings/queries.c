#include "lettings/queries.h"

#include "base/arena.h"
#include "http/request.h"

bool search_is_there(struct db *db, struct arena *arena)
{
    struct db_table table;
    return db_table_read(db, arena, TEXT("lettings_search_letting"), &table) == OK
           && table.columns.count > 0;
}

/* Places */

static enum status read_places(struct db_rows *rows, struct arena *arena, struct place_list *out)
{
    *out = (struct place_list){0};
    while (db_next(rows))
        *LIST_PUSH(arena, out) = (struct place){
            .state = text_copy(arena, db_text(rows, "state")),
            .city = text_copy(arena, db_text(rows, "city")),
            .lettings = db_int(rows, "lettings"),
        };
    return db_finish(rows);
}

enum status places_states(struct db *db, struct arena *arena, struct place_list *out)
{
    struct db_rows rows;
    db_query(db, &rows,
             "SELECT state, '' AS city, lettings FROM lettings_search_state WHERE state > ''"
             " ORDER BY state LIMIT $1",
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
                 " ORDER BY lettings DESC, city LIMIT $2",
                 DB_TEXT(state), DB_INT(limit));
    else
        db_query(db, &rows,
                 "SELECT state, city, lettings FROM lettings_search_city WHERE lettings > 0"
                 " ORDER BY lettings DESC, city, state LIMIT $1",
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

/* Lettings */

/* Goes by an index of the place, and from there to one letting and one address by their keys. */
#define IN_PLACE                                                                                   \
    "SELECT l.id, l.title, l.address_id, a.id AS address__id, a.number AS address__number,"        \
    " a.street AS address__street, a.city AS address__city, a.state AS address__state,"            \
    " a.zip_code AS address__zip_code, a.country_iso_code AS address__country_iso_code"            \
    " FROM lettings_search_letting p CROSS JOIN lettings_letting l ON l.id = p.id"                 \
    " CROSS JOIN lettings_address a ON a.id = l.address_id WHERE "
#define RISING  " AND p.id > $2 ORDER BY p.id LIMIT $1"
#define FALLING " AND p.id < $2 ORDER BY p.id DESC LIMIT $1"

static void query_in_place(struct db *db, struct db_rows *rows, const struct letting_filter *filter,
                           enum lookup side, int64_t key, int64_t limit)
{
    struct text state = filter->state;
    struct text city = filter->city;
    bool rises = side == LOOKUP_GT;
    if (state.length && city.length && rises)
        db_query(db, rows, IN_PLACE "p.state = $3 AND p.city = $4" RISING, DB_INT(limit),
                 DB_INT(key), DB_TEXT(state), DB_TEXT(city));
    else if (state.length && city.length)
        db_query(db, rows, IN_PLACE "p.state = $3 AND p.city = $4" FALLING, DB_INT(limit),
                 DB_INT(key), DB_TEXT(state), DB_TEXT(city));
    else if (state.length && rises)
        db_query(db, rows, IN_PLACE "p.state = $3" RISING, DB_INT(limit), DB_INT(key),
                 DB_TEXT(state));
    else if (state.length)
        db_query(db, rows, IN_PLACE "p.state = $3" FALLING, DB_INT(limit), DB_INT(key),
                 DB_TEXT(state));
    else if (rises)
        db_query(db, rows, IN_PLACE "p.city = $3" RISING, DB_INT(limit), DB_INT(key),
                 DB_TEXT(city));
    else
        db_query(db, rows, IN_PLACE "p.city = $3" FALLING, DB_INT(limit), DB_INT(key),
                 DB_TEXT(city));
}

enum status lettings_in_place(const struct request *request, const void *filter, enum lookup side,
                              int64_t key, int64_t limit, struct row_list *out)
{
    struct arena *arena = request->arena;
    struct model_reader lettings;
    struct model_reader addresses;
    struct db_rows rows;
    *out = (struct row_list){0};
    query_in_place(request->db, &rows, filter, side, key, limit);
    model_reader_start(&lettings, &letting_model, &rows, "", arena);
    model_reader_start(&addresses, &address_model, &rows, "address__", arena);
    while (db_next(&rows)) {
        struct letting *letting = model_read(&lettings);
        letting->address = model_read(&addresses);
        *LIST_PUSH(arena, out) = letting;
    }
    return db_finish(&rows);
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

enum status letting_beside(struct db *db, struct arena *arena, int64_t key, enum lookup side,
                           const struct letting **out)
{
    const struct query query = {
        &letting_model,
        .where = WHERE({"pk", side, .value = DB_INT(key)}),
        .order = side == LOOKUP_GT ? NAMES("pk") : NAMES("-pk"),
    };
    *out = NULL;
    enum status status = query_first(db, arena, &query, out);
    return status == NOT_FOUND ? OK : status;
}
