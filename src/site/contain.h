/* A fault in a view is that visitor's 500, as far as it can be (monitor/fault.h). */
#pragma once

#include "base/status.h"
#include "http/routes.h"

/* For a worker, before its threads start. */
enum status contain_faults(void);

/* Runs it; where a fault leaves it, the database is put right, the answer is the page for
 * failures, the connection is closed behind it, and a worker that may be harmed asks to be
 * replaced. */
enum status contain_view(view *run, struct request *request, struct response *response);
