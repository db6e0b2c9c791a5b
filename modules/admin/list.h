/* A change list: what of the table is asked for, by the address alone. */
#pragma once

#include <stdbool.h>

#include "base/list.h"
#include "model/query.h"
#include "site/admin.h"

struct request;
struct value_map;

#define LIST_COUNT_MOST 100000 /* rows that are counted: beyond it is "more than" */

struct list_parameter {
    struct text name;
    struct text value;
};

struct list_sort {
    size_t column; /* of list_display, from 1 */
    bool falling;
};

/* Of the date hierarchy: year, month and day that are asked for; 0: none. */
struct list_dates {
    int64_t part[3];
};

struct list {
    struct request *request;
    struct arena *arena;
    const struct model_admin *admin;
    const char *const *display;
    size_t columns;
    LIST(struct list_parameter) parameters; /* of the address, as they came */
    LIST(struct condition) where;
    LIST(struct list_sort) sorts;
    LIST(const char *) order; /* for the query; ends with NULL */
    struct text search;
    struct list_dates dates;
    int64_t page; /* from 1 */
    int64_t per_page;
    bool all;       /* on one page */
    bool forbidden; /* a field is asked for that lists may not ask for */
    bool mistaken;  /* some value is none that the field can have */
    bool filtered;
    bool facets; /* filters say how many rows each choice has */
};

void list_read(struct list *list, struct request *request, const struct model_admin *admin);
/* The same with some parameters changed (empty: gone). */
void list_read_changed(struct list *out, const struct list *list,
                       const struct list_parameter *changes, size_t count);

/* Milliseconds for the statements of a list (the setting ADMIN_TIME_LIMIT; 0: no limit). */
extern int64_t list_time_limit;
/* When what begins now must have ended, for db_limit(); 0: never. */
int64_t list_deadline(void);
/* From now on the request's statements may take that long, and then end with TIMEOUT. */
void list_start_clock(const struct list *list);
void list_stop_clock(const struct list *list);

/* The rows of the page that is asked for. */
struct list_rows {
    struct row_list rows;
    int64_t count; /* of the whole list */
    bool is_more;  /* that many were counted, and there are more */
    bool is_late;  /* nothing was found in the time there is */
};
/* Sets `mistaken` when there is no such page, and takes `all` back from a list that is too long. */
enum status list_find_rows(struct list *list, struct list_rows *out);
/* The longest list that is shown on one page. */
int64_t list_most_at_once(const struct list *list);

/* "?q=sea&o=1" with some parameters changed (empty: gone), and without page and error. */
struct text list_link(const struct list *list, const struct list_parameter *changes, size_t count);

/* Where the list is, as it was asked for. */
struct text list_own_url(const struct list *list);

/* The field a column is sorted by; NULL: none. */
const char *list_sort_field(const struct list *list, size_t column);
/* The value of a parameter, or nothing. */
struct text list_value(const struct list *list, struct text name);
/* The table that a name's last field is of. */
const struct model *list_owner(const struct model *model, struct text name);

/* The filters beside the list: a list of maps (title, choices: label, url, chosen, and
 * with `facets` count, is_more). */
enum status list_filters(const struct list *list, struct value *out);

/* The date hierarchy: whether a parameter is of it, what they ask for, and where they lead to
 * (`dates`: back, choices; not there when there is none, or too little time for it). */
bool list_dates_has(const struct list *list, struct text name);
void list_dates_read(struct list *list);
enum status list_dates_add_context(const struct list *list, struct value_map *context);
