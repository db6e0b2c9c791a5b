#include "attempts/attempts.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "crypto/signing.h"
#include "db/db.h"
#include "http/request.h"
#include "site/settings.h"

#define SECOND          INT64_C(1000000)
#define FORGOTTEN_AFTER INT64_C(3600) /* seconds without an attempt */

struct counting {
    struct arena *arena;
    const struct attempt *attempts;
    size_t count;
    int64_t now; /* seconds since 1970 */
    int64_t wait;
};

/* Nobody can read from the table who has mistaken the one field for the other. */
static struct text subject_of(struct arena *arena, const struct attempt *attempt)
{
    struct digest_value digest = salted_hmac(DIGEST_SHA256, text_of(attempt->limit->name),
                                             attempt->subject, site_settings.secret_key);
    struct text hex = hex_of(arena, digest_bytes(&digest));
    return text_format(arena, "%s:%.*s", attempt->limit->name, TEXT_ARG(hex));
}

static int64_t delay_after(const struct attempt_limit *limit, int64_t failures)
{
    int64_t beyond = failures - limit->free;
    if (beyond < 0)
        return 0;
    return beyond > 30 || (INT64_C(1) << beyond) > limit->longest ? limit->longest
                                                                  : INT64_C(1) << beyond;
}

static enum status look(struct db *db, struct counting *counting, const struct attempt *attempt)
{
    int64_t free_at;
    enum status status =
        db_integer(db, &free_at, 0, "SELECT free_at FROM attempts_attempt WHERE subject = $1",
                   DB_TEXT(subject_of(counting->arena, attempt)));
    if (status == OK && free_at - counting->now > counting->wait)
        counting->wait = free_at - counting->now;
    return status;
}

static enum status count_one(struct db *db, struct counting *counting,
                             const struct attempt *attempt)
{
    struct text subject = subject_of(counting->arena, attempt);
    int64_t failures;
    enum status status =
        db_integer(db, &failures, 0,
                   "SELECT failures FROM attempts_attempt WHERE subject = $1 AND last_at > $2",
                   DB_TEXT(subject), DB_INT(counting->now - FORGOTTEN_AFTER));
    if (status != OK)
        return status;
    int64_t free_at = counting->now + delay_after(attempt->limit, failures + 1);
    return db_run(db,
                  "INSERT INTO attempts_attempt (subject, failures, last_at, free_at)"
                  " VALUES ($1, $2, $3, $4) ON CONFLICT (subject) DO UPDATE SET"
                  " failures = excluded.failures, last_at = excluded.last_at,"
                  " free_at = excluded.free_at",
                  DB_TEXT(subject), DB_INT(failures + 1), DB_INT(counting->now), DB_INT(free_at));
}

static enum status begin(struct db *db, void *context)
{
    struct counting *counting = context;
    enum status status = OK;
    for (size_t i = 0; i < counting->count && status == OK; i++)
        status = look(db, counting, &counting->attempts[i]);
    for (size_t i = 0; i < counting->count && status == OK && counting->wait == 0; i++)
        status = count_one(db, counting, &counting->attempts[i]);
    return status;
}

/* False: before `migrate`. Nothing is counted then, as Django does not. */
static bool has_table(struct db *db, struct arena *arena)
{
    struct text sql;
    bool found = db_object_sql(db, arena, TEXT("attempts_attempt"), &sql) != NOT_FOUND;
    if (!found)
        log_warning("attempts are not limited before `oc-lettings migrate`");
    return found;
}

enum status attempts_begin(struct db *db, struct arena *arena, const struct attempt *attempts,
                           size_t count, int64_t *wait)
{
    *wait = 0;
    if (!has_table(db, arena))
        return OK;
    struct counting counting = {arena, attempts, count, clock_wall() / SECOND, 0};
    struct text *paths = ARENA_ARRAY(arena, struct text, count);
    for (size_t i = 0; i < count; i++) {
        struct text subject = subject_of(arena, &attempts[i]);
        paths[i] = text_format(arena, "attempts/%.*s", TEXT_ARG(subject));
    }
    enum status status = db_transaction_on(db, paths, count, begin, &counting);
    *wait = counting.wait;
    return status;
}

enum status attempts_forget(struct db *db, struct arena *arena, const struct attempt *attempt)
{
    if (!has_table(db, arena))
        return OK;
    return db_run(db, "DELETE FROM attempts_attempt WHERE subject = $1",
                  DB_TEXT(subject_of(arena, attempt)));
}

enum status attempts_succeeded(struct db *db, struct arena *arena, const struct attempt *attempts,
                               size_t count)
{
    if (!has_table(db, arena))
        return OK;
    enum status status = attempts_forget(db, arena, &attempts[0]);
    for (size_t i = 1; i < count && status == OK; i++)
        status = db_run(db,
                        "UPDATE attempts_attempt SET failures = failures - 1, free_at = last_at"
                        " WHERE subject = $1",
                        DB_TEXT(subject_of(arena, &attempts[i])));
    return status;
}

/* What is known stands among the attempts, none of which was in vain, with the time until when as
 * that of the last. */
static const struct attempt_limit known = {.name = "known"};

enum status attempts_know(struct db *db, struct arena *arena, struct text subject, int64_t seconds)
{
    const struct attempt attempt = {&known, subject};
    if (!has_table(db, arena))
        return OK;
    return db_run(db,
                  "INSERT INTO attempts_attempt (subject, failures, last_at, free_at)"
                  " VALUES ($1, 0, $2, 0)"
                  " ON CONFLICT (subject) DO UPDATE SET last_at = excluded.last_at",
                  DB_TEXT(subject_of(arena, &attempt)), DB_INT(clock_wall() / SECOND + seconds));
}

enum status attempts_is_known(struct db *db, struct arena *arena, struct text subject,
                              bool *is_known)
{
    const struct attempt attempt = {&known, subject};
    int64_t until = 0;
    enum status status = OK;
    if (has_table(db, arena))
        status =
            db_integer(db, &until, 0, "SELECT last_at FROM attempts_attempt WHERE subject = $1",
                       DB_TEXT(subject_of(arena, &attempt)));
    *is_known = until > clock_wall() / SECOND;
    return status;
}

struct text attempt_client(const struct request *request)
{
    struct in6_addr address;
    char printed[INET6_ADDRSTRLEN] = "";
    if (inet_pton(AF_INET6, text_string(request->arena, request->client), &address) != 1)
        return request->client;
    if (IN6_IS_ADDR_V4MAPPED(&address)) {
        inet_ntop(AF_INET, address.s6_addr + 12, printed, sizeof printed);
        return text_copy(request->arena, text_of(printed));
    }
    memset(address.s6_addr + 8, 0, 8);
    inet_ntop(AF_INET6, &address, printed, sizeof printed);
    return text_copy(request->arena, text_of(printed));
}

enum status attempts_clear(struct db *db)
{
    struct arena *arena = arena_new(1024);
    enum status status = OK;
    if (has_table(db, arena))
        status = db_run(db, "DELETE FROM attempts_attempt WHERE last_at < $1",
                        DB_INT(clock_wall() / SECOND - FORGOTTEN_AFTER));
    arena_free(arena);
    return status;
}
