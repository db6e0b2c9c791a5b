#include "monitor/record.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/status.h"
#include "monitor/fault.h"

#define MOST_IMAGES   64
#define MOST_BUILD_ID 20

struct image {
    char path[256];
    uintptr_t base; /* what its own addresses are relative to */
    uintptr_t start;
    uintptr_t end;
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

static int add_image(struct dl_phdr_info *info, size_t size, void *context)
{
    (void)size;
    (void)context;
    struct image *image = &images[image_count];
    image->base = info->dlpi_addr;
    image->start = UINTPTR_MAX;
    for (size_t i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        uintptr_t start = info->dlpi_addr + part->p_vaddr;
        if (part->p_type == PT_NOTE)
            find_build_id(image, (const char *)start, part->p_memsz, part->p_align);
        if (part->p_type != PT_LOAD)
            continue;
        image->start = start < image->start ? start : image->start;
        image->end = start + part->p_memsz > image->end ? start + part->p_memsz : image->end;
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

static bool lies_in(const struct image *image, const struct fault *fault)
{
    for (size_t i = 0; i < fault->frame_count; i++)
        if (fault->frames[i] >= image->start && fault->frames[i] < image->end)
            return true;
    return false;
}

static void put_images(struct buffer *out, const struct fault *fault)
{
    bool first = true;
    for (size_t i = 0; i < image_count; i++) {
        if (!lies_in(&images[i], fault))
            continue;
        if (!first)
            buffer_char(out, ',');
        put_image(out, &images[i]);
        first = false;
    }
}

static void put_stands_for(struct buffer *out, uint64_t stands_for)
{
    buffer_text(out, TEXT(",\"stands_for\":"));
    buffer_int(out, (int64_t)stands_for);
}

void record_fault(struct buffer *out, const struct fault *fault, bool contained,
                  uint64_t stands_for)
{
    buffer_text(out, TEXT("{\"signal\":"));
    buffer_int(out, fault->signal);
    buffer_text(out, TEXT(",\"name\":\""));
    buffer_text(out, text_of(fault_name(fault->signal)));
    buffer_text(out, TEXT("\",\"code\":"));
    buffer_int(out, fault->code);
    buffer_text(out, TEXT(",\"at\":"));
    buffer_int(out, fault->at);
    put_stands_for(out, stands_for);
    buffer_text(out, TEXT(",\"pid\":"));
    buffer_int(out, getpid());
    buffer_text(out, contained ? TEXT(",\"contained\":true,\"address\":")
                               : TEXT(",\"contained\":false,\"address\":"));
    put_hex(out, fault->address);
    buffer_text(out, TEXT(",\"frames\":["));
    for (size_t i = 0; i < fault->frame_count; i++) {
        if (i)
            buffer_char(out, ',');
        put_hex(out, fault->frames[i]);
    }
    buffer_text(out, TEXT("],\"images\":["));
    put_images(out, fault);
    buffer_text(out, TEXT("]}"));
}

void record_failure(struct buffer *out, const struct failure *failure, int64_t at,
                    uint64_t stands_for)
{
    buffer_text(out, TEXT("{\"type\":\"Failure\",\"at\":"));
    buffer_int(out, at);
    put_stands_for(out, stands_for);
    buffer_text(out, TEXT(",\"message\":"));
    buffer_json(out, text_of(failure->message));
    buffer_text(out, TEXT(",\"file\":"));
    buffer_json(out, text_of(failure->file));
    buffer_text(out, TEXT(",\"function\":"));
    buffer_json(out, text_of(failure->function));
    buffer_text(out, TEXT(",\"line\":"));
    buffer_int(out, failure->line);
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

bool record_open(struct record *record, const char *folder, int64_t at)
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
    return record->fd >= 0;
}

void record_append(const struct record *record, struct text line)
{
    while (line.length) {
        ssize_t written = write(record->fd, line.at, line.length);
        if (written <= 0)
            return;
        line = text_from(line, (size_t)written);
    }
}

void record_close(const struct record *record)
{
    close(record->fd);
    rename(record->open_path, record->path);
}
