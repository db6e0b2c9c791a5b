-- initial:
ALTER TABLE "django_content_type" DROP COLUMN "name";

-- backward:
ALTER TABLE "django_content_type" ADD COLUMN "name" varchar(100) NOT NULL DEFAULT '';
UPDATE "django_content_type" SET "name" = "model";
-- postgresql:
ALTER TABLE "django_content_type" ALTER COLUMN "name" DROP DEFAULT;
