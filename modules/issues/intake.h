/* Where SDKs send what they have: /api/<project>/envelope/ and /store/, as Sentry's. */
#pragma once

#include "http/routes.h"

/* Bytes of a body as it is sent. */
#define INTAKE_BODY_LIMIT ((size_t)4 * 1024 * 1024)

view intake_envelope, intake_store;
int intake_admit(const struct request *request);
