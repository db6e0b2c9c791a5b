#include "http/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/guard.h"
#include "base/log.h"
#include "http/body.h"
#include "http/connections.h"
#include "http/executor.h"
#include "http/headers.h"
#include "http/kept.h"
#include "http/request.h"
#include "http/response.h"
#include "http/stream.h"
#include "http/url.h"

#define SECOND            ((int64_t)1000 * 1000)
#define SWEEP_INTERVAL    (SECOND / 4)
#define DRAIN_INTERVAL    (SECOND / 50)
#define SLOW_NICENESS     5
#define SLOWEST_RATE      16384 /* bytes a second that a client must at least manage */
#define CONNECTION_MEMORY ((size_t)24 * 1024) /* of libmicrohttpd: headers, both ways */
#define REQUEST_MEMORY    ((size_t)128 * 1024)
#define SPARE_ARENAS      32

enum stage { STAGE_STARTED, STAGE_PLANNED, STAGE_EXECUTING, STAGE_ANSWERED };

/* One connection and the request that is on it. */
struct exchange {
    struct connection connection; /* first: its address is the exchange's */
    struct server *server;
    struct MHD_Connection *handle;
    struct arena *arena;
    char peer[INET6_ADDRSTRLEN];
    enum stage stage;
    struct server_plan plan;
    struct body body;
    struct request request;
    struct response response;
    struct stream *stream; /* of the answer; NULL: it is none */
};

struct server {
    struct server_options options;
    struct MHD_Daemon *daemon;
    struct executor *executor;
    struct executor *slow;
    struct executor *streams;
    struct connections connections;
    atomic_bool stopping;
    pthread_t sweeper;
    /* Of requests that have ended: the next takes the newest, whose memory is still at hand. */
    pthread_mutex_t spare_mutex;
    struct arena *spare[SPARE_ARENAS];
    size_t spare_count;
};

/* A connection has an arena only while a request is on it. */

static struct arena *take_arena(struct server *server)
{
    struct arena *arena = NULL;
    pthread_mutex_lock(&server->spare_mutex);
    if (server->spare_count)
        arena = server->spare[--server->spare_count];
    pthread_mutex_unlock(&server->spare_mutex);
    return arena ? arena : arena_new(REQUEST_MEMORY);
}

static void give_arena(struct server *server, struct arena *arena)
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

static void set_deadline(struct exchange *exchange, int64_t timeout, size_t bytes)
{
    int64_t transfer = (int64_t)(bytes / SLOWEST_RATE) * SECOND;
    atomic_store_explicit(&exchange->connection.deadline,
                          timeout ? clock_monotonic() + timeout + transfer : 0,
                          memory_order_relaxed);
}

/* Requests */

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

struct header_reading {
    struct arena *arena;
    LIST(struct request_header) list;
    size_t bytes;
};

static enum MHD_Result read_header(void *context, enum MHD_ValueKind kind, const char *name,
                                   size_t name_length, const char *value, size_t value_length)
{
    (void)kind;
    struct header_reading *reading = context;
    *LIST_PUSH(reading->arena, &reading->list) =
        (struct request_header){{name, name_length}, {value ? value : "", value_length}};
    reading->bytes += name_length + value_length + strlen(": \r\n");
    return MHD_YES;
}

static size_t read_headers(struct exchange *exchange)
{
    struct header_reading reading = {.arena = exchange->arena};
    MHD_get_connection_values_n(exchange->handle, MHD_HEADER_KIND, read_header, &reading);
    exchange->request.headers = reading.list.items;
    exchange->request.header_count = reading.list.count;
    return reading.bytes;
}

/* Spaces, control bytes: they have no place in a target (RFC 9112, 3.2), nor in a header made of
 * one. */
static bool has_control_byte(struct text target)
{
    for (size_t i = 0; i < target.length; i++)
        if ((unsigned char)target.at[i] <= ' ' || target.at[i] == 0x7F)
            return true;
    return false;
}

/* The path and query of the target; an absolute one also names the host (RFC 9112, 3.2.2). */
static bool read_target(struct request *request)
{
    struct text target = request->target;
    if (has_control_byte(target))
        return false;
    if (request->method == HTTP_OPTIONS && text_is(target, "*")) {
        request->path = target;
        return true;
    }
    struct text scheme = text_part(target, 0, text_find(target, TEXT("://")));
    if (text_equal_nocase(scheme, TEXT("http")) || text_equal_nocase(scheme, TEXT("https"))) {
        struct text rest = text_from(target, scheme.length + strlen("://"));
        size_t end = text_find_char(rest, '/');
        request->host = text_part(rest, 0, end);
        if (request->host.length == 0)
            return false;
        target = end == TEXT_NOT_FOUND ? TEXT("/") : text_from(rest, end);
    }
    size_t question = text_find_char(target, '?');
    struct text path = text_part(target, 0, question);
    request->query = question == TEXT_NOT_FOUND ? TEXT("") : text_from(target, question + 1);
    struct text decoded;
    if (!text_starts(path, TEXT("/")) || !url_decode(request->arena, path, &decoded)
        || url_has_dot_segment(decoded))
        return false;
    request->path = decoded;
    return true;
}

