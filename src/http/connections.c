#include "http/connections.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#define MILLISECOND ((int64_t)1000)
#define UNKNOWN     UINT64_MAX
/* A client that has just connected, or been answered, may be sending: it is that far away, or that
 * busy. */
#define GRACE (1000 * MILLISECOND)
/* What has come may be the beginning of a request, or a stray line break. */
#define PATIENCE (3000 * MILLISECOND)

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

void connection_begin(struct connection *connection, size_t bytes, bool chunked)
{
    uint64_t before = atomic_load_explicit(&connection->begun, memory_order_relaxed);
    uint64_t after = chunked || before == UNKNOWN ? UNKNOWN : before + bytes;
    atomic_store_explicit(&connection->begun, after, memory_order_relaxed);
}

/* Whether bytes have come, read or not, that belong to no begun request. */
static bool has_more(const struct connection *connection)
{
    uint64_t begun = atomic_load_explicit(&connection->begun, memory_order_relaxed);
    struct tcp_info info;
    socklen_t length = sizeof info;
    return begun == UNKNOWN
           || getsockopt(connection->fd, IPPROTO_TCP, TCP_INFO, &info, &length) != 0
           || info.tcpi_bytes_received > begun;
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

void connections_drain(struct connections *connections, int64_t now)
{
    atomic_store(&connections->draining_since, now);
}

bool connection_may_close(const struct connections *connections,
                          const struct connection *connection, int64_t now)
{
    int64_t since = atomic_load_explicit(&connections->draining_since, memory_order_relaxed);
    return since && (now - since > PATIENCE || !has_more(connection));
}

void connections_close_idle(struct connections *connections, int64_t now)
{
    int64_t draining_since = atomic_load(&connections->draining_since);
    pthread_mutex_lock(&connections->mutex);
    for (struct connection *each = connections->first; each; each = each->next) {
        int64_t since = atomic_load_explicit(&each->idle_since, memory_order_acquire);
        if (!since || now - since <= GRACE)
            continue;
        if (!has_more(each) || now - later(since, draining_since) > PATIENCE)
            shutdown(each->fd, SHUT_RD);
    }
    pthread_mutex_unlock(&connections->mutex);
}
