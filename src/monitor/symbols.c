#include "monitor/symbols.h"

#include <dwarf.h>
#include <elfutils/libdwfl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_FILES 64

struct symbols_file {
    char *path;
    char *build_id;
    Dwfl *dwfl;
    Dwfl_Module *module; /* NULL: it cannot be had */
};

struct symbols {
    struct symbols_file files[MOST_FILES];
    size_t count;
};

/* Debug information apart from its file is looked for where distributions put it. */
static const Dwfl_Callbacks callbacks = {
    .find_elf = dwfl_build_id_find_elf,
    .find_debuginfo = dwfl_build_id_find_debuginfo,
    .section_address = dwfl_offline_section_address,
};

struct symbols *symbols_open(void)
{
    struct symbols *symbols = calloc(1, sizeof *symbols);
    if (!symbols)
        abort();
    return symbols;
}

void symbols_close(struct symbols *symbols)
{
    if (!symbols)
        return;
    for (size_t i = 0; i < symbols->count; i++) {
        struct symbols_file *file = &symbols->files[i];
        if (file->dwfl)
            dwfl_end(file->dwfl);
        free(file->path);
        free(file->build_id);
    }
    if (symbols->count)
        malloc_trim(0); /* megabytes of small pieces */
    free(symbols);
}

static bool has_build_id(Dwfl_Module *module, const char *wanted)
{
    const unsigned char *bytes;
    GElf_Addr address;
    int length = dwfl_module_build_id(module, &bytes, &address);
    if (length <= 0 || strlen(wanted) != 2 * (size_t)length)
        return false;
    for (size_t i = 0; i < (size_t)length; i++) {
        char digits[3];
        snprintf(digits, sizeof digits, "%02x", bytes[i]);
        if (memcmp(wanted + 2 * i, digits, 2) != 0)
            return false;
    }
    return true;
}

/* Each has a Dwfl of its own, where it lies at address 0: processes load it at different ones. */
static void load(struct symbols_file *file)
{
    GElf_Addr bias;
    file->dwfl = dwfl_begin(&callbacks);
    if (!file->dwfl)
        return;
    dwfl_report_begin(file->dwfl);
    Dwfl_Module *module = dwfl_report_elf(file->dwfl, file->path, file->path, -1, 0, false);
    dwfl_report_end(file->dwfl, NULL, NULL);
    if (module && dwfl_module_getelf(module, &bias) && has_build_id(module, file->build_id))
        file->module = module;
}

struct symbols_file *symbols_file(struct symbols *symbols, const char *path, const char *build_id)
{
    for (size_t i = 0; i < symbols->count; i++) {
        struct symbols_file *file = &symbols->files[i];
        if (strcmp(file->path, path) == 0 && strcmp(file->build_id, build_id) == 0)
            return file->module ? file : NULL;
    }
    if (symbols->count == MOST_FILES)
        return NULL;
    struct symbols_file *file = &symbols->files[symbols->count++];
    file->path = strdup(path);
    file->build_id = strdup(build_id);
    if (!file->path || !file->build_id)
        abort();
    load(file);
    return file->module ? file : NULL;
}

/* Where a function was called that has no code of its own. */
static void find_call(Dwarf_Die *unit, Dwarf_Die *inlined, struct symbol *out)
{
    Dwarf_Attribute attribute;
    Dwarf_Files *files;
    size_t count;
    Dwarf_Word file = 0;
    Dwarf_Word line = 0;
    if (dwarf_formudata(dwarf_attr(inlined, DW_AT_call_file, &attribute), &file) == 0
        && dwarf_getsrcfiles(unit, &files, &count) == 0 && file < count)
        out->file = dwarf_filesrc(files, file, NULL, NULL);
    if (dwarf_formudata(dwarf_attr(inlined, DW_AT_call_line, &attribute), &line) == 0)
        out->line = (int)line;
}

static bool has_code(Dwarf_Die *die, Dwarf_Addr address)
{
    int tag = dwarf_tag(die);
    bool may_have =
        tag == DW_TAG_subprogram || tag == DW_TAG_inlined_subroutine || tag == DW_TAG_lexical_block;
    return may_have && dwarf_haspc(die, address) > 0;
}

/* The part of `die` whose code has the address. False: there is none. */
static bool find_part(Dwarf_Die *die, Dwarf_Addr address, Dwarf_Die *out)
{
    int more = dwarf_child(die, out);
    while (more == 0 && !has_code(out, address))
        more = dwarf_siblingof(out, out);
    return more == 0;
}

/* The calls at an address that have no code of their own, the outermost first. By hand, since
 * dwarf_getscopes() finds none where a function is defined in another unit, as link-time
 * optimization leaves it. */
static size_t find_inlined(Dwarf_Die *unit, Dwarf_Addr address, Dwarf_Die out[SYMBOLS_INLINED - 1])
{
    size_t count = 0;
    Dwarf_Die part;
    for (Dwarf_Die die = *unit; count < SYMBOLS_INLINED - 1 && find_part(&die, address, &part);
         die = part)
        if (dwarf_tag(&part) == DW_TAG_inlined_subroutine)
            out[count++] = part;
    return count;
}

/* From `out[0]`, whose place is known, outward. */
static size_t add_inlined(Dwarf_Die *unit, Dwarf_Addr address, struct symbol out[SYMBOLS_INLINED])
{
    Dwarf_Die inlined[SYMBOLS_INLINED - 1];
    size_t count = 1;
    const char *outermost = out[0].function;
    for (size_t i = find_inlined(unit, address, inlined); i-- > 0; count++) {
        out[count - 1].function = dwarf_diename(&inlined[i]);
        out[count] = (struct symbol){.function = outermost};
        find_call(unit, &inlined[i], &out[count]);
    }
    return count;
}

size_t symbols_find(struct symbols_file *file, uint64_t address, struct symbol out[SYMBOLS_INLINED])
{
    Dwarf_Addr bias;
    out[0] = (struct symbol){0};
    if (!file)
        return 1;
    out[0].function = dwfl_module_addrname(file->module, address);
    Dwfl_Line *line = dwfl_module_getsrc(file->module, address);
    if (line)
        out[0].file = dwfl_lineinfo(line, NULL, &out[0].line, NULL, NULL, NULL);
    Dwarf_Die *unit = dwfl_module_addrdie(file->module, address, &bias);
    return unit ? add_inlined(unit, address - bias, out) : 1;
}
