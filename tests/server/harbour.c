/* A module for the admin's tests: quays, their boats, each with a licence, and the trips that keep
 * a boat from being deleted. Its tables are made by tests/http/harbour.mjs. */
#include "auth/models.h"
#include "http/request.h"
#include "model/model.h"
#include "site/admin.h"
#include "site/module.h"

#define QUAY_FIELDS(F)                                                                             \
    F(id, ROWID, "ID")                                                                             \
    F(name, TEXT, "name", .max_length = 40)                                                        \
    F(note, LONG_TEXT, "note", .blank = true)

#define BOAT_FIELDS(F)                                                                             \
    F(id, ROWID, "ID")                                                                             \
    F(quay, FOREIGN_KEY, "quay", .to = &quay_model, .on_delete = CASCADE)                          \
    F(name, TEXT, "name", .max_length = 40)                                                        \
    F(length, POSITIVE_INTEGER, "length", .help_text = "In feet.")                                 \
    F(afloat, BOOLEAN, "afloat", .default_to = "true")                                             \
    F(built, DATE, "built", .null = true, .blank = true)

#define TRIP_FIELDS(F)                                                                             \
    F(id, ROWID, "ID")                                                                             \
    F(boat, FOREIGN_KEY, "boat", .to = &boat_model, .on_delete = PROTECT)                          \
    F(sailed, DATETIME, "sailed")                                                                  \
    F(kind, TEXT, "kind", .max_length = 4, .blank = true,                                          \
      .choices = CHOICES({"race", "Race"}, {"tour", "Tour"}))                                      \
    F(landed, FOREIGN_KEY, "landed", .to = &quay_model, .on_delete = SET_NULL, .null = true,       \
      .blank = true)

#define LICENCE_FIELDS(F)                                                                          \
    F(id, ROWID, "ID")                                                                             \
    F(boat, ONE_TO_ONE, "boat", .to = &boat_model, .on_delete = CASCADE)                           \
    F(number, TEXT, "number", .max_length = 10, .unique = true)

MODEL_ROW(quay, QUAY_FIELDS);
MODEL_ROW(boat, BOAT_FIELDS);
MODEL_ROW(trip, TRIP_FIELDS);
MODEL_ROW(licence, LICENCE_FIELDS);

static struct text quay_print(const void *row, struct arena *arena)
{
    (void)arena;
    return ((const struct quay *)row)->name;
}

static struct text boat_print(const void *row, struct arena *arena)
{
    (void)arena;
    return ((const struct boat *)row)->name;
}

static struct text licence_print(const void *row, struct arena *arena)
{
    (void)arena;
    return ((const struct licence *)row)->number;
}

MODEL(quay, QUAY_FIELDS, "harbour", .print = quay_print);
MODEL(boat, BOAT_FIELDS, "harbour", .print = boat_print,
      .unique_together = TOGETHER(NAMES("quay", "name")));
MODEL(trip, TRIP_FIELDS, "harbour");
MODEL(licence, LICENCE_FIELDS, "harbour", .print = licence_print);

/* The navy's quays are for superusers. */
static bool may_touch_quay(const struct request *request, enum admin_action action, const void *row)
{
    const struct quay *quay = row;
    (void)action;
    return !quay || !text_is(quay->name, "Navy") || request->user->is_superuser;
}

const struct module harbour_module = {
    .name = "harbour",
    .mount = "harbour/",
    .needs = NEEDS("auth"),
    .models = MODELS(&quay_model, &boat_model, &trip_model, &licence_model),
    .admin = ADMINS(
        {&quay_model, .search_fields = NAMES("name"), .save_as = true, .may = may_touch_quay,
         .inlines = ADMIN_INLINES({.admin = {.model = &boat_model}, .extra = 2, .max = 4})},
        {&boat_model, .list_display = NAMES("name", "quay", "length", "afloat", "built"),
         .list_editable = NAMES("length", "afloat"), .date_hierarchy = "built",
         .list_filter = NAMES("afloat", "quay", "built"), .search_fields = NAMES("name"),
         .inlines =
             ADMIN_INLINES({.admin = {.model = &licence_model}, .min = 1},
                           {.admin = {.model = &trip_model}, .keeps = true, .no_extra = true})},
        {&trip_model, .list_display = NAMES("__str__", "boat", "sailed"),
         .raw_id_fields = NAMES("boat"), .date_hierarchy = "sailed",
         .list_filter = NAMES("boat", "kind", "landed")},
        {&licence_model, .list_display = NAMES("number", "boat"),
         .list_display_links = NAMES("boat"), .search_fields = NAMES("=number", "boat__name"),
         .autocomplete_fields = NAMES("boat")}),
};
