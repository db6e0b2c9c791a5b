-- To find addresses by what their street or city begins with.
-- deferrable:
-- repeatable:
DROP INDEX IF EXISTS "lettings_address_street";
-- sqlite:
CREATE INDEX "lettings_address_street" ON "lettings_address" ("street" COLLATE NOCASE);
-- postgresql:
CREATE INDEX "lettings_address_street" ON "lettings_address" (upper("street") text_pattern_ops);
-- all:
DROP INDEX IF EXISTS "lettings_address_city";
-- sqlite:
CREATE INDEX "lettings_address_city" ON "lettings_address" ("city" COLLATE NOCASE);
-- postgresql:
CREATE INDEX "lettings_address_city" ON "lettings_address" (upper("city") text_pattern_ops);

-- backward:
DROP INDEX IF EXISTS "lettings_address_street";
DROP INDEX IF EXISTS "lettings_address_city";
