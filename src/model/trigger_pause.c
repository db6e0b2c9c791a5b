#include "model/trigger_pause.h"

#include <stdint.h>

#include "db/db.h"
#include "model/query.h"

#define MANY     1000
#define REMAKING 10

struct trigger_pause trigger_pause_start(const struct model *model)
{
    return (struct trigger_pause){.model = model, .many = MANY};
}

/* What the triggers on a table do for one row takes about REMAKING times as long as its share when
 * all is made anew, for the rows that were there too. */
static enum status suspend(struct trigger_pause *pause, struct db *db,
                           struct migration_list migrations)
{
    const struct query all = {.model = pause->model};
    int64_t rows = 0;
    enum status status = query_count(db, &all, &rows);
    if (status != OK)
        return status;
    size_t before = (size_t)rows > pause->saved ? (size_t)rows - pause->saved : 0;
    if (pause->saved < before / REMAKING) {
        pause->many = before / REMAKING;
        return OK;
    }
    pause->many = SIZE_MAX;
    return migrations_suspend(db, migrations, text_of(model_table(pause->model)), &pause->paused);
}

enum status trigger_pause_count(struct trigger_pause *pause, struct db *db,
                                struct migration_list migrations)
{
    return ++pause->saved < pause->many ? OK : suspend(pause, db, migrations);
}

enum status trigger_pause_end(bool paused, struct db *db, struct migration_list migrations)
{
    size_t done;
    return paused ? migrations_restore(db, migrations, &done) : OK;
}
