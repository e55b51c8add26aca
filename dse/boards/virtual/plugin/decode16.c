/* 16-bit Thumb encodings: ARMv7-M Architecture Reference Manual, section A5.2. */
#include "decode.h"

#define R(code, low) (((code) >> (low)) & 7)

static unsigned population(uint32_t list) { return (unsigned)__builtin_popcount(list); }

unsigned it_length(uint16_t code) {
    if ((code & 0xFF00) != 0xBF00 || (code & 0xF) == 0) return 0;
    return 4 - (unsigned)__builtin_ctz(code & 0xF);
}

static struct insn arithmetic(enum kind kind, uint32_t writes, uint32_t reads, bool sets_flags) {
    return (struct insn){.kind = kind, .writes = writes, .reads = reads, .sets_flags = sets_flags};
}

static struct insn addition(uint32_t writes, uint32_t reads, bool sets_flags) {
    struct insn insn = arithmetic(KIND_ALU, writes, reads, sets_flags);
    insn.adds = true;
    return insn;
}

static struct insn access(enum kind kind, unsigned data, unsigned base, uint32_t index, int offset) {
    uint32_t address = bit(base) | index;
    bool load = kind == KIND_LOAD;
    return (struct insn){
        .kind = kind, .base = (uint8_t)base, .offset = offset, .address = address,
        .reads = address | (load ? 0 : bit(data)), .writes = load ? bit(data) : 0,
        .register_offset = index != 0,
    };
}

static struct insn many(bool load, unsigned base, uint32_t list, bool writeback) {
    return (struct insn){
        .kind = load ? KIND_LOAD_MANY : KIND_STORE_MANY, .count = (uint8_t)population(list),
        .base = (uint8_t)base, .address = bit(base), .writeback = writeback,
        .reads = bit(base) | (load ? 0 : list), .writes = (load ? list : 0) | (writeback ? bit(base) : 0),
        .writes_pc = load && (list & bit(PC)),
    };
}

/* 00xxxx: shift by constant, add, subtract, move, compare. */
static struct insn immediate(uint16_t code, bool flags) {
    unsigned op = code >> 11;
    if (op < 3) {
        enum kind kind = code >> 6 ? KIND_SHIFT : KIND_ALU;
        return arithmetic(kind, bit(R(code, 0)), bit(R(code, 3)), flags);
    }
    if (op == 3) {
        uint32_t second = code & 0x0400 ? 0 : bit(R(code, 6));
        return addition(bit(R(code, 0)), bit(R(code, 3)) | second, flags);
    }
    uint32_t target = bit(R(code, 8));
    if (op == 4) return addition(target, 0, flags);
    if (op == 5) return arithmetic(KIND_ALU, 0, target, true);
    return addition(target, target, flags);
}

/* 010000: register to register arithmetic. */
static struct insn registers(uint16_t code, bool flags) {
    unsigned op = (code >> 6) & 15;
    uint32_t target = bit(R(code, 0)), second = bit(R(code, 3));
    switch (op) {
    case 2: case 3: case 4: case 7: return arithmetic(KIND_SHIFT, target, target | second, flags);
    case 8: case 10: case 11: return arithmetic(KIND_ALU, 0, target | second, true);
    case 9: case 15: return arithmetic(KIND_ALU, target, second, flags);
    case 13: return arithmetic(KIND_MULTIPLY, target, target | second, flags);
    default: return arithmetic(KIND_ALU, target, target | second, flags);
    }
}

/* 010001: high registers, BX, BLX. */
static struct insn high_registers(uint16_t code) {
    unsigned target = R(code, 0) | ((code >> 4) & 8), source = (code >> 3) & 15;
    unsigned op = (code >> 8) & 3;
    if (op == 3) {
        uint32_t link = code & 0x80 ? bit(LR) : 0;
        return arithmetic(KIND_BRANCH_REGISTER, link, bit(source), false);
    }
    if (op == 1) return arithmetic(KIND_ALU, 0, bit(target) | bit(source), true);
    uint32_t reads = bit(source) | (op == 0 ? bit(target) : 0);
    struct insn insn = addition(bit(target), reads, false);
    insn.writes_pc = target == PC;
    return insn;
}

/* 0101 to 1001: loads and stores of one register. */
static struct insn single(uint16_t code) {
    unsigned op = code >> 11, data = R(code, 0), base = R(code, 3), imm5 = (code >> 6) & 31;
    enum kind kind = op & 1 ? KIND_LOAD : KIND_STORE;
    if ((code >> 12) == 5) {
        unsigned which = (code >> 9) & 7;
        struct insn insn = access(which >= 3 ? KIND_LOAD : KIND_STORE, data, base, bit(R(code, 6)), 0);
        insn.part_word = which != 0 && which != 4;
        return insn;
    }
    if ((code >> 12) == 9) return access(kind, R(code, 8), SP, 0, (code & 0xFF) * 4);
    int scale = (code >> 12) == 8 ? 2 : op < 14 ? 4 : 1;
    struct insn insn = access(kind, data, base, 0, (int)imm5 * scale);
    insn.part_word = scale < 4;
    return insn;
}

static struct insn hint(uint16_t code) {
    if (it_length(code)) return (struct insn){.kind = KIND_IT};
    unsigned which = (code >> 4) & 15;
    return (struct insn){.kind = which >= 2 && which <= 4 ? KIND_WAIT : KIND_NOP};
}

/* 1011: stack adjust, extend, compare and branch, push, pop, hints. */
static struct insn miscellaneous(uint16_t code) {
    unsigned top = (code >> 8) & 15;
    if ((top & 5) == 1) return arithmetic(KIND_BRANCH_IF, 0, bit(R(code, 0)), false);
    if ((top & 14) == 4) {
        return many(false, SP, (code & 0xFF) | (code & 0x100 ? bit(LR) : 0), true);
    }
    if ((top & 14) == 12) {
        return many(true, SP, (code & 0xFF) | (code & 0x100 ? bit(PC) : 0), true);
    }
    switch (top) {
    case 0: return addition(bit(SP), bit(SP), false);
    case 2: case 10: {
        struct insn insn = arithmetic(KIND_BITFIELD, bit(R(code, 0)), bit(R(code, 3)), false);
        insn.shifted = insn.reads;
        return insn;
    }
    case 6: return (struct insn){.kind = KIND_STATUS};
    case 14: return (struct insn){.kind = KIND_TRAP};
    case 15: return hint(code);
    default: return (struct insn){.kind = KIND_UNKNOWN};
    }
}

struct insn decode16(uint16_t code, bool in_it) {
    unsigned top = code >> 11;
    if (top < 8) return immediate(code, !in_it);
    if ((code >> 10) == 16) return registers(code, !in_it);
    if ((code >> 10) == 17) return high_registers(code);
    if (top == 9) return access(KIND_LOAD, R(code, 8), PC, 0, (code & 0xFF) * 4);
    if (top < 20) return single(code);
    if (top == 20) return addition(bit(R(code, 8)), 0, false);
    if (top == 21) return addition(bit(R(code, 8)), bit(SP), false);
    if (top < 24) return miscellaneous(code);
    if (top < 26) {
        uint32_t list = code & 0xFF;
        bool load = top == 25;
        return many(load, R(code, 8), list, !(load && (list & bit(R(code, 8)))));
    }
    if (top == 28) return (struct insn){.kind = KIND_BRANCH};
    bool trap = (code & 0x0E00) == 0x0E00;
    return (struct insn){.kind = trap ? KIND_TRAP : KIND_BRANCH_IF, .conditional = !trap};
}
