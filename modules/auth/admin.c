/* Who may do what is for superusers to decide: others with the permission to change users see the
 * rights and do not set them, and cannot touch the account of anybody else who gets into the admin,
 * whose password, or whose address to reset it, would be all they need. */
#include "auth/admin.h"

#include <string.h>

#include "auth/auth.h"
#include "auth/password_views.h"
#include "base/arena.h"
#include "base/buffer.h"
#include "http/request.h"
#include "template/language.h"
#include "template/value.h"

static bool is_superuser(const struct request *request)
{
    return request->user && request->user->is_superuser;
}

static bool may_touch(const struct request *request, enum admin_action action, const void *row)
{
    const struct user *user = row;
    if (is_superuser(request) || action == ADMIN_VIEW || !user)
        return true;
    bool is_own = request->user && user->id == request->user->id;
    return !user->is_superuser && (!user->is_staff || is_own);
}

static bool may_edit_user(const struct request *request, const struct field *field, const void *row)
{
    static const char *const rights[] = {"is_superuser", "is_staff", "groups", "user_permissions"};
    (void)row;
    for (size_t i = 0; i < sizeof rights / sizeof *rights; i++)
        if (strcmp(field->name, rights[i]) == 0)
            return is_superuser(request);
    return true;
}

static bool may_edit_group(const struct request *request, const struct field *field,
                           const void *row)
{
    (void)row;
    return is_superuser(request) || strcmp(field->name, "permissions") != 0;
}

/* Nobody signs in to a new account before it is given a password. */
static void prepare_user(const struct request *request, const void *before, void *row)
{
    if (!before)
        ((struct user *)row)->password = password_unusable(request->arena);
}

/* "pbkdf2_sha256 · 1000000 · seasal**** · q3Zk****": all but the beginnings is hidden. */
static struct value masked_password(const void *row, struct arena *arena)
{
    struct text rest = ((const struct user *)row)->password;
    struct buffer out = {.arena = arena};
    struct text part;
    bool usable = password_is_usable(rest);
    for (int i = 0; usable && text_next(&rest, '$', &part); i++) {
        bool is_secret = i > 1;
        struct text shown = is_secret ? text_part(part, 0, 4) : part;
        buffer_format(&out, "%s%.*s%s", i ? " · " : "", TEXT_ARG(shown), is_secret ? "****" : "");
    }
    return usable ? value_text(buffer_contents(&out)) : VALUE_NULL;
}

const struct model_admin auth_admins[AUTH_ADMINS] = {
    {
        .model = &user_model,
        .columns = ADMIN_COLUMNS({"masked_password", N_("password"), .call = masked_password}),
        .list_display = NAMES("username", "email", "first_name", "last_name", "is_staff"),
        .list_filter = NAMES("is_staff", "is_superuser", "is_active"),
        .search_fields = NAMES("username", "first_name", "last_name", "email"),
        .ordering = NAMES("username"),
        .readonly_fields = NAMES("masked_password", "last_login", "date_joined"),
        .fieldsets =
            ADMIN_FIELDSETS({NULL, NAMES("username", "masked_password")},
                            {N_("Personal info"), NAMES("first_name", "last_name", "email")},
                            {N_("Permissions"), NAMES("is_active", "is_staff", "is_superuser",
                                                      "groups", "user_permissions")},
                            {N_("Important dates"), NAMES("last_login", "date_joined")}),
        .pages = ADMIN_PAGES(
            {"password_change", N_("Set a password"), WORK_HASHES, .view = password_of_user}),
        .may = may_touch,
        .may_edit = may_edit_user,
        .prepare = prepare_user,
    },
    {
        .model = &group_model,
        .search_fields = NAMES("name"),
        .ordering = NAMES("name"),
        .may_edit = may_edit_group,
    },
};
