#include "net/smtp.h"

#include <string.h>

#include <curl/curl.h>

#include "base/arena.h"
#include "net/curl.h"

#define PERMANENT 500 /* and above: replies that do not change (RFC 5321, 4.2.1) */

struct sending {
    struct text left; /* of the message */
    char command[5];  /* the last that was sent, but for QUIT: "RCPT" */
    char words[CURL_ERROR_SIZE];
};

/* Gives the next bytes of the message. */
static size_t read_message(char *out, size_t size, size_t count, void *context)
{
    struct text *left = &((struct sending *)context)->left;
    size_t length = size * count < left->length ? size * count : left->length;
    if (length)
        memcpy(out, left->at, length);
    *left = text_from(*left, length);
    return length;
}

static int note_command(CURL *handle, curl_infotype kind, char *bytes, size_t length, void *context)
{
    struct sending *sending = context;
    (void)handle;
    if (kind == CURLINFO_HEADER_OUT && length >= 4 && memcmp(bytes, "QUIT", 4) != 0)
        memcpy(sending->command, bytes, 4);
    return 0;
}

/* Whether the reply is about this recipient or this message (RFC 5321, 4.2.3): any other refusal is
 * one of the server or of our settings, which somebody mends. */
static bool is_final(const char *command, long reply)
{
    if (strcmp(command, "RCPT") == 0)
        return reply == 550 || reply == 551 || reply == 553;
    return strcmp(command, "DATA") == 0 && reply >= PERMANENT;
}

static enum status result_of(CURL *handle, CURLcode code, const struct sending *sending)
{
    long reply = 0;
    const char *words = sending->words[0] ? sending->words : curl_easy_strerror(code);
    if (code == CURLE_OK)
        return OK;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &reply);
    return reply ? fail_as(is_final(sending->command, reply) ? INVALID : BUSY,
                           "the mail server answers %ld: %s", reply, words)
                 : fail_as(BUSY, "the mail server cannot be had: %s", words);
}

enum status smtp_send(struct arena *arena, struct text url, bool starttls, int64_t timeout,
                      const struct smtp_mail *mail)
{
    struct sending sending = {.left = mail->message};
    curl_start();
    CURL *handle = curl_easy_init();
    struct curl_slist *recipients = curl_slist_append(NULL, text_string(arena, mail->recipient));
    if (!handle || !recipients) {
        curl_easy_cleanup(handle);
        curl_slist_free_all(recipients);
        return fail("libcurl cannot start");
    }
    curl_easy_setopt(handle, CURLOPT_URL, text_string(arena, url));
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(handle, CURLOPT_USE_SSL, (long)(starttls ? CURLUSESSL_ALL : CURLUSESSL_NONE));
    curl_easy_setopt(handle, CURLOPT_MAIL_FROM, text_string(arena, mail->sender));
    curl_easy_setopt(handle, CURLOPT_MAIL_RCPT, recipients);
    curl_easy_setopt(handle, CURLOPT_READFUNCTION, read_message);
    curl_easy_setopt(handle, CURLOPT_READDATA, &sending);
    curl_easy_setopt(handle, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(handle, CURLOPT_TIMEOUT, (long)timeout);
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_VERBOSE, 1L); /* for the debug function */
    curl_easy_setopt(handle, CURLOPT_DEBUGFUNCTION, note_command);
    curl_easy_setopt(handle, CURLOPT_DEBUGDATA, &sending);
    curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, sending.words);
    enum status status = result_of(handle, curl_easy_perform(handle), &sending);
    curl_easy_cleanup(handle);
    curl_slist_free_all(recipients);
    return status;
}
