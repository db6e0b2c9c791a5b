/* Fixtures: rows as JSON, both ways, in the form of Django's dumpdata and loaddata
 * (docs.djangoproject.com/en/5.2/topics/db/fixtures/): [{"model": "app.name", "pk": 1,
 * "fields": {…}}]. Both work object by object: memory does not grow with their number. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/status.h"
#include "base/text.h"
#include "model/migrations.h"

struct arena;
struct db;
struct model;
struct query;

/* Called with the number of objects so far, every now and then. */
struct fixture_progress {
    void (*show)(size_t objects, void *context); /* NULL: nobody looks */
    void *context;
};

struct fixture_source {
    const char *name; /* for messages; of a file that is to be opened, its path */
    enum { FIXTURE_TEXT, FIXTURE_FILE, FIXTURE_STANDARD_INPUT } kind;
    struct text text;
};

/* Lists end with NULL; NULL is an empty one. A label is "app" or "app.model". */
struct fixture_loading {
    const struct model *const *models; /* all there are */
    const char *const *excluded;       /* labels whose objects are passed over */
    bool ignore_nonexistent;           /* pass over models and fields that do not exist */
    bool only_new;                     /* CONFLICT where a row is there, which else is replaced */
    struct migration_list migrations;  /* whose triggers are put aside for many rows */
    struct fixture_progress progress;
};

/* Loads all sources in one transaction, or nothing. INVALID and CONFLICT name the source, the
 * object, its line and the field. An object without "pk" is the row of its natural key, or a new
 * one. A reference may name what comes later, in this source or the next. `loaded`: objects. */
enum status fixtures_load(struct db *db, const struct fixture_source *sources, size_t count,
                          const struct fixture_loading *options, size_t *loaded);

struct fixture_dumping {
    const struct model *const *models; /* all there are, in the order of their apps */
    const char *const *labels;         /* what to write; none: all */
    const char *const *excluded;       /* labels */
    const char *const *keys;           /* of one model: only these rows */
    const struct query *rows;          /* of one model: these rows, in their order; NULL: all */
    const char *const *names;          /* of one model: fields beside the key; NULL: all */
    bool natural_foreign;              /* references by natural key, where there is one */
    bool natural_primary;              /* no "pk" where there is a natural key */
    int indent;                        /* spaces; negative: all in one line */
    struct fixture_progress progress;
};

/* Writes rows in the order of Django's dumpdata, by key, as they are at one moment. INVALID: the
 * options make no sense, or a row cannot be written. `written`: objects. */
enum status fixtures_dump(struct db *db, FILE *out, const struct fixture_dumping *options,
                          size_t *written);
