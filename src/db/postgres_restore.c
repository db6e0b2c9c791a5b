/* A file of pg_dump's in the place of a PostgreSQL database: all that was there is dropped, and all
 * that is in the file made, in one transaction of psql's. Whoever dies meanwhile, COMMIT is the
 * last that is sent. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "db/postgres_tools.h"
#include "db/whole_file.h"

/* What a file has, by the lines of pg_restore's list. */
struct contents {
    int strict;  /* must come back; -1: there are no such */
    int lenient; /* comes back where it can be: grants to roles that this server may not have */
};

struct restoring {
    struct arena *arena;
    struct db *db;
    struct postgres_target target;
    const struct db_options *options;
    const struct db_copying *copying;
    const char *path;
    struct text owner; /* of the tables that are there, where it is another role; else empty */
    struct contents contents;
    struct postgres_tool psql;
    int to_psql;
    bool is_committing;
    bool is_unknown; /* whether it was committed */
};

/* Before it */

/* Of other roles' sessions an ordinary role sees the name alone. */
#define OTHERS                                                                                     \
    "SELECT count(*) AS others, string_agg(DISTINCT usename, ', ') AS names FROM pg_stat_activity" \
    " WHERE datname = current_database() AND pid <> pg_backend_pid() AND usesysid IS NOT NULL"     \
    " AND COALESCE(backend_type, 'client backend') = 'client backend'"                             \
    " AND pid NOT IN (SELECT pid FROM pg_stat_replication)"

static enum status check_unused(struct restoring *own)
{
    struct db_rows rows;
    int64_t others = 0;
    struct text names = TEXT_NONE;
    db_query(own->db, &rows, OTHERS);
    while (db_next(&rows)) {
        others = db_int(&rows, "others");
        names = text_copy(own->arena, db_text(&rows, "names"));
    }
    enum status status = db_finish(&rows);
    if (status == OK && others)
        status = fail_as(BUSY,
                         "%lld others are connected to the database (%.*s): stop the site, and "
                         "restore again",
                         (long long)others, TEXT_ARG(names));
    return status;
}

#define OWNER                                                                                      \
    "SELECT quote_ident(pg_get_userbyid(relowner)) AS owner"                                       \
    " FROM pg_class WHERE oid = to_regclass('django_migrations')"                                  \
    " AND pg_get_userbyid(relowner) <> current_user"

/* What is made shall be of whom it was of, also where another role restores. */
static enum status become_owner(struct restoring *own)
{
    struct db_rows rows;
    db_query(own->db, &rows, OWNER);
    while (db_next(&rows))
        own->owner = text_copy(own->arena, db_text(&rows, "owner"));
    enum status status = db_finish(&rows);
    if (status == OK && own->owner.length)
        status =
            db_script(own->db, text_format(own->arena, "SET ROLE %.*s", TEXT_ARG(own->owner)).at);
    return status;
}

/* The list */

static enum status read_list(struct restoring *own, struct text *out)
{
    const char *const words[] = {"pg_restore", "--list", own->path, NULL};
    struct stat found;
    int fd = memfd_create("list", MFD_CLOEXEC);
    if (fd < 0)
        return fail("cannot read %s: %s", own->path, strerror(errno));
    enum status status =
        postgres_tool_run(own->arena, &own->target, words, (struct postgres_files){-1, fd, -1});
    if (status == OK && fstat(fd, &found) == 0) {
        char *bytes = arena_alloc(own->arena, (size_t)found.st_size + 1);
        ssize_t length = pread(fd, bytes, (size_t)found.st_size, 0);
        *out = (struct text){bytes, length > 0 ? (size_t)length : 0};
    }
    close(fd);
    return status;
}

/* Whether the lines name Django's table. */
static bool has_table(struct text list)
{
    static const struct text before = TEXT(" TABLE DATA ");
    static const struct text table = TEXT(" django_migrations ");
    struct text line;
    while (text_next(&list, '\n', &line))
        if (text_find(line, before) != TEXT_NOT_FOUND && text_find(line, table) != TEXT_NOT_FOUND)
            return true;
    return false;
}

/* A line is "number; oid oid KIND schema name owner", with - for no schema. What is of the server's
 * own people stays: schemas that are there and their grants, all in those where this role may make
 * nothing, extensions that are there with their tables and grants, and extensions that it may not
 * make: what needs one of these says so. */
