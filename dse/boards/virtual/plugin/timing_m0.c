/* Cortex-M0: ARM DDI0432C table 3-1. Cortex-M0+: ARM DDI0484C table 3-1. Both with the single-cycle
 * multiplier. No pipelining between instructions, so the cost is a sum. */
#include "timing.h"

static unsigned one(const struct insn *insn, unsigned system_cycles) {
    switch (insn->kind) {
    case KIND_LOAD: case KIND_STORE: case KIND_CALL: case KIND_WAIT: return 2;
    case KIND_LOAD_MANY: case KIND_STORE_MANY: return 1 + insn->count;
    case KIND_STATUS: case KIND_BARRIER: return system_cycles;
    default: return 1;
    }
}

static unsigned sum(const struct insn *code, size_t n, unsigned system_cycles) {
    unsigned cycles = 0;
    for (size_t i = 0; i < n; i++) cycles += one(&code[i], system_cycles);
    return cycles;
}

unsigned m0_cycles(const struct insn *code, size_t n, size_t seam) {
    (void)seam;
    return sum(code, n, 4);
}

unsigned m0_refill(const struct insn *code, size_t n, const struct insn *target) {
    (void)code, (void)n, (void)target;
    return 2;
}

unsigned m0plus_cycles(const struct insn *code, size_t n, size_t seam) {
    (void)seam;
    return sum(code, n, 3);
}

unsigned m0plus_refill(const struct insn *code, size_t n, const struct insn *target) {
    (void)code, (void)n, (void)target;
    return 1;
}
