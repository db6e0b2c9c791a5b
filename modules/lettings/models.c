#include "lettings/models.h"

#define MODEL_STRUCT struct address
MODEL(address, ADDRESS_FIELDS, "lettings");
#undef MODEL_STRUCT

#define MODEL_STRUCT struct letting
MODEL(letting, LETTING_FIELDS, "lettings");
