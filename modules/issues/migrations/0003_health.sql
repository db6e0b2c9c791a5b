-- How the requests of an hour ended, of each release.
-- deferrable:
CREATE TABLE "issues_health" (
    "id" {pk},
    "project_id" integer NOT NULL REFERENCES "issues_project" ("id")
        ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    "release" varchar(200) NOT NULL,
    "environment" varchar(64) NOT NULL,
    "hour" bigint NOT NULL,
    "exited" bigint NOT NULL,
    "errored" bigint NOT NULL,
    "crashed" bigint NOT NULL,
    UNIQUE ("project_id", "release", "environment", "hour")
);
CREATE INDEX "issues_health_hour" ON "issues_health" ("hour");

-- backward:
DROP TABLE "issues_health";
