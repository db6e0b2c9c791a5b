#include "template/record.h"

bool record_get(const struct value_attribute *attribute, const void *self, struct arena *arena,
                struct value *out)
{
    const struct record_attribute *record = (const struct record_attribute *)attribute;
    const void *member = (const char *)self + record->offset;
    (void)arena;
    switch (record->kind) {
    case RECORD_TEXT: *out = value_text(*(const struct text *)member); break;
    case RECORD_INTEGER: *out = value_integer(*(const int64_t *)member); break;
    case RECORD_BOOL: *out = value_bool(*(const bool *)member); break;
    case RECORD_VALUE: *out = *(const struct value *)member; break;
    }
    return true;
}

const struct value_attribute *record_find(const struct record_attribute *attributes,
                                          struct text name)
{
    for (; attributes->name; attributes++)
        if (text_is(name, attributes->name))
            return &attributes->attribute;
    return NULL;
}
