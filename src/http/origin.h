/* Who asks: the visitor's address, scheme and host, as far as trusted proxies may tell, and
 * whether the host is ours (docs.djangoproject.com/en/5.2/ref/settings/#allowed-hosts). */
#pragma once

#include <stdbool.h>

#include "base/text.h"

struct request;

/* NULL when `proxies` (TRUSTED_PROXIES: addresses or networks "10.0.0.0/8" parted by commas, or
 * "heroku") can be understood, else why not. */
const char *origin_refuse_proxies(struct text proxies);

/* Sets client, host, secure and id of a request whose peer is known: from X-Forwarded-For, -Proto
 * and X-Request-ID where the peer is trusted, else from the connection itself. */
void origin_find(struct request *request, struct text proxies);

/* Takes the host from X-Forwarded-Host, if the peer is trusted and sends one. */
void origin_use_forwarded_host(struct request *request, struct text proxies);

/* Whether it is this machine's own: 127.0.0.1 and the like, ::1. */
bool origin_is_loopback(struct text address);

/* The name without port and the dot at its end; empty: it is no host (RFC 9110, 7.2). */
struct text origin_host_name(struct text host);
/* Its port; empty: none. */
struct text origin_host_port(struct text host);

/* The first of them that is one host of the public's; empty: there are only patterns, addresses,
 * and names without a dot or of this machine. */
struct text origin_host_public(struct text allowed);

/* `allowed`: names parted by commas; ".example.com" with its subdomains, "*" any. */
bool origin_host_allowed(struct text host, struct text allowed);
