#include "profiles/models.h"

#define MODEL_STRUCT struct profile
MODEL(profile, PROFILE_FIELDS, "profiles");
