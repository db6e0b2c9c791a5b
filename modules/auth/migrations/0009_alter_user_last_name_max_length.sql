-- deferrable:
-- sqlite:
CREATE TABLE "new__auth_user" (
    "id" {pk},
    "password" varchar(128) NOT NULL,
    "last_login" {datetime} NULL,
    "is_superuser" {bool} NOT NULL,
    "username" varchar(150) NOT NULL UNIQUE,
    "first_name" varchar(30) NOT NULL,
    "last_name" varchar(150) NOT NULL,
    "email" varchar(254) NOT NULL,
    "is_staff" {bool} NOT NULL,
    "is_active" {bool} NOT NULL,
    "date_joined" {datetime} NOT NULL
);
INSERT INTO "sqlite_sequence" ("name", "seq")
    SELECT 'new__auth_user', "seq" FROM "sqlite_sequence" WHERE "name" = 'auth_user';
INSERT INTO "new__auth_user"
    ("id", "password", "last_login", "is_superuser", "username", "first_name", "last_name",
     "email", "is_staff", "is_active", "date_joined")
    SELECT "id", "password", "last_login", "is_superuser", "username", "first_name", "last_name",
        "email", "is_staff", "is_active", "date_joined"
    FROM "auth_user";
DROP TABLE "auth_user";
ALTER TABLE "new__auth_user" RENAME TO "auth_user";
-- postgresql:
ALTER TABLE "auth_user" ALTER COLUMN "last_name" TYPE varchar(150);

-- backward:
-- sqlite:
CREATE TABLE "new__auth_user" (
    "id" {pk},
    "password" varchar(128) NOT NULL,
    "last_login" {datetime} NULL,
    "is_superuser" {bool} NOT NULL,
    "username" varchar(150) NOT NULL UNIQUE,
    "first_name" varchar(30) NOT NULL,
    "last_name" varchar(30) NOT NULL,
    "email" varchar(254) NOT NULL,
    "is_staff" {bool} NOT NULL,
    "is_active" {bool} NOT NULL,
    "date_joined" {datetime} NOT NULL
);
INSERT INTO "sqlite_sequence" ("name", "seq")
    SELECT 'new__auth_user', "seq" FROM "sqlite_sequence" WHERE "name" = 'auth_user';
INSERT INTO "new__auth_user"
    ("id", "password", "last_login", "is_superuser", "username", "first_name", "last_name",
     "email", "is_staff", "is_active", "date_joined")
    SELECT "id", "password", "last_login", "is_superuser", "username", "first_name", "last_name",
        "email", "is_staff", "is_active", "date_joined"
    FROM "auth_user";
DROP TABLE "auth_user";
ALTER TABLE "new__auth_user" RENAME TO "auth_user";
-- postgresql:
ALTER TABLE "auth_user" ALTER COLUMN "last_name" TYPE varchar(30);
