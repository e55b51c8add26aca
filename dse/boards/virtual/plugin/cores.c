/* The cores that have a timing model. */
#include <string.h>

#include "timing.h"

static const struct core CORES[] = {
    {"m0", true, m0_cycles, m0_refill, NULL},
    {"m0plus", true, m0plus_cycles, m0plus_refill, NULL},
    {"m0small", true, m0small_cycles, m0_refill, NULL},
    {"m0plussmall", true, m0plussmall_cycles, m0plus_refill, NULL},
    {"m3", false, m3_cycles, m3m4_refill, NULL},
    {"m4", false, m4_cycles, m3m4_refill, NULL},
    {"m7", false, m7_cycles, m7_refill, m7_mispredict},
    {"m33", false, m33_cycles, m33_refill, NULL},
};

const struct core *find_core(const char *name) {
    for (size_t i = 0; i < sizeof CORES / sizeof *CORES; i++) {
        if (strcmp(CORES[i].name, name) == 0) return &CORES[i];
    }
    return NULL;
}

bool has_timing(const struct core *core, const struct insn *insn) {
    if (insn->kind == KIND_UNKNOWN) return false;
    if (!core->baseline) return true;
    if (insn->size == 2) return insn->kind != KIND_IT && (insn->kind != KIND_BRANCH_IF || !insn->reads);
    return insn->kind == KIND_CALL || insn->kind == KIND_STATUS || insn->kind == KIND_BARRIER;
}
