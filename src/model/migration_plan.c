/* From what is applied to what is asked for. */
#include <string.h>

#include "base/arena.h"
#include "db/dialect.h"
#include "model/migration_file.h"

#define ZERO "zero"

static bool is_same_app(const struct migration *one, const struct migration *other)
{
    return strcmp(one->app_label, other->app_label) == 0;
}

static bool is_first(struct migration_list list, size_t index)
{
    return index == 0 || !is_same_app(&list.items[index], &list.items[index - 1]);
}

static bool is_named(const struct migration *migration, struct text full)
{
    size_t label = strlen(migration->app_label);
    return full.length > label && full.at[label] == '.'
           && text_is(text_part(full, 0, label), migration->app_label)
           && text_equal(text_from(full, label + 1), migration->name);
}

static bool names_app(const char *const *needs, const char *app_label)
{
    for (; needs && *needs; needs++)
        if (strcmp(*needs, app_label) == 0)
            return true;
    return false;
}

static bool names_it(struct text sql, const struct migration *other)
{
    struct text need;
    while (migration_next_need(&sql, &need))
        if (is_named(other, need))
            return true;
    return false;
}

bool migration_needs(struct migration_list list, size_t index, size_t other)
{
    const struct migration *migration = &list.items[index];
    if (is_same_app(migration, &list.items[other]))
        return index == other + 1;
    if (is_first(list, index) && is_first(list, other)
        && names_app(migration->needs, list.items[other].app_label))
        return true;
    return names_it(migration->sql, &list.items[other]);
}

static enum status verify_needs(struct migration_list list, size_t index)
{
    const struct migration *migration = &list.items[index];
    struct text rest = migration->sql;
    struct text need;
    while (migration_next_need(&rest, &need)) {
        size_t other = 0;
        while (other < index && !is_named(&list.items[other], need))
            other++;
        if (other == index)
            return fail_as(INVALID,
                           "migration %s.%.*s: %s: it needs %.*s, which is not among those before "
                           "it",
                           migration->app_label, TEXT_ARG(migration->name), migration->path,
                           TEXT_ARG(need));
    }
    return OK;
}

enum status migrations_verify(struct migration_list list)
{
    struct arena *arena = arena_new((size_t)16 * 1024);
    enum status status = OK;
    for (size_t i = 0; i < list.count && status == OK; i++) {
        struct migration_sql sql;
        status = migration_read(arena, &list.items[i], &db_dialect_sqlite, &sql);
        if (status == OK)
            status = verify_needs(list, i);
    }
    arena_free(arena);
    return status;
}

/* Names */

/* The place of an app's first migration; INVALID says which apps there are. */
static enum status find_app(struct migration_list list, struct text app_label, size_t *first)
{
    struct arena *arena = arena_new(1024);
    struct text all = TEXT("");
    for (*first = 0; *first < list.count; ++*first) {
        const char *label = list.items[*first].app_label;
        if (text_is(app_label, label))
            break;
        if (is_first(list, *first))
            all = text_format(arena, "%.*s%s%s", TEXT_ARG(all), all.length ? ", " : "", label);
    }
    enum status status = OK;
    if (*first == list.count)
        status = fail_as(INVALID, "no module \"%.*s\" has migrations: there are %.*s",
                         TEXT_ARG(app_label), TEXT_ARG(all));
    arena_free(arena);
    return status;
}

/* The place behind an app's last migration. */
static size_t app_end(struct migration_list list, size_t first)
{
    size_t end = first + 1;
    while (end < list.count && is_same_app(&list.items[end], &list.items[first]))
        end++;
    return end;
}

