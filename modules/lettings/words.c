#include "lettings/words.h"

#include "base/arena.h"
#include "base/buffer.h"
#include "template/unicode.h"

/* Words that say nothing of a place to stay, in English and in French; after an apostrophe, too. */
static const char *const empty_words[] = {
    "a",    "an",  "and", "at",    "au",   "aux",  "avec",  "by",   "ces",   "chez", "d",   "dans",
    "de",   "des", "du",  "en",    "et",   "for",  "from",  "in",   "is",    "it",   "l",   "la",
    "le",   "les", "ma",  "mes",   "mon",  "my",   "near",  "nos",  "notre", "of",   "on",  "or",
    "ou",   "où",  "our", "par",   "pour", "près", "sa",    "ses",  "son",   "sous", "sur", "the",
    "this", "to",  "un",  "under", "une",  "vos",  "votre", "with", "y",     "your", "à",
};

/* The states of the USA, the capital's district, and the territories. */
static const struct {
    const char *name;
    const char *code;
} states[] = {
    {"alabama", "AL"},
    {"alaska", "AK"},
    {"american samoa", "AS"},
    {"arizona", "AZ"},
    {"arkansas", "AR"},
    {"california", "CA"},
    {"colorado", "CO"},
    {"connecticut", "CT"},
    {"delaware", "DE"},
    {"district of columbia", "DC"},
    {"florida", "FL"},
    {"georgia", "GA"},
    {"guam", "GU"},
    {"hawaii", "HI"},
    {"idaho", "ID"},
    {"illinois", "IL"},
    {"indiana", "IN"},
    {"iowa", "IA"},
    {"kansas", "KS"},
    {"kentucky", "KY"},
    {"louisiana", "LA"},
    {"maine", "ME"},
    {"maryland", "MD"},
    {"massachusetts", "MA"},
    {"michigan", "MI"},
    {"minnesota", "MN"},
    {"mississippi", "MS"},
    {"missouri", "MO"},
    {"montana", "MT"},
    {"nebraska", "NE"},
    {"nevada", "NV"},
    {"new hampshire", "NH"},
    {"new jersey", "NJ"},
    {"new mexico", "NM"},
    {"new york", "NY"},
    {"north carolina", "NC"},
    {"north dakota", "ND"},
    {"northern mariana islands", "MP"},
    {"ohio", "OH"},
    {"oklahoma", "OK"},
    {"oregon", "OR"},
    {"pennsylvania", "PA"},
    {"puerto rico", "PR"},
    {"rhode island", "RI"},
    {"south carolina", "SC"},
    {"south dakota", "SD"},
    {"tennessee", "TN"},
    {"texas", "TX"},
    {"u s virgin islands", "VI"},
    {"us virgin islands", "VI"},
    {"utah", "UT"},
    {"vermont", "VT"},
    {"virgin islands", "VI"},
    {"virginia", "VA"},
    {"washington", "WA"},
    {"washington d c", "DC"},
    {"washington dc", "DC"},
    {"west virginia", "WV"},
    {"wisconsin", "WI"},
    {"wyoming", "WY"},
};
#define STATES (sizeof states / sizeof *states)

/* Scripts without spaces: Thai and Lao, Burmese, Khmer, Chinese and Japanese, and Korean, which has
 * them, but puts words together. */
static const struct {
    uint32_t first;
    uint32_t last;
} alone[] = {
    {0x0E01, 0x0EDF}, {0x1000, 0x109F}, {0x1780, 0x17F9},   {0x2E80, 0x9FFF},
    {0xAC00, 0xD7A3}, {0xF900, 0xFAD9}, {0x20000, 0x323AF},
};

bool word_stands_alone(uint32_t character)
{
    for (size_t i = 0; i < sizeof alone / sizeof *alone; i++)
        if (character >= alone[i].first && character <= alone[i].last)
            return true;
    return false;
}

/* Taking words off */

static bool is_letter(uint32_t character)
{
    return unicode_is_alpha(character) || unicode_is_digit(character);
}

/* Of ASCII, and what no word may have: what else parts words is left to FTS5's tokenizer. */
static bool parts_words(uint32_t character)
{
    return (character < 0x80 && !is_letter(character)) || unicode_is_space(character)
           || character == PLACE_STATE || character == PLACE_CITY;
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
        if (length + size <= WORD_MOST_BYTES)
            length += size;
    }
    return text_part(word, 0, length);
}

static struct text lower_of(struct arena *arena, struct text text)
{
    struct buffer lower = {.arena = arena};
    unicode_put_lower(&lower, text);
    return buffer_contents(&lower);
}

/* Names of states */

/* How many of the words from `from` on are the name; 0: they are another. */
static size_t name_span(const struct words *words, size_t from, struct text name)
{
    struct text part;
    size_t span = 0;
    while (text_next(&name, ' ', &part)) {
        if (from + span >= words->count || !text_equal(words->items[from + span].lower, part))
            return 0;
        span++;
    }
    return span;
}

/* The longest name counts: "West Virginia" is not Virginia. */
static void find_state(struct words *words, size_t from)
{
    struct word *word = &words->items[from];
    for (size_t i = 0; i < STATES; i++) {
        size_t span = name_span(words, from, text_of(states[i].name));
        if (span == 0 || (word->state.length && span < word->span))
            continue;
        word->span = span;
        word->state = text_of(states[i].code);
    }
}

static bool is_code(struct text word)
{
    for (size_t i = 0; i < STATES; i++)
        if (text_equal_nocase(word, text_of(states[i].code)))
            return true;
    return false;
}

/* Words that say nothing */

static bool has_lower_case(struct text text)
{
    while (text.length) {
        uint32_t character = unicode_take(&text);
        if (unicode_upper(character) != character)
            return true;
    }
    return false;
}

static bool is_empty(struct text lower)
{
    for (size_t i = 0; i < sizeof empty_words / sizeof *empty_words; i++)
        if (text_is(lower, empty_words[i]))
            return true;
    return false;
}

/* "in", "or", "la", "de", "ma" are states as well, where they stand last or in capitals. */
static bool may_be_code(const struct words *words, size_t at, bool mixed)
{
    const struct word *word = &words->items[at];
    return is_code(word->lower)
           && (at + 1 == words->count || (mixed && !has_lower_case(word->text)));
}

static bool comes_again(const struct words *words, size_t at)
{
    const struct word *word = &words->items[at];
    for (size_t i = at + word->span; i < words->count; i += words->items[i].span)
        if (word->state.length ? text_equal(word->state, words->items[i].state)
                               : text_equal(word->lower, words->items[i].lower))
            return true;
    return false;
}

static void ignore_some(struct words *words, bool mixed)
{
    size_t last = 0;
    bool any = false;
    for (size_t i = 0; i < words->count; i += words->items[i].span) {
        struct word *word = &words->items[i];
        bool empty = !word->state.length && is_empty(word->lower) && !may_be_code(words, i, mixed);
        word->again = comes_again(words, i);
        word->ignored = empty || word->again;
        any = any || !word->ignored;
        last = i;
    }
    if (words->count && !any)
        words->items[last].ignored = false;
}

void words_read(struct words *out, struct arena *arena, struct text text)
{
    bool mixed = has_lower_case(text);
    out->count = 0;
    while (text.length && out->count < WORDS_MOST) {
        struct text word = take_word(&text);
        if (is_word(word))
            out->items[out->count++] =
                (struct word){.text = word, .lower = lower_of(arena, word), .span = 1};
    }
    for (size_t i = 0; i < out->count; i += out->items[i].span)
        find_state(out, i);
    ignore_some(out, mixed);
}
