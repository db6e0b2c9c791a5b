/* What a look-up has to fetch from outside: attributes that are loaded, functions. */
#include <string.h>

#include "base/arena.h"
#include "template/expression.h"

/* True when it was there; what is neither that nor missing ends the rendering. */
static bool take(struct render *render, enum status status)
{
    if (status != OK && status != NOT_FOUND)
        render->status = render_pass(render, status);
    return status == OK;
}

bool lookup_load(struct render *render, const struct step *step, struct value *value)
{
    const struct value_object *object = value->object;
    return take(render, object->class->load(object->self, step->text, render->source, render->arena,
                                            value));
}

bool lookup_call(struct render *render, struct value *value)
{
    const struct value_function *function = value->function;
    return take(render, function->call(function->self, render->source, render->arena, value));
}
