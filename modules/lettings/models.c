#include "lettings/models.h"

#include "base/text.h"

static struct text address_print(const void *row, struct arena *arena)
{
    const struct address *address = row;
    return text_format(arena, "%lld %.*s", (long long)address->number, TEXT_ARG(address->street));
}

static struct text letting_print(const void *row, struct arena *arena)
{
    (void)arena;
    return ((const struct letting *)row)->title;
}

MODEL(address, ADDRESS_FIELDS, "lettings", .print = address_print,
      .verbose_name_plural = "addresses");
MODEL(letting, LETTING_FIELDS, "lettings", .print = letting_print);
