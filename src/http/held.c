/* Requests that are refused since there are too many of them wait for that answer: so who sends on
 * without pause gets one a second on each connection, and costs the others nothing. */
#include "base/clock.h"
#include "http/exchange.h"

#define WAIT INT64_C(1000000)

bool exchange_hold(struct exchange *exchange)
{
    struct server *server = exchange->server;
    bool drains = atomic_load(&server->connections.draining_since) != 0;
    pthread_mutex_lock(&server->held_mutex);
    bool holds = !drains && server->held_count < MOST_HELD;
    if (holds) {
        exchange->stage = STAGE_HELD;
        MHD_suspend_connection(exchange->handle);
        size_t last = (server->held_first + server->held_count++) % MOST_HELD;
        server->held[last] = (struct held){exchange, clock_monotonic()};
    }
    pthread_mutex_unlock(&server->held_mutex);
    return holds;
}

void server_release_held(struct server *server, int64_t now)
{
    bool all = atomic_load(&server->connections.draining_since) != 0;
    pthread_mutex_lock(&server->held_mutex);
    while (server->held_count && (all || now - server->held[server->held_first].since >= WAIT)) {
        MHD_resume_connection(server->held[server->held_first].exchange->handle);
        server->held_first = (server->held_first + 1) % MOST_HELD;
        server->held_count--;
    }
    pthread_mutex_unlock(&server->held_mutex);
}
