/* Text output and program end over Arm semihosting. */
#include "dse_board.h"

#define SYS_WRITE0 0x04
#define SYS_EXIT_EXTENDED 0x20
#define APPLICATION_EXIT 0x20026

void dse_report_stack(void);

static int32_t semihosting(int32_t operation, const void *argument) {
    register int32_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

__attribute__((noinline)) void dse_mark(void) { __asm__ volatile(""); }

void dse_write(const char *text) { semihosting(SYS_WRITE0, text); }

/* Digits by subtraction: the ARMv6-M and its division routine would count as the network's. */
void dse_write_int(int32_t value) {
    static const uint32_t POWERS[] = {1000000000, 100000000, 10000000, 1000000, 100000,
                                      10000,      1000,      100,      10,      1};
    char text[12];
    unsigned length = 0;
    uint32_t rest = value < 0 ? 0u - (uint32_t)value : (uint32_t)value;
    if (value < 0) text[length++] = '-';
    unsigned first = length;
    for (unsigned i = 0; i < 10; i++) {
        char digit = '0';
        for (; rest >= POWERS[i]; rest -= POWERS[i]) digit++;
        if (digit != '0' || length > first || i == 9) text[length++] = digit;
    }
    text[length] = 0;
    dse_write(text);
}

_Noreturn void dse_exit(int status) {
    dse_report_stack();
    const uint32_t block[2] = {APPLICATION_EXIT, (uint32_t)status};
    semihosting(SYS_EXIT_EXTENDED, block);
    for (;;) {
    }
}
