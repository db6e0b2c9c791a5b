-- To find addresses by what their street or city begins with.
-- deferrable:
-- repeatable:
DROP INDEX IF EXISTS "lettings_address_street";
CREATE INDEX "lettings_address_street" ON "lettings_address" ("street" COLLATE NOCASE);
DROP INDEX IF EXISTS "lettings_address_city";
CREATE INDEX "lettings_address_city" ON "lettings_address" ("city" COLLATE NOCASE);

-- backward:
DROP INDEX IF EXISTS "lettings_address_street";
DROP INDEX IF EXISTS "lettings_address_city";
