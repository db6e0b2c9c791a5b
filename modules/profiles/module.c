/* The people of the site, and the city each likes best. */
#include "site/module.h"
#include "http/routes.h"
#include "model/query.h"
#include "profiles/demo.h"
#include "profiles/models.h"
#include "site/admin.h"
#include "site/pages.h"
#include "site/site.h"

#define PANEL_PROFILES 8

static struct text show_email;

static const struct setting settings[] = {
    {"PROFILES_SHOW_EMAIL", "everyone", "who sees the e-mail address on a profile",
     .value = &show_email, .choices = "everyone signed-in staff"},
    {0},
};

static enum status profiles_index(struct request *request, struct response *response)
{
    struct value_map *context = site_context(request);
    const struct query query = {&profile_model, .related = NAMES("user")};
    enum status status = page_add(request, context, "profiles_list", &query);
    if (status != OK)
        return status;
    return site_render(request, response, "profiles/index.html", context);
}

static enum status profile_detail(struct request *request, struct response *response)
{
    const struct profile *profile;
    const struct query query = {
        &profile_model,
        .where = WHERE({"user__username", .value = DB_TEXT(request_text(request, "username"))}),
        .related = NAMES("user"),
    };
    enum status status = query_first(request->db, request->arena, &query, &profile);
    if (status != OK)
        return status;
    struct value_map *context = site_context(request);
    value_map_set(context, TEXT("profile"), model_value(&profile_model, profile, request->arena));
    value_map_set(context, TEXT("shows_email"), value_bool(text_is(show_email, "everyone")));
    site_panels(request, context, "city", profile->favorite_city);
    return site_render(request, response, "profiles/profile.html", context);
}

static bool is_page_of(const struct request *request, const struct profile *profile)
{
    const struct user *user = profile->user;
    return request->route->view == profile_detail && user
           && text_equal(request_text(request, "username"), user->username);
}

/* At most PANEL_PROFILES, without the one whose own page this is. */
static void keep_others(const struct request *request, struct row_list *rows)
{
    size_t kept = 0;
    for (size_t i = 0; i < rows->count && kept < PANEL_PROFILES; i++)
        if (!is_page_of(request, rows->items[i]))
            rows->items[kept++] = rows->items[i];
    rows->count = kept;
}

static enum status fill_city(const struct request *request, struct text city,
                             struct value_map *context)
{
    struct row_list rows = {0};
    const struct query query = {
        &profile_model,
        .where = WHERE({"favorite_city", .value = DB_TEXT(city)}),
        .order = NAMES("pk"),
        .related = NAMES("user"),
        .limit = PANEL_PROFILES + 1,
    };
    enum status status =
        city.length ? query_rows(request->db, request->arena, &query, &rows) : NOT_FOUND;
    if (status != OK)
        return status;
    keep_others(request, &rows);
    if (rows.count == 0)
        return NOT_FOUND;
    page_set_rows(request, context, "profiles", &profile_model, &rows);
    return OK;
}

static enum status profile_path(const void *row, struct arena *arena, struct text *out)
{
    const struct user *user = ((const struct profile *)row)->user;
    return user ? site_path(arena, "profiles:profile", user->username, out) : NOT_FOUND;
}

const struct module profiles_module = {
    .name = "profiles",
    .namespace = "profiles",
    .mount = "profiles/",
    .needs = NEEDS("auth"),
    .models = MODELS(&profile_model),
    .shown = MODELS(&profile_model),
    .admin =
        ADMINS({&profile_model, .list_display = NAMES("user", "favorite_city"),
                .search_fields = NAMES("user__username", "favorite_city"), .path = profile_path}),
    .settings = settings,
    .routes =
        ROUTES({"", profiles_index, .name = "index", .access = ACCESS_PUBLIC},
               {"<str:username>/", profile_detail, .name = "profile", .access = ACCESS_PUBLIC}),
    .nav = NAV({N_("Profiles"), "profiles:index"}),
    .panels = PANELS({"city", "profiles/panel_city.html", fill_city}),
    .sitemaps = SITEMAPS({"profiles", &profile_model, NAMES("user"), profile_path}),
    .demo = {MODELS(&profile_model, &user_model), profiles_insert_demo},
};
