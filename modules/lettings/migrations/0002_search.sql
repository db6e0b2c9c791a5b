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

-- Words to suggest, and each of them without its accents, whole and without one of its letters.
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
    SELECT DISTINCT "value" FROM (
        SELECT CASE WHEN "text" NOT GLOB '*[À-ÞĀ-ž]*' OR length("text") > 1000 THEN "text" ELSE (
            -- SQLite's lower() knows ASCII alone.
            SELECT group_concat(CASE
                WHEN "letter" GLOB '[À-ÖØ-Þ]' THEN char(unicode("letter") + 32)
                WHEN "letter" = 'İ' THEN 'i' WHEN "letter" = 'Ÿ' THEN 'ÿ'
                WHEN "letter" GLOB '[Ā-ķŊ-ŷ]' AND unicode("letter") % 2 = 0
                    OR "letter" GLOB '[Ĺ-ňŹ-ž]' AND unicode("letter") % 2 = 1
                THEN char(unicode("letter") + 1)
                ELSE "letter" END, '')
            FROM (
                SELECT substr("text", "key" + 1, 1) AS "letter" FROM json_each('['
                    || substr(replace(hex(zeroblob(length("text"))), '00', ',0'), 2) || ']')
            )
        ) END AS "small" FROM (SELECT CAST(NEW."text" AS text) AS "text")
    ), json_each('[' || replace(replace(replace(json_quote(lower("small")), ',', ' '), '-', ' '),
        ' ', '","') || ']')
    WHERE length("value") BETWEEN 4 AND 20 AND "value" NOT GLOB '*[^a-zà-öø-ÿā-ž]*'
        AND NOT EXISTS (SELECT 1 FROM "lettings_search_word" WHERE "word" = "value");
END;
CREATE TRIGGER "lettings_search_word_insert" AFTER INSERT ON "lettings_search_word" BEGIN
    INSERT INTO "lettings_search_part"
    SELECT DISTINCT substr("bare", 1, "value" - 1) || substr("bare", "value" + 1), NEW."word"
    FROM (
        SELECT CASE WHEN NEW."word" NOT GLOB '*[à-ž]*' THEN NEW."word" ELSE (
            SELECT group_concat(CASE
                WHEN "letter" GLOB '[àáâãäåāăą]' THEN 'a' WHEN "letter" GLOB '[çćĉċč]' THEN 'c'
                WHEN "letter" = 'ď' THEN 'd' WHEN "letter" GLOB '[èéêëēĕėęě]' THEN 'e'
                WHEN "letter" GLOB '[ĝğġģ]' THEN 'g' WHEN "letter" = 'ĥ' THEN 'h'
                WHEN "letter" GLOB '[ìíîïĩīĭį]' THEN 'i' WHEN "letter" = 'ĵ' THEN 'j'
                WHEN "letter" = 'ķ' THEN 'k' WHEN "letter" GLOB '[ĺļľ]' THEN 'l'
                WHEN "letter" GLOB '[ñńņň]' THEN 'n' WHEN "letter" GLOB '[òóôõöōŏő]' THEN 'o'
                WHEN "letter" GLOB '[ŕŗř]' THEN 'r' WHEN "letter" GLOB '[śŝşš]' THEN 's'
                WHEN "letter" GLOB '[ţť]' THEN 't' WHEN "letter" GLOB '[ùúûüũūŭůűų]' THEN 'u'
                WHEN "letter" = 'ŵ' THEN 'w' WHEN "letter" GLOB '[ýÿŷ]' THEN 'y'
                WHEN "letter" GLOB '[źżž]' THEN 'z'
                ELSE "letter" END, '')
            FROM (
                SELECT substr(NEW."word", "value", 1) AS "letter"
                FROM json_each('[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20]')
            )
        ) END AS "bare"
    ), json_each('[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21]')
    WHERE "value" <= length("bare") + 1;
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

