#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "http/connections.h"

#define SECOND INT64_C(1000000)

static struct connections all;

static void test_adding_and_removing(void **state)
{
    struct connection each[4] = {{0}};
    static const size_t orders[][4] = {{0, 1, 2, 3}, {3, 2, 1, 0}, {1, 3, 0, 2}, {2, 0, 3, 1}};
    (void)state;
    for (size_t i = 0; i < COUNT(orders); i++) {
        connections_start(&all);
        for (size_t k = 0; k < COUNT(each); k++)
            connections_add(&all, &each[k]);
        for (size_t k = 0; k < COUNT(each); k++) {
            check(connections_count(&all) == COUNT(each) - k, "order %zu, step %zu", i, k);
            connections_remove(&all, &each[orders[i][k]]);
            size_t linked = 0;
            for (const struct connection *at = all.first; at; at = at->next)
                linked++;
            check(linked == connections_count(&all), "order %zu, step %zu", i, k);
        }
        assert_null(all.first);
    }
}

/* One end of a TCP connection on this machine; the other in `peer`. */
static int connect_pair(int *peer)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &length), 0);
    *peer = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(*peer, (struct sockaddr *)&address, sizeof address), 0);
    int accepted = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    assert_true(accepted >= 0);
    close(listener);
    return accepted;
}

/* Whether `fd` has been shut down for reading: then there is an end to read at once. */
static bool has_ended(int fd)
{
    char byte;
    ssize_t length = recv(fd, &byte, 1, MSG_DONTWAIT);
    return length == 0;
}

static bool still_writes(int fd)
{
    return send(fd, "x", 1, MSG_NOSIGNAL) == 1;
}

static void test_sweep_ends_what_is_past_its_deadline(void **state)
{
    static const struct {
        int64_t deadline;
        bool ends;
    } rows[] = {{0, false}, {99 * SECOND, true}, {100 * SECOND, false}, {101 * SECOND, false}};
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        int peer;
        struct connection connection = {.fd = connect_pair(&peer), .deadline = rows[i].deadline};
        connections_start(&all);
        connections_add(&all, &connection);
        connections_sweep(&all, 100 * SECOND);
        check(has_ended(connection.fd) == rows[i].ends, "row %zu", i);
        check(still_writes(connection.fd) != rows[i].ends, "row %zu", i);
        connections_remove(&all, &connection);
        close(connection.fd);
        close(peer);
    }
}

static void test_idle_connections_stop_reading(void **state)
{
    static const struct {
        int64_t age; /* -1: a request has begun */
        bool ends;
    } rows[] = {
        {-1, false}, {0, false}, {SECOND / 2, false}, {2 * SECOND, true}, {60 * SECOND, true}};
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        int peer;
        int64_t now = clock_monotonic();
        struct connection connection = {.fd = connect_pair(&peer),
                                        .idle_since = rows[i].age < 0 ? 0 : now - rows[i].age};
        connections_start(&all);
        connections_add(&all, &connection);
        connections_drain(&all, now);
        connections_close_idle(&all, now);
        check(has_ended(connection.fd) == rows[i].ends, "row %zu", i);
        check(still_writes(connection.fd), "row %zu: an answer could still be sent", i);
        connections_remove(&all, &connection);
        close(connection.fd);
        close(peer);
    }
}

/* What has arrived, but was not read yet, is a request that has to be answered. */
static void test_connection_that_was_sent_to_is_not_idle(void **state)
{
    int peer;
    struct connection connection = {.fd = connect_pair(&peer),
                                    .idle_since = clock_monotonic() - 2 * SECOND};
    char bytes[4] = "";
    (void)state;
    connections_start(&all);
    connections_add(&all, &connection);
    assert_int_equal(send(peer, "GET", 3, MSG_NOSIGNAL), 3);
    assert_int_equal(recv(connection.fd, bytes, 3, MSG_PEEK | MSG_WAITALL), 3);
    connections_drain(&all, clock_monotonic());
    connections_close_idle(&all, clock_monotonic());
    assert_int_equal(recv(connection.fd, bytes, 3, 0), 3);
    assert_int_equal(recv(connection.fd, bytes, 1, MSG_DONTWAIT), -1);
    assert_int_equal(errno, EAGAIN);
    close(connection.fd);
    close(peer);
}

/* What has come beyond the begun requests keeps a connection open, for some seconds. */
static void test_bytes_of_a_further_request(void **state)
{
    static const struct {
        size_t begun;
        bool chunked;
        int64_t drained_for;
        bool may_close;
    } rows[] = {
        {3, false, 0, true},      {2, false, SECOND, false},    {2, false, 10 * SECOND, true},
        {3, true, SECOND, false}, {3, true, 10 * SECOND, true}, {0, false, 0, false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        int peer;
        char bytes[4] = "";
        int64_t now = clock_monotonic();
        struct connection connection = {.fd = connect_pair(&peer), .idle_since = now - 60 * SECOND};
        connections_start(&all);
        connections_add(&all, &connection);
        assert_int_equal(send(peer, "GET", 3, MSG_NOSIGNAL), 3);
        assert_int_equal(recv(connection.fd, bytes, 3, MSG_WAITALL), 3);
        connection_begin(&connection, rows[i].begun, rows[i].chunked);
        assert_false(connection_may_close(&all, &connection, now));
        connections_drain(&all, now - rows[i].drained_for);
        check(connection_may_close(&all, &connection, now) == rows[i].may_close, "row %zu", i);
        connections_close_idle(&all, now);
        check(has_ended(connection.fd) == rows[i].may_close, "row %zu", i);
        connections_remove(&all, &connection);
        close(connection.fd);
        close(peer);
    }
}

static void test_begun_bytes_add_up_until_they_are_unknown(void **state)
{
    struct connection connection = {0};
    (void)state;
    connection_begin(&connection, 10, false);
    connection_begin(&connection, 5, false);
    assert_int_equal(connection.begun, 15);
    connection_begin(&connection, 5, true);
    connection_begin(&connection, 5, false);
    assert_int_equal(connection.begun, UINT64_MAX);
}

static const struct CMUnitTest tests[] = {
    TEST(test_adding_and_removing),           TEST(test_sweep_ends_what_is_past_its_deadline),
    TEST(test_idle_connections_stop_reading), TEST(test_connection_that_was_sent_to_is_not_idle),
    TEST(test_bytes_of_a_further_request),    TEST(test_begun_bytes_add_up_until_they_are_unknown),
};

UNIT_MAIN(tests)
