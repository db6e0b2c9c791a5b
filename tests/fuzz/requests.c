/* Any bytes as a request to render: JSON, marked values, URL tables and their regular expressions,
 * and what a template makes of them. The answer must be a line of JSON. */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "site/render_request.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* Halves of a surrogate pair, which Python writes and reads but jansson does not, become others. */
static void join_surrogates(char *json, size_t length)
{
    for (size_t i = 0; i + 2 < length; i++) {
        if (json[i] != '\\')
            continue;
        i++;
        if (json[i] == 'u' && json[i + 1] == 'd')
            json[i + 1] = 'c';
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct arena *arena = arena_new(4096);
    struct buffer out = {.arena = arena};
    render_request(arena, (struct text){(const char *)bytes, size}, &out);
    struct text answer = buffer_contents(&out);
    char *line = memcpy(arena_alloc(arena, answer.length), answer.at, answer.length);
    join_surrogates(line, answer.length);
    json_t *json = json_loadb(line, answer.length, JSON_ALLOW_NUL, NULL);
    if (!json_is_object(json) || line[answer.length - 1] != '\n')
        abort();
    json_decref(json);
    arena_free(arena);
    return 0;
}
