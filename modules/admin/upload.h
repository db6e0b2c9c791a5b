/* Files that were uploaded to be imported, kept between the question and the answer: below
 * DATA_DIR, for an hour, each for the one who sent it. */
#pragma once

#include <stdio.h>

#include "base/status.h"
#include "base/text.h"

struct request;

/* `name`: by which the visitor, and nobody else, finds it again. */
enum status upload_keep(const struct request *request, struct text bytes, struct text *name);
/* NOT_FOUND: there is none of this name, or no longer. To be closed. */
enum status upload_open(const struct request *request, struct text name, FILE **out);
void upload_drop(const struct request *request, struct text name);
