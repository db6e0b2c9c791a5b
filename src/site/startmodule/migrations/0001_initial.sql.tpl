CREATE TABLE "gizmos_gizmo" (
    "id" {pk},
    "title" varchar(200) NOT NULL,
    "description" varchar(2000) NOT NULL
);
