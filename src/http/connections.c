#include "http/connections.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define MILLISECOND ((int64_t)1000)
/* A client that has just connected, or been answered, may be sending. */
#define GRACE (100 * MILLISECOND)

void connections_start(struct connections *connections)
{
    *connections = (struct connections){0};
    pthread_mutex_init(&connections->mutex, NULL);
}

void connections_add(struct connections *connections, struct connection *connection)
{
    pthread_mutex_lock(&connections->mutex);
    connection->previous = NULL;
    connection->next = connections->first;
    if (connections->first)
        connections->first->previous = connection;
    connections->first = connection;
    connections->count++;
    pthread_mutex_unlock(&connections->mutex);
}

void connections_remove(struct connections *connections, struct connection *connection)
{
    pthread_mutex_lock(&connections->mutex);
    if (connection->previous)
        connection->previous->next = connection->next;
    else
        connections->first = connection->next;
    if (connection->next)
        connection->next->previous = connection->previous;
    connections->count--;
    pthread_mutex_unlock(&connections->mutex);
}

size_t connections_count(struct connections *connections)
{
    pthread_mutex_lock(&connections->mutex);
    size_t count = connections->count;
    pthread_mutex_unlock(&connections->mutex);
    return count;
}

void connections_sweep(struct connections *connections, int64_t now)
{
    pthread_mutex_lock(&connections->mutex);
    for (struct connection *each = connections->first; each; each = each->next) {
        int64_t deadline = atomic_load_explicit(&each->deadline, memory_order_relaxed);
        if (deadline && deadline < now)
            shutdown(each->fd, SHUT_RDWR);
    }
    pthread_mutex_unlock(&connections->mutex);
}

/* Whether bytes came after `since`, read or not. The kernel counts in milliseconds: an arrival so
 * near to `since` that it may be the last request's own counts only while it is unread. */
static bool has_received(int fd, int64_t since, int64_t now)
{
    struct tcp_info info;
    socklen_t length = sizeof info;
    int unread = 0;
    if (ioctl(fd, FIONREAD, &unread) == 0 && unread > 0)
        return true;
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) != 0 || info.tcpi_bytes_received == 0)
        return false;
    int64_t last = now - info.tcpi_last_data_recv * MILLISECOND;
    return last > since + 10 * MILLISECOND;
}

void connections_close_idle(struct connections *connections, int64_t now)
{
    pthread_mutex_lock(&connections->mutex);
    for (struct connection *each = connections->first; each; each = each->next) {
        int64_t since = atomic_load_explicit(&each->idle_since, memory_order_acquire);
        if (since && now - since > GRACE && !has_received(each->fd, since, now))
            shutdown(each->fd, SHUT_RD);
    }
    pthread_mutex_unlock(&connections->mutex);
}
