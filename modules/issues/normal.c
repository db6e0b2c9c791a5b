#define PCRE2_CODE_UNIT_WIDTH 8
#include "issues/normal.h"

#include <pcre2.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/buffer.h"

#define LONGEST     8192 /* bytes that are looked at */
#define LINES       2
#define MATCH_LIMIT 20000

/* In the order of Sentry's own (getsentry/sentry, grouping/parameterization.py): what stands first
 * wins. The mark says what takes the place of it. */
/* clang-format off */
static const char pattern[] =
    "[\\w.+-]++@[\\w-]++(?:\\.[\\w-]++)+(*MARK:<email>)"
    "|\\b[a-z][a-z0-9+.-]{1,15}://[^\\s\"'<>]++(*MARK:<url>)"
    "|\\b(?:[a-z0-9-]++\\.)+(?:com|net|org|edu|gov|int|io|dev|app|info|biz|co|eu|uk|de|fr|us|local)\\b(?!\\.\\w)(*MARK:<hostname>)"
    "|(?<![\\w.])(?:\\d{1,3}\\.){3}\\d{1,3}(?![\\w.])(*MARK:<ip>)"
    "|(?<![\\w:])(?=[a-f:]*\\d)(?=[0-9a-f:]*?::|(?:[0-9a-f]{1,4}:){7})(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?![\\w:])(*MARK:<ip>)"
    "|\\b00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]\\b(*MARK:<traceparent>)"
    "|\\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\\b(*MARK:<uuid>)"
    "|\\b[0-9a-f]{40}\\b(*MARK:<sha1>)"
    "|\\b[0-9a-f]{32}\\b(*MARK:<md5>)"
    "|\\b\\d{4}-\\d\\d-\\d\\d(?:[T ]\\d\\d:\\d\\d(?::\\d\\d(?:[.,]\\d+)?)?(?:Z|[+-]\\d\\d:?\\d\\d)?)?\\b(*MARK:<date>)"
    "|\\b\\d\\d:\\d\\d:\\d\\d(?:[.,]\\d+)?\\b(*MARK:<date>)"
    "|\\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? \\d{1,2} [A-Z][a-z]{2} \\d{4}(?: \\d\\d:\\d\\d:\\d\\d(?: GMT| [+-]\\d{4})?)?(*MARK:<date>)"
    "|\\b\\d+(?:\\.\\d+)?(?:ms|us|ns|s|m|h|d)\\b(*MARK:<duration>)"
    "|\\b0x[0-9a-f]+\\b(*MARK:<hex>)"
    "|\\b(?=[a-f]*\\d)(?=\\d*[a-f])[0-9a-f]{8,128}\\b(*MARK:<hex>)"
    "|\\b(?=[a-f]*\\d)(?=\\d*[a-f])[0-9a-f]{7}\\b(*MARK:<git_sha>)"
    "|(?<![\\w.])-?\\d+\\.\\d+(?![\\w.])(*MARK:<float>)"
    "|(?<![\\w.])-?\\d+(?![\\w])(*MARK:<int>)"
    "|(?<==)(?:'[^']*+'|\"[^\"]*+\")(*MARK:<quoted_str>)"
    "|(?<==)(?:true|false)\\b(*MARK:<bool>)";
/* clang-format on */

static pcre2_code *compiled;
static pcre2_match_context *limits;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void compile(void)
{
    int code;
    PCRE2_SIZE at;
    compiled =
        pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
                      PCRE2_CASELESS | PCRE2_UTF | PCRE2_MATCH_INVALID_UTF, &code, &at, NULL);
    limits = pcre2_match_context_create(NULL);
    if (!compiled || !limits)
        abort();
    pcre2_set_match_limit(limits, MATCH_LIMIT);
}

static struct text first_lines(struct arena *arena, struct text message)
{
    struct buffer out = {.arena = arena};
    struct text line;
    message = text_part(message, 0, LONGEST);
    for (int lines = 0; lines < LINES && text_next(&message, '\n', &line);) {
        line = text_trim(line);
        if (!line.length)
            continue;
        if (lines++)
            buffer_char(&out, '\n');
        buffer_text(&out, line);
    }
    return buffer_contents(&out);
}

struct text message_normal(struct arena *arena, struct text message)
{
    pthread_once(&once, compile);
    struct text text = first_lines(arena, message);
    struct buffer out = {.arena = arena};
    pcre2_match_data *match = pcre2_match_data_create(1, NULL);
    if (!match)
        abort();
    size_t at = 0;
    while (at < text.length
           && pcre2_match(compiled, (PCRE2_SPTR)text.at, text.length, at, 0, match, limits) > 0) {
        const PCRE2_SIZE *found = pcre2_get_ovector_pointer(match);
        buffer_text(&out, text_part(text, at, found[0]));
        buffer_text(&out, text_of((const char *)pcre2_get_mark(match)));
        at = found[1];
    }
    pcre2_match_data_free(match);
    buffer_text(&out, text_from(text, at));
    return buffer_contents(&out);
}