/* Where the body ends must be sure (RFC 9112, 6.3). */
static bool frames_are_ambiguous(const struct request *request)
{
    struct text coding = request_header(request, "Transfer-Encoding");
    return coding.at
           && (request_header(request, "Content-Length").at
               || !text_equal_nocase(coding, TEXT("chunked")));
}

static bool has_several_hosts(const struct request *request)
{
    size_t count = 0;
    for (size_t i = 0; i < request->header_count; i++)
        count += text_equal_nocase(request->headers[i].name, TEXT("Host"));
    return count > 1;
}

static void read_request(struct exchange *exchange, const char *method)
{
    struct request *request = &exchange->request;
    size_t header_bytes = read_headers(exchange);
    request->method_name = text_of(method);
    request->method = http_method_of(request->method_name);
    request->peer = text_of(exchange->peer);
    if (request->target.length > HTTP_TARGET_LIMIT)
        request->refused = 414;
    else if (header_bytes > HTTP_HEADERS_LIMIT)
        request->refused = 431;
    else if (!read_target(request) || frames_are_ambiguous(request) || has_several_hosts(request))
        request->refused = 400;
}

/* Answers */

static bool closes(const struct exchange *exchange)
{
    return exchange->response.close
           || connection_may_close(&exchange->server->connections, &exchange->connection,
                                   clock_monotonic());
}

static enum MHD_Result send_new(struct exchange *exchange, const struct response *response)
{
    unsigned status = (unsigned)exchange->response.status;
    struct text bytes = response_bytes(response);
    struct MHD_Response *out =
        MHD_create_response_from_buffer(bytes.length, (void *)(uintptr_t)bytes.at,
                                        MHD_RESPMEM_PERSISTENT);
    if (!out)
        return MHD_NO;
    headers_add(out, response, (int)status);
    if (closes(exchange))
        MHD_add_response_header(out, "Connection", "close");
    enum MHD_Result result = MHD_queue_response(exchange->handle, status, out);
    MHD_destroy_response(out);
    return result;
}

static void answer(struct exchange *exchange);

static enum MHD_Result send_handle(struct exchange *exchange, struct MHD_Response *handle)
{
    unsigned status = (unsigned)exchange->response.status;
    if (!handle)
        return MHD_NO;
    headers_add(handle, &exchange->response, (int)status);
    if (closes(exchange))
        MHD_add_response_header(handle, "Connection", "close");
    enum MHD_Result result = MHD_queue_response(exchange->handle, status, handle);
    MHD_destroy_response(handle);
    return result;
}

static ssize_t read_nothing(void *context, uint64_t position, char *out, size_t room)
{
    (void)context;
    (void)position;
    (void)out;
    (void)room;
    return MHD_CONTENT_READER_END_OF_STREAM;
}

/* False: there is no thread or no file for it. */
static bool start_stream(struct exchange *exchange)
{
    struct server *server = exchange->server;
    const struct stream_options options = {
        .handle = exchange->handle,
        .deadline = &exchange->connection.deadline,
        .send_timeout = server->options.send_timeout,
        .slowest_rate = SLOWEST_RATE,
        .owner = server,
    };
    if (stream_new(&exchange->stream, &options, &exchange->request, &exchange->response) != OK) {
        log_error("no streamed answer", LOG_STRING("reason", status_failure()->message));
        return false;
    }
    if (executor_submit(server->streams, exchange->stream))
        return true;
    stream_free(exchange->stream);
    exchange->stream = NULL;
    return false;
}

/* What the steps around the view have left, which are gone through again. */
static void forget_steps(struct request *request)
{
    request->db = NULL;
    request->page_key = NULL;
    request->csrf = NULL;
    request->messages = NULL;
    request->steps = 0;
}

/* In chunks, the one that ends the body would follow the headers; so the connection ends instead.
 */
static struct MHD_Response *head_of_stream(void)
{
    struct MHD_Response *response =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 1, read_nothing, NULL, NULL);
    if (response)
        MHD_set_response_options(response, MHD_RF_HTTP_1_0_COMPATIBLE_STRICT, MHD_RO_END);
    return response;
}

static enum MHD_Result send_stream(struct exchange *exchange)
{
    if (exchange->request.method == HTTP_HEAD)
        return send_handle(exchange, head_of_stream());
    if (start_stream(exchange))
        return send_handle(exchange, stream_response(exchange->stream));
    forget_steps(&exchange->request);
    exchange->request.refused = 503;
    answer(exchange);
    return send_new(exchange, &exchange->response);
}

