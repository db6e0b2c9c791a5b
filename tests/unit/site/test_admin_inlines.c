/* What the admin refuses in a module's row: inlines, lists edited in place, references. */
#include "unit.h"

#include "model/model.h"
#include "site/admin.h"
#include "site/module.h"

#define HARBOUR_FIELDS(F) F(id, ROWID, "ID") F(name, TEXT, "name", .max_length = 9)
#define BERTH_FIELDS(F)                                                                            \
    F(id, ROWID, "ID")                                                                             \
    F(harbour, FOREIGN_KEY, "harbour", .to = &harbour_model, .on_delete = CASCADE)                 \
    F(other, FOREIGN_KEY, "other", .to = &harbour_model, .on_delete = CASCADE)                     \
    F(number, INTEGER, "number")                                                                   \
    F(free, BOOLEAN, "free")                                                                       \
    F(since, DATE, "since")
#define CRANE_FIELDS(F)                                                                            \
    F(id, ROWID, "ID")                                                                             \
    F(harbour, ONE_TO_ONE, "harbour", .to = &harbour_model, .on_delete = CASCADE)
MODEL_ROW(harbour, HARBOUR_FIELDS);
MODEL_ROW(berth, BERTH_FIELDS);
MODEL_ROW(crane, CRANE_FIELDS);
MODEL(harbour, HARBOUR_FIELDS, "port");
MODEL(berth, BERTH_FIELDS, "port");
MODEL(crane, CRANE_FIELDS, "port");

static const struct module port = {.name = "port"};

#define INLINE(...) .inlines = ADMIN_INLINES({__VA_ARGS__})
#define SHOWN       .list_display = NAMES("number", "free", "since")

static void test_what_is_taken(void **state)
{
    const struct model_admin rows[] = {
        {&harbour_model, INLINE(.admin = {&crane_model})},
        {&harbour_model, INLINE(.admin = {&berth_model}, .reference = "other")},
        {&crane_model, INLINE(.admin = {&harbour_model}, .forward = "harbour")},
        {&berth_model, INLINE(.admin = {&harbour_model}, .forward = "other")},
        {&berth_model, SHOWN, .list_editable = NAMES("free", "since")},
        {&berth_model, SHOWN, .list_display_links = NAMES("free"),
         .list_editable = NAMES("number")},
        {&berth_model, .date_hierarchy = "since", .autocomplete_fields = NAMES("harbour")},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        check(model_admin_check(&port, &rows[i]) == OK, "%zu: %s", i, status_failure()->message);
}

static void test_what_is_refused(void **state)
{
    const struct {
        struct model_admin row;
        const char *words;
    } cases[] = {
        {{&harbour_model, INLINE(.admin = {&berth_model})},
         "the inline berth of harbour must name one reference of berth to harbour"},
        {{&harbour_model, INLINE(.admin = {&berth_model}, .reference = "number")},
         "must name one reference"},
        {{&harbour_model, INLINE(.admin = {&berth_model}, .forward = "name")},
         "must name one reference of harbour to berth"},
        {{&harbour_model, INLINE(.admin = {&crane_model, .readonly_fields = NAMES("mast")})},
         "the admin of crane has \"mast\" in readonly_fields"},
        {{&harbour_model, INLINE(.admin = {&crane_model, INLINE(.admin = {&harbour_model})})},
         "the inline crane of harbour has inlines of its own"},
        {{&berth_model, SHOWN, .list_editable = NAMES("number")},
         "\"number\" in list_editable, which is no field in list_display that is not its link"},
        {{&berth_model, .list_editable = NAMES("free")}, "\"free\" in list_editable"},
        {{&berth_model, SHOWN, .readonly_fields = NAMES("free"), .list_editable = NAMES("free")},
         "\"free\" in list_editable"},
        {{&berth_model, .list_display = NAMES("number", "id"), .list_editable = NAMES("id")},
         "\"id\" in list_editable"},
        {{&berth_model, .date_hierarchy = "number"},
         "\"number\" in date_hierarchy, which is no date or datetime of the table"},
        {{&berth_model, .date_hierarchy = "when"}, "\"when\" in date_hierarchy"},
        {{&berth_model, .autocomplete_fields = NAMES("number")},
         "\"number\" in autocomplete_fields, which is no reference"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        enum status status = model_admin_check(&port, &cases[i].row);
        const char *message = status_failure()->message;
        check(status == INVALID && strstr(message, cases[i].words), "%zu: %d %s", i, (int)status,
              message);
    }
}

static const struct CMUnitTest tests[] = {
    TEST(test_what_is_taken),
    TEST(test_what_is_refused),
};

UNIT_MAIN(tests)
