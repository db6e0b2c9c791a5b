/* An import on its way, between import.c, which does it, and import_show.c, which shows it. */
#pragma once

#include <stdio.h>

#include "base/status.h"
#include "base/text.h"
#include "model/import.h"

struct model_admin;
struct request;
struct value_map;

struct importing {
    struct request *request;
    const struct model_admin *admin;
    struct text name; /* of the upload */
    struct text seen; /* what a page said that it would do, kept as an upload too; or empty */
    bool confirmed;
    struct value_map *context; /* of the page */
    struct text page;          /* what of it is still to be written */
    FILE *out;
    FILE *in;
    int percent; /* of the file, as it was shown last */
    struct import_report report;
};

/* The page up to where it grows. */
void importing_write_head(struct importing *importing);
/* For import_options.progress. */
void importing_show_progress(size_t rows, void *context);
/* The outcome, which the context has, and the page's end. */
enum status importing_write_end(const struct importing *importing);

/* Puts the report into the context. */
void importing_add_report(const struct importing *importing, struct value_map *context);
