#include "auth/models.h"

#include <string.h>

#include "template/unicode.h"

/* Django's UnicodeUsernameValidator. */
static const char *validate_username(struct text value)
{
    while (value.length) {
        uint32_t c = unicode_take(&value);
        bool is_sign = c && c < 0x80 && strchr("@.+-", (int)c);
        if (!is_sign && !unicode_is_word(c))
            return "Only letters, digits and @ . + - _ can be in this.";
    }
    return NULL;
}

static struct text permission_print(const void *row, struct arena *arena)
{
    const struct permission *permission = row;
    const struct contenttype *type = permission->content_type;
    if (!type)
        return permission->name;
    return text_format(arena, "%.*s | %.*s | %.*s", TEXT_ARG(type->app_label),
                       TEXT_ARG(type->model), TEXT_ARG(permission->name));
}

static struct text group_print(const void *row, struct arena *arena)
{
    (void)arena;
    return ((const struct group *)row)->name;
}

static struct text user_print(const void *row, struct arena *arena)
{
    (void)arena;
    return ((const struct user *)row)->username;
}

static struct value user_is_authenticated(const void *row, struct arena *arena)
{
    (void)row;
    (void)arena;
    return value_bool(true);
}

MODEL(permission, PERMISSION_FIELDS, "auth", .verbose_name = N_("permission"),
      .verbose_name_plural = N_("permissions"),
      .ordering = NAMES("content_type__app_label", "content_type__model", "codename"),
      .unique_together = TOGETHER(NAMES("content_type", "codename")),
      .natural_key = NAMES("codename", "content_type"), .print = permission_print);
MODEL(group, GROUP_FIELDS, "auth", .verbose_name = N_("group"), .verbose_name_plural = N_("groups"),
      .natural_key = NAMES("name"), .print = group_print);
MODEL(user, USER_FIELDS, "auth", .verbose_name = N_("user"), .verbose_name_plural = N_("users"),
      .natural_key = NAMES("username"), .print = user_print,
      .methods = METHODS(METHOD(user, "is_authenticated", user_is_authenticated)));
