#pragma once

#include "site/module.h"

enum status profiles_demo(struct db *db, const struct demo *demo);
