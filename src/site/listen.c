#include "site/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"
#include "site/processes.h"
#include "site/settings.h"

#define BACKLOG 1024

static int listen_on(const struct addrinfo *address)
{
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const int on = 1;
    const int off = 0;
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (address->ai_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (bind(fd, address->ai_addr, address->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

static int listen_on_host(const char *host, const char *port)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *addresses;
    if (getaddrinfo(host, port, &hints, &addresses) != 0) {
        errno = EADDRNOTAVAIL;
        return -1;
    }
    int fd = -1;
    for (struct addrinfo *each = addresses; each && fd < 0; each = each->ai_next)
        fd = listen_on(each);
    freeaddrinfo(addresses);
    return fd;
}

/* A socket that the service manager opened for us (sd_listen_fds(3)). */
static bool take_inherited(int *out)
{
    const char *pid = getenv("LISTEN_PID");
    const char *count = getenv("LISTEN_FDS");
    int64_t wanted;
    if (!pid || !count || !text_to_int64(&wanted, text_of(pid)) || wanted != getpid())
        return false;
    *out = fcntl(PROCESS_FD_FIRST, F_DUPFD_CLOEXEC, PROCESS_FD_SAFE);
    if (*out < 0)
        return false;
    close(PROCESS_FD_FIRST);
    return fcntl(*out, F_SETFL, fcntl(*out, F_GETFL) | O_NONBLOCK) == 0;
}

enum status listen_open(int *out)
{
    char port[24];
    snprintf(port, sizeof port, "%lld", (long long)site_settings.port);
    const char *host = site_settings.host.length ? site_settings.host.at : NULL;
    int fd;
    if (take_inherited(out))
        return OK;
    if (host || site_settings.debug)
        fd = listen_on_host(host ? host : "127.0.0.1", port);
    else if ((fd = listen_on_host("::", port)) < 0 && errno != EADDRINUSE)
        fd = listen_on_host("0.0.0.0", port);
    if (fd < 0)
        return fail("cannot listen on %s port %s: %s%s", host ? host : "any address", port,
                    strerror(errno), errno == EADDRINUSE ? "; stop what uses it, or set PORT" : "");
    *out = fcntl(fd, F_DUPFD_CLOEXEC, PROCESS_FD_SAFE);
    close(fd);
    return OK;
}

int listen_port(int fd)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } address = {.v6 = {0}};
    socklen_t length = sizeof address;
    if (getsockname(fd, &address.any, &length) != 0)
        return 0;
    return ntohs(address.any.sa_family == AF_INET6 ? address.v6.sin6_port : address.v4.sin_port);
}