#define CHOOSE                                                                                     \
    "WITH entry AS (SELECT place, line, regexp_replace(line, '^\\d+; \\d+ \\d+ ', '') || ' '"      \
    "  AS what"                                                                                    \
    "  FROM unnest(string_to_array($1, chr(10))) WITH ORDINALITY AS e (line, place)"               \
    "  WHERE line ~ '^\\d+; '),"                                                                   \
    " member AS (SELECT n.nspname, c.relname FROM pg_depend d"                                     \
    "  JOIN pg_class c ON c.oid = d.objid JOIN pg_namespace n ON n.oid = c.relnamespace"           \
    "  WHERE d.classid = 'pg_class'::regclass AND d.deptype = 'e'),"                               \
    " available AS (SELECT DISTINCT v.name FROM pg_available_extension_versions v, pg_roles r"     \
    "  WHERE r.rolname = current_user AND v.name NOT IN (SELECT extname FROM pg_extension)"        \
    "  AND (r.rolsuper OR NOT v.superuser"                                                         \
    "   OR v.trusted AND has_database_privilege(current_database(), 'CREATE')))"                   \
    " SELECT line, what ~ '^(ACL|DEFAULT ACL|PUBLICATION TABLE) ' OR what ~ '^[A-Z ]+ - '"         \
    "  AND what !~ '^(ENCODING|STDSTRINGS|SEARCHPATH|EXTENSION|SCHEMA) - ' AS is_lenient"          \
    " FROM entry WHERE NOT starts_with(what, 'COMMENT - EXTENSION ')"                              \
    " AND (NOT starts_with(what, 'EXTENSION - ')"                                                  \
    "  OR EXISTS (SELECT 1 FROM available WHERE starts_with(what, 'EXTENSION - ' || name || ' "    \
    "')))"                                                                                         \
    " AND NOT EXISTS (SELECT 1 FROM pg_publication"                                                \
    "  WHERE starts_with(what, 'PUBLICATION - ' || pubname || ' '))"                               \
    " AND NOT EXISTS (SELECT 1 FROM member, unnest(ARRAY["                                         \
    "   'TABLE DATA %s %s ', 'SEQUENCE SET %s %s ', 'ACL %s TABLE %s ']) AS form"                  \
    "  WHERE starts_with(what, format(form, nspname, relname)))"                                   \
    " AND NOT EXISTS (SELECT 1 FROM pg_namespace"                                                  \
    "  WHERE starts_with(what, 'SCHEMA - ' || nspname || ' ')"                                     \
    "  OR starts_with(regexp_replace(what, '^[A-Z ]+ - ', ''), 'SCHEMA ' || nspname || ' ')"       \
    "  OR NOT has_schema_privilege(oid, 'CREATE')"                                                 \
    "   AND starts_with(regexp_replace(what, '^[A-Z ]+ ', ''), nspname || ' '))"                   \
    " ORDER BY place"

static enum status keep_list(const struct buffer *lines, int *out)
{
    *out = -1;
    if (lines->length == 0)
        return OK;
    *out = memfd_create("list", MFD_CLOEXEC);
    if (*out < 0 || pwrite(*out, lines->at, lines->length, 0) != (ssize_t)lines->length)
        return fail("cannot keep a list: %s", strerror(errno));
    return OK;
}

static enum status choose(struct restoring *own, struct text list)
{
    struct db_rows rows;
    struct buffer strict = {.arena = own->arena};
    struct buffer lenient = {.arena = own->arena};
    db_query(own->db, &rows, CHOOSE, DB_TEXT(list));
    while (db_next(&rows)) {
        struct buffer *lines = db_bool(&rows, "is_lenient") ? &lenient : &strict;
        buffer_text(lines, db_text(&rows, "line"));
        buffer_char(lines, '\n');
    }
    enum status status = db_finish(&rows);
    if (status == OK && !has_table(buffer_contents(&strict)))
        status = fail_as(INVALID, "this role may make nothing in the schema of the tables: GRANT "
                                  "CREATE ON SCHEMA … TO it, or restore as another role");
    if (status == OK)
        status = keep_list(&strict, &own->contents.strict);
    if (status == OK)
        status = keep_list(&lenient, &own->contents.lenient);
    return status;
}

/* The transaction */

/* All that stands in schemas where this role may make something, but what is of an extension. What
 * is of another role fails, and so do all. Names are asked for beforehand, as what is gone has
 * none. */