static enum MHD_Result send_response(struct exchange *exchange)
{
    const struct response *response = &exchange->response;
    const struct kept *kept = response->kept;
    set_deadline(exchange, exchange->server->options.send_timeout, response_bytes(response).length);
    if (response->produce)
        return send_stream(exchange);
    if (!kept)
        return send_new(exchange, response);
    if (closes(exchange))
        return send_new(exchange, kept_response(kept));
    return MHD_queue_response(exchange->handle, (unsigned)response->status,
                              kept_handle(kept, response->status));
}

static void forget_response(struct exchange *exchange)
{
    if (exchange->response.kept)
        kept_release(exchange->response.kept);
    exchange->response.kept = NULL;
}

static void answer(struct exchange *exchange)
{
    struct server *server = exchange->server;
    log_request_id(exchange->request.id);
    response_start(&exchange->response, exchange->arena);
    server->options.answer(server->options.context, &exchange->request, &exchange->response);
    if (exchange->request.refused == 400)
        exchange->response.close = true; /* where it ends is not sure */
    log_request_id(TEXT_NONE);
}

static enum MHD_Result refuse(struct exchange *exchange, int status)
{
    exchange->request.refused = status;
    answer(exchange);
    return send_response(exchange);
}

static void run_stream(void *item)
{
    struct stream *stream = item;
    struct server *server = stream_owner(stream);
    give_arena(server, stream_run(stream, server->options.produce, server->options.context));
}

/* The arena stays with who still writes into the stream. */
static void end_stream(struct exchange *exchange, bool sent)
{
    struct server *server = exchange->server;
    bool whole;
    uint64_t bytes = stream_sent(exchange->stream, &whole);
    log_request_id(exchange->request.id);
    server->options.streamed(server->options.context, &exchange->request, &exchange->response,
                             bytes, whole && sent);
    log_request_id(TEXT_NONE);
    if (stream_leave(exchange->stream, exchange->arena))
        exchange->arena = NULL;
    exchange->stream = NULL;
}

static void run_on_executor(void *item)
{
    struct exchange *exchange = item;
    answer(exchange);
    exchange->stage = STAGE_ANSWERED;
    MHD_resume_connection(exchange->handle);
}

/* Linux gives each thread a niceness of its own. */
static void run_slowly(void *item)
{
    setpriority(PRIO_PROCESS, 0, SLOW_NICENESS);
    run_on_executor(item);
}

static enum MHD_Result answer_later(struct exchange *exchange)
{
    exchange->stage = STAGE_EXECUTING;
    MHD_suspend_connection(exchange->handle);
    struct server *server = exchange->server;
    if (executor_submit(exchange->plan.is_slow ? server->slow : server->executor, exchange))
        return MHD_YES;
    exchange->request.refused = 503;
    answer(exchange);
    exchange->stage = STAGE_ANSWERED;
    MHD_resume_connection(exchange->handle);
    return MHD_YES;
}

/* Calls from libmicrohttpd */

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
    set_deadline(exchange, exchange->server->options.receive_timeout, 0);
    exchange->stage = STAGE_STARTED;
    if (!exchange->arena) /* one that libmicrohttpd refused by itself has left its own */
        exchange->arena = take_arena(exchange->server);
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

static enum MHD_Result on_headers(struct exchange *exchange, const char *method)
{
    struct server *server = exchange->server;
    read_request(exchange, method);
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
        return refuse(exchange, 400);
    if (exchange->request.refused)
        return MHD_YES;
    if ((uint64_t)length > exchange->plan.body_limit)
        return refuse(exchange, 413);
    set_deadline(exchange, server->options.receive_timeout, (size_t)length);
    return MHD_YES;
}

static enum MHD_Result on_complete(struct exchange *exchange)
{
    set_deadline(exchange, 0, 0);
    if (body_read(&exchange->body, &exchange->request.body) != OK || exchange->body.broken)
        exchange->request.refused = 503;
    if (exchange->body.too_large && !exchange->request.refused)
        exchange->request.refused = 413;
    if (exchange->plan.blocks && !exchange->request.refused)
        return answer_later(exchange);
    answer(exchange);
    return send_response(exchange);
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
    if (exchange->stage == STAGE_ANSWERED)
        return send_response(exchange);
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
    forget_response(exchange);
    body_end(&exchange->body);
    if (exchange->stream)
        end_stream(exchange, code == MHD_REQUEST_TERMINATED_COMPLETED_OK);
    give_arena(exchange->server, exchange->arena);
    exchange->arena = NULL;
    set_deadline(exchange, exchange->server->options.idle_timeout, 0);
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
    set_deadline(exchange, server->options.receive_timeout, 0);
    connections_add(&server->connections, &exchange->connection);
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
    give_arena(server, exchange->arena);
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
                                        run_on_executor);
    if (status == OK)
        status = executor_start(&server->slow, options->slow_executors, options->slow_queue_limit,
                                run_slowly);
    if (status == OK)
        status = executor_start(&server->streams, options->stream_executors,
                                options->stream_queue_limit, run_stream);
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
    free(server);
}
