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
#include "db/db.h"
#include "http/kept.h"
#include "http/request.h"
#include "http/response.h"
#include "http/routes.h"
#include "site/internal.h"
#include "site/messages.h"
#include "site/settings.h"

#define SESSION_COOKIE "sessionid"
#define LARGEST_SHARE  8 /* of the cache, that one page may have */
#define BUCKETS        1024

/* What a page was made of: the database's state before its view ran, and all that the view read. */
struct origin {
    bool has_state;
    struct db_state state;
    bool has_reads;
    XXH128_hash_t reads;
};

/* Which page, and how it is being made. */
struct page_key {
    struct text text;
    struct origin origin;
    struct buffer reads;
    bool refused;
    struct kept *old; /* the page as it was kept, of another state; NULL: it was not */
    XXH128_hash_t old_reads;
};

/* In one block with its key. */
struct page {
    struct page *next; /* in its bucket */
    TAILQ_ENTRY(page) by_use;
    struct kept *kept;
    struct origin origin;
    struct text key;
    char key_bytes[];
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
    return sizeof *page + page->key.length + kept_size(page->kept);
}

static void drop(struct page **place)
{
    struct page *page = *place;
    *place = page->next;
    TAILQ_REMOVE(&by_use, page, by_use);
    pages_size -= size_of(page);
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
    while (pages_size > capacity())
        drop(place_of(TAILQ_FIRST(&by_use)->key));
}

static void use(struct page *page)
{
    TAILQ_REMOVE(&by_use, page, by_use);
    TAILQ_INSERT_TAIL(&by_use, page, by_use);
}

/* Answering */

static bool same_state(const struct origin *a, const struct origin *b)
{
    return a->has_state && b->has_state && memcmp(&a->state, &b->state, sizeof a->state) == 0;
}

/* The kept page, where it is fresh; else it is held in `key` until it can be compared. */
static bool answer_with_kept(struct page_key *key, const struct request *request,
                             struct response *response)
{
    take_lock();
    struct page *page = *place_of(key->text);
    bool fresh = page && same_state(&page->origin, &key->origin);
    if (fresh)
        kept_answer(page->kept, request, response);
    else if (page && page->origin.has_reads) {
        key->old = kept_acquire(page->kept);
        key->old_reads = page->origin.reads;
    }
    if (page)
        use(page);
    leave_lock();
    return fresh;
}

bool page_cache_answer(struct request *request, struct response *response)
{
    if (!is_public_page(request))
        return true;
    struct page_key *key = ARENA_NEW(request->arena, struct page_key);
    key->origin.has_state =
        !site_settings.page_cache_reads && db_state(request->db, &key->origin.state);
    key->text = key_of(request);
    if (answer_with_kept(key, request, response))
        return false;
    key->reads = (struct buffer){.arena = request->arena};
    db_record(request->db, &key->reads);
    request->page_key = key;
    site_clock_was_read();
    return true;
}

bool page_cache_answer_same(const struct request *request, struct response *response)
{
    struct page_key *key = request->page_key;
    if (!key || key->refused || response->status != 200)
        return false;
    struct origin *origin = &key->origin;
    origin->reads = XXH3_128bits(key->reads.at, key->reads.length);
    origin->has_reads = true;
    key->reads.length = 0;
    if (!key->old || !XXH128_isEqual(origin->reads, key->old_reads))
        return false;
    kept_answer(key->old, request, response);
    response->reread = true;
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
    return (response->status == 200 || response->status == 304) && !site_clock_was_read()
           && text_is(response_header_value(response, "Cache-Control"), "no-cache")
           && !response_header_value(response, "Set-Cookie").length;
}

static struct page *page_new(const struct page_key *key, struct kept *kept)
{
    struct page *page = malloc(sizeof *page + key->text.length);
    if (!page)
        return NULL;
    *page = (struct page){.kept = kept, .origin = key->origin};
    page->key =
        (struct text){memcpy(page->key_bytes, key->text.at, key->text.length), key->text.length};
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

/* The page is what it was, in the newer state too. */
static void confirm(const struct page_key *key)
{
    take_lock();
    struct page *page = *place_of(key->text);
    if (page && page->kept == key->old)
        page->origin = key->origin;
    leave_lock();
}

void page_cache_keep(struct request *request, struct response *response)
{
    struct page_key *key = request->page_key;
    if (!key)
        return;
    db_record(request->db, NULL);
    if (key->reads.length) /* what was read later than the view's end is in no digest */
        key->origin.has_reads = false;
    if (response->reread) {
        confirm(key);
    } else if (!key->refused && may_be_kept(response)
               && (key->origin.has_state || key->origin.has_reads)) {
        struct kept *kept = kept_new(response);
        if (kept)
            keep(key, kept);
    }
    if (key->old)
        kept_release(key->old);
}

void page_cache_clear(void)
{
    take_lock();
    while (!TAILQ_EMPTY(&by_use))
        drop(place_of(TAILQ_FIRST(&by_use)->key));
    leave_lock();
}
