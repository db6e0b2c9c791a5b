/* Triggers put aside while very many rows are written into a table, where that is worth it
 * (migrations_suspend()). Within one transaction, at whose end trigger_pause_end() stands. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"
#include "model/migrations.h"

struct model;

struct trigger_pause {
    const struct model *model;
    size_t saved;
    size_t many; /* rows saved from which on triggers are not worth their time */
    bool paused; /* there are triggers to restore */
};

struct trigger_pause trigger_pause_start(const struct model *model);

/* One more row has been saved. */
enum status trigger_pause_count(struct trigger_pause *pause, struct db *db,
                                struct migration_list migrations);

/* Makes what the triggers would have made, where any were put aside. */
enum status trigger_pause_end(bool paused, struct db *db, struct migration_list migrations);
