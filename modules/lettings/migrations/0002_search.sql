-- What search and filters read, kept true by triggers for every write by anyone. A trigger on a
-- table of Django's must name no other of them: while such a table is remade, SQLite refuses to
-- rename the new one as long as any trigger names a table that is not there. Nothing in here may
-- make a write fail: hence the casts, and no conflicts, whose handling the write would decide.
-- deferrable:
-- sqlite:
-- repeatable:
DROP TRIGGER IF EXISTS "lettings_address_insert";
DROP TRIGGER IF EXISTS "lettings_address_update";
DROP TRIGGER IF EXISTS "lettings_address_delete";
DROP TRIGGER IF EXISTS "lettings_letting_insert";
DROP TRIGGER IF EXISTS "lettings_letting_update";
DROP TRIGGER IF EXISTS "lettings_letting_delete";
DROP TABLE IF EXISTS "lettings_search";
DROP TABLE IF EXISTS "lettings_search_title";
DROP TABLE IF EXISTS "lettings_search_address";
DROP TABLE IF EXISTS "lettings_search_letting";
DROP TABLE IF EXISTS "lettings_search_state";
DROP TABLE IF EXISTS "lettings_search_city";
DROP TABLE IF EXISTS "lettings_search_word";
DROP TABLE IF EXISTS "lettings_search_part";
DROP VIEW IF EXISTS "lettings_search_entry";
DROP VIEW IF EXISTS "lettings_search_count";
DROP VIEW IF EXISTS "lettings_search_split";

-- The texts; and the titles once more, read from the texts' table (c0 and c3 are FTS5's names): in one
-- column of several, FTS5 finds nothing without walking through the others. Beginnings of words are
-- looked for only in these lengths (search.c): of others, FTS5 would put together all that begins so
-- before it gives the first. "place" has two words that nothing else has: U+E000 with the state's
-- bytes in hexadecimal, U+E001 with the city's.
CREATE VIRTUAL TABLE "lettings_search" USING fts5 (
    "title", "city", "state", "place", columnsize = 0, prefix = '1 2 3 4 5 6 7 8 9 10 11 12',
    tokenize = 'unicode61 remove_diacritics 2'
);
CREATE VIRTUAL TABLE "lettings_search_title" USING fts5 (
    "c0", "c3", content = 'lettings_search_content', content_rowid = 'id', columnsize = 0,
    tokenize = 'unicode61 remove_diacritics 2'
);

-- Where each address and each letting is.
CREATE TABLE "lettings_search_address" (
    "id" integer PRIMARY KEY,
    "state" text NOT NULL,
    "city" text NOT NULL
);
CREATE TABLE "lettings_search_letting" (
    "id" integer PRIMARY KEY,
    "address_id" integer NOT NULL,
    "state" text NOT NULL,
    "city" text NOT NULL
);

-- How many lettings a state and a city have.
CREATE TABLE "lettings_search_state" (
    "state" text PRIMARY KEY,
    "lettings" integer NOT NULL
) WITHOUT ROWID;
CREATE TABLE "lettings_search_city" (
    "city" text NOT NULL,
    "state" text NOT NULL,
    "lettings" integer NOT NULL,
    PRIMARY KEY ("city", "state")
) WITHOUT ROWID;

