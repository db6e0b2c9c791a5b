/* The listening socket that the supervisor opens and all workers share. */
#pragma once

#include "base/status.h"

/* Opens it as HOST and PORT say, or takes the one a service manager passed; above
 * PROCESS_FD_SAFE, non-blocking, closed by exec. FAILED says why not. */
enum status listen_open(int *out);

/* The port it listens on; 0 when that cannot be told. */
int listen_port(int fd);
