-- deferrable:
-- sqlite:
CREATE TABLE "new__auth_group" (
    "id" {pk},
    "name" varchar(150) NOT NULL UNIQUE
);
INSERT INTO "sqlite_sequence" ("name", "seq")
    SELECT 'new__auth_group', "seq" FROM "sqlite_sequence" WHERE "name" = 'auth_group';
INSERT INTO "new__auth_group"
    ("id", "name")
    SELECT "id", "name"
    FROM "auth_group";
DROP TABLE "auth_group";
ALTER TABLE "new__auth_group" RENAME TO "auth_group";
-- postgresql:
ALTER TABLE "auth_group" ALTER COLUMN "name" TYPE varchar(150);

-- backward:
-- sqlite:
CREATE TABLE "new__auth_group" (
    "id" {pk},
    "name" varchar(80) NOT NULL UNIQUE
);
INSERT INTO "sqlite_sequence" ("name", "seq")
    SELECT 'new__auth_group', "seq" FROM "sqlite_sequence" WHERE "name" = 'auth_group';
INSERT INTO "new__auth_group"
    ("id", "name")
    SELECT "id", "name"
    FROM "auth_group";
DROP TABLE "auth_group";
ALTER TABLE "new__auth_group" RENAME TO "auth_group";
-- postgresql:
ALTER TABLE "auth_group" ALTER COLUMN "name" TYPE varchar(80);
