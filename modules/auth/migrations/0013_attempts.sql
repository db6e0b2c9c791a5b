-- Who has tried in vain to sign in, of our own: Django does not know the table.
CREATE TABLE "auth_attempt" (
    "subject" varchar(80) NOT NULL PRIMARY KEY,
    "failures" integer NOT NULL,
    "last_at" bigint NOT NULL,
    "free_at" bigint NOT NULL
);

-- backward:
DROP TABLE "auth_attempt";
