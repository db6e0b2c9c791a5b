#include "issues/versions.h"

#include <stdint.h>

struct version {
    struct text package; /* "shop"; empty: none */
    struct text numbers; /* "2.0.0" */
    struct text suffix;  /* "rc1"; empty: none */
    struct text build;   /* "7" */
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static struct text after_last(struct text text, char mark, struct text *before)
{
    size_t end = text.length;
    while (end > 0 && text.at[end - 1] != mark)
        end--;
    *before = text_part(text, 0, end ? end - 1 : 0);
    return text_from(text, end);
}

/* What is behind the numbers. A commit ("1f00") begins with digits, too. False: it is no version.
 */
static bool split_suffix(struct version *version, struct text rest, bool is_marked)
{
    size_t end = 0;
    while (end < rest.length && (is_digit(rest.at[end]) || rest.at[end] == '.'))
        end++;
    version->suffix = text_from(rest, end);
    bool is_glued = end < rest.length && is_letter(rest.at[end]) && rest.at[end - !!end] != '.';
    if (end && rest.at[end - 1] == '.') /* "2.0.dev3" */
        end--;
    else if (version->suffix.length && !is_letter(version->suffix.at[0]))
        version->suffix = text_from(version->suffix, 1);
    version->numbers = text_part(rest, 0, end);
    bool is_dotted = text_find_char(version->numbers, '.') != TEXT_NOT_FOUND;
    return end > 0 && (is_dotted || (is_marked && !is_glued));
}

static bool read_version(struct text release, struct version *out)
{
    *out = (struct version){.package = TEXT("")};
    struct text rest = after_last(release, '@', &out->package);
    bool is_marked = out->package.length;
    if (rest.length > 1 && (rest.at[0] | 0x20) == 'v' && is_digit(rest.at[1])) {
        rest = text_from(rest, 1);
        is_marked = true;
    }
    size_t plus = text_find_char(rest, '+');
    out->build = plus == TEXT_NOT_FOUND ? TEXT("") : text_from(rest, plus + 1);
    return split_suffix(out, text_part(rest, 0, plus), is_marked);
}

/* The next of "1.20.3"; 0 at the end. False: it is none. */
static bool take_number(struct text *numbers, int64_t *out)
{
    struct text number;
    *out = 0;
    return !numbers->length || (text_next(numbers, '.', &number) && text_to_int64(out, number));
}

static bool compare_numbers(struct text a, struct text b, int *out)
{
    *out = 0;
    while (a.length || b.length) {
        int64_t one;
        int64_t other;
        if (!take_number(&a, &one) || !take_number(&b, &other))
            return false;
        if (*out == 0)
            *out = (one > other) - (one < other);
    }
    return true;
}

static struct text take_digits(struct text *text)
{
    size_t end = 0;
    size_t zeros = 0;
    while (end < text->length && is_digit(text->at[end]))
        end++;
    while (zeros < end && text->at[zeros] == '0')
        zeros++;
    struct text digits = text_part(*text, zeros, end);
    *text = text_from(*text, end);
    return digits;
}

/* "rc2" is before "rc10", and "rc" before both. */
static int compare_words(struct text a, struct text b)
{
    int order = 0;
    while (a.length && b.length && order == 0) {
        if (is_digit(a.at[0]) && is_digit(b.at[0])) {
            struct text one = take_digits(&a);
            struct text other = take_digits(&b);
            order = (one.length > other.length) - (one.length < other.length);
            if (order == 0)
                order = text_compare(one, other);
        } else {
            order = (unsigned char)a.at[0] - (unsigned char)b.at[0];
            a = text_from(a, 1);
            b = text_from(b, 1);
        }
    }
    return order ? order : (a.length > b.length) - (a.length < b.length);
}

/* How many letters it begins with. */
static size_t word_length(struct text text)
{
    size_t end = 0;
    while (end < text.length && is_letter(text.at[end]))
        end++;
    return end;
}

/* Whether it is of what comes before the version itself. "2.0-1" and "2.0-5-g1f00ab" come after it,
 * as packages and git have it, or before it, as semver has it. */
static bool is_early(struct text suffix)
{
    static const char *const words[] = {"a", "alpha",   "b",   "beta",    "c",  "canary",  "dev",
                                        "m", "nightly", "pre", "preview", "rc", "snapshot"};
    struct text word = text_part(suffix, 0, word_length(suffix));
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (text_equal_nocase(word, text_of(words[i])))
            return true;
    return false;
}

/* False: nothing tells. */
static bool compare_suffixes(struct text a, struct text b, int *out)
{
    bool early_a = is_early(a);
    bool early_b = is_early(b);
    size_t word = word_length(a);
    *out = compare_words(a, b);
    if (early_a && early_b)
        return true;
    if ((early_a && !b.length) || (early_b && !a.length)) {
        *out = early_a ? -1 : 1;
        return true;
    }
    return !a.length == !b.length && !early_a && !early_b && word == word_length(b)
           && text_equal(text_part(a, 0, word), text_part(b, 0, word));
}

/* Builds are counted, or named in no order. */
static int compare_builds(struct text a, struct text b)
{
    int64_t one;
    int64_t other;
    if (!text_to_int64(&one, a) || !text_to_int64(&other, b))
        return 0;
    return (one > other) - (one < other);
}

bool versions_compare(struct text a, struct text b, int *out)
{
    struct version one;
    struct version other;
    *out = 0;
    if (!read_version(a, &one) || !read_version(b, &other)
        || !text_equal(one.package, other.package)
        || !compare_numbers(one.numbers, other.numbers, out))
        return false;
    if (*out == 0 && !compare_suffixes(one.suffix, other.suffix, out))
        return false;
    if (*out == 0)
        *out = compare_builds(one.build, other.build);
    return true;
}
