#include "monitor/delivery.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/guard.h"
#include "base/log.h"
#include "monitor/delivery_post.h"
#include "monitor/envelope.h"
#include "monitor/retries.h"
#include "monitor/spool.h"

#define SECOND        ((int64_t)1000000)
#define FLUSH         (2 * SECOND)
#define FIRST_RETRY   SECOND
#define LONGEST_RETRY (60 * SECOND)
#define REPORT_EVERY  (60 * SECOND)
#define TOO_MANY      429
#define LOOPS         508

/* Files of a kind that wait, those first that were never tried. */
struct line {
    int kind;
    bool newest_first; /* the oldest got no answer, and those behind it may be like it */
    int64_t again;     /* those that were tried, not before */
};

struct delivery {
    const struct delivery_options *options;
    pthread_t thread;
    pthread_mutex_t mutex; /* of what follows, up to the blank line */
    pthread_cond_t changed;
    struct losses losses;
    int64_t stop; /* clock_monotonic() by which it must have ended; 0: it goes on */
    bool woken;
    bool loops;

    struct http_client *client;
    struct limits limits;
    struct line errors;
    struct line traces;
    int64_t retry; /* not before; 0: the receiver could be had the last time */
    int64_t again; /* those that were tried, not before; 0: the last got an answer */
    int64_t pause; /* before these */
    int64_t reported;
    int64_t answered; /* the last answer of any kind: clock_wall(); 0: none */
};

/* The thread */

static bool must_end(void *context)
{
    struct delivery *delivery = context;
    pthread_mutex_lock(&delivery->mutex);
    bool over = delivery->stop && clock_monotonic() >= delivery->stop;
    pthread_mutex_unlock(&delivery->mutex);
    return over;
}

static bool is_stopping(struct delivery *delivery)
{
    pthread_mutex_lock(&delivery->mutex);
    bool stops = delivery->stop != 0;
    pthread_mutex_unlock(&delivery->mutex);
    return stops;
}

bool delivery_loops(struct delivery *delivery)
{
    pthread_mutex_lock(&delivery->mutex);
    bool loops = delivery->loops;
    pthread_mutex_unlock(&delivery->mutex);
    return loops;
}

static void note_loop(struct delivery *delivery)
{
    pthread_mutex_lock(&delivery->mutex);
    delivery->loops = true;
    pthread_mutex_unlock(&delivery->mutex);
}

static struct losses take_losses(struct delivery *delivery)
{
    pthread_mutex_lock(&delivery->mutex);
    struct losses losses = delivery->losses;
    pthread_mutex_unlock(&delivery->mutex);
    return losses;
}

void delivery_lost(struct delivery *delivery, enum loss loss, enum category category,
                   uint64_t count)
{
    pthread_mutex_lock(&delivery->mutex);
    delivery->losses.count[loss][category] += count;
    pthread_mutex_unlock(&delivery->mutex);
}

static void note_failure(struct delivery *delivery, const char *reason)
{
    if (!delivery->pause) /* told once */
        log_warning("events wait: Sentry cannot be had", LOG_STRING("reason", reason));
    delivery->pause = delivery->pause ? delivery->pause * 2 : FIRST_RETRY;
    if (delivery->pause > LONGEST_RETRY)
        delivery->pause = LONGEST_RETRY;
    delivery->again = clock_monotonic() + delivery->pause;
}

static void note_answer(struct delivery *delivery, enum category sent,
                        const struct http_answer *answer)
{
    struct limits_answer limits = {answer->status, TEXT_NONE, TEXT_NONE};
    if (delivery->pause)
        log_info("events are sent again");
    delivery->pause = 0;
    delivery->retry = delivery->again = 0;
    delivery->answered = clock_wall();
    http_answer_header(answer, "X-Sentry-Rate-Limits", &limits.rate_limits);
    http_answer_header(answer, "Retry-After", &limits.retry_after);
    limits_read(&delivery->limits, sent, &limits, clock_monotonic(), clock_wall());
}

/* What became of it. UNANSWERED: it was sent, which may be why there is no answer. */
enum outcome { TAKEN, UNSENT, UNANSWERED, LIMITED, GONE, OWN };

