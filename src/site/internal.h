/* What the files of site/ share and nobody else sees. */
#pragma once

#include "base/list.h"
#include "base/status.h"
#include "base/text.h"
#include "template/value.h"

struct arena;
struct module;
struct request;
struct response;
struct router;
struct template_host;
struct template_set;

struct nav_entry {
    struct text url;
    struct value value; /* label, url, module */
};

struct site {
    struct arena *arena;
    struct router *router;
    struct template_set *templates;
    LIST(struct nav_entry) nav;
    struct text server_error_page; /* made at the start: it must not need anything to work */
    bool reads_block;
};

extern struct site site;

extern const struct template_host site_template_host;

enum status site_prepare_error_page(void);

/* The steps around a view, in the order that middleware.c shows. `entered` counts those begun. */
bool middleware_before(struct request *request, struct response *response, size_t *entered);
void middleware_after(struct request *request, struct response *response, size_t entered);
