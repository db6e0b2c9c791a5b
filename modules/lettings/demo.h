#pragma once

#include "site/module.h"

enum status lettings_demo(struct db *db, const struct demo *demo);
