#include "template/language.h"

#include "base/buffer.h"
#include "template/catalogue.h"

const struct language *language_find(const struct language_list *list, struct text code)
{
    for (size_t i = 0; i < list->count; i++)
        if (text_equal_nocase(list->items[i].code, code))
            return &list->items[i];
    return NULL;
}

static const struct language *beginning_with(const struct language_list *list, struct text code)
{
    for (size_t i = 0; i < list->count; i++) {
        struct text other = list->items[i].code;
        if (other.length > code.length && other.at[code.length] == '-'
            && text_equal_nocase(text_part(other, 0, code.length), code))
            return &list->items[i];
    }
    return NULL;
}

static struct text without_last_part(struct text code)
{
    size_t end = code.length;
    while (end > 0 && code.at[end - 1] != '-')
        end--;
    return text_part(code, 0, end ? end - 1 : 0);
}

const struct language *language_match(const struct language_list *list, struct text code)
{
    const struct language *found = NULL;
    struct text generic = text_part(code, 0, text_find_char(code, '-'));
    for (struct text rest = code; rest.length && !found; rest = without_last_part(rest))
        found = language_find(list, rest);
    return found || !generic.length ? found : beginning_with(list, generic);
}

#define WEIGHT_MAX 1000

/* "0.8" in thousandths; 0: of no weight, or not well formed. */
static int weight_value(struct text text)
{
    int weight = 0;
    int unit = WEIGHT_MAX;
    if (!text.length || text.length > 5 || (text.length > 1 && text.at[1] != '.'))
        return 0;
    for (size_t i = 0; i < text.length; i++) {
        int digit = text.at[i] - '0';
        if (i == 1)
            continue;
        if (digit < 0 || digit > 9)
            return 0;
        weight += digit * unit;
        unit /= 10;
    }
    return weight <= WEIGHT_MAX ? weight : 0;
}

/* Of ";q=0.8", which may not be there. */
static int weight_of(struct text parameters)
{
    if (!parameters.at)
        return WEIGHT_MAX;
    parameters = text_trim(parameters);
    if (!text_starts(parameters, TEXT("q=")) && !text_starts(parameters, TEXT("Q=")))
        return 0;
    return weight_value(text_from(parameters, 2));
}

const struct language *language_accepted(const struct language_list *list, struct text header,
                                         const struct language *fallback)
{
    const struct language *best = NULL;
    int most = 0;
    struct text item;
    while (text_next(&header, ',', &item)) {
        size_t end = text_find_char(item, ';');
        struct text code = text_trim(text_part(item, 0, end));
        int weight = weight_of(end == TEXT_NOT_FOUND ? TEXT_NONE : text_from(item, end + 1));
        if (weight <= most)
            continue;
        const struct language *found = text_is(code, "*") ? fallback : language_match(list, code);
        if (!found)
            continue;
        best = found;
        most = weight;
    }
    return best;
}

bool language_is_bidi(struct text code)
{
    static const char *const bidi[] = {"ar", "arc", "ckb", "dv", "fa", "he",
                                       "ks", "ps",  "sd",  "ug", "ur", "yi"};
    struct text generic = text_part(code, 0, text_find_char(code, '-'));
    for (size_t i = 0; i < sizeof bidi / sizeof *bidi; i++)
        if (text_is(generic, bidi[i]))
            return true;
    return false;
}

struct text language_text(const struct language *language, struct text context, struct text message)
{
    struct text out;
    bool found = language && catalogue_find(language->catalogue, context, message, &out);
    return found ? out : message;
}

struct text language_count(const struct language *language, struct text context, struct text one,
                           struct text many, int64_t n)
{
    struct text out;
    const struct catalogue *catalogue = language ? language->catalogue : NULL;
    if (catalogue_find_plural(catalogue, context, one, n, &out)
        || (context.at && catalogue_find_plural(catalogue, TEXT_NONE, one, n, &out)))
        return out;
    return n == 1 ? one : many;
}

struct text language_line_ends(struct text text, struct arena *arena)
{
    struct buffer out = {.arena = arena};
    if (text_find_char(text, '\r') == TEXT_NOT_FOUND)
        return text;
    for (size_t i = 0; i < text.length; i++) {
        bool pair = text.at[i] == '\r' && i + 1 < text.length && text.at[i + 1] == '\n';
        if (!pair)
            buffer_char(&out, text.at[i] == '\r' ? '\n' : text.at[i]);
    }
    return buffer_contents(&out);
}

void language_fill(struct buffer *out, struct text format, struct text value)
{
    size_t percent = text_find_char(format, '%');
    buffer_text(out, text_part(format, 0, percent));
    if (percent == TEXT_NOT_FOUND)
        return;
    struct text rest = text_from(format, percent + 1);
    if (text_starts(rest, TEXT("(")))
        rest = text_from(rest, text_part(rest, 0, text_find_char(rest, ')')).length + 1);
    buffer_text(out, value);
    buffer_text(out, text_from(rest, 1));
}

static _Thread_local const struct language *active;

void language_activate(const struct language *language)
{
    active = language;
}

const char *translate(const char *message)
{
    return language_text(active, TEXT_NONE, text_of(message)).at;
}
