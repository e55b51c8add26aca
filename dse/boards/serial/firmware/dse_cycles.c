#include "dse_cycles.h"

#define REGISTER(address) (*(volatile uint32_t *)(address))

#if defined(__ARM_ARCH_6M__) || defined(__ARM_ARCH_8M_BASE__)
#define DSE_NO_DWT
#endif

#ifdef DSE_NO_DWT

#define SYST_CSR REGISTER(0xE000E010u)
#define SYST_RVR REGISTER(0xE000E014u)
#define SYST_CVR REGISTER(0xE000E018u)
#define RANGE 0x1000000u
#define CORE_CLOCK_INTERRUPT_ENABLE 7u

static volatile uint32_t wraps;

void dse_cycles_wrap(void)
{
    wraps++;
}

#ifndef DSE_OWN_SYSTICK
void SysTick_Handler(void);
void SysTick_Handler(void)
{
    dse_cycles_wrap();
}
#endif

int dse_cycles_start(void)
{
    SYST_CSR = 0;
    SYST_RVR = RANGE - 1;
    SYST_CVR = 0;
    SYST_CSR = CORE_CLOCK_INTERRUPT_ENABLE;
    return 1;
}

/* Counts down; the interrupt comes at 0, one cycle before the counter is loaded again. */
uint32_t dse_cycles(void)
{
    uint32_t high, low;
    do {
        high = wraps;
        low = SYST_CVR;
    } while (high != wraps);
    return high * RANGE - (low ? low : RANGE);
}

#else

#define DEMCR REGISTER(0xE000EDFCu)
#define DWT_CTRL REGISTER(0xE0001000u)
#define DWT_CYCCNT REGISTER(0xE0001004u)
#define DWT_LAR REGISTER(0xE0001FB0u)
#define DEMCR_TRCENA (1u << 24)
#define LAR_UNLOCK 0xC5ACCE55u
#define CTRL_CYCCNTENA 1u

/* The lock exists on some Cortex-M7; elsewhere the write does nothing. */
int dse_cycles_start(void)
{
    DEMCR |= DEMCR_TRCENA;
    DWT_LAR = LAR_UNLOCK;
    DWT_CYCCNT = 0;
    DWT_CTRL |= CTRL_CYCCNTENA;
    for (volatile int wait = 0; wait < 8; wait++) {
    }
    return DWT_CYCCNT != 0;
}

uint32_t dse_cycles(void)
{
    return DWT_CYCCNT;
}

void dse_cycles_wrap(void)
{
}

#endif
