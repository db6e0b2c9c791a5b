#include "auth/guessing.h"

#include "base/arena.h"
#include "http/request.h"

enum { PLACE, CLIENT, ACCOUNT };

#define KNOWN_FOR (INT64_C(30) * 24 * 3600) /* seconds */

/* A person mistypes, and an office has many people behind one address. Few guesses from one place
 * must not shut an account for all others, nor many from everywhere get further. */
static void limit(struct guessing *guessing, const struct request *request, struct text username)
{
    static const struct attempt_limit place = {"place", 5, 300};
    static const struct attempt_limit client = {"client", 30, 900};
    static const struct attempt_limit account = {"account", 30, 900};
    struct text address = attempt_client(request);
    guessing->place =
        text_format(request->arena, "%.*s\n%.*s", TEXT_ARG(address), TEXT_ARG(username));
    guessing->attempts[PLACE] = (struct attempt){&place, guessing->place};
    guessing->attempts[CLIENT] = (struct attempt){&client, address};
    guessing->attempts[ACCOUNT] = (struct attempt){&account, username};
    guessing->count = 3;
}

enum status guessing_begin(struct guessing *guessing, const struct request *request,
                           struct text username, int64_t *wait)
{
    bool is_known;
    limit(guessing, request, username);
    enum status status = attempts_is_known(request->db, request->arena, guessing->place, &is_known);
    if (status != OK)
        return status;
    if (is_known)
        guessing->count = ACCOUNT;
    return attempts_begin(request->db, request->arena, guessing->attempts, guessing->count, wait);
}

enum status guessing_succeeded(const struct guessing *guessing, struct db *db, struct arena *arena)
{
    enum status status = attempts_succeeded(db, arena, guessing->attempts, guessing->count);
    return status == OK ? attempts_know(db, arena, guessing->place, KNOWN_FOR) : status;
}

enum status guessing_forget(struct db *db, const struct request *request, struct text username)
{
    struct guessing guessing;
    limit(&guessing, request, username);
    enum status status = attempts_forget(db, request->arena, &guessing.attempts[PLACE]);
    if (status == OK)
        status = attempts_forget(db, request->arena, &guessing.attempts[ACCOUNT]);
    return status == OK ? attempts_know(db, request->arena, guessing.place, KNOWN_FOR) : status;
}
