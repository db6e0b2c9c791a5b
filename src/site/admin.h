/* How a table is edited in the admin, as Django's ModelAdmin
 * (docs.djangoproject.com/en/5.2/ref/contrib/admin/). All of it may be left out:
 *
 *     .admin = ADMINS({.model = &letting_model},
 *                     {&address_model, .search_fields = NAMES("^street")}),
 *
 * The module `admin` makes the pages of it; without that module nothing comes of it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"
#include "http/routes.h"
#include "model/model.h"

struct db;
struct module;
struct request;
struct response;

/* Django's four permissions of a table. */
enum admin_action { ADMIN_VIEW, ADMIN_ADD, ADMIN_CHANGE, ADMIN_DELETE };

/* A value of a row that is made up for the admin. */
struct admin_column {
    const char *name;
    const char *label;                                          /* N_("…") */
    struct value (*call)(const void *row, struct arena *arena); /* null: shown as "-" */
    const char *order; /* the field that its list is sorted by; NULL: it is not */
};
/* Ended by a row without a name. */
#define ADMIN_COLUMNS(...) ((const struct admin_column[]){__VA_ARGS__, {.name = NULL}})

/* Fields of a form that stand together. */
struct admin_fieldset {
    const char *title; /* N_("…"); NULL: none */
    const char *const *fields;
};
/* Ended by a row without fields. */
#define ADMIN_FIELDSETS(...) ((const struct admin_fieldset[]){__VA_ARGS__, {.fields = NULL}})

/* What can be done to several rows of a list at once, beside deleting them. */
struct admin_bulk {
    const char *name;
    const char *label;       /* N_("…") */
    enum admin_action needs; /* the permission */
    /* To each, in one transaction; OK: it was done. */
    enum status (*run)(const struct request *request, struct db *db, const void *row);
};
/* Ended by a row without a name. */
#define ADMIN_ACTIONS(...) ((const struct admin_bulk[]){__VA_ARGS__, {.name = NULL}})

/* What a further page does to a row: run and written to the log in one transaction. */
struct admin_change {
    const char *label; /* N_("…"): of what is changed, for the log */
    enum status (*run)(struct db *db, void *context);
    void *context; /* of the request's arena */
};

/* A further page of each row, for who may change it: "<key>/<name>/". */
struct admin_page {
    const char *name;
    const char *label; /* N_("…"): of the link to it */
    enum work work;
    /* `change`: what is to be done, and then back to the row; without `run`: the answer is there.
     */
    enum status (*view)(struct request *request, struct response *response, const void *row,
                        struct admin_change *change);
};
/* Ended by a row without a name. */
#define ADMIN_PAGES(...) ((const struct admin_page[]){__VA_ARGS__, {.name = NULL}})

struct admin_inline;

/* Names in lists are fields, fields of what a reference leads to ("address__city"), methods of the
 * model, and the columns below. `check` names one that is none. */
struct model_admin {
    const struct model *model;
    const struct admin_column *columns;
    const char *const *list_display;       /* NULL: what people call the row */
    const char *const *list_display_links; /* NULL: the first of those */
    const char *const *list_editable;      /* fields of the row among them, edited in the list */
    const char *const *list_filter;        /* booleans, choices, dates and references */
    const char *date_hierarchy;            /* a date or datetime, to go through the list by */
    const char *const *search_fields;      /* "^": the beginning, "=": the whole; else anywhere */
    const char *const *ordering;           /* NULL: the model's */
    size_t list_per_page;                  /* 0: 100 */
    size_t list_max_show_all;              /* 0: 200 */
    const char *const *readonly_fields;
    const struct admin_fieldset *fieldsets; /* NULL: every field there is, in one */
    const char *const *raw_id_fields;       /* references typed as keys, not chosen from a list */
    const char *const *autocomplete_fields; /* references looked up while one types */
    const struct admin_inline *inlines;
    bool save_as; /* "Save as new": another row of what is typed in this one's form */
    const struct admin_bulk *actions;
    const struct admin_page *pages;
    /* The path of the row's own page; NOT_FOUND: it has none. */
    enum status (*path)(const void *row, struct arena *arena, struct text *out);
    /* Whether somebody with the permission may do so to the row (NULL: to any). */
    bool (*may)(const struct request *request, enum admin_action action, const void *row);
    /* Whether he may edit the field; otherwise it is shown. */
    bool (*may_edit)(const struct request *request, const struct field *field, const void *row);
    /* Sets what no form has, before a row is saved; `before` is NULL of a new one. */
    void (*prepare)(const struct request *request, const void *before, void *row);
};
#define ADMINS(...) MODULE_LIST(struct model_admin, __VA_ARGS__)

/* A page of a module's own in the admin: below /admin/<module>/, named "admin:<module>_<name>", and
 * for who has the permission. It stands before the pages of the module's tables. */
struct admin_route {
    struct route route; /* its `access` and `data` are not looked at */
    const struct model *model;
    enum admin_action needs;
    const char *label; /* N_("…"): of its row in the admin's index; NULL: it has none */
};
#define ADMIN_ROUTES(...) MODULE_LIST(struct admin_route, __VA_ARGS__)

/* Rows of another table in the same form: those that refer to this one, or the one that this one
 * refers to, which Django's inlines cannot show. Who may not edit them by their table's permissions
 * may not here. */
struct admin_inline {
    struct model_admin admin; /* of them, for the form alone */
    const char *reference;    /* of theirs to this row; NULL: the only one */
    const char *forward;      /* of this row to the one that is shown, instead */
    size_t extra;             /* empty ones to be filled in; 0: 3 */
    bool no_extra;
    size_t min; /* how many there must be */
    size_t max; /* how many there may be; 0: any number */
    bool keeps; /* none is deleted here */
};
/* Ended by a row without a model. */
#define ADMIN_INLINES(...) ((const struct admin_inline[]){__VA_ARGS__, {.admin = {.model = NULL}}})

/* The field that joins the two: of the inline's table, or, of a forward one, of this table. NULL:
 * there is none, or more than one. */
const struct field *admin_inline_field(const struct model *model,
                                       const struct admin_inline *nested);

/* The column of that name; NULL: none. */
const struct admin_column *model_admin_column(const struct model_admin *admin, struct text name);
const struct model_method *model_admin_method(const struct model_admin *admin, struct text name);

/* INVALID names the module, the table, and the name in it that is no good. */
enum status model_admin_check(const struct module *module, const struct model_admin *admin);
