/* 32-bit Thumb encodings: ARMv7-M Architecture Reference Manual, section A5.3. */
#include "decode.h"

static struct insn operation(enum kind kind, uint32_t writes, uint32_t reads) {
    return (struct insn){.kind = kind, .writes = writes, .reads = reads};
}

/* Registers 15 in a source or destination field stand for "none" in these encodings. */
static uint32_t named(unsigned reg) { return reg == PC ? 0 : bit(reg); }

static struct insn many(uint16_t first, uint32_t list, unsigned count) {
    bool load = first & 0x10, writeback = first & 0x20;
    unsigned base = first & 15;
    return (struct insn){
        .kind = load ? KIND_LOAD_MANY : KIND_STORE_MANY, .count = (uint8_t)count,
        .base = (uint8_t)base, .address = bit(base), .writeback = writeback,
        .reads = bit(base) | (load ? 0 : list), .writes = (load ? list : 0) | (writeback ? bit(base) : 0),
        .writes_pc = load && (list & bit(PC)),
    };
}

/* 1110100xx1: LDRD, STRD, exclusive accesses, table branches. */
static struct insn dual_or_exclusive(uint16_t first, uint16_t second) {
    unsigned base = first & 15, data = second >> 12, other = (second >> 8) & 15;
    if ((first & 0xFFF0) == 0xE8D0 && (second & 0xFFE0) == 0xF000) {
        struct insn insn = operation(KIND_TABLE_BRANCH, 0, bit(base) | bit(second & 15));
        insn.address = insn.reads;
        return insn;
    }
    if (first & 0x0120) return many(first, bit(data) | bit(other), 2);
    bool load = first & 0x10;
    struct insn insn = operation(load ? KIND_LOAD : KIND_STORE, load ? bit(data) : named(other),
                                 bit(base) | (load ? 0 : bit(data)));
    insn.base = (uint8_t)base;
    insn.address = bit(base);
    return insn;
}

/* Shared by the shifted-register and modified-immediate forms: AND, ORR, ADD, SUB and the rest. */
static struct insn data_processing(unsigned op, bool flags, unsigned rn, unsigned rd, uint32_t rm) {
    bool compares = rd == PC && flags && (op == 0 || op == 4 || op == 8 || op == 13);
    bool moves = rn == PC && (op == 2 || op == 3);
    struct insn insn = operation(KIND_ALU, compares ? 0 : bit(rd), (moves ? 0 : named(rn)) | rm);
    insn.sets_flags = flags;
    insn.adds = !compares && (op == 8 || op == 13 || (moves && op == 2));
    return insn;
}

static struct insn addition(uint32_t writes, uint32_t reads) {
    struct insn insn = operation(KIND_ALU, writes, reads);
    insn.adds = true;
    return insn;
}

static struct insn shifted_register(uint16_t first, uint16_t second) {
    unsigned op = (first >> 5) & 15, rn = first & 15, rm = second & 15;
    bool shifts = (second & 0x70F0) != 0;
    struct insn insn = data_processing(op, first & 0x10, rn, (second >> 8) & 15, bit(rm));
    if (op == 6) {
        insn.kind = KIND_PARALLEL;
        insn.shifted = bit(rm);
        insn.sets_flags = false;
    } else if (shifts && op == 2 && rn == PC) {
        insn.kind = KIND_SHIFT;
    } else if (shifts) {
        insn.kind = KIND_ALU_SHIFTED;
        insn.shifted = bit(rm);
    }
    return insn;
}

static struct insn modified_immediate(uint16_t first, uint16_t second) {
    bool rotated = (first & 0x0400) || (second & 0x4000);
    struct insn insn =
        data_processing((first >> 5) & 15, first & 0x10, first & 15, (second >> 8) & 15, 0);
    if (rotated) insn.kind = KIND_ALU_SHIFTED;
    return insn;
}

static struct insn plain_immediate(uint16_t first, uint16_t second) {
    unsigned op = (first >> 4) & 31, rn = first & 15;
    uint32_t target = bit((second >> 8) & 15);
    switch (op) {
    case 0x00: case 0x0A: return addition(target, named(rn));
    case 0x04: return addition(target, 0);
    case 0x0C: return operation(KIND_ALU, target, target);
    case 0x10: case 0x12: case 0x18: case 0x1A: return operation(KIND_PARALLEL, target, bit(rn));
    case 0x14: case 0x1C: {
        struct insn insn = operation(KIND_BITFIELD, target, bit(rn));
        insn.shifted = bit(rn);
        return insn;
    }
    case 0x16: {
        struct insn insn = operation(KIND_BITFIELD, target, target | named(rn));
        insn.shifted = named(rn);
        return insn;
    }
    default: return (struct insn){.kind = KIND_UNKNOWN};
    }
}

static struct insn branch_or_system(uint16_t first, uint16_t second) {
    if ((second & 0xD000) == 0xD000) return operation(KIND_CALL, bit(LR), 0);
    if ((second & 0xD000) == 0x9000) return operation(KIND_BRANCH, 0, 0);
    if ((second & 0xD000) != 0x8000) return (struct insn){.kind = KIND_UNKNOWN};
    if ((first & 0x0380) != 0x0380) {
        return (struct insn){.kind = KIND_BRANCH_IF, .conditional = true};
    }
    switch (first & 0xFFE0) {
    case 0xF380: return operation(KIND_STATUS, 0, bit(first & 15));
    case 0xF3E0: return operation(KIND_STATUS, bit((second >> 8) & 15), 0);
    default: break;
    }
    if (first == 0xF3BF) return (struct insn){.kind = KIND_BARRIER};
    if (first == 0xF3AF) {
        unsigned which = second & 0xFF;
        return (struct insn){.kind = which >= 2 && which <= 4 ? KIND_WAIT : KIND_NOP};
    }
    return (struct insn){.kind = KIND_UNKNOWN};
}

