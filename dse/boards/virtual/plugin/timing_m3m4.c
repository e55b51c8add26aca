/* Cortex-M3 and Cortex-M4: the tables 3-1 of their technical reference manuals (ARM DDI0337,
 * DDI0439D) with 3.3.2 for loads and stores; pipelining details as measured by jnk0le/random,
 * cortex_m3m4.md. Zero wait states. */
#include "timing.h"

static bool is_access(const struct insn *insn) {
    return insn->kind >= KIND_LOAD && insn->kind <= KIND_STORE_MANY;
}

/* The address phase of an access overlaps the data phase of a load just before it. */
static bool follows_load(const struct insn *before, const struct insn *now) {
    return before && before->kind == KIND_LOAD && !(before->writes & now->address);
}

static unsigned access_cycles(const struct insn *before, const struct insn *now, bool m3) {
    bool overlaps = follows_load(before, now);
    switch (now->kind) {
    case KIND_LOAD:
        return overlaps && !(m3 && now->writeback) ? 1 : 2;
    case KIND_STORE: {
        if (m3 && now->writeback) return before && before->kind == KIND_LOAD ? 2 : 1;
        unsigned alone = now->register_offset ? 2 : 1;
        return overlaps ? alone - 1 : alone;
    }
    default:
        return 1 + now->count;
    }
}

/* No forwarding from an arithmetic result into address generation. */
static unsigned address_stall(const struct insn *before, const struct insn *now) {
    return before && !is_access(before) && (before->writes & now->address) ? 1 : 0;
}

/* The M3 ends its long multiplications early by operand size, 3 to 5 and 4 to 7: the middle. */
static unsigned multiply_cycles(const struct insn *insn, bool m3) {
    if (!m3) return 1;
    switch (insn->kind) {
    case KIND_MULTIPLY_ADD: return 2;
    case KIND_MULTIPLY_LONG: return 4;
    case KIND_MULTIPLY_LONG_ADD: return 6;
    default: return 1;
    }
}

static unsigned one(const struct insn *before, const struct insn *now, bool m3) {
    if (is_access(now)) return access_cycles(before, now, m3) + address_stall(before, now);
    if (multiplies(now)) return multiply_cycles(now, m3);
    switch (now->kind) {
    case KIND_DIVIDE: return DIVIDE_CYCLES;
    case KIND_TABLE_BRANCH: return 2 + address_stall(before, now);
    case KIND_STATUS: return 2;
    case KIND_BARRIER: return 4;
    case KIND_IT: return before && before->size == 2 ? 0 : 1;
    default: return 1;
    }
}

static unsigned sum(const struct insn *code, size_t n, size_t seam, bool m3) {
    unsigned cycles = 0;
    for (size_t i = 0; i < n; i++) {
        bool alone = i == 0 || i == seam;
        cycles += one(alone ? NULL : &code[i - 1], &code[i], m3);
    }
    return cycles;
}

unsigned m3_cycles(const struct insn *code, size_t n, size_t seam) { return sum(code, n, seam, true); }
unsigned m4_cycles(const struct insn *code, size_t n, size_t seam) { return sum(code, n, seam, false); }

/* P = 1 to 3: 1 where the target is known at decode, 2 where it comes from a register, one more when
 * the target is a 32-bit instruction across a word border. A loaded PC takes at least 5 in all. */
unsigned m3m4_refill(const struct insn *code, size_t n, const struct insn *target) {
    const struct insn *last = &code[n - 1];
    if (last->kind == KIND_LOAD) return 3;
    unsigned fetch = target->size == 4 && (target->address_of & 2) ? 1 : 0;
    return (leaves_by_register(last) ? 2 : 1) + fetch;
}
