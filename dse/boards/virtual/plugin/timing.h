/* One timing model per core: cycles of straight-line code, and what a taken branch adds. */
#ifndef DSE_TIMING_H
#define DSE_TIMING_H

#include <stddef.h>

#include "decode.h"

struct core {
    const char *name;
    bool baseline; /* ARMv6-M: anything beyond is an instruction the core does not have */
    /* Cycles of `n` instructions in a row, the branch at the end not taken. `seam` is the index of
     * an instruction that was reached by a taken branch, `n` if there is none. */
    unsigned (*cycles)(const struct insn *code, size_t n, size_t seam);
    /* Extra cycles when the last of `code` jumps to `target`. */
    unsigned (*refill)(const struct insn *code, size_t n, const struct insn *target);
    /* Extra cycles when the last of `code` was predicted wrongly; NULL without a predictor. */
    unsigned (*mispredict)(const struct insn *code, size_t n);
};

const struct core *find_core(const char *name);
bool has_timing(const struct core *core, const struct insn *insn);

unsigned m0_cycles(const struct insn *code, size_t n, size_t seam);
unsigned m0small_cycles(const struct insn *code, size_t n, size_t seam);
unsigned m0_refill(const struct insn *code, size_t n, const struct insn *target);
unsigned m0plus_cycles(const struct insn *code, size_t n, size_t seam);
unsigned m0plussmall_cycles(const struct insn *code, size_t n, size_t seam);
unsigned m0plus_refill(const struct insn *code, size_t n, const struct insn *target);
unsigned m3_cycles(const struct insn *code, size_t n, size_t seam);
unsigned m4_cycles(const struct insn *code, size_t n, size_t seam);
unsigned m3m4_refill(const struct insn *code, size_t n, const struct insn *target);
unsigned m7_cycles(const struct insn *code, size_t n, size_t seam);
unsigned m7_refill(const struct insn *code, size_t n, const struct insn *target);
unsigned m7_mispredict(const struct insn *code, size_t n);
unsigned m33_cycles(const struct insn *code, size_t n, size_t seam);
unsigned m33_refill(const struct insn *code, size_t n, const struct insn *target);

/* SDIV and UDIV take 2 to 12 cycles by their operands: the middle (ARM DDI0439D table 3-1). */
#define DIVIDE_CYCLES 7

static inline bool leaves_by_register(const struct insn *insn) {
    return insn->kind == KIND_BRANCH_REGISTER || insn->kind == KIND_TABLE_BRANCH || insn->writes_pc;
}

static inline bool is_branch(const struct insn *insn) {
    return insn->kind == KIND_BRANCH || insn->kind == KIND_BRANCH_IF || insn->kind == KIND_CALL ||
           leaves_by_register(insn);
}

static inline bool multiplies(const struct insn *insn) {
    return insn->kind >= KIND_MULTIPLY && insn->kind <= KIND_MULTIPLY_LONG_ADD;
}

#endif
