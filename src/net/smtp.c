#include "net/smtp.h"

#include <pthread.h>
#include <string.h>

#include <curl/curl.h>

#include "base/arena.h"

#define PERMANENT 500 /* and above: SMTP's replies that do not change (RFC 5321, 4.2.1) */

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void start_library(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

/* Gives the next bytes of the message. */
static size_t read_message(char *out, size_t size, size_t count, void *context)
{
    struct text *left = context;
    size_t length = size * count < left->length ? size * count : left->length;
    if (length)
        memcpy(out, left->at, length);
    *left = text_from(*left, length);
    return length;
}

static enum status result_of(CURL *handle, CURLcode code, const char *words)
{
    long reply = 0;
    if (code == CURLE_OK)
        return OK;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &reply);
    if (!words[0])
        words = curl_easy_strerror(code);
    bool refused = reply >= PERMANENT && code != CURLE_LOGIN_DENIED;
    return reply
               ? fail_as(refused ? INVALID : BUSY, "the mail server answers %ld: %s", reply, words)
               : fail_as(BUSY, "the mail server cannot be had: %s", words);
}

enum status smtp_send(struct arena *arena, struct text url, bool starttls, int64_t timeout,
                      const struct smtp_mail *mail)
{
    char words[CURL_ERROR_SIZE] = "";
    struct text left = mail->message;
    pthread_once(&once, start_library);
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
    curl_easy_setopt(handle, CURLOPT_READDATA, &left);
    curl_easy_setopt(handle, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(handle, CURLOPT_TIMEOUT, (long)timeout);
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, words);
    enum status status = result_of(handle, curl_easy_perform(handle), words);
    curl_easy_cleanup(handle);
    curl_slist_free_all(recipients);
    return status;
}
