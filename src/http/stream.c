#include "http/stream.h"

#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/temporary.h"
#include "http/request.h"
#include "http/response.h"

#define SECOND       ((int64_t)1000 * 1000)
#define BLOCK_SIZE   ((size_t)16 * 1024)
#define BUFFER_SIZE  ((size_t)32 * 1024)
#define UNSENT_LIMIT (64 * 1024)

struct stream {
    struct stream_options options;
    struct request request;
    struct response response;
    int fd;
    /* Of the connection's thread. */
    uint64_t sent;
    int64_t deadline;
    int64_t waiting_since;

    pthread_mutex_t mutex; /* of what follows */
    uint64_t written;
    bool done;
    bool failed;
    bool waiting; /* the connection is suspended */
    bool gone;
    struct arena *arena; /* where it is gone */
};

/* What it points to outside of its arena belongs to the connection. */
static struct request detached(const struct request *request)
{
    struct request copy = *request;
    copy.db = NULL;
    copy.page_key = NULL;
    copy.csrf = NULL;
    copy.messages = NULL;
    copy.body = TEXT_NONE;
    copy.multipart = NULL;
    copy.headers = NULL;
    copy.header_count = 0;
    return copy;
}

enum status stream_new(struct stream **out, const struct stream_options *options,
                       const struct request *request, const struct response *response)
{
    int fd;
    enum status status = temporary_open(&fd);
    if (status != OK)
        return status;
    struct stream *stream = calloc(1, sizeof *stream);
    if (!stream)
        abort();
    stream->options = *options;
    stream->request = detached(request);
    stream->response = *response;
    stream->fd = fd;
    stream->deadline = clock_monotonic() + options->send_timeout;
    pthread_mutex_init(&stream->mutex, NULL);
    *out = stream;
    return OK;
}

void stream_free(struct stream *stream)
{
    close(stream->fd);
    pthread_mutex_destroy(&stream->mutex);
    free(stream);
}

void *stream_owner(const struct stream *stream)
{
    return stream->options.owner;
}

/* Writing: on the executor's thread */

static enum status write_all(int fd, const char *bytes, size_t length, uint64_t at)
{
    while (length) {
        ssize_t written = pwrite(fd, bytes, length, (off_t)at);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return FAILED;
        bytes += written;
        at += (uint64_t)written;
        length -= (size_t)written;
    }
    return OK;
}

/* True: the connection was suspended, and is to be resumed once the mutex is free. */
static bool take_waiting(struct stream *stream)
{
    bool waited = stream->waiting;
    stream->waiting = false;
    return waited;
}

static ssize_t on_write(void *context, const char *bytes, size_t length)
{
    struct stream *stream = context;
    uint64_t at = stream->written; /* which no other thread changes */
    if (at + length > STREAM_LIMIT) {
        errno = EFBIG;
        return -1;
    }
    if (write_all(stream->fd, bytes, length, at) != OK)
        return -1;
    pthread_mutex_lock(&stream->mutex);
    bool gone = stream->gone;
    stream->written = at + length;
    bool wake = take_waiting(stream);
    pthread_mutex_unlock(&stream->mutex);
    if (wake)
        MHD_resume_connection(stream->options.handle);
    if (!gone)
        return (ssize_t)length;
    errno = EPIPE;
    return -1;
}

static enum status produce_into(struct stream *stream,
                                enum status (*produce)(void *context, struct request *request,
                                                       const struct response *response, FILE *out),
                                void *context)
{
    const cookie_io_functions_t functions = {.write = on_write};
    FILE *out = fopencookie(stream, "w", functions);
    if (!out) {
        enum status status = fail("no stream: %s", strerror(errno));
        produce(context, &stream->request, &stream->response, NULL);
        return status;
    }
    setvbuf(out, NULL, _IOFBF, BUFFER_SIZE);
    enum status status = produce(context, &stream->request, &stream->response, out);
    bool failed_before = ferror(out) != 0;
    if ((fclose(out) != 0 || failed_before) && status == OK)
        status = fail("it cannot be written: %s", strerror(errno));
    return status;
}

