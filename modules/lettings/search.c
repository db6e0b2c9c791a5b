#include "lettings/search.h"

#include "base/arena.h"
#include "base/buffer.h"
#include "template/unicode.h"

/* Rows that are looked at where the place is compared once more. */
#define CANDIDATES 1000

/* Words */

static bool is_letter(uint32_t character)
{
    return unicode_is_alpha(character) || unicode_is_digit(character);
}

/* Of ASCII alone: what else parts words is left to FTS5's tokenizer. */
static bool parts_words(uint32_t character)
{
    return (character < 0x80 && !is_letter(character)) || unicode_is_space(character);
}

static bool is_word(struct text text)
{
    while (text.length)
        if (is_letter(unicode_take(&text)))
            return true;
    return false;
}

static struct text take_word(struct text *rest)
{
    struct text word = *rest;
    size_t length = 0;
    while (rest->length) {
        size_t size = unicode_size(*rest);
        if (parts_words(unicode_take(rest)))
            break;
        if (length + size <= SEARCH_WORD_BYTES)
            length += size;
    }
    return text_part(word, 0, length);
}

void search_words_of(struct search_words *out, struct text text)
{
    out->count = 0;
    while (text.length && out->count < SEARCH_WORDS) {
        struct text word = take_word(&text);
        if (is_word(word))
            out->items[out->count++] = word;
    }
}

/* FTS5's language (sqlite.org/fts5.html#full_text_query_syntax) */

static void put_quoted(struct buffer *out, struct text text)
{
    buffer_char(out, '"');
    for (size_t i = 0; i < text.length; i++) {
        if (text.at[i] == '"')
            buffer_char(out, '"');
        buffer_char(out, text.at[i]);
    }
    buffer_char(out, '"');
}

/* The lengths of beginnings that the index has (migrations/0002_search.sql). */
#define SHORTEST_BEGINNING 2
#define LONGEST_BEGINNING  12

static bool may_begin(struct text word)
{
    size_t length = unicode_length(word);
    return length >= SHORTEST_BEGINNING && length <= LONGEST_BEGINNING;
}

struct tier {
    const char *columns;
    bool begins;
};

static struct text match_of(struct arena *arena, const struct search_words *words,
                            const struct letting_filter *filter, struct tier tier)
{
    struct buffer out = {.arena = arena};
    for (size_t i = 0; i < words->count; i++) {
        buffer_format(&out, "%s ", tier.columns);
        put_quoted(&out, words->items[i]);
        bool last = i + 1 == words->count;
        buffer_text(&out,
                    tier.begins && last && may_begin(words->items[i]) ? TEXT("* ") : TEXT(" "));
    }
    if (is_word(filter->state)) {
        buffer_text(&out, TEXT("state : "));
        put_quoted(&out, filter->state);
    }
    if (is_word(filter->city)) {
        buffer_text(&out, TEXT(" city : "));
        put_quoted(&out, filter->city);
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

static void start_tier(struct db *db, struct db_rows *rows, const struct letting_filter *filter,
                       struct text match)
{
    if (!filter->state.length && !filter->city.length)
        db_query(db, rows,
                 "SELECT rowid AS id FROM lettings_search WHERE lettings_search MATCH $1"
                 " ORDER BY rowid LIMIT $2",
                 DB_TEXT(match), DB_INT(SEARCH_LIMIT));
    else
        db_query(db, rows,
                 "SELECT l.id AS id FROM (SELECT rowid AS id FROM lettings_search"
                 " WHERE lettings_search MATCH $1 ORDER BY rowid LIMIT $4) AS m"
                 " CROSS JOIN lettings_search_letting AS l ON l.id = m.id"
                 " WHERE ($2 = '' OR l.state = $2) AND ($3 = '' OR l.city = $3)",
                 DB_TEXT(match), DB_TEXT(filter->state), DB_TEXT(filter->city), DB_INT(CANDIDATES));
}

static enum status add_tier(struct db *db, struct arena *arena, const struct letting_filter *filter,
                            struct text match, size_t limit, struct search_hits *out)
{
    struct db_rows rows;
    start_tier(db, &rows, filter, match);
    while (out->count < limit && db_next(&rows)) {
        int64_t key = db_int_at(&rows, 0);
        if (!has_hit(out, key))
            *LIST_PUSH(arena, out) = key;
    }
    return db_finish(&rows);
}

/* Each has what the one before it has. */
static const struct tier tiers[] = {{"title :", false}, {"", false}, {"", true}};
#define TIERS (sizeof tiers / sizeof *tiers)

/* Whether there is anything to find. Where two words that many lettings have never meet, FTS5 walks
 * through all that have them: once, and not for each tier. */
static enum status meet(struct db *db, struct arena *arena, const struct letting_filter *filter,
                        const struct search_words *words, bool *out)
{
    struct search_hits any = {0};
    struct text match = match_of(arena, words, filter, tiers[TIERS - 1]);
    enum status status = add_tier(db, arena, filter, match, 1, &any);
    *out = any.count > 0;
    return status;
}

enum status search_find(struct db *db, struct arena *arena, const struct letting_filter *filter,
                        size_t limit, struct search_hits *out)
{
    struct search_words words;
    enum status status = OK;
    *out = (struct search_hits){0};
    search_words_of(&words, filter->query);
    bool any = words.count > 0;
    if (words.count > 1)
        status = meet(db, arena, filter, &words, &any);
    for (size_t i = 0; any && i < TIERS && status == OK && out->count < limit; i++)
        status = add_tier(db, arena, filter, match_of(arena, &words, filter, tiers[i]), limit, out);
    return status;
}

enum status search_has(struct db *db, struct arena *arena, struct text word, bool begins, bool *out)
{
    const struct search_words words = {.items = {word}, .count = 1};
    const struct letting_filter all = {0};
    struct search_hits hits = {0};
    struct tier tier = {"", begins};
    enum status status = add_tier(db, arena, &all, match_of(arena, &words, &all, tier), 1, &hits);
    *out = hits.count > 0;
    return status;
}
