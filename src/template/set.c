#include "template/set.h"

#include "base/arena.h"
#include "template/builtins.h"
#include "template/zone.h"

struct template_set *template_set_new(struct arena *arena, const struct template_host *host)
{
    struct template_set *set = ARENA_NEW(arena, struct template_set);
    set->arena = arena;
    set->host = *host;
    struct text zone = host->options.time_zone;
    struct text current = host->options.current_zone;
    set->zone = zone.length ? zone_open(arena, zone) : NULL;
    if (!set->zone)
        set->zone = zone_open(arena, TEXT("UTC"));
    set->current_zone = current.length ? zone_open(arena, current) : NULL;
    if (!set->current_zone)
        set->current_zone = set->zone;
    set->names = (struct well_known){
        .forloop = set_name(set, TEXT("forloop")),
        .block = set_name(set, TEXT("block")),
        .csrf_token = set_name(set, TEXT("csrf_token")),
    };
    for (size_t i = 0; template_libraries[i]; i++)
        if (!template_libraries[i]->name[0] || !host->has_library
            || host->has_library(host->context, text_of(template_libraries[i]->name)))
            template_set_library(set, template_libraries[i]);
    return set;
}

void template_set_library(struct template_set *set, const struct template_library *library)
{
    *LIST_PUSH(set->arena, &set->libraries) = library;
}

const struct name *set_known_name(const struct template_set *set, struct text text)
{
    uint32_t hash = value_hash_text(text);
    const struct name *name = set->name_buckets[hash % NAME_BUCKETS];
    while (name && !(name->hash == hash && text_equal(name->text, text)))
        name = name->next;
    return name;
}

const struct name *set_name(struct template_set *set, struct text text)
{
    const struct name *known = set_known_name(set, text);
    if (known)
        return known;
    uint32_t hash = value_hash_text(text);
    struct name **bucket = &set->name_buckets[hash % NAME_BUCKETS];
    struct name *name = ARENA_NEW(set->arena, struct name);
    *name = (struct name){.text = text_copy(set->arena, text), .hash = hash, .next = *bucket};
    name->is_builtin = text_is(text, "True") || text_is(text, "False") || text_is(text, "None");
    *bucket = name;
    return name;
}

static struct template *find(const struct template_set *set, struct text name, uint32_t hash)
{
    struct template *template = set->templates[hash % TEMPLATE_BUCKETS];
    while (template && !(template->hash == hash && text_equal(template->name, name)))
        template = template->next;
    return template;
}

static enum status no_template(struct text name)
{
    return template_failure_plain(NOT_FOUND, "TemplateDoesNotExist", "no template \"%.*s\"",
                                  TEXT_ARG(name));
}

static struct template *load(struct template_set *set, struct text name, uint32_t hash,
                             enum status *status)
{
    struct template_source source = {0};
    *status =
        set->host.load ? set->host.load(set->host.context, set->arena, name, &source) : NOT_FOUND;
    if (*status == NOT_FOUND)
        no_template(name);
    if (*status != OK)
        return NULL;
    struct template *template = ARENA_NEW(set->arena, struct template);
    struct template **bucket = &set->templates[hash % TEMPLATE_BUCKETS];
    template->usual = ARENA_NEW(set->arena, atomic_size_t);
    template->name = text_copy(set->arena, name);
    template->path = source.path.length ? source.path : template->name;
    template->hash = hash;
    template->next = *bucket;
    *bucket = template;
    template->status = template_compile(set, template, source.text);
    if (template->status != OK) {
        template->error = text_copy(set->arena, text_of(status_failure()->message));
        template->error_kind = template_error_kind();
        template_error_place(&source.path, &template->error_line);
    }
    return template;
}

const struct template *set_template(struct template_set *set, struct text name, enum status *status)
{
    uint32_t hash = value_hash_text(name);
    struct template *template = find(set, name, hash);
    *status = OK;
    if (!template && set->complete)
        *status = no_template(name);
    else if (!template)
        template = load(set, name, hash, status);
    if (!template || template->status == OK)
        return template;
    *status = template_failure_plain(template->status, template->error_kind, "%.*s",
                                     TEXT_ARG(template->error));
    template_failed(template->error_kind, template->path, template->error_line);
    return NULL;
}

__attribute__((format(printf, 3, 4))) static enum status
refuse_reference(const struct reference *reference, const char *kind, const char *format, ...)
{
    va_list more;
    va_start(more, format);
    template_failure(INVALID, kind, reference->from->path, reference->line, reference->source,
                     format, more);
    va_end(more);
    return INVALID;
}

enum status template_set_add(struct template_set *set, struct text name)
{
    enum status status;
    const struct template *template = set_template(set, name, &status);
    if (!template)
        return status;
    while (set->references.count > 0) {
        struct reference reference = set->references.items[--set->references.count];
        *reference.target = set_template(set, reference.name, &status);
        if (status == NOT_FOUND)
            return refuse_reference(&reference, "TemplateDoesNotExist", "no template \"%.*s\"",
                                    TEXT_ARG(reference.name));
        if (status != OK)
            return status;
    }
    return OK;
}

void template_set_complete(struct template_set *set)
{
    set->complete = true;
}

/* Joins and takes out "." and ".."; false when it leaves the root. */
static bool normalize(struct arena *arena, struct text folder, struct text name, struct text *out)
{
    char *path = arena_alloc(arena, folder.length + name.length + 2);
    size_t length = 0;
    struct text both = text_format(arena, "%.*s/%.*s", TEXT_ARG(folder), TEXT_ARG(name));
    struct text part;
    while (text_next(&both, '/', &part)) {
        if (part.length == 0 || text_is(part, "."))
            continue;
        if (text_is(part, "..")) {
            if (length == 0)
                return false;
            while (length > 0 && path[--length] != '/')
                ;
            continue;
        }
        if (length > 0)
            path[length++] = '/';
        for (size_t i = 0; i < part.length; i++)
            path[length++] = part.at[i];
    }
    *out = (struct text){path, length};
    return true;
}

bool template_resolve_name(struct arena *arena, struct text from, struct text name,
                           struct text *out)
{
    *out = name;
    if (!text_starts(name, TEXT("./")) && !text_starts(name, TEXT("../")))
        return true;
    while (text_starts(from, TEXT("/")))
        from = text_from(from, 1);
    size_t slash = from.length;
    while (slash > 0 && from.at[slash - 1] != '/')
        slash--;
    return normalize(arena, text_part(from, 0, slash), name, out) && !text_equal(*out, from);
}
