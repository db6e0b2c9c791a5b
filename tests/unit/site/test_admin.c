/* What the check of an admin takes and refuses, by every list of names. */
#include "unit.h"

#include "site/admin.h"
#include "site/module.h"

#define QUAY_FIELDS(F) F(id, ROWID, "ID") F(name, TEXT, "name", .max_length = 40)

#define BOAT_FIELDS(F)                                                                             \
    F(id, ROWID, "ID")                                                                             \
    F(quay, FOREIGN_KEY, "quay", .to = &quay_model, .on_delete = CASCADE)                          \
    F(name, TEXT, "name", .max_length = 40)                                                        \
    F(kind, TEXT, "kind", .max_length = 4, .choices = CHOICES({"sail", "Sail"}))                   \
    F(afloat, BOOLEAN, "afloat")                                                                   \
    F(built, DATE, "built")                                                                        \
    F(seen, DATETIME, "seen")

#define RACE_FIELDS(F)                                                                             \
    F(id, ROWID, "ID")                                                                             \
    F(first, FOREIGN_KEY, "first", .to = &boat_model, .on_delete = CASCADE)                        \
    F(second, FOREIGN_KEY, "second", .to = &boat_model, .on_delete = CASCADE)

#define FLAG_FIELDS(F) F(word, TEXT, "word", .max_length = 10)

MODEL_ROW(quay, QUAY_FIELDS);
MODEL_ROW(flag, FLAG_FIELDS);
MODEL_ROW(boat, BOAT_FIELDS);
MODEL_ROW(race, RACE_FIELDS);
MODEL(quay, QUAY_FIELDS, "harbour");
MODEL(flag, FLAG_FIELDS, "harbour");
static struct value call_age(const void *row, struct arena *arena)
{
    (void)arena;
    return value_integer(((const struct boat *)row)->id);
}

MODEL(boat, BOAT_FIELDS, "harbour", .methods = METHODS(METHOD(boat, "age", call_age)));
MODEL(race, RACE_FIELDS, "harbour");

static const struct module harbour = {.name = "harbour", .mount = "harbour/"};

#define COLUMNS     ADMIN_COLUMNS({"crew", "crew", .call = call_age})
#define INLINE(...) .inlines = ADMIN_INLINES({__VA_ARGS__})

struct check_row {
    struct model_admin admin; /* of the boat unless it says otherwise */
    const char *words;        /* of the refusal, behind the module; NULL: it is taken */
};

#define REFUSED_NAME(name, list, kind)                                                             \
    "module harbour: the admin of boat has \"" name "\" in " list ", which is no " kind

