CREATE TABLE "lettings_address" (
    "id" {pk},
    "number" {positive_integer} NOT NULL CHECK ("number" >= 0),
    "street" varchar(64) NOT NULL,
    "city" varchar(64) NOT NULL,
    "state" varchar(2) NOT NULL,
    "zip_code" {positive_integer} NOT NULL CHECK ("zip_code" >= 0),
    "country_iso_code" varchar(3) NOT NULL
);

CREATE TABLE "lettings_letting" (
    "id" {pk},
    "title" varchar(256) NOT NULL,
    "address_id" integer NOT NULL UNIQUE REFERENCES "lettings_address" ("id")
        DEFERRABLE INITIALLY DEFERRED
);

-- postgresql:
ALTER TABLE "lettings_letting" RENAME CONSTRAINT "lettings_letting_address_id_fkey"
    TO "lettings_letting_address_id_d7e3fd19_fk_lettings_address_id";

-- backward:
DROP TABLE "lettings_letting";
DROP TABLE "lettings_address";
