-- How long routes and statements take, by hours.
-- deferrable:
CREATE TABLE "issues_timed" (
    "id" {pk},
    "project_id" integer NOT NULL REFERENCES "issues_project" ("id")
        ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    "kind" varchar(10) NOT NULL,
    "name" varchar(300) NOT NULL,
    UNIQUE ("project_id", "kind", "name")
);

CREATE TABLE "issues_timing" (
    "id" {pk},
    "timed_id" integer NOT NULL REFERENCES "issues_timed" ("id")
        ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    "hour" bigint NOT NULL,
    "bucket" integer NOT NULL,
    "count" bigint NOT NULL,
    "failures" bigint NOT NULL,
    "micros" bigint NOT NULL,
    UNIQUE ("timed_id", "hour", "bucket")
);
CREATE INDEX "issues_timing_hour" ON "issues_timing" ("hour");

-- backward:
DROP TABLE "issues_timing";
DROP TABLE "issues_timed";
