#include "site/page_cache.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <sys/queue.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "db/db.h"
#include "http/request.h"
#include "http/response.h"
#include "http/routes.h"
#include "site/settings.h"

#define SESSION_COOKIE "sessionid"
#define LARGEST_SHARE  8 /* of the cache, that one page may have */
#define BUCKETS        1024

/* Which page, and the database's state before its view ran. */
struct page_key {
    struct text text;
    struct db_state state;
};

/* In one block with all it points to, but for the headers' names, which are literals. */
struct page {
    struct page *next; /* in its bucket */
    TAILQ_ENTRY(page) by_use;
    size_t size;
    struct text key;
    struct db_state state;
    const char *content_type;
    struct text encoding;
    struct text bytes;
    size_t header_count;
    struct response_header headers[];
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
           && !request_cookie(request, SESSION_COOKIE, &session);
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

/* With the lock held */

/* Where the page of that key is, or belongs. */
static struct page **place_of(struct text key)
{
    struct page **place = &buckets[XXH3_64bits(key.at, key.length) % BUCKETS];
    while (*place && !text_equal((*place)->key, key))
        place = &(*place)->next;
    return place;
}

static void drop(struct page **place)
{
    struct page *page = *place;
    *place = page->next;
    TAILQ_REMOVE(&by_use, page, by_use);
    pages_size -= page->size;
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
    pages_size += page->size;
    while (pages_size > capacity())
        drop(place_of(TAILQ_FIRST(&by_use)->key));
}

static void use(struct page *page)
{
    TAILQ_REMOVE(&by_use, page, by_use);
    TAILQ_INSERT_TAIL(&by_use, page, by_use);
}

/* Answering */

static void copy_page(const struct page *page, struct response *response)
{
    response->kept = true;
    response->content_type = page->content_type;
    response->encoding = text_copy(response->arena, page->encoding);
    response->fixed = text_copy(response->arena, page->bytes);
    for (size_t i = 0; i < page->header_count; i++)
        response_header(response, page->headers[i].name, page->headers[i].value);
}

static bool answer_with_kept(const struct page_key *key, struct response *response)
{
    pthread_mutex_lock(&lock);
    struct page *page = *place_of(key->text);
    bool fresh = page && memcmp(&page->state, &key->state, sizeof key->state) == 0;
    if (fresh) {
        copy_page(page, response);
        use(page);
    }
    pthread_mutex_unlock(&lock);
    return fresh;
}

bool page_cache_answer(struct request *request, struct response *response)
{
    struct page_key *key = ARENA_NEW(request->arena, struct page_key);
    if (!is_public_page(request) || !db_state(request->db, &key->state))
        return true;
    key->text = key_of(request);
    if (answer_with_kept(key, response))
        return false;
    request->page_key = key;
    return true;
}

/* Keeping */

static bool may_be_kept(const struct response *response)
{
    return (response->status == 200 || response->status == 304)
           && text_is(response_header_value(response, "Cache-Control"), "no-cache")
           && !response_header_value(response, "Set-Cookie").length;
}

static struct text put(char **room, struct text text)
{
    char *at = *room;
    if (text.length)
        memcpy(at, text.at, text.length);
    at[text.length] = '\0';
    *room += text.length + 1;
    return (struct text){at, text.length};
}

static size_t size_of(const struct page_key *key, const struct response *response)
{
    size_t size = sizeof(struct page) + response->headers.count * sizeof *response->headers.items;
    size += key->text.length + response->encoding.length + response_bytes(response).length + 3;
    for (size_t i = 0; i < response->headers.count; i++)
        size += response->headers.items[i].value.length + 1;
    return size;
}

static struct page *page_of(const struct page_key *key, const struct response *response)
{
    size_t size = size_of(key, response);
    struct page *page = size <= capacity() / LARGEST_SHARE ? malloc(size) : NULL;
    if (!page)
        return NULL;
    char *room = (char *)&page->headers[response->headers.count];
    *page = (struct page){
        .size = size,
        .key = put(&room, key->text),
        .state = key->state,
        .content_type = response->content_type,
        .encoding = put(&room, response->encoding),
        .bytes = put(&room, response_bytes(response)),
        .header_count = response->headers.count,
    };
    for (size_t i = 0; i < page->header_count; i++)
        page->headers[i] = (struct response_header){response->headers.items[i].name,
                                                    put(&room, response->headers.items[i].value)};
    return page;
}

void page_cache_keep(struct request *request, struct response *response)
{
    if (!request->page_key || !may_be_kept(response))
        return;
    struct page *page = page_of(request->page_key, response);
    if (!page)
        return;
    pthread_mutex_lock(&lock);
    add(page);
    pthread_mutex_unlock(&lock);
}

void page_cache_clear(void)
{
    pthread_mutex_lock(&lock);
    while (!TAILQ_EMPTY(&by_use))
        drop(place_of(TAILQ_FIRST(&by_use)->key));
    pthread_mutex_unlock(&lock);
}
