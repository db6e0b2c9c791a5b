/* What can be done once in a process is done in one of its own. */
#pragma once

#include "unit.h"

#include <sys/mman.h>

struct outcome {
    enum status status;
    char message[sizeof((struct failure *)0)->message];
    enum status (*body)(void *context);
    void *context;
};

UNIT void outcome_run(void *shared)
{
    struct outcome *outcome = shared;
    outcome->status = outcome->body(outcome->context);
    memcpy(outcome->message, status_failure()->message, sizeof outcome->message);
}

/* How `body` ended in a process of its own. */
UNIT struct outcome outcome_of(enum status (*body)(void *context), void *context)
{
    struct outcome *shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(shared != MAP_FAILED);
    shared->body = body;
    shared->context = context;
    int ended = unit_child(outcome_run, shared);
    struct outcome outcome = *shared;
    munmap(shared, sizeof *shared);
    check(ended == 0, "the child ended with %d", ended);
    return outcome;
}
