/* From a request that has arrived to the answer that is sent. */
#include <sys/resource.h>
#include <sys/time.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "http/exchange.h"
#include "http/headers.h"
#include "http/kept.h"

#define SLOW_NICENESS 5

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

static bool closes(const struct exchange *exchange)
{
    return exchange->response.close
           || connection_may_close(&exchange->server->connections, &exchange->connection,
                                   clock_monotonic());
}

/* With the headers of `response`; NULL: it cannot be made. */
static enum MHD_Result send_handle(struct exchange *exchange, struct MHD_Response *handle,
                                   const struct response *response)
{
    unsigned status = (unsigned)exchange->response.status;
    if (!handle)
        return MHD_NO;
    headers_add(handle, response, (int)status);
    if (closes(exchange))
        MHD_add_response_header(handle, "Connection", "close");
    enum MHD_Result result = MHD_queue_response(exchange->handle, status, handle);
    MHD_destroy_response(handle);
    return result;
}

static enum MHD_Result send_new(struct exchange *exchange, const struct response *response)
{
    struct text bytes = response_bytes(response);
    return send_handle(exchange,
                       MHD_create_response_from_buffer(bytes.length, (void *)(uintptr_t)bytes.at,
                                                       MHD_RESPMEM_PERSISTENT),
                       response);
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
        return send_handle(exchange, head_of_stream(), &exchange->response);
    if (start_stream(exchange))
        return send_handle(exchange, stream_response(exchange->stream), &exchange->response);
    forget_steps(&exchange->request);
    exchange->request.refused = 503;
    answer(exchange);
    return send_new(exchange, &exchange->response);
}

enum MHD_Result exchange_send(struct exchange *exchange)
{
    const struct response *response = &exchange->response;
    const struct kept *kept = response->kept;
    exchange_limit(exchange, exchange->server->options.send_timeout,
                   response_bytes(response).length);
    if (response->produce)
        return send_stream(exchange);
    if (!kept)
        return send_new(exchange, response);
    if (closes(exchange))
        return send_new(exchange, kept_response(kept));
    return MHD_queue_response(exchange->handle, (unsigned)response->status,
                              kept_handle(kept, response->status));
}

enum MHD_Result exchange_refuse(struct exchange *exchange, int status)
{
    exchange->request.refused = status;
    answer(exchange);
    return exchange_send(exchange);
}

void exchange_run_stream(void *item)
{
    struct stream *stream = item;
    struct server *server = stream_owner(stream);
    server_give_arena(server, stream_run(stream, server->options.produce, server->options.context));
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

void exchange_run(void *item)
{
    struct exchange *exchange = item;
    answer(exchange);
    exchange->stage = STAGE_ANSWERED;
    MHD_resume_connection(exchange->handle);
}

/* Linux gives each thread a niceness of its own. */
void exchange_run_slowly(void *item)
{
    setpriority(PRIO_PROCESS, 0, SLOW_NICENESS);
    exchange_run(item);
}

enum MHD_Result exchange_answer_later(struct exchange *exchange)
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

enum MHD_Result exchange_answer(struct exchange *exchange)
{
    answer(exchange);
    return exchange_send(exchange);
}

void exchange_sent(struct exchange *exchange, bool whole)
{
    if (exchange->response.kept)
        kept_release(exchange->response.kept);
    exchange->response.kept = NULL;
    if (exchange->stream)
        end_stream(exchange, whole);
}