-- Words to suggest, and each of them whole and without one of its letters.
CREATE TABLE "lettings_search_word" ("word" text PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE "lettings_search_part" (
    "part" text NOT NULL,
    "word" text NOT NULL,
    PRIMARY KEY ("part", "word")
) WITHOUT ROWID;

-- To insert here enters a letting's texts, in place of those it had. Each character of a script that
-- parts no words by spaces (search.c has the same ones) becomes a word.
CREATE VIEW "lettings_search_entry" AS
    SELECT 0 AS "id", '' AS "title", '' AS "city", '' AS "state";
CREATE TRIGGER "lettings_search_entry_insert" INSTEAD OF INSERT ON "lettings_search_entry" BEGIN
    DELETE FROM "lettings_search_title" WHERE "rowid" = NEW."id";
    DELETE FROM "lettings_search" WHERE "rowid" = NEW."id";
    INSERT INTO "lettings_search" ("rowid", "title", "city", "state", "place")
    SELECT NEW."id", max("parted") FILTER (WHERE "name" = 'title'),
        max("parted") FILTER (WHERE "name" = 'city'),
        max("parted") FILTER (WHERE "name" = 'state'),
        char(57344) || hex(NEW."state") || ' ' || char(57345) || hex(NEW."city")
    FROM (
        SELECT "name", CASE
            WHEN "text" NOT GLOB '*[ก-ໟက-႟ក-៹⺀-鿿가-힣豈-龎𠀀-𲎯]*' OR length("text") > 1000
            THEN "text"
            ELSE (
                SELECT group_concat(CASE
                    WHEN "letter" GLOB '[ก-ໟက-႟ក-៹⺀-鿿가-힣豈-龎𠀀-𲎯]' THEN ' ' || "letter" || ' '
                    ELSE "letter" END, '')
                FROM (
                    SELECT substr("text", "key" + 1, 1) AS "letter" FROM json_each('['
                        || substr(replace(hex(zeroblob(length("text"))), '00', ',0'), 2) || ']')
                )
            ) END AS "parted"
        FROM (
            SELECT 'title' AS "name", NEW."title" AS "text"
            UNION ALL SELECT 'city', NEW."city"
            UNION ALL SELECT 'state', NEW."state"
        )
    );
    INSERT INTO "lettings_search_title" ("rowid", "c0", "c3")
    SELECT "rowid", "title", "place" FROM "lettings_search" WHERE "rowid" = NEW."id";
END;

-- To insert here adds to both counts.
CREATE VIEW "lettings_search_count" AS SELECT '' AS "state", '' AS "city", 0 AS "lettings";
CREATE TRIGGER "lettings_search_count_insert" INSTEAD OF INSERT ON "lettings_search_count" BEGIN
    INSERT INTO "lettings_search_state" SELECT NEW."state", 0 WHERE NOT EXISTS
        (SELECT 1 FROM "lettings_search_state" WHERE "state" = NEW."state");
    UPDATE "lettings_search_state" SET "lettings" = "lettings" + NEW."lettings"
        WHERE "state" = NEW."state";
    DELETE FROM "lettings_search_state" WHERE "state" = NEW."state" AND "lettings" <= 0;
    INSERT INTO "lettings_search_city" SELECT NEW."city", NEW."state", 0 WHERE NOT EXISTS
        (SELECT 1 FROM "lettings_search_city" WHERE "city" = NEW."city" AND "state" = NEW."state");
    UPDATE "lettings_search_city" SET "lettings" = "lettings" + NEW."lettings"
        WHERE "city" = NEW."city" AND "state" = NEW."state";
    DELETE FROM "lettings_search_city"
        WHERE "city" = NEW."city" AND "state" = NEW."state" AND "lettings" <= 0;
END;

-- To insert here takes a text's words to suggest.
CREATE VIEW "lettings_search_split" AS SELECT '' AS "text";
CREATE TRIGGER "lettings_search_split_insert" INSTEAD OF INSERT ON "lettings_search_split" BEGIN
    INSERT INTO "lettings_search_word"
    SELECT DISTINCT "value" FROM json_each('[' || replace(replace(replace(json_quote(lower(
        CAST(NEW."text" AS text))), ',', ' '), '-', ' '), ' ', '","') || ']')
    WHERE length("value") BETWEEN 4 AND 20 AND "value" NOT GLOB '*[^a-zà-öø-ÿ]*'
        AND NOT EXISTS (SELECT 1 FROM "lettings_search_word" WHERE "word" = "value");
END;
CREATE TRIGGER "lettings_search_word_insert" AFTER INSERT ON "lettings_search_word" BEGIN
    INSERT INTO "lettings_search_part"
    SELECT DISTINCT substr(NEW."word", 1, "value" - 1) || substr(NEW."word", "value" + 1),
        NEW."word"
    FROM json_each('[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21]')
    WHERE "value" <= length(NEW."word") + 1;
END;

-- What is there is put in at once, before the triggers that would do it one by one.
INSERT INTO "lettings_search_address"
SELECT "id", CAST("state" AS text), CAST("city" AS text) FROM "lettings_address";

INSERT INTO "lettings_search_letting"
SELECT l."id", l."address_id", COALESCE(a."state", ''), COALESCE(a."city", '')
FROM "lettings_letting" AS l LEFT JOIN "lettings_search_address" AS a ON a."id" = l."address_id";

INSERT INTO "lettings_search" ("rowid", "title", "city", "state", "place")
SELECT l."id", CAST(l."title" AS text), s."city", s."state",
    char(57344) || hex(s."state") || ' ' || char(57345) || hex(s."city")
FROM "lettings_letting" AS l JOIN "lettings_search_letting" AS s ON s."id" = l."id";
INSERT INTO "lettings_search_title" ("rowid", "c0", "c3")
SELECT "rowid", "title", "place" FROM "lettings_search";
INSERT INTO "lettings_search_entry"
SELECT l."id", CAST(l."title" AS text), s."city", s."state"
FROM "lettings_letting" AS l JOIN "lettings_search_letting" AS s ON s."id" = l."id"
WHERE l."title" || s."city" || s."state" GLOB '*[ก-ໟက-႟ក-៹⺀-鿿가-힣豈-龎𠀀-𲎯]*';
INSERT INTO "lettings_search" ("lettings_search") VALUES ('optimize');
INSERT INTO "lettings_search_title" ("lettings_search_title") VALUES ('optimize');

INSERT INTO "lettings_search_state"
SELECT "state", COUNT(*) FROM "lettings_search_letting" GROUP BY "state";
INSERT INTO "lettings_search_city"
SELECT "city", "state", COUNT(*) FROM "lettings_search_letting" GROUP BY "city", "state";

INSERT INTO "lettings_search_split" SELECT "title" FROM "lettings_letting";
INSERT INTO "lettings_search_split" SELECT DISTINCT "city" FROM "lettings_search_city";

CREATE INDEX "lettings_search_letting_address" ON "lettings_search_letting" ("address_id");
CREATE INDEX "lettings_search_letting_state" ON "lettings_search_letting" ("state", "id");
CREATE INDEX "lettings_search_letting_city" ON "lettings_search_letting" ("city", "id");
CREATE INDEX "lettings_search_letting_place" ON "lettings_search_letting" ("state", "city", "id");
CREATE INDEX "lettings_search_city_largest"
    ON "lettings_search_city" ("lettings" DESC, "city", "state");
CREATE INDEX "lettings_search_city_state"
    ON "lettings_search_city" ("state", "lettings" DESC, "city");

-- From our tables to the texts and counts.
CREATE TRIGGER "lettings_search_letting_insert" AFTER INSERT ON "lettings_search_letting" BEGIN
    INSERT INTO "lettings_search_count" VALUES (NEW."state", NEW."city", 1);
END;
CREATE TRIGGER "lettings_search_letting_delete" AFTER DELETE ON "lettings_search_letting" BEGIN
    DELETE FROM "lettings_search_title" WHERE "rowid" = OLD."id";
    DELETE FROM "lettings_search" WHERE "rowid" = OLD."id";
    INSERT INTO "lettings_search_count" VALUES (OLD."state", OLD."city", -1);
END;
CREATE TRIGGER "lettings_search_letting_update" AFTER UPDATE ON "lettings_search_letting"
WHEN OLD."state" <> NEW."state" OR OLD."city" <> NEW."city" BEGIN
    INSERT INTO "lettings_search_entry"
    SELECT "rowid", "title", NEW."city", NEW."state" FROM "lettings_search"
    WHERE "rowid" = NEW."id";
    INSERT INTO "lettings_search_count" VALUES (NEW."state", NEW."city", 1);
    INSERT INTO "lettings_search_count" VALUES (OLD."state", OLD."city", -1);
END;
CREATE TRIGGER "lettings_search_city_insert" AFTER INSERT ON "lettings_search_city" BEGIN
    INSERT INTO "lettings_search_split" VALUES (NEW."city");
END;
CREATE TRIGGER "lettings_search_address_insert" AFTER INSERT ON "lettings_search_address" BEGIN
    UPDATE "lettings_search_letting" SET "state" = NEW."state", "city" = NEW."city"
        WHERE "address_id" = NEW."id";
END;
CREATE TRIGGER "lettings_search_address_delete" AFTER DELETE ON "lettings_search_address" BEGIN
    UPDATE "lettings_search_letting" SET "state" = '', "city" = '' WHERE "address_id" = OLD."id";
END;

-- From Django's tables to ours.
CREATE TRIGGER "lettings_address_insert" AFTER INSERT ON "lettings_address" BEGIN
    DELETE FROM "lettings_search_address" WHERE "id" = NEW."id";
    INSERT INTO "lettings_search_address"
    VALUES (NEW."id", COALESCE(CAST(NEW."state" AS text), ''),
            COALESCE(CAST(NEW."city" AS text), ''));
END;
CREATE TRIGGER "lettings_address_update" AFTER UPDATE ON "lettings_address"
WHEN OLD."id" <> NEW."id" OR OLD."state" IS NOT NEW."state" OR OLD."city" IS NOT NEW."city" BEGIN
    DELETE FROM "lettings_search_address" WHERE "id" IN (OLD."id", NEW."id");
    INSERT INTO "lettings_search_address"
    VALUES (NEW."id", COALESCE(CAST(NEW."state" AS text), ''),
            COALESCE(CAST(NEW."city" AS text), ''));
END;
CREATE TRIGGER "lettings_address_delete" AFTER DELETE ON "lettings_address" BEGIN
    DELETE FROM "lettings_search_address" WHERE "id" = OLD."id";
END;

CREATE TRIGGER "lettings_letting_insert" AFTER INSERT ON "lettings_letting" BEGIN
    DELETE FROM "lettings_search_letting" WHERE "id" = NEW."id" OR "address_id" = NEW."address_id";
    INSERT INTO "lettings_search_letting"
    VALUES (NEW."id", NEW."address_id",
        COALESCE((SELECT "state" FROM "lettings_search_address" WHERE "id" = NEW."address_id"), ''),
        COALESCE((SELECT "city" FROM "lettings_search_address" WHERE "id" = NEW."address_id"), ''));
    INSERT INTO "lettings_search_entry"
    SELECT "id", COALESCE(CAST(NEW."title" AS text), ''), "city", "state"
    FROM "lettings_search_letting" WHERE "id" = NEW."id";
    INSERT INTO "lettings_search_split" VALUES (COALESCE(NEW."title", ''));
END;
CREATE TRIGGER "lettings_letting_update" AFTER UPDATE ON "lettings_letting"
WHEN OLD."id" <> NEW."id" OR OLD."title" IS NOT NEW."title"
    OR OLD."address_id" IS NOT NEW."address_id" BEGIN
    DELETE FROM "lettings_search_letting"
        WHERE "id" IN (OLD."id", NEW."id") OR "address_id" = NEW."address_id";
    INSERT INTO "lettings_search_letting"
    VALUES (NEW."id", NEW."address_id",
        COALESCE((SELECT "state" FROM "lettings_search_address" WHERE "id" = NEW."address_id"), ''),
        COALESCE((SELECT "city" FROM "lettings_search_address" WHERE "id" = NEW."address_id"), ''));
    INSERT INTO "lettings_search_entry"
    SELECT "id", COALESCE(CAST(NEW."title" AS text), ''), "city", "state"
    FROM "lettings_search_letting" WHERE "id" = NEW."id";
    INSERT INTO "lettings_search_split" VALUES (COALESCE(NEW."title", ''));
END;
CREATE TRIGGER "lettings_letting_delete" AFTER DELETE ON "lettings_letting" BEGIN
    DELETE FROM "lettings_search_letting" WHERE "id" = OLD."id";
END;

-- backward:
DROP TRIGGER "lettings_address_insert";
DROP TRIGGER "lettings_address_update";
DROP TRIGGER "lettings_address_delete";
DROP TRIGGER "lettings_letting_insert";
DROP TRIGGER "lettings_letting_update";
DROP TRIGGER "lettings_letting_delete";
DROP TABLE "lettings_search";
DROP TABLE "lettings_search_title";
DROP TABLE "lettings_search_address";
DROP TABLE "lettings_search_letting";
DROP TABLE "lettings_search_state";
DROP TABLE "lettings_search_city";
DROP TABLE "lettings_search_word";
DROP TABLE "lettings_search_part";
DROP VIEW "lettings_search_entry";
DROP VIEW "lettings_search_count";
DROP VIEW "lettings_search_split";
