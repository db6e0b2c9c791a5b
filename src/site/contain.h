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

/* Whether the path is itself a key, so that it is told by its route's pattern. */
bool contain_path_is_secret(const struct request *request);
/* The host as it may be told: without "user:password@", of a target that names one. */
struct text contain_host(struct text host);

/* What this thread is about from now on, wherever it faults; NULL: nothing. */
void contain_answering(const struct request *request);

/* Writes this thread's newest failure into the spool, as one of a job or command. */
void contain_note(const char *kind, const char *name);
/* As one of a request that failed before its view. */
void contain_note_request(const struct request *request);

/* As one of a process, "worker" or "clerk", that a signal ended before it could say anything. */
void contain_note_end(const char *role, int64_t pid, int signal);

/* Writes down those that were only counted since they came in great number: as soon as a flood
 * pauses, or all. */
void contain_flush(bool all);

/* Runs it. A failure is written into the spool. Where a fault leaves it, the database is put right,
 * the answer is the page for failures, the connection is closed behind it, and a worker that may be
 * harmed asks to be replaced. */
enum status contain_view(view *run, struct request *request, struct response *response);
/* The same of what makes a streamed answer: a fault breaks it off. */
enum status contain_produce(struct request *request, const struct response *response, FILE *out);