-- postgresql:
-- Run again, this takes no lock that keeps a page waiting: what is there stays to be read until all is
-- made anew. Only who writes lettings waits.
LOCK TABLE "lettings_address", "lettings_letting" IN SHARE ROW EXCLUSIVE MODE;

-- The words of each letting, in their order: a phrase is looked for in here.
CREATE TABLE IF NOT EXISTS "lettings_search" (
    "id" integer PRIMARY KEY,
    "title" tsvector NOT NULL,
    "texts" tsvector NOT NULL
);
-- The lettings that have a word, a bit each, in blocks of 1024 keys: words that many have are met by
-- combining bits, and what is found comes in the order of its keys, so that a search ends when it has
-- enough. GIN, which has no order, would give all of them first. What words are of:
--     "cottage"            title, city or state
--     U+E002 "cottage"     the title
--     U+E000, U+E001       the place, as above
CREATE TABLE IF NOT EXISTS "lettings_search_block" (
    "word" text COLLATE "C" NOT NULL,
    "block" integer NOT NULL,
    "lettings" bit(1024) NOT NULL,
    PRIMARY KEY ("word", "block")
) WITH (fillfactor = 80);
-- Words that begin alike.
CREATE INDEX IF NOT EXISTS "lettings_search_block_word"
    ON "lettings_search_block" ("block", "word");
CREATE TABLE IF NOT EXISTS "lettings_search_letting" (
    "id" integer PRIMARY KEY,
    "address_id" integer NOT NULL,
    "state" text COLLATE "C" NOT NULL,
    "city" text COLLATE "C" NOT NULL
);
CREATE TABLE IF NOT EXISTS "lettings_search_state" (
    "state" text COLLATE "C" PRIMARY KEY,
    "lettings" integer NOT NULL
);
CREATE TABLE IF NOT EXISTS "lettings_search_city" (
    "city" text COLLATE "C" NOT NULL,
    "state" text COLLATE "C" NOT NULL,
    "lettings" integer NOT NULL,
    PRIMARY KEY ("city", "state")
);
CREATE TABLE IF NOT EXISTS "lettings_search_word" ("word" text COLLATE "C" PRIMARY KEY);
CREATE TABLE IF NOT EXISTS "lettings_search_part" (
    "part" text COLLATE "C" NOT NULL,
    "word" text COLLATE "C" NOT NULL,
    PRIMARY KEY ("part", "word")
);
CREATE INDEX IF NOT EXISTS "lettings_search_letting_address"
    ON "lettings_search_letting" ("address_id");
CREATE INDEX IF NOT EXISTS "lettings_search_letting_state"
    ON "lettings_search_letting" ("state", "id");
CREATE INDEX IF NOT EXISTS "lettings_search_letting_city"
    ON "lettings_search_letting" ("city", "id");
CREATE INDEX IF NOT EXISTS "lettings_search_letting_place"
    ON "lettings_search_letting" ("state", "city", "id");
CREATE INDEX IF NOT EXISTS "lettings_search_city_largest"
    ON "lettings_search_city" ("lettings" DESC, "city", "state");
CREATE INDEX IF NOT EXISTS "lettings_search_city_state"
    ON "lettings_search_city" ("state", "lettings" DESC, "city");

-- The lettings that a transaction has changed: all are entered together when it commits, so that rows
-- that come one by one cost no more than those of one statement, and the counts, which all writers
-- share, are held no longer than a commit takes. Nobody sees a row in here but who wrote it.
CREATE TABLE IF NOT EXISTS "lettings_search_due" (
    "transaction" xid8 NOT NULL DEFAULT pg_current_xact_id(),
    "id" integer NOT NULL,
    "is_first" boolean NOT NULL
);
CREATE INDEX IF NOT EXISTS "lettings_search_due_id" ON "lettings_search_due" ("transaction", "id");

-- What functions below keep as theirs (FROM CURRENT): a temporary table, which anybody may make, comes
-- last, and is never taken for one of these.
SELECT set_config('search_path', current_setting('search_path') || ', pg_temp', true);

