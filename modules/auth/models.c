#include "auth/models.h"

#include <string.h>

static const char *validate_username(struct text value)
{
    for (size_t i = 0; i < value.length; i++) {
        unsigned char c = (unsigned char)value.at[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c >= 0x80;
        if (!letter && !(c >= '0' && c <= '9') && (!c || !strchr("@.+-_", c)))
            return "Only letters, digits and @ . + - _ can be in this.";
    }
    return NULL;
}

static struct text user_print(const void *row, struct arena *arena)
{
    (void)arena;
    return ((const struct user *)row)->username;
}

MODEL(user, USER_FIELDS, "auth", .natural_key = NAMES("username"), .print = user_print);
