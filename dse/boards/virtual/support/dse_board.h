/* What firmware on the virtual board may call. No libc is needed. */
#ifndef DSE_BOARD_H
#define DSE_BOARD_H

#include <stdint.h>

/* The board notes the cycle count at every call. */
void dse_mark(void);

void dse_write(const char *text);

/* Decimal, without padding. */
void dse_write_int(int32_t value);

/* Measures the stack that the calls between the two need, below the frame of their caller. The
 * largest of several measurements is reported when the program ends. */
void dse_stack_begin(void);
void dse_stack_end(void);

_Noreturn void dse_exit(int status);

#endif
