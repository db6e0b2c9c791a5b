/* A worker: one server on the socket it was given, until it is told to stop. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "db/db.h"
#include "http/server.h"
#include "site/contain.h"
#include "site/internal.h"
#include "site/metrics.h"
#include "site/processes.h"
#include "site/settings.h"
#include "site/site.h"

#define SECOND             ((int64_t)1000 * 1000)
#define QUEUE_PER_EXECUTOR 32
#define SLOW_QUEUE_LIMIT   64
#define STREAM_EXECUTORS   2
#define STREAM_QUEUE_LIMIT 6

/* Of a server, one connection of the instance is the clerk's, and one of each worker listens. */
static unsigned executor_count(void)
{
    int64_t all = site_settings.database_max_connections;
    if (db_url_is_server(site_settings.database_url))
        all--;
    int64_t share = all / site_settings.workers - site_listens();
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

/* A server may come later than we do, and go and come again. */
static enum status find_database(void)
{
    struct db *db;
    bool is_server = db_url_is_server(site_settings.database_url);
    enum status status = site_database(&db, false);
    if (is_server)
        site_database_share(executor_count());
    if (is_server && status == BUSY) {
        log_warning("the database is not there", LOG_STRING("reason", status_failure()->message));
        site.reads_block = true;
        return OK;
    }
    if (status != OK)
        return status;
    site.reads_block = db_reads_block(db);
    if (site_migrations_check(db) != OK)
        log_warning("the database is not ready", LOG_STRING("reason", status_failure()->message));
    site_database_close();
    return OK;
}

static void tick(void)
{
    contain_flush(false);
    site_database_tick();
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
    metrics_begin(WORKER_FD_METRICS);
    site_listen();
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
        .is_ready = site_is_ready,
        .answer = site_answer,
        .produce = site_produce,
        .streamed = site_streamed,
        .tick = tick,
    };
    return server_start(server, &options);
}

/* Meanwhile a balancer finds that it is not ready, and sends it nobody more. */
static void leave_slowly(void)
{
    sigset_t at_once;
    const struct timespec delay = {.tv_sec = site_settings.shutdown_delay};
    sigemptyset(&at_once);
    sigaddset(&at_once, PROCESS_DRAIN);
    site.leaving = true;
    if (delay.tv_sec)
        sigtimedwait(&at_once, NULL, &delay);
}

static void wait_for_stop(const sigset_t *stops)
{
    int signal;
    do
        sigwait(stops, &signal);
    while (signal == SIGHUP);
    if (signal != PROCESS_DRAIN)
        leave_slowly();
}

int worker_run(void)
{
    sigset_t stops;
    sigemptyset(&stops);
    sigaddset(&stops, SIGTERM);
    sigaddset(&stops, SIGINT);
    sigaddset(&stops, SIGHUP);
    sigaddset(&stops, PROCESS_DRAIN);
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

    wait_for_stop(&stops);
    bool finished = server_drain(server, site_settings.shutdown_timeout * SECOND);
    contain_flush(true);
    if (!finished) {
        log_warning("stopped before all requests were finished");
        _exit(1);
    }
    server_stop(server);
    log_flush();
    return 0;
}
