#include "auth/models.h"

#include <string.h>

#include "base/arena.h"
#include "template/language.h"
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

/* "Can add user", as migrations write it, in the visitor's language. */
static struct text permission_name(struct text name, struct arena *arena)
{
    static const struct {
        const char *begins;
        const char *format;
    } actions[] = {
        {"Can add ", N_("Can add %s")},
        {"Can change ", N_("Can change %s")},
        {"Can delete ", N_("Can delete %s")},
        {"Can view ", N_("Can view %s")},
    };
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
        struct text begins = text_of(actions[i].begins);
        if (text_starts(name, begins)) {
            const char *what = text_string(arena, text_from(name, begins.length));
            return text_format(arena, translate(actions[i].format), translate(what));
        }
    }
    return name;
}

static struct text permission_print(const void *row, struct arena *arena)
{
    const struct permission *permission = row;
    const struct contenttype *type = permission->content_type;
    struct text name = permission_name(permission->name, arena);
    if (!type)
        return name;
    return text_format(arena, "%.*s | %.*s | %.*s", TEXT_ARG(type->app_label),
                       TEXT_ARG(type->model), TEXT_ARG(name));
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
