#include "auth/commands.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "auth/auth.h"
#include "auth/sign_in.h"
#include "base/arena.h"
#include "crypto/crypto.h"
#include "db/db.h"
#include "model/differences.h"
#include "model/query.h"
#include "site/commands.h"
#include "site/settings.h"
#include "template/unicode.h"

#define TRIES       3
#define MOST_LOOKED 100 /* accounts that check hashes a password for */

const char command_createsuperuser_help[] =
    "What is not given is asked for, again where it will not do.\n\n"
    "--noinput           ask nothing: name, address and password are DJANGO_SUPERUSER_USERNAME,\n"
    "                    DJANGO_SUPERUSER_EMAIL and DJANGO_SUPERUSER_PASSWORD; without the last\n"
    "                    nobody can sign in with the account until it gets one\n"
    "--username NAME     its name\n"
    "--email ADDRESS     its address\n";

/* Asking */

/* False: the end of the input. */
static bool ask(struct arena *arena, const char *words, struct text *out)
{
    char *line = NULL;
    size_t size = 0;
    fputs(words, stderr);
    ssize_t length = getline(&line, &size, stdin);
    if (length > 0 && line[length - 1] == '\n')
        length--;
    if (length >= 0)
        *out = text_copy(arena, (struct text){line, (size_t)length});
    if (line)
        secret_wipe(line, size);
    free(line);
    return length >= 0;
}

static struct termios shown; /* the terminal as it was found */

/* Whoever interrupts the question gets the terminal back as it was. */
static void end_shown(int number)
{
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
    raise(number); /* with SA_RESETHAND, as if there were no handler */
}

