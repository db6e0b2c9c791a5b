#include "http/origin.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/random.h>

#include "base/arena.h"
#include "http/request.h"

#define HEROKU     TEXT("heroku")
#define LONGEST_ID 200

struct network {
    unsigned char bytes[16]; /* IPv4 as ::ffff:a.b.c.d */
    unsigned bits;
};

static const unsigned char mapped[12] = {[10] = 0xFF, [11] = 0xFF};

static bool parse_address(struct text text, unsigned char out[16])
{
    char string[INET6_ADDRSTRLEN];
    struct in_addr v4;
    if (text.length >= sizeof string)
        return false;
    memcpy(string, text.at, text.length);
    string[text.length] = '\0';
    if (inet_pton(AF_INET6, string, out) == 1)
        return true;
    if (inet_pton(AF_INET, string, &v4) != 1)
        return false;
    memcpy(out, mapped, sizeof mapped);
    memcpy(out + sizeof mapped, &v4, sizeof v4);
    return true;
}

static bool parse_network(struct text text, struct network *out)
{
    size_t slash = text_find_char(text, '/');
    struct text address = text_part(text, 0, slash);
    if (address.length == 0 || !parse_address(address, out->bytes))
        return false;
    bool is_v4 = text_find_char(address, ':') == TEXT_NOT_FOUND;
    int64_t bits = is_v4 ? 32 : 128;
    if (slash != TEXT_NOT_FOUND) {
        int64_t most = bits;
        if (!text_to_int64(&bits, text_from(text, slash + 1)) || bits < 0 || bits > most)
            return false;
    }
    out->bits = (unsigned)bits + (is_v4 ? 96 : 0);
    return true;
}

const char *origin_refuse_proxies(struct text proxies)
{
    struct text item;
    struct network network;
    if (proxies.length == 0 || text_equal(proxies, HEROKU))
        return NULL;
    while (text_next(&proxies, ',', &item))
        if (!parse_network(text_trim(item), &network))
            return "must be \"heroku\", or addresses like 10.0.0.0/8 or ::1 parted by commas";
    return NULL;
}

static bool contains(const struct network *network, const unsigned char address[16])
{
    unsigned whole = network->bits / 8;
    unsigned rest = network->bits % 8;
    if (memcmp(network->bytes, address, whole) != 0)
        return false;
    unsigned char mask = (unsigned char)(0xFF00u >> rest);
    return rest == 0 || ((network->bytes[whole] ^ address[whole]) & mask) == 0;
}

static bool is_among(struct text address, struct text proxies)
{
    unsigned char bytes[16];
    struct text item;
    struct network network;
    if (address.length == 0 || proxies.length == 0 || !parse_address(address, bytes))
        return false;
    while (text_next(&proxies, ',', &item))
        if (parse_network(text_trim(item), &network) && contains(&network, bytes))
            return true;
    return false;
}

static bool is_heroku(struct text proxies)
{
    return text_equal(proxies, HEROKU);
}

static bool is_trusted(const struct request *request, struct text proxies)
{
    return is_heroku(proxies) || is_among(request->peer, proxies);
}

static struct text last_of(struct text *list)
{
    size_t comma = list->length;
    while (comma > 0 && list->at[comma - 1] != ',')
        comma--;
    struct text last = text_trim(text_from(*list, comma));
    *list = comma ? text_part(*list, 0, comma - 1) : TEXT_NONE;
    return last;
}

static bool is_port(struct text port)
{
    for (size_t i = 0; i < port.length; i++)
        if (port.at[i] < '0' || port.at[i] > '9')
            return false;
    return port.length > 0 && port.length <= 5;
}

/* Of "a.b.c.d:port" and "[v6]:port", which some proxies write, the address. */
static struct text without_port(struct text hop)
{
    bool is_bracketed = text_starts(hop, TEXT("["));
    size_t end = text_find_char(hop, is_bracketed ? ']' : ':');
    struct text rest = text_from(hop, end == TEXT_NOT_FOUND ? hop.length : end + is_bracketed);
    bool has_port = text_starts(rest, TEXT(":")) && is_port(text_from(rest, 1));
    if (end == TEXT_NOT_FOUND || (!has_port && (!is_bracketed || rest.length)))
        return hop;
    return text_part(hop, is_bracketed, end);
}

/* IPv4 as such, however it was written: "::ffff:a.b.c.d" is the same visitor. */
static struct text unmapped(struct arena *arena, struct text address)
{
    unsigned char bytes[16];
    char printed[INET_ADDRSTRLEN];
    if (text_find_char(address, ':') == TEXT_NOT_FOUND || !parse_address(address, bytes)
        || memcmp(bytes, mapped, sizeof mapped) != 0)
        return address;
    inet_ntop(AF_INET, bytes + sizeof mapped, printed, sizeof printed);
    return text_copy(arena, text_of(printed));
}

/* The right-most address of X-Forwarded-For that is not one of our proxies. */
static struct text client_of(const struct request *request, struct text proxies)
{
    struct text hops = request_header(request, "X-Forwarded-For");
    struct text client = request->peer;
    unsigned char bytes[16];
    while (hops.length) {
        struct text hop = without_port(last_of(&hops));
        if (!hop.length || !parse_address(hop, bytes))
            break;
        client = hop;
        if (!is_among(hop, proxies))
            break;
    }
    return unmapped(request->arena, client);
}

