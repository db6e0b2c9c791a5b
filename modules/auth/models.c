#include "auth/models.h"

#define MODEL_STRUCT struct user
MODEL(user, USER_FIELDS, "auth");
