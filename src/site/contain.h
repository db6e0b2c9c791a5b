/* A fault in a view is that visitor's 500, as far as it can be (monitor/fault.h). */
#pragma once

#include <stdio.h>

#include "base/status.h"
#include "http/response.h"
#include "http/routes.h"

/* The folder of what is written of faults and failures; made when it is first asked for. NULL: it
 * cannot be had, which the log says. */
const char *contain_spool(void);

/* For a worker, before its threads start. */
void contain_faults(void);

/* For what answers no requests: its crash is written down. `kind`: "clerk" or "command", `name`:
 * which; both must last. */
void contain_crashes(const char *kind, const char *name);

/* Writes this thread's newest failure into the spool, as one of a job or command. */
void contain_note(const char *kind, const char *name);
/* As one of a request that failed before its view. */
void contain_note_request(const struct request *request);

/* Runs it. A failure is written into the spool. Where a fault leaves it, the database is put right,
 * the answer is the page for failures, the connection is closed behind it, and a worker that may be
 * harmed asks to be replaced. */
enum status contain_view(view *run, struct request *request, struct response *response);
/* The same of what makes a streamed answer: a fault breaks it off. */
enum status contain_produce(struct request *request, const struct response *response, FILE *out);