static struct insn single(uint16_t first, uint16_t second) {
    bool load = first & 0x10, imm12 = first & 0x80;
    unsigned base = first & 15, data = second >> 12, width = (first >> 5) & 3;
    struct insn insn = {.kind = load ? KIND_LOAD : KIND_STORE, .base = (uint8_t)base,
                        .address = bit(base), .part_word = width < 2};
    if (imm12 || base == PC) {
        insn.offset = second & 0xFFF;
    } else if (!(second & 0x0800)) {
        insn.register_offset = true;
        insn.address |= bit(second & 15);
    } else {
        bool before = second & 0x0400, add = second & 0x0200;
        insn.writeback = second & 0x0100;
        insn.offset = before ? (add ? 1 : -1) * (second & 0xFF) : 0;
    }
    bool preload = load && width < 2 && data == PC;
    insn.reads = insn.address | (load ? 0 : bit(data));
    insn.writes = (load && !preload ? bit(data) : 0) | (insn.writeback ? bit(base) : 0);
    insn.writes_pc = load && data == PC && width == 2;
    return insn;
}

/* 11111010: shifts by register, extends, SIMD, saturating arithmetic, CLZ, REV. */
static struct insn register_operation(uint16_t first, uint16_t second) {
    unsigned rn = first & 15, rm = second & 15;
    uint32_t target = bit((second >> 8) & 15);
    if (!(first & 0x80)) {
        if (!(second & 0x80)) {
            struct insn shift = operation(KIND_SHIFT, target, bit(rn) | bit(rm));
            shift.sets_flags = first & 0x10;
            return shift;
        }
        enum kind kind = rn == PC ? KIND_BITFIELD : KIND_EXTEND_ADD;
        struct insn insn = operation(kind, target, named(rn) | bit(rm));
        insn.shifted = bit(rm);
        insn.accumulator = named(rn);
        return insn;
    }
    unsigned group = (first >> 4) & 7;
    bool reverses = (second & 0xC0) == 0x80 && (group == 1 || group == 3);
    struct insn insn = operation(reverses ? KIND_BITFIELD : KIND_PARALLEL, target, bit(rn) | bit(rm));
    if (reverses && group == 1) insn.shifted = insn.reads;
    return insn;
}

static struct insn multiply(uint16_t first, uint16_t second) {
    unsigned op = (first >> 4) & 7, sub = (second >> 4) & 3, ra = second >> 12;
    enum kind kind = KIND_DSP_MULTIPLY;
    if (op == 0) kind = sub == 0 && ra == PC ? KIND_MULTIPLY : KIND_MULTIPLY_ADD;
    struct insn insn = operation(kind, bit((second >> 8) & 15),
                                 bit(first & 15) | bit(second & 15) | named(ra));
    insn.accumulator = named(ra);
    return insn;
}

static struct insn multiply_long(uint16_t first, uint16_t second) {
    unsigned op = (first >> 4) & 7, sub = (second >> 4) & 15;
    uint32_t low = bit(second >> 12), high = bit((second >> 8) & 15);
    uint32_t sources = bit(first & 15) | bit(second & 15);
    if (op == 1 || op == 3) return operation(KIND_DIVIDE, high, sources);
    if (op == 0 || op == 2) return operation(KIND_MULTIPLY_LONG, low | high, sources);
    bool plain = (op == 4 && sub == 0) || op == 6;
    struct insn insn = operation(plain ? KIND_MULTIPLY_LONG_ADD : KIND_DSP_MULTIPLY, low | high,
                                 sources | low | high);
    insn.accumulator = low | high;
    return insn;
}

struct insn decode32(uint16_t first, uint16_t second) {
    if ((first & 0xFE40) == 0xE800) {
        return many(first, second, (unsigned)__builtin_popcount(second));
    }
    if ((first & 0xFE40) == 0xE840) return dual_or_exclusive(first, second);
    if ((first & 0xFE00) == 0xEA00) return shifted_register(first, second);
    if ((first & 0xF800) == 0xF000) {
        if (second & 0x8000) return branch_or_system(first, second);
        return first & 0x0200 ? plain_immediate(first, second) : modified_immediate(first, second);
    }
    if ((first & 0xFE00) == 0xF800) return single(first, second);
    if ((first & 0xFF00) == 0xFA00) return register_operation(first, second);
    if ((first & 0xFF80) == 0xFB00) return multiply(first, second);
    if ((first & 0xFF80) == 0xFB80) return multiply_long(first, second);
    return (struct insn){.kind = KIND_UNKNOWN};
}

struct insn decode(uint32_t address, uint16_t first, uint16_t second, bool in_it) {
    bool wide = is_wide(first);
    struct insn insn = wide ? decode32(first, second) : decode16(first, in_it);
    insn.address_of = address;
    insn.size = wide ? 4 : 2;
    insn.conditional |= in_it || insn.kind == KIND_BRANCH_IF;
    if (!insn.address) insn.base = NO_REGISTER;
    return insn;
}
