#include "gizmos/models.h"

static struct text print_title(const void *row, struct arena *arena)
{
    (void)arena;
    return ((const struct gizmo *)row)->title;
}

MODEL(gizmo, GIZMO_FIELDS, "gizmos", .print = print_title);
