/* What the timing tables need to know about one Thumb instruction. */
#ifndef DSE_DECODE_H
#define DSE_DECODE_H

#include <stdbool.h>
#include <stdint.h>

#define NO_REGISTER 16
#define PC 15
#define LR 14
#define SP 13

enum kind {
    KIND_UNKNOWN,
    KIND_ALU,             /* add, subtract, move, logic, compare */
    KIND_SHIFT,           /* shift or rotate as an instruction of its own */
    KIND_ALU_SHIFTED,     /* second operand shifted inline, or a rotated constant */
    KIND_BITFIELD,        /* bit field, extend, reverse, count leading zeros */
    KIND_EXTEND_ADD,      /* SXTAB and its family */
    KIND_PARALLEL,        /* SIMD add, saturate, pack, select */
    KIND_MULTIPLY,        /* 32 x 32 -> low 32 */
    KIND_MULTIPLY_ADD,    /* MLA, MLS */
    KIND_DSP_MULTIPLY,    /* SMLAxy, SMLAD, SMMLA, SMLALD ... */
    KIND_MULTIPLY_LONG,   /* SMULL, UMULL */
    KIND_MULTIPLY_LONG_ADD,
    KIND_DIVIDE,
    KIND_LOAD,
    KIND_STORE,
    KIND_LOAD_MANY,       /* LDM, POP, LDRD */
    KIND_STORE_MANY,      /* STM, PUSH, STRD */
    KIND_BRANCH,
    KIND_BRANCH_IF,       /* B<cc>, CBZ, CBNZ */
    KIND_CALL,
    KIND_BRANCH_REGISTER, /* BX, BLX register */
    KIND_TABLE_BRANCH,
    KIND_IT,
    KIND_NOP,
    KIND_STATUS,          /* MRS, MSR, CPS */
    KIND_BARRIER,
    KIND_WAIT,            /* WFE, WFI, SEV */
    KIND_TRAP,            /* BKPT, SVC, UDF */
};

/* Register sets are bit masks, bit n for register n. `reads` holds every register read; `address`,
 * `accumulator` and `shifted` are the subsets whose operands a pipeline needs earlier or later. */
struct insn {
    enum kind kind;
    uint32_t address_of;   /* where the instruction lies */
    uint8_t size;          /* 2 or 4 bytes */
    uint8_t count;         /* registers moved by LOAD_MANY and STORE_MANY */
    uint8_t base;          /* base register of a load or store, else NO_REGISTER */
    bool sets_flags;
    bool writes_pc;        /* POP {pc}, LDR pc, MOV pc */
    bool conditional;      /* predicated by an IT, or a conditional branch */
    bool writeback;        /* pre- or post-indexed */
    bool register_offset;
    bool part_word;        /* byte or halfword access */
    bool adds;             /* ADD, SUB or MOV without a shift: an early ALU can do it */
    int32_t offset;        /* immediate of a load or store */
    uint32_t reads;
    uint32_t writes;
    uint32_t address;
    uint32_t accumulator;
    uint32_t shifted;
};

/* Decodes the instruction at `address`; `second` is its second halfword if it has one.
 * `in_it`: an IT block covers it, so that 16-bit arithmetic leaves the flags alone. */
struct insn decode(uint32_t address, uint16_t first, uint16_t second, bool in_it);
struct insn decode16(uint16_t code, bool in_it);
struct insn decode32(uint16_t first, uint16_t second);

/* How many instructions an IT covers, 0 for anything else. */
unsigned it_length(uint16_t code);

static inline bool is_wide(uint16_t first) { return first >= 0xE800; }
static inline uint32_t bit(unsigned reg) { return reg < NO_REGISTER ? 1u << reg : 0; }

#endif
