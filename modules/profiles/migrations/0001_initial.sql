CREATE TABLE "profiles_profile" (
    "id" {pk},
    "favorite_city" varchar(64) NOT NULL,
    "user_id" integer NOT NULL UNIQUE REFERENCES "auth_user" ("id")
        DEFERRABLE INITIALLY DEFERRED
);

-- postgresql:
ALTER TABLE "profiles_profile" RENAME CONSTRAINT "profiles_profile_user_id_fkey"
    TO "profiles_profile_user_id_a3e81f91_fk_auth_user_id";

-- backward:
DROP TABLE "profiles_profile";
