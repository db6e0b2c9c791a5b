#include "lettings/queries.h"

#include "db/db.h"

#define LETTINGS                                                                                   \
    "SELECT l.id, l.title, l.address_id, a.id AS address__id, a.number AS address__number, "       \
    "a.street AS address__street, a.city AS address__city, a.state AS address__state, "            \
    "a.zip_code AS address__zip_code, a.country_iso_code AS address__country_iso_code "            \
    "FROM lettings_letting l JOIN lettings_address a ON a.id = l.address_id "

static enum status read_lettings(struct db_rows *rows, struct arena *arena, page_rows *out)
{
    struct model_reader letting_reader;
    struct model_reader address_reader;
    model_reader_start(&letting_reader, &letting_model, rows, "", arena);
    model_reader_start(&address_reader, &address_model, rows, "address__", arena);
    while (db_next(rows)) {
        struct letting *letting = model_read(&letting_reader);
        letting->address = model_read(&address_reader);
        *LIST_PUSH(arena, out) = letting;
    }
    return db_finish(rows);
}

enum status lettings_fetch(struct db *db, struct arena *arena, const struct page_query *query,
                           page_rows *out)
{
    struct db_rows rows;
    if (query->backward)
        db_query(db, &rows, LETTINGS "WHERE l.id < $1 ORDER BY l.id DESC LIMIT $2",
                 DB_INT(query->key), DB_INT(query->limit));
    else
        db_query(db, &rows, LETTINGS "WHERE l.id > $1 ORDER BY l.id LIMIT $2", DB_INT(query->key),
                 DB_INT(query->limit));
    return read_lettings(&rows, arena, out);
}

enum status letting_find(struct db *db, struct arena *arena, int64_t id, const struct letting **out)
{
    struct db_rows rows;
    page_rows found = {0};
    db_query(db, &rows, LETTINGS "WHERE l.id = $1", DB_INT(id));
    enum status status = read_lettings(&rows, arena, &found);
    if (status == OK && found.count == 0)
        return NOT_FOUND;
    if (status == OK)
        *out = found.items[0];
    return status;
}
