/* Cortex-M7: in-order dual issue, as measured by jnk0le/random, cortex_m7.md (STM32H743), with caches
 * or TCM always hitting. Every register has the cycle from which the late ALU can use it; address
 * generation and inline shifts need it one cycle earlier, an accumulator one cycle later. */
#include "timing.h"

struct m7 {
    int cycle;               /* cycle being filled */
    const struct insn *older; /* what sits in its first slot, or NULL */
    int late[16];
    uint32_t loaded;         /* registers whose last result came from a load */
};

static bool is_bit_operation(const struct insn *insn) {
    return insn->kind >= KIND_BITFIELD && insn->kind <= KIND_PARALLEL;
}

static bool issues_alone(const struct insn *insn) {
    switch (insn->kind) {
    case KIND_LOAD_MANY: case KIND_STORE_MANY: case KIND_DIVIDE: case KIND_TABLE_BRANCH:
    case KIND_STATUS: case KIND_BARRIER: case KIND_WAIT: case KIND_TRAP: return true;
    default: return false;
    }
}

/* Memory banks are even and odd words: known only for two offsets from the same base. */
static bool same_bank(const struct insn *a, const struct insn *b) {
    if (a->base != b->base || a->register_offset || b->register_offset) return false;
    return !((a->offset ^ b->offset) & 4);
}

static bool may_pair(const struct insn *older, const struct insn *younger) {
    if (issues_alone(older) || issues_alone(younger)) return false;
    if (older->writes & younger->writes) return false;
    if (multiplies(older) && (multiplies(younger) || younger->kind == KIND_STORE)) return false;
    if (older->kind == KIND_STORE && (multiplies(younger) || younger->kind == KIND_STORE)) return false;
    if (is_bit_operation(younger)) return false;
    if (younger->kind == KIND_ALU_SHIFTED &&
        (older->kind == KIND_ALU_SHIFTED || older->kind == KIND_BITFIELD ||
         older->kind == KIND_EXTEND_ADD)) return false;
    bool loads = older->kind == KIND_LOAD && younger->kind == KIND_LOAD;
    return !(loads && same_bank(older, younger));
}

static int ready_at(const struct m7 *m7, const struct insn *insn) {
    int ready = 0;
    for (unsigned reg = 0; reg < 16; reg++) {
        uint32_t mask = 1u << reg;
        if (!(insn->reads & mask)) continue;
        int at = m7->late[reg];
        if ((insn->address | insn->shifted) & mask) at += 1;
        else if (insn->kind == KIND_STORE) continue;
        else if (multiplies(insn)) {
            if (insn->accumulator & mask) at -= 1;
            else if (m7->loaded & mask) at += 1;
        }
        if (at > ready) ready = at;
    }
    return ready;
}

/* The early ALU hands its result to the late one in the same cycle, if its operands are there. */
static bool runs_early(const struct m7 *m7, const struct insn *insn, bool in_older_slot) {
    if (insn->kind != KIND_SHIFT && !(insn->kind == KIND_ALU && insn->adds && in_older_slot)) return false;
    for (unsigned reg = 0; reg < 16; reg++) {
        if ((insn->reads & (1u << reg)) && m7->late[reg] + 1 > m7->cycle) return false;
    }
    return true;
}

static int occupies(const struct insn *insn) {
    switch (insn->kind) {
    case KIND_LOAD_MANY: case KIND_STORE_MANY: return (insn->count + 1) / 2;
    case KIND_DIVIDE: return DIVIDE_CYCLES;
    case KIND_TABLE_BRANCH: case KIND_STATUS: return 2;
    case KIND_BARRIER: return 4;
    default: return 1;
    }
}

static int latency(const struct m7 *m7, const struct insn *insn, bool in_older_slot) {
    if (insn->kind == KIND_LOAD) return insn->part_word ? 2 : 1;
    if (multiplies(insn)) return 2;
    if (issues_alone(insn)) return occupies(insn);
    return runs_early(m7, insn, in_older_slot) ? 0 : 1;
}

static void write_results(struct m7 *m7, const struct insn *insn, bool in_older_slot) {
    int at = m7->cycle + latency(m7, insn, in_older_slot);
    bool loads = insn->kind == KIND_LOAD || insn->kind == KIND_LOAD_MANY;
    for (unsigned reg = 0; reg < 16; reg++) {
        uint32_t mask = 1u << reg;
        if (!(insn->writes & mask)) continue;
        bool pointer = insn->writeback && reg == insn->base;
        m7->late[reg] = pointer ? m7->cycle : at;
        m7->loaded = loads && !pointer ? m7->loaded | mask : m7->loaded & ~mask;
    }
}

static void next_cycle(struct m7 *m7) {
    m7->cycle += 1;
    m7->older = NULL;
}

static void issue(struct m7 *m7, const struct insn *insn) {
    int ready = ready_at(m7, insn);
    if (m7->older && (ready > m7->cycle || !may_pair(m7->older, insn))) next_cycle(m7);
    if (ready > m7->cycle) m7->cycle = ready;
    bool in_older_slot = !m7->older;
    write_results(m7, insn, in_older_slot);
    if (issues_alone(insn)) {
        m7->cycle += occupies(insn);
    } else if (in_older_slot) {
        m7->older = insn;
    } else {
        next_cycle(m7);
    }
}

unsigned m7_cycles(const struct insn *code, size_t n, size_t seam) {
    struct m7 m7 = {0};
    for (size_t i = 0; i < n; i++) {
        if (i == seam && m7.older) next_cycle(&m7);
        issue(&m7, &code[i]);
    }
    return (unsigned)m7.cycle + (m7.older ? 1 : 0);
}

/* A predicted taken branch costs its issue slot. */
unsigned m7_refill(const struct insn *code, size_t n, const struct insn *target) {
    (void)code, (void)n, (void)target;
    return 0;
}

/* 8 cycles, 6 when the flags were set three cycles (six slots) or more before the branch. */
unsigned m7_mispredict(const struct insn *code, size_t n) {
    if (code[n - 1].reads) return 8;
    for (size_t i = n - 1; i-- > 0 && n - 1 - i < 6;) {
        if (code[i].sets_flags) return 8;
    }
    return 6;
}
