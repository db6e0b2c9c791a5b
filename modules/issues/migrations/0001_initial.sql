-- Issues, and what is known of them. Each row goes with what it belongs to.
-- deferrable:
CREATE TABLE "issues_project" (
    "id" {pk},
    "name" varchar(100) NOT NULL,
    "public_key" varchar(32) NOT NULL UNIQUE,
    "is_active" {bool} NOT NULL
);

CREATE TABLE "issues_issue" (
    "id" {pk},
    "project_id" integer NOT NULL REFERENCES "issues_project" ("id")
        ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    "title" varchar(256) NOT NULL,
    "culprit" varchar(200) NOT NULL,
    "level" varchar(10) NOT NULL,
    "platform" varchar(30) NOT NULL,
    "status" varchar(10) NOT NULL,
    "is_regressed" {bool} NOT NULL,
    "first_seen" {datetime} NOT NULL,
    "last_seen" {datetime} NOT NULL,
    "times_seen" bigint NOT NULL,
    "users_seen" bigint NOT NULL,
    "first_release" varchar(200) NOT NULL,
    "last_release" varchar(200) NOT NULL,
    "resolved_in" varchar(200) NOT NULL,
    "first_event_id" varchar(32) NOT NULL,
    "mailed_at" {datetime} NULL,
    "waits_for_mail" {bool} NOT NULL
);
CREATE INDEX "issues_issue_project" ON "issues_issue" ("project_id");
CREATE INDEX "issues_issue_status" ON "issues_issue" ("status", "last_seen");
CREATE INDEX "issues_issue_last_seen" ON "issues_issue" ("last_seen");

CREATE TABLE "issues_grouphash" (
    "id" {pk},
    "project_id" integer NOT NULL REFERENCES "issues_project" ("id")
        ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    "hash" varchar(32) NOT NULL,
    "issue_id" integer NOT NULL REFERENCES "issues_issue" ("id")
        ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    UNIQUE ("project_id", "hash")
);
CREATE INDEX "issues_grouphash_issue" ON "issues_grouphash" ("issue_id");

CREATE TABLE "issues_event" (
    "id" {pk},
    "issue_id" integer NOT NULL REFERENCES "issues_issue" ("id")
        ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    "event_id" varchar(32) NOT NULL,
    "happened_at" {datetime} NOT NULL,
    "release" varchar(200) NOT NULL,
    "environment" varchar(64) NOT NULL,
    "size" integer NOT NULL,
    "payload" text NOT NULL
);
CREATE INDEX "issues_event_issue" ON "issues_event" ("issue_id");

CREATE TABLE "issues_seenevent" (
    "id" {pk},
    "project_id" integer NOT NULL REFERENCES "issues_project" ("id")
        ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    "event_id" varchar(32) NOT NULL,
    UNIQUE ("project_id", "event_id")
);

CREATE TABLE "issues_hourly" (
    "id" {pk},
    "issue_id" integer NOT NULL REFERENCES "issues_issue" ("id")
        ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    "hour" bigint NOT NULL,
    "count" bigint NOT NULL,
    UNIQUE ("issue_id", "hour")
);
CREATE INDEX "issues_hourly_hour" ON "issues_hourly" ("hour");

CREATE TABLE "issues_tagvalue" (
    "id" {pk},
    "issue_id" integer NOT NULL REFERENCES "issues_issue" ("id")
        ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    "name" varchar(200) NOT NULL,
    "value" varchar(200) NOT NULL,
    "count" bigint NOT NULL,
    UNIQUE ("issue_id", "name", "value")
);
CREATE INDEX "issues_tagvalue_name" ON "issues_tagvalue" ("name", "value");

CREATE TABLE "issues_touched" (
    "id" {pk},
    "issue_id" integer NOT NULL REFERENCES "issues_issue" ("id")
        ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    "visitor" varchar(32) NOT NULL,
    UNIQUE ("issue_id", "visitor")
);

-- backward:
DROP TABLE "issues_touched";
DROP TABLE "issues_tagvalue";
DROP TABLE "issues_hourly";
DROP TABLE "issues_seenevent";
DROP TABLE "issues_event";
DROP TABLE "issues_grouphash";
DROP TABLE "issues_issue";
DROP TABLE "issues_project";
