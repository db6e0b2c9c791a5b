#include "lettings/match.h"

#include "base/arena.h"
#include "base/buffer.h"
#include "db/db.h"
#include "db/dialect.h"
#include "template/unicode.h"

/* How an index is asked. AND binds more closely than OR. */
struct syntax {
    const char *both;
    const char *either;
    const char *quote;
    void (*put_word)(struct buffer *out, struct text word, bool begins);
};

/* The lengths of beginnings that the index has (migrations/0002_search.sql). */
#define LONGEST_BEGINNING 12

static bool may_begin(struct text word)
{
    size_t length = 0;
    while (word.length)
        length = word_stands_alone(unicode_take(&word)) ? 0 : length + 1;
    return length > 0 && length <= LONGEST_BEGINNING;
}

/* FTS5 (sqlite.org/fts5.html#full_text_query_syntax) */

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

static void put_fts5_word(struct buffer *out, struct text word, bool begins)
{
    put_quoted(out, word);
    buffer_text(out, begins && may_begin(word) ? TEXT("*") : TEXT(""));
}

static const struct syntax fts5 = {" AND ", " OR ", "\"", put_fts5_word};

/* tsquery (postgresql.org/docs/15/datatype-textsearch.html#DATATYPE-TSQUERY) */

static bool is_of_word(uint32_t character)
{
    return unicode_is_alpha(character) || unicode_is_digit(character) || unicode_is_mark(character);
}

/* What goes on with the word that the text begins with. */
static size_t part_length(struct text text)
{
    struct text rest = text;
    size_t length = 0;
    while (rest.length) {
        uint32_t character = unicode_take(&rest);
        bool alone = word_stands_alone(character);
        if (!is_of_word(character) || (alone && length))
            break;
        length = text.length - rest.length;
        if (alone)
            break;
    }
    return length;
}

/* Takes the next word off the text, as the index has words; false: there is none. */
static bool take_part(struct text *rest, struct text *out)
{
    size_t length = part_length(*rest);
    while (rest->length && length == 0) {
        unicode_take(rest);
        length = part_length(*rest);
    }
    *out = text_part(*rest, 0, length);
    *rest = text_from(*rest, length);
    return length > 0;
}

/* Words that follow each other where there are several; only what is of a word stands in quotes. */
static void put_tsquery_word(struct buffer *out, struct text word, bool begins)
{
    struct text rest = word;
    struct text part;
    const char *before = "(";
    for (; take_part(&rest, &part); before = " <-> ")
        buffer_format(out, "%s'%.*s'", before, TEXT_ARG(part));
    buffer_text(out, begins && may_begin(word) ? TEXT(":*)") : TEXT(")"));
}

static const struct syntax tsquery = {" & ", " | ", "'", put_tsquery_word};

/* Places */

/* The index's word for a state or a city. */
static void put_place(struct buffer *out, const struct syntax *syntax, uint32_t kind,
                      struct text name)
{
    buffer_text(out, text_of(syntax->quote));
    unicode_put(out, kind);
    for (size_t i = 0; i < name.length; i++)
        buffer_format(out, "%02x", (unsigned char)name.at[i]);
    buffer_text(out, text_of(syntax->quote));
}

/* The state as it is stored, or in small letters; by its code. */
static void put_state(struct buffer *out, const struct syntax *syntax, struct text code)
{
    const char lower[] = {(char)(code.at[0] | 0x20), (char)(code.at[1] | 0x20)};
    buffer_text(out, text_of(syntax->either));
    put_place(out, syntax, PLACE_STATE, code);
    buffer_text(out, text_of(syntax->either));
    put_place(out, syntax, PLACE_STATE, (struct text){lower, sizeof lower});
}

static void put_filter(struct buffer *out, const struct syntax *syntax,
                       const struct letting_filter *filter)
{
    if (filter->state.length) {
        buffer_text(out, text_of(syntax->both));
        put_place(out, syntax, PLACE_STATE, filter->state);
    }
    if (filter->city.length) {
        buffer_text(out, text_of(syntax->both));
        put_place(out, syntax, PLACE_CITY, filter->city);
    }
}

