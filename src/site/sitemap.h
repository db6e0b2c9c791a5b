/* sitemap.xml (sitemaps.org/protocol.html): an index of parts, of which each has the pages of the
 * rows whose keys lie in one stretch, so that none is longer than the protocol allows. */
#pragma once

#include "base/status.h"

struct request;
struct response;

#define SITEMAP_PART_SIZE  50000
#define SITEMAP_PART_LIMIT 50000

enum status sitemap_index(struct request *request, struct response *response);
/* The pages of the modules' nav rows. */
enum status sitemap_pages(struct request *request, struct response *response);
enum status sitemap_part(struct request *request, struct response *response);