static void forget_losses(struct delivery *delivery, const struct losses *losses)
{
    pthread_mutex_lock(&delivery->mutex);
    losses_subtract(&delivery->losses, losses);
    pthread_mutex_unlock(&delivery->mutex);
}

/* `losses` are part of the bytes: with them they have arrived, or not. Where that is not known they
 * are told no more, rather than twice. */
static enum outcome send_bytes(struct delivery *delivery, struct arena *arena,
                               enum category category, struct text headers, struct text items)
{
    struct http_answer answer;
    struct losses losses = take_losses(delivery);
    struct http_post call = {.stops = must_end,
                             .context = delivery,
                             .once = category == CATEGORY_SESSION || losses_sum(&losses)};
    struct text bytes = delivery_bytes(arena, delivery->options, headers, items, &losses);
    if (delivery_post(delivery->client, arena, delivery->options, bytes, &call, &answer) != OK) {
        note_failure(delivery, status_failure()->message);
        if (answer.was_asked)
            forget_losses(delivery, &losses);
        else
            delivery->retry = delivery->again;
        return answer.was_asked && !must_end(delivery) ? UNANSWERED : UNSENT;
    }
    note_answer(delivery, category, &answer);
    if (delivery->options->tells)
        log_info("sent to Sentry", LOG_INT("status", answer.status), LOG_INT("bytes", bytes.length),
                 LOG_TEXT("envelope", headers));
    if (answer.status == TOO_MANY)
        return LIMITED;
    if (answer.status == LOOPS) {
        note_loop(delivery);
        return OWN;
    }
    if (!delivery_is_taken(&answer)) {
        delivery_tell_refusal(&answer, headers);
        return GONE;
    }
    forget_losses(delivery, &losses);
    delivery->reported = clock_monotonic();
    return TAKEN;
}

/* The name of a transaction ends with how many spans are lost with it. */
static void count_lost(struct delivery *delivery, enum loss loss, enum category category,
                       struct text name)
{
    delivery_lost(delivery, loss, category, 1);
    if (category == CATEGORY_TRANSACTION)
        delivery_lost(delivery, loss, CATEGORY_SPAN, spool_spans(name));
}

/* True: it was tried often enough, while others got an answer. Else its name says that it was. */
static bool is_given_up(const struct delivery *delivery, const struct spool *spool,
                        struct arena *arena, struct text name)
{
    struct retry last = retry_of(name);
    struct retry retry = retry_after(&last, delivery->answered, clock_wall());
    if (retry.tries < RETRIES_MOST) {
        spool_rename(spool, name, retry_name(arena, name, &retry));
        return false;
    }
    log_error("an event is given up: Sentry answers others, but not to it", LOG_TEXT("file", name));
    return true;
}

/* Of sending what waits, once. */
struct round {
    struct delivery *delivery;
    struct spool *spool;
    struct arena *work;
    bool again;     /* also those that were tried */
    bool failed;    /* the last got no answer: one of another line is tried, then no more */
    bool is_cut;    /* some had no turn for that */
    int64_t looked; /* for errors */
    int64_t began;  /* the last */
};

/* What waits is not lost, but for what is never sent twice. */
static void settle(struct round *round, struct text name, enum category category,
                   enum outcome outcome)
{
    static const enum loss losses[] = {[UNSENT] = LOSS_NETWORK,
                                       [UNANSWERED] = LOSS_NETWORK,
                                       [LIMITED] = LOSS_LIMIT,
                                       [GONE] = LOSS_REFUSED};
    struct delivery *delivery = round->delivery;
    bool once = category == CATEGORY_SESSION;
    bool waits = outcome == UNSENT || outcome == LIMITED
                 || (outcome == UNANSWERED
                     && (once || !is_given_up(delivery, round->spool, round->work, name)));
    if (waits && !once)
        return;
    if (outcome != TAKEN && outcome != OWN)
        count_lost(delivery, losses[outcome], category, name);
    if (!once)
        spool_remove(round->spool, name);
}

/* OTHERS: it got no answer, which may be its own fault or that of those about it. */
enum next { MORE, OTHERS, NONE };

static enum next next_after(struct round *round, enum outcome outcome)
{
    bool failed = round->failed;
    round->failed = outcome == UNANSWERED;
    round->is_cut = round->is_cut || round->failed;
    if (outcome == UNSENT || (failed && round->failed) || must_end(round->delivery))
        return NONE;
    return round->failed ? OTHERS : MORE;
}

