/* Dates (days since 1970-01-01), times (microseconds of the day), datetimes (microseconds since
 * 1970-01-01T00:00Z). The database has them as Django's text: UTC, a space, no zone. */
#include "base/arena.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "model/field.h"
#include "template/language.h"
#include "template/moment.h"

#define DAY (DAY_SECONDS * MICROSECONDS)

static bool moment_is_null(const void *member)
{
    return *(const int64_t *)member == FIELD_NULL;
}

static void moment_set_null(void *member)
{
    *(int64_t *)member = FIELD_NULL;
}

static int64_t now(const struct field *field)
{
    int64_t wall = clock_wall();
    if (field->type == &field_DATE)
        return wall / DAY;
    return field->type == &field_TIME ? wall % DAY : wall;
}

/* What a member of this kind holds for a moment of the kind `found`; false, and `out` as it
 * was: they do not fit. */
static bool member_of(const struct field *field, enum value_kind found,
                      const struct value_moment *moment, int64_t *out)
{
    bool is_time = field->type == &field_TIME;
    if (is_time != (found == VALUE_TIME) || (is_time && moment->aware))
        return false;
    if (is_time)
        *out = ((moment->hour * 60 + moment->minute) * 60 + moment->second) * MICROSECONDS
               + moment->microsecond;
    else if (field->type == &field_DATE)
        *out = moment_days(moment->year, moment->month, moment->day);
    else
        *out = moment->aware ? moment_utc(moment) : moment_local(moment);
    return true;
}

static void moment_read(const struct field *field, void *member, const struct db_rows *rows,
                        int column, struct arena *arena)
{
    enum value_kind found;
    struct value_moment moment;
    int64_t read;
    (void)arena;
    if (moment_parse(db_text_at(rows, column), &found, &moment)
        && member_of(field, found, &moment, &read))
        *(int64_t *)member = read;
    else
        *(int64_t *)member = FIELD_NULL;
}

static struct text moment_parse_typed(const struct field *field, void *member, struct text raw,
                                      struct arena *arena)
{
    static const struct {
        const struct field_type *type;
        const char *refusal;
    } kinds[] = {
        {&field_DATE, N_("This must be a date, as 2024-05-07.")},
        {&field_TIME, N_("This must be a time, as 14:05.")},
        {&field_DATETIME, N_("This must be a date and a time, as 2024-05-07 14:05.")},
    };
    enum value_kind found;
    struct value_moment moment;
    (void)arena;
    if (text_is(raw, "now")) {
        *(int64_t *)member = now(field);
        return TEXT("");
    }
    bool fits = moment_parse(raw, &found, &moment)
                && !(field->type == &field_DATE && found != VALUE_DATE)
                && member_of(field, found, &moment, member);
    for (size_t i = 0; !fits && i < sizeof kinds / sizeof *kinds; i++)
        if (field->type == kinds[i].type)
            return text_of(translate(kinds[i].refusal));
    return TEXT("");
}

/* Dates */

static struct value_moment date_moment(const void *member)
{
    return moment_from_local(*(const int64_t *)member * DAY);
}

static struct text date_print(const void *member, struct arena *arena)
{
    struct value_moment moment = date_moment(member);
    return text_format(arena, "%04d-%02u-%02u", moment.year, moment.month, moment.day);
}

static struct db_parameter date_bind(const void *member, struct arena *arena)
{
    return DB_TEXT(date_print(member, arena));
}

static struct value date_value(const void *member, struct arena *arena)
{
    struct value_moment moment = date_moment(member);
    return value_moment(arena, VALUE_DATE, &moment);
}

/* Times */

/* "14:05:00.120000"; no fraction when it is 0. */
static void put_clock(struct buffer *out, const struct value_moment *moment)
{
    buffer_format(out, "%02u:%02u:%02u", moment->hour, moment->minute, moment->second);
    if (moment->microsecond)
        buffer_format(out, ".%06u", moment->microsecond);
}

static struct text time_print(const void *member, struct arena *arena)
{
    struct buffer out = {.arena = arena};
    struct value_moment moment = moment_from_local(*(const int64_t *)member);
    put_clock(&out, &moment);
    return buffer_contents(&out);
}

static struct db_parameter time_bind(const void *member, struct arena *arena)
{
    return DB_TEXT(time_print(member, arena));
}

static struct value time_value(const void *member, struct arena *arena)
{
    struct value_moment moment = moment_from_local(*(const int64_t *)member);
    return value_moment(arena, VALUE_TIME, &moment);
}

/* Datetimes */

static struct text datetime_text(const void *member, char separator, struct arena *arena)
{
    struct buffer out = {.arena = arena};
    struct value_moment moment = moment_from_local(*(const int64_t *)member);
    buffer_format(&out, "%04d-%02u-%02u%c", moment.year, moment.month, moment.day, separator);
    put_clock(&out, &moment);
    return buffer_contents(&out);
}

static struct text datetime_print(const void *member, struct arena *arena)
{
    struct text text = datetime_text(member, 'T', arena);
    return text_format(arena, "%.*sZ", TEXT_ARG(text));
}

static struct db_parameter datetime_bind(const void *member, struct arena *arena)
{
    return DB_TEXT(datetime_text(member, ' ', arena));
}

static struct value datetime_value(const void *member, struct arena *arena)
{
    struct value_moment moment = moment_from_utc(*(const int64_t *)member);
    return value_moment(arena, VALUE_DATETIME, &moment);
}

#define MOMENT_TYPE(kind, which)                                                                   \
    const struct field_type field_##kind = {                                                       \
        .name = #kind,                                                                             \
        .json = FIELD_JSON_STRING,                                                                 \
        .read = moment_read,                                                                       \
        .is_null = moment_is_null,                                                                 \
        .set_null = moment_set_null,                                                               \
        .bind = which##_bind,                                                                      \
        .value = which##_value,                                                                    \
        .parse = moment_parse_typed,                                                               \
        .print = which##_print,                                                                    \
    }

MOMENT_TYPE(DATE, date);
MOMENT_TYPE(TIME, time);
MOMENT_TYPE(DATETIME, datetime);
