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

/* In commands_migrate.c */
int command_migrate(int count, char **arguments);
int command_showmigrations(int count, char **arguments);
int command_sqlmigrate(int count, char **arguments);

/* In commands_backup.c. */
int command_backup(int count, char **arguments);
int command_restore(int count, char **arguments);
extern const char command_backup_help[];
extern const char command_restore_help[];

/* In commands_copy.c. */
int command_copy(int count, char **arguments);
extern const char command_copy_help[];

/* In commands_data.c. */
int command_loaddata(int count, char **arguments);
int command_dumpdata(int count, char **arguments);
extern const char command_loaddata_help[];
extern const char command_dumpdata_help[];

/* In commands_demo.c. */
int command_demo(int count, char **arguments);
extern const char command_demo_help[];

/* In commands_monitor.c. */
int command_monitor(int count, char **arguments);
extern const char command_monitor_help[];

/* In commands_render.c. */
int command_render(int count, char **arguments);
extern const char command_render_help[];

/* In commands_startmodule.c. */
int command_startmodule(int count, char **arguments);

/* What commands share. */

/* Prints the newest failure; gives the exit status. */
int commands_failed(void);
/* Prints what is wrong with the command line; gives the exit status. */
int commands_misused(const char *command, const char *why, const char *argument);
/* Settings are read and modules put together. */
enum status commands_start(void);
/* A connection of its own that may write. NOT_FOUND: no database, and none is to be made. */
enum status commands_open(struct db **out, bool create);

/* Runs what the command line names; gives the exit status: 0 well, 1 it failed, 2 bad usage. */
int commands_run(int count, char **arguments, char **environment);
