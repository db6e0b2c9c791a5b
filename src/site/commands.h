/* The subcommands of the program. */
#pragma once

#include <stdbool.h>

#include "base/status.h"

struct db;

struct command {
    const char *name;
    const char *arguments; /* after the name in its usage line; "" for none */
    const char *summary;   /* one line, for the list; NULL: not listed */
    const char *help;      /* further lines of its own --help; "" for none */
    int (*run)(int count, char **arguments);
};

/* Runs what the command line names; gives the exit status: 0 well, 1 it failed, 2 bad usage. */
int commands_run(int count, char **arguments, char **environment);

/* For the commands themselves */

/* Prints the newest failure; gives the exit status. */
int command_failed(void);
/* Settings and modules; false: it failed. */
bool command_start_site(void);
/* The database, to write. `create`: make it where there is none. */
enum status command_open(struct db **out, bool create);

/* In commands_data.c. */
int command_loaddata(int count, char **arguments);
int command_dumpdata(int count, char **arguments);
extern const char command_loaddata_help[];
extern const char command_dumpdata_help[];
