/* Migrations as the tests write them: label, name, SQL and further members. */
#pragma once

#include "database.h"

#include "model/migrations.h"

#define MIGRATION(label, number, text, ...)                                                        \
    {                                                                                              \
        .app_label = (label), .name = TEXT(number), .sql = text __VA_OPT__(, ) __VA_ARGS__         \
    }

#define RECORDED "SELECT COUNT(*) FROM django_migrations"