/* Words, each as what is typed or the state of that name */

static size_t last_word(const struct words *words)
{
    size_t last = 0;
    for (size_t i = 0; i < words->count; i += words->items[i].span)
        if (!words->items[i].ignored)
            last = i + words->items[i].span - 1;
    return last;
}

static struct text expression_of(const struct match *match, const struct syntax *syntax)
{
    struct buffer out = {.arena = match->arena};
    const struct words *words = match->words;
    size_t last = last_word(words);
    for (size_t i = 0; i < words->count; i += words->items[i].span) {
        const struct word *word = &words->items[i];
        if (word->ignored)
            continue;
        buffer_format(&out, "%s(", out.length ? syntax->both : "");
        for (size_t k = i; k < i + word->span; k++) {
            buffer_text(&out, k > i ? text_of(syntax->both) : TEXT(""));
            syntax->put_word(&out, words->items[k].text, match->begins && k == last);
        }
        if (word->state.length && !match->titles)
            put_state(&out, syntax, word->state);
        buffer_char(&out, ')');
    }
    put_filter(&out, syntax, match->filter);
    return buffer_contents(&out);
}

/* lettings_search_find() of migrations/0002_search.sql: of each clause one word is met, `a|b&c*`.
 * So the words of a state's name are a clause each, and its code is in all of them. */
static const struct syntax clauses = {.both = "&", .either = "|", .quote = ""};

/* False: the word is one of the index. */
static bool put_clauses(struct buffer *out, const struct match *match, struct text word,
                        bool begins, struct text state)
{
    struct text rest = word;
    struct text part;
    size_t count = 0;
    while (take_part(&rest, &part)) {
        struct text behind = rest;
        struct text next;
        bool is_last = !take_part(&behind, &next);
        buffer_format(out, "%s%.*s%s", out->length ? clauses.both : "", TEXT_ARG(part),
                      is_last && begins && may_begin(word) ? "*" : "");
        if (state.length && !match->titles)
            put_state(out, &clauses, state);
        count++;
    }
    return count > 1;
}

/* `phrases`: words follow each other in it, which the clauses do not tell. */
static struct text clauses_of(const struct match *match, bool *phrases)
{
    struct buffer out = {.arena = match->arena};
    const struct words *words = match->words;
    size_t last = last_word(words);
    *phrases = false;
    for (size_t i = 0; i < words->count; i += words->items[i].span) {
        const struct word *word = &words->items[i];
        for (size_t k = i; k < i + word->span && !word->ignored; k++)
            *phrases |= put_clauses(&out, match, words->items[k].text, match->begins && k == last,
                                    word->state);
    }
    put_filter(&out, &clauses, match->filter);
    return buffer_contents(&out);
}

/* Asking */

static void find_in_blocks(struct db *db, struct db_rows *rows, const struct match *match,
                           int64_t limit)
{
    bool phrases;
    struct text wanted = clauses_of(match, &phrases);
    db_query(db, rows, "SELECT id FROM lettings_search_find($1, $2, $3 = 1, $4) AS found (id)",
             DB_TEXT(wanted), DB_TEXT(phrases ? expression_of(match, &tsquery) : TEXT("")),
             DB_INT(match->titles), DB_INT(limit));
}

void match_find(struct db *db, struct db_rows *rows, const struct match *match, int64_t limit)
{
    if (db_dialect(db) == &db_dialect_postgresql)
        find_in_blocks(db, rows, match, limit);
    else if (match->titles)
        db_query(db, rows,
                 "SELECT rowid AS id FROM lettings_search_title WHERE lettings_search_title"
                 " MATCH $1 ORDER BY rowid LIMIT $2",
                 DB_TEXT(expression_of(match, &fts5)), DB_INT(limit));
    else
        db_query(db, rows,
                 "SELECT rowid AS id FROM lettings_search WHERE lettings_search MATCH $1"
                 " ORDER BY rowid LIMIT $2",
                 DB_TEXT(expression_of(match, &fts5)), DB_INT(limit));
}
