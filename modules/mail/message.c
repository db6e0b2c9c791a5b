#include "mail/message.h"

#include <time.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "crypto/base64.h"
#include "mail/models.h"
#include "template/unicode.h"

#define SECOND     INT64_C(1000000)
#define WORD_BYTES 42 /* of an encoded word, which may have 75 characters */
#define LINE_BYTES 57 /* which make 76 letters */

struct text mail_address(struct text sender)
{
    size_t open = text_find_char(sender, '<');
    size_t close = text_find_char(sender, '>');
    return open == TEXT_NOT_FOUND || close == TEXT_NOT_FOUND || close < open
               ? text_trim(sender)
               : text_part(sender, open + 1, close);
}

static bool is_ascii(struct text text)
{
    for (size_t i = 0; i < text.length; i++)
        if ((unsigned char)text.at[i] < 0x20 || (unsigned char)text.at[i] >= 0x7F)
            return false;
    return true;
}

/* Encoded words of whole characters (RFC 2047), each on a line of its own. */
static void put_words(struct buffer *out, struct text text)
{
    const char *between = "";
    while (text.length) {
        size_t length = 0;
        while (length < text.length) {
            size_t size = unicode_size(text_from(text, length));
            if (length + size > WORD_BYTES)
                break;
            length += size;
        }
        struct text word = base64_encode(out->arena, text_part(text, 0, length));
        buffer_format(out, "%s=?utf-8?b?%.*s?=", between, TEXT_ARG(word));
        between = "\r\n ";
        text = text_from(text, length);
    }
}

static void put_header_text(struct buffer *out, struct text text)
{
    if (is_ascii(text))
        buffer_text(out, text);
    else
        put_words(out, text);
}

/* "Name <address>", the name encoded where it must be. */
static void put_sender(struct buffer *out, struct text sender)
{
    size_t open = text_find_char(sender, '<');
    if (open == TEXT_NOT_FOUND || is_ascii(sender)) {
        buffer_text(out, sender);
        return;
    }
    put_words(out, text_trim(text_part(sender, 0, open)));
    struct text mailbox = mail_address(sender);
    buffer_format(out, " <%.*s>", TEXT_ARG(mailbox));
}

/* "Mon, 06 May 2024 14:05:00 +0000", in English whatever the locale. */
static void put_date(struct buffer *out, int64_t now)
{
    static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t seconds = (time_t)(now / SECOND);
    struct tm tm;
    if (!gmtime_r(&seconds, &tm))
        return;
    buffer_format(out, "Date: %s, %02d %s %d %02d:%02d:%02d +0000\r\n", days[tm.tm_wday],
                  tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min,
                  tm.tm_sec);
}

static void put_body(struct buffer *out, struct text body)
{
    for (size_t at = 0; at < body.length; at += LINE_BYTES) {
        buffer_text(out, base64_encode(out->arena, text_part(body, at, at + LINE_BYTES)));
        buffer_text(out, TEXT("\r\n"));
    }
}

/* With the line ends that mails have. */
static struct text with_crlf(struct arena *arena, struct text body)
{
    struct buffer out = {.arena = arena};
    for (size_t i = 0; i < body.length; i++) {
        if (body.at[i] == '\n' && (i == 0 || body.at[i - 1] != '\r'))
            buffer_char(&out, '\r');
        buffer_char(&out, body.at[i]);
    }
    return buffer_contents(&out);
}

struct text mail_message(struct arena *arena, const struct outgoing *mail, struct text sender,
                         int64_t now)
{
    struct buffer out = {.arena = arena};
    struct text address = mail_address(sender);
    size_t at = text_find_char(address, '@');
    struct text domain = at == TEXT_NOT_FOUND ? TEXT("localhost") : text_from(address, at + 1);
    buffer_text(&out, TEXT("From: "));
    put_sender(&out, sender);
    buffer_format(&out, "\r\nTo: %.*s\r\nSubject: ", TEXT_ARG(mail->recipient));
    put_header_text(&out, mail->subject);
    buffer_text(&out, TEXT("\r\n"));
    put_date(&out, now);
    buffer_format(&out, "Message-ID: <%lld.%lld@%.*s>\r\n", (long long)mail->created_at,
                  (long long)mail->id, TEXT_ARG(domain));
    buffer_text(&out, TEXT("MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
                           "Content-Transfer-Encoding: base64\r\n"
                           "Auto-Submitted: auto-generated\r\n\r\n"));
    put_body(&out, with_crlf(arena, mail->body));
    return buffer_contents(&out);
}
