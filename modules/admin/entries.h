/* Who changed what: django_admin_log, with messages in Django's JSON (LogEntry.change_message). */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "base/status.h"
#include "base/text.h"
#include "template/value.h"

struct arena;
struct db;
struct model;
struct request;

enum entry_action { ENTRY_ADDED = 1, ENTRY_CHANGED, ENTRY_DELETED };

/* One thing that was done; to an inline row where `object` is there. */
struct entry_part {
    enum entry_action action;
    struct text name;          /* of the inline's model */
    struct text object;        /* what people call that row */
    const struct text *fields; /* labels of those that changed */
    size_t field_count;
};

/* Of the one who is signed in, within the caller's transaction. */
enum status entry_write(const struct request *request, const struct model *model, const void *row,
                        enum entry_action action, const struct entry_part *parts, size_t count);

/* The same of many rows of one table, which are written some dozens at once. */
struct entries {
    struct db *db;
    const struct model *model;
    int64_t user;
    int64_t content_type;
    struct arena *arena; /* of those that wait; NULL: it was not started */
    LIST(void *) rows;
};
enum status entries_start(struct entries *entries, const struct request *request,
                          const struct model *model);
enum status entries_add(struct entries *entries, const void *row, enum entry_action action,
                        const struct entry_part *parts, size_t count);
/* Writes what waits: at the end too, before the transaction's. */
enum status entries_flush(struct entries *entries);
/* Forgets what waits; also of one that could not be started, or was not. */
void entries_end(struct entries *entries);

struct entry_page {
    int64_t size;
    int64_t number; /* from 1, which has the newest */
    bool is_more;   /* there are older ones: entry_list() says so */
};
/* Entries of one object, or (model NULL) of the one who is signed in. */
enum status entry_list(const struct request *request, const struct model *model, struct text key,
                       struct entry_page *page, struct value *out);
