/* Stack use by painting: everything free is filled, then the lowest spoilt word is looked for. */
#include "dse_board.h"

#define PAINT 0xC5C5C5C5u

extern uint32_t dse_stack_limit[];

uint32_t *dse_stack_mark;
static int32_t deepest_bytes = -1;

void dse_report_stack(void);

/* Naked, in registers only: the caller's stack pointer, and no word of its own in the way. */
__attribute__((naked)) void dse_stack_begin(void) {
    __asm__ volatile(
        ".syntax unified\n"
        "mov  r0, sp\n"
        "ldr  r1, =dse_stack_mark\n"
        "str  r0, [r1]\n"
        "ldr  r1, =dse_stack_limit\n"
        "ldr  r2, =0xC5C5C5C5\n"
        "1: str r2, [r1]\n"
        "adds r1, #4\n"
        "cmp  r1, r0\n"
        "blo  1b\n"
        "bx   lr\n");
}

void dse_stack_end(void) {
    const volatile uint32_t *word = dse_stack_limit;
    while (word < dse_stack_mark && *word == PAINT) word++;
    int32_t bytes = (int32_t)((const char *)dse_stack_mark - (const char *)word);
    if (bytes > deepest_bytes) deepest_bytes = bytes;
}

void dse_report_stack(void) {
    if (deepest_bytes < 0) return;
    dse_write("\n@stack ");
    dse_write_int(deepest_bytes);
    dse_write("\n");
}
