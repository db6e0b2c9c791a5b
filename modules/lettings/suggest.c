/* Words that are spelt like one that nothing has: those that become the same when a letter or two
 * of the one, and at most one of the other, are left out (as SymSpell does), and are no more than
 * two slips of the finger apart. Accents are no slips: few type them. */
#include "lettings/search.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "template/unicode.h"

#define SHORTEST   4 /* characters of a word that is corrected */
#define LONGEST    20
#define LONG_WORD  5 /* from here on two letters may be left out */
#define MOST_WORDS 50
#define MOST_TRIES 20 /* of those like a word */
#define MOST_WRONG                                                                                 \
    3 /* words that are corrected: some 7 ms each, in which a thread answers nobody */

struct letters {
    uint32_t at[LONGEST + 2];
    size_t count;
};

static struct letters letters_of(struct text word)
{
    struct letters letters = {0};
    while (word.length && letters.count < LONGEST + 2)
        letters.at[letters.count++] = unicode_bare(unicode_take(&word));
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

struct candidate {
    struct text word;
    size_t cost;
};

/* A word that is wrong, among all of them; those that may be meant, nearest first. */
struct correction {
    struct db *db;
    struct arena *arena;
    const struct letting_filter *filter;
    struct words *words;
    struct word *word;
    struct letters letters;
    LIST(struct candidate) candidates;
};

static bool is_candidate(const struct correction *correction, struct text word)
{
    for (size_t i = 0; i < correction->candidates.count; i++)
        if (text_equal(correction->candidates.items[i].word, word))
            return true;
    return false;
}

/* Of two as near, the one with the same beginning is meant: people know how a word begins. */
static void weigh(struct correction *correction, struct text word)
{
    struct letters letters = letters_of(word);
    size_t most = correction->letters.count < LONG_WORD ? 1 : 2;
    size_t distance = distance_of(&correction->letters, &letters);
    if (distance > most || is_candidate(correction, word))
        return;
    struct candidate candidate = {
        text_copy(correction->arena, word),
        2 * distance + (letters.at[0] != correction->letters.at[0]),
    };
    LIST_PUSH(correction->arena, &correction->candidates);
    size_t at = correction->candidates.count - 1;
    struct candidate *items = correction->candidates.items;
    for (; at > 0 && items[at - 1].cost > candidate.cost; at--)
        items[at] = items[at - 1];
    items[at] = candidate;
}

/* `first` and `second`: the letters that are left out; LONGEST + 2: none. */
static enum status look_up(struct correction *correction, size_t first, size_t second)
{
    struct buffer part = {.arena = correction->arena};
    struct db_rows rows;
    for (size_t i = 0; i < correction->letters.count; i++)
        if (i != first && i != second)
            unicode_put(&part, correction->letters.at[i]);
    db_query(correction->db, &rows,
             "SELECT word FROM lettings_search_part WHERE part = $1 LIMIT $2",
             DB_TEXT(buffer_contents(&part)), DB_INT(MOST_WORDS));
    while (db_next(&rows))
        weigh(correction, db_text(&rows, "word"));
    return db_finish(&rows);
}

/* Takes the nearest with which something is found: words stay when no letting has them any more. */
static enum status choose(struct correction *correction, bool *chosen)
{
    struct word *word = correction->word;
    const struct word before = *word;
    enum status status = OK;
    word->ignored = false;
    for (size_t i = 0; i < correction->candidates.count && i < MOST_TRIES && status == OK; i++) {
        word->text = correction->candidates.items[i].word;
        status = search_any(correction->db, correction->arena, correction->words,
                            correction->filter, true, chosen);
        if (*chosen)
            return status;
    }
    *word = before;
    return status;
}

/* Those a letter or none away; where there are none to choose, those further away. */
static enum status find_nearest(struct correction *correction, bool *found)
{
    const size_t none = LONGEST + 2;
    size_t count = correction->letters.count;
    enum status status = look_up(correction, none, none);
    for (size_t i = 0; i < count && status == OK; i++)
        status = look_up(correction, i, none);
    if (status == OK)
        status = choose(correction, found);
    if (*found || count < LONG_WORD)
        return status;
    correction->candidates.count = 0;
    for (size_t i = 0; i < count && status == OK; i++)
        for (size_t k = i + 1; k < count && status == OK; k++)
            status = look_up(correction, i, k);
    return status == OK ? choose(correction, found) : status;
}

/* A word that is left aside while it is wrong stays so where nothing is like it. */
static enum status correct(struct correction *correction)
{
    struct word *word = correction->word;
    bool found = false;
    size_t length = unicode_length(word->lower);
    if (length < SHORTEST || length > LONGEST)
        return OK;
    correction->letters = letters_of(word->lower);
    return find_nearest(correction, &found);
}

/* Whether a letting has the word, or where it is the last one, one that begins so. */
static enum status is_known(struct db *db, struct arena *arena, const struct words *words,
                            size_t at, bool *out)
{
    const struct words alone = {.items = {words->items[at]}, .count = 1};
    const struct letting_filter all = {0};
    return search_any(db, arena, &alone, &all, at + 1 == words->count, out);
}

/* Leaves aside what nothing has. */
static enum status find_wrong(struct db *db, struct arena *arena, struct words *words, bool *wrong)
{
    enum status status = OK;
    for (size_t i = 0; i < words->count && status == OK; i += words->items[i].span) {
        bool known = true;
        if (!words->items[i].ignored && !words->items[i].state.length)
            status = is_known(db, arena, words, i, &known);
        wrong[i] = !known;
    }
    for (size_t i = 0; i < words->count; i++)
        words->items[i].ignored = words->items[i].ignored || wrong[i];
    return status;
}

/* The words as they were typed, without those that are wrong still. False: nothing of them is
 * looked for, or all as before. */
static bool put_words(struct buffer *out, const struct words *words, const bool *wrong)
{
    bool any = false;
    bool other = false;
    for (size_t i = 0; i < words->count; i++) {
        const struct word *word = &words->items[i];
        other = other || wrong[i];
        any = any || !word->ignored;
        if (word->again || (wrong[i] && word->ignored))
            continue;
        buffer_format(out, "%s%.*s", out->length ? " " : "", TEXT_ARG(word->text));
    }
    return any && other;
}

enum status search_suggest(struct db *db, struct arena *arena, const struct letting_filter *filter,
                           struct text *out)
{
    struct words words;
    bool wrong[WORDS_MOST] = {0};
    bool any = false;
    size_t corrected = 0;
    struct buffer text = {.arena = arena};
    words_read(&words, arena, filter->query);
    enum status status = find_wrong(db, arena, &words, wrong);
    for (size_t i = 0; i < words.count && status == OK; i++) {
        struct correction correction = {db,           arena,       filter, &words, &words.items[i],
                                        {.count = 0}, {.count = 0}};
        if (wrong[i] && corrected++ < MOST_WRONG)
            status = correct(&correction);
    }
    if (status != OK)
        return status;
    if (!put_words(&text, &words, wrong))
        return NOT_FOUND;
    *out = buffer_contents(&text);
    status = search_any(db, arena, &words, filter, true, &any);
    return status == OK && !any ? NOT_FOUND : status;
}
