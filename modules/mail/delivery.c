#include "mail/delivery.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "mail/mail.h"
#include "mail/message.h"
#include "mail/models.h"
#include "net/smtp.h"
#include "site/settings.h"

#define CONSOLE      "console:"
#define FOLDER       "file://"
#define STARTTLS     "smtp+tls://"
#define SMTP_TIMEOUT 30 /* seconds */

struct text mail_url;
struct text mail_sender;

const char *mail_refuse_url(struct text url)
{
    static const char *const schemes[] = {"smtp://", "smtps://", STARTTLS, FOLDER, CONSOLE};
    if (!url.length)
        return NULL;
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        if (text_starts(url, text_of(schemes[i])))
            return NULL;
    return "must begin with smtp://, smtps://, smtp+tls:// or file://, or be console:";
}

const char *mail_refuse_sender(struct text sender)
{
    for (size_t i = 0; i < sender.length; i++)
        if ((unsigned char)sender.at[i] < ' ')
            return "must be one line";
    struct text address = mail_address(sender);
    return validate_email(address) ? "must be an address, or a name and <an address>" : NULL;
}

/* To standard output, for whoever develops. */
static enum status print_mail(const struct outgoing *mail)
{
    printf("Mail to %.*s\nSubject: %.*s\n\n%.*s\n", TEXT_ARG(mail->recipient),
           TEXT_ARG(mail->subject), TEXT_ARG(mail->body));
    return fflush(stdout) == 0 ? OK : fail_as(BUSY, "cannot print: %s", strerror(errno));
}

static bool write_all(int fd, struct text bytes)
{
    while (bytes.length) {
        ssize_t written = write(fd, bytes.at, bytes.length);
        if (written < 0 && errno != EINTR)
            return false;
        if (written > 0)
            bytes = text_from(bytes, (size_t)written);
    }
    return true;
}

/* Whole or not at all: it gets its name when it has been written. */
static enum status write_mail(struct arena *arena, struct text folder, const struct outgoing *mail,
                              struct text message)
{
    struct text name = text_format(arena, "%.*s/%lld-%lld.eml", TEXT_ARG(folder),
                                   (long long)mail->created_at, (long long)mail->id);
    struct text draft = text_format(arena, "%.*s.part", TEXT_ARG(name));
    int fd = open(draft.at, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return fail_as(BUSY, "cannot write %s: %s", draft.at, strerror(errno));
    bool good = write_all(fd, message) && fsync(fd) == 0;
    good = close(fd) == 0 && good && rename(draft.at, name.at) == 0;
    return good ? OK : fail_as(BUSY, "cannot write %s: %s", name.at, strerror(errno));
}

static enum status send_mail(struct arena *arena, const struct outgoing *mail, struct text message)
{
    bool starttls = text_starts(mail_url, TEXT(STARTTLS));
    struct text host = text_from(mail_url, strlen(STARTTLS));
    struct text url = starttls ? text_format(arena, "smtp://%.*s", TEXT_ARG(host)) : mail_url;
    const struct smtp_mail sent = {mail_address(mail_sender), mail->recipient, message};
    return smtp_send(arena, url, starttls, SMTP_TIMEOUT, &sent);
}

bool mail_has_way(void)
{
    return mail_url.length || site_settings.debug;
}

enum status mail_deliver(struct arena *arena, const struct outgoing *mail)
{
    if (text_starts(mail_url, TEXT(CONSOLE)) || (!mail_url.length && site_settings.debug))
        return print_mail(mail);
    struct text message = mail_message(arena, mail, mail_sender, clock_wall());
    if (text_starts(mail_url, TEXT(FOLDER)))
        return write_mail(arena, text_from(mail_url, strlen(FOLDER)), mail, message);
    return send_mail(arena, mail, message);
}