static enum next send_envelope(struct round *round, struct text name,
                               const struct envelope *envelope, struct text items)
{
    struct text headers;
    struct delivery *delivery = round->delivery;
    enum category category = category_of(envelope->type);
    bool limited = limits_hold(&delivery->limits, category, clock_monotonic());
    bool once = category == CATEGORY_SESSION; /* rather lost than counted twice */
    if (once && round->failed)
        return MORE;
    if (once)
        spool_remove(round->spool, name);
    if (limited) {
        if (once)
            count_lost(delivery, LOSS_LIMIT, category, name);
        return MORE;
    }
    text_next(&items, '\n', &headers);
    enum outcome outcome = send_bytes(delivery, round->work, category, headers, items);
    settle(round, name, category, outcome);
    return next_after(round, outcome);
}

static enum next send_file(struct round *round, struct text name)
{
    struct envelope envelope;
    struct text items;
    struct delivery *delivery = round->delivery;
    round->began = clock_monotonic();
    if (delivery_loops(delivery)) {
        spool_remove(round->spool, name);
        return MORE;
    }
    if (spool_read(&items, round->spool, round->work, name) != OK)
        return MORE;
    if (envelope_read(round->work, items, &envelope))
        return send_envelope(round, name, &envelope, items);
    log_warning("a file in the spool is no envelope: it is dropped", LOG_TEXT("file", name));
    spool_remove(round->spool, name);
    delivery_lost(delivery, LOSS_BROKEN, CATEGORY_ERROR, 1);
    return MORE;
}

/* Up to the first that gets no answer. `first` is done once a second between them. */
static enum next send_names(struct round *round, const struct spool_names *names, bool newest_first,
                            enum next (*first)(struct round *))
{
    enum next next = MORE;
    for (size_t i = 0; i < names->count && next == MORE; i++) {
        if (first && clock_monotonic() - round->looked >= SECOND)
            next = first(round);
        if (next != NONE)
            next = send_file(round, names->items[newest_first ? names->count - 1 - i : i]);
        arena_reset(round->work);
    }
    return next;
}

/* Those that were never tried, or those that were and are due again. */
static void choose(struct spool_names *names, bool again)
{
    size_t count = 0;
    for (size_t i = 0; i < names->count; i++) {
        struct retry retry = retry_of(names->items[i]);
        if (again ? retry.tries && retry_is_due(&retry, clock_wall()) : !retry.tries)
            names->items[count++] = names->items[i];
    }
    names->count = count;
    if (again)
        retries_sort(names->items, count);
}

/* Where both ends get no answer, they have turns: in between may be one that does. */
static enum next send_line(struct round *round, struct line *line,
                           enum next (*first)(struct round *))
{
    struct spool_names names = {0};
    struct arena *arena = arena_new((size_t)64 * 1024);
    int64_t answered = round->delivery->answered;
    spool_waiting(round->spool, arena, line->kind, &names);
    choose(&names, false);
    enum next next = send_names(round, &names, line->newest_first, first);
    bool none_was = round->delivery->answered == answered;
    line->newest_first = next != MORE && !(line->newest_first && none_was);
    arena_free(arena);
    return next;
}

/* They wait as long as the last took, so that they have half of the time at most. */
static enum next send_again(struct round *round, struct line *line,
                            enum next (*first)(struct round *))
{
    struct spool_names names = {0};
    int64_t now = clock_monotonic();
    if (now < line->again || (round->delivery->again && !round->again))
        return MORE;
    struct arena *arena = arena_new((size_t)64 * 1024);
    spool_waiting(round->spool, arena, line->kind, &names);
    choose(&names, true);
    enum next next = send_names(round, &names, false, first);
    now = clock_monotonic();
    line->again = next == MORE ? 0 : now + (now - round->began);
    arena_free(arena);
    return next;
}

static enum next send_errors(struct round *round)
{
    struct line *line = &round->delivery->errors;
    enum next next = send_line(round, line, NULL);
    if (next == MORE)
        next = send_again(round, line, NULL);
    round->looked = clock_monotonic();
    return next;
}

