#include "admin/popup.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "admin/page.h"
#include "admin/registry.h"
#include "base/arena.h"
#include "http/request.h"
#include "model/model.h"
#include "template/language.h"
#include "template/value.h"

bool popup_is(const struct request *request)
{
    struct text value;
    return request_query(request, "_popup", &value) && value.length > 0;
}

enum status popup_check(const struct request *request, const struct model *model)
{
    struct text name;
    if (!request_query(request, "_to_field", &name) || (name.at && text_is(name, "pk"))
        || (name.at && text_is(name, model_key(model)->name)))
        return OK;
    return fail_as(INVALID, "%s", translate("No reference leads to that field."));
}

struct text popup_kept(const struct request *request, struct text query)
{
    if (!popup_is(request))
        return TEXT("");
    return query.length ? TEXT("&_popup=1") : TEXT("?_popup=1");
}

/* As Django writes it. */
static struct text data_of(struct arena *arena, const char *action, struct text value,
                           struct text object)
{
    json_t *json = strcmp(action, "change") == 0
                       ? json_pack("{s: s, s: s%, s: s%, s: s%}", "action", action, "value",
                                   value.at, value.length, "obj", object.at, object.length,
                                   "new_value", value.at, value.length)
                       : json_pack("{s: s%, s: s%}", "value", value.at, value.length, "obj",
                                   object.at, object.length);
    char *dumped = json ? json_dumps(json, 0) : NULL;
    if (!dumped)
        abort();
    struct text data = text_copy(arena, text_of(dumped));
    free(dumped);
    json_decref(json);
    return data;
}

enum status popup_answer(struct request *request, struct response *response, const char *action,
                         const struct model *model, const void *row)
{
    struct arena *arena = request->arena;
    struct text object = model_print(model, row, arena);
    struct value_map *context = page_context(request, text_of(translate("Saved")), NULL);
    page_text(context, "object", object);
    page_text(context, "popup_response", data_of(arena, action, key_of(arena, model, row), object));
    return page_show(request, response, "admin/popup_response.html", context);
}
