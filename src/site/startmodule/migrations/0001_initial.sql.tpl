CREATE TABLE "gizmos_gizmo" (
    "id" {pk},
    "title" varchar(200) NOT NULL,
    "description" text NOT NULL
);
