#include "lettings/search.h"

#include "base/arena.h"
#include "db/db.h"
#include "lettings/match.h"

/* Hits */

static bool has_hit(const struct search_hits *hits, int64_t key)
{
    for (size_t i = 0; i < hits->count; i++)
        if (hits->items[i] == key)
            return true;
    return false;
}

static enum status add_hits(struct db *db, const struct match *match, size_t limit,
                            struct search_hits *out)
{
    struct db_rows rows;
    match_find(db, &rows, match, SEARCH_LIMIT);
    while (out->count < limit && db_next(&rows)) {
        int64_t key = db_int_at(&rows, 0);
        if (!has_hit(out, key))
            *LIST_PUSH(match->arena, out) = key;
    }
    return db_finish(&rows);
}

enum status search_all(struct db *db, struct arena *arena, const struct letting_filter *filter,
                       size_t limit, struct search_hits *out)
{
    struct words words;
    struct db_rows rows;
    *out = (struct search_hits){0};
    words_read(&words, arena, filter->query);
    if (words.count == 0)
        return OK;
    const struct match match = {arena, &words, filter, .begins = true};
    match_find(db, &rows, &match, (int64_t)limit);
    while (db_next(&rows))
        *LIST_PUSH(arena, out) = db_int_at(&rows, 0);
    return db_finish(&rows);
}

enum status search_any(struct db *db, struct arena *arena, const struct words *words,
                       const struct letting_filter *filter, bool begins, bool *out)
{
    const struct match match = {arena, words, filter, .begins = begins};
    struct db_rows rows;
    match_find(db, &rows, &match, 1);
    *out = db_next(&rows);
    return db_finish(&rows);
}

/* Whether there is anything to find: words that many lettings have and that never meet are walked
 * through once, and not for each tier. */
static enum status may_find(struct db *db, struct arena *arena, const struct words *words,
                            const struct letting_filter *filter, bool *out)
{
    bool has_place = filter->state.length || filter->city.length;
    int64_t lettings = 1;
    enum status status = has_place ? places_count(db, filter, &lettings) : OK;
    *out = words->count > 0 && lettings > 0;
    if (status == OK && *out && (words->count > 1 || has_place))
        status = search_any(db, arena, words, filter, true, out);
    return status;
}

/* Each has what the one before it has. */
enum status search_find(struct db *db, struct arena *arena, const struct letting_filter *filter,
                        size_t limit, struct search_hits *out)
{
    struct words words;
    const struct match tiers[] = {
        {arena, &words, filter, .titles = true},
        {arena, &words, filter, .titles = false},
        {arena, &words, filter, .begins = true},
    };
    bool any;
    *out = (struct search_hits){0};
    words_read(&words, arena, filter->query);
    enum status status = may_find(db, arena, &words, filter, &any);
    for (size_t i = 0; any && i < sizeof tiers / sizeof *tiers; i++)
        if (status == OK && out->count < limit)
            status = add_hits(db, &tiers[i], limit, out);
    return status;
}