static void test_checks(void **state)
{
    const struct check_row rows[] = {
        {{NULL}, NULL},
        {{.columns = COLUMNS,
          .list_display = NAMES("__str__", "name", "quay__name", "age", "crew")},
         NULL},
        {{.list_display = NAMES("name", "mast")},
         REFUSED_NAME("mast", "list_display", "field, method or column")},
        {{.list_display = NAMES("quay__mast")},
         REFUSED_NAME("quay__mast", "list_display", "field, method or column")},
        {{.list_display = NAMES("name", "kind"), .list_display_links = NAMES("kind")}, NULL},
        {{.list_display = NAMES("name"), .list_display_links = NAMES("kind")},
         REFUSED_NAME("kind", "list_display_links", "column of list_display")},
        {{.list_display = NAMES("name", "afloat"), .list_editable = NAMES("afloat")}, NULL},
        {{.list_display = NAMES("name", "afloat"), .list_editable = NAMES("name")},
         REFUSED_NAME("name", "list_editable", "field in list_display that is not its link")},
        {{.list_display = NAMES("name", "id"), .list_editable = NAMES("id")},
         REFUSED_NAME("id", "list_editable", "field in list_display that is not its link")},
        {{.list_display = NAMES("name"), .list_editable = NAMES("kind")},
         REFUSED_NAME("kind", "list_editable", "field in list_display that is not its link")},
        {{.list_display = NAMES("name", "kind"),
          .list_editable = NAMES("kind"),
          .readonly_fields = NAMES("kind")},
         REFUSED_NAME("kind", "list_editable", "field in list_display that is not its link")},
        {{.list_editable = NAMES("kind")},
         REFUSED_NAME("kind", "list_editable", "field in list_display that is not its link")},
        {{.list_display = NAMES("name", "kind"),
          .list_display_links = NAMES("kind"),
          .list_editable = NAMES("name")},
         NULL},
        {{.list_filter = NAMES("quay", "kind", "afloat", "built", "seen")}, NULL},
        {{.list_filter = NAMES("name")},
         REFUSED_NAME("name", "list_filter", "boolean, choice, date or reference")},
        {{.date_hierarchy = "built"}, NULL},
        {{.date_hierarchy = "seen"}, NULL},
        {{.date_hierarchy = "name"},
         REFUSED_NAME("name", "date_hierarchy", "date or datetime of the table")},
        {{.date_hierarchy = "mast"},
         REFUSED_NAME("mast", "date_hierarchy", "date or datetime of the table")},
        {{.search_fields = NAMES("^name", "=kind", "quay__name")}, NULL},
        {{.search_fields = NAMES("^mast")}, REFUSED_NAME("^mast", "search_fields", "field")},
        {{.search_fields = NAMES("age")}, REFUSED_NAME("age", "search_fields", "field")},
        {{.ordering = NAMES("-name", "quay__name")}, NULL},
        {{.ordering = NAMES("-mast")}, REFUSED_NAME("-mast", "ordering", "field")},
        {{.readonly_fields = NAMES("name", "age")}, NULL},
        {{.readonly_fields = NAMES("mast")}, REFUSED_NAME("mast", "readonly_fields", "field")},
        {{.raw_id_fields = NAMES("quay")}, NULL},
        {{.raw_id_fields = NAMES("name")}, REFUSED_NAME("name", "raw_id_fields", "reference")},
        {{.autocomplete_fields = NAMES("quay")}, NULL},
        {{.autocomplete_fields = NAMES("name")},
         REFUSED_NAME("name", "autocomplete_fields", "reference")},
        {{.fieldsets = ADMIN_FIELDSETS({"One", NAMES("name")}, {NULL, NAMES("kind")})}, NULL},
        {{.fieldsets = ADMIN_FIELDSETS({"One", NAMES("name")}, {NULL, NAMES("mast")})},
         REFUSED_NAME("mast", "fieldsets", "field")},
        {{.model = &flag_model},
         "module harbour: the admin takes no table whose key is no ROWID, as of flag"},
        {{INLINE(.admin.model = &flag_model)},
         "module harbour: the admin takes no table whose key is no ROWID, as of flag"},
        {{.model = &quay_model, INLINE(.admin.model = &boat_model)}, NULL},
        {{INLINE(.admin.model = &quay_model, .forward = "quay")}, NULL},
        {{INLINE(.admin.model = &race_model, .reference = "second")}, NULL},
        {{INLINE(.admin.model = &race_model)},
         "module harbour: the inline race of boat must name one reference "
         "of race to boat"},
        {{INLINE(.admin.model = &race_model, .reference = "third")},
         "module harbour: the inline race of boat must name one reference of race to boat"},
        {{INLINE(.admin.model = &quay_model)},
         "module harbour: the inline quay of boat must name one reference of quay to boat"},
        {{INLINE(.admin.model = &quay_model, .forward = "name")},
         "module harbour: the inline quay of boat must name one reference of boat to quay"},
        {{.model = &quay_model,
          INLINE(.admin.model = &boat_model,
                 .admin.inlines = ADMIN_INLINES({.admin.model = &race_model}))},
         "module harbour: the inline boat of quay has inlines of its own"},
        {{.model = &quay_model,
          INLINE(.admin.model = &boat_model, .admin.readonly_fields = NAMES("mast"))},
         REFUSED_NAME("mast", "readonly_fields", "field")},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct model_admin admin = rows[i].admin;
        if (!admin.model)
            admin.model = &boat_model;
        enum status status = model_admin_check(&harbour, &admin);
        check(status == (rows[i].words ? INVALID : OK), "row %zu gives %d: %s", i, status,
              status_failure()->message);
        if (rows[i].words)
            check(strcmp(status_failure()->message, rows[i].words) == 0, "row %zu: %s", i,
                  status_failure()->message);
    }
}

static const struct CMUnitTest tests[] = {
    TEST(test_checks),
};

UNIT_MAIN(tests)
