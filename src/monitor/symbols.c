#include "monitor/symbols.h"

#include <elfutils/libdwfl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct symbols {
    Dwfl *dwfl;
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
        return NULL;
    symbols->dwfl = dwfl_begin(&callbacks);
    if (symbols->dwfl) {
        dwfl_report_begin(symbols->dwfl);
        return symbols;
    }
    free(symbols);
    return NULL;
}

void symbols_close(struct symbols *symbols)
{
    if (!symbols)
        return;
    dwfl_end(symbols->dwfl);
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

bool symbols_load(struct symbols *symbols, const char *path, uint64_t base, const char *build_id)
{
    Dwfl_Module *module = dwfl_report_elf(symbols->dwfl, path, path, -1, base, false);
    if (!module)
        return false;
    GElf_Addr bias;
    dwfl_module_getelf(module, &bias);
    return has_build_id(module, build_id);
}

void symbols_find(struct symbols *symbols, uint64_t address, struct symbol *out)
{
    *out = (struct symbol){0};
    Dwfl_Module *module = dwfl_addrmodule(symbols->dwfl, address);
    if (!module)
        return;
    out->function = dwfl_module_addrname(module, address);
    Dwfl_Line *line = dwfl_module_getsrc(module, address);
    if (line)
        out->file = dwfl_lineinfo(line, NULL, &out->line, NULL, NULL, NULL);
}
