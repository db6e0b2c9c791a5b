-- Who has tried something in vain, as digests.
-- deferrable:
CREATE TABLE "attempts_attempt" (
    "subject" varchar(80) NOT NULL PRIMARY KEY,
    "failures" integer NOT NULL,
    "last_at" bigint NOT NULL,
    "free_at" bigint NOT NULL
);

-- backward:
DROP TABLE "attempts_attempt";
