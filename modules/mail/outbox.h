/* The clerk's work. */
#pragma once

#include <stdint.h>

#include "base/status.h"

struct db;

/* When a mail that is given up is due next, in microseconds since 1970: in the year 9999. */
#define OUTBOX_GIVEN_UP INT64_C(253370764800000000)

/* Tries each mail that is due, and puts off what cannot be sent. */
enum status outbox_send(struct db *db);
