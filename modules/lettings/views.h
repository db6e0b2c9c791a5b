#pragma once

#include <stdint.h>

#include "base/status.h"
#include "base/text.h"

struct request;
struct response;
struct value_map;

/* Milliseconds for a search (the setting SEARCH_TIME_LIMIT; 0: no limit). */
extern int64_t lettings_search_limit;

enum status lettings_index(struct request *request, struct response *response);
enum status letting_detail(struct request *request, struct response *response);

/* Panels (site/module.h). */
enum status lettings_fill_city(const struct request *request, struct text city,
                               struct value_map *context);
enum status lettings_fill_home(const struct request *request, struct text subject,
                               struct value_map *context);
