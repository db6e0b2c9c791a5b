/* "app" and "app.model", as people name what a fixture is to hold. */
#include <string.h>

#include "base/arena.h"
#include "base/list.h"
#include "model/fixtures_internal.h"

/* Whether the label stands for the model; as in Django, only its model is in any case. */
static bool is_of(struct text label, const struct model *model)
{
    size_t point = text_find_char(label, '.');
    if (!text_is(text_part(label, 0, point), model->app_label))
        return false;
    return point == TEXT_NOT_FOUND
           || text_equal_nocase(text_from(label, point + 1), text_of(model->name));
}

const struct model *label_model(const struct model *const *models, struct text label)
{
    if (text_find_char(label, '.') == TEXT_NOT_FOUND)
        return NULL;
    for (; *models; models++)
        if (is_of(label, *models))
            return *models;
    return NULL;
}

bool labels_have(const char *const *labels, const struct model *model)
{
    for (; labels && *labels; labels++)
        if (is_of(text_of(*labels), model))
            return true;
    return false;
}

enum status labels_check(const struct model *const *models, const char *const *labels)
{
    for (; labels && *labels; labels++) {
        const struct model *const *model = models;
        while (*model && !is_of(text_of(*labels), *model))
            model++;
        if (!*model)
            return fail_as(INVALID, "there is no %s \"%s\"",
                           strchr(*labels, '.') ? "model" : "app with models", *labels);
    }
    return OK;
}

static bool holds(const struct model_list *list, const struct model *model)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i] == model)
            return true;
    return false;
}

static void add_label(const struct model *const *models, struct text label, struct arena *arena,
                      struct model_list *out)
{
    for (; *models; models++)
        if (is_of(label, *models) && !holds(out, *models))
            *LIST_PUSH(arena, out) = *models;
}

static struct text app_of(const char *label)
{
    struct text text = text_of(label);
    return text_part(text, 0, text_find_char(text, '.'));
}

/* Apps come in the order in which they are first named, with all that is named of them; one that
 * is named whole has its models in their own order. */
static void add_app(const struct model *const *models, const char *const *labels, struct text app,
                    struct arena *arena, struct model_list *out)
{
    for (const char *const *label = labels; *label; label++)
        if (text_is(app, *label))
            add_label(models, app, arena, out);
    for (const char *const *label = labels; *label; label++)
        if (text_equal(app_of(*label), app))
            add_label(models, text_of(*label), arena, out);
}

void labels_select(const struct model *const *models, const char *const *labels,
                   struct arena *arena, struct model_list *out)
{
    *out = (struct model_list){0};
    for (const char *const *label = labels; label && *label; label++)
        add_app(models, labels, app_of(*label), arena, out);
    for (size_t i = 0; (!labels || !*labels) && models[i]; i++)
        *LIST_PUSH(arena, out) = models[i];
}

/* Whether all that the model names by natural key is done, or is not to come at all. */
static bool is_ready(const struct model *model, const struct model_list *all,
                     const struct model_list *done)
{
    for (size_t i = 0; i < model->field_count; i++) {
        const struct model *to = model->fields[i].to;
        if (to && to->natural_key && to != model && holds(all, to) && !holds(done, to))
            return false;
    }
    return true;
}

/* One round: takes what is ready off the end of `left`, which keeps the rest: so many. */
static size_t take_ready(const struct model ***left, size_t count, const struct model_list *all,
                         struct model_list *done, struct arena *arena)
{
    const struct model **skipped = ARENA_ARRAY(arena, const struct model *, count);
    size_t kept = 0;
    while (count) {
        const struct model *model = (*left)[--count];
        if (is_ready(model, all, done))
            *LIST_PUSH(arena, done) = model;
        else
            skipped[kept++] = model;
    }
    *left = skipped;
    return kept;
}

void labels_sort(struct model_list *list, struct arena *arena)
{
    size_t count = list->count;
    const struct model **left = ARENA_ARRAY(arena, const struct model *, count);
    struct model_list done = {0};
    for (size_t i = 0; i < count; i++)
        left[i] = list->items[count - 1 - i];
    while (count) {
        size_t before = count;
        count = take_ready(&left, count, list, &done, arena);
        if (count == before) /* a circle, cut where it ends */
            *LIST_PUSH(arena, &done) = left[--count];
    }
    *list = done;
}
