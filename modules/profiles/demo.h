#pragma once

#include "site/module.h"

enum status profiles_insert_demo(struct db *db, struct arena *arena, struct demo_random *random,
                                 int64_t key, size_t count);
