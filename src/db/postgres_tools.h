/* PostgreSQL's own programs, which speak to the server that a URL names. */
#pragma once

#include <sys/types.h>

#include "base/text.h"
#include "db/postgres.h"

/* A program that runs. */
struct postgres_tool {
    const char *name;
    pid_t child;
    int errors; /* what it says */
    int ended;  /* as waitpid() says */
};

/* What it is given; -1: nothing. */
struct postgres_files {
    int in;
    int out;
    int list; /* what POSTGRES_LIST among its words names */
};

#define POSTGRES_LIST "--use-list=/dev/fd/3"

/* `words`: its name and arguments, ending with NULL. NOT_FOUND: it is not installed. */
enum status postgres_tool_start(struct arena *arena, const struct postgres_target *target,
                                const char *const *words, struct postgres_files files,
                                struct postgres_tool *out);
/* Waits for its end. INVALID: it failed, in its own words. `said`: all of them; NULL: not wanted.
 */
enum status postgres_tool_end(struct arena *arena, struct postgres_tool *tool, struct text *said);
/* Both. */
enum status postgres_tool_run(struct arena *arena, const struct postgres_target *target,
                              const char *const *words, struct postgres_files files);

/* The word that says where to connect, without passwords: these are in the environment of the
 * tools. */
const char *postgres_tool_target(struct arena *arena, const struct postgres_target *target);

/* Writes the whole database into a new file. */
enum status postgres_dump(struct arena *arena, const struct postgres_target *target,
                          const char *path);
