/* Files without a name, for what is too large for memory. */
#pragma once

#include "base/status.h"

/* A descriptor to read and write, of a file that goes when it is closed: in TMPDIR, else /var/tmp,
 * which unlike /tmp is never memory, else /tmp. */
enum status temporary_open(int *out);