/* What may stand in a log line and a header as it is. */
static bool is_token(struct text id)
{
    for (size_t i = 0; i < id.length; i++) {
        char c = id.at[i];
        bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
                     || c == '-' || c == '_' || c == '.';
        if (!plain)
            return false;
    }
    return id.length > 0 && id.length <= LONGEST_ID;
}

/* xorshift64*, seeded by the system: unique, not secret. */
static uint64_t next_random(void)
{
    static _Thread_local uint64_t state;
    while (state == 0)
        if (getrandom(&state, sizeof state, 0) != sizeof state)
            state = (uintptr_t)&state;
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * 0x2545F4914F6CDD1Du;
}

static struct text new_id(struct arena *arena)
{
    static const char digits[] = "0123456789abcdef";
    char *id = arena_alloc(arena, 32);
    for (size_t half = 0; half < 2; half++) {
        uint64_t bits = next_random();
        for (size_t i = 0; i < 16; i++, bits >>= 4)
            id[half * 16 + i] = digits[bits & 15];
    }
    return (struct text){id, 32};
}

static void believe_proxy(struct request *request, struct text proxies)
{
    struct text scheme = request_header(request, "X-Forwarded-Proto");
    struct text id = request_header(request, "X-Request-ID");
    request->client = client_of(request, proxies);
    request->forwarded = scheme.length > 0;
    request->secure = scheme.length && text_equal_nocase(last_of(&scheme), TEXT("https"));
    if (is_token(id))
        request->id = id;
}

void origin_find(struct request *request, struct text proxies)
{
    request->client = unmapped(request->arena, request->peer);
    if (!request->host.length)
        request->host = request_header(request, "Host");
    if (is_trusted(request, proxies))
        believe_proxy(request, is_heroku(proxies) ? TEXT_NONE : proxies);
    if (!request->id.length)
        request->id = new_id(request->arena);
}

void origin_use_forwarded_host(struct request *request, struct text proxies)
{
    struct text hosts = request_header(request, "X-Forwarded-Host");
    if (hosts.length && is_trusted(request, proxies))
        request->host = last_of(&hosts);
}

bool origin_is_loopback(struct text address)
{
    return is_among(address, TEXT("127.0.0.0/8,::1"));
}

static bool is_name_char(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-'
           || c == '.';
}

static bool is_v6_char(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':'
           || c == '.';
}

struct text origin_host_name(struct text host)
{
    bool is_v6 = host.length && host.at[0] == '[';
    size_t end = is_v6 ? text_find_char(host, ']') : text_find_char(host, ':');
    if (is_v6 && end == TEXT_NOT_FOUND)
        return TEXT_NONE;
    size_t name_end = is_v6 ? end + 1 : end;
    struct text name = text_part(host, 0, name_end);
    struct text rest = text_from(host, name.length);
    if (rest.length && (rest.at[0] != ':' || !is_port(text_from(rest, 1))))
        return TEXT_NONE;
    if (is_v6 && text_find_char(name, ':') == TEXT_NOT_FOUND)
        return TEXT_NONE;
    for (size_t i = is_v6; i + is_v6 < name.length; i++)
        if (is_v6 ? !is_v6_char(name.at[i]) : !is_name_char(name.at[i]))
            return TEXT_NONE;
    if (!is_v6 && name.length && name.at[name.length - 1] == '.')
        name.length--;
    return name;
}

struct text origin_host_port(struct text host)
{
    size_t colon = host.length;
    while (colon > 0 && host.at[colon - 1] != ':' && host.at[colon - 1] != ']')
        colon--;
    struct text port = text_from(host, colon);
    return colon && host.at[colon - 1] == ':' && is_port(port) ? port : TEXT_NONE;
}

static bool is_public(struct text pattern)
{
    unsigned char bytes[16];
    size_t dot = text_find_char(pattern, '.');
    return dot != 0 && dot != TEXT_NOT_FOUND && pattern.at[0] != '['
           && !parse_address(pattern, bytes) && !text_ends(pattern, TEXT(".localhost"));
}

struct text origin_host_public(struct text allowed)
{
    struct text pattern;
    while (allowed.length && text_next(&allowed, ',', &pattern))
        if (is_public(text_trim(pattern)))
            return text_trim(pattern);
    return TEXT_NONE;
}

static bool host_matches(struct text name, struct text pattern)
{
    if (text_is(pattern, "*") || text_equal_nocase(name, pattern))
        return true;
    if (pattern.length < 2 || pattern.at[0] != '.')
        return false;
    struct text domain = text_from(pattern, 1);
    return text_equal_nocase(name, domain)
           || (name.length > pattern.length
               && text_equal_nocase(text_from(name, name.length - pattern.length), pattern));
}

bool origin_host_allowed(struct text host, struct text allowed)
{
    struct text name = origin_host_name(host);
    struct text pattern;
    while (name.length && allowed.length && text_next(&allowed, ',', &pattern))
        if (host_matches(name, text_trim(pattern)))
            return true;
    return false;
}
