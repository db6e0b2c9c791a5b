-- deferrable:
-- sqlite:
CREATE TABLE "new__auth_permission" (
    "id" {pk},
    "name" varchar(255) NOT NULL,
    "content_type_id" integer NOT NULL REFERENCES "django_content_type" ("id")
        DEFERRABLE INITIALLY DEFERRED,
    "codename" varchar(100) NOT NULL
);
INSERT INTO "sqlite_sequence" ("name", "seq")
    SELECT 'new__auth_permission', "seq" FROM "sqlite_sequence" WHERE "name" = 'auth_permission';
INSERT INTO "new__auth_permission"
    ("id", "name", "content_type_id", "codename")
    SELECT "id", "name", "content_type_id", "codename"
    FROM "auth_permission";
DROP TABLE "auth_permission";
ALTER TABLE "new__auth_permission" RENAME TO "auth_permission";
CREATE UNIQUE INDEX "auth_permission_content_type_id_codename_01ab375a_uniq"
    ON "auth_permission" ("content_type_id", "codename");
CREATE INDEX "auth_permission_content_type_id_2f476e4b" ON "auth_permission" ("content_type_id");
-- postgresql:
ALTER TABLE "auth_permission" ALTER COLUMN "name" TYPE varchar(255);

-- backward:
-- sqlite:
CREATE TABLE "new__auth_permission" (
    "id" {pk},
    "name" varchar(50) NOT NULL,
    "content_type_id" integer NOT NULL REFERENCES "django_content_type" ("id")
        DEFERRABLE INITIALLY DEFERRED,
    "codename" varchar(100) NOT NULL
);
INSERT INTO "sqlite_sequence" ("name", "seq")
    SELECT 'new__auth_permission', "seq" FROM "sqlite_sequence" WHERE "name" = 'auth_permission';
INSERT INTO "new__auth_permission"
    ("id", "name", "content_type_id", "codename")
    SELECT "id", "name", "content_type_id", "codename"
    FROM "auth_permission";
DROP TABLE "auth_permission";
ALTER TABLE "new__auth_permission" RENAME TO "auth_permission";
CREATE UNIQUE INDEX "auth_permission_content_type_id_codename_01ab375a_uniq"
    ON "auth_permission" ("content_type_id", "codename");
CREATE INDEX "auth_permission_content_type_id_2f476e4b" ON "auth_permission" ("content_type_id");
-- postgresql:
ALTER TABLE "auth_permission" ALTER COLUMN "name" TYPE varchar(50);
