/* A worker: one server on the socket it was given, until it is told to stop. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/log.h"
#include "db/db.h"
#include "http/server.h"
#include "site/contain.h"
#include "site/internal.h"
#include "site/processes.h"
#include "site/settings.h"
#include "site/site.h"

#define SECOND             ((int64_t)1000 * 1000)
#define QUEUE_PER_EXECUTOR 32
#define SLOW_QUEUE_LIMIT   64
#define STREAM_EXECUTORS   2
#define STREAM_QUEUE_LIMIT 6

static unsigned executor_count(void)
{
    int64_t share = site_settings.database_max_connections / site_settings.workers;
    return share < 1 ? 1 : (unsigned)share;
}

/* As many descriptors as the system lets us have. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static enum status find_database(void)
{
    struct db *db;
    enum status status = site_database(&db, false);
    if (status != OK)
        return status;
    site.reads_block = db_reads_block(db);
    if (site_migrations_check(db) != OK)
        log_warning("the database is not ready", LOG_STRING("reason", status_failure()->message));
    site_database_close();
    return OK;
}

static enum status start(struct server **server)
{
    enum status status = site_settings_load("worker");
    if (status == OK)
        status = site_start();
    if (status == OK)
        status = find_database();
    if (status != OK)
        return status;
    contain_faults();
    const struct server_options options = {
        .listen_fd = WORKER_FD_LISTEN,
        .threads = (unsigned)site_settings.threads,
        .max_connections = (unsigned)site_settings.max_connections,
        .executors = executor_count(),
        .queue_limit = executor_count() * QUEUE_PER_EXECUTOR,
        .slow_executors = 1,
        .slow_queue_limit = SLOW_QUEUE_LIMIT,
        .stream_executors = STREAM_EXECUTORS,
        .stream_queue_limit = STREAM_QUEUE_LIMIT,
        .receive_timeout = site_settings.receive_timeout * SECOND,
        .idle_timeout = site_settings.idle_timeout * SECOND,
        .send_timeout = site_settings.send_timeout * SECOND,
        .plan = site_plan,
        .answer = site_answer,
        .produce = site_produce,
        .streamed = site_streamed,
    };
    return server_start(server, &options);
}

int worker_run(void)
{
    sigset_t stops;
    sigemptyset(&stops);
    sigaddset(&stops, SIGTERM);
    sigaddset(&stops, SIGINT);
    sigaddset(&stops, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &stops, NULL);
    raise_descriptor_limit();
    site.supervised = true;

    struct server *server;
    if (start(&server) != OK) {
        log_error("cannot start", LOG_STRING("reason", status_failure()->message));
        return 1;
    }
    if (write(WORKER_FD_READY, "r", 1) != 1)
        log_warning("nobody waits for this worker", LOG_STRING("reason", strerror(errno)));

    int signal;
    do
        sigwait(&stops, &signal);
    while (signal == SIGHUP);
    bool finished = server_drain(server, site_settings.shutdown_timeout * SECOND);
    if (!finished) {
        log_warning("stopped before all requests were finished");
        _exit(1);
    }
    server_stop(server);
    log_flush();
    return 0;
}
