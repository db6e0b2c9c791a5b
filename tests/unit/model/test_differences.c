/* Only on SQLite: it writes each difference in SQL of SQLite's; tests/commands/migrate.test.mjs
 * makes them on both. */
#include "model/things.h"

#include "base/buffer.h"
#include "model/differences.h"
#include "model/model.h"

UNIT_CONNECTION("")

#define OWNER "CREATE TABLE shop_owner (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);"
#define THING(title, count, sold, seen, owner)                                                     \
    OWNER "CREATE TABLE shop_thing (id INTEGER PRIMARY KEY, " title                                \
          ", balance BIGINT NOT NULL, " count ", " sold ", " seen ", " owner                       \
          ", keeper_id integer unsigned NULL UNIQUE REFERENCES shop_owner (id));" INDEX
#define INDEX    "CREATE INDEX thing_owner ON shop_thing (owner_id);"
#define TITLE    "title character varying(20) NOT NULL"
#define AMOUNT   "count smallint NOT NULL"
#define SOLD     "sold boolean NOT NULL"
#define SEEN     "seen timestamp with time zone"
#define OWNED    "owner_id int NOT NULL" TO_OWNER
#define TO_OWNER " REFERENCES shop_owner (id)"

/* All of them, one a line. */
static struct text differences(struct arena *arena, const struct model *model)
{
    struct difference_list list = {0};
    struct buffer words = {.arena = arena};
    assert_status(model_differences(db, arena, model, &list), OK);
    for (size_t i = 0; i < list.items.count; i++)
        buffer_format(&words, "%.*s\n", TEXT_ARG(list.items.items[i]));
    return buffer_contents(&words);
}

