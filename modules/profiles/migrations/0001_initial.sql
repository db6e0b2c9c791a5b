CREATE TABLE "profiles_profile" (
    "id" {pk},
    "favorite_city" varchar(64) NOT NULL,
    "user_id" integer NOT NULL UNIQUE
        REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED
);
