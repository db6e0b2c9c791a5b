/* The homes to let, and where each of them is. */
#include "site/module.h"
#include "base/arena.h"
#include "lettings/demo.h"
#include "lettings/models.h"
#include "lettings/views.h"
#include "site/admin.h"
#include "site/site.h"

static enum status letting_path(const void *row, struct arena *arena, struct text *out)
{
    const struct letting *letting = row;
    return site_path(arena, "lettings:letting", text_format(arena, "%lld", (long long)letting->id),
                     out);
}

static const struct setting settings[] = {
    {"SEARCH_TIME_LIMIT", "1000", "milliseconds for a search of lettings; 0: no limit",
     .integer = &lettings_search_limit, .max = 600000},
    {0},
};

const struct module lettings_module = {
    .name = "lettings",
    .namespace = "lettings",
    .mount = "lettings/",
    .derived_tables = "lettings_search",
    .models = MODELS(&address_model, &letting_model),
    .shown = MODELS(&address_model, &letting_model),
    .settings = settings,
    .admin = ADMINS(
        {&letting_model, .list_display = NAMES("title", "address", "address__city"),
         .search_fields = NAMES("title", "address__city"), .path = letting_path, .save_as = true,
         .inlines = ADMIN_INLINES({.admin = {.model = &address_model}, .forward = "address"})},
        {&address_model, .list_display = NAMES("__str__", "city", "state", "zip_code"),
         .search_fields = NAMES("^street", "^city")}),
    .routes =
        ROUTES({"", lettings_index, .name = "index", .access = ACCESS_PUBLIC},
               {"<int:letting_id>/", letting_detail, .name = "letting", .access = ACCESS_PUBLIC}),
    .nav = NAV({N_("Lettings"), "lettings:index"}),
    .panels = PANELS({"city", "lettings/panel_city.html", lettings_fill_city},
                     {"home", "lettings/panel_home.html", lettings_fill_home}),
    .sitemaps = SITEMAPS({"lettings", &letting_model, .path = letting_path}),
    .demo = {MODELS(&letting_model, &address_model), lettings_insert_demo},
};
