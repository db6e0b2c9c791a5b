/* What the release after this one has more, so that one can take over from the other: its tables
 * are those of next/migrations/. */
#include "base/arena.h"
#include "db/db.h"
#include "http/request.h"
#include "http/response.h"
#include "site/module.h"

static enum status write_review(struct db *db, void *context)
{
    const struct request *request = context;
    int64_t letting = request_int(request, "letting");
    enum status status = db_run(db, "INSERT INTO next_review (letting_id, words) VALUES ($1, $2)",
                                DB_INT(letting), DB_TEXT(request->body));
    if (status == OK)
        status = db_run(db, "UPDATE auth_user SET reviews = reviews + 1 WHERE id = 1");
    return status == OK ? db_run(db, "INSERT INTO probe_note (note, stars) VALUES ($1, 5)",
                                 DB_TEXT(request->body))
                        : status;
}

static enum status review(struct request *request, struct response *response)
{
    enum status status = db_transaction(request->db, write_review, request);
    if (status == OK)
        response_plain(response, 200, TEXT("reviewed"));
    return status;
}

static enum status count(struct request *request, struct response *response)
{
    int64_t reviews;
    enum status status =
        db_integer(request->db, &reviews, 0, "SELECT reviews FROM auth_user WHERE id = 1");
    if (status == OK)
        response_plain(response, 200, text_format(request->arena, "%lld", (long long)reviews));
    return status;
}

const struct module next_module = {
    .name = "next",
    .namespace = "next",
    .mount = "next/",
    .routes = ROUTES({"review/<int:letting>/", review, .access = ACCESS_PUBLIC,
                      .methods = HTTP_POST, .csrf_exempt = true, .body_limit = 200},
                     {"count/", count, .access = ACCESS_PUBLIC}),
};
