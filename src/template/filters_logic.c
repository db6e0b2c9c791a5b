/* Filters that choose: default, yesno, pluralize, divisibleby. */
#include "base/arena.h"
#include "template/filters.h"
#include "template/language.h"
#include "template/number.h"

FILTER(fallback)
{
    return value_truth(value, call->arena) ? value : argument;
}

FILTER(fallback_if_none)
{
    (void)call;
    return value.kind == VALUE_NONE ? argument : value;
}

FILTER(divisibleby)
{
    struct decimal number;
    struct decimal divisor;
    const char *kind = number_whole(value, call->arena, &number);
    if (!kind)
        kind = number_whole(argument, call->arena, &divisor);
    if (kind)
        return filter_fail(call, kind, "an integer is expected");
    if (decimal_is_zero(divisor))
        return filter_fail(call, "ZeroDivisionError", "divisibleby zero");
    return value_bool(number_divides(divisor, number, call->arena));
}

FILTER(yesno)
{
    struct text parts[4] = {{0}};
    struct text rest =
        call->has_argument && argument.kind != VALUE_NONE
            ? filter_text(call, argument)
            : language_text(call->render->language, TEXT_NONE, TEXT(N_("yes,no,maybe")));
    size_t count = 0;
    if (call->has_argument && argument.kind != VALUE_NONE && !value_is_text(argument))
        return filter_fail(call, "AttributeError", "a text of words is expected");
    while (count < 4 && text_next(&rest, ',', &parts[count]))
        count++;
    if (count < 2)
        return value;
    struct text maybe = count == 3 ? parts[2] : parts[1];
    if (value.kind == VALUE_NONE)
        return value_text(maybe);
    return value_text(value_truth(value, call->arena) ? parts[0] : parts[1]);
}

FILTER(pluralize)
{
    double number;
    size_t length;
    struct text one = TEXT("");
    struct text many = TEXT("s");
    if (call->has_argument && !value_is_text(argument))
        return filter_fail(call, "TypeError", "pluralize needs a text");
    struct text rest = value_as_text(argument);
    size_t comma = text_find_char(rest, ',');
    if (call->has_argument)
        many = rest;
    if (comma != TEXT_NOT_FOUND) {
        one = text_part(rest, 0, comma);
        many = text_from(rest, comma + 1);
        if (text_find_char(many, ',') != TEXT_NOT_FOUND)
            return value_text(TEXT(""));
    }
    if (number_real(value, call->arena, &number))
        return value_text(number == 1 ? one : many);
    if (value_is_text(value) || !value_length(value, call->arena, &length))
        return value_text(TEXT(""));
    return value_text(length == 1 ? one : many);
}

static const struct template_filter rows[] = {
    {"default", fallback, ARGUMENT_REQUIRED, 0},
    {"default_if_none", fallback_if_none, ARGUMENT_REQUIRED, 0},
    {"divisibleby", divisibleby, ARGUMENT_REQUIRED, 0},
    {"pluralize", pluralize, ARGUMENT_OPTIONAL, 0},
    {"yesno", yesno, ARGUMENT_OPTIONAL, 0},
    {0},
};
const struct template_library filters_logic = {"", .filters = rows};
