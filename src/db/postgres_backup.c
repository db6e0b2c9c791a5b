/* Whole copies of a PostgreSQL database, by the server's own tools
 * (postgresql.org/docs/15/backup-dump.html). */
#include <unistd.h>

#include "base/arena.h"
#include "db/postgres_tools.h"
#include "db/whole_file.h"

enum status postgres_dump(struct arena *arena, const struct postgres_target *target,
                          const char *path)
{
    const char *part;
    enum status status = whole_file_begin(arena, path, &part);
    if (status != OK)
        return status;
    const char *const words[] = {"pg_dump",
                                 "--format=custom",
                                 "--no-password",
                                 "--no-subscriptions",
                                 text_format(arena, "--file=%s", part).at,
                                 "--dbname",
                                 postgres_tool_target(arena, target),
                                 NULL};
    status =
        postgres_tool_run(arena, target, words, (struct postgres_files){-1, STDERR_FILENO, -1});
    return whole_file_end(arena, part, path, status);
}

enum status postgres_backup(const struct db_options *options, const char *path,
                            const struct db_copying *copying)
{
    struct arena *arena = arena_new(4096);
    struct postgres_target target = {0};
    (void)copying;
    enum status status = postgres_target_read(&target, options);
    if (status == OK)
        status = postgres_dump(arena, &target, path);
    postgres_target_free(&target);
    arena_free(arena);
    return status;
}
