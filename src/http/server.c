#include "http/server.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/guard.h"
#include "base/log.h"
#include "http/exchange.h"

#define SECOND            ((int64_t)1000 * 1000)
#define SWEEP_INTERVAL    (SECOND / 4)
#define DRAIN_INTERVAL    (SECOND / 50)
#define CONNECTION_MEMORY ((size_t)24 * 1024) /* of libmicrohttpd: headers, both ways */
#define SMALL_BODY        ((size_t)64 * 1024)
#define TOO_MANY          429
#define REQUEST_MEMORY    ((size_t)128 * 1024)

/* A connection has an arena only while a request is on it. */

struct arena *server_take_arena(struct server *server)
{
    struct arena *arena = NULL;
    pthread_mutex_lock(&server->spare_mutex);
    if (server->spare_count)
        arena = server->spare[--server->spare_count];
    pthread_mutex_unlock(&server->spare_mutex);
    return arena ? arena : arena_new(REQUEST_MEMORY);
}

void server_give_arena(struct server *server, struct arena *arena)
{
    if (!arena)
        return;
    arena_reset(arena);
    pthread_mutex_lock(&server->spare_mutex);
    bool kept = server->spare_count < SPARE_ARENAS;
    if (kept)
        server->spare[server->spare_count++] = arena;
    pthread_mutex_unlock(&server->spare_mutex);
    if (!kept)
        arena_free(arena);
}

void exchange_limit(struct exchange *exchange, int64_t timeout, size_t bytes)
{
    int64_t transfer = (int64_t)(bytes / SLOWEST_RATE) * SECOND;
    atomic_store_explicit(&exchange->connection.deadline,
                          timeout ? clock_monotonic() + timeout + transfer : 0,
                          memory_order_relaxed);
}

/* Calls from libmicrohttpd */

static void find_peer(struct exchange *exchange)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(exchange->handle, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    if (!info || !info->client_addr)
        return;
    const struct sockaddr *address = info->client_addr;
    if (address->sa_family == AF_INET6) {
        const struct in6_addr *v6 =
            &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
        if (IN6_IS_ADDR_V4MAPPED(v6))
            inet_ntop(AF_INET, v6->s6_addr + 12, exchange->peer, sizeof exchange->peer);
        else
            inet_ntop(AF_INET6, v6, exchange->peer, sizeof exchange->peer);
    } else if (address->sa_family == AF_INET) {
        inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)address)->sin_addr,
                  exchange->peer, sizeof exchange->peer);
    }
}

/* libmicrohttpd would split the query into its memory, which some hundred fields fill; we read the
 * query from our own copy. */
static void hide_arguments(const char *target)
{
    for (char *at = (char *)(uintptr_t)target; *at; at++)
        if (*at == '&')
            *at = '.';
}

