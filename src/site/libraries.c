/* The tags and filters that modules bring. */
#include <stdio.h>
#include <string.h>

#include "http/assets.h"
#include "site/internal.h"
#include "site/module.h"
#include "site/site.h"
#include "template/builtins.h"
#include "template/template.h"

static enum status add_libraries(const struct module *module, void *set)
{
    for (size_t i = 0; module->libraries && module->libraries[i]; i++)
        template_set_library(set, module->libraries[i]);
    return OK;
}

struct template_set *site_template_set(struct arena *arena, struct template_host host)
{
    struct template_set *set = template_set_new(arena, &host);
    site_each_module(add_libraries, set);
    return set;
}

const struct request *site_tag_request(const struct tag_call *call)
{
    return call->caller;
}

static bool is_among(const struct template_library *const *libraries, size_t count,
                     const char *name)
{
    for (size_t i = 0; i < count && libraries && libraries[i]; i++)
        if (strcmp(libraries[i]->name, name) == 0)
            return true;
    return false;
}

static enum status check_name(const struct module *const *modules, size_t index,
                              const struct template_library *const *own, size_t at)
{
    const char *module = modules[index]->name;
    const char *name = own[at]->name;
    if (is_among(template_libraries, SIZE_MAX, name))
        return fail_as(INVALID, "module %s: the library \"%s\" has the name of one of Django's",
                       module, name);
    if (is_among(own, at, name))
        return fail_as(INVALID, "module %s: it has two libraries \"%s\"", module, name);
    for (size_t i = 0; i < index; i++)
        if (is_among(modules[i]->libraries, SIZE_MAX, name))
            return fail_as(INVALID, "module %s: the module %s has a library \"%s\" already", module,
                           modules[i]->name, name);
    return OK;
}

/* Each inclusion tag's must be there, also where no page uses the tag yet. */
static enum status check_templates(const struct template_library *library)
{
    const struct template_function *tag = library->functions;
    for (; tag && tag->name; tag++) {
        char name[256];
        if (!tag->template)
            continue;
        snprintf(name, sizeof name, "templates/%s", tag->template);
        if (!asset_find(text_of(name)))
            return fail_as(INVALID, "the tag \"%s\" has no template %s", tag->name, name);
    }
    return OK;
}

static enum status check_library(const struct module *const *modules, size_t index, size_t at)
{
    const struct module *module = modules[index];
    const struct template_library *library = module->libraries[at];
    if (!library->name || !library->name[0])
        return fail_as(INVALID, "module %s: it has a library without a name", module->name);
    enum status status = check_name(modules, index, module->libraries, at);
    if (status != OK)
        return status;
    status = template_library_check(library);
    if (status == OK)
        status = check_templates(library);
    if (status != OK) {
        struct failure failure = *status_failure();
        return fail_as(INVALID, "module %s: the library \"%s\": %s", module->name, library->name,
                       failure.message);
    }
    return OK;
}

enum status site_libraries_check(const struct module *const *modules, size_t index)
{
    enum status status = OK;
    for (size_t i = 0; modules[index]->libraries && modules[index]->libraries[i] && status == OK;
         i++)
        status = check_library(modules, index, i);
    return status;
}
