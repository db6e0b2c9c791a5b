-- Files between the question and the answer, in parts, as base64.
-- deferrable:
CREATE TABLE "uploads_part" (
    "upload" varchar(32) NOT NULL,
    "number" integer NOT NULL,
    "owner" integer NOT NULL,
    "kept_at" bigint NOT NULL,
    "content" text NOT NULL,
    PRIMARY KEY ("upload", "number")
);
CREATE INDEX "uploads_part_kept_at" ON "uploads_part" ("kept_at");

-- backward:
DROP TABLE "uploads_part";
