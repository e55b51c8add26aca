/* Vector table, reset and faults. */
#include "dse_board.h"

#define CCR (*(volatile uint32_t *)0xE000ED14)
#define CFSR (*(volatile const uint32_t *)0xE000ED28)
#define CCR_UNALIGN_TRP (1u << 3)
#define EXIT_FAULT 86

extern uint32_t dse_stack_top[];
extern uint32_t dse_net_data_start[], dse_net_data_end[], dse_net_data_load[];
extern uint32_t dse_net_bss_start[], dse_net_bss_end[];
extern uint32_t dse_data_start[], dse_data_end[], dse_data_load[];
extern uint32_t dse_bss_start[], dse_bss_end[];

int main(void);
void dse_reset(void);
void dse_fault(void);
void dse_report_fault(const uint32_t *frame);

__attribute__((section(".vectors"), used)) static const void *const VECTORS[16] = {
    dse_stack_top, (const void *)dse_reset, (const void *)dse_fault, (const void *)dse_fault,
    (const void *)dse_fault, (const void *)dse_fault, (const void *)dse_fault, (const void *)dse_fault,
    0, 0, 0, (const void *)dse_fault, (const void *)dse_fault, 0, (const void *)dse_fault,
    (const void *)dse_fault,
};

static void copy(volatile uint32_t *to, const volatile uint32_t *end, const uint32_t *from) {
    while (to < end) *to++ = *from++;
}

static void clear(volatile uint32_t *to, const volatile uint32_t *end) {
    while (to < end) *to++ = 0;
}

void dse_reset(void) {
#ifdef DSE_TRAP_UNALIGNED
    CCR |= CCR_UNALIGN_TRP;
#endif
    copy(dse_net_data_start, dse_net_data_end, dse_net_data_load);
    copy(dse_data_start, dse_data_end, dse_data_load);
    clear(dse_net_bss_start, dse_net_bss_end);
    clear(dse_bss_start, dse_bss_end);
    dse_exit(main());
}

static void write_hex(uint32_t value) {
    char text[11];
    text[0] = '0';
    text[1] = 'x';
    for (unsigned i = 0; i < 8; i++) text[2 + i] = "0123456789abcdef"[(value >> (28 - 4 * i)) & 15];
    text[10] = 0;
    dse_write(text);
}

__attribute__((used)) void dse_report_fault(const uint32_t *frame) {
    dse_write("\n@fault ");
    write_hex(frame[6]);
    dse_write(" ");
    write_hex(CFSR);
    dse_write("\n");
    dse_exit(EXIT_FAULT);
}

/* The frame stacked by the core starts at the stack pointer. */
__attribute__((naked)) void dse_fault(void) {
    __asm__ volatile("mov r0, sp\n\tldr r1, =dse_report_fault\n\tbx r1");
}