static bool is_gone(struct stream *stream)
{
    pthread_mutex_lock(&stream->mutex);
    bool gone = stream->gone;
    pthread_mutex_unlock(&stream->mutex);
    return gone;
}

struct arena *stream_run(struct stream *stream,
                         enum status (*produce)(void *context, struct request *request,
                                                const struct response *response, FILE *out),
                         void *context)
{
    struct MHD_Connection *handle = stream->options.handle;
    enum status status = is_gone(stream)
                             ? produce(context, &stream->request, &stream->response, NULL)
                             : produce_into(stream, produce, context);
    pthread_mutex_lock(&stream->mutex);
    bool gone = stream->gone;
    if (status != OK && !gone)
        log_error("a streamed answer is not complete",
                  LOG_TEXT("target", request_logged(&stream->request)),
                  LOG_STRING("error", status_failure()->message));
    struct arena *arena = stream->arena;
    stream->done = true;
    stream->failed = status != OK;
    bool wake = take_waiting(stream);
    pthread_mutex_unlock(&stream->mutex);
    if (wake)
        MHD_resume_connection(handle); /* which may end the stream at once */
    else if (gone)
        stream_free(stream);
    return gone ? arena : NULL;
}

/* Reading: on the connection's thread */

/* Each byte gives the client time for the next, so that one must keep up the slowest rate, and at
 * most so much that one who stops is given up; the time that it waits for us is not its own. */
static void keep_deadline(struct stream *stream, size_t taken)
{
    int64_t now = clock_monotonic();
    if (stream->waiting_since)
        stream->deadline += now - stream->waiting_since;
    stream->waiting_since = 0;
    stream->deadline += (int64_t)taken * SECOND / stream->options.slowest_rate;
    if (stream->deadline > now + stream->options.send_timeout)
        stream->deadline = now + stream->options.send_timeout;
    atomic_store_explicit(stream->options.deadline, stream->deadline, memory_order_relaxed);
}

static void wait_for_bytes(struct stream *stream)
{
    keep_deadline(stream, 0);
    atomic_store_explicit(stream->options.deadline, 0, memory_order_relaxed);
    stream->waiting_since = clock_monotonic();
    stream->waiting = true;
    MHD_suspend_connection(stream->options.handle);
}

static ssize_t on_read(void *context, uint64_t position, char *out, size_t room)
{
    struct stream *stream = context;
    pthread_mutex_lock(&stream->mutex);
    uint64_t ready = stream->written - position;
    bool done = stream->done;
    bool failed = stream->failed;
    if (!ready && !done)
        wait_for_bytes(stream);
    pthread_mutex_unlock(&stream->mutex);
    if (failed)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (!ready)
        return done ? MHD_CONTENT_READER_END_OF_STREAM : 0;
    ssize_t taken = pread(stream->fd, out, ready < room ? (size_t)ready : room, (off_t)position);
    if (taken <= 0)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    stream->sent = position + (uint64_t)taken;
    keep_deadline(stream, (size_t)taken);
    return taken;
}

/* The kernel takes no more than the client is about to get: what it has taken says how fast that
 * is. */
static void bound_kernel_buffer(const struct stream *stream)
{
    int unsent = UNSENT_LIMIT;
    int fd = MHD_get_connection_info(stream->options.handle, MHD_CONNECTION_INFO_CONNECTION_FD)
                 ->connect_fd;
    if (setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof unsent) != 0)
        log_debug("no limit of unsent bytes", LOG_STRING("reason", strerror(errno)));
}

struct MHD_Response *stream_response(struct stream *stream)
{
    bound_kernel_buffer(stream);
    return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_SIZE, on_read, stream, NULL);
}

uint64_t stream_sent(struct stream *stream, bool *whole)
{
    pthread_mutex_lock(&stream->mutex);
    *whole = stream->done && !stream->failed && stream->sent == stream->written;
    pthread_mutex_unlock(&stream->mutex);
    return stream->sent;
}

bool stream_leave(struct stream *stream, struct arena *arena)
{
    pthread_mutex_lock(&stream->mutex);
    bool done = stream->done;
    stream->gone = true;
    stream->arena = done ? NULL : arena;
    pthread_mutex_unlock(&stream->mutex);
    if (done)
        stream_free(stream);
    return !done;
}
