/* Prints how each instruction is decoded; input: its halfwords in hexadecimal, one a line. */
#include <stdio.h>

#include "decode.h"

static const char *const NAMES[] = {
    "unknown", "alu", "shift", "alu_shifted", "bitfield", "extend_add", "parallel", "multiply",
    "multiply_add", "dsp_multiply", "multiply_long", "multiply_long_add", "divide", "load", "store",
    "load_many", "store_many", "branch", "branch_if", "call", "branch_register", "table_branch", "it",
    "nop", "status", "barrier", "wait", "trap",
};

static void print_set(const char *name, uint32_t set) {
    printf(" %s=", name);
    for (int i = 0, first = 1; i < 16; i++) {
        if (set & (1u << i)) {
            printf(first ? "%d" : ",%d", i);
            first = 0;
        }
    }
}

int main(void) {
    unsigned first, second;
    char line[64];
    while (fgets(line, sizeof line, stdin)) {
        second = 0;
        if (sscanf(line, "%x %x", &first, &second) < 1) continue;
        struct insn insn = decode(0, (uint16_t)first, (uint16_t)second, false);
        printf("%s", NAMES[insn.kind]);
        print_set("reads", insn.reads);
        print_set("writes", insn.writes);
        if (insn.sets_flags) printf(" flags");
        if (insn.writes_pc) printf(" pc");
        if (insn.writeback) printf(" writeback");
        if (insn.part_word) printf(" part");
        if (insn.register_offset) printf(" index");
        if (insn.offset) printf(" offset=%d", (int)insn.offset);
        if (insn.count) printf(" count=%u", insn.count);
        printf("\n");
    }
    return 0;
}
