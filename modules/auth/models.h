/* Django's own tables of django.contrib.auth. */
#pragma once

#include "model/model.h"

#define USER_FIELDS(F)                                                                             \
    F(id, ROWID, "ID")                                                                             \
    F(password, TEXT, "password", .max_length = 128)                                               \
    F(last_login, DATETIME, "last login", .null = true)                                            \
    F(is_superuser, BOOLEAN, "superuser status")                                                   \
    F(username, TEXT, "username", .max_length = 150, .unique = true)                               \
    F(first_name, TEXT, "first name", .max_length = 150)                                           \
    F(last_name, TEXT, "last name", .max_length = 150)                                             \
    F(email, TEXT, "email address", .max_length = 254)                                             \
    F(is_staff, BOOLEAN, "staff status")                                                           \
    F(is_active, BOOLEAN, "active")                                                                \
    F(date_joined, DATETIME, "date joined")

MODEL_ROW(user, USER_FIELDS);
