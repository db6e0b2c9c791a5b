#include "site/page_cache.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <sys/queue.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/guard.h"
#include "base/metrics.h"
#include "db/db.h"
#include "http/kept.h"
#include "http/origin.h"
#include "http/request.h"
#include "http/response.h"
#include "http/routes.h"
#include "site/internal.h"
#include "site/messages.h"
#include "site/settings.h"

#define SESSION_COOKIE "sessionid"
#define LARGEST_SHARE  8 /* of the cache, that one page may have */
#define BUCKETS        1024

/* What a page was made of: the database's state before its view ran, and what it read of it. */
struct source {
    bool has_state;
    struct db_state state;
    bool has_stamp;
    struct db_stamp stamp;
    bool has_reads;
    struct text reads;
    bool untold; /* of tables of whose changes nothing tells: neither a stamp, nor db_heard() */
};

/* Which page, and how it is being made. */
struct page_key {
    struct text text;
    struct source source;
    struct db_reads reads;
    bool refused;
};

/* In one block with its texts. */
struct page {
    struct page *next; /* in its bucket */
    TAILQ_ENTRY(page) by_use;
    struct kept *kept;
    struct source source;
    struct text key;
    char bytes[];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct page *buckets[BUCKETS];
static TAILQ_HEAD(page_queue, page) by_use = TAILQ_HEAD_INITIALIZER(by_use); /* longest ago first */
static size_t pages_size;

static size_t capacity(void)
{
    return (size_t)site_settings.page_cache_size * 1024 * 1024;
}

/* What differs for nobody who is signed out and asks for the same. */
static bool is_public_page(const struct request *request)
{
    struct text session;
    return request->route->access == ACCESS_PUBLIC && request->route->work == WORK_READS
           && request->method & (HTTP_GET | HTTP_HEAD) && !site_settings.debug && capacity() > 0
           && !request_cookie(request, SESSION_COOKIE, &session)
           && !request_cookie(request, MESSAGES_COOKIE, &session);
}

static struct text key_of(const struct request *request)
{
    struct buffer key = {.arena = request->arena};
    bool gzip = header_accepts(request_header(request, "Accept-Encoding"), TEXT("gzip"));
    buffer_char(&key, (char)('0' + 2 * request->secure + gzip));
    buffer_append(&key, (const char *)&request->language, sizeof request->language);
    buffer_text(&key, request->host);
    buffer_text(&key, request->target);
    return buffer_contents(&key);
}

static void take_lock(void)
{
    guard_hold();
    pthread_mutex_lock(&lock);
}

static void leave_lock(void)
{
    pthread_mutex_unlock(&lock);
    guard_release();
}

/* With the lock held */

/* Where the page of that key is, or belongs. */
static struct page **place_of(struct text key)
{
    struct page **place = &buckets[XXH3_64bits(key.at, key.length) % BUCKETS];
    while (*place && !text_equal((*place)->key, key))
        place = &(*place)->next;
    return place;
}

static size_t size_of(const struct page *page)
{
    return sizeof *page + page->key.length + page->source.reads.length + kept_size(page->kept);
}

static void drop(struct page **place)
{
    struct page *page = *place;
    *place = page->next;
    TAILQ_REMOVE(&by_use, page, by_use);
    pages_size -= size_of(page);
    metric_add(METRIC_KEPT_PAGES, -1);
    metric_add(METRIC_KEPT_BYTES, -(int64_t)size_of(page));
    kept_release(page->kept);
    free(page);
}

static void add(struct page *page)
{
    struct page **place = place_of(page->key);
    if (*place)
        drop(place);
    page->next = *place;
    *place = page;
    TAILQ_INSERT_TAIL(&by_use, page, by_use);
    pages_size += size_of(page);
    metric_add(METRIC_KEPT_PAGES, 1);
    metric_add(METRIC_KEPT_BYTES, (int64_t)size_of(page));
    while (pages_size > capacity())
        drop(place_of(TAILQ_FIRST(&by_use)->key));
}

static void use(struct page *page)
{
    TAILQ_REMOVE(&by_use, page, by_use);
    TAILQ_INSERT_TAIL(&by_use, page, by_use);
}

/* Answering */

static bool same_state(const struct source *a, const struct source *b)
{
    return a->has_state && b->has_state && memcmp(&a->state, &b->state, sizeof a->state) == 0;
}

static bool same_stamp(const struct source *a, const struct source *b)
{
    return a->has_stamp && b->has_stamp && memcmp(&a->stamp, &b->stamp, sizeof a->stamp) == 0;
}

/* A kept page of another state, outside of the lock. */
struct stale {
    struct kept *kept;
    struct text reads;
    bool untold;
};

static bool answer_with_fresh(const struct page_key *key, const struct request *request,
                              struct response *response)
{
    take_lock();
    struct page *page = *place_of(key->text);
    bool fresh = page && same_state(&page->source, &key->source);
    if (fresh) {
        kept_answer(page->kept, request, response);
        use(page);
    }
    leave_lock();
    return fresh;
}

/* Something was written since, but not to what it was made of; else what it takes to see whether it
 * still is so. */
static bool answer_with_stamped(const struct page_key *key, const struct request *request,
                                struct response *response, struct stale *stale)
{
    take_lock();
    struct page *page = *place_of(key->text);
    bool same = page && same_stamp(&page->source, &key->source);
    if (same) {
        kept_answer(page->kept, request, response);
        response->reread = true;
        page->source.has_state = key->source.has_state;
        page->source.state = key->source.state;
        use(page);
    } else if (page && page->source.has_reads) {
        *stale = (struct stale){.kept = kept_acquire(page->kept),
                                .reads = text_copy(request->arena, page->source.reads),
                                .untold = page->source.untold};
    }
    leave_lock();
    return same;
}

/* Whether the state is of what a page was made of: a server's tells of some tables alone, and the
 * connection may have been made again, to another. */
static bool is_proven(const struct request *request, const struct source *source, bool untold)
{
    struct db_state now;
    return source->has_state
           && (source->state.file
               || (!untold && db_state(request->db, &now)
                   && now.header[0] == source->state.header[0]));
}

/* The page is what it was in the newer state too, or is so no longer. */
static void settle(const struct request *request, const struct page_key *key,
                   const struct stale *stale, bool same)
{
    const struct source *now = &key->source;
    bool has_state = is_proven(request, now, stale->untold);
    take_lock();
    struct page **place = place_of(key->text);
    struct page *page = *place;
    if (page && page->kept == stale->kept && same) {
        struct source *source = &page->source;
        source->has_state = has_state;
        source->state = now->state;
        source->has_stamp = now->has_stamp && !source->untold;
        source->stamp = now->stamp;
        use(page);
    } else if (page && page->kept == stale->kept) {
        drop(place);
    }
    leave_lock();
}

/* The same reads for the same request make the same page. */
static bool answer_with_same(const struct page_key *key, const struct request *request,
                             struct response *response, const struct stale *stale)
{
    bool same;
    enum status status = db_reads_again(request->db, request->arena, stale->reads, &same);
    if (status != BUSY)
        settle(request, key, stale, same);
    if (same) {
        kept_answer(stale->kept, request, response);
        response->reread = true;
    }
    return same;
}

static struct kept *find_fresh(struct text key, const struct source *source)
{
    take_lock();
    struct page *page = *place_of(key);
    bool fresh = page && same_state(&page->source, source);
    struct kept *kept = fresh ? kept_acquire(page->kept) : NULL;
    if (fresh)
        use(page);
    leave_lock();
    return kept;
}

/* The step check_host may take another host, and refuse it. */
bool page_cache_find(struct request *request)
{
    struct source source = {0};
    if (!request->route || site_settings.page_cache_reads || !db_heard(&source.state)
        || !is_public_page(request))
        return false;
    source.has_state = true;
    request->language = language_of_visitor(request);
    if (site_settings.use_forwarded_host)
        origin_use_forwarded_host(request, site_settings.trusted_proxies);
    request->found_page = find_fresh(key_of(request), &source);
    return request->found_page;
}

bool page_cache_answer_found(struct request *request, struct response *response)
{
    if (request->found_page)
        kept_answer(request->found_page, request, response);
    return !request->found_page;
}

void page_cache_forget_found(struct request *request)
{
    if (request->found_page)
        kept_release(request->found_page);
    request->found_page = NULL;
}

bool page_cache_answer(struct request *request, struct response *response)
{
    if (!is_public_page(request))
        return true;
    struct page_key *key = ARENA_NEW(request->arena, struct page_key);
    struct stale stale = {0};
    key->source.has_state =
        !site_settings.page_cache_reads && db_state(request->db, &key->source.state);
    key->text = key_of(request);
    if (answer_with_fresh(key, request, response))
        return false;
    key->source.has_stamp = db_stamp(request->db, &key->source.stamp);
    if (answer_with_stamped(key, request, response, &stale))
        return false;
    bool same = stale.kept && answer_with_same(key, request, response, &stale);
    if (stale.kept)
        kept_release(stale.kept);
    if (same)
        return false;
    db_take_down(request->db, request->arena, &key->reads);
    request->page_key = key;
    site_was_fleeting();
    return true;
}

/* Keeping */

void page_cache_refuse(const struct request *request)
{
    if (request->page_key)
        request->page_key->refused = true;
}

static bool may_be_kept(const struct response *response)
{
    return (response->status == 200 || response->status == 304) && !site_was_fleeting()
           && text_is(response_header_value(response, "Cache-Control"), "no-cache")
           && !response_header_value(response, "Set-Cookie").length;
}

static struct text put(char **at, struct text text)
{
    char *start = *at;
    *at += text.length;
    if (text.length)
        memcpy(start, text.at, text.length);
    return (struct text){start, text.length};
}

static struct page *page_new(const struct page_key *key, struct kept *kept)
{
    struct page *page = malloc(sizeof *page + key->text.length + key->source.reads.length);
    if (!page)
        return NULL;
    *page = (struct page){.kept = kept, .source = key->source};
    char *at = page->bytes;
    page->source.reads = put(&at, key->source.reads);
    page->key = put(&at, key->text);
    return page;
}

static void keep(const struct page_key *key, struct kept *kept)
{
    struct page *page = page_new(key, kept);
    if (!page || size_of(page) > capacity() / LARGEST_SHARE) {
        kept_release(kept);
        free(page);
        return;
    }
    take_lock();
    add(page);
    leave_lock();
}

void page_cache_keep(struct request *request, struct response *response)
{
    struct page_key *key = request->page_key;
    if (!key)
        return;
    db_take_down(request->db, NULL, NULL);
    struct source *source = &key->source;
    source->has_reads = !key->reads.unrepeatable;
    source->untold = key->reads.untold;
    source->has_state = is_proven(request, source, source->untold);
    source->has_stamp = source->has_stamp && !source->untold;
    if (source->has_reads)
        source->reads = buffer_contents(&key->reads.queries);
    if (key->refused || !may_be_kept(response) || !(source->has_state || source->has_reads))
        return;
    struct kept *kept = kept_new(response);
    if (kept)
        keep(key, kept);
}

void page_cache_clear(void)
{
    take_lock();
    while (!TAILQ_EMPTY(&by_use))
        drop(place_of(TAILQ_FIRST(&by_use)->key));
    leave_lock();
}
