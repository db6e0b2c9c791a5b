/* The tables of Django's own tags and filters. */
#pragma once

#include "template/library.h"

/* The one that needs no {% load %}, whose name is "", and those that do. Ends with NULL. */
extern const struct template_library *const template_libraries[];
