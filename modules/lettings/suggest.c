/* Words that are spelt like one that nothing has: those that become the same when a letter or two
 * of the one, and at most one of the other, are left out (as SymSpell does), and are no more than
 * two slips of the finger apart. */
#include "lettings/search.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "template/unicode.h"

#define SHORTEST   4 /* characters of a word that is corrected */
#define LONGEST    20
#define LONG_WORD  5 /* from here on two letters may be left out */
#define MOST_WORDS 50

struct letters {
    uint32_t at[LONGEST + 2];
    size_t count;
};

static struct letters letters_of(struct text word)
{
    struct letters letters = {0};
    while (word.length && letters.count < LONGEST + 2)
        letters.at[letters.count++] = unicode_take(&word);
    return letters;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Letters more, less, other or swapped with their neighbour ("optimal string alignment"). */
static size_t distance_of(const struct letters *a, const struct letters *b)
{
    size_t rows[LONGEST + 3][LONGEST + 3];
    for (size_t i = 0; i <= a->count; i++)
        rows[i][0] = i;
    for (size_t k = 0; k <= b->count; k++)
        rows[0][k] = k;
    for (size_t i = 1; i <= a->count; i++)
        for (size_t k = 1; k <= b->count; k++) {
            bool same = a->at[i - 1] == b->at[k - 1];
            size_t cost = least(rows[i - 1][k] + 1, rows[i][k - 1] + 1);
            cost = least(cost, rows[i - 1][k - 1] + !same);
            if (i > 1 && k > 1 && a->at[i - 1] == b->at[k - 2] && a->at[i - 2] == b->at[k - 1])
                cost = least(cost, rows[i - 2][k - 2] + 1);
            rows[i][k] = cost;
        }
    return rows[a->count][b->count];
}

struct nearest {
    struct db *db;
    struct arena *arena;
    struct letters word;
    struct text found;
    size_t cost;
};

/* Of two as near, the one with the same beginning is meant: people know how a word begins. */
static void weigh(struct nearest *nearest, struct text candidate)
{
    struct letters letters = letters_of(candidate);
    size_t most = nearest->word.count < LONG_WORD ? 1 : 2;
    size_t distance = distance_of(&nearest->word, &letters);
    size_t cost = 2 * distance + (letters.at[0] != nearest->word.at[0]);
    if (distance > most || cost >= nearest->cost)
        return;
    nearest->cost = cost;
    nearest->found = text_copy(nearest->arena, candidate);
}

/* `first` and `second`: the letters that are left out; LONGEST + 2: none. */
static enum status look_up(struct nearest *nearest, size_t first, size_t second)
{
    struct buffer part = {.arena = nearest->arena};
    struct db_rows rows;
    for (size_t i = 0; i < nearest->word.count; i++)
        if (i != first && i != second)
            unicode_put(&part, nearest->word.at[i]);
    db_query(nearest->db, &rows, "SELECT word FROM lettings_search_part WHERE part = $1 LIMIT $2",
             DB_TEXT(buffer_contents(&part)), DB_INT(MOST_WORDS));
    while (db_next(&rows))
        weigh(nearest, db_text(&rows, "word"));
    return db_finish(&rows);
}

static enum status find_nearest(struct nearest *nearest)
{
    const size_t none = LONGEST + 2;
    size_t count = nearest->word.count;
    enum status status = look_up(nearest, none, none);
    for (size_t i = 0; i < count && status == OK; i++)
        status = look_up(nearest, i, none);
    for (size_t i = 0; i < count && status == OK && count >= LONG_WORD && !nearest->found.at; i++)
        for (size_t k = i + 1; k < count && status == OK; k++)
            status = look_up(nearest, i, k);
    return status;
}

/* The word itself where it is right, or nothing is like it. */
static enum status correct(struct db *db, struct arena *arena, bool last, struct text *word,
                           bool *corrected)
{
    bool known = false;
    struct buffer lower = {.arena = arena};
    enum status status = search_has(db, arena, *word, last, &known);
    size_t length = unicode_length(*word);
    if (status != OK || known || length < SHORTEST || length > LONGEST)
        return status;
    unicode_put_lower(&lower, *word);
    struct nearest nearest = {db, arena, letters_of(buffer_contents(&lower)), TEXT_NONE, SIZE_MAX};
    status = find_nearest(&nearest);
    if (nearest.found.at) {
        *word = nearest.found;
        *corrected = true;
    }
    return status;
}

enum status search_suggest(struct db *db, struct arena *arena, const struct letting_filter *filter,
                           struct text *out)
{
    struct search_words words;
    struct buffer text = {.arena = arena};
    bool corrected = false;
    enum status status = OK;
    search_words_of(&words, filter->query);
    for (size_t i = 0; i < words.count && status == OK; i++) {
        status = correct(db, arena, i + 1 == words.count, &words.items[i], &corrected);
        buffer_format(&text, "%s%.*s", i ? " " : "", TEXT_ARG(words.items[i]));
    }
    if (status != OK || !corrected)
        return status == OK ? NOT_FOUND : status;
    struct letting_filter other = *filter;
    struct search_hits hits;
    *out = other.query = buffer_contents(&text);
    status = search_find(db, arena, &other, 1, &hits);
    return status == OK && hits.count == 0 ? NOT_FOUND : status;
}
