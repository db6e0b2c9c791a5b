#include "lettings/search.h"

#include "base/arena.h"
#include "base/buffer.h"
#include "template/unicode.h"

/* FTS5's language (sqlite.org/fts5.html#full_text_query_syntax) */

/* Nothing that is a letter or a digit is syntax within quotes; a quote is doubled. */
static void put_quoted(struct buffer *out, struct text text)
{
    buffer_char(out, '"');
    while (text.length) {
        uint32_t character = unicode_take(&text);
        bool alone = word_stands_alone(character);
        if (alone || character == '"')
            buffer_char(out, alone ? ' ' : '"');
        unicode_put(out, character);
        if (alone)
            buffer_char(out, ' ');
    }
    buffer_char(out, '"');
}

/* The lengths of beginnings that the index has (migrations/0002_search.sql). */
#define LONGEST_BEGINNING 12

static bool may_begin(struct text word)
{
    size_t length = 0;
    while (word.length)
        length = word_stands_alone(unicode_take(&word)) ? 0 : length + 1;
    return length > 0 && length <= LONGEST_BEGINNING;
}

static void put_word(struct buffer *out, struct text word, bool begins)
{
    put_quoted(out, word);
    buffer_text(out, begins && may_begin(word) ? TEXT("* ") : TEXT(" "));
}

/* The index's word for a state or a city. */
static void put_place(struct buffer *out, uint32_t kind, struct text name)
{
    buffer_char(out, '"');
    unicode_put(out, kind);
    for (size_t i = 0; i < name.length; i++)
        buffer_format(out, "%02x", (unsigned char)name.at[i]);
    buffer_text(out, TEXT("\" "));
}

struct tier {
    bool titles; /* in nothing else */
    bool begins; /* the last word may be the beginning of one */
};

/* The state as it is stored, or in small letters; by its code. */
static void put_state(struct buffer *out, struct text code)
{
    const char lower[] = {(char)(code.at[0] | 0x20), (char)(code.at[1] | 0x20)};
    buffer_text(out, TEXT("OR "));
    put_place(out, PLACE_STATE, code);
    buffer_text(out, TEXT("OR "));
    put_place(out, PLACE_STATE, (struct text){lower, sizeof lower});
}

static size_t last_word(const struct words *words)
{
    size_t last = 0;
    for (size_t i = 0; i < words->count; i += words->items[i].span)
        if (!words->items[i].ignored)
            last = i + words->items[i].span - 1;
    return last;
}

static struct text match_of(struct arena *arena, const struct words *words,
                            const struct letting_filter *filter, struct tier tier)
{
    struct buffer out = {.arena = arena};
    size_t last = last_word(words);
    for (size_t i = 0; i < words->count; i += words->items[i].span) {
        const struct word *word = &words->items[i];
        bool has_state = word->state.length && !tier.titles;
        if (word->ignored)
            continue;
        /* `AND`, since only words without parentheses may stand side by side. */
        buffer_text(&out, out.length ? TEXT("AND (") : TEXT("("));
        for (size_t k = i; k < i + word->span; k++)
            put_word(&out, words->items[k].text, tier.begins && k == last);
        if (has_state)
            put_state(&out, word->state);
        buffer_text(&out, TEXT(") "));
    }
    if (filter->state.length) {
        buffer_text(&out, TEXT("AND "));
        put_place(&out, PLACE_STATE, filter->state);
    }
    if (filter->city.length) {
        buffer_text(&out, TEXT("AND "));
        put_place(&out, PLACE_CITY, filter->city);
    }
    return buffer_contents(&out);
}

/* Hits */

static bool has_hit(const struct search_hits *hits, int64_t key)
{
    for (size_t i = 0; i < hits->count; i++)
        if (hits->items[i] == key)
            return true;
    return false;
}

static void start_tier(struct db *db, struct db_rows *rows, struct tier tier, struct text match,
                       int64_t limit)
{
    if (tier.titles)
        db_query(db, rows,
                 "SELECT rowid AS id FROM lettings_search_title WHERE lettings_search_title"
                 " MATCH $1 ORDER BY rowid LIMIT $2",
                 DB_TEXT(match), DB_INT(limit));
    else
        db_query(db, rows,
                 "SELECT rowid AS id FROM lettings_search WHERE lettings_search MATCH $1"
                 " ORDER BY rowid LIMIT $2",
                 DB_TEXT(match), DB_INT(limit));
}

static enum status add_tier(struct db *db, struct arena *arena, struct tier tier, struct text match,
                            size_t limit, struct search_hits *out)
{
    struct db_rows rows;
    start_tier(db, &rows, tier, match, SEARCH_LIMIT);
    while (out->count < limit && db_next(&rows)) {
        int64_t key = db_int_at(&rows, 0);
        if (!has_hit(out, key))
            *LIST_PUSH(arena, out) = key;
    }
    return db_finish(&rows);
}

/* Each has what the one before it has. */
static const struct tier tiers[] = {{.titles = true}, {0}, {.begins = true}};
#define TIERS (sizeof tiers / sizeof *tiers)

enum status search_all(struct db *db, struct arena *arena, const struct letting_filter *filter,
                       size_t limit, struct search_hits *out)
{
    struct words words;
    struct db_rows rows;
    *out = (struct search_hits){0};
    words_read(&words, arena, filter->query);
    if (words.count == 0)
        return OK;
    start_tier(db, &rows, tiers[TIERS - 1], match_of(arena, &words, filter, tiers[TIERS - 1]),
               (int64_t)limit);
    while (db_next(&rows))
        *LIST_PUSH(arena, out) = db_int_at(&rows, 0);
    return db_finish(&rows);
}

enum status search_any(struct db *db, struct arena *arena, const struct words *words,
                       const struct letting_filter *filter, bool begins, bool *out)
{
    struct search_hits hits = {0};
    struct tier tier = {.begins = begins};
    enum status status = add_tier(db, arena, tier, match_of(arena, words, filter, tier), 1, &hits);
    *out = hits.count > 0;
    return status;
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

enum status search_find(struct db *db, struct arena *arena, const struct letting_filter *filter,
                        size_t limit, struct search_hits *out)
{
    struct words words;
    bool any;
    *out = (struct search_hits){0};
    words_read(&words, arena, filter->query);
    enum status status = may_find(db, arena, &words, filter, &any);
    for (size_t i = 0; any && i < TIERS && status == OK && out->count < limit; i++)
        status =
            add_tier(db, arena, tiers[i], match_of(arena, &words, filter, tiers[i]), limit, out);
    return status;
}
