#include "auth/account_page.h"

#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "http/request.h"
#include "http/response.h"
#include "http/routes.h"
#include "site/links.h"
#include "site/site.h"
#include "template/language.h"
#include "template/unicode.h"
#include "template/value.h"

/* Taking */

static void take_input(struct input *input, const struct request *request)
{
    struct text raw;
    if (!request_form(request, input->name, &raw))
        raw = TEXT("");
    else if (!raw.at)
        input->error = text_of(translate("This is not text that can be read."));
    input->value = input->keeps_space ? raw : unicode_trim(raw);
    if (!input->error.length && !input->value.length)
        input->error = text_of(translate("Please fill this in."));
    if (input->max_length && unicode_length(input->value) > input->max_length)
        input->error = text_format(request->arena, translate("This may have %zu characters."),
                                   input->max_length);
}

bool account_page_take(struct account_page *page, struct request *request)
{
    bool good = true;
    for (size_t i = 0; i < page->count; i++) {
        take_input(&page->inputs[i], request);
        good = good && !page->inputs[i].error.length;
    }
    return good;
}

struct text account_page_next(const struct request *request)
{
    struct text next;
    bool given = request_form(request, "next", &next) || request_query(request, "next", &next);
    return given && link_is_local(next) ? next : TEXT("");
}

/* Showing */

static struct value input_value(const struct input *input, struct arena *arena)
{
    struct value_map *map = value_map_new(arena);
    bool is_secret = strcmp(input->type, "password") == 0;
    value_map_set(map, TEXT("name"), value_string(input->name));
    value_map_set(map, TEXT("label"), value_string(translate(input->label)));
    value_map_set(map, TEXT("type"), value_string(input->type));
    value_map_set(map, TEXT("autocomplete"), value_string(input->autocomplete));
    value_map_set(map, TEXT("help"),
                  input->help ? value_string(translate(input->help)) : VALUE_NULL);
    value_map_set(map, TEXT("max_length"), value_integer((int64_t)input->max_length));
    value_map_set(map, TEXT("value"), is_secret ? VALUE_NULL : value_text(input->value));
    value_map_set(map, TEXT("error"), value_text(input->error));
    return value_map(map);
}

static struct value inputs_value(const struct account_page *page, struct arena *arena)
{
    struct value *items = ARENA_ARRAY(arena, struct value, page->count);
    for (size_t i = 0; i < page->count; i++)
        items[i] = input_value(&page->inputs[i], arena);
    return value_list(arena, items, page->count);
}

enum status account_page_render(struct request *request, struct response *response,
                                const char *name, struct value_map *context)
{
    response_header(response, "Cache-Control", TEXT("private, no-store"));
    value_map_set(context, TEXT("canonical"), VALUE_NULL);
    return site_render(request, response, name, context);
}

enum status account_page_show(struct account_page *page, struct request *request,
                              struct response *response)
{
    struct value_map *context = site_context(request);
    struct text more = TEXT_NONE;
    if (page->more
        && router_reverse(site_router(), request->arena, text_of(page->more), NULL, 0, &more) != OK)
        return FAILED;
    value_map_set(context, TEXT("title"), value_string(page->title));
    value_map_set(context, TEXT("intro"), value_string(page->intro));
    value_map_set(context, TEXT("submit"), value_string(page->submit));
    value_map_set(context, TEXT("inputs"), inputs_value(page, request->arena));
    value_map_set(context, TEXT("error"), value_text(page->error));
    value_map_set(context, TEXT("next"), value_text(page->next));
    value_map_set(context, TEXT("more_url"), value_text(more));
    value_map_set(context, TEXT("more_label"), value_string(page->more_label));
    value_map_set(context, TEXT("back_url"), value_string(page->back));
    return account_page_render(request, response, "auth/form.html", context);
}

struct text account_page_wait_words(const struct request *request, int64_t seconds)
{
    static const struct {
        const char *one;
        const char *many;
    } words[] = {
        {NP_("There were too many attempts. Please try again in %d second.",
             "There were too many attempts. Please try again in %d seconds.")},
        {NP_("There were too many attempts. Please try again in %d minute.",
             "There were too many attempts. Please try again in %d minutes.")},
    };
    bool is_long = seconds > 90;
    int64_t count = is_long ? (seconds + 59) / 60 : seconds;
    struct buffer out = {.arena = request->arena};
    language_fill(&out,
                  language_count(request->language, TEXT_NONE, text_of(words[is_long].one),
                                 text_of(words[is_long].many), count),
                  text_format(request->arena, "%lld", (long long)count));
    return buffer_contents(&out);
}

enum status account_page_wait(struct account_page *page, struct request *request,
                              struct response *response, int64_t seconds)
{
    page->error = account_page_wait_words(request, seconds);
    response->status = 429;
    response_header(response, "Retry-After",
                    text_format(request->arena, "%lld", (long long)seconds));
    return account_page_show(page, request, response);
}

enum status account_page_say(struct request *request, struct response *response, const char *title,
                             const char *words, const char *route, const char *label)
{
    struct value_map *context = site_context(request);
    value_map_set(context, TEXT("title"), value_string(title));
    value_map_set(context, TEXT("words"), value_string(words));
    value_map_set(context, TEXT("route"), value_string(route));
    value_map_set(context, TEXT("label"), value_string(label));
    return account_page_render(request, response, "auth/notice.html", context);
}

enum status account_page_go(struct request *request, struct response *response, struct text next,
                            const char *route)
{
    if (!next.length) {
        enum status status =
            router_reverse(site_router(), request->arena, text_of(route), NULL, 0, &next);
        if (status != OK)
            return status;
    }
    response_redirect(response, 302, next);
    response_header(response, "Cache-Control", TEXT("private, no-store"));
    return OK;
}
