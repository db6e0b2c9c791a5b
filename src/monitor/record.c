#include "monitor/record.h"

#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/status.h"
#include "monitor/fault.h"
#include "monitor/signals.h"

#define MOST_IMAGES   64
#define MOST_BUILD_ID 20
#define LONGEST_WORDS 200

struct image {
    char path[256];
    uintptr_t base; /* what its own addresses are relative to */
    uintptr_t start;
    uintptr_t end;
    uintptr_t text_start; /* of that, what may be run */
    uintptr_t text_end;
    unsigned char build_id[MOST_BUILD_ID];
    size_t build_id_length;
};

static struct image images[MOST_IMAGES];
static size_t image_count;

static void find_build_id(struct image *image, const char *notes, size_t size, size_t align)
{
    align = align < 4 ? 4 : align;
    for (size_t at = 0; at + sizeof(ElfW(Nhdr)) <= size;) {
        const ElfW(Nhdr) *note = (const void *)(notes + at);
        size_t name = at + sizeof *note;
        size_t bytes = (name + note->n_namesz + align - 1) / align * align;
        size_t end = (bytes + note->n_descsz + align - 1) / align * align;
        if (end > size)
            return;
        if (note->n_type == NT_GNU_BUILD_ID && note->n_namesz == sizeof "GNU"
            && memcmp(notes + name, "GNU", sizeof "GNU") == 0 && note->n_descsz <= MOST_BUILD_ID) {
            memcpy(image->build_id, notes + bytes, note->n_descsz);
            image->build_id_length = note->n_descsz;
        }
        at = end;
    }
}

static void stretch(uintptr_t *from, uintptr_t *to, uintptr_t start, uintptr_t end)
{
    *from = start < *from ? start : *from;
    *to = end > *to ? end : *to;
}

static int add_image(struct dl_phdr_info *info, size_t size, void *context)
{
    (void)size;
    (void)context;
    struct image *image = &images[image_count];
    image->base = info->dlpi_addr;
    image->start = UINTPTR_MAX;
    image->text_start = UINTPTR_MAX;
    for (size_t i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        uintptr_t start = info->dlpi_addr + part->p_vaddr;
        if (part->p_type == PT_NOTE)
            find_build_id(image, (const char *)start, part->p_memsz, part->p_align);
        if (part->p_type != PT_LOAD)
            continue;
        stretch(&image->start, &image->end, start, start + part->p_memsz);
        if (part->p_flags & PF_X)
            stretch(&image->text_start, &image->text_end, start, start + part->p_memsz);
    }
    snprintf(image->path, sizeof image->path, "%s", info->dlpi_name);
    if (!image->path[0]) { /* the program itself */
        ssize_t length = readlink("/proc/self/exe", image->path, sizeof image->path - 1);
        image->path[length > 0 ? length : 0] = '\0';
    }
    return ++image_count == MOST_IMAGES;
}

void record_find_images(void)
{
    memset(images, 0, sizeof images);
    image_count = 0;
    dl_iterate_phdr(add_image, NULL);
}

/* What was loaded later is known as a whole (glibc's _dl_find_object() may be asked in a handler).
 */
bool record_is_text(uintptr_t address)
{
    struct dl_find_object object;
    for (size_t i = 0; i < image_count; i++)
        if (address >= images[i].start && address < images[i].end)
            return address >= images[i].text_start && address < images[i].text_end;
    return _dl_find_object((void *)address, &object) == 0; /* NOLINT(performance-no-int-to-ptr) */
}

/* JSON, without calls that a signal handler must not make */

static void put_hex(struct buffer *out, uintptr_t value)
{
    char digits[2 * sizeof value];
    size_t at = sizeof digits;
    do {
        digits[--at] = "0123456789abcdef"[value % 16];
        value /= 16;
    } while (value);
    buffer_text(out, TEXT("\"0x"));
    buffer_append(out, digits + at, sizeof digits - at);
    buffer_char(out, '"');
}

static void put_bytes(struct buffer *out, const unsigned char *bytes, size_t length)
{
    buffer_char(out, '"');
    for (size_t i = 0; i < length; i++) {
        buffer_char(out, "0123456789abcdef"[bytes[i] >> 4]);
        buffer_char(out, "0123456789abcdef"[bytes[i] & 15]);
    }
    buffer_char(out, '"');
}

static void put_image(struct buffer *out, const struct image *image)
{
    buffer_text(out, TEXT("{\"path\":"));
    buffer_json(out, text_of(image->path));
    buffer_text(out, TEXT(",\"base\":"));
    put_hex(out, image->base);
    buffer_text(out, TEXT(",\"start\":"));
    put_hex(out, image->start);
    buffer_text(out, TEXT(",\"size\":"));
    buffer_int(out, (int64_t)(image->end - image->start));
    buffer_text(out, TEXT(",\"build_id\":"));
    put_bytes(out, image->build_id, image->build_id_length);
    buffer_char(out, '}');
}

static bool lies_in(const struct image *image, const uintptr_t *frames, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (frames[i] >= image->start && frames[i] < image->end)
            return true;
    return false;
}

