/* Bytes to templates: each byte is a choice, so that what libFuzzer changes is the template's form.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

#define GRAMMAR_TEMPLATES 3

/* Their names, for {% include %} and {% extends %}. */
extern const char *const grammar_names[GRAMMAR_TEMPLATES];

/* The sources of all templates from the bytes, which it takes off. */
void grammar_write(struct arena *arena, const uint8_t **bytes, size_t *size,
                   struct text sources[GRAMMAR_TEMPLATES]);