static const char drop_script[] =
    "DO $$ DECLARE command text; BEGIN FOREACH command IN ARRAY ARRAY(\n"
    " SELECT format('DROP %s IF EXISTS %s CASCADE', replace(o.type, ' object', ''), o.identity)\n"
    " FROM pg_depend d\n"
    " JOIN pg_namespace n ON n.oid = d.refobjid\n"
    " CROSS JOIN LATERAL pg_identify_object(d.classid, d.objid, 0) o\n"
    " LEFT JOIN pg_class c ON d.classid = 'pg_class'::regclass AND c.oid = d.objid\n"
    " WHERE d.refclassid = 'pg_namespace'::regclass AND d.deptype = 'n'\n"
    " AND d.classid NOT IN ('pg_extension'::regclass, 'pg_default_acl'::regclass)\n"
    " AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'\n"
    " AND has_schema_privilege(n.oid, 'CREATE')\n"
    " AND NOT EXISTS (SELECT 1 FROM pg_depend e WHERE e.classid = d.classid\n"
    "  AND e.objid = d.objid AND e.deptype = 'e')\n"
    " ORDER BY COALESCE(c.relkind IN ('r', 'p'), false) DESC, d.classid, d.objid\n"
    ") LOOP EXECUTE command; END LOOP; END $$;\n";

static const char lenient_script[] = "\\set ON_ERROR_STOP off\n"
                                     "\\set ON_ERROR_ROLLBACK on\n";

/* pg_restore leaves no schema in the path of what is looked for. */
static const char commit_script[] =
    "\\set ON_ERROR_ROLLBACK off\n"
    "\\set ON_ERROR_STOP on\n"
    "RESET search_path;\n"
    "DO $$ BEGIN IF to_regclass('django_migrations') IS NULL THEN RAISE EXCEPTION\n"
    " 'its tables are not in the schemas where the site looks for them (%)',\n"
    " current_setting('search_path'); END IF; END $$;\n"
    "COMMIT;\n";