static const int ends[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
#define ENDS (sizeof ends / sizeof *ends)

/* What is typed does not show. */
static bool ask_secretly(struct arena *arena, const char *words, struct text *out)
{
    struct sigaction before[ENDS];
    struct sigaction showing = {.sa_handler = end_shown, .sa_flags = (int)SA_RESETHAND};
    if (tcgetattr(STDIN_FILENO, &shown) != 0)
        return ask(arena, words, out);
    struct termios hidden = shown;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    for (size_t i = 0; i < ENDS; i++)
        sigaction(ends[i], &showing, &before[i]);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    bool good = ask(arena, words, out);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
    for (size_t i = 0; i < ENDS; i++)
        sigaction(ends[i], &before[i], NULL);
    fputc('\n', stderr);
    return good;
}

/* The demo's is on the web: it opens nothing without DEBUG=1. */
static bool is_published(struct text password)
{
    return !site_settings.debug && text_equal(password, DEMO_PASSWORD);
}

/* Twice the same, and one that the rules allow, unless it is insisted on. INVALID: none came. */
static enum status ask_password(struct arena *arena, const struct user *user, struct text *out)
{
    for (int i = 0; i < TRIES; i++) {
        struct text again = TEXT_NONE;
        struct text answer;
        struct text faults[AUTH_PASSWORD_RULES];
        if (!ask_secretly(arena, "Password: ", out)
            || !ask_secretly(arena, "Password, again: ", &again))
            break;
        if (!out->length || !text_equal(*out, again)) {
            fputs(out->length ? "The two are not the same.\n" : "It is empty.\n", stderr);
            continue;
        }
        if (is_published(*out)) {
            fputs("It is published with the demo.\n", stderr);
            continue;
        }
        size_t count = auth_password_faults(arena, *out, user, faults);
        for (size_t k = 0; k < count; k++)
            fprintf(stderr, "%.*s\n", TEXT_ARG(faults[k]));
        if (!count
            || (ask(arena, "Take it all the same? [y/N] ", &answer)
                && text_equal_nocase(answer, TEXT("y"))))
            return OK;
    }
    return fail_as(INVALID, "no password was given");
}

/* createsuperuser */

struct superuser {
    struct arena *arena;
    struct db *db;
    struct user *user;
    struct text username;
    struct text email;
    bool asks;
};

static int read_options(struct superuser *super, int count, char **arguments)
{
    super->asks = true;
    for (int i = 0; i < count; i++) {
        struct text *value = strcmp(arguments[i], "--username") == 0 ? &super->username
                             : strcmp(arguments[i], "--email") == 0  ? &super->email
                                                                     : NULL;
        if (strcmp(arguments[i], "--noinput") == 0)
            super->asks = false;
        else if (!value)
            return commands_misused("createsuperuser", "is no option", arguments[i]);
        else if (i + 1 == count)
            return commands_misused("createsuperuser", "lacks its value", arguments[i]);
        else
            *value = text_of(arguments[++i]);
    }
    return 0;
}

/* Takes the value into the user; INVALID says what is wrong with it. */
static enum status take_field(struct superuser *super, const char *name, struct text value)
{
    const struct field *field = model_field(&user_model, text_of(name));
    struct text fault = value.length || !field->blank
                            ? field_parse(field, super->user, text_trim(value), super->arena)
                            : TEXT("");
    if (fault.length)
        return fail_as(INVALID, "%s: %.*s", name, TEXT_ARG(fault));
    return OK;
}

static enum status check_new(struct superuser *super)
{
    const struct user *other;
    const struct query query = {
        .model = &user_model,
        .where = WHERE({"username", .value = DB_TEXT(super->user->username)}),
    };
    enum status status = query_first(super->db, super->arena, &query, &other);
    if (status == OK)
        return fail_as(CONFLICT, "there is a user \"%.*s\" already",
                       TEXT_ARG(super->user->username));
    return status == NOT_FOUND ? OK : status;
}

/* Where a value comes from when no option gives it. */
struct source {
    const char *field;
    const char *variable; /* of the environment, with --noinput */
    const char *question;
};

static const struct source username_source = {"username", "DJANGO_SUPERUSER_USERNAME",
                                              "User name: "};
static const struct source email_source = {"email", "DJANGO_SUPERUSER_EMAIL", "Email: "};

static enum status take_value(struct superuser *super, const struct source *source,
                              struct text value)
{
    enum status status = take_field(super, source->field, value);
    return status == OK && source == &username_source ? check_new(super) : status;
}

/* What is asked for is asked for again where it will not do. */
static enum status find_value(struct superuser *super, const struct source *source,
                              struct text given)
{
    struct text value = given;
    if (!given.at && !super->asks)
        value = text_of(getenv(source->variable));
    if (given.at || !super->asks)
        return take_value(super, source, value);
    for (int i = 0; i < TRIES && ask(super->arena, source->question, &value); i++) {
        enum status status = take_value(super, source, value);
        if (status != INVALID && status != CONFLICT)
            return status;
        fprintf(stderr, "%s\n", status_failure()->message);
    }
    return fail_as(INVALID, "no %s was given", source->field);
}

static enum status find_password(struct superuser *super)
{
    struct text password = TEXT_NONE;
    if (super->asks) {
        enum status status = ask_password(super->arena, super->user, &password);
        if (status != OK)
            return status;
    } else {
        password = text_of(getenv("DJANGO_SUPERUSER_PASSWORD"));
        if (is_published(password))
            return fail_as(INVALID, "DJANGO_SUPERUSER_PASSWORD is published with the demo: choose "
                                    "another");
    }
    super->user->password =
        password.length ? password_hash(super->arena, password) : password_unusable(super->arena);
    return OK;
}

static enum status make_superuser(struct superuser *super)
{
    super->user = model_new(&user_model, super->arena);
    super->user->first_name = super->user->last_name = super->user->email = TEXT("");
    enum status status = find_value(super, &username_source, super->username);
    if (status == OK)
        status = find_value(super, &email_source, super->email);
    if (status == OK)
        status = find_password(super);
    super->user->is_superuser = super->user->is_staff = true;
    return status == OK ? model_insert(super->db, &user_model, super->user) : status;
}

int command_createsuperuser(int count, char **arguments)
{
    struct superuser super = {0};
    int misused = read_options(&super, count, arguments);
    if (misused)
        return misused;
    super.arena = arena_new(4096);
    enum status status = commands_start();
    if (status == OK)
        status = commands_open(&super.db, false);
    if (status == OK)
        status = make_superuser(&super);
    if (status == OK)
        printf("Made the superuser %.*s.\n", TEXT_ARG(super.user->username));
    db_close(super.db);
    arena_free(super.arena);
    return status == OK ? 0 : commands_failed();
}

/* changepassword */

static enum status change_password(struct db *db, struct arena *arena, struct text username)
{
    const struct user *user;
    struct text password = TEXT_NONE;
    const struct query query = {.model = &user_model,
                                .where = WHERE({"username", .value = DB_TEXT(username)})};
    enum status status = query_first(db, arena, &query, &user);
    if (status == NOT_FOUND)
        return fail_as(NOT_FOUND, "there is no user \"%.*s\"", TEXT_ARG(username));
    if (status == OK)
        status = ask_password(arena, user, &password);
    return status == OK ? auth_set_password(db, user, password_hash(arena, password)) : status;
}

int command_changepassword(int count, char **arguments)
{
    struct db *db = NULL;
    if (count != 1) {
        fputs("oc-lettings changepassword: name one account: see --help\n", stderr);
        return 2;
    }
    struct arena *arena = arena_new(4096);
    enum status status = commands_start();
    if (status == OK)
        status = commands_open(&db, false);
    if (status == OK)
        status = change_password(db, arena, unicode_nfkc(arena, text_of(arguments[0])));
    if (status == OK)
        printf("The password of %s is changed.\n", arguments[0]);
    db_close(db);
    arena_free(arena);
    return status == OK ? 0 : commands_failed();
}

/* check */

/* Those who may do harm; each costs as long as a sign-in. */
enum status auth_check(struct db *db, struct arena *arena, struct difference_list *out)
{
    const struct query query = {
        .model = &user_model,
        .where = WHERE({"is_active", .value = DB_BOOL(true)},
                       ANY({"is_staff", .value = DB_BOOL(true)},
                           {"is_superuser", .value = DB_BOOL(true)})),
        .limit = MOST_LOOKED,
    };
    struct row_list users = {0};
    enum status status = site_settings.debug ? OK : query_rows(db, arena, &query, &users);
    for (size_t i = 0; i < users.count; i++) {
        const struct user *user = users.items[i];
        if (password_is_usable(user->password)
            && password_fits(arena, user->password, DEMO_PASSWORD))
            *LIST_PUSH(arena, &out->items) =
                text_format(arena,
                            "the user %.*s has the demo's password, which is published: run "
                            "`oc-lettings changepassword %.*s`",
                            TEXT_ARG(user->username), TEXT_ARG(user->username));
    }
    return status;
}
