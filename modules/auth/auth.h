/* What other modules may use of auth. */
#pragma once

#include "auth/models.h"