/* Where psql has ended nobody reads any more; it says why. */
static void tell_psql(struct restoring *own, const char *script)
{
    size_t length = strlen(script);
    while (length) {
        ssize_t sent = send(own->to_psql, script, length, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return;
        script += sent;
        length -= (size_t)sent;
    }
}

static enum status start_psql(struct restoring *own)
{
    const char *const words[] = {"psql",
                                 "--no-psqlrc",
                                 "--no-password",
                                 "--quiet",
                                 "--tuples-only",
                                 "--set=ON_ERROR_STOP=1",
                                 "--set=SHOW_CONTEXT=never",
                                 "--output=/dev/null",
                                 "--file=-",
                                 "--dbname",
                                 postgres_tool_target(own->arena, &own->target),
                                 NULL};
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return fail("cannot start psql: %s", strerror(errno));
    own->to_psql = ends[1];
    enum status status =
        postgres_tool_start(own->arena, &own->target, words,
                            (struct postgres_files){ends[0], STDERR_FILENO, -1}, &own->psql);
    close(ends[0]);
    if (status != OK)
        close(own->to_psql);
    return status;
}

static enum status send_listed(struct restoring *own, int list)
{
    const char *const words[] = {"pg_restore",  "--file=-", "--no-owner",
                                 POSTGRES_LIST, own->path,  NULL};
    return postgres_tool_run(own->arena, &own->target, words,
                             (struct postgres_files){-1, own->to_psql, list});
}

static enum status send_all(struct restoring *own)
{
    tell_psql(own, text_format(own->arena,
                               "BEGIN READ WRITE;\n"
                               "SET client_min_messages = error;\n"
                               "SET lock_timeout = %lld;\n"
                               "SET statement_timeout = 0;\n"
                               "%s%.*s;\n",
                               (long long)own->options->busy_timeout,
                               own->owner.length ? "SET ROLE " : "", TEXT_ARG(own->owner))
                       .at);
    tell_psql(own, drop_script);
    enum status status = send_listed(own, own->contents.strict);
    if (status == OK && own->contents.lenient >= 0) {
        tell_psql(own, lenient_script);
        status = send_listed(own, own->contents.lenient);
    }
    if (status == OK) {
        own->is_committing = true;
        tell_psql(own, commit_script);
    }
    return status;
}

static const struct text psql_prefix = TEXT("psql:<stdin>:");

/* "psql:<stdin>:12: ERROR:  why" without what is before the word. */
static struct text without_place(struct text line)
{
    struct text rest = text_from(line, psql_prefix.length);
    return text_trim(text_from(rest, text_find_char(rest, ':') + 1));
}

/* What it said last, with the lines that belong to it as one. */
static enum status refuse_by_psql(struct restoring *own, struct text said)
{
    struct text last = said;
    for (struct text rest = said; rest.length;) {
        size_t next = text_find(rest, psql_prefix);
        if (next == TEXT_NOT_FOUND)
            break;
        last = text_from(rest, next);
        rest = text_from(last, psql_prefix.length);
    }
    if (text_starts(last, psql_prefix))
        last = without_place(last);
    char *words = text_string(own->arena, text_cut(last, 400));
    for (char *at = words; *at; at++)
        if (*at == '\n')
            *at = ' ';
    return fail_as(INVALID, "psql: %s", *words ? words : "ended before it was done");
}

/* Each of them once. */
static void tell_left_out(struct restoring *own, struct text said)
{
    struct text line;
    struct buffer told = {.arena = own->arena};
    while (own->copying->left_out && text_next(&said, '\n', &line)) {
        if (!text_starts(line, psql_prefix))
            continue;
        struct text words = without_place(line);
        struct text why = text_format(own->arena, "\n%.*s\n", TEXT_ARG(words));
        if (text_find(buffer_contents(&told), why) != TEXT_NOT_FOUND)
            continue;
        buffer_text(&told, why);
        own->copying->left_out(text_string(own->arena, text_trim(why)));
    }
}

/* By the server, which has said so (ON_ERROR_STOP). */
static bool is_refused(const struct postgres_tool *psql)
{
    return WIFEXITED(psql->ended) && WEXITSTATUS(psql->ended) == 3;
}

static enum status replace(struct restoring *own)
{
    struct text said = TEXT_NONE;
    enum status status = start_psql(own);
    if (status != OK)
        return status;
    status = send_all(own);
    const char *why =
        status == OK ? NULL : text_string(own->arena, text_of(status_failure()->message));
    close(own->to_psql);
    enum status ended = postgres_tool_end(own->arena, &own->psql, &said);
    own->is_unknown = own->is_committing && own->psql.ended != 0 && !is_refused(&own->psql);
    if (ended != OK)
        return refuse_by_psql(own, said);
    if (status != OK)
        return fail_as(status, "%s", why);
    tell_left_out(own, said);
    return OK;
}

/* What was there is in a file of its own before anything is done. */
static enum status keep_and_replace(struct restoring *own)
{
    const char *kept = whole_file_kept(own->arena, own->path);
    enum status status = postgres_dump(own->arena, &own->target, kept);
    if (status == OK)
        status = check_unused(own);
    if (status == OK)
        status = replace(own);
    if (status == OK && own->copying->kept)
        own->copying->kept(kept);
    if (status == OK)
        return OK;
    const char *why = text_string(own->arena, text_of(status_failure()->message));
    if (own->is_unknown)
        return fail_as(
            status,
            "%s; what was there before is in %s, and may be there no longer: see oc-lettings check",
            why, kept);
    unlink(kept);
    return fail_as(status, "%s; nothing was changed", why);
}

static enum status restore(struct restoring *own)
{
    struct text list = TEXT_NONE;
    struct db_options writing = *own->options;
    writing.writes = true;
    if (!file_exists(own->path))
        return fail_as(NOT_FOUND, "there is no file %s", own->path);
    enum status status = read_list(own, &list);
    if (status == OK)
        status = has_table(list) ? OK
                                 : fail_as(INVALID,
                                           "%s has no table django_migrations: it is no backup of "
                                           "a site",
                                           own->path);
    if (status == OK)
        status = db_open(&own->db, &writing);
    if (status == OK)
        status = check_unused(own);
    if (status == OK)
        status = become_owner(own);
    if (status == OK)
        status = choose(own, list);
    return status == OK ? keep_and_replace(own) : status;
}

enum status postgres_restore(const struct db_options *options, const char *path,
                             const struct db_copying *copying)
{
    struct restoring own = {.arena = arena_new((size_t)16 * 1024),
                            .options = options,
                            .copying = copying,
                            .path = path,
                            .contents = {-1, -1}};
    enum status status = postgres_target_read(&own.target, options);
    if (status == OK)
        status = restore(&own);
    if (own.contents.strict >= 0)
        close(own.contents.strict);
    if (own.contents.lenient >= 0)
        close(own.contents.lenient);
    db_close(own.db);
    postgres_target_free(&own.target);
    arena_free(own.arena);
    return status;
}