static void *on_target(void *context, const char *target, struct MHD_Connection *handle)
{
    (void)context;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(handle, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct exchange *exchange = info->socket_context;
    atomic_store_explicit(&exchange->connection.idle_since, 0, memory_order_release);
    exchange_limit(exchange, exchange->server->options.receive_timeout, 0);
    exchange->stage = STAGE_STARTED;
    if (!exchange->arena) /* one that libmicrohttpd refused by itself has left its own */
        exchange->arena = server_take_arena(exchange->server);
    body_start(&exchange->body, exchange->arena, 0);
    exchange->request = (struct request){
        .arena = exchange->arena,
        .target = text_copy(exchange->arena, text_of(target)),
        .started = clock_monotonic(),
    };
    hide_arguments(target);
    return exchange;
}

static size_t head_size(const struct exchange *exchange)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(exchange->handle, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    return info ? info->header_size : 0;
}

/* A small body is there already, or nearly, and reading it keeps the connection: it goes unread
 * otherwise. */
static enum MHD_Result refuse_number(struct exchange *exchange)
{
    exchange->stage = STAGE_PLANNED;
    exchange->plan = (struct server_plan){0};
    body_start(&exchange->body, exchange->arena, 0);
    return exchange->announced > SMALL_BODY ? exchange_refuse(exchange, TOO_MANY) : MHD_YES;
}

static enum MHD_Result on_headers(struct exchange *exchange, const char *method)
{
    struct server *server = exchange->server;
    exchange_read(exchange, method);
    exchange->plan = server->options.plan(server->options.context, &exchange->request);
    exchange->stage = STAGE_PLANNED;
    body_start(&exchange->body, exchange->arena, exchange->plan.body_limit);
    int64_t length = 0;
    struct text announced = request_header(&exchange->request, "Content-Length");
    if (announced.at && (!text_to_int64(&length, announced) || length < 0))
        exchange->request.refused = 400;
    bool chunked = request_header(&exchange->request, "Transfer-Encoding").at;
    connection_begin(&exchange->connection, head_size(exchange) + (size_t)length, chunked);
    if (exchange->request.refused == 400)
        return exchange_refuse(exchange, 400);
    exchange->announced = chunked ? SIZE_MAX : (size_t)length;
    if (exchange->request.refused == TOO_MANY) {
        exchange_limit(exchange, 0, 0);
        return exchange_hold(exchange) ? MHD_YES : refuse_number(exchange);
    }
    if (exchange->request.refused)
        return MHD_YES;
    if ((uint64_t)length > exchange->plan.body_limit)
        return exchange_refuse(exchange, 413);
    exchange_limit(exchange, server->options.receive_timeout, (size_t)length);
    return MHD_YES;
}

static bool is_ready(struct exchange *exchange)
{
    const struct server_options *options = &exchange->server->options;
    return options->is_ready && options->is_ready(options->context, &exchange->request);
}

static enum MHD_Result on_complete(struct exchange *exchange)
{
    exchange_limit(exchange, 0, 0);
    if (body_read(&exchange->body, &exchange->request.body) != OK || exchange->body.broken)
        exchange->request.refused = 503;
    if (exchange->body.too_large && !exchange->request.refused)
        exchange->request.refused = 413;
    if (exchange->plan.blocks && !exchange->request.refused && !is_ready(exchange))
        return exchange_answer_later(exchange);
    return exchange_answer(exchange);
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *handle, const char *target,
                                  const char *method, const char *version, const char *body,
                                  size_t *body_length, void **state)
{
    (void)context;
    (void)handle;
    (void)target;
    (void)version;
    struct exchange *exchange = *state;
    if (exchange->stage == STAGE_STARTED)
        return on_headers(exchange, method);
    if (exchange->stage == STAGE_HELD)
        return refuse_number(exchange);
    if (exchange->stage == STAGE_ANSWERED)
        return exchange_send(exchange);
    if (*body_length > 0) {
        body_append(&exchange->body, body, *body_length);
        *body_length = 0;
        return MHD_YES;
    }
    return on_complete(exchange);
}

static void on_completed(void *context, struct MHD_Connection *handle, void **state,
                         enum MHD_RequestTerminationCode code)
{
    (void)context;
    (void)handle;
    struct exchange *exchange = *state;
    exchange_sent(exchange, code == MHD_REQUEST_TERMINATED_COMPLETED_OK);
    body_end(&exchange->body);
    server_give_arena(exchange->server, exchange->arena);
    exchange->arena = NULL;
    exchange_limit(exchange, exchange->server->options.idle_timeout, 0);
    atomic_store_explicit(&exchange->connection.idle_since, clock_monotonic(),
                          memory_order_release);
}

static void open_exchange(struct server *server, struct MHD_Connection *handle, void **out)
{
    struct exchange *exchange = calloc(1, sizeof *exchange);
    if (!exchange)
        abort();
    exchange->server = server;
    exchange->handle = handle;
    exchange->connection.fd =
        MHD_get_connection_info(handle, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    exchange->connection.idle_since = clock_monotonic();
    find_peer(exchange);
    exchange_limit(exchange, server->options.receive_timeout, 0);
    connections_add(&server->connections, &exchange->connection);
    metric_add(METRIC_HTTP_CONNECTIONS, 1);
    *out = exchange;
}

static void on_connection(void *context, struct MHD_Connection *handle, void **socket_context,
                          enum MHD_ConnectionNotificationCode code)
{
    struct server *server = context;
    guard_thread();
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        open_exchange(server, handle, socket_context);
        return;
    }
    struct exchange *exchange = *socket_context;
    connections_remove(&server->connections, &exchange->connection);
    metric_add(METRIC_HTTP_CONNECTIONS, -1);
    server_give_arena(server, exchange->arena);
    free(exchange);
}

static size_t keep_escapes(void *context, struct MHD_Connection *handle, char *string)
{
    (void)context;
    (void)handle;
    return strlen(string);
}

static void on_log(void *context, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));
static void on_log(void *context, const char *format, va_list arguments)
{
    (void)context;
    char line[256];
    if (vsnprintf(line, sizeof line, format, arguments) < 0)
        return;
    log_debug("libmicrohttpd", LOG_TEXT("text", text_trim(text_of(line))));
}

/* The server */

static void *sweep(void *argument)
{
    struct server *server = argument;
    guard_thread();
    while (!atomic_load(&server->stopping)) {
        usleep((useconds_t)SWEEP_INTERVAL);
        connections_sweep(&server->connections, clock_monotonic());
        server_release_held(server, clock_monotonic());
        if (server->options.tick)
            server->options.tick();
        log_flush();
    }
    return NULL;
}

