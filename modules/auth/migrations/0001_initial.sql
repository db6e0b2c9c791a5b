CREATE TABLE "auth_permission" (
    "id" {pk},
    "name" varchar(50) NOT NULL,
    "content_type_id" integer NOT NULL REFERENCES "django_content_type" ("id")
        DEFERRABLE INITIALLY DEFERRED,
    "codename" varchar(100) NOT NULL
);
-- sqlite:
CREATE UNIQUE INDEX "auth_permission_content_type_id_codename_01ab375a_uniq"
    ON "auth_permission" ("content_type_id", "codename");
-- postgresql:
ALTER TABLE "auth_permission"
    ADD CONSTRAINT "auth_permission_content_type_id_codename_01ab375a_uniq"
    UNIQUE ("content_type_id", "codename");
-- all:
CREATE INDEX "auth_permission_content_type_id_2f476e4b" ON "auth_permission" ("content_type_id");

CREATE TABLE "auth_group" (
    "id" {pk},
    "name" varchar(80) NOT NULL UNIQUE
);

CREATE TABLE "auth_group_permissions" (
    "id" {pk},
    "group_id" integer NOT NULL REFERENCES "auth_group" ("id")
        DEFERRABLE INITIALLY DEFERRED,
    "permission_id" integer NOT NULL REFERENCES "auth_permission" ("id")
        DEFERRABLE INITIALLY DEFERRED
);
-- sqlite:
CREATE UNIQUE INDEX "auth_group_permissions_group_id_permission_id_0cd325b0_uniq"
    ON "auth_group_permissions" ("group_id", "permission_id");
-- postgresql:
ALTER TABLE "auth_group_permissions"
    ADD CONSTRAINT "auth_group_permissions_group_id_permission_id_0cd325b0_uniq"
    UNIQUE ("group_id", "permission_id");
-- all:
CREATE INDEX "auth_group_permissions_group_id_b120cbf9" ON "auth_group_permissions" ("group_id");
CREATE INDEX "auth_group_permissions_permission_id_84c5c92e"
    ON "auth_group_permissions" ("permission_id");

CREATE TABLE "auth_user" (
    "id" {pk},
    "password" varchar(128) NOT NULL,
    "last_login" {datetime} NOT NULL,
    "is_superuser" {bool} NOT NULL,
    "username" varchar(30) NOT NULL UNIQUE,
    "first_name" varchar(30) NOT NULL,
    "last_name" varchar(30) NOT NULL,
    "email" varchar(75) NOT NULL,
    "is_staff" {bool} NOT NULL,
    "is_active" {bool} NOT NULL,
    "date_joined" {datetime} NOT NULL
);

CREATE TABLE "auth_user_groups" (
    "id" {pk},
    "user_id" integer NOT NULL REFERENCES "auth_user" ("id")
        DEFERRABLE INITIALLY DEFERRED,
    "group_id" integer NOT NULL REFERENCES "auth_group" ("id")
        DEFERRABLE INITIALLY DEFERRED
);
-- sqlite:
CREATE UNIQUE INDEX "auth_user_groups_user_id_group_id_94350c0c_uniq"
    ON "auth_user_groups" ("user_id", "group_id");
-- postgresql:
ALTER TABLE "auth_user_groups"
    ADD CONSTRAINT "auth_user_groups_user_id_group_id_94350c0c_uniq"
    UNIQUE ("user_id", "group_id");
-- all:
CREATE INDEX "auth_user_groups_user_id_6a12ed8b" ON "auth_user_groups" ("user_id");
CREATE INDEX "auth_user_groups_group_id_97559544" ON "auth_user_groups" ("group_id");

CREATE TABLE "auth_user_user_permissions" (
    "id" {pk},
    "user_id" integer NOT NULL REFERENCES "auth_user" ("id")
        DEFERRABLE INITIALLY DEFERRED,
    "permission_id" integer NOT NULL REFERENCES "auth_permission" ("id")
        DEFERRABLE INITIALLY DEFERRED
);
-- sqlite:
CREATE UNIQUE INDEX "auth_user_user_permissions_user_id_permission_id_14a6b632_uniq"
    ON "auth_user_user_permissions" ("user_id", "permission_id");
-- postgresql:
ALTER TABLE "auth_user_user_permissions"
    ADD CONSTRAINT "auth_user_user_permissions_user_id_permission_id_14a6b632_uniq"
    UNIQUE ("user_id", "permission_id");
-- all:
CREATE INDEX "auth_user_user_permissions_user_id_a95ead1b"
    ON "auth_user_user_permissions" ("user_id");
CREATE INDEX "auth_user_user_permissions_permission_id_1fbb5f2c"
    ON "auth_user_user_permissions" ("permission_id");

-- postgresql:
CREATE INDEX "auth_group_name_a6ea08ec_like" ON "auth_group" ("name" varchar_pattern_ops);
CREATE INDEX "auth_user_username_6821ab7c_like" ON "auth_user" ("username" varchar_pattern_ops);
ALTER TABLE "auth_permission" RENAME CONSTRAINT "auth_permission_content_type_id_fkey"
    TO "auth_permission_content_type_id_2f476e4b_fk_django_co";
ALTER TABLE "auth_group_permissions" RENAME CONSTRAINT "auth_group_permissions_group_id_fkey"
    TO "auth_group_permissions_group_id_b120cbf9_fk_auth_group_id";
ALTER TABLE "auth_group_permissions" RENAME CONSTRAINT "auth_group_permissions_permission_id_fkey"
    TO "auth_group_permissio_permission_id_84c5c92e_fk_auth_perm";
ALTER TABLE "auth_user_groups" RENAME CONSTRAINT "auth_user_groups_user_id_fkey"
    TO "auth_user_groups_user_id_6a12ed8b_fk_auth_user_id";
ALTER TABLE "auth_user_groups" RENAME CONSTRAINT "auth_user_groups_group_id_fkey"
    TO "auth_user_groups_group_id_97559544_fk_auth_group_id";
ALTER TABLE "auth_user_user_permissions" RENAME CONSTRAINT "auth_user_user_permissions_user_id_fkey"
    TO "auth_user_user_permissions_user_id_a95ead1b_fk_auth_user_id";
ALTER TABLE "auth_user_user_permissions" RENAME CONSTRAINT "auth_user_user_permissions_permission_id_fkey"
    TO "auth_user_user_permi_permission_id_1fbb5f2c_fk_auth_perm";

-- backward:
DROP TABLE "auth_user_user_permissions";
DROP TABLE "auth_user_groups";
DROP TABLE "auth_user";
DROP TABLE "auth_group_permissions";
DROP TABLE "auth_group";
DROP TABLE "auth_permission";
