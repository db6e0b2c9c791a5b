CREATE TABLE "django_session" (
    "session_key" varchar(40) NOT NULL PRIMARY KEY,
    "session_data" text NOT NULL,
    "expire_date" {datetime} NOT NULL
);
CREATE INDEX "django_session_expire_date_a5c62663" ON "django_session" ("expire_date");

-- postgresql:
CREATE INDEX "django_session_session_key_c0390e0f_like"
    ON "django_session" ("session_key" varchar_pattern_ops);

-- backward:
DROP TABLE "django_session";