-- Small letters without accents, whatever the collation of what it is given; what
-- search.c puts between words stays as it is.
CREATE OR REPLACE FUNCTION lettings_search_fold(words text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT lower(normalize(regexp_replace(normalize(words, NFD), '[\u0300-\u036f]', '', 'g'), NFC)
        COLLATE "default")
$$;

-- The words of a text in their order. What is part of a word is listed, since a database may have a
-- locale that knows no letters beyond ASCII. Most texts have none of these, and then take a third of
-- the time. In PL/pgSQL, which keeps what it has parsed and planned for the next call.
CREATE OR REPLACE FUNCTION lettings_search_words(words text) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    IF octet_length(words) = char_length(words) THEN
        words := regexp_replace(lower(left(words, 2000) COLLATE "C"), '[^a-z0-9]+', ' ', 'g');
    ELSE
        words := regexp_replace(regexp_replace(lettings_search_fold(left(words, 2000)),
            '([ก-ໟက-႟ក-៹⺀-鿿가-힣豈-龎𠀀-𲎯])', ' \1 ', 'g'),
            '[^a-z0-9\u00aa\u00b5\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u1fff\u2071\u207f'
            '\u2090-\u209c\u20d0-\u214f\u2150-\u218f\u2460-\u24ff\u2c00-\u2dff\u2e80-\u2fff'
            '\u3005-\u3007\u3021-\u302f\u3031-\ud7ff\uf900-\ufdff\ufe20-\ufe2f\ufe70-\ufefe'
            '\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\uff66-\uffdc\U00010000-\U000e01ef]+',
            ' ', 'g');
    END IF;
    RETURN COALESCE((
        SELECT string_agg('''' || left(word, 200) || ''':' || place, ' ')
        FROM unnest(string_to_array(words, ' ')) WITH ORDINALITY AS list (word, place)
        WHERE word <> ''
    ), '')::tsvector;
END $$;

-- One word for the state and one for the city, as above.
CREATE OR REPLACE FUNCTION lettings_search_place(state text, city text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (U&'\E000' || encode(convert_to(state, 'UTF8'), 'hex')
        || ' ' || U&'\E001' || encode(convert_to(city, 'UTF8'), 'hex'))::tsvector
$$;

-- The keys of a block's bits.
CREATE OR REPLACE FUNCTION lettings_search_keys(block integer, bits bit)
RETURNS SETOF integer LANGUAGE sql IMMUTABLE AS $$
    SELECT CAST((block << 10) - 1 + sum(length(gap) + 1) OVER (ORDER BY number) AS integer)
    FROM string_to_table(CAST(bits AS text), '1') WITH ORDINALITY AS part (gap, number)
    WHERE number <= bit_count(bits)
$$;

-- Of these blocks, those with lettings that have a word of each clause; and which lettings. Mostly a
-- clause is one word.
CREATE OR REPLACE FUNCTION lettings_search_met(words text[], clauses integer[], clause_count integer,
    here integer, beyond integer) RETURNS TABLE ("block" integer, "lettings" bit)
LANGUAGE sql STABLE AS $$
    SELECT b."block", bit_and(b."lettings")
    FROM unnest(words) AS w (word) CROSS JOIN LATERAL (
        SELECT * FROM "lettings_search_block" WHERE "word" = w.word
            AND "block" >= here AND "block" < beyond OFFSET 0) AS b
    WHERE cardinality(words) = clause_count
    GROUP BY b."block" HAVING COUNT(*) = clause_count AND bit_count(bit_and(b."lettings")) > 0
    UNION ALL
    SELECT clause."block", bit_and(clause."lettings") FROM (
        SELECT w.clause, b."block", bit_or(b."lettings") AS "lettings"
        FROM unnest(words, clauses) AS w (word, clause) CROSS JOIN LATERAL (
            SELECT * FROM "lettings_search_block" WHERE "word" = w.word
                AND "block" >= here AND "block" < beyond OFFSET 0) AS b
        WHERE cardinality(words) <> clause_count GROUP BY w.clause, b."block"
    ) AS clause
    GROUP BY clause."block"
    HAVING COUNT(*) = clause_count AND bit_count(bit_and(clause."lettings")) > 0
    ORDER BY 1
$$;

-- The words that begin so, and one more than `most` at most.
CREATE OR REPLACE FUNCTION lettings_search_begins(beginning text, beyond text, most integer)
RETURNS text[] LANGUAGE plpgsql STABLE AS $$
DECLARE
    words text[] := '{}';
    next_word text := beginning;
BEGIN
    WHILE array_length(words, 1) IS NULL OR array_length(words, 1) <= most LOOP
        SELECT b."word" INTO next_word FROM "lettings_search_block" b
        WHERE b."word" >= next_word AND b."word" < beyond ORDER BY b."word", b."block" LIMIT 1;
        EXIT WHEN NOT FOUND;
        words := words || next_word;
        next_word := next_word || chr(1);
    END LOOP;
    RETURN words;
END $$;

-- The first keys of the lettings that have one of the words of each clause, as `a|b&c*` has them (a or
-- b, and one that begins with c), and that `phrases`, the same as a tsquery, finds, where words follow
-- each other. It goes from block to block, through ever more of them at once, until it has enough.
CREATE OR REPLACE FUNCTION lettings_search_find(match text, phrases text, titles boolean, most bigint)
RETURNS SETOF integer LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_generic_plan SET jit = off SET enable_seqscan = off
SET enable_bitmapscan = off
AS $$
DECLARE
    words text[] := '{}';
    clauses integer[] := '{}';
    either text[]; -- of the one clause with a beginning that too many words have to name each
    beginning text;
    beyond_beginning text;
    clause_count integer := 0;
    here integer;
    beyond integer;
    last_block integer;
    step integer := 2;
    hits bigint := 0;
    rows bigint;
    item record;
    many boolean;
    any_has boolean;
    query tsquery := CASE WHEN phrases <> '' THEN CAST(lettings_search_fold(phrases) AS tsquery) END;
BEGIN
    SELECT min("id") >> 10, max("id") >> 10 INTO here, last_block FROM "lettings_search";
    FOR item IN SELECT string_to_array(clause, '|') AS words
        FROM string_to_table(lettings_search_fold(match), '&') AS clause
    LOOP
        IF titles THEN
            item.words := array(SELECT CASE WHEN ascii(word) IN (57344, 57345) THEN word
                ELSE U&'\E002' || word END FROM unnest(item.words) AS word);
        END IF;
        many := false;
        IF right(item.words[1], 1) = '*' THEN
            beginning := rtrim(item.words[1], '*');
            beyond_beginning := beginning || chr(1114111);
            item.words := item.words[2:] || lettings_search_begins(beginning, beyond_beginning, 16);
            many := array_length(item.words, 1) > 16;
        END IF;
        IF many THEN
            either := item.words;
        ELSE
            clause_count := clause_count + 1;
            words := words || item.words;
            clauses := clauses || array_fill(clause_count, ARRAY[cardinality(item.words)]);
            SELECT GREATEST(here, min(b.first)), LEAST(last_block, max(b.last)),
                min(b.first) IS NOT NULL
                INTO here, last_block, any_has FROM unnest(item.words) AS typed (word) CROSS JOIN LATERAL (
                    SELECT min("block") AS first, max("block") AS last
                    FROM "lettings_search_block" WHERE "word" = typed.word OFFSET 0) AS b;
            IF NOT any_has THEN
                RETURN;
            END IF;
        END IF;
    END LOOP;
    WHILE here <= last_block AND hits < most LOOP
        beyond := LEAST(here + step, last_block + 1);
        RETURN QUERY SELECT key FROM (
            SELECT * FROM lettings_search_met(words, clauses, clause_count, here, beyond)
            WHERE either IS NULL
            UNION ALL
            SELECT base."block", base."lettings" & part."lettings" FROM (
                SELECT * FROM lettings_search_met(words, clauses, clause_count, here, beyond)
                UNION ALL
                SELECT number, ~CAST(0 AS bit(1024)) FROM generate_series(here, beyond - 1) AS number
                WHERE clause_count = 0
            ) AS base CROSS JOIN LATERAL (
                SELECT bit_or("lettings") AS "lettings" FROM (
                    SELECT "lettings" FROM "lettings_search_block" WHERE "block" = base."block"
                        AND "word" >= beginning AND "word" < beyond_beginning
                    UNION ALL SELECT "lettings" FROM "lettings_search_block"
                    WHERE "block" = base."block" AND "word" = ANY (either)
                ) AS one OFFSET 0
            ) AS part WHERE either IS NOT NULL AND bit_count(base."lettings" & part."lettings") > 0
        ) AS met CROSS JOIN LATERAL lettings_search_keys(met."block", met."lettings") AS key
        WHERE query IS NULL OR EXISTS (SELECT 1 FROM "lettings_search" s WHERE s."id" = key
            AND CASE WHEN titles THEN s."title" ELSE s."texts" END @@ query)
        LIMIT most - hits;
        GET DIAGNOSTICS rows = ROW_COUNT;
        hits := hits + rows;
        here := beyond;
        step := step * 4;
    END LOOP;
END $$;

-- Takes texts' words to suggest.
CREATE OR REPLACE FUNCTION lettings_search_suggest(words text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    WITH new AS (
        INSERT INTO "lettings_search_word"
        SELECT DISTINCT word FROM unnest(string_to_array(
            translate(lower(words COLLATE "default"), ',-', '  '), ' ')) AS list (word)
        WHERE char_length(word) BETWEEN 4 AND 20 AND word !~ '[^a-zà-öø-ÿā-ž]'
        ORDER BY word
        ON CONFLICT DO NOTHING RETURNING "word"
    )
    INSERT INTO "lettings_search_part"
    SELECT DISTINCT left(bare, place - 1) || substr(bare, place + 1), "word"
    FROM (SELECT "word", lettings_search_fold("word") AS bare FROM new) AS bared
    CROSS JOIN generate_series(1, 21) AS place WHERE place <= char_length(bare) + 1
    ON CONFLICT DO NOTHING;
END $$;

-- Enters lettings as they are now: those that are gone, and those whose place is another, leave the
-- counts first. All that is here goes by keys, however few lettings there were when it was planned.
CREATE OR REPLACE FUNCTION lettings_search_renew(keys integer[]) RETURNS void LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    words text[];
    blocks integer[];
BEGIN
    WITH gone AS (
        DELETE FROM "lettings_search_letting" s WHERE s."id" = ANY (keys) AND NOT EXISTS (
            SELECT 1 FROM "lettings_letting" l LEFT JOIN "lettings_address" a
                ON a."id" = l."address_id"
            WHERE l."id" = s."id" AND l."address_id" = s."address_id"
                AND COALESCE(a."state", '') = s."state" AND COALESCE(a."city", '') = s."city")
        RETURNING s."state", s."city"
    ), states AS (
        UPDATE "lettings_search_state" s SET "lettings" = s."lettings" - g.count
        FROM (SELECT "state", COUNT(*) FROM gone GROUP BY "state") AS g
        WHERE s."state" = g."state"
    )
    UPDATE "lettings_search_city" c SET "lettings" = c."lettings" - g.count
    FROM (SELECT "city", "state", COUNT(*) FROM gone GROUP BY "city", "state") AS g
    WHERE c."city" = g."city" AND c."state" = g."state";
    IF FOUND THEN
        DELETE FROM "lettings_search_state" WHERE "lettings" <= 0;
        DELETE FROM "lettings_search_city" WHERE "lettings" <= 0;
    END IF;

    WITH come AS (
        INSERT INTO "lettings_search_letting"
        SELECT l."id", l."address_id", COALESCE(a."state", ''), COALESCE(a."city", '')
        FROM "lettings_letting" l LEFT JOIN "lettings_address" a ON a."id" = l."address_id"
        WHERE l."id" = ANY (keys) ORDER BY l."id"
        ON CONFLICT ("id") DO NOTHING RETURNING "state", "city"
    ), states AS (
        INSERT INTO "lettings_search_state" AS s SELECT "state", COUNT(*) FROM come GROUP BY "state"
        ON CONFLICT ("state") DO UPDATE SET "lettings" = s."lettings" + excluded."lettings"
    )
    INSERT INTO "lettings_search_city" AS c
    SELECT "city", "state", COUNT(*) FROM come GROUP BY "city", "state"
    ON CONFLICT ("city", "state") DO UPDATE SET "lettings" = c."lettings" + excluded."lettings";

    -- A bit is turned where a letting has a word now that it had not, or had one that it has not.
    WITH entry AS MATERIALIZED (
        SELECT k.key, e.title, e.title || lettings_search_words(e."city" || ' ' || e."state")
                || lettings_search_place(e."state", e."city") AS texts,
            old."title" AS old_title, old."texts" AS old_texts
        FROM unnest(keys) AS k (key)
        LEFT JOIN LATERAL (
            SELECT s."state", s."city", lettings_search_words(l."title") AS title
            FROM "lettings_letting" l JOIN "lettings_search_letting" s ON s."id" = l."id"
            WHERE l."id" = k.key OFFSET 0) AS e ON true
        LEFT JOIN "lettings_search" old ON old."id" = k.key
    ), written AS (
        INSERT INTO "lettings_search" SELECT key, title, texts FROM entry
        WHERE title IS NOT NULL ORDER BY key
        ON CONFLICT ("id") DO UPDATE SET "title" = excluded."title", "texts" = excluded."texts"
    ), removed AS (
        DELETE FROM "lettings_search" WHERE "id" IN (SELECT key FROM entry WHERE title IS NULL)
    ), turned AS (
        SELECT word, key FROM (
            SELECT key, unnest(tsvector_to_array(texts)) AS word FROM entry
            UNION ALL SELECT key, unnest(tsvector_to_array(old_texts)) FROM entry
            UNION ALL SELECT key, U&'\E002' || unnest(tsvector_to_array(title)) FROM entry
            UNION ALL SELECT key, U&'\E002' || unnest(tsvector_to_array(old_title)) FROM entry
        ) AS each GROUP BY word, key HAVING COUNT(*) = 1
    ), block AS (
        INSERT INTO "lettings_search_block" AS b
        SELECT word, key >> 10, bit_or(set_bit(CAST(0 AS bit(1024)), key & 1023, 1)) FROM turned
        GROUP BY word, key >> 10
        ON CONFLICT ("word", "block") DO UPDATE SET "lettings" = b."lettings" # excluded."lettings"
        RETURNING "word", "block", "lettings"
    )
    SELECT array_agg("word"), array_agg("block") INTO words, blocks FROM block
    WHERE bit_count("lettings") = 0;
    DELETE FROM "lettings_search_block" b USING unnest(words, blocks) AS empty (word, number)
    WHERE b."word" = empty.word AND b."block" = empty.number;

    PERFORM lettings_search_suggest(string_agg(DISTINCT l."title" || ' ' || s."city", ' '))
    FROM "lettings_letting" l JOIN "lettings_search_letting" s ON s."id" = l."id"
    WHERE l."id" = ANY (keys);
END $$;

-- What a transaction has changed, when it commits. One after the other, each seeing what those before
-- it have committed: of two who change a letting and its address, the second enters both changes.
-- Whoever writes needs no rights on these tables.
CREATE OR REPLACE FUNCTION lettings_search_enter() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET enable_seqscan = off AS $$
DECLARE
    keys integer[];
BEGIN
    IF NOT EXISTS (SELECT 1 FROM "lettings_search_due"
                   WHERE "transaction" = NEW."transaction" AND "id" = NEW."id") THEN
        RETURN NULL;
    END IF;
    PERFORM pg_advisory_xact_lock(6230187451390662541);
    WITH mine AS (
        DELETE FROM "lettings_search_due" WHERE "transaction" = NEW."transaction" RETURNING "id"
    )
    SELECT array_agg(DISTINCT "id") INTO keys FROM mine;
    PERFORM lettings_search_renew(keys);
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION lettings_search_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO "lettings_search_due" ("id", "is_first")
        SELECT "id", row_number() OVER () = 1 FROM come;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO "lettings_search_due" ("id", "is_first")
        SELECT "id", row_number() OVER () = 1 FROM gone;
    ELSE
        INSERT INTO "lettings_search_due" ("id", "is_first")
        SELECT "id", row_number() OVER () = 1 FROM (
            SELECT "id" FROM (SELECT "id", "title", "address_id" FROM come
                EXCEPT SELECT "id", "title", "address_id" FROM gone) AS other
            UNION ALL (SELECT "id" FROM gone EXCEPT SELECT "id" FROM come)
        ) AS changed;
    END IF;
    RETURN NULL;
END $$;

-- The letting at an address that has come, gone or changed.
CREATE OR REPLACE FUNCTION lettings_search_moved() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
SET enable_seqscan = off AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO "lettings_search_due" ("id", "is_first")
        SELECT l."id", row_number() OVER () = 1
        FROM come a CROSS JOIN LATERAL (
            SELECT "id" FROM "lettings_letting" WHERE "address_id" = a."id" OFFSET 0) AS l;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO "lettings_search_due" ("id", "is_first")
        SELECT l."id", row_number() OVER () = 1
        FROM gone a CROSS JOIN LATERAL (
            SELECT "id" FROM "lettings_letting" WHERE "address_id" = a."id" OFFSET 0) AS l;
    ELSE
        INSERT INTO "lettings_search_due" ("id", "is_first")
        SELECT l."id", row_number() OVER () = 1 FROM (
            SELECT "id" FROM (SELECT "id", "state", "city" FROM come
                EXCEPT SELECT "id", "state", "city" FROM gone) AS other
            UNION ALL (SELECT "id" FROM gone EXCEPT SELECT "id" FROM come)
        ) AS a CROSS JOIN LATERAL (
            SELECT "id" FROM "lettings_letting" WHERE "address_id" = a."id" OFFSET 0) AS l;
    END IF;
    RETURN NULL;
END $$;

-- TRUNCATE, as Django's flush does it, tells of no rows.
CREATE OR REPLACE FUNCTION lettings_search_emptied() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    TRUNCATE "lettings_search", "lettings_search_block", "lettings_search_letting",
        "lettings_search_state", "lettings_search_city";
    RETURN NULL;
END $$;

-- Nobody else puts these on tables of their own.
REVOKE EXECUTE ON FUNCTION lettings_search_enter(), lettings_search_changed(),
    lettings_search_moved(), lettings_search_emptied() FROM PUBLIC;

-- What is there is put in at once, some at a time.
SELECT pg_advisory_xact_lock(6230187451390662541);
DELETE FROM "lettings_search_due";
DELETE FROM "lettings_search";
DELETE FROM "lettings_search_block";
DELETE FROM "lettings_search_letting";
DELETE FROM "lettings_search_state";
DELETE FROM "lettings_search_city";
DELETE FROM "lettings_search_word";
DELETE FROM "lettings_search_part";
DO $$
DECLARE
    keys integer[];
BEGIN
    FOR keys IN SELECT array_agg("id") FROM "lettings_letting" GROUP BY "id" >> 14 ORDER BY "id" >> 14
    LOOP
        PERFORM lettings_search_renew(keys);
    END LOOP;
END $$;
ANALYZE "lettings_letting", "lettings_address", "lettings_search", "lettings_search_block",
    "lettings_search_letting", "lettings_search_city";

DROP TRIGGER IF EXISTS "lettings_search_due_enter" ON "lettings_search_due";
CREATE CONSTRAINT TRIGGER "lettings_search_due_enter" AFTER INSERT ON "lettings_search_due"
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW."is_first")
    EXECUTE FUNCTION lettings_search_enter();
-- None names a column: PostgreSQL would refuse to change that column's type.
CREATE OR REPLACE TRIGGER "lettings_letting_insert" AFTER INSERT ON "lettings_letting"
    REFERENCING NEW TABLE AS come EXECUTE FUNCTION lettings_search_changed();
CREATE OR REPLACE TRIGGER "lettings_letting_update" AFTER UPDATE ON "lettings_letting"
    REFERENCING OLD TABLE AS gone NEW TABLE AS come EXECUTE FUNCTION lettings_search_changed();
CREATE OR REPLACE TRIGGER "lettings_letting_delete" AFTER DELETE ON "lettings_letting"
    REFERENCING OLD TABLE AS gone EXECUTE FUNCTION lettings_search_changed();
CREATE OR REPLACE TRIGGER "lettings_letting_truncate" AFTER TRUNCATE ON "lettings_letting"
    EXECUTE FUNCTION lettings_search_emptied();
CREATE OR REPLACE TRIGGER "lettings_address_insert" AFTER INSERT ON "lettings_address"
    REFERENCING NEW TABLE AS come EXECUTE FUNCTION lettings_search_moved();
CREATE OR REPLACE TRIGGER "lettings_address_update" AFTER UPDATE ON "lettings_address"
    REFERENCING OLD TABLE AS gone NEW TABLE AS come EXECUTE FUNCTION lettings_search_moved();
CREATE OR REPLACE TRIGGER "lettings_address_delete" AFTER DELETE ON "lettings_address"
    REFERENCING OLD TABLE AS gone EXECUTE FUNCTION lettings_search_moved();

-- backward:
-- sqlite:
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
-- postgresql:
DROP TRIGGER "lettings_address_insert" ON "lettings_address";
DROP TRIGGER "lettings_address_update" ON "lettings_address";
DROP TRIGGER "lettings_address_delete" ON "lettings_address";
DROP TRIGGER "lettings_letting_insert" ON "lettings_letting";
DROP TRIGGER "lettings_letting_update" ON "lettings_letting";
DROP TRIGGER "lettings_letting_delete" ON "lettings_letting";
DROP TRIGGER "lettings_letting_truncate" ON "lettings_letting";
DROP TABLE "lettings_search_due";
DROP TABLE "lettings_search";
DROP TABLE "lettings_search_block";
DROP TABLE "lettings_search_letting";
DROP TABLE "lettings_search_state";
DROP TABLE "lettings_search_city";
DROP TABLE "lettings_search_word";
DROP TABLE "lettings_search_part";
DROP FUNCTION lettings_search_find(text, text, boolean, bigint);
DROP FUNCTION lettings_search_begins(text, text, integer);
DROP FUNCTION lettings_search_met(text[], integer[], integer, integer, integer);
DROP FUNCTION lettings_search_keys(integer, bit);
DROP FUNCTION lettings_search_changed();
DROP FUNCTION lettings_search_moved();
DROP FUNCTION lettings_search_emptied();
DROP FUNCTION lettings_search_enter();
DROP FUNCTION lettings_search_renew(integer[]);
DROP FUNCTION lettings_search_suggest(text);
DROP FUNCTION lettings_search_words(text);
DROP FUNCTION lettings_search_place(text, text);
DROP FUNCTION lettings_search_fold(text);
