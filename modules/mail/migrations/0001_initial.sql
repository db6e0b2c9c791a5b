-- Mails that are still to be sent. A row goes when its mail has been taken by a server.
-- deferrable:
CREATE TABLE "mail_outgoing" (
    "id" {pk},
    "recipient" varchar(254) NOT NULL,
    "subject" varchar(200) NOT NULL,
    "body" text NOT NULL,
    "created_at" {datetime} NOT NULL,
    "next_try_at" {datetime} NOT NULL,
    "tries" integer NOT NULL,
    "error" text NOT NULL
);
CREATE INDEX "mail_outgoing_next_try_at" ON "mail_outgoing" ("next_try_at");

-- backward:
DROP TABLE "mail_outgoing";
