-- To find the people who love a city.
-- deferrable:
-- repeatable:
DROP INDEX IF EXISTS "profiles_profile_favorite_city";
CREATE INDEX "profiles_profile_favorite_city" ON "profiles_profile" ("favorite_city", "id");

-- backward:
DROP INDEX IF EXISTS "profiles_profile_favorite_city";
