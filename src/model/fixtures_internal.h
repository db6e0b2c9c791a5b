/* What the parts of fixtures use of each other. */
#pragma once

#include <jansson.h>
#include <stdio.h>

#include "base/buffer.h"
#include "model/fixtures.h"
#include "model/json_form.h"
#include "model/model.h"
#include "model/trigger_pause.h"

/* Values (fixtures_value.c) */

/* Takes the value into the row, whose texts may then point into it. Gives what is wrong with it,
 * or an empty text. */
struct text fixture_take(const struct field *field, void *row, const json_t *value,
                         struct arena *arena);
/* INVALID: it cannot be written. */
enum status fixture_put(struct buffer *out, struct json_style style, int depth,
                        const struct field *field, const void *row, struct arena *arena);

/* The beginning of a value, for messages. */
struct text fixture_excerpt(const json_t *value, struct arena *arena);

/* Objects of a source (fixtures_read.c) */

struct fixture_reader;
/* `file`: NULL where the source is a text. */
struct fixture_reader *fixture_reader_new(struct arena *arena, const struct fixture_source *source,
                                          FILE *file);
void fixture_reader_free(struct fixture_reader *reader);
/* The next object; the caller's. NOT_FOUND: there are no more. INVALID names the line. */
enum status fixture_reader_next(struct fixture_reader *reader, json_t **out);
/* The newest object's number and line, from 1. */
size_t fixture_reader_number(const struct fixture_reader *reader);
size_t fixture_reader_line(const struct fixture_reader *reader);

/* Natural keys (fixtures_key.c) */

/* A reference within a natural key stands for the natural key of what it leads to, if that has
 * one. */
bool natural_key_continues(const struct field *field);

/* The row with this natural key. NOT_FOUND; INVALID: the list is none of this model. */
enum status natural_key_find(struct db *db, struct arena *arena, const struct model *model,
                             const json_t *list, int64_t *out);
/* The stored row with the natural key of `row`. NOT_FOUND. */
enum status natural_key_find_row(struct db *db, struct arena *arena, const struct model *model,
                                 const void *row, int64_t *out);
/* As a list; the rows that it leads to must have been read along. */
enum status natural_key_put(struct buffer *out, struct json_style style, int depth,
                            const struct model *model, const void *row, struct arena *arena);

/* Labels (fixtures_label.c) */

/* NULL: there is no such model. */
const struct model *label_model(const struct model *const *models, struct text label);
/* Whether one of the labels stands for the model. */
bool labels_have(const char *const *labels, const struct model *model);
/* INVALID names the label that stands for nothing. */
enum status labels_check(const struct model *const *models, const char *const *labels);

struct model_list {
    const struct model **items;
    size_t count;
    size_t capacity;
};
/* What the labels stand for, in their order. */
void labels_select(const struct model *const *models, const char *const *labels,
                   struct arena *arena, struct model_list *out);
/* What others name by natural key comes before them, as in Django's sort_dependencies(). */
void labels_sort(struct model_list *list, struct arena *arena);

/* One object (fixtures_object.c) */

/* What is known of a model once an object of it has been seen. */
struct plan {
    const struct model *model;
    struct text replace; /* SQL that writes a row of a known key */
    bool used;
    struct trigger_pause pause;
};

struct loader {
    struct db *db;
    const struct fixture_loading *options;
    const struct fixture_source *sources;
    size_t source_count;
    struct arena *arena; /* for the whole loading */
    struct plan *plans;  /* ended by one without model */
    FILE *waiting;       /* objects to come back to */
    FILE *spare;         /* the ones that are being gone through */
    size_t waiting_count;
    bool saved_one; /* that had waited */
    bool last;      /* nothing more will come: a row that is not there is a fault */
    size_t loaded;
};

/* Where an object stands. */
struct origin {
    size_t source; /* index */
    size_t number;
    size_t line;
};

struct object {
    struct loader *loader;
    struct arena *arena; /* its own */
    struct origin origin;
    json_t *json;
    json_t *fields;
    struct plan *plan;
    void *row;
    bool saved;      /* at least in part */
    bool must_wait;  /* to be saved at all */
    bool incomplete; /* a reference leads to nothing yet */
};

/* Saves it as far as it can. INVALID, CONFLICT */
enum status object_load(struct object *object);
/* Puts the object's place before the newest failure's words. */
enum status object_refuse(const struct object *object, enum status status);
