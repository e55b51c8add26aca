/* The core's cycle counter: DWT on ARMv7-M and ARMv8-M Mainline, SysTick elsewhere. */
#ifndef DSE_CYCLES_H
#define DSE_CYCLES_H

#include <stdint.h>

/* Starts the counter; 0 where the core has none: then build with -DDSE_NO_DWT. */
int dse_cycles_start(void);

/* Core cycles, modulo 2^32. */
uint32_t dse_cycles(void);

/* For a SysTick_Handler of your own (build with -DDSE_OWN_SYSTICK): SysTick has wrapped. */
void dse_cycles_wrap(void);

#endif