static enum status find_name(struct migration_list list, size_t first, struct text name,
                             size_t *out)
{
    const struct migration *items = list.items;
    size_t end = app_end(list, first);
    *out = end;
    for (size_t i = first; i < end; i++) {
        bool whole = text_equal(items[i].name, name);
        if (!whole && (!name.length || !text_starts(items[i].name, name)))
            continue;
        if (!whole && *out < end)
            return fail_as(INVALID, "\"%.*s\" may be %.*s or %.*s of %s: write more of it",
                           TEXT_ARG(name), TEXT_ARG(items[*out].name), TEXT_ARG(items[i].name),
                           items[i].app_label);
        *out = i;
        if (whole)
            break;
    }
    if (*out < end)
        return OK;
    bool several = end > first + 1;
    struct text last = several ? items[end - 1].name : TEXT("");
    return fail_as(INVALID,
                   "%s has no migration \"%.*s\": it has %.*s%s%.*s (see `oc-lettings "
                   "showmigrations %s`)",
                   items[first].app_label, TEXT_ARG(name), TEXT_ARG(items[first].name),
                   several ? " to " : "", TEXT_ARG(last), items[first].app_label);
}

enum status migration_find(struct migration_list list, struct text app_label, struct text name,
                           const struct migration **out)
{
    size_t index;
    enum status status = find_app(list, app_label, &index);
    if (status == OK)
        status = find_name(list, index, name, &index);
    if (status == OK)
        *out = &list.items[index];
    return status;
}

/* Plans */

struct planning {
    struct arena *arena;
    struct migration_list list;
    bool *applied;
    bool *comes; /* must be applied in the end */
    bool *goes;  /* must not */
};

static enum status find_target(struct planning *planning, struct migration_target target)
{
    size_t first;
    size_t last;
    enum status status = find_app(planning->list, target.app_label, &first);
    if (status != OK)
        return status;
    size_t end = app_end(planning->list, first);
    if (text_is(target.name, ZERO)) {
        planning->goes[first] = true;
        return OK;
    }
    last = end - 1;
    if (target.name.length)
        status = find_name(planning->list, first, target.name, &last);
    if (status == OK)
        planning->comes[last] = true;
    if (status == OK && last + 1 < end)
        planning->goes[last + 1] = true;
    return status;
}

/* Those that what comes needs, and those that need what goes. */
static void spread(struct planning *planning)
{
    for (size_t i = planning->list.count; i-- > 0;)
        for (size_t k = 0; k < i && planning->comes[i]; k++)
            planning->comes[k] |= migration_needs(planning->list, i, k);
    for (size_t i = 0; i < planning->list.count; i++)
        for (size_t k = 0; k < i; k++)
            planning->goes[i] |= planning->goes[k] && migration_needs(planning->list, i, k);
}

static enum status check_way_back(struct planning *planning, const struct migration *migration)
{
    struct migration_sql sql;
    enum status status = migration_read(planning->arena, migration, &db_dialect_sqlite, &sql);
    if (status == OK && !sql.backward.at)
        return fail_as(INVALID,
                       "migration %s.%.*s cannot be taken back: %s has no part after a line "
                       "\"-- backward:\"",
                       migration->app_label, TEXT_ARG(migration->name), migration->path);
    return status;
}

static enum status list_steps(struct planning *planning, struct migration_plan *out)
{
    const struct migration *items = planning->list.items;
    enum status status = OK;
    for (size_t i = planning->list.count; i-- > 0 && status == OK;) {
        if (!planning->goes[i] || !planning->applied[i])
            continue;
        status = check_way_back(planning, &items[i]);
        *LIST_PUSH(planning->arena, &out->steps) = (struct migration_step){&items[i], true};
    }
    for (size_t i = 0; i < planning->list.count; i++)
        if (planning->comes[i] && !planning->applied[i])
            *LIST_PUSH(planning->arena, &out->steps) = (struct migration_step){&items[i], false};
    return status;
}

enum status migrations_plan(struct arena *arena, struct db *db, struct migration_list list,
                            struct migration_target target, struct migration_plan *out)
{
    struct planning planning = {
        .arena = arena,
        .list = list,
        .applied = ARENA_ARRAY(arena, bool, list.count),
        .comes = ARENA_ARRAY(arena, bool, list.count),
        .goes = ARENA_ARRAY(arena, bool, list.count),
    };
    *out = (struct migration_plan){.list = list};
    enum status status = migrations_verify(list);
    if (status == OK && target.app_label.length)
        status = find_target(&planning, target);
    else if (list.count)
        memset(planning.comes, true, list.count);
    if (status == OK)
        status = migrations_applied(db, list, planning.applied);
    if (status != OK)
        return status;
    spread(&planning);
    return list_steps(&planning, out);
}
