/* Preloaded: the wall clock goes wrong by as many seconds as the file that CLOCK_OFFSET names says.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static const char *path;

__attribute__((constructor)) static void find_path(void)
{
    path = getenv("CLOCK_OFFSET");
}

/* Of calls that a signal handler may make. */
static time_t offset(void)
{
    char digits[32];
    time_t seconds = 0;
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    ssize_t length = fd < 0 ? 0 : read(fd, digits, sizeof digits);
    if (fd >= 0)
        close(fd);
    for (ssize_t i = 0; i < length; i++)
        if (digits[i] >= '0' && digits[i] <= '9')
            seconds = seconds * 10 + (digits[i] - '0');
    return length > 0 && digits[0] == '-' ? -seconds : seconds;
}

int clock_gettime(clockid_t id, struct timespec *out)
{
    long result = syscall(SYS_clock_gettime, id, out);
    if (result == 0 && id == CLOCK_REALTIME)
        out->tv_sec += offset();
    return (int)result;
}
