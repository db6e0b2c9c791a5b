#include "profiles/queries.h"

#include "db/db.h"

#define PROFILES                                                                                   \
    "SELECT p.id, p.favorite_city, p.user_id, u.id AS user__id, u.username AS user__username, "    \
    "u.first_name AS user__first_name, u.last_name AS user__last_name, u.email AS user__email "    \
    "FROM profiles_profile p JOIN auth_user u ON u.id = p.user_id "

static enum status read_profiles(struct db_rows *rows, struct arena *arena, page_rows *out)
{
    struct model_reader profile_reader;
    struct model_reader user_reader;
    model_reader_start(&profile_reader, &profile_model, rows, "", arena);
    model_reader_start(&user_reader, &user_model, rows, "user__", arena);
    while (db_next(rows)) {
        struct profile *profile = model_read(&profile_reader);
        profile->user = model_read(&user_reader);
        *LIST_PUSH(arena, out) = profile;
    }
    return db_finish(rows);
}

enum status profiles_fetch(struct db *db, struct arena *arena, const struct page_query *query,
                           page_rows *out)
{
    struct db_rows rows;
    if (query->backward)
        db_query(db, &rows, PROFILES "WHERE p.id < $1 ORDER BY p.id DESC LIMIT $2",
                 DB_INT(query->key), DB_INT(query->limit));
    else
        db_query(db, &rows, PROFILES "WHERE p.id > $1 ORDER BY p.id LIMIT $2", DB_INT(query->key),
                 DB_INT(query->limit));
    return read_profiles(&rows, arena, out);
}

enum status profile_find(struct db *db, struct arena *arena, struct text username,
                         const struct profile **out)
{
    struct db_rows rows;
    page_rows found = {0};
    db_query(db, &rows, PROFILES "WHERE u.username = $1", DB_TEXT(username));
    enum status status = read_profiles(&rows, arena, &found);
    if (status == OK && found.count == 0)
        return NOT_FOUND;
    if (status == OK)
        *out = found.items[0];
    return status;
}
