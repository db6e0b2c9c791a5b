#include "model/field.h"

#include <string.h>

#include "base/arena.h"
#include "model/model.h"
#include "template/language.h"

bool field_is_null(const struct field *field, const void *row)
{
    return field->type->is_null && field->type->is_null(field_at(field, row));
}

void field_set_null(const struct field *field, void *row)
{
    if (field->type->set_null)
        field->type->set_null(field_member(field, row));
}

struct db_parameter field_bind(const struct field *field, const void *row, struct arena *arena)
{
    if (field_is_null(field, row))
        return DB_NULL;
    return field->type->bind(field_at(field, row), arena);
}

static struct value reference_value(const struct field *field, const void *row, struct arena *arena)
{
    const void *related = *field_related(field, (void *)(uintptr_t)row);
    return related ? model_value(field->to, related, arena) : VALUE_NULL;
}

bool field_is_elsewhere(const struct field *field, const void *row)
{
    return field->type->is_reference && !field_is_null(field, row)
           && !*field_related(field, (void *)(uintptr_t)row);
}

struct value field_value(const struct field *field, const void *row, struct arena *arena)
{
    if (!field->column || field_is_null(field, row))
        return VALUE_NULL;
    if (field->type->is_reference)
        return reference_value(field, row, arena);
    return field->type->value(field_at(field, row), arena);
}

bool field_get(const struct value_attribute *attribute, const void *row, struct arena *arena,
               struct value *out)
{
    const struct field *field = (const struct field *)attribute;
    if (field_is_elsewhere(field, row))
        return false;
    *out = field_value(field, row, arena);
    return true;
}

struct text field_print(const struct field *field, const void *row, struct arena *arena)
{
    return field_is_null(field, row) ? TEXT("") : field->type->print(field_at(field, row), arena);
}

static const struct field_choice *find_choice(const struct field *field, struct text value)
{
    for (const struct field_choice *choice = field->choices; choice && choice->value; choice++)
        if (text_is(value, choice->value))
            return choice;
    return NULL;
}

struct text field_display(const struct field *field, const void *row, struct arena *arena)
{
    struct text value = field_print(field, row, arena);
    const struct field_choice *choice = find_choice(field, value);
    return choice ? text_of(translate(choice->label)) : value;
}

/* Parsing */

static size_t count_characters(struct text text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.length; i++)
        count += ((unsigned char)text.at[i] & 0xC0) != 0x80;
    return count;
}

static struct text check_length(const struct field *field, struct text raw, struct arena *arena)
{
    size_t length = count_characters(raw);
    if (field->max_length && length > field->max_length)
        return text_format(arena, translate("At most %zu characters fit here; these are %zu."),
                           field->max_length, length);
    if (length < field->min_length)
        return text_format(arena, translate("At least %zu characters are needed; these are %zu."),
                           field->min_length, length);
    return TEXT("");
}

static struct text check_rules(const struct field *field, struct text raw, struct arena *arena)
{
    for (field_validator *const *each = field->validators; each && *each; each++) {
        const char *why = (*each)(raw);
        if (why)
            return text_of(translate(why));
    }
    return check_length(field, raw, arena);
}

static struct text check_bytes(struct text raw)
{
    if (!text_is_utf8(raw))
        return text_of(translate("This is not readable text (UTF-8)."));
    if (text_find_char(raw, '\0') != TEXT_NOT_FOUND)
        return text_of(translate("A NUL character cannot be stored."));
    return TEXT("");
}

static struct text parse_nothing(const struct field *field, void *row)
{
    if (field->type == &field_BOOLEAN)
        *(bool *)field_member(field, row) = false;
    else if (!field->blank)
        return text_of(translate("Please fill this in."));
    else if (field->null)
        field_set_null(field, row);
    else
        *(struct text *)field_member(field, row) = TEXT("");
    return TEXT("");
}

struct text field_parse(const struct field *field, void *row, struct text raw, struct arena *arena)
{
    raw = text_trim(raw);
    if (raw.length == 0)
        return parse_nothing(field, row);
    struct text why = check_bytes(raw);
    if (!why.length && field->normalize)
        raw = field->normalize(arena, raw);
    if (!why.length && field->choices && !find_choice(field, raw))
        why = text_format(arena, translate("\"%.*s\" is not one of the choices."), TEXT_ARG(raw));
    if (!why.length)
        why = check_rules(field, raw, arena);
    if (!why.length)
        why = field->type->parse(field, field_member(field, row), raw, arena);
    return why;
}

void field_set_default(const struct field *field, void *row, struct arena *arena)
{
    if (!field->column)
        return;
    if (field->default_to && field->default_to[0])
        field_parse(field, row, text_of(field->default_to), arena);
    else if (field->null || field->type->is_reference || field->type == &field_ROWID)
        field_set_null(field, row);
}

bool field_equal(const struct field *field, const void *row, const void *other, struct arena *arena)
{
    bool null = field_is_null(field, row);
    if (null != field_is_null(field, other))
        return false;
    return null || text_equal(field_print(field, row, arena), field_print(field, other, arena));
}

/* Validators */

static bool is_word_character(char c, const char *others)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
           || (c && strchr(others, c));
}

static bool is_made_of(struct text text, const char *others)
{
    for (size_t i = 0; i < text.length; i++)
        if (!is_word_character(text.at[i], others) && (unsigned char)text.at[i] < 0x80)
            return false;
    return text.length > 0;
}

/* "example.com": labels of letters, digits and inner hyphens (RFC 1123, 2.1). */
static bool is_domain(struct text domain)
{
    struct text label;
    size_t labels = 0;
    for (; text_next(&domain, '.', &label); labels++)
        if (label.length > 63 || !is_made_of(label, "-") || label.at[0] == '-'
            || label.at[label.length - 1] == '-')
            return false;
    return labels > 0;
}

/* As HTML's <input type=email> takes it, with a dot in the domain unless it is localhost. */
const char *validate_email(struct text value)
{
    size_t at = text_find_char(value, '@');
    struct text local = text_part(value, 0, at);
    struct text domain = at == TEXT_NOT_FOUND ? TEXT_NONE : text_from(value, at + 1);
    bool dots = local.length && local.at[0] != '.' && local.at[local.length - 1] != '.'
                && text_find(local, TEXT("..")) == TEXT_NOT_FOUND;
    if (dots && is_made_of(local, ".!#$%&'*+/=?^_`{|}~-") && is_domain(domain)
        && (text_find_char(domain, '.') != TEXT_NOT_FOUND || text_is(domain, "localhost")))
        return NULL;
    return N_("An e-mail address looks like name@example.com.");
}

const char *validate_slug(struct text value)
{
    for (size_t i = 0; i < value.length; i++)
        if (!is_word_character(value.at[i], "-_"))
            return N_("Only letters, digits, hyphens and underscores can be in this.");
    return NULL;
}

const char *validate_url(struct text value)
{
    size_t scheme = text_find(value, TEXT("://"));
    struct text rest = scheme == TEXT_NOT_FOUND ? TEXT_NONE : text_from(value, scheme + 3);
    size_t end = 0;
    while (end < rest.length && !strchr("/?#:", rest.at[end]))
        end++;
    struct text name = text_part(value, 0, scheme);
    bool known = text_equal_nocase(name, TEXT("http")) || text_equal_nocase(name, TEXT("https"));
    if (known && is_domain(text_part(rest, 0, end)) && text_find_char(rest, ' ') == TEXT_NOT_FOUND)
        return NULL;
    return N_("A link looks like https://www.example.com/page.");
}