static struct MHD_Daemon *start_daemon(struct server *server)
{
    const struct server_options *options = &server->options;
    unsigned flags =
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
    unsigned pool = options->threads > 1 ? options->threads : 0;
    return MHD_start_daemon(flags, 0, NULL, NULL, on_request, server, MHD_OPTION_EXTERNAL_LOGGER,
                            on_log, NULL, MHD_OPTION_LISTEN_SOCKET, options->listen_fd,
                            MHD_OPTION_THREAD_POOL_SIZE, pool, MHD_OPTION_CONNECTION_LIMIT,
                            options->max_connections, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
                            CONNECTION_MEMORY, MHD_OPTION_STRICT_FOR_CLIENT, 1,
                            MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL,
                            MHD_OPTION_URI_LOG_CALLBACK, on_target, NULL,
                            MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL,
                            MHD_OPTION_NOTIFY_CONNECTION, on_connection, server, MHD_OPTION_END);
}

static void stop_executors(struct server *server)
{
    struct executor *const executors[] = {server->executor, server->slow, server->streams};
    for (size_t i = 0; i < sizeof executors / sizeof *executors; i++)
        if (executors[i])
            executor_stop(executors[i]);
}

static enum status start_executors(struct server *server)
{
    const struct server_options *options = &server->options;
    enum status status = executor_start(&server->executor, options->executors, options->queue_limit,
                                        METRIC_EXECUTOR, exchange_run);
    if (status == OK)
        status = executor_start(&server->slow, options->slow_executors, options->slow_queue_limit,
                                METRIC_SLOW, exchange_run_slowly);
    if (status == OK)
        status = executor_start(&server->streams, options->stream_executors,
                                options->stream_queue_limit, METRIC_STREAMS, exchange_run_stream);
    if (status != OK)
        stop_executors(server);
    return status;
}

static enum status start_threads(struct server *server)
{
    server->daemon = start_daemon(server);
    if (!server->daemon) {
        stop_executors(server);
        return fail("cannot start serving: %s", strerror(errno));
    }
    if (pthread_create(&server->sweeper, NULL, sweep, server) != 0) {
        MHD_stop_daemon(server->daemon);
        stop_executors(server);
        return fail("cannot start a thread");
    }
    return OK;
}

enum status server_start(struct server **out, const struct server_options *options)
{
    struct server *server = calloc(1, sizeof *server);
    if (!server)
        abort();
    server->options = *options;
    connections_start(&server->connections);
    pthread_mutex_init(&server->spare_mutex, NULL);
    pthread_mutex_init(&server->held_mutex, NULL);
    enum status status = start_executors(server);
    if (status == OK)
        status = start_threads(server);
    if (status != OK)
        free(server);
    else
        *out = server;
    return status;
}

/* Concerns one connection, not the queue (accept(2)). */
static bool is_transient(int error)
{
    return error == EINTR || error == ECONNABORTED || error == EPROTO || error == ENETDOWN
           || error == ENETUNREACH || error == EHOSTUNREACH || error == EHOSTDOWN || error == ENONET
           || error == ENOPROTOOPT;
}

/* Hands what is in the accept queue to the daemon, which no longer looks there itself. */
static void empty_accept_queue(struct server *server, int listen_fd)
{
    struct sockaddr_storage address = {0};
    socklen_t length = sizeof address;
    for (;;) {
        int fd =
            accept4(listen_fd, (struct sockaddr *)&address, &length, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd < 0 && !is_transient(errno))
            break;
        if (fd >= 0
            && MHD_add_connection(server->daemon, fd, (struct sockaddr *)&address, length)
                   != MHD_YES)
            log_warning("a waiting connection was lost", LOG_STRING("reason", strerror(errno)));
        length = sizeof address;
    }
}

bool server_drain(struct server *server, int64_t timeout)
{
    int64_t end = clock_monotonic() + timeout;
    connections_drain(&server->connections, clock_monotonic());
    int listen_fd = MHD_quiesce_daemon(server->daemon);
    if (listen_fd != MHD_INVALID_SOCKET) {
        empty_accept_queue(server, listen_fd);
        close(listen_fd);
    }
    do { /* waits first: connections just handed over are not counted yet */
        usleep((useconds_t)DRAIN_INTERVAL);
        connections_close_idle(&server->connections, clock_monotonic());
    } while (connections_count(&server->connections) > 0 && clock_monotonic() < end);
    return connections_count(&server->connections) == 0;
}

void server_stop(struct server *server)
{
    atomic_store(&server->stopping, true);
    pthread_join(server->sweeper, NULL);
    stop_executors(server);
    MHD_stop_daemon(server->daemon);
    pthread_mutex_destroy(&server->connections.mutex);
    while (server->spare_count)
        arena_free(server->spare[--server->spare_count]);
    pthread_mutex_destroy(&server->spare_mutex);
    pthread_mutex_destroy(&server->held_mutex);
    free(server);
}