static void test_differences(void **state)
{
    static const struct {
        const char *sql;
        const char *says;
    } rows[] = {
        {THINGS_SQL, ""},
        {THING(TITLE, AMOUNT, SOLD, SEEN, OWNED), ""},
        {THING(TITLE, AMOUNT, SOLD, SEEN, OWNED) "DROP INDEX thing_owner",
         "the column shop_thing.owner_id has no index\n"},
        {THING(TITLE, AMOUNT, SOLD, SEEN,
               OWNED) "DROP INDEX thing_owner;"
                      "CREATE INDEX more ON shop_thing (owner_id, title)",
         ""},
        {THING(TITLE, AMOUNT, SOLD, SEEN,
               OWNED) "DROP INDEX thing_owner;"
                      "CREATE INDEX more ON shop_thing (title, owner_id)",
         "the column shop_thing.owner_id has no index\n"},
        {THING(TITLE, AMOUNT, SOLD, SEEN,
               OWNED) "DROP INDEX thing_owner;"
                      "CREATE INDEX some ON shop_thing (owner_id) WHERE owner_id > 1",
         "the column shop_thing.owner_id has no index\n"},
        {THING("title VARCHAR (20) NOT NULL", AMOUNT, SOLD, SEEN, OWNED), ""},
        {OWNER, "there is no table shop_thing\n"},
        {THING("name text NULL", AMOUNT, SOLD, SEEN, OWNED),
         "the table shop_thing has no column title\n"},
        {THING("title integer NOT NULL", AMOUNT, SOLD, SEEN, OWNED),
         "the column shop_thing.title is \"INTEGER\", which keeps no TEXT\n"},
        {THING(TITLE, "count varchar(9) NOT NULL", SOLD, SEEN, OWNED),
         "the column shop_thing.count is \"varchar(9)\", which keeps no POSITIVE_INTEGER\n"},
        {THING(TITLE, AMOUNT, "sold integer NOT NULL", SEEN, OWNED),
         "the column shop_thing.sold is \"INTEGER\", which keeps no BOOLEAN\n"},
        {THING(TITLE, AMOUNT, SOLD, "seen date", OWNED),
         "the column shop_thing.seen is \"date\", which keeps no DATETIME\n"},
        {THING(TITLE, AMOUNT, SOLD, "seen datetime NOT NULL", OWNED),
         "the column shop_thing.seen must not be NULL, but the field may be empty\n"},
        {THING(TITLE, AMOUNT, SOLD, SEEN, "owner_id text NOT NULL" TO_OWNER),
         "the column shop_thing.owner_id is \"TEXT\", which keeps no FOREIGN_KEY\n"},
        {THING(TITLE, AMOUNT, SOLD, SEEN, "owner_id int" TO_OWNER),
         "the column shop_thing.owner_id may be NULL, but the field must not\n"},
        {THING("title varchar(5) NOT NULL", AMOUNT, SOLD, SEEN, OWNED),
         "the column shop_thing.title keeps 5 characters, but the field may have 20\n"},
        {THING("title varchar(40) NOT NULL", AMOUNT, SOLD, SEEN, OWNED), ""},
        {THING(TITLE, AMOUNT, SOLD, SEEN, "owner_id int NOT NULL"),
         "the column shop_thing.owner_id has no reference to the table shop_owner\n"},
        {THING(TITLE, AMOUNT, SOLD, SEEN, "owner_id int NOT NULL REFERENCES shop_thing (id)"),
         "the column shop_thing.owner_id has no reference to the table shop_owner\n"},
        {THING(TITLE, AMOUNT, SOLD, SEEN, OWNED ", more text NOT NULL"),
         "the column shop_thing.more must be filled, but the model has no field for it\n"},
        {THING(TITLE, AMOUNT, SOLD, SEEN, OWNED ", a text, b text NOT NULL DEFAULT ''"), ""},
        {"CREATE TABLE shop_thing (id integer)", "the column shop_thing.id is not the key\n"
                                                 "the table shop_thing has no column title\n"
                                                 "the table shop_thing has no column balance\n"
                                                 "the table shop_thing has no column count\n"
                                                 "the table shop_thing has no column sold\n"
                                                 "the table shop_thing has no column seen\n"
                                                 "the table shop_thing has no column owner_id\n"
                                                 "the table shop_thing has no column keeper_id\n"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        unit_disconnect(state);
        unit_connect(state);
        assert_status(unit_script(db, rows[i].sql), OK);
        check_text(differences(*state, &thing_model), rows[i].says, "row %zu", i);
    }
}

static void test_unique_columns(void **state)
{
    static const struct {
        const char *sql;
        const char *says;
    } rows[] = {
        {"name varchar(20) NOT NULL UNIQUE)", ""},
        {"name varchar(20) NOT NULL, UNIQUE (name))", ""},
        {"name varchar(20) NOT NULL); CREATE UNIQUE INDEX only ON shop_owner (name)", ""},
        {"name varchar(20) NOT NULL); CREATE INDEX only ON shop_owner (name)",
         "the column shop_owner.name may have a value twice, but the field is unique\n"},
        {"name varchar(20) NOT NULL, UNIQUE (name, id))",
         "the column shop_owner.name may have a value twice, but the field is unique\n"},
        {"name varchar(20) NOT NULL); CREATE UNIQUE INDEX some ON shop_owner (name) WHERE id > 1",
         "the column shop_owner.name may have a value twice, but the field is unique\n"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        unit_disconnect(state);
        unit_connect(state);
        const char *sql =
            text_format(*state, "CREATE TABLE shop_owner (id INTEGER PRIMARY KEY, %s", rows[i].sql)
                .at;
        assert_status(db_script(db, sql), OK);
        check_text(differences(*state, &owner_model), rows[i].says, "row %zu", i);
    }
}

#define SEAT_FIELDS(F)                                                                             \
    F(id, ROWID, "ID")                                                                             \
    F(row, INTEGER, "row")                                                                         \
    F(number, INTEGER, "number")                                                                   \
    F(guest, FOREIGN_KEY, "guest", .to = &owner_model, .on_delete = CASCADE)
#define SEAT_SETS TOGETHER(NAMES("row", "number"), NAMES("guest", "row"))
MODEL_ROW(seat, SEAT_FIELDS);
MODEL(seat, SEAT_FIELDS, "shop", .unique_together = SEAT_SETS);

static void test_unique_together(void **state)
{
    static const struct {
        const char *sql;
        const char *says;
    } rows[] = {
        {"UNIQUE (row, number), UNIQUE (guest_id, row))", ""},
        {"UNIQUE (number, row), UNIQUE (guest_id, row))", ""},
        {"UNIQUE (guest_id, row)); CREATE UNIQUE INDEX seats ON shop_seat (row, number)", ""},
        {"UNIQUE (guest_id, row))",
         "the table shop_seat may have the same row, number twice, but they are unique together\n"},
        {"UNIQUE (row, number), UNIQUE (guest_id))",
         "the table shop_seat may have the same guest_id, row twice, but they are unique "
         "together\n"},
        {"UNIQUE (row, number), UNIQUE (guest_id, row, number))",
         "the table shop_seat may have the same guest_id, row twice, but they are unique "
         "together\n"},
        {"UNIQUE (row, number)); CREATE INDEX seats ON shop_seat (guest_id, row)",
         "the table shop_seat may have the same guest_id, row twice, but they are unique "
         "together\n"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        unit_disconnect(state);
        unit_connect(state);
        const char *sql =
            text_format(*state,
                        OWNER
                        "CREATE TABLE shop_seat (id INTEGER PRIMARY KEY, row integer NOT NULL,"
                        " number integer NOT NULL, guest_id integer NOT NULL" TO_OWNER ", %s",
                        rows[i].sql)
                .at;
        assert_status(db_script(db, sql), OK);
        check_text(differences(*state, &seat_model), rows[i].says, "row %zu", i);
    }
}

#define CLUB_FIELDS(F)                                                                             \
    F(id, ROWID, "ID")                                                                             \
    F(members, MANY_TO_MANY, "members", .to = &owner_model)                                        \
    F(friends, MANY_TO_MANY, "friends", .to = &club_model)
MODEL_ROW(club, CLUB_FIELDS);
MODEL(club, CLUB_FIELDS, "shop");

static void test_tables_of_pairs(void **state)
{
    assert_status(db_script(db, "CREATE TABLE shop_club (id integer PRIMARY KEY)"), OK);
    check_text(differences(*state, &club_model),
               "there is no table shop_club_members\nthere is no table shop_club_friends\n",
               "none");
    assert_status(db_script(db, "CREATE TABLE shop_club_members (id integer PRIMARY KEY, club_id"
                                " integer, owner_id integer);"
                                "CREATE TABLE shop_club_friends (id integer PRIMARY KEY,"
                                " from_club_id integer, club_id integer)"),
                  OK);
    check_text(differences(*state, &club_model),
               "the table shop_club_friends has no column to_club_id\n", "one");
    assert_status(db_script(db, "ALTER TABLE shop_club_friends RENAME club_id TO to_club_id"), OK);
    check_text(differences(*state, &club_model), "", "all");
}

static const struct CMUnitTest tests[] = {
    CONNECTED_TEST(test_differences),
    CONNECTED_TEST(test_unique_columns),
    CONNECTED_TEST(test_unique_together),
    CONNECTED_TEST(test_tables_of_pairs),
};

UNIT_MAIN(tests)
