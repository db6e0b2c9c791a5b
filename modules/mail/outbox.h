/* The clerk's work. */
#pragma once

#include "base/status.h"

struct db;

/* Tries each mail that is due, and puts off what cannot be sent. */
enum status outbox_send(struct db *db);
