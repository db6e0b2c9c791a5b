/* Tables of django.contrib.auth. */
#pragma once

#include "contenttypes/contenttypes.h"
#include "model/model.h"
#include "template/unicode.h"

#define PERMISSION_FIELDS(F)                                                                       \
    F(id, ROWID, "ID")                                                                             \
    F(name, TEXT, N_("name"), .max_length = 255)                                                   \
    F(content_type, FOREIGN_KEY, N_("content type"), .to = &contenttype_model,                     \
      .on_delete = CASCADE)                                                                        \
    F(codename, TEXT, N_("codename"), .max_length = 100)

#define GROUP_FIELDS(F)                                                                            \
    F(id, ROWID, "ID")                                                                             \
    F(name, TEXT, N_("name"), .max_length = 150, .unique = true)                                   \
    F(permissions, MANY_TO_MANY, N_("permissions"), .to = &permission_model, .blank = true)

#define USER_FIELDS(F)                                                                             \
    F(id, ROWID, "ID")                                                                             \
    F(password, TEXT, N_("password"), .max_length = 128)                                           \
    F(last_login, DATETIME, N_("last login"), .null = true, .blank = true)                         \
    F(is_superuser, BOOLEAN, N_("superuser status"), .default_to = "false",                        \
      .help_text = N_("Has every permission without being given any."))                            \
    F(username, TEXT, N_("username"), .max_length = 150, .unique = true,                           \
      .help_text = N_("At most 150 characters: letters, digits and @ . + - _"),                    \
      .normalize = unicode_nfkc, .validators = VALIDATORS(validate_username))                      \
    F(first_name, TEXT, N_("first name"), .max_length = 150, .blank = true)                        \
    F(last_name, TEXT, N_("last name"), .max_length = 150, .blank = true)                          \
    F(email, TEXT, N_("email address"), .max_length = 254, .blank = true,                          \
      .validators = VALIDATORS(validate_email))                                                    \
    F(is_staff, BOOLEAN, N_("staff status"), .default_to = "false",                                \
      .help_text = N_("May sign in to the admin."))                                                \
    F(is_active, BOOLEAN, N_("active"), .default_to = "true",                                      \
      .help_text = N_("Take this away rather than deleting an account."))                          \
    F(date_joined, DATETIME, N_("date joined"), .default_to = "now")                               \
    F(groups, MANY_TO_MANY, N_("groups"), .to = &group_model, .blank = true,                       \
      .help_text = N_("Gives every permission of each of these groups."))                          \
    F(user_permissions, MANY_TO_MANY, N_("user permissions"), .to = &permission_model,             \
      .blank = true, .help_text = N_("Permissions beside those of the groups."))

MODEL_ROW(permission, PERMISSION_FIELDS);
MODEL_ROW(group, GROUP_FIELDS);
MODEL_ROW(user, USER_FIELDS);
