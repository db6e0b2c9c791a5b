/* A visitor's session: a few values that the server keeps, in Django's table and form, so that one
 * made by either program is taken by the other. */
#pragma once

#include <stdbool.h>

#include "base/status.h"
#include "base/text.h"
#include "sessions/models.h"

struct db;
struct request;
struct response;

/* The value of a name; TEXT_NONE: not there, or no text. */
struct text session_text(const struct request *request, const char *name);
/* Kept when session_save() is called. */
void session_set_text(struct request *request, const char *name, struct text value);
void session_remove(struct request *request, const char *name);

/* Writes the session, within the caller's transaction, and sets the cookie. */
enum status session_save(struct request *request, struct response *response);

/* The session gets another key: a key that somebody knew before is worth nothing. For whoever signs
 * in. The old row goes; session_save() writes the new one. Within the caller's transaction. */
enum status session_rotate(struct request *request);

/* Forgets all of it, the row too, and takes the cookie back. */
enum status session_flush(struct request *request, struct response *response);

/* No session from here on, and the cookie is taken back; the row stays. */
void session_drop(struct request *request, struct response *response);

/* Deletes the rows whose time is over. */
enum status sessions_clear(struct db *db, int64_t *count);
