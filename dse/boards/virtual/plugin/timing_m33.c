/* Cortex-M33: single issue with result latencies and a limited second slot, as measured by
 * jnk0le/random, cortex_m33.md (RP2350). */
#include "timing.h"

struct m33 {
    unsigned cycle;
    unsigned ready[16]; /* for any operand */
    unsigned late[16];  /* for the accumulator of a multiplication, or as data to store */
};

/* A 16-bit NOP, IT or branch can share the cycle of the 16-bit instruction before it. */
static bool pairs(const struct insn *code, size_t i, size_t seam) {
    if (i == 0 || i == seam || code[i].size != 2 || code[i - 1].size != 2) return false;
    bool light = code[i].kind == KIND_NOP || code[i].kind == KIND_IT ||
                 code[i].kind == KIND_BRANCH || code[i].kind == KIND_BRANCH_IF ||
                 code[i].kind == KIND_BRANCH_REGISTER;
    return light && !is_branch(&code[i - 1]) && !pairs(code, i - 1, seam);
}

static unsigned ready_at(const struct m33 *m33, const struct insn *insn) {
    unsigned ready = 0;
    for (unsigned reg = 0; reg < 16; reg++) {
        uint32_t mask = 1u << reg;
        if (!(insn->reads & mask)) continue;
        bool store_data = insn->kind == KIND_STORE && !(insn->address & mask);
        bool accumulates = multiplies(insn) && (insn->accumulator & mask);
        unsigned at = store_data || accumulates ? m33->late[reg] : m33->ready[reg];
        if (at > ready) ready = at;
    }
    return ready;
}

/* Two-stage instructions that set flags take both cycles for themselves. */
static unsigned occupies(const struct insn *insn) {
    switch (insn->kind) {
    case KIND_LOAD_MANY: case KIND_STORE_MANY: return insn->count;
    case KIND_DIVIDE: return DIVIDE_CYCLES;
    case KIND_MULTIPLY: return insn->sets_flags ? 2 : 1;
    case KIND_ALU_SHIFTED: return insn->sets_flags && !insn->shifted ? 2 : 1;
    case KIND_TABLE_BRANCH: case KIND_STATUS: return 2;
    case KIND_BARRIER: return 4;
    default: return 1;
    }
}

static bool has_two_stages(const struct insn *insn) {
    return multiplies(insn) || insn->kind == KIND_LOAD || insn->kind == KIND_ALU_SHIFTED ||
           insn->kind == KIND_EXTEND_ADD || insn->kind == KIND_PARALLEL;
}

static void issue(struct m33 *m33, const struct insn *insn) {
    unsigned ready = ready_at(m33, insn);
    if (ready > m33->cycle) m33->cycle = ready;
    unsigned done = m33->cycle + (has_two_stages(insn) ? 2 : occupies(insn));
    if (insn->kind == KIND_LOAD_MANY) done += 1;
    for (unsigned reg = 0; reg < 16; reg++) {
        if (!(insn->writes & (1u << reg))) continue;
        bool pointer = insn->writeback && reg == insn->base;
        m33->ready[reg] = pointer ? m33->cycle + 1 : done;
        m33->late[reg] = has_two_stages(insn) ? m33->cycle + 1 : m33->ready[reg];
    }
    m33->cycle += occupies(insn);
}

unsigned m33_cycles(const struct insn *code, size_t n, size_t seam) {
    struct m33 m33 = {0};
    for (size_t i = 0; i < n; i++) {
        if (!pairs(code, i, seam)) issue(&m33, &code[i]);
    }
    return m33.cycle;
}

/* Taken: 2 cycles in all, 1 when paired with an instruction that sets no flags. Targets from a
 * register are not documented; they are given one cycle more. */
unsigned m33_refill(const struct insn *code, size_t n, const struct insn *target) {
    (void)target;
    unsigned by_register = leaves_by_register(&code[n - 1]) ? 1 : 0;
    if (!pairs(code, n - 1, n)) return 1 + by_register;
    return (code[n - 2].sets_flags ? 2 : 1) + by_register;
}
