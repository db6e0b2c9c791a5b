-- What the release after this one brings: a table, a column of a table that this one writes to, and an index.
-- needs: lettings.0001_initial
CREATE TABLE "next_review" (
    "id" {pk},
    "letting_id" integer NOT NULL REFERENCES "lettings_letting" ("id") ON DELETE CASCADE
        DEFERRABLE INITIALLY DEFERRED,
    "words" varchar(200) NOT NULL
);
CREATE INDEX "next_review_letting" ON "next_review" ("letting_id");
ALTER TABLE "auth_user" ADD COLUMN "reviews" integer NOT NULL DEFAULT 0;
CREATE INDEX "auth_user_reviews" ON "auth_user" ("reviews");
ALTER TABLE "probe_note" ADD COLUMN "stars" integer NOT NULL DEFAULT 3;

-- backward:
ALTER TABLE "probe_note" DROP COLUMN "stars";
DROP INDEX "auth_user_reviews";
ALTER TABLE "auth_user" DROP COLUMN "reviews";
DROP TABLE "next_review";