static void put_images(struct buffer *out, const uintptr_t *frames, size_t count)
{
    bool first = true;
    for (size_t i = 0; i < image_count; i++) {
        if (!lies_in(&images[i], frames, count))
            continue;
        if (!first)
            buffer_char(out, ',');
        put_image(out, &images[i]);
        first = false;
    }
}

static void put_stack(struct buffer *out, const uintptr_t *frames, size_t count)
{
    buffer_text(out, TEXT(",\"frames\":["));
    for (size_t i = 0; i < count; i++) {
        if (i)
            buffer_char(out, ',');
        put_hex(out, frames[i]);
    }
    buffer_text(out, TEXT("],\"images\":["));
    put_images(out, frames, count);
    buffer_char(out, ']');
}

void record_fault(struct buffer *out, const struct fault *fault, struct text words, bool contained)
{
    buffer_text(out, TEXT(",\"signal\":"));
    buffer_int(out, fault->signal);
    buffer_text(out, TEXT(",\"name\":\""));
    buffer_text(out, text_of(signal_name(fault->signal)));
    buffer_text(out, TEXT("\",\"code\":"));
    buffer_int(out, fault->code);
    buffer_text(out, TEXT(",\"pid\":"));
    buffer_int(out, getpid());
    buffer_text(out, contained ? TEXT(",\"contained\":true,\"address\":")
                               : TEXT(",\"contained\":false,\"address\":"));
    put_hex(out, fault->address);
    if (words.length) {
        buffer_text(out, TEXT(",\"words\":"));
        buffer_json(out, text_is_utf8(words) ? text_cut(words, LONGEST_WORDS) : TEXT("?"));
    }
    put_stack(out, fault->frames, fault->frame_count);
    buffer_char(out, '}');
}

void record_failure(struct buffer *out, const struct failure *failure)
{
    buffer_text(out, TEXT(",\"type\":\"Failure\",\"message\":"));
    buffer_json(out, text_of(failure->message));
    buffer_text(out, TEXT(",\"file\":"));
    buffer_json(out, text_of(failure->file));
    buffer_text(out, TEXT(",\"function\":"));
    buffer_json(out, text_of(failure->function));
    buffer_text(out, TEXT(",\"line\":"));
    buffer_int(out, failure->line);
    if (failure->frame_count)
        put_stack(out, failure->frames, failure->frame_count);
    buffer_char(out, '}');
}

void record_end(struct buffer *out, const char *role, int64_t pid, int signal)
{
    buffer_text(out, TEXT(",\"signal\":"));
    buffer_int(out, signal);
    buffer_text(out, TEXT(",\"name\":"));
    buffer_json(out, text_of(signal_name(signal)));
    buffer_text(out, TEXT(",\"ended\":"));
    buffer_json(out, text_of(role));
    buffer_text(out, TEXT(",\"pid\":"));
    buffer_int(out, pid);
    buffer_char(out, '}');
}

/* Files */

static void put_path(struct buffer *out, const char *folder, int64_t at, unsigned number,
                     struct text end)
{
    buffer_text(out, text_of(folder));
    buffer_char(out, '/');
    buffer_int(out, at);
    buffer_char(out, '-');
    buffer_int(out, getpid());
    buffer_char(out, '-');
    buffer_int(out, number);
    buffer_text(out, end);
    buffer_char(out, '\0');
}

static bool start(const struct record *record, int64_t at, uint64_t stands_for)
{
    char room[128];
    struct buffer line = BUFFER_ON(room);
    buffer_text(&line, TEXT("{\"at\":"));
    buffer_int(&line, at);
    buffer_text(&line, TEXT(",\"stands_for\":"));
    buffer_int(&line, (int64_t)stands_for);
    return record_append(record, buffer_contents(&line)) || record_close(record, false);
}

bool record_open(struct record *record, const char *folder, int64_t at, uint64_t stands_for)
{
    static atomic_uint numbers;
    unsigned number = atomic_fetch_add(&numbers, 1);
    struct buffer open_path = BUFFER_ON(record->open_path);
    struct buffer path = BUFFER_ON(record->path);
    put_path(&open_path, folder, at, number, TEXT(".part"));
    put_path(&path, folder, at, number, TEXT(".fault"));
    record->fd = -1;
    if (!open_path.failed && !path.failed)
        record->fd = open(record->open_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (record->fd < 0 && errno == ENOENT && mkdir(folder, 0700) == 0)
        record->fd = open(record->open_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (record->fd < 0)
        return false;
    flock(record->fd, LOCK_EX); /* until it is closed: somebody still writes it */
    return start(record, at, stands_for);
}

bool record_append(const struct record *record, struct text bytes)
{
    while (bytes.length) {
        ssize_t written = write(record->fd, bytes.at, bytes.length);
        if (written <= 0)
            return false;
        bytes = text_from(bytes, (size_t)written);
    }
    return true;
}

bool record_close(const struct record *record, bool whole)
{
    close(record->fd);
    if (whole && rename(record->open_path, record->path) == 0)
        return true;
    unlink(record->open_path);
    return false;
}
