#include "auth/permissions.h"

#include "auth/auth.h"
#include "base/arena.h"
#include "base/log.h"
#include "db/db.h"
#include "http/request.h"
#include "model/query.h"
#include "site/site.h"

/* Asking */

static enum status has_permission(const struct request *request, struct text permission, bool *out)
{
    const struct user *user = request->user;
    size_t dot = text_find_char(permission, '.');
    int64_t found = 0;
    *out = user && user->is_active && user->is_superuser;
    if (!user || !user->is_active || user->is_superuser || dot == TEXT_NOT_FOUND)
        return OK;
    enum status status = db_integer(
        request->db, &found, 0,
        "SELECT 1 FROM auth_permission"
        " JOIN django_content_type ON django_content_type.id = auth_permission.content_type_id"
        " WHERE django_content_type.app_label = $1 AND auth_permission.codename = $2"
        " AND (auth_permission.id IN"
        " (SELECT permission_id FROM auth_user_user_permissions WHERE user_id = $3)"
        " OR auth_permission.id IN"
        " (SELECT auth_group_permissions.permission_id FROM auth_group_permissions"
        " JOIN auth_user_groups ON auth_user_groups.group_id = auth_group_permissions.group_id"
        " WHERE auth_user_groups.user_id = $3)) LIMIT 1",
        DB_TEXT(text_part(permission, 0, dot)), DB_TEXT(text_from(permission, dot + 1)),
        DB_INT(user->id));
    *out = found == 1;
    return status;
}

enum status auth_may(const struct request *request, const char *permission, bool *out)
{
    return has_permission(request, text_of(permission), out);
}

/* For templates: `perms`, and `perms.<module>` */

struct perms {
    const struct request *request;
    struct text app_label; /* empty: of all */
};

static bool get_permission(const void *self, struct text name, struct arena *arena,
                           struct value *out)
{
    const struct perms *perms = self;
    bool may = false;
    struct text permission =
        text_format(arena, "%.*s.%.*s", TEXT_ARG(perms->app_label), TEXT_ARG(name));
    if (has_permission(perms->request, permission, &may) != OK)
        log_error("a permission cannot be read", LOG_STRING("error", status_failure()->message));
    *out = value_bool(may);
    return true;
}

static bool get_module(const void *self, struct text name, struct arena *arena, struct value *out)
{
    static const struct value_class class = {.name = "perms", .get = get_permission};
    struct perms *perms = ARENA_NEW(arena, struct perms);
    *perms = *(const struct perms *)self;
    perms->app_label = text_copy(arena, name);
    *out = value_object(arena, &class, perms);
    return true;
}

struct value permissions_value(const struct request *request)
{
    static const struct value_class class = {.name = "perms", .get = get_module};
    struct perms *perms = ARENA_NEW(request->arena, struct perms);
    perms->request = request;
    return value_object(request->arena, &class, perms);
}

/* After migrating */

static enum status write_permission(struct db *db, const struct model *model, const char *action,
                                    struct arena *arena)
{
    struct text label = text_of(model->app_label);
    return db_run(db,
                  "INSERT INTO auth_permission (name, content_type_id, codename)"
                  " SELECT $1, id, CAST($2 AS varchar) FROM django_content_type"
                  " WHERE app_label = $3 AND model = $4"
                  " AND NOT EXISTS (SELECT 1 FROM auth_permission"
                  " WHERE content_type_id = django_content_type.id AND codename = $2)",
                  DB_TEXT(text_format(arena, "Can %s %s", action, model_source_name(model))),
                  DB_TEXT(text_format(arena, "%s_%s", action, model->name)), DB_TEXT(label),
                  DB_TEXT(text_of(model->name)));
}

enum status permissions_write(struct db *db)
{
    static const char *const actions[] = {"add", "change", "delete", "view"};
    struct arena *arena = arena_new(4096);
    enum status status = OK;
    for (const struct model *const *model = site_models(arena); *model && status == OK; model++)
        for (size_t i = 0; i < 4 && status == OK; i++)
            status = write_permission(db, *model, actions[i], arena);
    arena_free(arena);
    return status;
}
