/* The subcommands of the program. */
#pragma once

struct command {
    const char *name;
    const char *arguments; /* after the name in its usage line; "" for none */
    const char *summary;   /* one line, for the list; NULL: not listed */
    const char *help;      /* further lines of its own --help; "" for none */
    int (*run)(int count, char **arguments);
};

/* Runs what the command line names; gives the exit status: 0 well, 1 it failed, 2 bad usage. */
int commands_run(int count, char **arguments, char **environment);
