/* What other modules may use of contenttypes. */
#pragma once

#include "contenttypes/models.h"
