CREATE TABLE "django_admin_log" (
    "id" {pk},
    "action_time" {datetime} NOT NULL,
    "object_id" text NULL,
    "object_repr" varchar(200) NOT NULL,
    "action_flag" {positive_small_integer} NOT NULL CHECK ("action_flag" >= 0),
    "change_message" text NOT NULL,
    "content_type_id" integer NULL REFERENCES "django_content_type" ("id")
        DEFERRABLE INITIALLY DEFERRED,
    "user_id" integer NOT NULL REFERENCES "auth_user" ("id")
        DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX "django_admin_log_content_type_id_c4bce8eb" ON "django_admin_log" ("content_type_id");
CREATE INDEX "django_admin_log_user_id_c564eba6" ON "django_admin_log" ("user_id");

-- postgresql:
ALTER TABLE "django_admin_log" RENAME CONSTRAINT "django_admin_log_content_type_id_fkey"
    TO "django_admin_log_content_type_id_c4bce8eb_fk_django_co";
ALTER TABLE "django_admin_log" RENAME CONSTRAINT "django_admin_log_user_id_fkey"
    TO "django_admin_log_user_id_c564eba6_fk_auth_user_id";

-- backward:
DROP TABLE "django_admin_log";
