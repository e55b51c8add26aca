/* Cortex-M0: ARM DDI0432C table 3-1. Cortex-M0+: ARM DDI0484C table 3-1. Both with the single-cycle
 * multiplier or with the small one, which takes 32 cycles (same tables). No pipelining between instructions, so the cost is a sum. */
#include "timing.h"

#define SMALL_MULTIPLY 32

static unsigned one(const struct insn *insn, unsigned system_cycles, unsigned multiply_cycles) {
    switch (insn->kind) {
    case KIND_LOAD: case KIND_STORE: case KIND_CALL: case KIND_WAIT: return 2;
    case KIND_LOAD_MANY: case KIND_STORE_MANY: return 1 + insn->count;
    case KIND_STATUS: case KIND_BARRIER: return system_cycles;
    case KIND_MULTIPLY: return multiply_cycles;
    default: return 1;
    }
}

static unsigned sum(const struct insn *code, size_t n, unsigned system_cycles,
                    unsigned multiply_cycles) {
    unsigned cycles = 0;
    for (size_t i = 0; i < n; i++) cycles += one(&code[i], system_cycles, multiply_cycles);
    return cycles;
}

unsigned m0_cycles(const struct insn *code, size_t n, size_t seam) {
    (void)seam;
    return sum(code, n, 4, 1);
}

unsigned m0small_cycles(const struct insn *code, size_t n, size_t seam) {
    (void)seam;
    return sum(code, n, 4, SMALL_MULTIPLY);
}

unsigned m0_refill(const struct insn *code, size_t n, const struct insn *target) {
    (void)code, (void)n, (void)target;
    return 2;
}

unsigned m0plus_cycles(const struct insn *code, size_t n, size_t seam) {
    (void)seam;
    return sum(code, n, 3, 1);
}

unsigned m0plussmall_cycles(const struct insn *code, size_t n, size_t seam) {
    (void)seam;
    return sum(code, n, 3, SMALL_MULTIPLY);
}

unsigned m0plus_refill(const struct insn *code, size_t n, const struct insn *target) {
    (void)code, (void)n, (void)target;
    return 1;
}