/* Errors first. */
static enum next send_all(struct round *round)
{
    struct line *line = &round->delivery->traces;
    enum next next = send_errors(round);
    if (next != NONE)
        next = send_line(round, line, send_errors);
    return next == NONE ? NONE : send_again(round, line, send_errors);
}

static void send_report(struct round *round)
{
    struct delivery *delivery = round->delivery;
    struct losses losses = take_losses(delivery);
    bool due = clock_monotonic() - delivery->reported > REPORT_EVERY
               || (is_stopping(delivery) && !must_end(delivery));
    if (due && losses_sum(&losses) && !round->failed && !delivery_loops(delivery)
        && !limits_hold(&delivery->limits, CATEGORY_ERROR, clock_monotonic())
        && send_bytes(delivery, round->work, CATEGORY_ERROR, TEXT("{}"), TEXT("")) != UNSENT)
        delivery->reported = clock_monotonic(); /* taken or not: no more often */
}

/* True: some had no turn since others got no answer. */
static bool send_waiting(struct delivery *delivery, struct spool *spool)
{
    struct arena *work = arena_new((size_t)64 * 1024);
    bool again = clock_monotonic() >= delivery->again;
    struct round round = {.delivery = delivery, .spool = spool, .work = work, .again = again};
    enum next next = send_all(&round);
    if (next != NONE)
        send_report(&round);
    arena_free(work);
    return next != NONE && round.is_cut;
}

/* Until it is woken, or for a second. True: it is to stop. */
static bool wait_for_more(struct delivery *delivery)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec++;
    pthread_mutex_lock(&delivery->mutex);
    while (!delivery->woken && !delivery->stop
           && pthread_cond_timedwait(&delivery->changed, &delivery->mutex, &until) == 0)
        continue;
    delivery->woken = false;
    bool stops = delivery->stop != 0;
    pthread_mutex_unlock(&delivery->mutex);
    return stops;
}

/* NULL: it is to stop, and there was none. */
static struct spool *open_spool(struct delivery *delivery)
{
    struct spool *spool;
    bool told = false;
    while (spool_look(&spool, delivery->options->spool) != OK) {
        if (!told)
            log_error("no event is sent: the spool cannot be had",
                      LOG_STRING("reason", status_failure()->message));
        told = true;
        if (wait_for_more(delivery))
            return NULL;
    }
    return spool;
}

static void *run(void *context)
{
    struct delivery *delivery = context;
    struct spool *spool;
    guard_thread();
    spool = open_spool(delivery);
    for (bool stops = !spool; !stops;) {
        stops = wait_for_more(delivery);
        while ((stops || delivery->retry <= clock_monotonic()) && send_waiting(delivery, spool)
               && stops)
            continue;
    }
    spool_close(spool);
    return NULL;
}

/* Others' signals are for the main thread. */
static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP};

struct delivery *delivery_start(const struct delivery_options *options)
{
    sigset_t all;
    sigset_t before;
    pthread_condattr_t attributes;
    struct delivery *delivery = calloc(1, sizeof *delivery);
    if (!delivery)
        abort();
    delivery->options = options;
    delivery->errors.kind = SPOOL_SENTRY;
    delivery->traces.kind = SPOOL_SENTRY_TRACES;
    delivery->client = http_client_new();
    delivery->reported = clock_monotonic();
    pthread_mutex_init(&delivery->mutex, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&delivery->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    sigfillset(&all);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        sigdelset(&all, faults[i]);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    int error = pthread_create(&delivery->thread, NULL, run, delivery);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error)
        abort();
    return delivery;
}

void delivery_wake(struct delivery *delivery)
{
    pthread_mutex_lock(&delivery->mutex);
    delivery->woken = true;
    pthread_cond_signal(&delivery->changed);
    pthread_mutex_unlock(&delivery->mutex);
}

void delivery_stop(struct delivery *delivery)
{
    pthread_mutex_lock(&delivery->mutex);
    delivery->stop = clock_monotonic() + FLUSH;
    pthread_cond_signal(&delivery->changed);
    pthread_mutex_unlock(&delivery->mutex);
    pthread_join(delivery->thread, NULL);
    http_client_free(delivery->client);
    pthread_cond_destroy(&delivery->changed);
    pthread_mutex_destroy(&delivery->mutex);
    free(delivery);
}
