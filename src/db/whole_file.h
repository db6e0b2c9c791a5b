/* Files that are there wholly or not at all: written beside, and given their name at the end. */
#pragma once

#include <stdbool.h>

#include "base/status.h"

struct arena;

bool file_exists(const char *path);

/* Makes the empty file to write into, which its owner alone can read. CONFLICT: there is one of the
 * name that it shall have. */
enum status whole_file_begin(struct arena *arena, const char *path, const char **part);
/* With what writing it came to: takes its name and is on the disk, or is gone. */
enum status whole_file_end(struct arena *arena, const char *part, const char *path,
                           enum status written);

/* "…/site.sqlite3.before-restore-20240507T140500Z", of which there is none yet. */
const char *whole_file_kept(struct arena *arena, const char *path);
