/* What form.c and form_show.c share. */
#pragma once

#include "admin/form.h"

bool admin_form_has_name(const char *const *names, const char *name);

/* In the order they stand in; read-only ones that no section names come last, as Django has them.
 */
const struct admin_fieldset *admin_form_sections(const struct admin_form *form);

/* Whether the pairs of a MANY_TO_MANY that were sent are others than before. */
enum status admin_form_links_differ(const struct admin_form *form, const struct form_field *field,
                                    bool *out);
