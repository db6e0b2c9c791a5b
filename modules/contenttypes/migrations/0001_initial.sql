CREATE TABLE "django_content_type" (
    "id" {pk},
    "name" varchar(100) NOT NULL,
    "app_label" varchar(100) NOT NULL,
    "model" varchar(100) NOT NULL
);

-- sqlite:
CREATE UNIQUE INDEX "django_content_type_app_label_model_76bd3d3b_uniq"
    ON "django_content_type" ("app_label", "model");
-- postgresql:
ALTER TABLE "django_content_type"
    ADD CONSTRAINT "django_content_type_app_label_model_76bd3d3b_uniq"
    UNIQUE ("app_label", "model");

-- backward:
DROP TABLE "django_content_type";
